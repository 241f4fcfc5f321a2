"""The lines of text outside the grids, and which of them stand above which grid.

Promise: reading order from top to bottom; pieces of one line that stand far apart are lines of their own, so that
`部门：某局        单位：万元` is two statements.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from extractors.pdf.grids import Grid, split_lines
from extractors.pdf.pages import Glyph
from transforms.table_types import find_title
from warehouse.records import Box, RawCell, TextLine

GAP = 2.0  # widths of a character: a wider gap parts a line
CAPTION_CELLS = 2  # a row with more texts than this is no caption
MIN_COLUMNS = 2
LEFT_BEHIND = 4  # lines at the end of a page among which the title of the next page's table may stand: unit, page number


@dataclass(frozen=True, slots=True)
class CaptionedGrid:
    """A grid with the lines above it, nearest last; rows of the grid that only held a caption are taken out of it."""

    grid: Grid
    captions: tuple[TextLine, ...]


def make_lines(page: int, glyphs: Sequence[Glyph]) -> list[TextLine]:
    """Text lines of loose characters, top to bottom, left to right."""
    lines: list[TextLine] = []
    for line in split_lines(glyphs):
        lines.extend(TextLine(page, "".join(g.text for g in piece), _box(piece)) for piece in _split_gaps(line))
    return lines


def caption_grids(grids: Sequence[Grid], lines: Sequence[TextLine], left_behind: Sequence[TextLine] = ()) -> list[CaptionedGrid]:
    """Each grid of a page with the lines between it and the grid before it (or the page's top).

    `left_behind`: the lines that end the page before. Where the first grid has no title of its own and the title of a known table
    is among them, they belong to it.
    """
    captioned = []
    above = float("-inf")
    for grid in grids:
        own = tuple(line for line in lines if above <= (line.bbox[1] + line.bbox[3]) / 2 <= grid.ys[0] + 1)
        inner, trimmed = _lift_caption_rows(grid)
        captioned.append(CaptionedGrid(trimmed, own + inner))
        above = grid.ys[-1] - 1
    if captioned and find_title(captioned[0].captions) is None:
        before = tuple(left_behind[-LEFT_BEHIND:])
        # Several titles below each other are a table of contents.
        if sum(_names_table(line) for line in left_behind) <= 1 and _names_table(*before):
            captioned[0] = CaptionedGrid(captioned[0].grid, before + captioned[0].captions)
    return captioned


def _names_table(*lines: TextLine) -> bool:
    title = find_title(lines)
    return title is not None and title.table_type is not None


def find_left_behind(grids: Sequence[Grid], lines: Sequence[TextLine]) -> list[TextLine]:
    """The lines of a page below its last grid."""
    return [line for line in lines if not grids or line.bbox[1] > grids[-1].ys[-1] - 1]


def _split_gaps(line: list[Glyph]) -> list[list[Glyph]]:
    pieces = [[line[0]]]
    for before, glyph in pairwise(line):
        if glyph.x0 - before.x1 > GAP * max(before.height, glyph.height):
            pieces.append([glyph])
        else:
            pieces[-1].append(glyph)
    return pieces


def _box(glyphs: Sequence[Glyph]) -> Box:
    return (
        min(g.x0 for g in glyphs),
        min(g.top for g in glyphs),
        max(g.x1 for g in glyphs),
        max(g.bottom for g in glyphs),
    )


def _lift_caption_rows(grid: Grid) -> tuple[tuple[TextLine, ...], Grid]:
    """Title and unit that stand inside the frame, in rows of their own above the header: lines, and the grid without them."""
    n_rows = len(grid.ys) - 1
    by_row: list[list[RawCell]] = [[] for _ in range(n_rows)]
    for cell in grid.cells:
        by_row[cell.row].append(cell)
    lines: list[TextLine] = []
    first = 0
    for row in by_row[:-1]:
        texts = [cell for cell in row if cell.text]
        if len(texts) > CAPTION_CELLS or any(not _is_caption(cell, grid) for cell in texts):
            break
        if not texts and first >= MIN_COLUMNS + 2:
            break
        lines.extend(TextLine(cell.page, cell.text.replace("\n", ""), cell.bbox) for cell in texts)
        first += 1
    # A frame of blank rows alone is a template, not a caption.
    if not lines:
        return (), grid
    return tuple(lines), _cut_rows(grid, first)


def _is_caption(cell: RawCell, grid: Grid) -> bool:
    """A title ends in 表 or stands over most columns; a unit note says 单位. What begins a table's header does neither."""
    text = cell.text.replace("\n", "")
    n_columns = len(grid.xs) - 1
    if "单位:" in text or "单位：" in text or (text.endswith(("元", "元）", "元)")) and "单位" in text):
        return True
    is_wide = cell.column_span >= max(MIN_COLUMNS, 0.4 * n_columns)
    return is_wide and (text.endswith(("表", "表）", "表)")) or text.startswith(("表", "附表", "公开", "预算0", "预算1")))


def _cut_rows(grid: Grid, first: int) -> Grid:
    cells = []
    for cell in grid.cells:
        if cell.row >= first:
            cells.append(replace(cell, row=cell.row - first))
        elif cell.row + cell.row_span > first:
            span = cell.row + cell.row_span - first
            box = (cell.bbox[0], grid.ys[first], cell.bbox[2], cell.bbox[3])
            cells.append(replace(cell, row=0, row_span=span, bbox=box))
    return Grid(grid.page, grid.xs, grid.ys[first:], tuple(cells))
