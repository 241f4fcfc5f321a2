"""Tables to lines: one a published amount, everything else a finding or kept raw."""

from dataclasses import replace
from decimal import Decimal

import pytest
from inline_tables import get_book, get_findings, make_table, read_table

from transforms.budget_lines import DocumentContext, TableReading, make_table_id, read_tables
from warehouse.records import RawTable, Row, TextLine

CONTEXT = DocumentContext("0" * 16, "420100-某市某局", "某市某局", "420100", "department", 2024, "budget")
EXPENDITURE = """
科目编码|科目名称|合计|基本支出|项目支出
|合计|300.00|100.00|200.00
205|教育支出|300.00|100.00|200.00
20502|普通教育|300.00|100.00|200.00
2050201|学前教育|300.00|100.00|200.00
"""


def read(*tables: RawTable) -> list[TableReading]:
    return read_tables([replace(table, ordinal=number) for number, table in enumerate(tables, 1)], CONTEXT, get_book())


def get_line(reading: TableReading, row: int, column: int) -> Row:
    """The line of a printed row (from 1, below the header) and column."""
    return next(line for line in reading.lines if (line["line_number"], line["column_number"]) == (row, column))


def change(table: RawTable, row: int, column: int, **values: object) -> RawTable:
    cells = tuple(replace(c, **values) if (c.row, c.column) == (row, column) else c for c in table.cells)
    return replace(table, cells=cells)


CUT = """
项目|合计
合计|2969\\n0.2
货物|2969\\n0.2
"""


@pytest.mark.parametrize(("others", "amount"), [("300.0", Decimal("296902000.00")), ("300", None), ("300.05", None)])
def test_amount_cut_in_a_table_of_few_is_joined_where_the_other_tables_say_how_many_decimals(
    others: str, amount: Decimal
) -> None:
    (_, reading) = read(
        make_table(EXPENDITURE.replace("300.00", others).replace("0.00", "0.0"), "部门支出总表"),
        make_table(CUT, "政府采购预算表"),
    )
    assert [line["amount_cny"] for line in reading.lines] == ([amount] * 2 if amount else [])
    assert get_findings(reading).count("unreadable-amount") == (0 if amount else 2)


# --- Lines ------------------------------------------------------------------------------------------------------------------


def test_every_amount_is_one_line() -> None:
    reading = read_table("部门支出总表", EXPENDITURE)
    assert len(reading.lines) == 12
    assert reading.table["line_count"] == 12
    assert get_findings(reading) == []


def test_line_says_what_its_amount_is() -> None:
    (reading,) = read(make_table(EXPENDITURE, "部门支出总表"))
    line = get_line(reading, 4, 4)
    expected = {
        "table_type": "expenditure_summary",
        "direction": "expenditure",
        "row_kind": "item",
        "line_label": "学前教育",
        "function_code": "2050201",
        "code_source": "printed",
        "fund_type": "all",
        "expenditure_kind": "basic",
        "amount_basis": "budget",
        "amount_cny": Decimal("1000000.00"),
        "amount_state": "number",
        "amount_reported": "100.00",
        "unit_reported": "万元",
        "fiscal_year": 2024,
        "department_id": "420100-某市某局",
        "table_title": "部门支出总表",
    }
    assert {name: line[name] for name in expected} == expected


def test_line_says_where_its_amount_stands() -> None:
    (reading,) = read(make_table(EXPENDITURE, "部门支出总表"))
    line = get_line(reading, 4, 4)
    assert (line["page"], line["bbox"]) == (1, [180.0, 98.0, 240.0, 110.0])


def test_total_and_classes_are_no_items() -> None:
    (reading,) = read(make_table(EXPENDITURE, "部门支出总表"))
    assert [get_line(reading, row, 3)["row_kind"] for row in (1, 2, 3, 4)] == ["total", "subtotal", "subtotal", "item"]


def test_ids_are_unique_and_the_same_every_time() -> None:
    table = make_table(EXPENDITURE, "部门支出总表")
    once, again = read(table, table), read(table, table)
    ids = [line["line_id"] for reading in once for line in reading.lines]
    assert len(set(ids)) == len(ids) == 24
    assert ids == [line["line_id"] for reading in again for line in reading.lines]


