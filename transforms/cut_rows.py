"""Rows that a page break cuts in two: the pieces of each cell are one text again.

Promise: only texts are joined, each with the one above it in its own column; a row with an amount, a code, a total's name or a
mark (一、) is a row of its own.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise

from transforms.codes import split_fused
from transforms.columns import Block, Header
from transforms.grid import TableGrid
from transforms.header_vocabulary import is_total_label
from transforms.row_vocabulary import load_row_vocabulary
from transforms.text import split_mark
from warehouse.records import RawCell

LONGEST_TAIL = 6  # characters: 管理服务中心 ends a name, a longer piece may be one


def join_cut_rows(
    grid: TableGrid, header: Header, block: Block, page_starts: Collection[int]
) -> tuple[TableGrid, frozenset[int]]:
    """The grid with the texts of cut rows whole in their first piece, and the rows that were only the rest of one."""
    rows = list(grid.rows)
    tails: set[int] = set()
    body = [row for row in range(header.first_data_row, grid.n_rows) if row not in header.rows]
    for above, row in pairwise(body):
        if row in page_starts and _is_tail(grid, row, above, block):
            rows[above] = _join(grid, above, row, block)
            tails.add(row)
    return (replace(grid, rows=tuple(rows)) if tails else grid), frozenset(tails)


def _is_tail(grid: TableGrid, row: int, above: int, block: Block) -> bool:
    """Whether a row is the rest of the one above it: no code, no amount, pieces of names.

    Where rows have more to show than one name, that is enough; in a column of names alone the two pieces must make the name of
    an organisation, and the first must not be one by itself: 综合交通运输研究, 中心.
    """
    pieces = [text for column in block.labels if grid.begins(row, column.index) and (text := grid.text(row, column.index))]
    if not pieces or any(is_total_label(text) or split_mark(text)[0] is not None or split_fused(text)[0] for text in pieces):
        return False
    if any(grid.text(row, column.index) for column in (*block.codes, *block.amounts)):
        return False
    if block.codes or len(block.labels) > 1:
        return True
    return _is_end_of_name(grid.text(above, block.labels[0].index), pieces[0])


def _is_end_of_name(above: str, piece: str) -> bool:
    organisations = load_row_vocabulary().organisations
    is_whole = re.search(organisations, above) is not None or is_total_label(above)
    return not is_whole and len(piece) <= LONGEST_TAIL < len(above) and re.search(organisations, piece) is not None


def _join(grid: TableGrid, above: int, row: int, block: Block) -> tuple[RawCell | None, ...]:
    """The upper row with the texts of the lower one, column by column."""
    joined: list[RawCell | None] = list(grid.rows[above])
    for column in (*block.labels, *block.others):
        upper, lower = grid.rows[above][column.index], grid.rows[row][column.index]
        if upper is not None and lower is not None and grid.begins(row, column.index) and lower.text:
            joined[column.index] = replace(upper, text=f"{upper.text}\n{lower.text}")
    return tuple(joined)


def list_page_starts(rows_of_page: Sequence[tuple[int, int]]) -> frozenset[int]:
    """The first rows of a table's second and later pages."""
    return frozenset(first for _, first in rows_of_page[1:])
