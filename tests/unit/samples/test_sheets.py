from decimal import Decimal

import pytest

from samples.layouts import Layout
from samples.sheets import Heading, Meaning, build_header, make_amount_cell, number_columns

MEANING = Meaning.of(
    table_type="expenditure_summary",
    line_label="合计",
    direction="expenditure",
    row_kind="total",
    fund_type="all",
    expenditure_kind="total",
    amount_basis="budget",
)


def texts(rows):
    return [[None if cell is None else cell.text for cell in row] for row in rows]


def test_equal_parents_side_by_side_are_merged():
    headings = [Heading(("合计",), "amount"), Heading(("基本", "小计"), "amount"), Heading(("基本", "人员"), "amount")]
    header = build_header(headings)
    assert texts(header) == [["合计", "基本", None], [None, "小计", "人员"]]
    assert (header[0][0].rows, header[0][1].columns) == (2, 2)


def test_equal_parents_apart_stay_apart():
    headings = [Heading(("甲", "一"), "amount"), Heading(("乙",), "amount"), Heading(("甲", "二"), "amount")]
    assert texts(build_header(headings))[0] == ["甲", "乙", "甲"]


@pytest.mark.parametrize(
    ("nothing", "text", "state", "amount"),
    [("blank", "", "blank", None), ("dash", "-", "dash", None), ("zero", "0.00", "zero", Decimal("0.00"))],
)
def test_nothing_is_printed_as_the_layout_says(nothing, text, state, amount):
    cell = make_amount_cell(Layout(nothing=nothing), Decimal(0), MEANING)
    assert (cell.text, cell.line.amount_state, cell.line.amount_cny) == (text, state, amount)


def test_an_amount_is_kept_in_yuan_with_its_printed_text():
    line = make_amount_cell(Layout(), Decimal(16834500), MEANING).line
    assert (line.amount_reported, line.unit_reported, line.amount_cny) == ("1,683.45", "万元", Decimal("16834500.00"))


def test_column_numbers_start_at_the_first_amount():
    rows = number_columns(Layout(column_numbers="stars"), 2, ("code", "name", "amount", "amount", "text"))
    assert texts(rows) == [["**", None, "1", "2", ""]]


def test_the_later_meaning_wins_unless_it_is_silent():
    merged = Meaning.of(item_key="a", fund_type="all").merge(Meaning.of(item_key=None, fund_type="state_capital"))
    assert dict(merged.values) == {"item_key": "a", "fund_type": "state_capital"}
