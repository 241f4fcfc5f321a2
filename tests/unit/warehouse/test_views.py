"""The views: only what is committed, nothing written, and sums that are the documents' own totals."""

import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from made_rows import FUNCTION_ROWS, document_id_of, make_coded_table, make_disclosure, make_document, make_line, make_table

from warehouse.hazards import find_hazards
from warehouse.issues import make_finding
from warehouse.metadata.models import get_resource, list_resources, load_resources
from warehouse.metadata.schema import to_arrow_schema
from warehouse.store import Warehouse
from warehouse.views import connect, connect_bounded, read_view

ECONOMIC_ROWS = (
    ("total", None, "7.00", "合计"),
    ("subtotal", "301", "5.00", "工资福利支出"),
    ("item", "30101", "5.00", "基本工资"),
    ("subtotal", "302", "2.00", "商品和服务支出"),
    ("item", "30201", "2.00", "办公费"),
)


@pytest.fixture(scope="module")
def empty_folder(tmp_path_factory) -> Path:
    return Warehouse.open(tmp_path_factory.mktemp("empty") / "warehouse").root


@pytest.fixture
def warehouse(tmp_path: Path, empty_folder: Path) -> Warehouse:
    return Warehouse.open(shutil.copytree(empty_folder, tmp_path / "warehouse"))


def load(warehouse: Warehouse, *documents) -> int:
    for document in documents:
        warehouse.stage(document)
    return warehouse.commit([document.processing_id for document in documents], run_id="run", reason="new")


def sum_of(warehouse: Warehouse, name: str, view: str = "out_spending_by_function") -> Decimal | None:
    query = f"select sum(amount_cny) from {view} where document_id = ?"  # noqa: S608  # names of the test
    return connect(warehouse).execute(query, [document_id_of(name)]).fetchone()[0]


def outcome_of(warehouse: Warehouse, name: str, classification: str = "function") -> str:
    query = "select source_outcome from out_spending_sources where document_id = ? and classification = ?"
    return connect(warehouse).execute(query, [document_id_of(name), classification]).fetchone()[0]


def two_tables(name: str, second_rows, **second) -> dict:
    """A document with the department's own table and another of the same kind."""
    return {
        "tables": [make_table(name), make_table(name, 2, table_instance=2, **second)],
        "lines": [
            *make_coded_table(name, FUNCTION_ROWS),
            *make_coded_table(name, second_rows, ordinal=2, table_instance=2),
        ],
    }


def test_every_table_and_view_is_there_by_name(warehouse):
    connection = connect(warehouse)
    for name in list_resources("raw", "core", "ref", "out"):
        assert connection.execute(f"select * from {name} limit 1").description  # noqa: S608  # names of the test


def test_views_have_the_columns_and_types_of_their_metadata(warehouse):
    load(warehouse, make_document("甲"))
    connection = connect(warehouse)
    for name in list_resources("out"):
        assert read_view(connection, name).schema.equals(to_arrow_schema(name)), name


EXAMPLES = [(name, example) for name, resource in load_resources().items() for example in resource.examples]


def test_every_view_shows_how_to_ask_it():
    assert [name for name in list_resources("out") if not get_resource(name).examples] == []


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=lambda value: value if isinstance(value, str) else "")
def test_an_example_of_the_dictionary_can_be_asked_and_adds_up_nothing_twice(empty_folder, name, example):
    assert name in example.sql
    assert list(find_hazards(example.sql)) == []
    assert connect(Warehouse.open(empty_folder)).execute(example.sql).description


def test_staged_and_superseded_rows_are_not_there(warehouse):
    load(warehouse, make_document("甲"))
    warehouse.stage(make_document("乙"))
    load(warehouse, make_document("甲", attempt=2, lines=make_coded_table("甲", FUNCTION_ROWS[:4])))
    assert connect(warehouse).execute("select count(*) from core_budget_lines").fetchone() == (4,)


