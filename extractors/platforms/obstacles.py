"""What stands where a page was expected: a redirect in disguise, a browser check, an empty shell that a script would fill.

Promise: "nothing found" is never said of a page that could not be read.
"""

import re
from dataclasses import dataclass

from extractors.platforms.page import Page, join_url

_CHALLENGE = re.compile(r"EO_Bot_Ssid|__tst_status|_0x649a|acw_sc__v2|__jsl_clearance|probe\.js|cf-chl-|WAFForbid|yunsuo_session")
_REFRESH = re.compile(r"http-equiv\s*=\s*[\"']?refresh[\"']?[^>]*?url\s*=\s*[\"']?([^\"'>\s]{1,2000})", re.IGNORECASE)
_SCRIPT_JUMP = re.compile(
    r"(?:window\.|document\.|self\.|top\.)?location(?:\.href)?\s*=\s*[\"']([^\"']{1,2000})[\"']\s*;?\s*(?:</|$|\n|\})",
    re.IGNORECASE,
)
_SHELL = re.compile(r"<div\s+id\s*=\s*[\"']?(?:app|root)\b", re.IGNORECASE)
# The biggest jump page of the portals seen had two kilobytes, the biggest challenge one.
_MAX_JUMP_BYTES = 4096
_MAX_CHALLENGE_BYTES = 20_000
_MIN_READABLE_LINKS = 3


@dataclass(frozen=True, slots=True)
class Obstacle:
    """`kind`: redirect (`target` says where to), challenge, shell. `mark` is what it was known by."""

    kind: str
    mark: str
    target: str = ""


def find_obstacle(page: Page) -> Obstacle | None:
    """The obstacle, or None for a page that can be read."""
    challenge = _CHALLENGE.search(page.text)
    if challenge and page.size < _MAX_CHALLENGE_BYTES:
        return Obstacle("challenge", challenge[0])
    if len(page.links) >= _MIN_READABLE_LINKS:
        return None
    jump = _find_jump(page)
    if jump:
        return Obstacle("redirect", "refresh or location", jump)
    shell = _SHELL.search(page.text)
    return Obstacle("shell", shell[0].lstrip("<")) if shell else None


def _find_jump(page: Page) -> str:
    if page.size > _MAX_JUMP_BYTES:
        return ""
    refresh = _REFRESH.search(page.text)
    if refresh:
        return join_url(page.url, refresh[1])
    # The last jump counts: before it stand those for telephones only.
    jumps = _SCRIPT_JUMP.findall(page.scripts + "\n")
    return join_url(page.url, jumps[-1]) if jumps else ""
