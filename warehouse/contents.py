"""The contents of a table, whatever file it is read from: one order, one text, one sum.

Promise: two tables have the same sum if and only if they have the same columns, rows and values; compression, dictionaries, row
groups and the program that wrote the file do not matter. The text is the CSV of a release, so that anyone can check a sum without
us: `zcat data/TABLE.csv.gz | sha256sum`. Null is nothing there and an empty text is `""`; a box is four numbers in one text, a
list is JSON, a moment is ISO 8601 in UTC.
"""

import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from warehouse.metadata.models import get_resource

# What is asked for most often stands together, so that a reader of one year or region skips the rest of a file.
_FIRST = ("fiscal_year", "region_code", "document_id")


@dataclass(frozen=True, slots=True)
class ChunkedRows:
    """A table in chunks of one schema, at least one; `open` gives them anew."""

    schema: pa.Schema
    open: Callable[[], Iterator[pa.Table]]


def choose_order(name: str, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns by which a published table is sorted: year, region and document as far as it has them, then its key."""
    return tuple(dict.fromkeys(column for column in (*_FIRST, *get_resource(name).key) if column in columns))


def sort_table(table: pa.Table, order: Sequence[str]) -> pa.Table:
    """The table sorted by some columns, all rising, nulls last."""
    return table.sort_by([(column, "ascending") for column in order]).combine_chunks()


def sum_contents(table: pa.Table) -> str:
    """SHA-256 of the table's text in hexadecimal digits; the rows count in the order that they have."""
    return hashlib.sha256(write_text(table)).hexdigest()


def write_text(table: pa.Table, *, with_header: bool = True) -> bytes:
    """The table as CSV in UTF-8 with one header row."""
    buffer = io.BytesIO()
    pacsv.write_csv(_flatten(decode(table)), buffer, pacsv.WriteOptions(include_header=with_header, quoting_style="needed"))
    return buffer.getvalue()


def write_texts(chunks: Iterable[pa.Table]) -> Iterator[bytes]:
    """The text of a table that comes in chunks, at least one: together what `write_text` gives of the whole."""
    for number, chunk in enumerate(chunks):
        yield write_text(chunk, with_header=number == 0)


def sum_chunks(chunks: Iterable[pa.Table]) -> str:
    """`sum_contents` of a table that comes in chunks, at least one."""
    digest = hashlib.sha256()
    for text in write_texts(chunks):
        digest.update(text)
    return digest.hexdigest()


def decode(table: pa.Table) -> pa.Table:
    """The table with its dictionaries as the texts that they stand for."""
    for index, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            plain = table.column(index).cast(field.type.value_type)
            table = table.set_column(index, field.with_type(field.type.value_type), plain)
    return table


def _flatten(table: pa.Table) -> pa.Table:
    return pa.table([_to_text(column) for column in table.columns], names=table.column_names)


def _to_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_timestamp(kind):
        return pc.strftime(column, "%Y-%m-%dT%H:%M:%SZ")
    if pa.types.is_list(kind) and pa.types.is_floating(kind.value_type):
        return pc.binary_join(column.cast(pa.list_(pa.string())), " ")
    if pa.types.is_list(kind):
        return pa.chunked_array([pa.array(list(_to_json(column)), pa.string())])
    return column


def _to_json(column: pa.ChunkedArray) -> Iterator[str | None]:
    return (None if value is None else json.dumps(value, ensure_ascii=False) for value in column.to_pylist())
