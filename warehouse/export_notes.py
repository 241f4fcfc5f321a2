"""What a reader of exported tables is told before the first row: what each table is, and which must not be
added up as they stand.

Promise: every format that has no place of its own for a table's description gets these notes, and nothing is said in one that
the others do not say.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from warehouse.dictionary import write_dictionary
from warehouse.metadata.models import get_resource

NOTES_NAME = "read_me_first"
CAUTION = "DO NOT ADD UP AS IT STANDS 请勿直接加总"
COLUMNS = ("table", "rows", "caution", "meaning", "说明")


@dataclass(frozen=True, slots=True)
class ExportNote:
    """One table: its name, its rows, what it is in both languages; `caution` is None where its amounts may be added up."""

    table: str
    rows: int
    caution: str | None
    meaning: str
    meaning_zh: str

    def to_row(self) -> tuple[str, int, str, str, str]:
        """The note in the order of COLUMNS."""
        return self.table, self.rows, self.caution or "", self.meaning, self.meaning_zh


def list_notes(tables: Mapping[str, pa.Table]) -> Iterator[ExportNote]:
    """One note a table, those that must not be added up first. Raises UnknownResourceError for a table without metadata."""
    notes = [_describe(name, table.num_rows) for name, table in tables.items()]
    yield from sorted(notes, key=lambda note: note.caution is None)


def find_caution(name: str) -> str | None:
    """Why a table must not be added up as it stands and what must be fixed first, in both languages; None where it may be."""
    hazard = get_resource(name).hazard
    if hazard is None:
        return None
    guards = ", ".join(hazard.guards)
    return f"{CAUTION}: {hazard.en}; fix, or group by, {guards} first. {hazard.zh}；加总前请先限定或分组：{guards}。"


def write_read_me(tables: Mapping[str, pa.Table]) -> str:
    """The notes as Markdown, and the dictionary of the tables below them."""
    notes = list(list_notes(tables))
    lines = ["# Yusuan 预算", ""]
    lines += [f"> **⚠ `{note.table}`** {note.caution}\n" for note in notes if note.caution]
    lines += ["| table | rows | meaning | 说明 |", "|---|---:|---|---|"]
    lines += [f"| `{note.table}` | {note.rows:,} | {note.meaning} | {note.meaning_zh} |" for note in notes]
    return "\n".join([*lines, "", write_dictionary({name: table.column_names for name, table in tables.items()})])


def _describe(name: str, rows: int) -> ExportNote:
    resource = get_resource(name)
    return ExportNote(name, rows, find_caution(name), resource.en, resource.zh)