@pytest.mark.parametrize(
    ("printed", "state", "amount"),
    [("", "blank", None), ("-", "dash", None), ("0.00", "zero", Decimal("0.00")), ("-5.00", "number", Decimal("-50000.00"))],
)
def test_blank_dash_and_zero_are_three_facts(printed: str, state: str, amount: Decimal | None) -> None:
    (reading,) = read(change(make_table(EXPENDITURE, "部门支出总表"), 4, 4, text=printed))
    line = get_line(reading, 4, 5)
    assert (line["amount_state"], line["amount_cny"]) == (state, amount)


def test_row_of_a_template_left_empty_is_no_line() -> None:
    (reading,) = read(make_table(EXPENDITURE + "||||\n||||", "部门支出总表"))
    assert len(reading.lines) == 12


def test_merged_amount_is_one_line() -> None:
    text = EXPENDITURE.replace("2050201|学前教育|300.00|100.00|200.00", "2050201|学前教育|300.00|300.00|<")
    (reading,) = read(make_table(text, "部门支出总表"))
    assert [line["column_number"] for line in reading.lines if line["line_number"] == 4] == [3, 4]


def test_wrapped_amount_is_reported_without_its_break() -> None:
    (reading,) = read(change(make_table(EXPENDITURE, "部门支出总表"), 4, 3, text="12,868.1\n9"))
    line = get_line(reading, 4, 4)
    assert (line["amount_reported"], line["amount_cny"]) == ("12,868.19", Decimal("128681900.00"))


def test_amount_cut_before_its_point_is_one_where_all_others_print_their_decimals() -> None:
    (reading,) = read(change(make_table(EXPENDITURE, "部门支出总表"), 4, 3, text="1286\n8.19"))
    assert get_line(reading, 4, 4)["amount_cny"] == Decimal("128681900.00")
    mixed = EXPENDITURE.replace("200.00", "200.5")
    (reading,) = read(change(make_table(mixed, "部门支出总表"), 4, 3, text="1286\n8.19"))
    assert "unreadable-amount" in get_findings(reading)


# --- What is not read is told -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["１００．００元整", "1.2.3", "约100"])
def test_cell_that_is_no_amount_is_a_finding_and_no_line(text: str) -> None:
    (reading,) = read(change(make_table(EXPENDITURE, "部门支出总表"), 4, 3, text=text))
    assert "unreadable-amount" in get_findings(reading)
    assert [line["column_number"] for line in reading.lines if line["line_number"] == 4] == [3, 5]


def test_row_that_holds_several_amounts_in_one_cell_gives_none_at_all() -> None:
    """Several printed rows without a rule between them: whose the single amounts of the other columns are is not known."""
    (reading,) = read(change(make_table(EXPENDITURE, "部门支出总表"), 4, 3, text="100.00\n200.00"))
    assert get_findings(reading).count("unreadable-amount") == 3
    assert [line for line in reading.lines if line["line_number"] == 4] == []


def test_row_that_holds_several_numbered_names_gives_no_amounts() -> None:
    text = EXPENDITURE.replace("205|教育支出|", "|二、教育支出\\n三、科学技术支出|")
    (reading,) = read(make_table(text, "部门支出总表"))
    assert get_findings(reading).count("unreadable-amount") == 3
    assert [line for line in reading.lines if line["line_number"] == 2] == []


def test_column_with_unknown_heading_is_a_finding_and_no_lines() -> None:
    text = EXPENDITURE.replace("项目支出", "某某乙类")
    (reading,) = read(make_table(text, "部门支出总表"))
    assert "unknown-header" in get_findings(reading)
    assert not reading.table["understood"]
    assert {line["column_number"] for line in reading.lines} == {3, 4}


def test_table_of_unknown_title_is_kept_raw_and_told() -> None:
    (reading,) = read(make_table("车辆|数量\n轿车|1.50\n客车|2.50", "固定物品登记表"))
    assert (reading.lines, get_findings(reading)) == ((), ["unknown-table"])
    assert reading.table["table_type"] == "unknown"


def test_performance_targets_are_kept_raw_without_a_word() -> None:
    (reading,) = read(make_table("指标|目标值\n完成率|95.00", "项目支出绩效目标表"))
    assert (reading.lines, get_findings(reading)) == ((), [])
    assert reading.table["table_type"] == "project_performance_targets"


def test_table_without_unit_gives_no_amounts() -> None:
    table = make_table(EXPENDITURE, "部门支出总表")
    (reading,) = read(replace(table, captions=table.captions[:1]))
    assert reading.lines == ()
    assert "unknown-unit" in get_findings(reading)


