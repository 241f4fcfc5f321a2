"""A question in SQL and its answer, in the shapes that people and programs read.

Promise: every row is given out in csv, json and parquet; a table for people says how many rows it leaves out. Amounts stay
decimals: text in csv and json, `decimal` in parquet.
"""

import csv
import io
import json
import re
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from rich import box
from rich.table import Table
from rich.text import Text

from flows.errors import UsageError

TABLE_ROWS = 200


class QueryError(UsageError):
    """The question cannot be answered; the message says why and, where it can, what was meant."""


def answer_query(connection: Any, sql: str) -> pa.Table:
    """The answer to one question over the views of the warehouse. Raises QueryError."""
    import duckdb  # noqa: PLC0415  # a second of start-up that only questions need

    try:
        relation = connection.sql(sql)
    except duckdb.Error as error:
        raise QueryError(_explain(str(error))) from error
    if relation is None:
        raise QueryError("that text asks nothing: a question begins with SELECT, FROM, SHOW or DESCRIBE")
    try:
        return relation.to_arrow_table()
    except duckdb.Error as error:
        raise QueryError(_explain(str(error))) from error


def _explain(message: str) -> str:
    """DuckDB's sentence without the drawing of the SQL, and with its suggestion."""
    text = message.partition("\n\nLINE")[0]
    return re.sub(r"\s*\n+\s*", " ", text).strip()


def list_cells(table: pa.Table) -> list[tuple[str, ...]]:
    """The rows as text for people: amounts with thousands separators, lists joined, nothing for null."""
    return [tuple(format_cell(value) for value in row.values()) for row in table.to_pylist()]


def format_cell(value: object) -> str:
    """One value as text for people."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return ", ".join(format_cell(entry) for entry in value)
    return str(value)


def render_table(table: pa.Table, limit: int = TABLE_ROWS) -> Table:
    """The first `limit` rows for a terminal; the caption tells the whole number."""
    shown = table.slice(0, limit)
    count = f"{table.num_rows:,} rows" if table.num_rows != 1 else "1 row"
    rendered = Table(box=box.SIMPLE_HEAD, caption=count if shown.num_rows == table.num_rows else f"{limit} of {count}")
    for field in table.schema:
        is_number = pa.types.is_decimal(field.type) or pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
        rendered.add_column(field.name, justify="right" if is_number else "left", overflow="fold")
    for row in list_cells(shown):
        rendered.add_row(*(Text(cell) for cell in row))
    return rendered


def to_csv(table: pa.Table) -> str:
    """Header and all rows; null is an empty cell, a list is its values with spaces between."""
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(table.column_names)
    for row in table.to_pylist():
        writer.writerow([_plain(value) for value in row.values()])
    return output.getvalue()


def _plain(value: object) -> object:
    if isinstance(value, list):
        return " ".join(str(entry) for entry in value)
    return "" if value is None else value


def to_json(table: pa.Table) -> str:
    """A JSON array of objects. Decimals are strings: a float would change them."""
    return json.dumps(table.to_pylist(), ensure_ascii=False, indent=1, default=str)


def to_parquet(table: pa.Table) -> bytes:
    """The answer as the bytes of a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())
