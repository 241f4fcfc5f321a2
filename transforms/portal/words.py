"""The portal's words in both languages: its own (`words.yml`), and those of enumerated values.

Promise: a word that has no entry fails where it is asked for, not as an empty place on a page; an enumerated value that the
metadata do not know fails as well.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from transforms.portal.addresses import Language
from warehouse.issues import load_finding_kinds
from warehouse.metadata.models import load_fields, load_labels


@cache
def load_words() -> Mapping[str, Mapping[str, str]]:
    """`words.yml`: {word: {zh, en}}. Raises ValueError where an entry lacks a language."""
    words: dict[str, dict[str, str]] = yaml.safe_load(
        files("transforms.portal").joinpath("words.yml").read_text(encoding="utf-8")
    )
    for word, entry in words.items():
        if set(entry) != {"zh", "en"}:
            raise ValueError(f"words.yml, {word}: expected zh and en, saw {', '.join(entry)}")
    return words


@cache
def load_finding_names() -> Mapping[str, str]:
    """Chinese names of finding kinds. Raises ValueError for a kind that cannot be reported."""
    names: dict[str, str] = yaml.safe_load(files("transforms.portal").joinpath("finding_names.yml").read_text(encoding="utf-8"))
    if unknown := names.keys() - load_finding_kinds().keys():
        raise ValueError(f"finding_names.yml names kinds that do not exist: {', '.join(sorted(unknown))}")
    return names


def say(word: str, language: Language, **values: object) -> str:
    """One of the portal's own words. Raises LookupError for an unknown one."""
    return load_words()[word][language].format(**values)


def name_value(field: str, value: str | None, language: Language) -> str:
    """An enumerated value in words: Chinese from the labels, English from the value itself. Empty for None.

    Raises LookupError where the field has no such value.
    """
    if value is None:
        return ""
    if value not in load_fields()[field].enum:
        raise LookupError(f"{field} has no value {value!r}")
    if language == "zh" and field in load_labels():
        return load_labels()[field][value]
    own = load_words().get(f"{field}.{value}")
    return own[language] if own else value.replace("_", " ")


def name_finding(kind: str, language: Language) -> str:
    """A finding kind in words; a kind that another version reported, and this one does not know, stands as it is."""
    plain = kind.replace("-", " ")
    return load_finding_names().get(kind, plain) if language == "zh" else plain
