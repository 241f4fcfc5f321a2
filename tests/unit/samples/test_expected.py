from decimal import Decimal

import pytest

from samples.budget import Budget, Spending
from samples.code_tables import order_codes
from samples.expected import build_sheets, expected_lines
from samples.layouts import Layout
from samples.summaries import write_chinese_number


def make(*facts, **changes):
    spending = facts or (Spending(function_code="2010601", econ_code="30101", amount=Decimal(12300)),)
    values = {"department": "示例局", "region_code": "420103", "fiscal_year": 2024, "step": Decimal(100), "spending": spending}
    return Budget(**(values | changes))


def rows(sheet):
    return [[None if cell is None else cell.text for cell in row] for row in sheet.body]


def pick(budget, layout, table_type):
    return next(sheet for sheet in build_sheets(budget, layout) if sheet.table_type == table_type)


@pytest.mark.parametrize(
    ("style", "labels"),
    [
        ("one_column", ["2010601", "行政运行"]),
        ("three_columns", ["201", "06", "01", "行政运行"]),
        ("staggered", ["", "", "01", "行政运行"]),
        ("fused", ["2010601-行政运行"]),
        ("names_only", ["行政运行"]),
    ],
)
def test_codes_are_printed_in_the_layouts_style(style, labels):
    body = rows(pick(make(), Layout(code_style=style), "general_budget_expenditure"))
    assert body[-1][: len(labels)] == labels


def test_a_table_without_money_is_a_header_and_a_note():
    sheet = pick(make(), Layout(empty="note"), "government_fund_expenditure")
    assert sheet.body == ()
    assert "政府性基金预算" in sheet.notes[0]


@pytest.mark.parametrize(("empty", "states"), [("template", {"blank"}), ("zeros", {"zero"})])
def test_a_table_without_money_may_have_a_total_row(empty, states):
    sheet = pick(make(), Layout(empty=empty), "government_fund_expenditure")
    assert {line.amount_state for line in sheet.lines} == states


def test_the_total_row_stands_last_where_the_layout_says_so():
    body = rows(pick(make(), Layout(total_first=False), "general_budget_expenditure"))
    assert body[-1][0] == "合计"


def test_rows_without_parents_are_all_items():
    lines = pick(make(), Layout(leaves_only=True), "general_budget_expenditure").lines
    assert {line.row_kind for line in lines if line.function_code} == {"item"}


def test_a_fund_without_a_place_in_the_dialect_is_refused():
    fact = Spending(function_code="2230105", econ_code="30299", amount=Decimal(100), fund="state_capital", project="甲")
    with pytest.raises(ValueError, match="state_capital"):
        build_sheets(make(fact), Layout(dialect="wuhan"))


def test_amounts_finer_than_the_layout_prints_are_refused():
    with pytest.raises(ValueError, match="steps"):
        build_sheets(make(step=Decimal(1)), Layout())


def test_a_final_account_states_actual_amounts():
    lines = expected_lines(make(phase="final"), Layout(dialect="final"))
    assert {line["amount_basis"] for line in lines} == {"actual"}


def test_change_of_the_three_public_expenses_may_be_negative():
    fact = Spending(function_code="2010601", econ_code="30217", amount=Decimal(1000))
    base = {"overseas_travel": 0, "vehicle_purchase": 0, "vehicle_operation": 0, "hospitality": Decimal(5000)}
    budget = make(fact, three_public_base=base)
    lines = pick(budget, Layout(dialect="wuhan", three_public="rows_two_years"), "three_public_expenditure").lines
    change = [line for line in lines if line.item_key == "hospitality" and line.amount_basis == "change"]
    assert [line.amount_cny for line in change] == [Decimal("-4000.00")]


@pytest.mark.parametrize(("number", "text"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (23, "二十三")])
def test_chinese_numbers(number, text):
    assert write_chinese_number(number) == text


def test_late_codes_change_places_below_each_parent():
    codes = ("301", "30101", "302", "30201", "30211", "30299")
    assert order_codes(codes, late=True) == ("301", "30101", "302", "30201", "30299", "30211")
    assert order_codes(codes, late=False) == codes


def test_unpadded_parts():
    body = rows(pick(make(), Layout(code_style="three_columns", pads_codes=False), "general_budget_expenditure"))
    assert body[-1][:3] == ["201", "6", "1"]


def test_the_purpose_block_says_the_kind():
    lines = pick(make(), Layout(purpose_block=True), "revenue_expenditure_summary").lines
    found = {
        line.expenditure_kind: line.amount_cny for line in lines if line.line_label.endswith("支出") and not line.function_code
    }
    assert found["basic"] == Decimal("12300.00")
    assert found["project"] is None


def test_tables_of_units_are_instances():
    units = tuple(make(department=name) for name in ("甲", "乙"))
    whole = make(*(fact for unit in units for fact in unit.spending), units=units)
    lines = expected_lines(whole, Layout())
    assert {(line["table_instance"], line["unit_name"]) for line in lines} == {(1, None), (2, "甲"), (3, "乙")}


def test_a_department_that_is_not_the_sum_of_its_units_is_refused():
    with pytest.raises(ValueError, match="sum of its units"):
        make(units=(make(), make()))
