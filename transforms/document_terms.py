"""The terms by which a disclosure is known (`layouts/document_terms.yml`): data, checked when loaded.

Promise: a term that is misspelt as a key, or missing, stops the program at once.
"""

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from transforms.shipped import load_shipped


class LabelGroup(BaseModel):
    """Labels of equal weight; `loose` ones count without a colon."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: tuple[str, ...]
    loose: tuple[str, ...] = ()


class DisclosureTerms(BaseModel):
    """What tells a disclosure from other papers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    needed: int
    terms: tuple[str, ...]
    other_titles: tuple[str, ...]


class DocumentTerms(BaseModel):
    """`layouts/document_terms.yml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phases: dict[str, str]
    phase_neutral: tuple[str, ...]
    title_levels: tuple[str, ...]
    title_scopes: dict[str, str]
    title_kinds: tuple[str, ...]
    title_tails: tuple[str, ...]
    title_stops: tuple[str, ...]
    title_noise: tuple[str, ...]
    issuer_labels: tuple[LabelGroup, ...]
    value_ends: tuple[str, ...]
    label_scopes: dict[str, tuple[str, ...]]
    organisation_suffixes: tuple[str, ...]
    self_names: tuple[str, ...]
    text_subjects: tuple[str, ...]
    scope_marks: dict[str, tuple[str, ...]]
    dropped_marks: tuple[str, ...]
    scope_declared: dict[str, tuple[str, ...]]
    scope_words: dict[str, tuple[str, ...]]
    central_declared: tuple[str, ...]
    central_prefixes: tuple[str, ...]
    placeless_suffixes: tuple[str, ...]
    weak_regions: tuple[str, ...]
    region_endings: tuple[str, ...]
    region_suffixes: tuple[str, ...]
    issuer_prefixes: tuple[str, ...]
    disclosure: DisclosureTerms


@cache
def load_document_terms() -> DocumentTerms:
    """The terms that ship with the project."""
    text = files("transforms").joinpath("layouts", "document_terms.yml").read_text(encoding="utf-8")
    return DocumentTerms(**load_shipped(text))


def alternatives(terms: Iterable[str]) -> str:
    """A regular expression for any of the terms, the longest first."""
    return "|".join(re.escape(term) for term in sorted(terms, key=len, reverse=True))
