"""Digits before a class's name that make no code: `104公共安全支出` where 204 is meant.

Promise: the digits leave the name only where the year's list has a class of exactly that name; the row keeps what was printed
(`rejected`), so that it is reported and its code, if any, is marked as inferred. Names that begin with a number stay whole.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from transforms.codes import CodeBook, find_named, split_fused
from transforms.grid import TableGrid
from transforms.table_row import SCHEME_ORDER, TableRow

DIGITS_BEFORE_NAME = re.compile(r"^[\[(【〔]?(?P<digits>\d{2,9})[\])】〕]?[-—–_:]*(?P<name>[^\d\s\-—–_:、.．年月日].*)$")
CODE_LENGTH = 3  # fewer digits may be a numbering, unless other rows print codes before their names


def part_misprints(rows: Sequence[TableRow], grid: TableGrid, book: CodeBook, year: int) -> list[TableRow]:
    """The rows; those whose digits make no code with their bare names, and what was printed in `rejected`."""
    is_fused = any(_prints_fused(row, grid) for row in rows)
    return [_part(row, book, year, is_fused=is_fused) for row in rows]


def _prints_fused(row: TableRow, grid: TableGrid) -> bool:
    return any(all(split_fused(grid.text(row.row, column.index))) for column in row.block.labels)


def _part(row: TableRow, book: CodeBook, year: int, *, is_fused: bool) -> TableRow:
    match = DIGITS_BEFORE_NAME.match(row.label)
    if match is None or row.codes or row.is_unit or not (is_fused or len(match["digits"]) >= CODE_LENGTH):
        return row
    if not any(find_named(match["name"], scheme, book, year) for scheme in SCHEME_ORDER):
        return row
    return replace(row, label=match["name"], rejected=row.label)
