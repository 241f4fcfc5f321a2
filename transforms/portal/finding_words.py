"""What a finding says, in the page's language: its message is stored in English, made of a template of `warehouse/findings.yml`.

Promise: a Chinese sentence holds the very values of the message. Where they cannot be told apart beyond doubt, or the kind has no
Chinese sentence, the message stands as it is and is marked as English.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import NamedTuple

import yaml

from transforms.portal.addresses import Language
from transforms.portal.words import name_value
from warehouse.issues import load_finding_kinds
from warehouse.metadata.models import load_fields

NOTHING = {"nothing": "空白", "yuan": "元"}
"""Values that the program itself puts in, in Chinese."""


class Told(NamedTuple):
    """A finding's sentence, and whether it is English."""

    words: str
    is_english: bool


@cache
def load_messages() -> Mapping[str, str]:
    """Chinese templates by kind. Raises ValueError where one is of no kind, or has other values than the message."""
    messages: dict[str, str] = yaml.safe_load(
        files("transforms.portal").joinpath("finding_messages.yml").read_text(encoding="utf-8")
    )
    for kind, template in messages.items():
        if kind not in load_finding_kinds() or _name_values(template) != _name_values(load_finding_kinds()[kind].message):
            raise ValueError(f"finding_messages.yml, {kind}: not the values of the message in findings.yml")
    return messages


def tell_finding(kind: str, message: str, language: Language) -> Told:
    """The sentence of a finding."""
    if language == "zh" and kind in load_messages():
        values = _take_values(load_finding_kinds()[kind].message, message)
        if values is not None:
            return Told(
                load_messages()[kind].format_map({name: _translate(name, value) for name, value in values.items()}), False
            )
    return Told(message, True)


def _name_values(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def _take_values(template: str, message: str) -> Mapping[str, str] | None:
    """The values that make the message of the template; None where none or several could."""
    shortest, longest = (_match(template, message, pattern) for pattern in (".*?", ".*"))
    return shortest if shortest == longest else None


def _match(template: str, message: str, pattern: str) -> Mapping[str, str] | None:
    parts = [re.escape(text) + (f"(?P<{name}>{pattern})" if name else "") for text, name, _, _ in Formatter().parse(template)]
    found = re.fullmatch("".join(parts), message, re.DOTALL)
    return found.groupdict() if found else None


def _translate(name: str, value: str) -> str:
    if name == "table_type" and value in load_fields()["table_type"].enum:
        return name_value("table_type", value, "zh")
    return NOTHING.get(value, value)
