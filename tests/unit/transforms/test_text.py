"""Texts made comparable, and what must stay apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.text import is_of_which, name_key, normalise, same_text, split_mark


@pytest.mark.parametrize(
    ("printed", "plain"),
    [
        ("合 计", "合计"),
        ("项　目", "项目"),
        ("一般公共\n服务支出", "一般公共服务支出"),
        ("（２０１）", "(201)"),
        ("⽀出", "支出"),
        ("⻋辆购置", "车辆购置"),
        ("⻝品⻢⻛", "食品马风"),
        ("", ""),
    ],
)
def test_normalise(printed: str, plain: str) -> None:
    assert normalise(printed) == plain


@pytest.mark.parametrize("radical", [chr(code) for code in range(0x2F00, 0x2FD6)])
def test_every_kangxi_radical_becomes_a_character(radical: str) -> None:
    assert "一" <= normalise(radical) <= "龥"


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5) | st.sampled_from("⽀⻋（）１２．：、①%　 \nab")))
def test_normalise_twice_changes_nothing_more(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize(
    ("label", "level", "name"),
    [
        ("一、一般公共服务支出", 0, "一般公共服务支出"),
        ("二十一.灾害防治", 0, "灾害防治"),
        ("(一)教育支出", 1, "教育支出"),
        ("（三）、其他", 1, "其他"),
        ("1、工资", 2, "工资"),
        ("12.其他", 2, "其他"),
        ("(1)基本工资", 3, "基本工资"),
        ("①奖金", 4, "奖金"),
        ("教育支出", None, "教育支出"),
        ("其中：政府性基金", None, "政府性基金"),
        ("其中:1.教育收费", 2, "教育收费"),
        ("其中", None, "其中"),
        ("1.5倍", None, "1.5倍"),
        ("一般公共服务支出", None, "一般公共服务支出"),
    ],
)
def test_split_mark(label: str, level: int | None, name: str) -> None:
    assert split_mark(label) == (level, name)


@pytest.mark.parametrize(("label", "expected"), [("其中：教育收费", True), ("其 中:基金", True), ("其他", False)])
def test_is_of_which(label: str, expected: bool) -> None:
    assert is_of_which(label) is expected


@pytest.mark.parametrize(
    ("one", "other"),
    [("1,234.50", "1,234.\n50"), ("⽀出", "支 出"), ("、\n一一般公共服务", "一、一般公共服务"), ("（ 甲 ）", "(甲)")],
)
def test_the_same_text_read_twice(one: str, other: str) -> None:
    assert same_text(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12.50", "21.50"),
        ("1.25", "12.5"),
        ("30112住房", "住房30113"),
        ("10.00", "10.000"),
        ("教育支出", "教育"),
        ("", "-"),
        ("-1.00", "1.00"),
    ],
)
def test_another_text(one: str, other: str) -> None:
    assert not same_text(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [("二、政府性基金（拨款）", "政府性基金拨款"), ("其中：“三公”经费", "三公经费"), ("事业 收入", "事业收入")]
)
def test_names_spelt_in_two_ways_have_one_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_names_that_differ_have_two_keys() -> None:
    assert name_key("粮油物资储备支出") != name_key("粮油物资管理支出")
