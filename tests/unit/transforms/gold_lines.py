"""The hand-checked amounts of `../shared/gold` in the columns of core_budget_lines: rows and columns are counted off again.

The gold files print one amount a line, row by row, without row or column numbers. A row ends where the label or a code
changes or a measure comes again; a column is one measure (fund, kind, basis, what the note says of it) in its table.
"""

from decimal import Decimal
from pathlib import Path

import pandas as pd

GOLD = Path(__file__).resolve().parents[4] / "shared" / "gold"
SUMMARIES = ("revenue_expenditure_summary", "appropriation_summary")
CODE_COLUMNS = {"function": "function_code", "econ_department": "econ_department_code", "econ_government": "econ_government_code"}
ROW = ["file", "table_type", "table_instance", "line_label", "code", "direction", "row_kind", "project_name", "row_note"]


def read_gold() -> pd.DataFrame:
    """All gold documents, one row per amount."""
    files = sorted(GOLD.glob("*.csv"))
    gold = pd.concat([pd.read_csv(f, dtype=str, keep_default_na=False) for f in files], ignore_index=True)
    gold = gold[gold["table_type"] != "other"].reset_index(drop=True)
    of_row = r"(block \w+|row \d{4}年|unit code \d+|category \w+|under .+)"
    of_column = r"(of which[^;]*|memo[^;]*|column[^;]*|group[^;]*|block \w+|扣除[^;]*|项目支出总数)"
    gold["row_note"] = gold["note"].str.extract(of_row, expand=False).fillna("")
    gold["column_note"] = gold["note"].str.extract(of_column, expand=False).fillna("")
    gold["table_id"] = gold["file"] + ":" + gold["table_type"] + ":" + gold["table_instance"]
    gold = gold.sort_values(["file", "table_id"], kind="stable").reset_index(drop=True)
    gold["line_number"] = _count_rows(gold)
    gold["column_number"] = _count_columns(gold)
    return _name_as_lines(gold)


def _count_rows(gold: pd.DataFrame) -> pd.Series:
    """Rows counted from 1 in each table."""
    numbers: list[int] = []
    seen: set[tuple[str, ...]] = set()
    previous: tuple[str, ...] = ()
    table = ""
    for line in gold.to_dict("records"):
        single = "one row without a name" in line["note"] or _is_unnamed_row(gold, line)
        row = (line["table_id"],) if single else tuple(line[c] for c in ROW)
        cell = tuple(line[c] for c in ("fund_type", "expenditure_kind", "amount_basis", "column_note", "item_key"))
        if line["table_id"] != table:
            table, count = line["table_id"], 0
        if row != previous or cell in seen or count == 0:
            count, seen = count + 1, set()
        seen.add(cell)
        previous = row
        numbers.append(count)
    return pd.Series(numbers, index=gold.index)


def _is_unnamed_row(gold: pd.DataFrame, line: dict[str, str]) -> bool:
    """The three public expenses in one row without a name: the labels are the column headings."""
    if line["table_type"] != "three_public_expenditure":
        return False
    keys = gold.loc[gold["table_id"] == line["table_id"]]
    return keys.groupby("line_label")["item_key"].nunique().max() == 1


def _count_columns(gold: pd.DataFrame) -> pd.Series:
    in_summary = gold["table_type"].isin(SUMMARIES)
    revenue = in_summary & (gold["direction"] == "revenue")
    wide = in_summary & ~revenue
    fund = gold["fund_type"].where(~revenue, "revenue")
    item = gold["item_key"].where(gold["table_type"].isin(["three_public_expenditure", "revenue_summary"]), "")
    note = gold["column_note"].where(~revenue, "")
    keys = [gold["table_id"], gold["direction"], fund, _name_kind_columns(gold, wide), gold["amount_basis"], note, item]
    return gold.groupby([*keys, _name_blocks(gold, wide)], sort=False).ngroup() + 1


def _name_kind_columns(gold: pd.DataFrame, wide: pd.Series) -> pd.Series:
    """Kinds printed as rows (基本支出, 项目支出, 结转下年) stand in one column; those with a total of their own have one each."""
    kind = gold["expenditure_kind"].where(~gold["expenditure_kind"].isin(["carry_forward", "balance_distribution"]), "total")
    is_total = gold["item_key"].isin(["total_expenditure", "total_expenditure_current"])
    as_rows = wide & ~is_total.groupby([gold["table_id"], kind]).transform("any")
    has_functions = (wide & ~is_total & (kind == "total")).groupby(gold["table_id"]).transform("any")
    kind = kind.mask(as_rows & has_functions, "rows").mask(as_rows & ~has_functions, "total")
    return kind.mask(gold["column_note"].str.startswith("block"), "")


def _name_blocks(gold: pd.DataFrame, wide: pd.Series) -> pd.Series:
    """Two coded blocks side by side: the first of two equal totals belongs to the function block, the second to the economic."""
    scheme = gold["code_scheme"].where(wide, "")
    both = wide & (scheme.groupby(gold["table_id"]).transform("nunique") > 2)
    second = gold.groupby(["table_id", "direction", "fund_type", "item_key"]).cumcount() > 0
    total = gold["item_key"].isin(["total_expenditure", "total_expenditure_current"])
    block = scheme.mask(total & ~second, "function").mask(total & second, "econ_department")
    return block.where(both, "")


def _name_as_lines(gold: pd.DataFrame) -> pd.DataFrame:
    lines = gold.rename(columns={"file": "document_id"}).drop(columns=["row_note", "column_note"])
    for scheme, column in CODE_COLUMNS.items():
        lines[column] = lines["code"].where(lines["code_scheme"] == scheme, "")
    lines["code_source"] = lines["code"].where(lines["code"] == "", "printed")
    lines["table_instance"] = lines["table_instance"].astype(int)
    lines["amount_cny"] = lines["amount_cny"].map(Decimal)
    lines["amount_state"] = lines["amount_cny"].map(lambda yuan: "number" if yuan else "zero")
    lines["line_id"] = lines["table_id"] + "-" + lines["line_number"].astype(str) + "-" + lines["column_number"].astype(str)
    return lines
