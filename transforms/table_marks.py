"""What a table is, told from its header and its rows (`layouts/header_marks.yml`), where no title tells it or a wrong one does.

Promise: a missing or broken title does not lose a table whose own words are clear; words that fit several kinds leave it unknown.
A title is contradicted only by words that no table under such a title holds.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from transforms.shipped import load_shipped
from transforms.table_types import TableType, get_table_type
from transforms.text import normalise
from warehouse.records import RawTable


class Words(BaseModel):
    """Patterns of words, each of which must fit some cell; of `not_rows` none may."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    header: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    not_rows: tuple[str, ...] = ()


class Mark(Words):
    """One entry: the words that a kind of table carries."""

    type: str


class Contradiction(Words):
    """Words and the types that alone, or never, hold them."""

    words: str
    under: frozenset[str] = frozenset()
    not_under: frozenset[str] = frozenset()

    def denies(self, table_type: str) -> bool:
        """Whether a table with these words is surely none of that type."""
        return table_type in self.not_under or (bool(self.under) and table_type not in self.under)


class Marks(BaseModel):
    """The marks as in the YAML file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    marks: tuple[Mark, ...]
    header_rows: int
    contradictions: tuple[Contradiction, ...]


@cache
def load_marks() -> Marks:
    """The marks of table types."""
    text = files("transforms").joinpath("layouts/header_marks.yml").read_text(encoding="utf-8")
    return Marks(**load_shipped(text))


def recognise_table(raw: RawTable) -> TableType | None:
    """The type that the words of a table without a known title name, or None."""
    texts = _Texts.read(raw)
    return next((get_table_type(mark.type) for mark in load_marks().marks if texts.fit(mark)), None)


def find_contradiction(raw: RawTable, table_type: TableType) -> str | None:
    """What the table holds that no table of that type does, or None."""
    texts = _Texts.read(raw)
    found = (entry.words for entry in load_marks().contradictions if entry.denies(table_type.type) and texts.fit(entry))
    return next(found, None)


@dataclass(frozen=True, slots=True)
class _Texts:
    """The texts of a table's first rows, and of those after the first."""

    header: tuple[str, ...]
    rows: tuple[str, ...]

    @classmethod
    def read(cls, raw: RawTable) -> "_Texts":
        cells = [(cell.row, normalise(cell.text)) for cell in raw.cells if cell.text]
        header = tuple(text for row, text in cells if row < load_marks().header_rows)
        return cls(header, tuple(text for row, text in cells if row >= 1))

    def fit(self, words: Words) -> bool:
        fits = all(_occurs(p, self.header) for p in words.header) and all(_occurs(p, self.rows) for p in words.rows)
        return fits and not any(_occurs(p, self.rows) for p in words.not_rows)


def _occurs(pattern: str, texts: Iterable[str]) -> bool:
    return any(re.search(pattern, text) for text in texts)
