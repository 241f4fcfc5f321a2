"""Headings, marks and sentences; numbers with their units."""

from decimal import Decimal
from itertools import pairwise

import pytest

from transforms.narrative.quantities import find_quantities
from transforms.narrative.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "level", "is_heading"),
    [
        ("第三部分预算情况说明", 0, True),
        ("二、收入预算情况说明", 1, True),
        ("(一)因公出国(境)费", 2, True),
        ("3.综合管理65.46万元。", 3, False),
        ("(2)其他收入0万元。", 4, False),
        ("①货物采购5万元。", 5, False),
        ("其他相关情况说明", 0, True),
        ("本年收入减少。", None, False),
    ],
)
def test_marks_tell_levels_and_headings(text: str, level: int | None, is_heading: bool) -> None:
    [sentence] = split_sentences(text)
    assert (sentence.level, sentence.is_heading) == (level, is_heading)


def test_a_list_parted_by_semicolons_is_sentences_of_its_own() -> None:
    found = [s.text for s in split_sentences("具体为:1.行政运行5万元;2.机关服务6万元。")]
    assert found == ["具体为:1.行政运行5万元;", "机关服务6万元。"]


def test_a_decimal_is_no_mark() -> None:
    assert [s.level for s in split_sentences("5.4%的增长。")] == [None]


def test_every_character_stands_in_one_sentence() -> None:
    text = "一、说明\n收入5万元。支出6万元。\n(一)其中:人员经费3万元;公用经费3万元"
    ends = [(s.start, s.start + len(s.text)) for s in split_sentences(text)]
    assert all(before[1] <= after[0] for before, after in pairwise(ends))
    assert "".join(text[a:b] for a, b in ends) == "说明收入5万元。支出6万元。其中:人员经费3万元;公用经费3万元"


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("收入2,867.94万元", "28679400.00", "yuan"),
        ("投资1.2亿元", "120000000.0", "yuan"),
        ("支出0.39万(含外宾)", "3900.00", "yuan"),
        ("完成95.45%", "95.45", "percent"),
        ("累计26人次", "26", "person_times"),
        ("设备4台(套)", "4", "sets"),
        ("面积0.5万平方米", "5000.0", "sqm"),
        ("增加4107,573.11万元", "41075731100.00", "yuan"),
    ],
)
def test_a_quantity_is_exact_and_in_its_normal_unit(text: str, amount: str, unit: str) -> None:
    [quantity] = find_quantities(text)
    assert (quantity.amount, quantity.unit) == (Decimal(amount), unit)


def test_a_threshold_states_nothing() -> None:
    assert [q.ignored for q in find_quantities("单价100万元(含)以上设备3台")] == ["threshold", None]


def test_minutes_are_no_points() -> None:
    assert [q.ignored for q in find_quantities("打造15分钟生活圈")] == ["other_word"]


def test_a_number_whose_unit_was_forgotten_is_found_after_a_word_of_change() -> None:
    [quantity] = find_quantities("比上年减少9.52,主要原因")
    assert (quantity.value, quantity.unit) == (Decimal("9.52"), None)


def test_a_year_and_a_document_number_are_no_quantities() -> None:
    assert list(find_quantities("2025年按苏财行〔2017〕44号文件执行")) == []
