"""What stands on a page, cheaply: characters with their boxes and the straight rules, through pdfium alone.

Promise: coordinates are PDF points from the top left of the page as displayed (rotation and crop box applied), every
character is there once (those that run over the page's edge too), and nothing is interpreted. Rules come from stroked and
filled paths, also inside form objects; a thin filled shape is a rule along its longer side, whatever curves it is made of.
"""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import floor, hypot
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from transforms.plain_text import replace_halves
from warehouse.records import Box

THIN = 3.0  # points: a filled shape not thicker than this is a rule
SHORT = 2.0  # points: shorter strokes are dots and glyph parts
MAX_FORM_DEPTH = 4
OBJECT_LIMIT = 400_000  # page objects looked at; a page with more is a picture made of paths
ASCENT, DESCENT = 0.88, 0.12  # of the em: the box of nearly every font in use
DOUBLED = 0.12  # of the em: the same character nearer than this was printed twice (fake bold); the narrowest is 0.2 wide
UNSEEN = frozenset((0xA0, 0x3000, 0xFFFE, 0xFFFF, 0x200B, 0xFEFF))

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class Glyph(NamedTuple):
    """One character and its box: its advance wide and its em high, so that commas share the line of their digits."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float

    @property
    def x_mid(self) -> float:
        """Horizontal centre."""
        return (self.x0 + self.x1) / 2

    @property
    def y_mid(self) -> float:
        """Vertical centre."""
        return (self.top + self.bottom) / 2

    @property
    def height(self) -> float:
        """Height of the box."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight rule: `at` on one axis, from `start` to `end` on the other."""

    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class PageContent:
    """One page as displayed: its size, characters in content order, horizontal and vertical rules, the boxes of its pictures."""

    number: int
    width: float
    height: float
    glyphs: tuple[Glyph, ...]
    horizontals: tuple[Rule, ...]
    verticals: tuple[Rule, ...]
    pictures: tuple[Box, ...] = ()

    @property
    def has_image(self) -> bool:
        """Whether the page shows any picture."""
        return bool(self.pictures)


@dataclass(frozen=True, slots=True)
class Display:
    """Maps page space (origin bottom left, not rotated) to the page as displayed (origin top left)."""

    left: float
    bottom: float
    width: float
    height: float
    rotation: int

    def place(self, x: float, y: float) -> tuple[float, float]:
        """A point of page space as displayed."""
        x, y = x - self.left, y - self.bottom
        if self.rotation == 90:
            return y, x
        if self.rotation == 180:
            return self.width - x, y
        if self.rotation == 270:
            return self.height - y, self.width - x
        return x, self.height - y

    def turn(self, dx: float, dy: float) -> tuple[float, float]:
        """A direction in page space as displayed (y downwards)."""
        if self.rotation == 90:
            return dy, dx
        if self.rotation == 180:
            return -dx, dy
        if self.rotation == 270:
            return -dy, -dx
        return dx, -dy

    def place_box(self, left: float, bottom: float, right: float, top: float) -> Box:
        """A box of page space as displayed."""
        ax, ay = self.place(left, bottom)
        bx, by = self.place(right, top)
        return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)

    def page_box(self, box: Box) -> Box:
        """A box as displayed in page space: left, bottom, right, top."""
        ax, ay = self._return(box[0], box[1])
        bx, by = self._return(box[2], box[3])
        return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)

    def _return(self, x: float, y: float) -> tuple[float, float]:
        if self.rotation == 90:
            return y + self.left, x + self.bottom
        if self.rotation == 180:
            return self.width - x + self.left, y + self.bottom
        if self.rotation == 270:
            return self.width - y + self.left, self.height - x + self.bottom
        return x + self.left, self.height - y + self.bottom


def make_display(page: pdfium.PdfPage) -> Display:
    """How an open page is displayed: crop box and rotation."""
    left, bottom, right, top = page.get_bbox()
    return Display(left, bottom, right - left, top - bottom, page.get_rotation())


def read_pages(document: pdfium.PdfDocument) -> Iterator[PageContent]:
    """Pages of an open document in order, one at a time: memory does not grow with the page count."""
    for index in range(len(document)):
        yield read_page(document, index)


def read_page(document: pdfium.PdfDocument, index: int) -> PageContent:
    """One page by its index from 0."""
    page = document[index]
    try:
        display = make_display(page)
        width, height = page.get_size()
        glyphs = tuple(_drop_doubled(_read_glyphs(page, display)))
        horizontals, verticals, pictures = _read_rules(page, display)
        return PageContent(index + 1, width, height, glyphs, horizontals, verticals, pictures)
    finally:
        page.close()


