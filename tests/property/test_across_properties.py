"""What documents say of each other: rounding alone never accuses, more than rounding always does."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.across import evaluate_across
from transforms.pairs import Comparison

CODES = ("2050101", "2050201", "2050202", "2080505")
UNITS = {"元": (Decimal(1), Decimal(1)), "万元": (Decimal(10_000), Decimal("0.01")), "千元": (Decimal(1_000), Decimal("0.01"))}
UNITS_SUM = Comparison("department_units", "d", ("u0", "u1", "u2"), is_complete=True)

amounts = st.lists(st.integers(0, 10**9).map(Decimal), min_size=len(CODES), max_size=len(CODES))
families = st.lists(amounts, min_size=3, max_size=3)
units = st.sampled_from(sorted(UNITS))


def print_table(document: str, exact: list[Decimal], unit: str) -> list[dict[str, Any]]:
    """The amounts as a document prints them: each rounded by itself to the last digit of its unit."""
    return [print_line(document, row, code, amount, unit) for row, (code, amount) in enumerate(zip(CODES, exact, strict=True), 1)]


def print_line(document: str, row: int, code: str, exact: Decimal, unit: str) -> dict[str, Any]:
    factor, digit = UNITS[unit]
    shown = (exact / factor).quantize(digit)
    return {
        "line_id": f"{document}-{row}", "document_id": document, "table_type": "general_budget_expenditure", "table_id": document,
        "table_instance": 1, "direction": "expenditure", "row_kind": "item", "line_number": row, "column_number": 2,
        "line_label": code, "function_code": code, "econ_department_code": None, "econ_government_code": None,
        "code_source": "printed", "item_key": None, "fund_type": "general_public_budget", "expenditure_kind": "total",
        "amount_basis": "budget", "amount_cny": shown * factor, "amount_state": "number", "amount_reported": f"{shown:,}",
        "unit_reported": unit, "note": None, "page": 1, "bbox": [0.0, 0.0, 1.0, 1.0],
    }  # fmt: skip


def evaluate(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    documents = [
        {"document_id": one, "processing_id": one, "department_name": "局", "fiscal_year": 2020, "phase": "budget"}
        | {"organisation_scope": "department" if one == "d" else "unit"}
        for one in UNITS_SUM.document_ids
    ]
    rows = evaluate_across([UNITS_SUM], documents, lines, [], dict.fromkeys(UNITS_SUM.document_ids, ""))
    return [row for row in rows if row["check_subject"].startswith("functions")]


def print_family(family: list[list[Decimal]], whole: list[Decimal], coarse: str, fine: str) -> list[dict[str, Any]]:
    parts = [line for number, exact in enumerate(family) for line in print_table(f"u{number}", exact, fine)]
    return print_table("d", whole, coarse) + parts


@settings(deadline=None, max_examples=25)
@given(families, units, units)
def test_a_department_that_is_the_sum_of_its_units_is_never_accused(family: list[list[Decimal]], coarse: str, fine: str) -> None:
    whole = [sum(parts, Decimal(0)) for parts in zip(*family, strict=True)]
    rows = evaluate(print_family(family, whole, coarse, fine))
    assert len(rows) == len(CODES)
    assert "violated" not in {row["outcome"] for row in rows}


@settings(deadline=None, max_examples=25)
@given(families, units, units, st.integers(0, len(CODES) - 1), st.sampled_from([-1, 1]))
def test_more_than_rounding_is_always_told(family: list[list[Decimal]], coarse: str, fine: str, place: int, sign: int) -> None:
    whole = [sum(parts, Decimal(0)) for parts in zip(*family, strict=True)]
    step = sum(UNITS[unit][0] * UNITS[unit][1] for unit in (coarse, fine, fine, fine))
    whole[place] += sign * 2 * step
    rows = evaluate(print_family(family, whole, coarse, fine))
    (changed,) = [row for row in rows if CODES[place] in row["check_subject"]]
    assert changed["outcome"] == "violated"
    assert changed["message"].startswith("A department is the sum of its units")
