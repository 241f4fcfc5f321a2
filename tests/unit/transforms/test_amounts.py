"""Amounts as they are printed, and texts that are none."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.amounts import Amount, find_common_decimals, is_amount, join_cut_amount, parse_amount, to_yuan


@pytest.mark.parametrize(
    ("text", "value", "decimals"),
    [
        ("1234.50", "1234.50", 2),
        ("1,234.50", "1234.50", 2),
        ("195,774,300", "195774300", 0),
        ("230.2", "230.2", 1),
        ("174.640000", "174.640000", 6),
        ("-3.00", "-3.00", 2),
        ("−3.00", "-3.00", 2),
        ("(3.00)", "-3.00", 2),
        ("（1,003.00）", "-1003.00", 2),
        ("１２．３４", "12.34", 2),
        ("12,868.1\n9", "12868.19", 2),
        ("1,2\n34.00", "1234.00", 2),
        ("1,234\n.00", "1234.00", 2),
        ("1,234,\n567.00", "1234567.00", 2),
        ("21,118.\n51", "21118.51", 2),
        (" 1 234.00", "1234.00", 2),
        ("125360,898.00", "125360898.00", 2),
        ("(170,600\n)", "-170600", 0),
        ("(170,6\n00)", "-170600", 0),
    ],
)
def test_number(text: str, value: str, decimals: int) -> None:
    assert parse_amount(text) == Amount("number", Decimal(value), decimals)


@pytest.mark.parametrize("text", ["0", "0.00", "0.000000", "-0.00", "(0.00)"])
def test_printed_zero(text: str) -> None:
    amount = parse_amount(text)
    assert amount is not None
    assert amount.state == "zero"
    assert not str(amount.value).startswith("-")


@pytest.mark.parametrize("text", ["", " ", "\n", "　"])
def test_blank(text: str) -> None:
    assert parse_amount(text) == Amount("blank", None)


@pytest.mark.parametrize("text", ["-", "—", "——", "－", "一", "/", "--", "**"])
def test_dash(text: str) -> None:
    assert parse_amount(text) == Amount("dash", None)


@pytest.mark.parametrize(
    "text",
    [
        "1,150.00\n1,150.00",
        "10.00\n20.00",
        "100\n200",
        "1,234\n567.00",
        "1.2.3",
        "1,23",
        "1,2345",
        ",234.00",
        "12,",
        "12.",
        "教育支出",
        "201一般公共服务支出",
        "≥95%",
        "12.5%",
        "5万",
        "2026年",
        "1.00-",
        "١٢.٠٠",
    ],
)
def test_no_amount(text: str) -> None:
    assert parse_amount(text) is None
    assert not is_amount(text)


@pytest.mark.parametrize(
    ("texts", "decimals"),
    [
        (["1.5", "20.0", "3.1", "4.4"], 1),
        (["1.55", "20.00", "3.10", "1,234.40", "合计", "", "-"], 2),
        (["1.5", "20.0", "3.1", "4"], None),
        (["1.5", "20.0", "3.1", "4.45"], None),
        (["15", "200", "31", "44"], None),
        (["1.5", "20.0", "3.1"], None),
        (["1.5", "4563\n2.6", "45\n6.6", "20\n10.1"], 1),
        (["0.0", "0", "4563\n2.6", "45\n6.6", "20\n10.1"], 1),
        (["785.\n7", "4563\n2.6", "45\n6.6", "20\n10.1"], 1),
        (["4563\n2.6", "1234\n5.6", "20\n10.1", "30\n11.1"], None),
        ([], None),
    ],
)
def test_decimals_that_a_table_prints(texts: list[str], decimals: int | None) -> None:
    assert find_common_decimals(texts) == decimals


@pytest.mark.parametrize(
    ("text", "decimals", "joined"),
    [
        ("4563\n2.6", 1, "45632.6"),
        ("-1,28\n4.53", 2, "-1,284.53"),
        ("45\n63\n2.60", 2, "45632.60"),
        ("4563\n2.6", 2, "4563\n2.6"),
        ("4563.1\n2.6", 1, "4563.1\n2.6"),
        ("1,23\n4,5.60", 2, "1,23\n4,5.60"),
        ("行政运行\n2.6", 1, "行政运行\n2.6"),
        ("45632.6", 1, "45632.6"),
    ],
)
def test_amount_cut_before_its_point(text: str, decimals: int, joined: str) -> None:
    assert join_cut_amount(text, decimals) == joined


@pytest.mark.parametrize(("text", "expected"), [("0.00", True), ("-", False), ("", False), ("5", True)])
def test_is_amount(text: str, expected: bool) -> None:
    assert is_amount(text) is expected


@pytest.mark.parametrize(
    ("value", "unit", "yuan"),
    [
        ("1.234567", "万元", "12345.67"),
        ("3", "亿元", "300000000.00"),
        ("2.5", "千元", "2500.00"),
        ("0.10", "元", "0.10"),
        ("-1", "万元", "-10000.00"),
    ],
)
def test_to_yuan(value: str, unit: str, yuan: str) -> None:
    assert str(to_yuan(Decimal(value), unit)) == yuan


def test_unknown_unit_is_an_error() -> None:
    with pytest.raises(KeyError):
        to_yuan(Decimal(1), "美元")


VALUES = st.integers(-(10**13), 10**13)


def print_amount(number: int, decimals: int, style: str) -> str:
    value = Decimal(number).scaleb(-decimals)
    shown = f"{abs(value):{',' if 'thousands' in style else ''}.{decimals}f}"
    if value < 0:
        shown = f"({shown})" if "brackets" in style else f"-{shown}"
    return (
        shown.translate({ord(a): ord(b) for a, b in zip("0123456789.,()-", "０１２３４５６７８９．，（）－", strict=True)})
        if "wide" in style
        else shown
    )


STYLES = st.sampled_from(["plain", "thousands", "brackets", "thousands brackets", "wide", "wide thousands brackets"])


@given(VALUES, st.sampled_from([0, 1, 2, 6]), STYLES)
def test_printed_amount_comes_back(number: int, decimals: int, style: str) -> None:
    amount = parse_amount(print_amount(number, decimals, style))
    value = Decimal(number).scaleb(-decimals)
    assert amount == Amount("number" if value else "zero", value, decimals)


@given(VALUES, st.sampled_from([2, 6]), st.data())
def test_wrapped_amount_comes_back_or_is_no_amount(number: int, decimals: int, data: st.DataObject) -> None:
    """A break inside an amount never makes another amount of it."""
    text = print_amount(number, decimals, "thousands")
    at = data.draw(st.integers(1, len(text) - 1))
    amount = parse_amount(f"{text[:at]}\n{text[at:]}")
    assert amount is None or amount.value == Decimal(number).scaleb(-decimals)


@given(VALUES, VALUES, st.sampled_from([2, 6]), STYLES)
def test_two_amounts_in_one_cell_are_none(one: int, other: int, decimals: int, style: str) -> None:
    assert parse_amount(f"{print_amount(one, decimals, style)}\n{print_amount(other, decimals, style)}") is None
