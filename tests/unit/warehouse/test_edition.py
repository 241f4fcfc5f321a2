"""Editions: every row once in one order, nothing internal, nothing to write, and a question that ends."""

import threading
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

import duckdb
import pytest
from api_server import make_slow_edition
from made_release import commit, make_warehouse
from made_rows import FUNCTION_ROWS, make_coded_table, make_document

from warehouse.edition import Edition, NotInEditionError, TooSlowError, build_edition, edition_resources
from warehouse.metadata.models import load_fields, load_resources
from warehouse.reader import Reader
from warehouse.selection import Condition, Selection, list_tests, write_question


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = make_warehouse(tmp_path_factory.mktemp("module"))
    commit(store, make_document("丙", lines=make_coded_table("丙", FUNCTION_ROWS, note="100%'; drop table x --")))
    return store


@pytest.fixture(scope="module")
def edition(store, tmp_path_factory):
    path = tmp_path_factory.mktemp("module") / "3.duckdb"
    build_edition(store, 3, path)
    return Edition(path, "3", "2026-11-26T00:00:00Z")


def read(edition, table, *conditions, **values):
    return edition.read(Selection(table, edition.columns[table], conditions, **{"limit": 1000, **values}), 10)


@pytest.mark.parametrize("table", edition_resources())
def test_an_edition_has_the_rows_of_the_state(store, edition, table):
    with Reader(store, 3) as reader:
        expected = reader.arrow(table).select(edition.columns[table])
    page = read(edition, table, limit=100_000)
    assert sorted(map(repr, page.rows.to_pylist())) == sorted(map(repr, expected.to_pylist()))
    assert page.rows.schema.equals(expected.schema)
    assert page.last is None


def test_nothing_internal_and_no_text_of_pages_is_in_it(edition):
    assert not {name for name in edition.columns if name.startswith("raw_")}
    assert not {"processing_id", "other_processing_ids"} & {column for columns in edition.columns.values() for column in columns}


@pytest.mark.parametrize("limit", [1, 4, 26, 27, 28])
def test_pages_hold_every_row_once(edition, limit):
    whole, after, seen = read(edition, "core_budget_lines").rows.to_pylist(), -1, []
    while after is not None:
        page = read(edition, "core_budget_lines", limit=limit, after=after)
        assert 0 < page.rows.num_rows <= limit
        seen += page.rows.to_pylist()
        after = page.last
    assert seen == whole
    order = [(row["fiscal_year"], row["region_code"], row["document_id"], row["table_id"], row["line_number"]) for row in whole]
    assert all(earlier < later for earlier, later in pairwise(order))


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (Condition("fiscal_year", "is", (2021,)), lambda row: row["fiscal_year"] == 2021),
        (Condition("row_kind", "is", ("total", "item")), lambda row: row["row_kind"] in {"total", "item"}),
        (Condition("amount_cny", "min", (Decimal("155000.00"),)), lambda row: (row["amount_cny"] or 0) >= 155000),
        (
            Condition("amount_cny", "max", (Decimal(45000),)),
            lambda row: row["amount_cny"] is not None and row["amount_cny"] <= 45000,
        ),
        (Condition("amount_cny", "null", (True,)), lambda row: row["amount_cny"] is None),
        (Condition("function_code", "null", (False,)), lambda row: row["function_code"] is not None),
        (Condition("function_code", "prefix", ("20103",)), lambda row: (row["function_code"] or "").startswith("20103")),
        (Condition("line_label", "contains", ("住房",)), lambda row: "住房" in row["line_label"]),
        (Condition("confidence", "max", (0.5,)), lambda row: row["confidence"] <= 0.5),
        (Condition("note", "is", ("100%'; drop table x --",)), lambda row: row["note"] is not None),
        (Condition("line_label", "contains", ("%",)), lambda row: False),
        (Condition("line_label", "is", ("' or '1'='1",)), lambda row: False),
        (Condition("line_label", "contains", ("\x00",)), lambda row: False),
    ],
)
def test_conditions_choose_what_they_say(edition, condition, holds):
    whole = read(edition, "core_budget_lines").rows.to_pylist()
    assert read(edition, "core_budget_lines", condition).rows.to_pylist() == [row for row in whole if holds(row)]


def test_lists_and_moments_can_be_asked_for(edition):
    line = read(edition, "core_budget_lines", limit=4).rows.to_pylist()[3]["line_id"]
    found = read(edition, "out_spending_by_function", Condition("line_ids", "has", (line,))).rows.to_pylist()
    assert [row["line_ids"] for row in found] == [[line]]
    moment = Condition("fetched_at", "min", (datetime(2026, 3, 1, tzinfo=UTC),))
    assert read(edition, "core_disclosures", moment).rows.num_rows == 3
    later = Condition("fetched_at", "min", (datetime(2026, 3, 1, 0, 0, 1, tzinfo=UTC),))
    assert read(edition, "core_disclosures", later).rows.num_rows == 0


def test_every_column_has_tests_of_its_type():
    for resource in load_resources().values():
        for field in resource.fields:
            tests = list_tests(field)
            assert ("null" in tests) == field.nullable
            assert tests or field.type == "box"
            assert not (field.enum and {"prefix", "contains"} & set(tests))
    assert list_tests(load_fields()["confidence"]) == ("min", "max")


def test_values_never_become_text_of_the_question():
    hostile = "'; drop table core_budget_lines; --"
    sql, values = write_question(
        Selection("core_budget_lines", ("line_id",), (Condition("line_label", "is", (hostile, hostile)),))
    )
    assert hostile not in sql
    assert values == [hostile, hostile, -1, 101]


def test_what_the_state_does_not_have_is_told(edition):
    with pytest.raises(NotInEditionError, match="no table raw_cells"):
        edition.read(Selection("raw_cells", ("text",)), 1)
    with pytest.raises(NotInEditionError, match="no processing_id in state 3"):
        edition.read(Selection("core_budget_lines", ("line_id", "processing_id")), 1)


def test_nothing_can_be_written_or_read_besides(edition, tmp_path):
    connection = edition._connection
    with pytest.raises(duckdb.Error, match="read-only"):
        connection.execute("delete from core_budget_lines")
    for sql in (
        f"copy (select 1) to '{tmp_path / 'x.csv'}'",
        "select * from read_text('/etc/hostname')",
        "set memory_limit = '1TB'",
    ):
        with pytest.raises(duckdb.Error, match=r"disabled|locked"):
            connection.execute(sql)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A table in which looking for a text takes its time."""
    path = tmp_path_factory.mktemp("module") / "large.duckdb"
    make_slow_edition(path)
    return Edition(path, "1", "")


def test_a_question_that_takes_too_long_is_broken_off_and_the_next_one_answered(large):
    selection = Selection("ref_regions", ("code",), (Condition("name", "contains", ("no such text",)),))
    with pytest.raises(TooSlowError, match=r"longer than 0\.01 s"):
        large.read(selection, 0.01)
    assert large.read(selection, 60).rows.num_rows == 0


def test_questions_of_several_threads_do_not_break_off_each_other(large):
    quick = Selection("ref_regions", ("code",), limit=5)
    slow = Selection("ref_regions", ("code",), (Condition("name", "contains", ("no such text",)),))
    outcomes = []

    def ask_slowly():
        try:
            outcomes.append(large.read(slow, 0.01).rows.num_rows)
        except TooSlowError:
            outcomes.append("too slow")

    threads = [threading.Thread(target=ask_slowly) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert all(large.read(quick, 60).rows.num_rows == 5 for _ in range(20))
    for thread in threads:
        thread.join()
    assert outcomes == ["too slow"] * 4
