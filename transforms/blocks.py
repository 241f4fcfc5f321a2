"""Blocks of columns side by side: each with the columns that name a row, its amounts, and a direction.

Promise: every column of amounts is in one block.
"""

from collections.abc import Sequence
from dataclasses import replace

from transforms.columns import Block, Column
from transforms.table_types import TableType

BLOCK_TABLES = frozenset(
    {
        "revenue_expenditure_summary",
        "appropriation_summary",
        "government_fund_expenditure",
        "state_capital_expenditure",
    }
)


def split_blocks(columns: Sequence[Column], table_type: TableType) -> list[Block]:
    """A column that names rows begins a new block where amounts stand before it."""
    groups: list[list[Column]] = [[]]
    for column in columns:
        starts = column.role in {"label", "code"} and any(c.role in {"amount", "unknown"} for c in groups[-1])
        if starts and groups[-1]:
            groups.append([])
        groups[-1].append(column)
    blocks: list[Block] = []
    for group in (_promote_label(group) for group in groups):
        amounts = tuple(c for c in group if c.role == "amount")
        if not amounts:
            if blocks:
                # Codes, notes and attributes to the right of the last amounts.
                last = blocks.pop()
                codes = (*last.codes, *(c for c in group if c.role == "code"))
                others = (*last.others, *(c for c in group if c.role != "code"))
                blocks.append(Block(codes, last.labels, last.amounts, others, last.direction))
            continue
        blocks.append(
            Block(
                codes=tuple(c for c in group if c.role == "code"),
                labels=tuple(c for c in group if c.role in {"label", "unit_name"}),
                amounts=amounts,
                others=tuple(c for c in group if c.role not in {"code", "label", "unit_name", "amount"}),
                direction=_find_direction(group, table_type, len(blocks)),
            )
        )
    return blocks


def _promote_label(group: list[Column]) -> list[Column]:
    """Where no heading says that a column names the rows, the first column of text before the amounts does."""
    if any(c.role in {"code", "label", "unit_name"} for c in group) or not any(c.role == "amount" for c in group):
        return group
    first = next((i for i, column in enumerate(group) if column.role == "amount"), len(group))
    for i, column in enumerate(group[:first]):
        if column.role == "attribute":
            return [*group[:i], replace(column, role="label"), *group[i + 1 :]]
    return group


def _find_direction(group: Sequence[Column], table_type: TableType, position: int) -> str:
    if table_type.type not in BLOCK_TABLES:
        return table_type.direction or "expenditure"
    words = "/".join(part for column in group for part in column.path)
    if "支出" in words and "收入" not in words:
        return "expenditure"
    if "收入" in words and "支出" not in words:
        return "revenue"
    if table_type.type in {"government_fund_expenditure", "state_capital_expenditure"}:
        return "expenditure"
    return "revenue" if position == 0 else "expenditure"
