"""What a check is about and what explains it, in the page's language.

Promise: a Chinese sentence holds the very values of the English one. One that is not known, or whose values cannot be told apart
beyond doubt, has no Chinese: whoever asks shows the English and marks it.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from importlib.resources import files
from string import Formatter

import yaml

from transforms.identities import load_identities, load_identities_across, load_identities_text
from transforms.portal.addresses import Language
from transforms.portal.stated_words import name_period, name_statement, name_unit
from transforms.portal.words import name_value
from warehouse.metadata.models import load_fields

NOTHING = {"nothing": "空白", "yuan": "元"}
"""Values that the program itself puts in, in Chinese."""
_MEASURES = ("fund_type", "expenditure_kind", "amount_basis")
_QUANTITY = r"-?[0-9][0-9.,]*(?: [^\s;:,()]+)?"
_IN_MESSAGES = {
    "place": r"[a-z][a-z_]*(?:#\d+)?, .{any}, [a-z_]+/[a-z_]+(?:, page \d+| on page \d+)?",
    "checks": r"\d+ failing checks? \([a-z0-9_, ]+\)",
}
_IN_SENTENCES = {
    **_IN_MESSAGES,
    "identities": r"[a-z0-9_]+(?:, [a-z0-9_]+)*",
    "tables": r"[a-z_]+(?: or [a-z_]+)*",
    "amounts": r"[-0-9., ]+ [^\s;]+",
    **dict.fromkeys(("left", "right", "amount", "moved", "before"), _QUANTITY),
    **dict.fromkeys(("n", "page", "digit", "other", "code"), r"[0-9]+"),
    "percent": r"[-0-9.,]+",
    "direction": r"[a-z]+",
}
"""What a value may be, where it may not be anything; `.{any}` is the shortest, then the longest."""
_PLACE = re.compile(r"([a-z_]+)(?:#(\d+))?, (.*), ([a-z_]+)/([a-z_]+)(?:,? (?:on )?page (\d+))?", re.DOTALL)
_KEYED = re.compile(r"([a-z][a-z_.]*)(:? ?)(.*)", re.DOTALL)
_CHECKS = re.compile(r"(\d+) failing checks? \((.*)\)")


@cache
def load_details() -> Mapping[str, Mapping[str, str]]:
    """`detail_words.yml`. Raises ValueError where a Chinese sentence has other values than the English one."""
    details: dict[str, dict[str, str]] = yaml.safe_load(
        files("transforms.portal").joinpath("detail_words.yml").read_text(encoding="utf-8")
    )
    for english, chinese in details["sentences"].items():
        if list_values(english) != list_values(chinese):
            raise ValueError(f"detail_words.yml, {english!r}: the Chinese has other values")
    return details


def list_values(template: str) -> set[str]:
    """The names of a template's values."""
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def take_values(template: str, message: str) -> Mapping[str, str] | None:
    """The values that make the message of the template; None where none or several could."""
    return _take(template, message, _IN_MESSAGES)


def _take(template: str, message: str, patterns: Mapping[str, str]) -> Mapping[str, str] | None:
    shortest, longest = (_match(template, message, patterns, some) for some in ("*?", "*"))
    return shortest if shortest == longest else None


def _match(template: str, message: str, patterns: Mapping[str, str], some: str) -> Mapping[str, str] | None:
    parts = []
    for text, name, _, _ in Formatter().parse(template):
        pattern = patterns.get(name or "", ".{any}").replace("{any}", some)
        parts.append(re.escape(text) + (f"(?P<{name}>{pattern})" if name else ""))
    found = re.fullmatch("".join(parts), message, re.DOTALL)
    return found.groupdict() if found else None


def tell_value(name: str, value: str) -> str | None:
    """A value of a message in Chinese, as it is where it is the document's own; None for a sentence that has no Chinese."""
    tell = _TELLERS.get(name)
    return tell(value) if tell else NOTHING.get(value, value)


def tell_sentence(sentence: str) -> str | None:
    """A sentence of the program in Chinese; None where it is none of the known ones, or might be several."""
    told = set()
    for english, chinese in load_details()["sentences"].items():
        values = _take(english, sentence, _IN_SENTENCES)
        translated = {name: tell_value(name, value) for name, value in values.items()} if values is not None else {}
        if values is not None and None not in translated.values():
            told.add(chinese.format_map(translated))
    return told.pop() if len(told) == 1 else None


