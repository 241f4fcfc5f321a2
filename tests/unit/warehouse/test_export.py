"""Tables as files for other programs: nothing lost, nothing rounded, nothing half written."""

import sqlite3
import zipfile
from datetime import UTC, datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_rows import make_line

from warehouse import export
from warehouse.export import ExportExistsError, export_tables
from warehouse.metadata.schema import to_arrow_schema

LONG = Decimal("123456789012345678.91")
SHORT = Decimal("16834500.10")


def make_lines():
    """Three lines: a short amount, one longer than floating point holds, a blank one with a label that looks like a formula."""
    owner = {"document_id": "d", "processing_id": "p"}
    rows = [
        {"line_id": "a", "line_label": "合计", "amount_cny": SHORT, "bbox": [1.0, 2.0, 3.0, 4.0]},
        {"line_id": "b", "line_label": "教育支出", "amount_cny": LONG},
        {"line_id": "c", "line_label": '=HYPERLINK("http://x","y")', "amount_cny": None},
    ]
    schema = to_arrow_schema("core_budget_lines")
    full = [make_line("甲", number, "1") | owner | row for number, row in enumerate(rows, start=1)]
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in full], schema)


def make_commits():
    row = {
        "commit_sequence": 1,
        "document_id": "d",
        "processing_id": "p",
        "run_id": "r",
        "commit_reason": "new",
        "status": "loaded",
    }
    moment = {"committed_at": datetime(2026, 11, 25, 8, tzinfo=UTC)}
    return pa.Table.from_pylist([row | moment], to_arrow_schema("commits"))


@pytest.fixture
def tables():
    return {"core_budget_lines": make_lines(), "commits": make_commits()}


def test_duckdb_keeps_decimals_lists_and_descriptions(tables, tmp_path):
    export_tables(tables, tmp_path / "x.duckdb", "duckdb")
    with duckdb.connect(str(tmp_path / "x.duckdb"), read_only=True) as connection:
        assert connection.sql("select amount_cny from core_budget_lines order by line_id").fetchall() == [
            (SHORT,),
            (LONG,),
            (None,),
        ]
        boxes = connection.sql("select bbox from core_budget_lines where line_id = 'a'").fetchall()
        assert boxes == [([1.0, 2.0, 3.0, 4.0],)]
        ((comment,),) = connection.sql("select comment from duckdb_columns() where column_name = 'amount_cny'").fetchall()
    assert "元" in comment


def test_sqlite_holds_long_amounts_as_text_and_short_ones_as_numbers(tables, tmp_path):
    export_tables(tables, tmp_path / "x.sqlite", "sqlite")
    connection = sqlite3.connect(tmp_path / "x.sqlite")
    amounts = connection.execute("select amount_cny from core_budget_lines order by line_id").fetchall()
    assert amounts == [(16834500.10,), ("123456789012345678.91",), (None,)]
    assert connection.execute("select committed_at from commits").fetchone() == ("2026-11-25T08:00:00Z",)
    assert connection.execute("select bbox from core_budget_lines where line_id = 'a'").fetchone() == ("[1.0, 2.0, 3.0, 4.0]",)
    connection.close()


def test_excel_has_a_sheet_a_table_and_no_formula(tables, tmp_path):
    export_tables(tables, tmp_path / "x.xlsx", "excel")
    with zipfile.ZipFile(tmp_path / "x.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet2.xml").decode()  # behind the notes
        names = book.read("xl/workbook.xml").decode()
    assert 'name="core_budget_lines"' in names
    assert 'name="commits"' in names
    assert "<f>" not in sheet
    assert "HYPERLINK" in sheet
    assert "<v>16834500.1</v>" in sheet
    assert "123456789012345678.91" in sheet


def test_more_rows_than_a_sheet_holds_go_into_further_sheets(tables, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "SHEET_ROWS", 2)
    export_tables(tables, tmp_path / "x.xlsx", "excel")
    with zipfile.ZipFile(tmp_path / "x.xlsx") as book:
        assert 'name="core_budget_lines.2"' in book.read("xl/workbook.xml").decode()
        assert "HYPERLINK" in book.read("xl/worksheets/sheet3.xml").decode()


def test_parquet_and_csv_are_folders(tables, tmp_path):
    export_tables(tables, tmp_path / "parquet", "parquet")
    export_tables(tables, tmp_path / "csv", "csv")
    amounts = pq.read_table(tmp_path / "parquet/core_budget_lines.parquet").column("amount_cny").to_pylist()
    assert amounts == [SHORT, LONG, None]
    assert sorted(path.name for path in (tmp_path / "csv").iterdir()) == [
        "README.md",
        "commits.csv.gz",
        "core_budget_lines.csv.gz",
    ]


@pytest.mark.parametrize("export_format", ["parquet", "sqlite"])
def test_what_is_there_is_replaced_only_when_asked(tables, tmp_path, export_format):
    export_tables(tables, tmp_path / "x", export_format)
    with pytest.raises(ExportExistsError, match="exists already"):
        export_tables(tables, tmp_path / "x", export_format)
    export_tables({"commits": tables["commits"]}, tmp_path / "x", export_format, overwrite=True)
    if export_format == "parquet":
        assert sorted(path.name for path in (tmp_path / "x").iterdir()) == ["README.md", "commits.parquet"]


def test_a_failing_export_leaves_nothing_behind(tables, tmp_path):
    with pytest.raises(Exception, match="core_unknown"):
        export_tables({**tables, "core_unknown": tables["commits"]}, tmp_path / "x.duckdb", "duckdb")
    assert list(tmp_path.iterdir()) == []
