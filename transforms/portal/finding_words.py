"""What a finding says, in the page's language: its message is stored in English, made of a template of `warehouse/findings.yml`.

Promise: a Chinese sentence holds the very values of the message. Where they cannot be told apart beyond doubt, or the kind has no
Chinese sentence, the message stands as it is and is marked as English.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import yaml

from transforms.portal.addresses import Language
from transforms.portal.detail_words import list_values, take_values, tell_value
from warehouse.issues import load_finding_kinds


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
        if kind not in load_finding_kinds() or list_values(template) != list_values(load_finding_kinds()[kind].message):
            raise ValueError(f"finding_messages.yml, {kind}: not the values of the message in findings.yml")
    return messages


def tell_finding(kind: str, message: str, language: Language) -> Told:
    """The sentence of a finding."""
    if language == "zh" and kind in load_messages():
        values = take_values(load_finding_kinds()[kind].message, message)
        told = {name: tell_value(name, value) for name, value in values.items()} if values is not None else {}
        if values is not None and None not in told.values():
            return Told(load_messages()[kind].format_map(told), False)
    return Told(message, True)