def test_a_bounded_connection_answers_from_a_copy_as_the_other_does(warehouse, tmp_path):
    state = load(warehouse, make_document("甲", lines=make_coded_table("甲", FUNCTION_ROWS)), make_document("乙"))
    load(warehouse, make_document("丙"))
    with connect(warehouse, state) as other, connect_bounded(warehouse, state, tmp_path / "tables.duckdb") as bounded:
        for name in list_resources("core", "ref", "out"):
            columns = ", ".join(to_arrow_schema(name).names)
            question = f"select {columns} from {name} order by all"  # noqa: S608  # names of the metadata
            assert bounded.sql(question).fetchall() == other.sql(question).fetchall()
        assert bounded.sql("select count(*) > 0 from out_budget_lines").fetchall() == [(True,)]
        with pytest.raises(duckdb.Error, match="disabled"):
            bounded.execute(f"copy core_tables to '{tmp_path / 'elsewhere.csv'}'")


def test_a_connection_shows_one_moment(warehouse):
    first = load(warehouse, make_document("甲"))
    connection = connect(warehouse)
    load(warehouse, make_document("乙"))
    assert connection.execute("select count(distinct document_id) from core_budget_lines").fetchone() == (1,)
    assert connect(warehouse, as_of=first).execute("select count(*) from core_disclosures").fetchone() == (1,)


@pytest.mark.parametrize(
    "statement",
    [
        "copy core_budget_lines to '{folder}/x.csv'",
        "select * from read_text('{folder}/README.md')",
        "attach '{folder}/x.duckdb' as other",
        "install httpfs",
        "set enable_external_access = true",
        "delete from core_budget_lines",
        "insert into commits select * from commits",
    ],
)
def test_nothing_can_be_read_or_written_beside_the_tables(warehouse, statement):
    load(warehouse, make_document("甲"))
    before = sorted(path.name for path in warehouse.root.iterdir())
    with pytest.raises(duckdb.Error):
        connect(warehouse).execute(statement.format(folder=warehouse.root))
    assert sorted(path.name for path in warehouse.root.iterdir()) == before


def test_lines_carry_the_names_of_their_codes_in_their_year(warehouse):
    lines = [
        make_line("甲", number, "1.00", function_code="207", fiscal_year=year) for number, year in enumerate((2016, 2020), 1)
    ]
    load(warehouse, make_document("甲", lines=lines))
    rows = connect(warehouse).execute(
        "select function_name, fund_type_name, region_name from out_budget_lines order by fiscal_year"
    )
    assert rows.fetchall() == [("文化体育与传媒支出", "全部资金", "江汉区"), ("文化旅游体育与传媒支出", "全部资金", "江汉区")]


def test_a_code_that_no_list_knows_has_no_name(warehouse):
    load(warehouse, make_document("甲", lines=[make_line("甲", 1, "1.00", function_code="29999")]))
    assert connect(warehouse).execute("select function_name, function_code from out_budget_lines").fetchall() == [(None, "29999")]


def test_every_line_is_labelled_once(warehouse):
    """A join with overlapping years would double lines: all codes of the lists, in all years."""
    connection = connect(warehouse)
    for scheme in ("function", "econ_department", "econ_government", "revenue"):
        doubled = connection.execute(
            f"select code, year, count(*) from {scheme}_names, range(2000, 2031) as years(year) "  # noqa: S608  # names of the test
            "where year between first_year and last_year group by all having count(*) > 1"
        )
        assert doubled.fetchall() == []


def test_the_sum_over_functions_is_the_printed_total(warehouse):
    load(warehouse, make_document("甲"), make_document("乙"))
    assert sum_of(warehouse, "甲") == Decimal("300000.00")
    rows = connect(warehouse).execute("select function_code, amount_cny, line_ids from out_spending_by_function order by 1, 3")
    assert rows.fetchall()[0] == ("2010301", Decimal("155000.00"), [f"{document_id_of('甲')}-01-4-3"])


def test_summing_the_lines_blindly_would_have_counted_more(warehouse):
    load(warehouse, make_document("甲"))
    blind = connect(warehouse).execute("select sum(amount_cny) from core_budget_lines").fetchone()[0]
    assert blind > 3 * sum_of(warehouse, "甲")


