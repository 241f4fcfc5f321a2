"""Where the readers differ, pdfium's own text inside the cell's box is asked."""

import io
from dataclasses import replace

import pypdfium2 as pdfium
import pytest
from reportlab.pdfgen.canvas import Canvas

from extractors.pdf.grids import find_grids
from extractors.pdf.pages import read_page
from extractors.pdf.third_look import look_again


def draw(rotation):
    """A ruled row of two cells with a number each."""
    room = io.BytesIO()
    canvas = Canvas(room, pagesize=(400, 300))
    for x in (100, 200, 300):
        canvas.line(x, 100, x, 130)
    for y in (100, 130):
        canvas.line(100, y, 300, y)
    canvas.drawString(110, 110, "12.00")
    canvas.drawString(210, 110, "34.50")
    canvas.setPageRotation(rotation)
    canvas.save()
    return room.getvalue()


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_cell_in_doubt_is_looked_at_again_on_pages_of_every_rotation(rotation):
    document = pdfium.PdfDocument(draw(rotation))
    (grid,), _ = find_grids(read_page(document, 0))
    doubted = replace(grid, cells=tuple(replace(cell, other_text="99.00") for cell in grid.cells))
    (seen,) = look_again(document, {1: [doubted]})[1]
    assert sorted(cell.third_text for cell in seen.cells) == ["12.00", "34.50"]


def test_cells_without_doubt_are_not_asked():
    document = pdfium.PdfDocument(draw(0))
    (grid,), _ = find_grids(read_page(document, 0))
    (seen,) = look_again(document, {1: [grid]})[1]
    assert [cell.third_text for cell in seen.cells] == [None, None]