def test_unit_of_the_other_tables_holds_where_none_is_stated() -> None:
    stated = make_table(EXPENDITURE, "部门支出总表", unit="元")
    silent = make_table(EXPENDITURE, "部门支出总表")
    one, other = read(stated, replace(silent, captions=silent.captions[:1]))
    assert (one.table["unit_source"], other.table["unit_source"]) == ("caption", "document")
    assert get_line(other, 1, 3)["amount_cny"] == Decimal("300.00")


def test_unit_inside_the_header_counts() -> None:
    table = make_table(EXPENDITURE.replace("科目编码", "科目编码（单位：元）"), "部门支出总表")
    (reading,) = read(replace(table, captions=table.captions[:1]))
    assert reading.table["unit_reported"] == "元"


def test_code_outside_the_lists_is_told() -> None:
    (reading,) = read(make_table(EXPENDITURE.replace("2050201", "2777701"), "部门支出总表"))
    assert "unknown-code" in get_findings(reading)


def test_code_that_a_city_added_below_a_listed_one_is_local() -> None:
    own = EXPENDITURE.replace("2050201|学前教育", "2050277|市级托育补助")
    (reading,) = read(make_table(own, "部门支出总表"))
    assert (get_line(reading, 4, 3)["code_source"], get_findings(reading)) == ("local", [])


def test_empty_table_is_declared_empty() -> None:
    (reading,) = read(make_table("科目编码|科目名称|合计|基本支出|项目支出\n||||\n||||", "政府性基金预算支出表"))
    assert (reading.table["is_declared_empty"], reading.lines) == (True, ())


# --- Two readers ------------------------------------------------------------------------------------------------------------


def test_line_says_that_both_readers_saw_it() -> None:
    table = make_table(EXPENDITURE, "部门支出总表")
    (reading,) = read(change(table, 4, 3, agreed=False))
    assert get_line(reading, 4, 4)["extractor"] == "pdfium-grid"
    assert get_line(reading, 4, 5)["extractor"] == "camelot-lattice"
    assert reading.table["score"] < 1


def test_amount_read_in_two_ways_is_a_disagreement() -> None:
    (reading,) = read(
        change(make_table(EXPENDITURE, "部门支出总表"), 4, 3, agreed=False, other_text="10.000", third_text="100.00")
    )
    (found,) = reading.disagreements
    assert (found.text, found.other, found.third, found.row_number) == ("100.00", "10.000", "100.00", 5)
    assert found.line_id == get_line(reading, 4, 4)["line_id"]


def test_name_read_in_two_ways_puts_the_whole_row_in_doubt() -> None:
    """重庆市气象局 2026: a fifth of the rows carried a neighbour's label while every amount was right."""
    (reading,) = read(change(make_table(EXPENDITURE, "部门支出总表"), 4, 1, agreed=False, other_text="小学教育"))
    assert {get_line(reading, 4, column)["extractor"] for column in (3, 4, 5)} == {"pdfium-grid"}
    assert [found.other for found in reading.disagreements] == ["小学教育"] * 3


# --- Several tables ---------------------------------------------------------------------------------------------------------


def test_the_same_kind_of_table_again_is_another_instance() -> None:
    table = make_table(EXPENDITURE, "部门支出总表")
    assert [reading.table["table_instance"] for reading in read(table, table)] == [1, 2]


def test_unit_named_above_the_table_is_the_unit_of_its_lines() -> None:
    table = make_table(EXPENDITURE, "部门支出总表")
    named = TextLine(1, "单位名称：某市某局信息中心", (10.0, 40.0, 200.0, 48.0))
    (reading,) = read(replace(table, captions=(*table.captions, named)))
    assert {line["unit_name"] for line in reading.lines} == {"某市某局信息中心"}


def test_the_issuer_above_the_table_is_no_unit_of_its_own() -> None:
    table = make_table(EXPENDITURE, "部门支出总表")
    named = TextLine(1, "部门名称：某市某局", (10.0, 40.0, 200.0, 48.0))
    (reading,) = read(replace(table, captions=(*table.captions, named)))
    assert {line["unit_name"] for line in reading.lines} == {None}


def test_table_id_sorts_by_place_in_the_document() -> None:
    assert sorted([make_table_id("d", 10), make_table_id("d", 9)]) == ["d-009", "d-010"]