def test_the_sum_over_economic_classes_is_the_printed_total(warehouse):
    kind = {"table_type": "general_budget_basic_expenditure", "fund_type": "general_public_budget", "expenditure_kind": "basic"}
    lines = make_coded_table("甲", ECONOMIC_ROWS, "econ_department_code", **kind)
    both = [{**line, "econ_government_code": "50101"} if line["econ_department_code"] == "30101" else line for line in lines]
    load(warehouse, make_document("甲", tables=[make_table("甲", table_type=kind["table_type"])], lines=both))
    assert sum_of(warehouse, "甲", "out_spending_by_economic") == Decimal("70000.00")
    rows = connect(warehouse).execute(
        "select econ_scheme, econ_code, econ_name, econ_class_name from out_spending_by_economic order by 2"
    )
    assert rows.fetchall() == [
        ("department", "30101", "基本工资", "工资福利支出"),
        ("department", "30201", "办公费", "商品和服务支出"),
    ]


def test_a_units_table_is_not_added_to_the_departments(warehouse):
    load(warehouse, make_document("甲", **two_tables("甲", FUNCTION_ROWS, unit_name="甲下属中心")))
    assert sum_of(warehouse, "甲") == Decimal("300000.00")


def test_a_units_table_does_not_stand_for_a_department_that_does_not_add_up(warehouse):
    content = two_tables("甲", FUNCTION_ROWS, unit_name="甲下属中心")
    content["lines"][4] = {**content["lines"][4], "amount_cny": Decimal("9990000.00")}
    load(warehouse, make_document("甲", **content))
    assert outcome_of(warehouse, "甲") == "does_not_add_up"
    assert sum_of(warehouse, "甲") is None


def test_several_units_tables_without_the_departments_own_stand_for_nothing(warehouse):
    content = two_tables("甲", FUNCTION_ROWS, unit_name="甲二中心")
    content["tables"][0] = make_table("甲", unit_name="甲一中心")
    load(warehouse, make_document("甲", **content))
    assert outcome_of(warehouse, "甲") == "only_unit_tables"


def test_units_rows_below_the_departments_in_one_table_are_noticed(warehouse):
    again = [
        {
            **line,
            "line_number": line["line_number"] + 20,
            "line_id": f"{line['line_id']}b",
            "row_kind": "item",
            "unit_name": "甲下属中心",
        }
        for line in make_coded_table("甲", FUNCTION_ROWS[3:5])
    ]
    load(warehouse, make_document("甲", lines=[*make_coded_table("甲", FUNCTION_ROWS), *again]))
    assert outcome_of(warehouse, "甲") == "does_not_add_up"
    assert sum_of(warehouse, "甲") is None


def test_of_several_columns_of_one_meaning_the_whole_counts(warehouse):
    part = make_coded_table("甲", (("total", None, "4.50", "合计"), ("item", "2010350", "4.50", "事业运行")), column=4)
    load(warehouse, make_document("甲", lines=[*part, *make_coded_table("甲", FUNCTION_ROWS)]))
    assert sum_of(warehouse, "甲") == Decimal("300000.00")


def test_other_columns_of_the_table_are_not_added(warehouse):
    basic = make_coded_table("甲", FUNCTION_ROWS, column=4, expenditure_kind="basic")
    last_year = make_coded_table("甲", FUNCTION_ROWS, column=5, amount_basis="prior_year_budget")
    load(warehouse, make_document("甲", lines=[*make_coded_table("甲", FUNCTION_ROWS), *basic, *last_year]))
    assert sum_of(warehouse, "甲") == Decimal("300000.00")


def test_a_narrower_table_stands_in_for_one_that_does_not_add_up(warehouse):
    name = "甲"
    broken = make_coded_table(name, (*FUNCTION_ROWS[:-1], ("item", "2210201", "11.00", "住房公积金")))
    general = {"table_type": "general_budget_expenditure", "fund_type": "general_public_budget", "ordinal": 2}
    tables = [make_table(name), make_table(name, 2, table_type="general_budget_expenditure")]
    load(warehouse, make_document(name, tables=tables, lines=[*broken, *make_coded_table(name, FUNCTION_ROWS, **general)]))
    rows = connect(warehouse).execute("select distinct fund_type, table_type from out_spending_by_function")
    assert rows.fetchall() == [("general_public_budget", "general_budget_expenditure")]
    assert sum_of(warehouse, name) == Decimal("300000.00")


