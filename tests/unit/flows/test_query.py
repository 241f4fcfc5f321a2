import csv
import io
import json
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from flows.query import QueryError, answer_query, format_cell, render_table, to_csv, to_json, to_parquet

AMOUNT = pa.decimal128(20, 2)
ANSWER = pa.table(
    {
        "name": ["行政运行", 'a,"b"', None],
        "amount_cny": pa.array([Decimal("123456789012345678.05"), Decimal("0.10"), None], AMOUNT),
        "bbox": [[1.0, 2.5], None, [3.0]],
    }
)


@pytest.fixture
def connection():
    with duckdb.connect() as open_connection:
        open_connection.execute("create table lines (amount_cny decimal(20, 2))")
        yield open_connection


def test_answer_keeps_decimals(connection):
    table = answer_query(connection, "select cast('0.10' as decimal(20, 2)) as x")
    assert table.to_pylist() == [{"x": Decimal("0.10")}]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("select * from line", "lines"),
        ("selct 1", "syntax error"),
        ("select amount from lines", "amount_cny"),
        ("select 1/cast('x' as int)", "Could not convert"),
        ("-- nothing", "asks nothing"),
    ],
)
def test_question_that_fails_is_explained_in_one_line(connection, sql, told):
    with pytest.raises(QueryError) as raised:
        answer_query(connection, sql)
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)


def test_csv_round_trip():
    rows = list(csv.DictReader(io.StringIO(to_csv(ANSWER))))
    assert [row["amount_cny"] for row in rows] == ["123456789012345678.05", "0.10", ""]
    assert [row["name"] for row in rows] == ["行政运行", 'a,"b"', ""]
    assert rows[0]["bbox"] == "1.0 2.5"


def test_json_does_not_turn_amounts_into_floats():
    assert json.loads(to_json(ANSWER))[0]["amount_cny"] == "123456789012345678.05"


def test_parquet_keeps_type_and_rows():
    assert pq.read_table(io.BytesIO(to_parquet(ANSWER))).equals(ANSWER)


def test_table_says_how_many_rows_it_leaves_out():
    output = io.StringIO()
    Console(file=output, width=100).print(render_table(ANSWER, limit=2))
    assert "2 of 3 rows" in output.getvalue()


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (Decimal("1234.50"), "1,234.50"), (0.5, "0.5"), (["a", "b"], "a, b"), (3, "3")]
)
def test_cell_as_text(value, text):
    assert format_cell(value) == text
