"""The first reader: camelot, page by page, with the settings that `docs/reading.md` measured. The only importer of camelot.

Promise: strings and boxes in display coordinates (origin top left), nothing interpreted. Lattice with the vector engine and
split text reads nearly every ruled page; where vector sees no table on a page that has a grid (rules drawn as curves or
pictures), the raster engine reads it again.
"""

import logging
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from extractors.pdf.grids import Grid
from transforms.plain_text import replace_halves
from transforms.text import normalise, same_text
from warehouse.records import Box, RawCell

logging.getLogger("camelot").setLevel(logging.ERROR)

RASTER_LINE_SCALE = 40
AMOUNT = re.compile(r"^-?[\d,]+(\.\d+)?$")
FIRST_READER = "camelot-lattice"
SECOND_READER = "pdfium-grid"


@dataclass(frozen=True, slots=True)
class CamelotCell:
    """One cell as camelot saw it."""

    text: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class CamelotTable:
    """One table of camelot's: outline and cells with their centres."""

    bbox: Box
    cells: tuple[CamelotCell, ...]


class FirstReaderError(RuntimeError):
    """Camelot cannot read the file; the second reader's cells stand alone."""


def read_camelot(path: Path, heights: Mapping[int, float], grids: Mapping[int, Sequence[Grid]]) -> dict[int, list[CamelotTable]]:
    """Camelot's tables by page for the pages in `grids` (those with ruled grids). `heights`: page heights as displayed.

    Raises FirstReaderError where camelot fails on the file.
    """
    pages = sorted(page for page, found in grids.items() if found)
    if not pages:
        return {}
    try:
        tables = _read(path, pages, heights, engine="vector")
        unseen = [page for page in pages if not tables.get(page)]
        if unseen:
            tables.update(_read(path, unseen, heights, engine="raster", line_scale=RASTER_LINE_SCALE))
    except Exception as error:  # camelot and what it stands on raise whatever a broken page makes of them
        raise FirstReaderError(f"{type(error).__name__}: {error}") from error
    return tables


def reread_page(path: Path, page: int, height: float) -> list[CamelotTable]:
    """Camelot's tables of one page with its raster engine: other rules than the first time. Raises FirstReaderError."""
    try:
        return _read(path, [page], {page: height}, engine="raster", line_scale=RASTER_LINE_SCALE).get(page, [])
    except Exception as error:  # as above
        raise FirstReaderError(f"{type(error).__name__}: {error}") from error


def compare_readings(grid: Grid, tables: Sequence[CamelotTable]) -> Grid:
    """The grid with each cell marked: camelot saw the same text at the same place, another one, or no table there."""
    overlapping = [table for table in tables if _overlaps(grid.bbox, table.bbox)]
    if not overlapping:
        return grid
    cells = [cell for table in overlapping for cell in table.cells]
    return replace(grid, cells=_settle_borders([_compare_cell(cell, cells) for cell in grid.cells]))


def _compare_cell(cell: RawCell, others: Sequence[CamelotCell]) -> RawCell:
    x0, top, x1, bottom = cell.bbox
    seen = [o.text for o in others if x0 <= o.x <= x1 and top <= o.y <= bottom and o.text]
    if same_text("".join(seen), cell.text):
        return replace(cell, agreed=True)
    return replace(cell, agreed=False, other_text="\n".join(seen))


def _settle_borders(cells: Sequence[RawCell]) -> tuple[RawCell, ...]:
    """Two neighbours in which the readers saw the same characters, and only put a word on different sides of the border
    (`评|选700000`, `评选|700000`), are agreed upon, amount and word."""
    settled = {(cell.row, cell.column): cell for cell in cells}
    for cell in cells:
        for place in ((cell.row, cell.column - 1), (cell.row - 1, cell.column)):
            if (beside := settled.get(place)) is not None and _differ_by_border(beside, cell):
                settled[place] = replace(beside, agreed=True, other_text=None)
                settled[cell.row, cell.column] = replace(cell, agreed=True, other_text=None)
    return tuple(settled[cell.row, cell.column] for cell in cells)


def _differ_by_border(beside: RawCell, cell: RawCell) -> bool:
    if cell.agreed or beside.agreed or not cell.other_text or beside.other_text is None:
        return False
    amount = normalise(cell.text)
    has_same_amount = bool(AMOUNT.match(amount)) and re.sub(r"[^-\d.,]", "", cell.other_text) == amount
    return has_same_amount and same_text(beside.text + cell.text, beside.other_text + cell.other_text)


def _overlaps(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _read(path: Path, pages: Sequence[int], heights: Mapping[int, float], **options: Any) -> dict[int, list[CamelotTable]]:
    import camelot  # noqa: PLC0415 - costs a second: only workers that read tables pay for it

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = camelot.read_pdf(
            str(path), pages=",".join(map(str, pages)), flavor="lattice", split_text=True, suppress_stdout=True, **options
        )
    tables: dict[int, list[CamelotTable]] = {}
    for table in found:
        tables.setdefault(table.page, []).append(_convert(table, heights[table.page]))
    return tables


def _convert(table: Any, height: float) -> CamelotTable:
    """Camelot's coordinates have their origin at the bottom left of the page as displayed."""
    cells = tuple(
        CamelotCell(replace_halves(cell.text).strip(), (cell.x1 + cell.x2) / 2, height - (cell.y1 + cell.y2) / 2)
        for row in table.cells
        for cell in row
    )
    xs = [x for row in table.cells for cell in row for x in (cell.x1, cell.x2)]
    ys = [height - y for row in table.cells for cell in row for y in (cell.y1, cell.y2)]
    return CamelotTable((min(xs), min(ys), max(xs), max(ys)), cells)