@pytest.mark.parametrize(
    ("last", "outcome"),
    [("10.00", "used"), ("10.01", "used"), ("10.02", "used"), ("9.97", "does_not_add_up"), ("10.03", "does_not_add_up")],
)
def test_rounding_of_the_printed_digits_is_allowed_and_no_more(warehouse, last, outcome):
    rows = (*FUNCTION_ROWS[:-1], ("item", "2210201", last, "住房公积金"))
    load(warehouse, make_document("甲", lines=make_coded_table("甲", rows)))
    assert outcome_of(warehouse, "甲") == outcome


def test_without_a_total_row_the_classes_are_the_total(warehouse):
    load(warehouse, make_document("甲", lines=make_coded_table("甲", FUNCTION_ROWS[1:])))
    assert sum_of(warehouse, "甲") == Decimal("300000.00")


def test_without_any_total_the_document_is_left_out(warehouse):
    load(warehouse, make_document("甲", lines=make_coded_table("甲", [row for row in FUNCTION_ROWS if row[0] == "item"])))
    assert outcome_of(warehouse, "甲") == "no_total"


def test_a_leaf_without_a_code_counts_and_shows_that_it_has_none(warehouse):
    rows = (*FUNCTION_ROWS[:-1], ("item", None, "10.00", "某新科目"))
    load(warehouse, make_document("甲", lines=make_coded_table("甲", rows)))
    uncoded = connect(warehouse).execute("select amount_cny from out_spending_by_function where function_code is null")
    assert uncoded.fetchall() == [(Decimal("100000.00"),)]
    assert sum_of(warehouse, "甲") == Decimal("300000.00")


def test_a_final_account_is_measured_by_what_was_spent(warehouse):
    lines = [
        {**line, "phase": "final", "amount_basis": basis, "column_number": column, "line_id": f"{line['line_id']}-{basis}"}
        for basis, column in (("budget", 2), ("actual", 3))
        for line in make_coded_table("甲", FUNCTION_ROWS)
    ]
    load(warehouse, make_document("甲", lines=lines, disclosure={"phase": "final"}))
    assert connect(warehouse).execute("select distinct amount_basis from out_spending_by_function").fetchall() == [("actual",)]
    assert sum_of(warehouse, "甲") == Decimal("300000.00")


def test_a_replaced_document_is_left_out(warehouse):
    load(warehouse, make_document("甲", disclosure={"superseded_by": "f" * 16}))
    assert outcome_of(warehouse, "甲") == "superseded"


def test_of_two_documents_of_one_department_the_later_counts(warehouse):
    same = {"department_id": "420103-局", "department_name": "局"}
    load(
        warehouse,
        make_document("甲", disclosure={**same, "fetched_at": "2026-03-01T00:00:00+00:00"}),
        make_document("乙", disclosure={**same, "fetched_at": "2026-04-01T00:00:00+00:00"}),
    )
    assert (outcome_of(warehouse, "甲"), outcome_of(warehouse, "乙")) == ("duplicate", "used")


def test_other_years_and_phases_of_a_department_count_beside_each_other(warehouse):
    same = {"department_id": "420103-局", "department_name": "局"}
    load(warehouse, make_document("甲", disclosure=same), make_document("乙", disclosure={**same, "fiscal_year": 2021}))
    assert (outcome_of(warehouse, "甲"), outcome_of(warehouse, "乙")) == ("used", "used")


def test_a_units_document_is_left_out_beside_its_departments(warehouse):
    unit = make_document("中心", disclosure={"organisation_scope": "unit"})
    load(warehouse, unit)
    assert outcome_of(warehouse, "中心") == "used"
    load(warehouse, make_document("局", **two_tables("局", FUNCTION_ROWS, unit_name="中心")))
    assert (outcome_of(warehouse, "中心"), outcome_of(warehouse, "局")) == ("within_department", "used")
    assert connect(warehouse).execute("select sum(amount_cny) from out_spending_by_function").fetchone() == (
        Decimal("300000.00"),
    )


