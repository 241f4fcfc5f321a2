from collections.abc import Sequence

import pandas as pd
from inline_lines import make_frame, make_line

from transforms.habits import FEWEST_EXACT, report_lone_rounding
from transforms.reconcile import evaluate_identities
from warehouse.records import Row

NO_TABLES = pd.DataFrame()
KINDS = ("total", "basic", "project")


def make_rows(*amounts: Sequence[str]) -> list[Row]:
    """The checks' findings of an expenditure summary with these rows (total, basic, project) and no total row."""
    lines = [
        make_line(
            "T3", number, column, amount, expenditure_kind=kind, function_code=f"{201 + number}0101", row_kind="item",
            line_label=f"科目{number}", code_source="printed",
        )
        for number, row in enumerate(amounts, start=1)
        for column, (kind, amount) in enumerate(zip(KINDS, row, strict=True), start=2)
    ]  # fmt: skip
    return list(
        report_lone_rounding(
            evaluate_identities(make_frame(*lines), NO_TABLES).to_rows(),
            {line["line_id"]: line | {"page": 1, "bbox": None} for line in lines},
        )
    )


def test_a_lone_rounding_among_exact_sums_is_told() -> None:
    (finding,) = make_rows(*[("3.00", "1.00", "2.00")] * FEWEST_EXACT, ("3.01", "1.00", "2.00"))
    assert finding["finding_kind"] == "lone-rounding"
    assert f"all {FEWEST_EXACT} other checks" in finding["message"]


def test_a_document_that_rounds_is_left_in_peace() -> None:
    assert not make_rows(*[("3.00", "1.00", "2.00")] * FEWEST_EXACT, *[("3.01", "1.00", "2.00")] * 2)


def test_few_exact_sums_show_no_habit() -> None:
    assert not make_rows(*[("3.00", "1.00", "2.00")] * (FEWEST_EXACT - 1), ("3.01", "1.00", "2.00"))


def test_exact_sums_alone_are_no_finding() -> None:
    assert not make_rows(*[("3.00", "1.00", "2.00")] * (FEWEST_EXACT + 1))
