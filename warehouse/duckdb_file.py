"""Tables as one DuckDB file, for a release and for `yusuan export`.

Promise: decimals, lists and moments keep their types; tables and columns carry their descriptions as comments. The bytes of the
file are DuckDB's: it writes a new random identity into every file, so that equal contents do not give equal bytes. Compare
contents (`warehouse.contents`), never files.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import duckdb
import pyarrow as pa

from warehouse.datapackage import describe_resource
from warehouse.metadata.models import get_resource

# Rows that are in memory at a time, and what DuckDB may hold of a file; it puts more than that on disk, beside the file.
CHUNK = 65_536
# What is not committed yet is held beyond that bound (27 MB a chunk); but each commit waits for the disk.
_CHUNKS_A_COMMIT = 8
_BOUNDED: dict[str, str | bool | int | float | list[str]] = {"memory_limit": "256MB", "threads": "2"}
Append = Callable[[str, pa.Table], None]
"""Puts a chunk behind the rows of a table, by its name."""


def write_duckdb(tables: Mapping[str, pa.Table], path: Path) -> None:
    """Tables, by the names of their resources, as a new DuckDB file."""
    with open_duckdb(path) as append:
        for name, table in tables.items():
            append(name, table)


@contextmanager
def open_duckdb(path: Path) -> Iterator[Append]:
    """A new DuckDB file whose tables come in chunks: the first makes the table, be it empty. Cut off, it holds some of them."""
    with duckdb.connect(str(path), config=_BOUNDED) as connection, fill_tables(connection) as append:
        described: set[str] = set()

        def append_described(name: str, chunk: pa.Table) -> None:
            append(name, chunk)
            if name not in described:
                described.add(name)
                for statement in _list_comments(name, chunk.column_names):
                    connection.execute(statement)

        yield append_described


@contextmanager
def fill_tables(connection: duckdb.DuckDBPyConnection) -> Iterator[Append]:
    """New tables of a connection that come in chunks, committed every few of them."""
    known: set[str] = set()
    numbers = count(1)

    def append(name: str, chunk: pa.Table) -> None:
        connection.register("appended", chunk)
        connection.execute(f'insert into "{name}" from appended' if name in known else f'create table "{name}" as from appended')
        connection.unregister("appended")
        known.add(name)
        if next(numbers) % _CHUNKS_A_COMMIT == 0:
            connection.commit()
            connection.begin()

    connection.begin()
    yield append
    connection.commit()


def read_duckdb(path: Path, name: str, schema: pa.Schema) -> pa.Table:
    """A table of such a file in the order in which it was written and the types of `schema`.

    Raises duckdb.Error where there is none, pa.ArrowInvalid where values do not fit the types.
    """
    return pa.concat_tables(iterate_duckdb(path, name, schema))


def iterate_duckdb(path: Path, name: str, schema: pa.Schema) -> Iterator[pa.Table]:
    """`read_duckdb` in chunks, at least one."""
    columns = ", ".join(f'"{column}"' for column in schema.names)
    with duckdb.connect(str(path), read_only=True, config=_BOUNDED) as connection:
        yield from iterate_answer(connection, f'select {columns} from "{name}"', schema)  # noqa: S608  # names of the metadata


def iterate_answer(connection: duckdb.DuckDBPyConnection, question: str, schema: pa.Schema) -> Iterator[pa.Table]:
    """The answer to a question in chunks of `CHUNK` rows in the types of `schema`, at least one.

    The connection answers nothing else until the last was taken.
    """
    is_empty = True
    for batch in connection.sql(question).to_arrow_reader(CHUNK):
        is_empty = False
        yield pa.Table.from_batches([batch]).cast(schema)
    if is_empty:
        yield schema.empty_table()


def find_repeated_key(path: Path, name: str, key: Sequence[str]) -> str | None:
    """The first key, in words, that two rows of a table of such a file share."""
    columns = ", ".join(f'"{column}"' for column in key)
    question = f'select {columns}, count(*) from "{name}" group by {columns} having count(*) > 1 order by all limit 1'  # noqa: S608  # as above
    with duckdb.connect(str(path), read_only=True, config=_BOUNDED) as connection:
        found = connection.sql(question).fetchall()
    if not found:
        return None
    *values, count = found[0]
    shown = ", ".join(f"{column}={value}" for column, value in zip(key, values, strict=True))
    return f"{count} rows share the key {shown}"


def _list_comments(name: str, columns: Sequence[str]) -> Iterator[str]:
    resource = get_resource(name)
    yield f"comment on table \"{name}\" is '{_quote(f'{describe_resource(name)} {resource.zh}')}'"
    for column in columns:
        field = resource.get_field(column)
        yield f'comment on column "{name}"."{column}" is \'{_quote(f"{field.en} {field.zh}")}\''


def _quote(text: str) -> str:
    return text.replace("'", "''")
