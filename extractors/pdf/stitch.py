"""Tables that go on over pages, put together again.

Promise: a grid continues the table before it only where the geometry says so (first on its page, the same columns), no other
title stands above it and no header of another table begins it. Cells keep their own page and box.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from extractors.pdf.captions import CaptionedGrid
from extractors.pdf.grids import Grid
from transforms.amounts import is_amount
from transforms.table_types import Title, find_title, find_unit
from transforms.text import normalise
from warehouse.records import Box, RawCell, RawTable, TextLine

EDGE = 4.0  # points: column edges nearer than this are the same edge
MARGINS = 2  # blank columns that a page's frame may draw outside of the table
TARGET_TYPES = {"overall_performance_targets", "project_performance_targets"}
LONGEST_TERM = 20  # characters of a column's header; more are a sentence
CODE = re.compile(r"^\d{3}(\d\d){0,2}$")  # looks like an amount, and stands in columns that have words too
MANY_COLUMNS = 4  # tables with fewer columns look alike too easily to join by their number alone


@dataclass(slots=True)
class _Table:
    """A table under construction."""

    edges: list[float]
    cells: list[RawCell]
    n_rows: int
    pages: list[int]
    rows_of_page: list[tuple[int, int]]
    captions: tuple[TextLine, ...]
    title: Title | None
    bbox: Box


def stitch_tables(grids_of_pages: Sequence[Sequence[CaptionedGrid]], blank_pages: frozenset[int]) -> tuple[RawTable, ...]:
    """Tables in document order. `blank_pages`: pages without content, over which a table may go on."""
    tables: list[_Table] = []
    for grids in grids_of_pages:
        for position, captioned in enumerate(grids):
            title = find_title(captioned.captions)
            page = captioned.grid.page
            before = tables[-1] if tables else None
            if (
                position == 0
                and before is not None
                and _follows(before.pages[-1], page, blank_pages)
                and _same_title(before.title, title)
                and not (title is None and _has_other_header(captioned.grid, before))
                and (edges := _join_edges(before.edges, captioned.grid.xs)) is not None
            ):
                _append(before, captioned, edges)
            else:
                tables.append(_start(captioned, title))
    return tuple(_finish(ordinal, table) for ordinal, table in enumerate(tables, 1))


def _follows(last: int, page: int, blank_pages: frozenset[int]) -> bool:
    return page > last and all(between in blank_pages for between in range(last + 1, page))


def _same_title(one: Title | None, other: Title | None) -> bool:
    """No new title, or the same one again; a number that one of the pages lacks contradicts nothing."""
    if other is None:
        return True
    return one is not None and one.text == other.text and (None in {one.number, other.number} or one.number == other.number)


def _has_other_header(grid: Grid, before: _Table) -> bool:
    """Whether the first row is the header of another table, one without a title.

    It holds no amount, terms stand over amounts, and the table before nowhere has one of its terms. A page that only goes on has
    amounts there, or nothing: words in its other columns are names. A sheet of targets goes on with any of its many headers, a
    table that has no amount yet with the rest of its own.
    """
    if _is_of_targets(before.title) or not any(is_amount(cell.text) for cell in before.cells):
        return False
    over_amounts = {column for cell in grid.cells if _is_surely_amount(cell.text) for column in _columns_of(cell)}
    cells = sorted(
        (cell for cell in grid.cells if cell.text.strip() and cell.column_span < len(grid.xs) - 1), key=lambda cell: cell.row
    )
    first = [cell for cell in cells if cell.row == cells[0].row]
    terms = {cell.column: normalise(cell.text) for cell in first if _is_term(normalise(cell.text))}
    if any(is_amount(cell.text) for cell in first) or not any(
        cell.column in terms and over_amounts.intersection(_columns_of(cell)) for cell in first
    ):
        return False
    return any(not any(term == normalise(cell.text) for cell in before.cells) for term in terms.values())


def _is_of_targets(title: Title | None) -> bool:
    return title is not None and title.table_type is not None and title.table_type.type in TARGET_TYPES


def _is_surely_amount(text: str) -> bool:
    return is_amount(text) and not CODE.match(normalise(text))


def _columns_of(cell: RawCell) -> range:
    return range(cell.column, cell.column + cell.column_span)


def _is_term(text: str) -> bool:
    is_short = 1 < len(text) <= LONGEST_TERM
    return is_short and any(c.isalpha() for c in text) and not any(c.isdigit() for c in text) and find_unit([text]) is None


def _join_edges(edges: Sequence[float], others: Sequence[float]) -> tuple[list[float], float] | None:
    """Edges of both grids in one list and the other grid's shift; None where the columns do not fit each other.

    The columns of one are those of the other, but for a merged one, or a blank margin that one page's frame draws.
    """
    for shift in (0.0, edges[0] - others[0], edges[-1] - others[-1]):
        moved = [x + shift for x in others]
        few, many = (moved, edges) if len(moved) <= len(edges) else (edges, moved)
        if not all(min(abs(x - y) for y in many) <= EDGE for x in few):
            continue
        margins = sum(y < few[0] - EDGE or y > few[-1] + EDGE for y in many)
        if margins == 0 or (margins <= MARGINS and len(few) > MANY_COLUMNS):
            return [*edges, *(x for x in moved if min(abs(x - y) for y in edges) > EDGE)], shift
    if len(edges) == len(others) and len(edges) > MANY_COLUMNS:
        # The same columns, drawn in other widths: they are matched in order.
        return list(edges), float("nan")
    return None


def _start(captioned: CaptionedGrid, title: Title | None) -> _Table:
    grid = captioned.grid
    return _Table(
        list(grid.xs), list(grid.cells), len(grid.ys) - 1, [grid.page], [(grid.page, 0)], captioned.captions, title, grid.bbox
    )


def _append(table: _Table, captioned: CaptionedGrid, joined: tuple[list[float], float]) -> None:
    edges, shift = sorted(joined[0]), joined[1]
    grid = captioned.grid
    own = [] if math.isnan(shift) else list(grid.xs)
    if edges != table.edges:  # pages that draw the same edges as those before leave the many cells before alone
        table.cells = _remap(table.cells, _map_edges(table.edges, edges, 0.0), 0)
    columns = _map_edges(own, edges, shift) if own else range(len(edges))
    table.cells.extend(_remap(grid.cells, columns, table.n_rows))
    table.edges = edges
    table.rows_of_page.append((grid.page, table.n_rows))
    table.n_rows += len(grid.ys) - 1
    table.pages.append(grid.page)


def _map_edges(own: Sequence[float], edges: Sequence[float], shift: float) -> Sequence[int]:
    """For each own edge the index of the joined edge that it is."""
    return [_find_nearest(edges, x + shift) for x in own]


def _find_nearest(edges: Sequence[float], x: float) -> int:
    return min(range(len(edges)), key=lambda i: abs(edges[i] - x))


def _remap(cells: Iterable[RawCell], columns: Sequence[int], row_offset: int) -> list[RawCell]:
    """The cells with their columns counted on the joined edges and their rows on those before."""
    moved = []
    for cell in cells:
        start, end = columns[cell.column], columns[cell.column + cell.column_span]
        moved.append(replace(cell, row=cell.row + row_offset, column=start, column_span=max(end - start, 1)))
    return moved


def _finish(ordinal: int, table: _Table) -> RawTable:
    return RawTable(
        ordinal=ordinal,
        pages=tuple(table.pages),
        n_rows=table.n_rows,
        n_columns=len(table.edges) - 1,
        cells=tuple(table.cells),
        column_edges=tuple(table.edges),
        bbox=table.bbox,
        engine="",
        captions=table.captions,
        rows_of_page=tuple(table.rows_of_page),
    )
