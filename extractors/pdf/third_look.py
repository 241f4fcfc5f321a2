"""A third look at the cells in which the two readers differ: pdfium's own text inside the cell's box.

Promise: it shares neither the second reader's lines and columns nor camelot's text boxes; it is only asked where they differ, so
that it costs nothing elsewhere. It is the same text layer: what it can settle is where a text stands, not what a font says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pypdfium2 as pdfium

from extractors.pdf.grids import Grid
from extractors.pdf.pages import make_display
from warehouse.records import RawCell


def look_again(document: pdfium.PdfDocument, grids: Mapping[int, Sequence[Grid]]) -> dict[int, list[Grid]]:
    """The grids by page, the cells in which the readers differ with what the third look saw."""
    return {page: _look_at_page(document, page, found) for page, found in grids.items()}


def _look_at_page(document: pdfium.PdfDocument, number: int, grids: Sequence[Grid]) -> list[Grid]:
    if not any(_is_open(cell) for grid in grids for cell in grid.cells):
        return list(grids)
    page = document[number - 1]
    try:
        display = make_display(page)
        text = page.get_textpage()
        try:
            return [
                replace(
                    grid,
                    cells=tuple(
                        replace(cell, third_text=text.get_text_bounded(*display.page_box(cell.bbox)).strip())
                        if _is_open(cell)
                        else cell
                        for cell in grid.cells
                    ),
                )
                for grid in grids
            ]
        finally:
            text.close()
    finally:
        page.close()


def _is_open(cell: RawCell) -> bool:
    return not cell.agreed and cell.other_text is not None