def test_a_document_without_the_table_says_so(warehouse):
    load(warehouse, make_document("甲", lines=[], tables=[]))
    assert outcome_of(warehouse, "甲") == "no_table"
    assert make_disclosure("甲")["status"] == "loaded"


def three_public_row(name, line, item, amount, **values):
    place = {"table_type": "three_public_expenditure", "fund_type": "general_public_budget"}
    return make_line(name, line, amount, item_key=item, **place, **values)


def test_three_public_expenses_of_a_table_whose_rows_are_the_items(warehouse):
    lines = [three_public_row("甲", 1, "hospitality", "3.00"), three_public_row("甲", 2, "vehicle_operation", None)]
    load(warehouse, make_document("甲", lines=lines, tables=[make_table("甲", table_type="three_public_expenditure")]))
    rows = connect(warehouse).execute("select item_key, item_name, amount_cny, amount_state from out_three_public order by 1")
    assert rows.fetchall() == [
        ("hospitality", "公务接待费", Decimal("30000.00"), "number"),
        ("vehicle_operation", "公务用车运行费", None, "blank"),
    ]


def test_three_public_expenses_take_the_total_row_above_units(warehouse):
    lines = [
        three_public_row("甲", 1, "hospitality", "3.00", row_kind="total"),
        three_public_row("甲", 2, "hospitality", "1.00"),
        three_public_row("甲", 3, "hospitality", "2.00"),
    ]
    load(warehouse, make_document("甲", lines=lines, tables=[make_table("甲", table_type="three_public_expenditure")]))
    assert connect(warehouse).execute("select amount_cny from out_three_public").fetchall() == [(Decimal("30000.00"),)]


def test_an_item_that_several_rows_print_without_a_total_is_left_out(warehouse):
    lines = [three_public_row("甲", 1, "hospitality", "1.00"), three_public_row("甲", 2, "hospitality", "2.00")]
    load(warehouse, make_document("甲", lines=lines, tables=[make_table("甲", table_type="three_public_expenditure")]))
    assert connect(warehouse).execute("select * from out_three_public").fetchall() == []


def of_year(name, year, rows, **disclosure):
    same = {"department_id": "420103-局", "department_name": "局", "fiscal_year": year}
    lines = make_coded_table(name, rows, department_id="420103-局", department_name="局", fiscal_year=year)
    return make_document(name, lines=lines, disclosure={**same, **disclosure})


EARLIER_ROWS = (
    ("total", None, "20.00", "合计"),
    ("item", "2010301", "12.50", "行政运行"),
    ("item", "2080501", "7.50", "行政单位离退休"),
)


def test_year_on_year_compares_each_function_and_leaves_null_what_one_year_does_not_print(warehouse):
    load(warehouse, of_year("甲", 2020, EARLIER_ROWS), of_year("乙", 2021, FUNCTION_ROWS))
    rows = connect(warehouse).execute(
        "select function_code, amount_cny, previous_amount_cny, change_cny, change_percent from out_year_on_year order by 1"
    )
    assert rows.fetchall() == [
        ("2010301", Decimal("155000.00"), Decimal("125000.00"), Decimal("30000.00"), Decimal("24.00")),
        ("2010350", Decimal("45000.00"), None, None, None),
        ("2080501", None, Decimal("75000.00"), None, None),
        ("2210201", Decimal("100000.00"), None, None, None),
    ]


@pytest.mark.parametrize("other", [{"fiscal_year": 2018}, {"phase": "final"}, {"organisation_scope": "unit"}])
def test_year_on_year_compares_only_like_with_like(warehouse, other):
    load(warehouse, of_year("甲", 2020, EARLIER_ROWS, **other), of_year("乙", 2021, FUNCTION_ROWS))
    assert connect(warehouse).execute("select * from out_year_on_year").fetchall() == []


def test_findings_lead_to_their_page(warehouse):
    finding = make_finding("unreadable-amount", page=2, text="1.2.3") | {"finding_number": 1}
    load(warehouse, make_document("甲", status="doubtful", findings=[finding]))
    rows = connect(warehouse).execute("select title, finding_kind, url from out_findings").fetchall()
    assert rows == [("甲2020年部门预算", "unreadable-amount", "甲.pdf#page=2")]
