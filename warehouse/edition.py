"""One state of the warehouse as a DuckDB file that is only read: what the query service answers from.

Promise: an edition holds the tables of one moment, each in one order (year, region, document, then its key), so that a row's
place in it never changes; nothing can be written into it, no other file can be read through it, and a question that takes longer
than it may is broken off. The `raw_` tables (free text of pages) and the numbers of processings are not in it.
"""

import tempfile
import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import pyarrow as pa

from warehouse.contents import choose_order
from warehouse.metadata.models import list_resources, load_resources
from warehouse.metadata.schema import to_arrow_schema
from warehouse.published import INTERNAL
from warehouse.selection import Selection, write_count, write_question
from warehouse.store import Warehouse
from warehouse.views import BOUNDED_MEMORY, connect_bounded

MEMORY = "512MB"
PART_ROWS = 65_536
_ONLY_READ: dict[str, str | bool | int | float | list[str]] = {
    "access_mode": "READ_ONLY",
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "python_enable_replacements": "false",
    "memory_limit": MEMORY,
    "lock_configuration": "true",
}


class TooSlowError(RuntimeError):
    """The question was broken off: it took longer than it may."""


class NotInEditionError(LookupError):
    """A table or column that this state does not have."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows. `last`: the place of the last of them where more follow, else None. `total`: all that fit, where counted."""

    rows: pa.Table
    last: int | None
    total: int | None = None


def edition_resources() -> tuple[str, ...]:
    """The tables and views of an edition."""
    return list_resources("out", "core", "ref")


def build_edition(warehouse: Warehouse, sequence: int, path: Path) -> None:
    """Write the state after a commit as a new file, with no more than `BOUNDED_MEMORY` on either side of it, however large the
    warehouse is. Raises PurgedError, as `connect`.
    """
    with (
        tempfile.TemporaryDirectory(dir=path.parent, prefix=".scratch-") as scratch,
        closing(connect_bounded(warehouse, sequence, Path(scratch) / "tables.duckdb")) as tables,
        duckdb.connect(str(path), config={"memory_limit": BOUNDED_MEMORY}) as edition,
    ):
        for name in edition_resources():
            edition.register("built", _ask_in_order(tables, name))
            edition.execute(f'create table "{name}" as from built')
            edition.unregister("built")


def _ask_in_order(tables: duckdb.DuckDBPyConnection, name: str) -> pa.RecordBatchReader:
    columns = [column for column in to_arrow_schema(name).names if column not in INTERNAL]
    listed = ", ".join(f'"{column}"' for column in columns)
    order = ", ".join(f'"{column}" nulls last' for column in choose_order(name, columns))
    question = f'select {listed} from "{name}" order by {order}'  # noqa: S608  # names of the metadata
    return tables.sql(question).to_arrow_reader(PART_ROWS)


class Edition:
    """One state, open for questions from several threads. `state`: its name; `moment`: when it came about, as text.

    The file is given back when the last one who holds the edition lets go of it.
    """

    def __init__(self, path: Path, state: str, moment: str) -> None:
        """Raises duckdb.Error for a file that is none of DuckDB's."""
        self.state = state
        self.moment = moment
        self.path = path
        self._connection = duckdb.connect(str(path), config=_ONLY_READ)
        self.columns: Mapping[str, tuple[str, ...]] = MappingProxyType(_list_columns(self._connection))
        """The columns of each table, as far as today's metadata know them."""

    def read(self, selection: Selection, seconds: float, *, with_total: bool = False) -> Page:
        """The rows, in the schema of the metadata. Raises NotInEditionError, TooSlowError."""
        self._check_names(selection)
        with self._connection.cursor() as cursor:
            found = _ask(cursor, *write_question(selection), seconds)
            total = int(_ask(cursor, *write_count(selection), seconds)[0][0].as_py()) if with_total else None
        return _make_page(found, selection, total)

    def _check_names(self, selection: Selection) -> None:
        columns = self.columns.get(selection.table)
        if columns is None:
            raise NotInEditionError(f"state {self.state} has no table {selection.table}")
        asked = {*selection.columns, *(condition.column for condition in selection.conditions)}
        if absent := sorted(asked - {*columns}):
            raise NotInEditionError(f"{selection.table} has no {', '.join(absent)} in state {self.state}")


def _ask(cursor: duckdb.DuckDBPyConnection, sql: str, values: list[Any], seconds: float) -> pa.Table:
    ended = threading.Event()
    threading.Thread(target=_break_off, args=(cursor, seconds, ended), daemon=True).start()
    try:
        return cursor.sql(sql, params=values).to_arrow_table()
    except duckdb.InterruptException as error:
        raise TooSlowError(f"the question took longer than {seconds:g} s") from error
    finally:
        ended.set()


def _break_off(cursor: duckdb.DuckDBPyConnection, seconds: float, ended: threading.Event) -> None:
    patience = seconds
    while not ended.wait(patience):
        # Again and again: a question that has not begun yet does not hear it.
        cursor.interrupt()
        patience = 0.05


def _make_page(found: pa.Table, selection: Selection, total: int | None) -> Page:
    places = found.column("rowid").to_pylist()
    rows = found.drop_columns(["rowid"]).slice(0, selection.limit)
    declared = to_arrow_schema(selection.table)
    schema = pa.schema([declared.field(column) for column in selection.columns], metadata=declared.metadata)
    last = places[selection.limit - 1] if len(places) > selection.limit else None
    return Page(rows.cast(schema), last, total)


def _list_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, ...]]:
    """By table, in the order of the metadata."""
    rows = connection.sql("select table_name, list(column_name) from duckdb_columns() where not internal group by all").fetchall()
    there = {name: set(columns) for name, columns in rows}
    return {
        name: tuple(column for column in resource.field_names if column in there[name])
        for name, resource in load_resources().items()
        if name in there
    }
