"""A department's lines beside the sum of its units' documents, over what the comparison of documents has concluded."""

from decimal import Decimal

import pytest
from made_rows import document_id_of, make_coded_table, make_document, make_table

from flows.across import conclude_cross_checks
from warehouse.store import Warehouse
from warehouse.views import connect

TABLE = "general_budget_expenditure"
MEASURE = {"table_type": TABLE, "fund_type": "general_public_budget"}
OFFICE, CENTRE = "江汉区教育局（本级）", "江汉区教育局信息中心"
DEPARTMENT = "江汉区教育局"


def make_budget(name: str, rows, *, lists: tuple[str, ...] = (), scope: str = "department"):
    """A document of one table; the units that a department `lists` stand in rows of its second table, as real ones print them."""
    department_id = {OFFICE: "420103-江汉区教育局(本级)"}.get(name, f"420103-{name}")
    owner = {"department_id": department_id, "organisation_scope": scope, "fiscal_year": 2020}
    listed = [
        line
        for number, unit in enumerate(lists, 1)
        for line in make_coded_table(
            name,
            [("item", None, "1.00", unit)],
            ordinal=2,
            table_type="expenditure_summary",
            unit_name=unit,
            column=number,
            **owner,
        )
    ]
    return make_document(
        name,
        tables=[make_table(name, table_type=TABLE), make_table(name, 2)],
        lines=[*make_coded_table(name, rows, **MEASURE, **owner), *listed],
        disclosure={**owner, "tables_found": [TABLE]},
    )


def make_rows(first: str, second: str, total: str):
    return (("total", None, total, "合计"), ("item", "2050101", first, "行政运行"), ("item", "2050202", second, "小学教育"))


def open_with(folder, *documents):
    warehouse = Warehouse.open(folder / "warehouse")
    for document in documents:
        warehouse.stage(document)
    warehouse.commit([document.processing_id for document in documents], run_id="run", reason="new")
    conclude_cross_checks(warehouse)
    return connect(warehouse)


@pytest.fixture(scope="module")
def complete(tmp_path_factory):
    """A department and both units that it lists; the units make 小学教育 1.00 万元 too little."""
    with open_with(
        tmp_path_factory.mktemp("complete"),
        make_budget(DEPARTMENT, make_rows("10.00", "20.00", "30.00"), lists=(OFFICE, CENTRE)),
        make_budget(OFFICE, make_rows("10.00", "5.00", "15.00"), scope="unit"),
        make_budget(CENTRE, (("total", None, "14.00", "合计"), ("item", "2050202", "14.00", "小学教育")), scope="unit"),
    ) as connection:
        yield connection


@pytest.fixture(scope="module")
def partial(tmp_path_factory):
    """The same department with one of its two units' documents."""
    with open_with(
        tmp_path_factory.mktemp("partial"),
        make_budget(DEPARTMENT, make_rows("10.00", "20.00", "30.00"), lists=(OFFICE, CENTRE)),
        make_budget(OFFICE, make_rows("10.00", "5.00", "15.00"), scope="unit"),
    ) as connection:
        yield connection


def ask(connection, columns: str):
    # Names of this test.
    return connection.execute(f"select {columns} from out_department_units order by function_code nulls first").fetchall()  # noqa: S608


def test_each_line_stands_beside_the_sum_over_its_units(complete):
    assert ask(complete, "function_code, amount_cny, units_cny, difference_cny, unit_count") == [
        (None, Decimal("300000.00"), Decimal("290000.00"), Decimal("10000.00"), 2),
        ("2050101", Decimal("100000.00"), Decimal("100000.00"), Decimal("0.00"), 1),
        ("2050202", Decimal("200000.00"), Decimal("190000.00"), Decimal("10000.00"), 2),
    ]


def test_the_lines_that_were_added_up_are_named(complete):
    ((line_id, unit_line_ids),) = complete.execute(
        "select line_id, unit_line_ids from out_department_units where function_code = '2050202'"
    ).fetchall()
    assert line_id.startswith(document_id_of(DEPARTMENT))
    assert {found[:16] for found in unit_line_ids} == {document_id_of(OFFICE), document_id_of(CENTRE)}


def test_coverage_says_whether_the_units_are_all(complete, partial):
    counted = "distinct unit_document_count, listed_unit_count, is_complete"
    # Names of this test.
    assert complete.execute(f"select {counted} from out_department_units").fetchall() == [(2, 2, True)]  # noqa: S608
    assert partial.execute(f"select {counted} from out_department_units").fetchall() == [(1, 2, False)]  # noqa: S608


def test_of_some_units_the_share_is_told(partial):
    assert ask(partial, "function_code, units_percent")[0] == (None, Decimal("50.00"))


def test_a_line_that_no_unit_prints_stands_alone(tmp_path):
    with open_with(
        tmp_path,
        make_budget(DEPARTMENT, make_rows("10.00", "20.00", "30.00"), lists=(CENTRE,)),
        make_budget(CENTRE, (("total", None, "14.00", "合计"), ("item", "2050202", "14.00", "小学教育")), scope="unit"),
    ) as connection:
        columns = "units_cny, difference_cny, unit_count, unit_line_ids"
        alone = f"select {columns} from out_department_units where function_code = '2050101'"  # noqa: S608  # our names
        assert connection.execute(alone).fetchall() == [(None, None, 0, [])]


def test_the_own_level_is_not_added_to_its_department_in_the_spending_views(tmp_path):
    """The department's tables name no 本级: only the registry knows that it is part of the department."""
    with open_with(
        tmp_path,
        make_budget(DEPARTMENT, make_rows("10.00", "20.00", "30.00"), lists=(CENTRE,)),
        make_budget(OFFICE, make_rows("10.00", "5.00", "15.00"), scope="unit"),
    ) as connection:
        outcomes = "select department_name, source_outcome from out_spending_sources where classification = 'function' order by 1"
        assert connection.execute(outcomes).fetchall() == [(DEPARTMENT, "used"), (OFFICE, "within_department")]
        assert connection.execute("select sum(amount_cny) from out_spending_by_function").fetchone() == (Decimal("300000.00"),)
