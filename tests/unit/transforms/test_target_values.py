"""The grammar of target values, one printed form each."""

import pytest

from transforms.targets.values import TargetValue, parse_target

FORMS = [
    ("≥95%", "≥", "95", None, "%"),
    ("97%-100%", "range", "97", "100", "%"),
    ("90~95分", "range", "90", "95", "分"),
    ("≥3类/14份", "≥", "3", "14", "类/份"),
    ("1个；60个", "=", "1", "60", "个"),
    ("小于5%", "<", "5", None, "%"),
    ("＜5％", "<", "5", None, "%"),
    ("不超过30个工作日", "≤", "30", None, "个工作日"),
    ("24小时以内", "≤", "24", None, "小时"),
    ("24小时内", "≤", "24", None, "小时"),
    ("95%以上", "≥", "95", None, "%"),
    ("达到95%以上", "≥", "95", None, "%"),
    ("90分及以上", "≥", "90", None, "分"),
    ("不少于2次", "≥", "2", None, "次"),
    ("大于等于3人/天", "≥", "3", None, "人/天"),
    ("≦4小时", "≤", "4", None, "小时"),
    (">23万人次", ">", "23", None, "万人次"),
    ("164人次", "=", "164", None, "人次"),
    ("12个月", "=", "12", None, "个月"),
    ("1年", "=", "1", None, "年"),
    ("≥1,000次", "≥", "1000", None, "次"),
    ("50.00%", "=", "50.00", None, "%"),
    ("98.4万元/年", "=", "98.4", None, "万元/年"),
    ("27台、件、套", "=", "27", None, "台、件、套"),
    ("≤25微克/立方米", "≤", "25", None, "微克/立方米"),
    ("4.6", "=", "4.6", None, None),
    ("=100%", "=", "100", None, "%"),
]
TEXTS = [
    "及时",
    "12月底前",
    "次年2月份前",
    "2026年全年",
    "2026年12月",
    "2026年12月31日前",
    "1-12月",
    "11月底",
    "按年",
    "是",
    "有所提升",
    "30日前",
]


@pytest.mark.parametrize(("text", "operator", "value", "value_2", "unit"), FORMS)
def test_a_number_is_read_with_operator_and_unit(
    text: str, operator: str, value: str, value_2: str | None, unit: str | None
) -> None:
    assert parse_target(text) == TargetValue(operator, value, value_2, unit)


@pytest.mark.parametrize("text", TEXTS)
def test_words_and_dates_stay_as_printed(text: str) -> None:
    assert parse_target(text) == TargetValue("qualitative", text)


@pytest.mark.parametrize("text", ["", " ", "—", "/", "无"])
def test_an_open_cell_has_no_value(text: str) -> None:
    assert parse_target(text) == TargetValue(None, None)


@pytest.mark.parametrize(
    ("operator", "text", "unit", "expected"),
    [
        ("≥", "68", "%", TargetValue("≥", "68", unit="%")),
        ("＝", "365", "天", TargetValue("=", "365", unit="天")),
        ("≤", "12", "月", TargetValue("≤", "12", unit="月")),
        ("大于等于", "95%", "", TargetValue("≥", "95", unit="%")),
        ("定性", "优", "", TargetValue("qualitative", "优")),
        ("定性", "100", "", TargetValue("qualitative", "100")),
        ("", "≥95", "%", TargetValue("≥", "95", unit="%")),
    ],
)
def test_operator_and_unit_may_have_columns_of_their_own(operator: str, text: str, unit: str, expected: TargetValue) -> None:
    assert parse_target(text, operator, unit) == expected


@pytest.mark.parametrize("text", ["17839平方米;每天3000人次和20次", "3人、4人、5人", "60%左右", "7×24小时响应"])
def test_a_number_that_no_rule_places_is_told_and_kept_as_text(text: str) -> None:
    assert parse_target(text) == TargetValue("qualitative", text, understood=False)


def test_two_operators_that_contradict_each_other_are_not_understood() -> None:
    assert not parse_target("≤95%", "≥").understood


def test_what_stands_before_the_number_goes_into_the_remark() -> None:
    assert parse_target("每年≥5次") == TargetValue("≥", "5", unit="次", remark="每年")
    assert parse_target("下降5%") == TargetValue("=", "5", unit="%", remark="下降")


def test_a_word_behind_a_percent_sign_is_no_part_of_the_unit() -> None:
    assert parse_target("100%完成") == TargetValue("=", "100", unit="%", remark="完成")
