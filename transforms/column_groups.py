"""What columns mean together: totals of the three public expenses, parts beside a whole, revenue in a table of one fund.

Promise: only columns of amounts change, and only by what stands beside them.
"""

import re
from dataclasses import replace
from itertools import pairwise

from transforms.columns import Column
from transforms.header_vocabulary import find_value, load_vocabulary
from transforms.measures import SIDE_BY_SIDE, SUM_LEAVES
from transforms.table_types import TableType


def settle_grouped_parts(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Columns under a bare 其中: parts of the total where all parts stand there; beside basic and project, parts of those."""
    parts = [c for c in columns if c.role == "amount" and c.kind != "total"]
    grouped = {c.index for c in parts if any(re.fullmatch(r"其中:?", word) for word in c.path[:-1])}
    beside = {c.kind for c in parts if c.index not in grouped}
    if not grouped or not {"basic", "project"} <= beside:
        return columns
    return tuple(replace(c, note=c.note or f"of which: {c.path[-1]}") if c.index in grouped else c for c in columns)


def settle_project_classes(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """其他运转类 and 特定目标类: parts of the projects where those have a column of the same fund, else the projects."""
    amounts = [c for c in columns if c.role == "amount" and c.kind == "project" and c.note is None]
    classes = {c.index for c in amounts if re.search(load_vocabulary().project_classes, c.path[-1])}
    whole = {(c.fund, c.basis, c.direction) for c in amounts if c.index not in classes}
    return tuple(
        replace(c, note=f"of which: {c.path[-1]}") if c.index in classes and (c.fund, c.basis, c.direction) in whole else c
        for c in columns
    )


def settle_three_public(columns: tuple[Column, ...], table_type: TableType) -> tuple[Column, ...]:
    """合计 and 小计 are the total of the three; where the three have a group with a 小计, 合计 is wider (meetings, training)."""
    if table_type.type != "three_public_expenditure":
        return columns
    if not any(column.role == "amount" and column.item_key for column in columns):
        return columns  # its rows are the items
    has_group_total = any(c.role == "amount" and _is_group_total(c.path) for c in columns)
    settled = []
    for column in columns:
        if column.role == "amount" and column.item_key is None:
            leaf = next((part for part in reversed(column.path) if part in SUM_LEAVES), None)
            if leaf is not None and (_is_group_total(column.path) or not has_group_total):
                settled.append(_with_item(column, "three_public_total"))
                continue
        settled.append(column)
    return tuple(settled)


def settle_revenue(columns: tuple[Column, ...], table_type: TableType) -> tuple[Column, ...]:
    """Tables of one fund may show its revenue and its opening balance beside its expenditure.

    Without a column for the year's revenue an opening balance is one of the sources of what is spent.
    """
    rules = load_vocabulary().fund_revenue
    amounts = [c for c in columns if c.role == "amount" and c.path]
    shows_revenue = any(find_value(rules, c.path[0]) == "total_revenue_current" for c in amounts)
    if table_type.direction != "expenditure" or table_type.type in SIDE_BY_SIDE or not shows_revenue:
        return columns
    return tuple(_as_revenue(c) if c in amounts and find_value(rules, c.path[0]) else c for c in columns)


def _as_revenue(column: Column) -> Column:
    """A column of revenue: its divisions by kind (本年收入/项目支出) keep their kind, the whole carries the item."""
    kind = (find_value(load_vocabulary().kind, column.path[-1]) if len(column.path) > 1 else None) or "total"
    item_key = find_value(load_vocabulary().fund_revenue, column.path[0]) if kind == "total" else None
    return replace(column, direction="revenue", kind=kind, item_key=item_key)


def _is_group_total(path: tuple[str, ...]) -> bool:
    """小计 right under a group headed 三公经费."""
    return len(path) >= 2 and any("三公" in parent and re.fullmatch(r"小计|合计", child) for parent, child in pairwise(path))


def _with_item(column: Column, item_key: str) -> Column:
    return replace(column, item_key=item_key)
