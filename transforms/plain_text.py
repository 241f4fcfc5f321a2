"""Text as it may be shown: without the characters that no reader sees and that act on what shows them, without secrets.

Promise: pure; what is a letter, a figure, a sign, a line's end or a tab stays. Escape sequences begin with a control character,
so that without it a terminal prints the rest of them; marks of direction would show a name in another order than it has.
"""

import re

_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_HALVES = re.compile(r"[\ud800-\udfff]")
BLOT = "…"
_USER = re.compile(r"(?<=://)[^/@\s]*@")
_QUERY = re.compile(
    r"(?i)(?<=[?&;])([\w.-]*(?:token|secret|password|passwd|signature|api_?key|access_?key|key)[\w.-]*=)[^&;#\s]+"
)


def drop_steering(text: str) -> str:
    """The text without control characters and marks that turn the direction of a line."""
    return _STEERING.sub("", text)


def replace_halves(text: str) -> str:
    """The text with U+FFFD for halves of characters (lone surrogates), which damaged fonts name and no file can hold."""
    return text if text.isascii() else _HALVES.sub("\ufffd", text)


def escape_steering(json_text: str) -> str:
    """JSON with those characters of its strings in ASCII (`\\u009b`): the same value, and nothing that acts on a terminal."""
    return _STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", json_text)


def hide_in_addresses(text: str) -> str:
    """A text of ours without a user and password before a host, and without the value of a key or token in a query.

    Not for addresses that publishers print: those stay as they are.
    """
    return _QUERY.sub(rf"\g<1>{BLOT}", _USER.sub(f"{BLOT}@", text))
