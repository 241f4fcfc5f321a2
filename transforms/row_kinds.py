"""Which rows are totals, which have parts below them in the same table, and which are leaves.

Promise: codes, marks and words decide; where they leave it open, sums do, and only where every reading that adds up agrees.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from transforms.amounts import parse_amount
from transforms.grid import TableGrid
from transforms.header_vocabulary import is_subtotal_label, is_total_label
from transforms.row_sums import find_heads
from transforms.row_words import FUND_ITEMS, PARTS_OF_APPROPRIATION, strip_marks
from transforms.table_row import TableRow
from transforms.text import is_of_which


def set_kinds(rows: Sequence[TableRow]) -> list[TableRow]:
    """total, subtotal (something of this table is below it), item."""
    prefixes: set[tuple[str, str]] = set()
    for row in rows:
        for column, code in row.codes.items():
            prefixes.update((column, code[:length]) for length in range(3, len(code), 2))
    return [replace(row, row_kind=_find_kind(rows, index, prefixes)) for index, row in enumerate(rows)]


def _find_kind(rows: Sequence[TableRow], index: int, prefixes: set[tuple[str, str]]) -> str:
    row = rows[index]
    words = strip_marks(row.label)
    if row.item_key in {"total_revenue", "total_expenditure"} or is_total_label(words) or is_total_label(row.label):
        return "total"
    if row.item_key in {"total_revenue_current", "total_expenditure_current"} or is_subtotal_label(words):
        return "subtotal"
    if re.search(r"(合计|小计)$", row.label):
        return "subtotal"
    following = rows[index + 1] if index + 1 < len(rows) else None
    if following is not None and _is_over(row, following):
        return "subtotal"
    if row.is_unit and following is not None and following.codes and not row.codes and index > 0:
        return "subtotal"  # a unit over the classes of its money
    if row.codes:
        column, code = next(iter(row.codes.items()))
        return "subtotal" if (column, code) in prefixes else "item"
    if row.unit_name and row.label == row.unit_name and index == 0 and following is not None and following.codes:
        return "total"  # the department's own row heads its table and carries the total
    if following is not None and _is_below(following, row):
        return "subtotal"
    return "item"


def _is_over(row: TableRow, following: TableRow) -> bool:
    """A unit over its projects; a class of goods, or units that are paid for in one way, over the first of their units; a project
    or its economic class over the goods that are named in columns to the right of it alone."""
    if not following.is_named or is_total_label(following.label):
        return False
    if row.places and following.places and min(following.places) > max(row.places):
        return True
    if not row.is_group:
        return False
    is_class = row.item_key is not None and following.item_key is None
    return not following.is_group or is_class or (row.unit_code is None and following.unit_code is not None)


def _is_below(lower: TableRow, upper: TableRow) -> bool:
    """Whether the row after is a part of the row: a lower mark, of which, a unit of the department."""
    if is_of_which(lower.label) or (lower.note or "").startswith(f"of {upper.label}"):
        return True
    if upper.item_key == lower.item_key == "carry_over" and upper.level is None and lower.level is not None:
        return True
    if upper.item_key == "fiscal_appropriation" and lower.item_key in PARTS_OF_APPROPRIATION and not upper.level:
        return lower.level is None or upper.level is None or lower.level > upper.level
    if lower.level is not None and upper.level is not None:
        return lower.level > upper.level
    if upper.level is not None and lower.level is None and lower.label and lower.item_key in FUND_ITEMS:
        return True
    return bool(
        upper.unit_code
        and lower.unit_code
        and len(lower.unit_code) > len(upper.unit_code)
        and lower.unit_code.startswith(upper.unit_code)
    )


def settle_by_sums(rows: Sequence[TableRow], grid: TableGrid) -> list[TableRow]:
    """Rows that neither a code nor a mark places: what is the sum of the rows below it is a subtotal, and where no row is named
    a total, the first row that is the sum of all is the total. Only where the whole column adds up that way."""
    if not any(_is_open(rows, index) for index in range(len(rows))):
        return list(rows)
    values = [_read_values(row, grid) for row in rows]
    depths = [_find_depth(row, grid) for row in rows]
    body = [i for i, row in enumerate(rows) if row.row_kind != "total" and not is_subtotal_label(strip_marks(row.label))]
    totals = [i for i, row in enumerate(rows) if row.row_kind == "total"]
    total = values[totals[0]] if totals else None
    heads = [body[place] for place in find_heads([values[i] for i in body], [depths[i] for i in body], total)]
    settled = list(rows)
    for index in heads or _find_heads_by_group(rows, body, values, depths):
        if _is_open(rows, index):
            settled[index] = replace(rows[index], row_kind="total" if index == body[0] and not totals else "subtotal")
    return settled


def _find_heads_by_group(
    rows: Sequence[TableRow], body: Sequence[int], values: Sequence[tuple[Decimal, ...]], depths: Sequence[int]
) -> Iterator[int]:
    """Heads among the rows of each unit, whose row is their total: a long list has too many ways to add up as a whole."""
    starts = [place for place, index in enumerate(body) if rows[index].is_group]
    for start, end in pairwise([*starts, len(body)]):
        parts = body[start + 1 : end]
        heads = find_heads([values[i] for i in parts], [depths[i] for i in parts], values[body[start]])
        yield from (parts[place] for place in heads)


def _is_open(rows: Sequence[TableRow], index: int) -> bool:
    """An item by default: no code, or the code of the row below it as well (group, unit and item of one class)."""
    row = rows[index]
    if row.row_kind != "item" or not row.is_named or row.item_key in {"carry_forward", "carry_over"}:
        return False
    following = rows[index + 1] if index + 1 < len(rows) else None
    return not row.codes or (following is not None and row.codes.items() <= following.codes.items())


def _read_values(row: TableRow, grid: TableGrid) -> tuple[Decimal, ...]:
    values = []
    for column in row.block.amounts:
        amount = parse_amount(cell.text) if (cell := grid.rows[row.row][column.index]) else None
        values.append(amount.value if amount is not None and amount.value is not None else Decimal(0))
    return tuple(values)


def _find_depth(row: TableRow, grid: TableGrid) -> int:
    """The rightmost label column that the row fills itself: in tables with a column per level, its level."""
    filled = [
        n for n, column in enumerate(row.block.labels) if grid.begins(row.row, column.index) and grid.text(row.row, column.index)
    ]
    return filled[-1] if filled else 0