def name_subject(subject: str, language: Language) -> str:
    """What an instance of an identity is about: formula, table, row and measure, or what is stated and its period, in words."""
    formula, *parts = subject.split(" · ")
    if language == "zh":
        head, colon, rest = formula.partition(": ")
        formula = load_details()["formulas"].get(head, _titles().get(head, head)) + ("：" if colon else "") + rest
    return " · ".join([formula, *(_name_part(part, language) for part in parts)])


def _name_part(part: str, language: Language) -> str:
    table, _, instance = part.partition("#")
    if table in load_fields()["table_type"].enum:
        return name_value("table_type", table, language) + (f" {instance}" if instance else "")
    measures = list(zip(_MEASURES, part.split("/"), strict=False))
    if "/" in part and all(value in load_fields()[measure].enum for measure, value in measures):
        return " / ".join(name_value(measure, value, language) for measure, value in measures)
    found = _KEYED.fullmatch(part)
    key, separator, rest = found.groups() if found else (part, "", "")
    for name in (name_statement, name_period):
        with suppress(LookupError):
            return f"{name(key, language)}{separator}{rest}"
    return part


def _tell_quantity(value: str) -> str | None:
    number, _, unit = value.rpartition(" ")
    if not re.fullmatch(r"[a-z_]+", unit):
        return NOTHING.get(value, value)
    try:
        return f"{number} {name_unit(unit, 'zh')}"
    except LookupError:
        return None


def _tell_place(value: str) -> str | None:
    found = _PLACE.fullmatch(value)
    if not found or found[1] not in load_fields()["table_type"].enum:
        return None
    table, instance, row, fund, kind, page = found.groups()
    measures = zip(_MEASURES, (fund, kind), strict=False)
    words = [
        name_value("table_type", table, "zh") + (f" {instance}" if instance else ""),
        re.sub(r"^row (\d+)$", r"第 \1 行", row),
        " / ".join(name_value(measure, one, "zh") for measure, one in measures),
    ]
    return "，".join([*words, f"第 {page} 页"] if page else words)


def _tell_places(value: str) -> str | None:
    places = [_tell_place(place) for place in value.split(" or ")]
    return None if None in places else " 或 ".join(filter(None, places))


def _tell_tables(value: str) -> str | None:
    tables = value.split(" or ")
    known = all(table in load_fields()["table_type"].enum for table in tables)
    return "或".join(name_value("table_type", table, "zh") for table in tables) if known else None


def _tell_identities(value: str) -> str:
    return "、".join(_titles().get(name, name) for name in value.split(", "))


def _tell_checks(value: str) -> str | None:
    found = _CHECKS.fullmatch(value)
    return f"{found[1]} 项不成立的勾稽（{_tell_identities(found[2])}）" if found else None


def _tell_others(value: str) -> str | None:
    if not value:
        return ""
    found = re.fullmatch(r", and (\d+) more that meet in the same amount", value)
    return f"，另有 {found[1]} 项都涉及同一金额" if found else None


@cache
def _titles() -> Mapping[str, str]:
    groups = (load_identities(), load_identities_text(), *load_identities_across().values())
    return {entry.id: entry.title.zh for group in groups for entry in group.identities}


_TELLERS: Mapping[str, Callable[[str], str | None]] = {
    "sentence": tell_sentence,
    "said": tell_sentence,
    "why": tell_sentence,
    "place": _tell_place,
    "places": _tell_places,
    "tables": _tell_tables,
    "identities": _tell_identities,
    "check": _tell_identities,
    "checks": _tell_checks,
    "others": _tell_others,
    **dict.fromkeys(("left", "right", "amount"), _tell_quantity),
    "whole": lambda value: " · ".join(_name_part(part, "zh") for part in value.split(" · ")),
    "direction": lambda value: load_details()["directions"].get(value),  # noqa: PLW0108  # read when it is asked for
    "base": lambda value: load_details()["bases"].get(value),  # noqa: PLW0108  # read when it is asked for
    "subject": lambda value: name_subject(value, "zh"),
    "table_type": lambda value: _tell_tables(value) or value,
}
