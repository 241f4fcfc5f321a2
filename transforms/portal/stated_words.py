"""What a text states, in words: a statement's key, its period and its unit in both languages (`stated_words.yml`).

Promise: every key that the lexicon can give has words in both languages; a part without words fails, it is never shown as code.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from transforms.portal.addresses import Language

MEASURED = ("change", "completion", "share")
_DATE = re.compile(r"\d{4}-\d{2}(-\d{2})?")
Words = Mapping[str, Mapping[Language, str]]


@cache
def _load() -> Mapping[str, Any]:
    document: dict[str, Any] = yaml.safe_load(files("transforms.portal").joinpath("stated_words.yml").read_text(encoding="utf-8"))
    return document


def list_headlines() -> Sequence[str]:
    """The keys that a department's page shows over its documents, in their order."""
    headlines: list[str] = _load()["headlines"]
    return headlines


def name_statement(key: str, language: Language) -> str:
    """A key in words. Raises LookupError for a part that has none."""
    whole: Words = _load()["whole"]
    if key in whole:
        return whole[key][language]
    first, _, rest = key.partition(".")
    if first in MEASURED:
        measures: Words = _load()["measures"]
        # What a change or a completion is given in stands behind the value; the last part of its key says no more.
        concept = rest if first == "share" else rest.rpartition(".")[0]
        return f"{_join(concept, language)} · {measures[first][language]}"
    return _join(rest if first == "amount" else key, language)


def _join(concept: str, language: Language) -> str:
    whole: Words = _load()["whole"]
    if concept in whole:
        return whole[concept][language]
    parts: Words = _load()["parts"]
    return " · ".join(parts[part][language] for part in concept.split("."))


def name_period(period: str, language: Language) -> str:
    """Which year and version is spoken of; a date is itself. Raises LookupError for an unknown one."""
    periods: Words = _load()["periods"]
    return period if _DATE.fullmatch(period) else periods[period][language]


def name_unit(unit: str | None, language: Language) -> str:
    """A unit in its normal form in words; empty for None. Raises LookupError for an unknown one."""
    units: Words = _load()["units"]
    return units[unit][language] if unit else ""
