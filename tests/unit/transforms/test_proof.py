import itertools

import pandas as pd
import pytest
from inline_lines import make_frame, make_line, make_summary

from transforms.proof import confidence, count_proofs
from transforms.reconcile import evaluate_identities

READINGS = (False, None, True)
COUNTS = range(5)


@pytest.mark.parametrize(("verified", "contradicted"), list(itertools.product(COUNTS, COUNTS)))
def test_agreement_is_worth_at_least_one_reading_and_that_more_than_difference(verified: int, contradicted: int) -> None:
    values = [confidence(reading, verified, contradicted) for reading in READINGS]
    assert values == sorted(values)
    assert all(0 < value < 1 for value in values)


@pytest.mark.parametrize(("reading", "contradicted"), list(itertools.product(READINGS, COUNTS)))
def test_one_more_proof_never_lowers_confidence(reading: bool | None, contradicted: int) -> None:
    values = [confidence(reading, verified, contradicted) for verified in COUNTS]
    assert values == sorted(values) and values[0] < values[1]


@pytest.mark.parametrize(("reading", "verified"), list(itertools.product(READINGS, COUNTS)))
def test_one_more_contradiction_lowers_confidence(reading: bool | None, verified: int) -> None:
    values = [confidence(reading, verified, contradicted) for contradicted in COUNTS]
    assert all(later < earlier for earlier, later in itertools.pairwise(values))


def test_an_assumed_unit_halves_confidence() -> None:
    assert confidence(True, 2, 0, unit_known=False) == confidence(True, 2, 0) / 2


def test_negative_counts_raise() -> None:
    with pytest.raises(ValueError, match="not negative"):
        confidence(True, -1, 0)


def t3(row: int, column: int, amount: str, kind: str, code: str | None) -> dict[str, object]:
    total = code is None
    row_kind = "total" if total else ("item" if len(code or "") == 7 else "subtotal")
    return make_line(
        "T3", row, column, amount, expenditure_kind=kind, function_code=code, row_kind=row_kind,
        line_label="合计" if total else f"科目{code}", code_source=None if total else "printed",
    )  # fmt: skip


def make_t3(*rows: tuple[str | None, str, str, str]) -> pd.DataFrame:
    kinds = ("total", "basic", "project")
    lines = [
        t3(number, column, amount, kind, code)
        for number, (code, *amounts) in enumerate(rows, start=1)
        for column, (kind, amount) in enumerate(zip(kinds, amounts, strict=True), start=2)
    ]
    return make_frame(*lines)


TABLE = (
    (None, "30.00", "10.00", "20.00"),
    ("205", "30.00", "10.00", "20.00"),
    ("20502", "30.00", "10.00", "20.00"),
    ("2050201", "21.00", "7.00", "14.00"),
    ("2050202", "9.00", "3.00", "6.00"),
)


def count(lines: pd.DataFrame) -> pd.DataFrame:
    return count_proofs(evaluate_identities(lines, []), lines)


def test_a_cell_where_row_and_column_meet_is_proved_twice() -> None:
    """2050201 basic: row sum and level sum share only this amount; the sum of leaves shares 2050202 with the level sum."""
    assert count(make_t3(*TABLE)).loc["d1-T3-4-3", "verified_by"] == 2


def test_one_wrong_amount_is_contradicted_by_every_sum_it_stands_in() -> None:
    wrong = [list(row) for row in TABLE]
    wrong[3][2] = "8.00"
    counts = count(make_t3(*map(tuple, wrong)))
    assert counts["contradicted_by"].idxmax() == "d1-T3-4-3"
    assert counts.loc["d1-T3-4-3", "verified_by"] == 0
    assert counts.loc["d1-T3-5-4", "contradicted_by"] == 0


def test_a_blank_proves_nothing_and_is_not_proved() -> None:
    blank = [list(row) for row in TABLE]
    blank[3] = ["2050201", "14.00", "", "14.00"]
    blank[4] = ["2050202", "16.00", "10.00", "6.00"]
    counts = count(make_t3(*map(tuple, blank)))
    assert counts.loc["d1-T3-4-3"].tolist() == [0, 0]
    assert counts.loc["d1-T3-5-3", "verified_by"] > 0


def test_a_bound_proves_no_amount() -> None:
    lines = make_frame(
        make_line("T6", 1, 3, "5.00", econ_department_code="30217", code_source="printed", line_label="公务接待费"),
        make_line("T7", 1, 2, "5.00", item_key="hospitality", line_label="公务接待费"),
    )
    assert count(lines)["verified_by"].tolist() == [0, 0]


def test_counts_follow_the_order_of_the_lines() -> None:
    lines = make_frame(*make_summary(general_public_budget="100.00")).iloc[::-1]
    assert count(lines).index.tolist() == lines["line_id"].tolist()


def test_no_lines_no_counts() -> None:
    lines = make_frame(*make_summary(general_public_budget="100.00")).iloc[:0]
    assert count_proofs(evaluate_identities(lines, []), lines).empty