def _read_glyphs(page: pdfium.PdfPage, display: Display) -> Iterator[Glyph]:
    textpage = page.get_textpage()
    try:
        raw, box = textpage.raw, pdfium_c.FS_RECTF()
        room = _Room(pdfium_c.FS_MATRIX(), ctypes.c_double(), ctypes.c_double())
        for index in range(pdfium_c.FPDFText_CountChars(raw)):
            code = pdfium_c.FPDFText_GetUnicode(raw, index)
            if code <= 32 or code in UNSEEN or not pdfium_c.FPDFText_GetLooseCharBox(raw, index, box):
                continue
            x0, top, x1, bottom = display.place_box(box.left, box.bottom, box.right, box.top)
            if (lines := _find_em_box(raw, index, display, room)) is not None and top <= (lines[0] + lines[1]) / 2 <= bottom:
                top, bottom = lines
            yield Glyph(replace_halves(chr(code)), x0, top, x1, bottom)
    finally:
        textpage.close()


class _Room(NamedTuple):
    """Where pdfium writes its answers about one character; one for all of a page's, since making them costs more than asking."""

    matrix: pdfium_c.FS_MATRIX
    x: ctypes.c_double
    y: ctypes.c_double


def _find_em_box(raw: ctypes.c_void_p, index: int, display: Display, room: _Room) -> tuple[float, float] | None:
    """Top and bottom of an upright character's em from its baseline and size; None for turned ones.

    Fonts declare ascents and descents that reach over the lines above and below (1.3 and 1.0 em in one of Chongqing's); where a
    character's baseline lies and how large it is drawn is not theirs to say.
    """
    matrix, x, y = room
    if not pdfium_c.FPDFText_GetMatrix(raw, index, matrix) or not pdfium_c.FPDFText_GetCharOrigin(raw, index, x, y):
        return None
    dx, dy = display.turn(matrix.a, matrix.b)
    if dx <= 0 or abs(dy) > 0.1 * dx:
        return None
    scale = abs(matrix.a * matrix.d - matrix.b * matrix.c) / hypot(dx, dy)
    em = pdfium_c.FPDFText_GetFontSize(raw, index) * scale
    baseline = display.place(x.value, y.value)[1]
    return (baseline - ASCENT * em, baseline + DESCENT * em) if em > 0 else None


def _drop_doubled(glyphs: Iterator[Glyph]) -> Iterator[Glyph]:
    """Bold is often faked by printing a character twice, a hair apart: the first one stays."""
    seen: dict[tuple[str, int, int, int], Glyph] = {}
    for glyph in glyphs:
        em = max(round(glyph.height), 1)
        near = DOUBLED * em
        column, row = glyph.x0 / near / 2, glyph.bottom / near / 2
        at_x, at_y = floor(column), floor(row)
        # Places are twice as wide as what is near, so that it lies in this one or in those on the nearer sides.
        beside_x, beside_y = at_x + (1 if column - at_x >= 0.5 else -1), at_y + (1 if row - at_y >= 0.5 else -1)
        for x, y in ((at_x, at_y), (beside_x, at_y), (at_x, beside_y), (beside_x, beside_y)):
            other = seen.get((glyph.text, em, x, y))
            if other is not None and abs(glyph.x0 - other.x0) <= near and abs(glyph.bottom - other.bottom) <= near:
                break
        else:
            seen[glyph.text, em, at_x, at_y] = glyph
            yield glyph


def _read_rules(page: pdfium.PdfPage, display: Display) -> tuple[tuple[Rule, ...], tuple[Rule, ...], tuple[Box, ...]]:
    horizontals: list[Rule] = []
    verticals: list[Rule] = []
    pictures: list[Box] = []
    for number, (kind, handle, matrix) in enumerate(_iterate_objects(page)):
        if number > OBJECT_LIMIT:
            break
        if kind == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            pictures.append(_find_picture_box(handle, matrix, display))
            continue
        for x0, top, x1, bottom, is_outline in _read_path(handle, matrix, display):
            _add_rules(x0, top, x1, bottom, is_outline, horizontals, verticals)
    return tuple(horizontals), tuple(verticals), tuple(pictures)


def _iterate_objects(page: pdfium.PdfPage) -> Iterator[tuple[int, ctypes.c_void_p, Matrix]]:
    raw = page.raw
    for index in range(pdfium_c.FPDFPage_CountObjects(raw)):
        yield from _walk_object(pdfium_c.FPDFPage_GetObject(raw, index), IDENTITY, 0)


