"""What counts as the same line."""

from decimal import Decimal

import pytest

from samples.comparison import compare_lines, simplify_label

LINE = {
    "table_type": "expenditure_summary",
    "table_instance": 1,
    "unit_name": None,
    "line_label": "行政运行",
    "function_code": "2010601",
    "econ_department_code": None,
    "code_source": "printed",
    "item_key": None,
    "fund_type": "all",
    "expenditure_kind": "total",
    "amount_basis": "budget",
    "amount_state": "number",
    "amount_cny": Decimal("12.50"),
}


def test_the_same_lines_do_not_differ():
    assert not compare_lines([LINE], [dict(LINE)])


@pytest.mark.parametrize(
    "change",
    [
        {"table_instance": 2},
        {"unit_name": "信息中心"},
        {"function_code": "2010602"},
        {"fund_type": "government_fund"},
        {"expenditure_kind": "basic"},
        {"amount_basis": "actual"},
        {"amount_cny": Decimal("12.51")},
        {"amount_state": "zero"},
    ],
)
def test_one_column_that_differs_is_a_line_lost_and_a_line_too_many(change):
    difference = compare_lines([LINE | change], [LINE])
    assert (len(difference.missing), len(difference.surplus)) == (1, 1)


def test_a_line_read_twice_is_surplus():
    assert len(compare_lines([LINE, LINE], [LINE]).surplus) == 1


def test_a_code_inferred_wrongly_is_named():
    true = LINE | {"code_source": "inferred"}
    difference = compare_lines([true | {"function_code": "2010699"}], [true])
    assert difference.wrong_codes == (("expenditure_summary", "行政运行", "2010699"),)
    assert not difference.missing


def test_a_code_left_open_is_no_difference():
    true = LINE | {"code_source": "inferred"}
    assert not compare_lines([true | {"function_code": None, "code_source": None}], [true])


def test_blanks_count_only_where_asked_for():
    blank = LINE | {"amount_state": "blank", "amount_cny": None}
    assert not compare_lines([], [blank])
    assert compare_lines([], [blank], {"blank"})


@pytest.mark.parametrize("label", ["一、行政运行", "（一）行政运行", "1. 行政运行", "行 政 运 行", "其中：行政运行"])
def test_list_marks_are_no_part_of_a_label(label):
    assert simplify_label(label) == "行政运行"
