from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from transforms.envelope import UnknownUnitError, classify_differences, count_decimals, measure_grains, tell_truncation


def grains(*cells: tuple[str, str], table: str = "t") -> list[int]:
    reported, unit = (pd.Series(column) for column in zip(*cells, strict=True))
    is_number = pd.Series([any(digit in text for digit in "123456789") for text in reported])
    return measure_grains(reported, unit, pd.Series([table] * len(cells)), is_number).tolist()


@pytest.mark.parametrize(
    ("text", "decimals"),
    [
        ("1,683.45", 2),
        ("195,774,300", 0),
        ("9,616.338314", 6),
        ("12,868.1\n9", 2),
        ("-0.40", 2),
        ("１２．５", 1),
        ("", 0),
        ("-", 0),
    ],
)
def test_decimals_are_those_printed(text: str, decimals: int) -> None:
    assert count_decimals(pd.Series([text])).tolist() == [decimals]


@pytest.mark.parametrize(
    ("cell", "grain"),
    [
        (("1.25", "万元"), 10_000),
        (("1.250000", "万元"), 1),
        (("125", "元"), 100),
        (("1.25", "元"), 1),
        (("1.2", "亿元"), 1_000_000_000),
    ],
)
def test_grain_is_the_last_printed_digit_in_fen(cell: tuple[str, str], grain: int) -> None:
    assert grains(cell) == [grain]


def test_dropped_trailing_zeros_do_not_widen_the_grain() -> None:
    assert grains(("1453.25", "万元"), ("12.34", "万元"), ("230.2", "万元"), ("36", "万元")) == [10_000] * 4


def test_one_unrounded_cell_does_not_narrow_its_neighbours() -> None:
    cells = [("1.25", "万元")] * 9 + [("1.253377", "万元")]
    assert grains(*cells) == [10_000] * 9 + [1]


def test_unknown_unit_raises() -> None:
    with pytest.raises(UnknownUnitError, match="美元"):
        grains(("1.00", "美元"))


def classify(difference: int, doubled: int) -> str:
    return str(classify_differences(np.array([difference]), np.array([doubled]))[0])


@pytest.mark.parametrize(
    ("difference", "doubled", "outcome"),
    [(0, 4, "exact"), (2, 4, "rounding"), (-2, 4, "rounding"), (3, 4, "violated"), (1, 2, "rounding"), (1, 1, "violated")],
)
def test_outcome_at_the_edge_of_the_envelope(difference: int, doubled: int, outcome: str) -> None:
    assert classify(difference, doubled) == outcome


def test_the_specified_envelope() -> None:
    """Four addends and a total at 万元 with two decimals: (4 + 1) x half of 0.01 万元 = 250 yuan."""
    doubled = 5 * grains(("1.25", "万元"))[0]
    assert Decimal(doubled) / 2 / 100 == Decimal(250)
    assert classify(25_000, doubled) == "rounding"
    assert classify(25_001, doubled) == "violated"


def truncation(differences: list[int], addends: int) -> list[bool]:
    d = np.array(differences, dtype="int64")
    outcome = classify_differences(d, np.full(len(d), addends + 1))
    limits = np.full(len(d), -1), np.full(len(d), addends)
    return tell_truncation(outcome, d, *limits, np.zeros(len(d), dtype="int64")).tolist()


def test_a_publisher_that_cuts_off_is_recognised() -> None:
    assert truncation([1, 2, 1, 1, 2, 3], addends=4) == [False] * 5 + [True]


def test_one_lopsided_rounding_on_the_other_side_disproves_truncation() -> None:
    assert truncation([1, 2, 1, 1, 2, -1, 3], addends=4) == [False] * 7


def test_too_few_roundings_prove_no_habit() -> None:
    assert truncation([1, 2, 1, 1, 3], addends=4) == [False] * 5


def test_a_difference_beyond_what_cutting_gives_stays_violated() -> None:
    assert truncation([1, 2, 1, 1, 2, 4], addends=4) == [False] * 6


def test_a_long_number_may_have_lost_decimals_to_its_column() -> None:
    assert grains(("480544221.6", "元"), ("36.25", "元"), ("1.50", "元")) == [10, 1, 1]


def test_separators_show_that_nothing_was_cut() -> None:
    assert grains(("480,544,221.6", "元"), ("36.25", "元"), ("1.50", "元")) == [1, 1, 1]
