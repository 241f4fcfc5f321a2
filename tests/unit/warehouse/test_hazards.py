"""Adding up what must not be added up: the question is warned of, wherever it is asked, and one that is right is not."""

import contextlib
import json
import re
import sqlite3
import subprocess
import sys
import warnings
import zipfile
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from made_rows import make_document

import warehouse as package
from warehouse.export import export_tables
from warehouse.hazards import AggregationWarning, find_hazards
from warehouse.metadata.models import load_resources
from warehouse.release import build_release
from warehouse.store import Warehouse

WRONG = "select sum(amount_cny) as yuan from core_budget_lines"
RIGHT = (
    "select sum(amount_cny) as yuan from core_budget_lines where table_type = 'expenditure_summary' and row_kind = 'item' "
    "and fund_type = 'all' and expenditure_kind = 'total' and amount_basis = 'budget'"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("module") / "warehouse"
    warehouse = Warehouse.open(folder)
    warehouse.stage(make_document("甲"))
    warehouse.commit([make_document("甲").processing_id], run_id="run", reason="new")
    return folder


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        (WRONG, "table_type, row_kind, fund_type, expenditure_kind, amount_basis"),
        ("FROM Core_Budget_Lines SELECT AVG ( amount_cny ), table_type, row_kind GROUP BY ALL", "fund_type, expenditure_kind"),
        ("select fiscal_year, sum(amount_cny) from out_spending_by_function group by 1", "phase, fund_type"),
        (
            "with x as (from out_three_public) select item_key, phase, fund_type, sum(amount_cny) from x group by all",
            "amount_basis",
        ),
        ("select sum(amount_cny) from core_budget_lines where line_label = 'row_kind' -- row_kind", "row_kind"),
    ],
)
def test_a_question_that_fixes_too_little_is_warned_of(question, missing):
    (sentence,) = find_hazards(question)
    assert "must not be added up as it stands" in sentence
    assert missing in sentence


@pytest.mark.parametrize(
    "question",
    [
        RIGHT,
        "select * from core_budget_lines",
        "select count(*), max(amount_cny) from core_budget_lines",
        "select sum(bytes) from core_disclosures",
        "select 'core_budget_lines', sum(line_count) from core_tables",
    ],
)
def test_a_question_that_is_right_is_not(question):
    assert list(find_hazards(question)) == []


def test_the_command_line_answers_and_warns(folder):
    def ask(question):
        command = [Path(sys.executable).with_name("yusuan"), "query", question, "-f", "json", "--warehouse", folder]
        return subprocess.run(command, capture_output=True, text=True, check=True)

    wrong, right = ask(WRONG), ask(RIGHT)
    assert json.loads(wrong.stdout) == [{"yuan": "1200000.00"}]
    assert wrong.stderr.startswith("yusuan: careful: core_budget_lines must not be added up as it stands")
    assert json.loads(right.stdout) == [{"yuan": "300000.00"}]
    assert right.stderr == ""


def test_python_warns_where_the_question_stands(folder):
    with package.open(folder) as budget:
        with pytest.warns(AggregationWarning, match="core_budget_lines") as seen:
            assert budget.sql(WRONG).fetchall() == [(Decimal("1200000.00"),)]
        assert seen[0].filename == __file__
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            budget.sql(RIGHT).fetchall()


def test_the_hazard_stands_in_everything_that_a_release_says_of_the_table(folder, tmp_path):
    release = build_release(Warehouse.open(folder), tmp_path, version="1").path
    hazard = load_resources()["core_budget_lines"].hazard
    section = (release / "dictionary.md").read_text(encoding="utf-8").split("## `core_budget_lines`")[1].split("\n## ")[0]
    assert section.index(hazard.zh) < section.index(hazard.en) < section.index("| 字段 field |")
    resources = json.loads((release / "datapackage.json").read_text(encoding="utf-8"))["resources"]
    assert hazard.en in next(entry for entry in resources if entry["name"] == "core_budget_lines")["description"]
    with duckdb.connect(str(release / "data" / "yusuan.duckdb"), read_only=True) as connection:
        comments = dict(connection.sql("select table_name, comment from duckdb_tables()").fetchall())
    assert hazard.en in comments["core_budget_lines"]


def test_an_exported_file_says_it_too(folder, tmp_path):
    with package.open(folder) as budget:
        export_tables({"out_three_public": budget.arrow("out_three_public")}, tmp_path / "x.duckdb", "duckdb")
    with duckdb.connect(str(tmp_path / "x.duckdb"), read_only=True) as connection:
        ((comment,),) = connection.sql("select comment from duckdb_tables()").fetchall()
    assert "DO NOT ADD UP AS IT STANDS" in comment


@pytest.fixture
def exported(folder):
    with package.open(folder) as budget:
        return {name: budget.arrow(name) for name in ("core_tables", "core_budget_lines")}


CAUTION = "DO NOT ADD UP AS IT STANDS"


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_folder_of_tables_says_it_in_the_file_that_is_read_first(exported, tmp_path, kind):
    export_tables(exported, tmp_path / "x", kind)
    text = (tmp_path / "x" / "README.md").read_text(encoding="utf-8")
    assert text.index(f"`core_budget_lines`** {CAUTION}") < text.index("| table | rows |") < text.index("## `core_tables`")
    assert "`core_tables`** " not in text  # its rows have no amounts


def test_sqlite_says_it_in_a_table_and_in_the_definition(exported, tmp_path):
    export_tables(exported, tmp_path / "x.sqlite", "sqlite")
    with contextlib.closing(sqlite3.connect(tmp_path / "x.sqlite")) as connection:
        notes = connection.execute('select "table", caution from read_me_first').fetchall()
        assert notes[0][0] == "core_budget_lines" and CAUTION in notes[0][1]
        assert notes[1:] == [("core_tables", "")]
        definitions = dict(connection.execute("select name, sql from sqlite_master"))
    assert CAUTION in definitions["core_budget_lines"]
    assert CAUTION not in definitions["core_tables"]


def test_a_workbook_says_it_on_its_first_sheet_on_the_tab_and_over_the_amounts(exported, tmp_path):
    export_tables(exported, tmp_path / "x.xlsx", "excel")
    with zipfile.ZipFile(tmp_path / "x.xlsx") as book:
        names = re.findall(r'<sheet name="(\w+)"', book.read("xl/workbook.xml").decode())
        first, tables, lines = (book.read(f"xl/worksheets/sheet{number}.xml").decode() for number in (1, 2, 3))
        comments = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/comments")]
    assert names == ["read_me_first", "core_tables", "core_budget_lines"]
    assert CAUTION in first
    assert "tabColor" in lines and "tabColor" not in tables
    assert len(comments) == 1 and CAUTION in comments[0]
