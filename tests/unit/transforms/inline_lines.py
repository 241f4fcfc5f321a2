"""Small frames of core_budget_lines, written as a table a person can check."""

from decimal import Decimal
from typing import Any

import pandas as pd

SHORT = {
    "T1": "revenue_expenditure_summary", "T2": "revenue_summary", "T3": "expenditure_summary", "T4": "appropriation_summary",
    "T5": "general_budget_expenditure", "T6": "general_budget_basic_expenditure", "T7": "three_public_expenditure",
    "T8": "government_fund_expenditure", "procurement": "government_procurement",
    "projects": "project_expenditure",
}  # fmt: skip
FEN = {"元": Decimal(1), "万元": Decimal(10_000)}


def make_line(table: str, row: int, column: int, reported: str, **meaning: Any) -> dict[str, Any]:
    """One line; `table` is a short name (T3, T3#2 for the second instance), `reported` the printed amount."""
    short, _, instance = table.partition("#")
    unit, document = meaning.pop("unit", "万元"), meaning.pop("document", "d1")
    number = reported.replace(",", "")
    blank = number in {"", "-"}
    amount = None if blank else Decimal(number) * FEN[unit]
    state = {"": "blank", "-": "dash"}.get(number) or ("number" if amount else "zero")
    revenue = short == "T2"
    fund = {"T5": "general_public_budget", "T6": "general_public_budget", "T7": "general_public_budget", "T8": "government_fund"}
    line = {
        "document_id": document, "table_type": SHORT[short], "table_id": f"{document}-{table}",
        "table_instance": int(instance or 1),
        "direction": "revenue" if revenue else "expenditure", "row_kind": "item", "line_number": row, "column_number": column,
        "line_label": "", "function_code": None, "econ_department_code": None, "econ_government_code": None, "code_source": None,
        "item_key": None, "fund_type": fund.get(short, "all"), "expenditure_kind": "basic" if short == "T6" else "total",
        "amount_basis": "budget", "amount_cny": amount, "amount_state": state, "amount_reported": reported, "unit_reported": unit,
        "note": None, "line_id": f"{document}-{table}-{row}-{column}",
    }  # fmt: skip
    unknown = set(meaning) - set(line)
    assert not unknown, unknown
    return line | meaning


def make_frame(*lines: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(lines))


def make_summary(document: str = "d1", table: str = "T1", total: str = "100.00", **sources: str) -> list[dict[str, Any]]:
    """A summary of one function class: its sources of money, totals on both sides."""
    fund = "all" if table.startswith("T1") else "fiscal_appropriation"
    lines = [
        make_line(table, n, 2, amount, document=document, direction="revenue", fund_type=key, item_key=key, line_label=key)
        for n, (key, amount) in enumerate(sources.items(), start=1)
    ]
    both = {"document": document, "row_kind": "total", "fund_type": fund}
    lines.append(make_line(table, 9, 2, total, direction="revenue", item_key="total_revenue", line_label="收入总计", **both))
    entry = {"line_label": "教育支出", "function_code": "205", "code_source": "printed", "document": document, "fund_type": fund}
    lines.append(make_line(table, 1, 4, total, **entry))
    lines.append(make_line(table, 9, 4, total, item_key="total_expenditure", line_label="支出总计", **both))
    return lines
