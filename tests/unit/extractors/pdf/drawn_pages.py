"""Pages drawn for the tests of the readers, and grids and cells made by hand.

All places are points from the top left of the page as displayed, whatever the page's rotation and crop box.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import pypdfium2 as pdfium
from reportlab.pdfgen.canvas import Canvas

from extractors.pdf.captions import CaptionedGrid
from extractors.pdf.grids import Grid, find_grids
from extractors.pdf.pages import Glyph, PageContent, Rule, read_page
from warehouse.records import RawCell, TextLine

Manner = Literal["lines", "rectangles", "curves", "form", "cell boxes"]
MANNERS: tuple[Manner, ...] = ("lines", "rectangles", "curves", "form", "cell boxes")
SIZE = (400.0, 300.0)


@dataclass(slots=True)
class Sheet:
    """One page to draw on."""

    canvas: Canvas
    height: float
    font: str = "Helvetica"

    def text(self, x: float, y: float, text: str, size: float = 9) -> None:
        """Text from `x` on with its baseline at `y`."""
        self.canvas.setFont(self.font, size)
        self.canvas.drawString(x, self.height - y, text)

    def rule(self, x0: float, y0: float, x1: float, y1: float, manner: Manner = "lines") -> None:
        y0, y1 = self.height - y0, self.height - y1
        if manner == "rectangles":
            self.canvas.rect(min(x0, x1) - 0.3, min(y0, y1) - 0.3, abs(x1 - x0) + 0.6, abs(y1 - y0) + 0.6, stroke=0, fill=1)
        elif manner == "curves":
            self._fill_curves(min(x0, x1) - 0.3, min(y0, y1) - 0.3, max(x0, x1) + 0.3, max(y0, y1) + 0.3)
        else:
            self.canvas.line(x0, y0, x1, y1)

    def _fill_curves(self, x0: float, y0: float, x1: float, y1: float) -> None:
        path = self.canvas.beginPath()
        path.moveTo(x0, y0)
        for ax, ay, bx, by in ((x0, y0, x1, y0), (x1, y0, x1, y1), (x1, y1, x0, y1), (x0, y1, x0, y0)):
            path.curveTo(ax, ay, bx, by, bx, by)
        self.canvas.drawPath(path, stroke=0, fill=1)

    def grid(self, xs: Sequence[float], ys: Sequence[float], manner: Manner = "lines") -> None:
        """All rules of a grid."""
        if manner == "form":
            self.canvas.beginForm("grid")
            self.grid(xs, ys)
            self.canvas.endForm()
            self.canvas.doForm("grid")
        elif manner == "cell boxes":
            for x0, x1 in pairwise(xs):
                for y0, y1 in pairwise(ys):
                    self.canvas.rect(x0, self.height - y1, x1 - x0, y1 - y0, stroke=1, fill=0)
        else:
            for y in ys:
                self.rule(xs[0], y, xs[-1], y, manner)
            for x in xs:
                self.rule(x, ys[0], x, ys[-1], manner)

    def fill(self, xs: Sequence[float], ys: Sequence[float], rows: Sequence[Sequence[str]]) -> None:
        """Texts of the cells; what stands on several lines begins at the top."""
        for row, top in zip(rows, ys, strict=False):
            for text, x in zip(row, xs, strict=False):
                for number, line in enumerate(text.split("\n")):
                    self.text(x + 3, top + 12 + 10 * number, line)


def draw_pdf(*pages: Callable[[Sheet], None], rotation: int = 0, crop: tuple[float, float] = (0, 0)) -> bytes:
    """A PDF of pages of SIZE as displayed. `crop`: the crop box stands this far inside of the media box."""
    width, height = SIZE if rotation in {0, 180} else SIZE[::-1]
    left, bottom = crop
    target = io.BytesIO()
    media = (width + 2 * left, height + 2 * bottom)
    # reportlab turns the media box of a rotated page over by itself.
    canvas = Canvas(target, pagesize=media if rotation in {0, 180} else media[::-1])
    for draw in pages:
        canvas.setPageRotation(rotation)
        if crop != (0, 0):
            canvas.setCropBox((left, bottom, left + width, bottom + height))
        canvas.translate(left, bottom)
        turned = {
            0: (1, 0, 0, 1, 0, 0),
            90: (0, 1, -1, 0, width, 0),
            180: (-1, 0, 0, -1, width, height),
            270: (0, -1, 1, 0, 0, height),
        }
        canvas.transform(*turned[rotation])
        draw(Sheet(canvas, SIZE[1]))
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def read_drawn(draw: Callable[[Sheet], None], *, rotation: int = 0, crop: tuple[float, float] = (0, 0)) -> PageContent:
    document = pdfium.PdfDocument(draw_pdf(draw, rotation=rotation, crop=crop))
    try:
        return read_page(document, 0)
    finally:
        document.close()


def read_grids(draw: Callable[[Sheet], None]) -> list[Grid]:
    return find_grids(read_drawn(draw))[0]


def texts_of(grid: Grid) -> list[list[str]]:
    """Texts of the cells that begin in each row."""
    rows: list[list[str]] = [[] for _ in grid.ys[1:]]
    for cell in grid.cells:
        rows[cell.row].append(cell.text)
    return rows


def spans_of(grid: Grid) -> dict[str, tuple[int, int]]:
    """Row and column spans by the text of the cell."""
    return {cell.text: (cell.row_span, cell.column_span) for cell in grid.cells if cell.text}


def make_page(glyphs: Sequence[Glyph], horizontals: Sequence[Rule], verticals: Sequence[Rule]) -> PageContent:
    return PageContent(1, *SIZE, tuple(glyphs), tuple(horizontals), tuple(verticals))


def write_glyphs(text: str, x: float, y: float, size: float = 9.0) -> list[Glyph]:
    """Characters half as wide as high from `x` on, their boxes from `y` down."""
    return [Glyph(c, x + i * size / 2, y, x + (i + 1) * size / 2, y + size) for i, c in enumerate(text)]


def make_grid(rows: Sequence[Sequence[str]], *, page: int = 1, xs: Sequence[float] = (), top: float = 100.0) -> Grid:
    """A grid of cells without spans, 50 points wide (or between `xs`) and 20 high."""
    edges = tuple(xs) or tuple(50.0 * i for i in range(len(rows[0]) + 1))
    ys = tuple(top + 20.0 * i for i in range(len(rows) + 1))
    cells = tuple(
        RawCell(page, r, c, 1, 1, text, (edges[c], ys[r], edges[c + 1], ys[r + 1]))
        for r, row in enumerate(rows)
        for c, text in enumerate(row)
    )
    return Grid(page, edges, ys, cells)


def make_caption(text: str, y: float = 80.0, *, page: int = 1, x: float = 0.0) -> TextLine:
    return TextLine(page, text, (x, y, x + 10.0 * len(text), y + 10.0))


def caption(grid: Grid, *texts: str) -> CaptionedGrid:
    top = grid.ys[0] - 15.0 * len(texts)
    return CaptionedGrid(grid, tuple(make_caption(text, top + 15.0 * i, page=grid.page) for i, text in enumerate(texts)))
