"""What a table is, told from its header and its rows (`layouts/header_marks.yml`), where no title tells it.

Promise: a missing or broken title does not lose a table whose own words are clear; words that fit several kinds leave it unknown.
"""

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict

from transforms.table_types import TableType, get_table_type
from transforms.text import normalise
from warehouse.records import RawTable


class Mark(BaseModel):
    """One entry: the words that a kind of table carries."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    header: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    not_rows: tuple[str, ...] = ()


class Marks(BaseModel):
    """The marks as in the YAML file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    marks: tuple[Mark, ...]
    header_rows: int


@cache
def load_marks() -> Marks:
    """The marks of table types."""
    text = files("transforms").joinpath("layouts/header_marks.yml").read_text(encoding="utf-8")
    return Marks(**yaml.safe_load(text))


def recognise_table(raw: RawTable) -> TableType | None:
    """The type that the words of a table without a known title name, or None."""
    declared = load_marks()
    header = [normalise(cell.text) for cell in raw.cells if cell.row < declared.header_rows and cell.text]
    rows = [normalise(cell.text) for cell in raw.cells if cell.row >= 1 and cell.text]
    for mark in declared.marks:
        fits = all(_occurs(pattern, header) for pattern in mark.header) and all(_occurs(pattern, rows) for pattern in mark.rows)
        if fits and not any(_occurs(pattern, rows) for pattern in mark.not_rows):
            return get_table_type(mark.type)
    return None


def _occurs(pattern: str, texts: Iterable[str]) -> bool:
    return any(re.search(pattern, text) for text in texts)