def _walk_object(handle: ctypes.c_void_p, matrix: Matrix, depth: int) -> Iterator[tuple[int, ctypes.c_void_p, Matrix]]:
    kind = pdfium_c.FPDFPageObj_GetType(handle)
    if kind == pdfium_c.FPDF_PAGEOBJ_FORM:
        if depth < MAX_FORM_DEPTH:
            inner = _multiply(_get_matrix(handle), matrix)
            for index in range(pdfium_c.FPDFFormObj_CountObjects(handle)):
                yield from _walk_object(pdfium_c.FPDFFormObj_GetObject(handle, index), inner, depth + 1)
    elif kind in (pdfium_c.FPDF_PAGEOBJ_PATH, pdfium_c.FPDF_PAGEOBJ_IMAGE):
        yield kind, handle, matrix


def _find_picture_box(handle: ctypes.c_void_p, outer: Matrix, display: Display) -> Box:
    """A picture is drawn on the square of side 1."""
    a, b, c, d, e, f = _multiply(_get_matrix(handle), outer)
    corners = [display.place(a * x + c * y + e, b * x + d * y + f) for x in (0, 1) for y in (0, 1)]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return min(xs), min(ys), max(xs), max(ys)


def _get_matrix(handle: ctypes.c_void_p) -> Matrix:
    m = pdfium_c.FS_MATRIX()
    if not pdfium_c.FPDFPageObj_GetMatrix(handle, m):
        return IDENTITY
    return m.a, m.b, m.c, m.d, m.e, m.f


def _multiply(m: Matrix, n: Matrix) -> Matrix:
    return (
        m[0] * n[0] + m[1] * n[2],
        m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2],
        m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4],
        m[4] * n[1] + m[5] * n[3] + n[5],
    )


def _read_path(handle: ctypes.c_void_p, outer: Matrix, display: Display) -> Iterator[tuple[float, float, float, float, bool]]:
    """Boxes of a path's parts as displayed: each straight stroke, or the whole of each filled subpath (`is_outline` False)."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    if not pdfium_c.FPDFPath_GetDrawMode(handle, fill, stroke) or not (fill.value or stroke.value):
        return
    matrix = _multiply(_get_matrix(handle), outer)
    for points, closed in _read_subpaths(handle, matrix, display):
        if stroke.value:
            pairs = list(pairwise(points))
            if closed and len(points) > 2:
                pairs.append((points[-1], points[0]))
            for (ax, ay), (bx, by) in pairs:
                yield min(ax, bx), min(ay, by), max(ax, bx), max(ay, by), True
        else:
            xs, ys = [p[0] for p in points], [p[1] for p in points]
            yield min(xs), min(ys), max(xs), max(ys), False


def _read_subpaths(handle: ctypes.c_void_p, matrix: Matrix, display: Display) -> Iterator[tuple[list[tuple[float, float]], bool]]:
    a, b, c, d, e, f = matrix
    x, y = ctypes.c_float(), ctypes.c_float()
    points: list[tuple[float, float]] = []
    closed = False
    for index in range(pdfium_c.FPDFPath_CountSegments(handle)):
        segment = pdfium_c.FPDFPath_GetPathSegment(handle, index)
        pdfium_c.FPDFPathSegment_GetPoint(segment, x, y)
        if pdfium_c.FPDFPathSegment_GetType(segment) == pdfium_c.FPDF_SEGMENT_MOVETO:
            if len(points) > 1:
                yield points, closed
            points, closed = [], False
        px, py = x.value, y.value
        points.append(display.place(a * px + c * py + e, b * px + d * py + f))
        closed = closed or bool(pdfium_c.FPDFPathSegment_GetClose(segment))
    if len(points) > 1:
        yield points, closed


def _add_rules(
    x0: float, top: float, x1: float, bottom: float, is_outline: bool, horizontals: list[Rule], verticals: list[Rule]
) -> None:
    """A stroke is a rule along its axis; a thin filled shape along its longer side; other filled shapes are shading."""
    width, height = x1 - x0, bottom - top
    limit = 1.0 if is_outline else THIN
    if height <= limit and width > max(SHORT, height):
        horizontals.append(Rule((top + bottom) / 2, x0, x1))
    elif width <= limit and height > max(SHORT, width):
        verticals.append(Rule((x0 + x1) / 2, top, bottom))
