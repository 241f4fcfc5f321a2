"""The rounding envelope over whole budgets: rounding alone never accuses, more than rounding always does."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transforms.reconcile import evaluate_identities

UNIT = Decimal(10_000)
STEP = Decimal("0.01")
CODES = ("2050101", "2050102", "2050201", "2080101", "2080102", "2080201", "2210101")
KINDS = ("total", "basic", "personnel", "operating", "project")
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True)
class Leaf:
    code: str
    personnel: int
    operating: int
    project: int


yuan = st.integers(min_value=0, max_value=50_000_000)
budgets = st.lists(
    st.builds(Leaf, st.sampled_from(CODES), yuan, yuan, yuan), min_size=2, max_size=7, unique_by=lambda leaf: leaf.code
)


def list_cells(leaves: list[Leaf]) -> list[tuple[str, str, int]]:
    """(code, kind, yuan) of every cell of the table, exactly; the code of the total row is empty."""
    prefixes = sorted({leaf.code[:length] for leaf in leaves for length in (0, 3, 5, 7)})
    cells = []
    for prefix in prefixes:
        below = [leaf for leaf in leaves if leaf.code.startswith(prefix)]
        personnel, operating, project = (sum(getattr(leaf, kind) for leaf in below) for kind in KINDS[2:])
        basic = personnel + operating
        cells += [
            (prefix, kind, amount)
            for kind, amount in zip(KINDS, (basic + project, basic, personnel, operating, project), strict=True)
        ]
    return cells


def print_amount(amount: int) -> Decimal:
    return (Decimal(amount) / UNIT).quantize(STEP, ROUND_HALF_UP)


def make_lines(printed: list[tuple[str, str, Decimal]]) -> pd.DataFrame:
    codes = sorted({code for code, _, _ in printed})
    return pd.DataFrame([make_line(codes.index(code) + 1, code, kind, amount) for code, kind, amount in printed])


def make_line(row: int, code: str, kind: str, amount: Decimal) -> dict[str, Any]:
    column = KINDS.index(kind) + 3
    return {
        "line_id": f"{row}-{column}", "document_id": "d", "table_id": "t", "table_type": "general_budget_expenditure",
        "table_instance": 1, "direction": "expenditure", "row_kind": {0: "total", 7: "item"}.get(len(code), "subtotal"),
        "line_number": row, "column_number": column, "line_label": code or "合计", "function_code": code or None,
        "code_source": "printed" if code else None, "fund_type": "general_public_budget", "expenditure_kind": kind,
        "amount_basis": "budget", "amount_cny": amount * UNIT, "amount_state": "number" if amount else "zero",
        "amount_reported": f"{amount:,.2f}", "unit_reported": "万元",
    }  # fmt: skip


@few
@given(budgets)
def test_a_budget_rounded_cell_by_cell_never_gives_violated(leaves: list[Leaf]) -> None:
    lines = make_lines([(code, kind, print_amount(amount)) for code, kind, amount in list_cells(leaves)])
    frame = evaluate_identities(lines, []).frame
    computed = frame[frame["check_id"].isin(["row_sum", "level_sum", "grand_sum"])]
    assert set(computed["outcome"]) <= {"exact", "rounding"}
    assert len(computed) > 0


@few
@given(budgets, st.data())
def test_an_amount_changed_by_more_than_the_envelope_is_always_violated(leaves: list[Leaf], data: st.DataObject) -> None:
    """The cell's own sums have at most seven parts: their envelope is (7 + 1) / 2 steps; rounding uses up as much at worst."""
    printed = [(code, kind, print_amount(amount)) for code, kind, amount in list_cells(leaves)]
    place = data.draw(st.integers(min_value=0, max_value=len(printed) - 1))
    steps = data.draw(st.integers(min_value=9, max_value=10_000))
    code, kind, amount = printed[place]
    printed[place] = (code, kind, amount + STEP * steps)
    lines = make_lines(printed)
    changed = lines.loc[place, "line_id"]
    frame = evaluate_identities(lines, []).frame
    accused = frame.loc[frame["outcome"] == "violated", ["left_line_ids", "right_line_ids"]].sum(axis=1).sum()
    assert accused and changed in accused


@few
@given(budgets, st.sampled_from([6, 100, -100]))
def test_an_exact_budget_changed_by_one_step_more_than_the_envelope(leaves: list[Leaf], steps: int) -> None:
    """Whole steps, no rounding anywhere: the envelope of total = basic + project is 1.5 steps, of a level of seven 4 steps."""
    whole = [
        Leaf(leaf.code, *(amount // 100 * 100 for amount in (leaf.personnel, leaf.operating, leaf.project))) for leaf in leaves
    ]
    printed = [(code, kind, print_amount(amount)) for code, kind, amount in list_cells(whole)]
    place = next(i for i, (code, kind, _) in enumerate(printed) if len(code) == 7 and kind == "basic")
    code, kind, amount = printed[place]
    printed[place] = (code, kind, amount + STEP * steps)
    frame = evaluate_identities(make_lines(printed), []).frame
    involved = frame[
        frame["left_line_ids"].map(lambda ids: f"{place_row(printed, code)}-4" in ids) & (frame["check_id"] == "row_sum")
    ]
    assert involved["outcome"].tolist() == ["violated"]
    untouched = frame[frame["check_subject"].str.contains("project/budget") & (frame["check_id"] == "level_sum")]
    assert set(untouched["outcome"]) <= {"exact"}


def place_row(printed: list[tuple[str, str, Decimal]], code: str) -> int:
    return sorted({c for c, _, _ in printed}).index(code) + 1
