"""The words of rows (`layouts/rows.yml`), as models.

Promise: a rule with a field that nobody reads cannot be loaded.
"""

from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from transforms.shipped import load_shipped


class RowRule(BaseModel):
    """One rule of the vocabulary of rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pattern: str
    item: str | None = None
    fund: str | None = None
    kind: str | None = None
    basis: str | None = None


class RowVocabulary(BaseModel):
    """The vocabulary of rows as in the YAML file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    revenue: tuple[RowRule, ...]
    expenditure: tuple[RowRule, ...]
    three_public: tuple[RowRule, ...]
    procurement: tuple[RowRule, ...]
    kind_heads: str
    kind_heads_end: str
    revenue_parts: str
    closing_parts: str
    counts: str
    organisations: str
    funding_forms: str
    periods: tuple[RowRule, ...]


@cache
def load_row_vocabulary() -> RowVocabulary:
    """The vocabulary of rows."""
    text = files("transforms").joinpath("layouts/rows.yml").read_text(encoding="utf-8")
    return RowVocabulary(**load_shipped(text))
