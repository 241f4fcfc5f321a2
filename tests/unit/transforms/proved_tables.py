"""A small sound document of tables that prove each other, and what is said of it once something in it is changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pandas as pd
from inline_lines import make_line

from transforms.blame import Place, Witnesses, place_line
from transforms.diagnose import diagnose_violations
from transforms.reconcile import Checks, count_proofs, evaluate_identities

Line = dict[str, Any]
KINDS = ("total", "basic", "project")
EVALUATED: dict[object, Checks] = {}
# 万元: total, basic, project.
ROWS = {
    "": ("163.85", "101.60", "62.25"),
    "205": ("91.35", "60.20", "31.15"),
    "20502": ("91.35", "60.20", "31.15"),
    "2050201": ("40.15", "30.10", "10.05"),
    "2050202": ("51.20", "30.10", "21.10"),
    "208": ("72.50", "41.40", "31.10"),
    "20805": ("72.50", "41.40", "31.10"),
    "2080505": ("29.40", "20.30", "9.10"),
    "2080506": ("43.10", "21.10", "22.00"),
}


def make_document(*tables: str) -> list[Line]:
    """The same budget in each of the tables (T3, T5), every cell agreed by both readers."""
    lines = [
        make_row_line(table, number, column, code, kind, amount)
        for table in tables or ("T3", "T5")
        for number, (code, amounts) in enumerate(ROWS.items(), start=1)
        for column, (kind, amount) in enumerate(zip(KINDS, amounts, strict=True), start=2)
    ]
    return prove(lines)


def make_appropriations() -> list[Line]:
    """T4 of the same budget: its one source, its classes, its totals."""
    sheet = {"fund_type": "fiscal_appropriation"}
    total, (education, security) = ROWS[""][0], (ROWS["205"][0], ROWS["208"][0])
    source = {"fund_type": "general_public_budget", "item_key": "general_public_budget"}
    lines = [
        make_line("T4", 1, 2, total, direction="revenue", line_label="一般公共预算", **source),
        make_line(
            "T4", 9, 2, total, direction="revenue", item_key="total_revenue", line_label="收入总计", row_kind="total", **sheet
        ),
        make_line("T4", 1, 4, education, function_code="205", line_label="科目205", code_source="printed", **sheet),
        make_line("T4", 2, 4, security, function_code="208", line_label="科目208", code_source="printed", **sheet),
        make_line("T4", 9, 4, total, item_key="total_expenditure", line_label="支出总计", row_kind="total", **sheet),
    ]
    return [_place(line) for line in lines]


def _place(line: Line) -> Line:
    column, number = line["column_number"], line["line_number"]
    box = [column * 60.0, number * 20.0, column * 60.0 + 55, number * 20.0 + 18]
    page = {"d1-T3": 1, "d1-T5": 2}.get(line["table_id"], 3)
    return line | {"page": page, "bbox": box, "extractor": "camelot-lattice", "verified_by": 0}


def make_row_line(table: str, number: int, column: int, code: str, kind: str, amount: str) -> Line:
    row = {"row_kind": "total", "line_label": "合计"} if not code else {"function_code": code, "line_label": f"科目{code}"}
    return _place(make_line(table, number, column, amount, expenditure_kind=kind, code_source="printed" if code else None, **row))


def change(lines: Sequence[Line], changes: Mapping[str, str]) -> list[Line]:
    """The lines with other printed amounts, by line_id (万元); a cell may be emptied."""
    changed = []
    for line in lines:
        text = changes.get(line["line_id"])
        if text is None:
            changed.append(dict(line))
            continue
        amount = Decimal(text.replace(",", "")) * 10_000 if text else None
        state = "blank" if amount is None else "number" if amount else "zero"
        changed.append(line | {"amount_reported": text, "amount_cny": amount, "amount_state": state})
    return prove(changed)


def evaluate(lines: Sequence[Line]) -> Checks:
    """The checks of the lines; the same contents are evaluated once, for each test asks several times."""
    contents = tuple((line["line_id"], line["line_number"], line["amount_reported"], line["function_code"]) for line in lines)
    if contents not in EVALUATED:
        EVALUATED[contents] = _evaluate(lines)
    return EVALUATED[contents]


def _evaluate(lines: Sequence[Line]) -> Checks:
    frame = pd.DataFrame(list(lines))
    tables = frame[["document_id", "table_id", "table_type"]].drop_duplicates().assign(is_declared_empty=False)
    return evaluate_identities(frame, tables)


def prove(lines: list[Line]) -> list[Line]:
    proofs = count_proofs(evaluate(lines), pd.DataFrame(lines))
    return [line | {"verified_by": int(count)} for line, count in zip(lines, proofs["verified_by"], strict=True)]


def show_as_read(
    lines: Sequence[Line], other: Mapping[str, str] | None = None
) -> Callable[[Sequence[Place]], dict[Place, list[str]]]:
    """A second look that sees every amount as it was read, but for some line_ids."""
    texts = {place_line(line): (other or {}).get(line["line_id"], line["amount_reported"]) for line in lines}
    return lambda places: {place: [texts[place]] for place in places}


def diagnose(lines: Sequence[Line], other: Mapping[str, str] | None = None, **witnesses: Any) -> list[Mapping[str, Any]]:
    asked = Witnesses(
        reread=show_as_read(lines, other),
        evaluate=evaluate,
        agree_on_row=lambda place: True,
        complete_pages=frozenset({1, 2, 3}),
        unit_sources=dict.fromkeys((line["table_id"] for line in lines), "caption"),
    )
    return diagnose_violations(lines, evaluate(lines), replace(asked, **witnesses))


def find_violated(lines: Sequence[Line]) -> list[int]:
    """Numbers of the checks that fail by their amounts."""
    rows = evaluate(lines).to_rows()
    return [row["check_number"] for row in rows if row["outcome"] == "violated" and not row["reason"]]
