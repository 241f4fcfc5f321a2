"""Draws a disclosure: title page, contents, narrative, tables, as a PDF whose text and rules machines can read.

Promise: the same budget, layout and prose give the same bytes. Nothing is drawn that the sheets do not hold: every amount on
a table's page is the text of one of its cells.
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

import pypdfium2
from PIL.Image import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from samples.budget import Budget
from samples.expected import build_sheets
from samples.fonts import Face, find_font
from samples.layouts import Layout
from samples.narrative import Paragraph, write_contents, write_narrative
from samples.sheets import Cell, ColumnKind, GridRow, Sheet

MARGIN = 42.0
PADDING = 3.0
INDENT = 10.0
LEADING = 1.3
RULE = 0.6
NATURAL: dict[ColumnKind, float] = {"code": 52, "part": 26, "name": 96, "amount": 44, "text": 52, "serial": 26}
SMALLEST_FONT = 5.0
# Where the last row stands alone on a page, so many stand before it.
FEWEST_ROWS = 4
NARROW_NAME = 48.0
DIGITS = re.compile(r"[\d.,]+", re.ASCII)
DROP = 0.12  # of the font size: how much lower digits of another font stand
PICTURE_SCALE = 1.4  # pixels per point of a table that is a picture
# Titles shorter than this stand on one line everywhere.
LONG_TITLE = 10


@cache
def _register(face: Face) -> str:
    name = f"yusuan-{face}"
    pdfmetrics.registerFont(TTFont(name, str(find_font(face))))
    return name


def draw_disclosure(
    budget: Budget,
    layout: Layout,
    *,
    small_print: str,
    narrative: Sequence[Paragraph] | None = None,
    sheets: Sequence[Sheet] | None = None,
) -> bytes:
    """The PDF of a budget in a layout. `narrative` None: worded from the budget. Raises ValueError where it cannot be printed.

    `sheets` None: the tables of the budget. Others print what the budget does not say, as a publisher's misprint does.
    """
    sheets = build_sheets(budget, layout) if sheets is None else sheets
    paragraphs = write_narrative(budget, layout) if narrative is None else narrative
    press = Press.open(budget, layout)
    _draw_title_page(press, small_print)
    _draw_paragraphs(press, write_contents(sheets, layout))
    if not layout.tables_first:
        _draw_paragraphs(press, paragraphs)
    _draw_sheets(press, sheets)
    if layout.tables_first:
        _draw_paragraphs(press, paragraphs)
    return press.close()


def draw_files(budget: Budget, layout: Layout, *, small_print: str) -> tuple[bytes, ...]:
    """The PDFs of a disclosure: one, or where the layout splits it one with the tables and one with the text alone."""
    if not layout.split_files:
        return (draw_disclosure(budget, layout, small_print=small_print),)
    tables = draw_disclosure(budget, layout, small_print=small_print, narrative=())
    return tables, draw_disclosure(budget, layout.model_copy(update={"contents": "none"}), small_print=small_print, sheets=())


@dataclass
class Press:
    """The canvas with its cursor: `y` counts down from the top of the page as displayed."""

    budget: Budget
    layout: Layout
    canvas: Canvas
    buffer: io.BytesIO
    body_font: str
    title_font: str
    width: float = 0.0
    height: float = 0.0
    y: float = 0.0
    page: int = 0
    digit_font: str = ""
    n_captions: int = 0
    _open: bool = field(default=False)

    @classmethod
    def open(cls, budget: Budget, layout: Layout) -> "Press":
        """A press without a page."""
        buffer = io.BytesIO()
        # invariant: no time stamp, no random id in the file.
        canvas = Canvas(buffer, pagesize=A4, invariant=1)
        canvas.setTitle(f"{budget.department}{budget.fiscal_year}")
        body = _register("serif" if layout.serif else "sans")
        press = cls(budget, layout, canvas, buffer, body, _register("sans"))
        if layout.mixed_fonts:
            press.digit_font = "Helvetica"
        return press

    def start_page(self, *, landscape: bool = False, rotated: bool = False) -> None:
        """A new page; `rotated`: portrait paper with /Rotate 90, so that it is displayed as a landscape page."""
        self.end_page()
        wide, tall = max(A4), min(A4)
        self.width, self.height = (wide, tall) if landscape or rotated else (tall, wide)
        # reportlab swaps the sides of a rotated page itself.
        self.canvas.setPageSize((self.width, self.height))
        self.canvas.setPageRotation(90 if rotated else 0)
        if rotated:
            # Displayed x runs up the paper, displayed y runs to the left.
            self.canvas.transform(0, 1, -1, 0, self.height, 0)
        self.page += 1
        self.y = MARGIN
        self._open = True
        if self.layout.page_header and self.page > 1:
            self._draw_page_header()

    def _draw_page_header(self) -> None:
        kind = "决算" if self.budget.phase == "final" else "预算"
        self.write(f"{self.budget.department}{self.budget.fiscal_year}年度部门{kind}公开", 7, MARGIN, self.y - 14)
        self.canvas.setLineWidth(RULE)
        self.canvas.line(MARGIN, self.height - self.y + 3, self.width - MARGIN, self.height - self.y + 3)
        self.y += 8

    def add_blank_page(self) -> None:
        """A page with nothing on it, not even its number."""
        self.end_page()
        self.page += 1
        self.canvas.showPage()

    def end_page(self) -> None:
        """The page's number and its end, if a page is open."""
        if not self._open:
            return
        if self.page > 1:
            self.write(f"- {self.page - 1} -", 8, self.width / 2, self.height - 26, align="center")
        self.canvas.showPage()
        self._open = False

    def close(self) -> bytes:
        """The finished file."""
        self.end_page()
        self.canvas.save()
        return self.buffer.getvalue()

    @property
    def bottom(self) -> float:
        """Where the printed area ends."""
        return self.height - MARGIN

    def write(self, text: str, size: float, x: float, top: float, *, align: str = "left", font: str | None = None) -> None:
        """One line of text; `top` is the top of the line from the page's top."""
        font = font or self.body_font
        baseline = self.height - top - size * 0.88
        if self.digit_font:
            left = x - self.measure(text, size, font) * {"left": 0.0, "center": 0.5, "right": 1.0}[align]
            self._write_mixed(text, size, left, baseline, font)
            return
        self.canvas.setFont(font, size)
        if align == "center":
            self.canvas.drawCentredString(x, baseline, text)
        elif align == "right":
            self.canvas.drawRightString(x, baseline, text)
        else:
            self.canvas.drawString(x, baseline, text)

    def _write_mixed(self, text: str, size: float, x: float, baseline: float, font: str) -> None:
        """Digits in their own font and a little lower than the Chinese, as two fonts of one line often stand."""
        for run, is_digits in _cut_runs(text):
            self.canvas.setFont(self.digit_font if is_digits else font, size)
            self.canvas.drawString(x, baseline - (DROP * size if is_digits else 0), run)
            x += float(pdfmetrics.stringWidth(run, self.digit_font if is_digits else font, size))

    def measure(self, text: str, size: float, font: str | None = None) -> float:
        """Width of a text in points."""
        font = font or self.body_font
        if not self.digit_font:
            return float(pdfmetrics.stringWidth(text, font, size))
        runs = _cut_runs(text)
        return sum(float(pdfmetrics.stringWidth(run, self.digit_font if is_digits else font, size)) for run, is_digits in runs)

    def add_picture(self, picture: Image) -> None:
        """A page that is a picture and nothing else, of the size of the tables' pages."""
        self.start_page(landscape=self.layout.landscape or self.layout.rotated)
        self.canvas.drawImage(ImageReader(picture), 0, 0, self.width, self.height)
        self.canvas.showPage()
        self._open = False

    def wrap(self, text: str, size: float, width: float) -> list[str]:
        """The text in lines of at most `width`, broken between any two characters; each line holds one at least."""
        if "\n" in text:
            return [line for part in text.split("\n") for line in self.wrap(part, size, width)]
        lines: list[str] = []
        current = ""
        used = 0.0
        for character in text:
            step = self.measure(character, size)
            if current and used + step > width:
                lines.append(current)
                current, used = "", 0.0
            current += character
            used += step
        return [*lines, current] if current else lines


def _cut_runs(text: str) -> list[tuple[str, bool]]:
    """The text in stretches, each with whether it is of digits and what stands between them."""
    return [(run, bool(DIGITS.fullmatch(run))) for run in re.findall(r"[\d.,]+|[^\d.,]+", text)]


# --- pages of text ----------------------------------------------------------------------------------------------------------


def _draw_title_page(press: Press, small_print: str) -> None:
    budget = press.budget
    press.start_page()
    kind = "决算" if budget.phase == "final" else "预算"
    scope = "部门" if budget.scope == "department" else "单位"
    middle = press.width / 2
    press.write(f"{budget.department}", 24, middle, 240, align="center", font=press.title_font)
    press.write(f"{budget.fiscal_year}年{scope}{kind}公开", 24, middle, 280, align="center", font=press.title_font)
    for row, line in enumerate(press.wrap(small_print, 7, press.width - 2 * MARGIN)):
        press.write(line, 7, MARGIN, press.height - 70 + row * 10)


def _draw_paragraphs(press: Press, paragraphs: Sequence[Paragraph]) -> None:
    if not paragraphs:
        return
    press.start_page()
    for paragraph in paragraphs:
        _draw_paragraph(press, paragraph)


def _draw_paragraph(press: Press, paragraph: Paragraph) -> None:
    size = {"part": 16.0, "heading": 12.0, "entry": 11.0, "body": 11.0}[paragraph.style]
    text = "　　" + paragraph.text if paragraph.style == "body" else paragraph.text
    for line in press.wrap(text, size, press.width - 2 * MARGIN):
        if press.y + size * 1.7 > press.bottom:
            press.start_page()
        if paragraph.style == "part":
            press.write(line, size, press.width / 2, press.y, align="center", font=press.title_font)
        else:
            press.write(line, size, MARGIN, press.y, font=press.title_font if paragraph.style == "heading" else None)
        press.y += size * 1.7


# --- tables -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet fitted to a page's width: column positions, font size, and the height of each row."""

    sheet: Sheet
    edges: tuple[float, ...]
    size: float
    header_heights: tuple[float, ...]
    body_heights: tuple[float, ...]

    def width(self, column: int, span: int) -> float:
        """Inner width of a cell."""
        return self.edges[column + span] - self.edges[column] - 2 * PADDING


def _draw_sheets(press: Press, sheets: Sequence[Sheet]) -> None:
    is_open = False
    for position, sheet in enumerate(sheets):
        if sheet.table_type in press.layout.imaged:
            for picture in _picture_sheet(press.budget, press.layout, sheet):
                press.add_picture(picture)
            is_open = False
            continue
        grid = _fit_grid(press, sheet, _page_width(press.layout))
        if not is_open or not press.layout.packed or not _has_room(press, grid):
            _start_table_page(press)
        else:
            press.y += 24
        is_open = True
        _draw_sheet(press, grid, is_first=position == 0)


def _picture_sheet(budget: Budget, layout: Layout, sheet: Sheet) -> Iterator[Image]:
    """The pages of a table, printed and photographed."""
    plain = layout.model_copy(update={"imaged": (), "page_header": False, "rotated": False})
    press = Press.open(budget, plain.model_copy(update={"landscape": layout.landscape or layout.rotated}))
    _start_table_page(press)
    _draw_sheet(press, _fit_grid(press, sheet, press.width), is_first=True)
    with pypdfium2.PdfDocument(press.close()) as printed:
        for page in printed:
            yield page.render(scale=PICTURE_SCALE, grayscale=True).to_pil()


def _page_width(layout: Layout) -> float:
    return float(max(A4) if layout.landscape or layout.rotated else min(A4))


def _start_table_page(press: Press) -> None:
    press.start_page(landscape=press.layout.landscape, rotated=press.layout.rotated)


def _has_room(press: Press, grid: Grid) -> bool:
    """Room for the title, the header and at least two rows."""
    return press.y + 90 + sum(grid.header_heights) + sum(grid.body_heights[:2]) < press.bottom


def _draw_sheet(press: Press, grid: Grid, *, is_first: bool) -> None:
    sheet, layout = grid.sheet, press.layout
    _draw_caption(press, sheet, with_unit=is_first or layout.unit_notes != "first_table")
    parts: list[tuple[GridRow, float]] = list(zip(sheet.header, grid.header_heights, strict=True))
    n_header = len(parts)
    alone = len(sheet.body) - 1 if layout.lone_last_row and len(sheet.body) > FEWEST_ROWS else -1
    for index, (row, height) in enumerate(zip(sheet.body, grid.body_heights, strict=True)):
        is_full = (
            press.y + sum(part[1] for part in parts) + height > press.bottom and len(parts) > n_header * layout.repeat_header
        )
        if is_full or index in {alone, sheet.new_page_at}:
            _draw_rows(press, grid, parts, n_header)
            if layout.blank_pages:
                press.add_blank_page()
            _start_table_page(press)
            if layout.repeat_title:
                _draw_caption(press, sheet, with_unit=layout.unit_notes == "all")
            parts = list(zip(sheet.header, grid.header_heights, strict=True)) if layout.repeat_header else []
            n_header = len(parts)
        parts.append((row, height))
    _draw_rows(press, grid, parts, n_header)
    _draw_notes(press, sheet)


def _draw_caption(press: Press, sheet: Sheet, *, with_unit: bool) -> None:
    layout = press.layout
    unit_note = sheet.unit_note if with_unit else ""
    title = {"front": f"{sheet.number} {sheet.title}", "behind": f"{sheet.title}（{sheet.number}）"}.get(
        layout.number_place, sheet.title
    )
    if layout.number_place == "above" and sheet.table_type not in layout.untitled:
        press.write(sheet.number, 9, press.width - MARGIN, press.y, align="right")
        press.y += 14
    if layout.unit_place == "above_title" and unit_note:
        press.write(unit_note, 9, press.width - MARGIN, press.y, align="right")
        press.y += 14
    for line in _cut_title(title, layout) if sheet.table_type not in layout.untitled else ():
        press.write(line, 14, press.width / 2, press.y, align="center", font=press.title_font)
        press.y += 22
    for caption in sheet.captions:
        press.write(caption, 9, MARGIN, press.y)
        press.y += 14
    _draw_unit_line(press, sheet, unit_note)


def _cut_title(title: str, layout: Layout) -> tuple[str, ...]:
    if layout.title_lines == 1 or len(title) < LONG_TITLE:
        return (title,)
    middle = title.find("（") if "（" in title else (len(title) + 1) // 2
    return (title[:middle], title[middle:])


def _draw_unit_line(press: Press, sheet: Sheet, unit_note: str) -> None:
    words = press.layout.words
    place = press.layout.unit_place
    if words.issuer:
        press.write(words.issuer + (sheet.unit_name or _spell_issuer(press)), 9, MARGIN, press.y)
    if place == "right" and unit_note:
        press.write(unit_note, 9, press.width - MARGIN, press.y, align="right")
    if place == "left" and unit_note:
        press.y += 13 if words.issuer else 0
        press.write(unit_note, 9, MARGIN, press.y)
    press.y += 14


def _spell_issuer(press: Press) -> str:
    """The issuer's name; where the layout spells it in several ways, the next of them."""
    name = press.budget.department
    if not press.layout.issuer_spellings:
        return name
    press.n_captions += 1
    # In full, without its city, with spaces that fill the line.
    return (name, name.partition("市")[2] or name, " ".join(name))[press.n_captions % 3]


def _draw_notes(press: Press, sheet: Sheet) -> None:
    press.y += 3
    for note in sheet.notes:
        for line in press.wrap(note, 8, press.width - 2 * MARGIN):
            press.write(line, 8, MARGIN, press.y)
            press.y += 11


def _fit_grid(press: Press, sheet: Sheet, page_width: float) -> Grid:
    """Column widths that fill the page; the font shrinks where the amounts would not fit."""
    available = page_width - 2 * MARGIN
    size = press.layout.font_size
    natural = _measure_columns(press, sheet, size)
    if sum(natural) > available:
        size = max(SMALLEST_FONT, size * available / sum(natural))
        natural = _measure_columns(press, sheet, size)
    fixed: set[ColumnKind] = set()
    if press.layout.wraps_amounts:
        fixed.add("amount")
    if press.layout.narrow_names:
        fixed.add("name")
    widths = _spread(natural, sheet.kinds, available, fixed)
    edges = [MARGIN]
    for width in widths:
        edges.append(edges[-1] + width)
    bare = Grid(sheet, tuple(edges), size, (), ())
    return Grid(
        sheet,
        tuple(edges),
        size,
        tuple(_measure_heights(press, bare, sheet.header)),
        tuple(_measure_heights(press, bare, sheet.body)),
    )


def _measure_columns(press: Press, sheet: Sheet, size: float) -> list[float]:
    scale = size / 9
    widths = []
    for column, kind in enumerate(sheet.kinds):
        cells = [row[column] for row in sheet.body]
        texts = [(cell.text, cell.indent) for cell in cells if cell is not None and cell.columns == 1]
        widest = (
            max((_measure_text(press, text, size) + indent * INDENT for text, indent in texts), default=0.0) + 2 * PADDING + 1
        )
        if kind == "name" and press.layout.narrow_names:
            widths.append(min(widest, NARROW_NAME + INDENT) * scale)
            continue
        if kind == "name":
            widest = min(widest, 150 * scale)
        if kind == "amount" and press.layout.wraps_amounts and widest > 36:
            # Narrower than the widest amount, so that it breaks inside its cell.
            widths.append(widest - press.measure("00", size))
        else:
            widths.append(max(NATURAL[kind] * scale, widest))
    return widths


def _measure_text(press: Press, text: str, size: float) -> float:
    return max(press.measure(line, size) for line in text.split("\n"))


def _spread(natural: Sequence[float], kinds: Sequence[ColumnKind], available: float, fixed: set[ColumnKind]) -> list[float]:
    spare = available - sum(natural)
    grows = [kind in {"name", "text", "amount"} - fixed for kind in kinds]
    if spare <= 0 or not any(grows):
        return [width * min(1.0, available / sum(natural)) for width in natural]
    base = sum(width for width, grow in zip(natural, grows, strict=True) if grow)
    return [width + (spare * width / base if grow else 0) for width, grow in zip(natural, grows, strict=True)]


def _measure_heights(press: Press, grid: Grid, rows: Sequence[GridRow]) -> Iterator[float]:
    needed = [grid.size * LEADING + 2 * PADDING] * len(rows)
    spanning = []
    for index, row in enumerate(rows):
        for column, cell in enumerate(row):
            if cell is None:
                continue
            height = len(_wrap_cell(press, grid, column, cell)) * grid.size * LEADING + 2 * PADDING
            if cell.rows == 1:
                needed[index] = max(needed[index], height)
            else:
                spanning.append((index, cell.rows, height))
    for index, span, height in spanning:
        lacking = height - sum(needed[index : index + span])
        if lacking > 0:
            needed[index + span - 1] += lacking
    yield from needed


def _wrap_cell(press: Press, grid: Grid, column: int, cell: Cell) -> list[str]:
    return press.wrap(cell.text, grid.size, grid.width(column, cell.columns) - cell.indent * INDENT)


def _draw_rows(press: Press, grid: Grid, parts: Sequence[tuple[GridRow, float]], n_header: int) -> None:
    """One stretch of rows on one page: its texts, then its rules."""
    tops = [press.y]
    for _, height in parts:
        tops.append(tops[-1] + height)
    segments: set[tuple[float, float, float, float]] = set()
    for index, (row, _) in enumerate(parts):
        for column, cell in enumerate(row):
            if cell is None:
                continue
            box = (grid.edges[column], tops[index], grid.edges[column + cell.columns], tops[index + cell.rows])
            _draw_text(press, grid, column, cell, box)
            segments |= _list_edges(box)
    if press.layout.rules == "columns":
        segments = {edge for edge in segments if _is_kept(edge, tops, n_header)}
    for edge in sorted(segments):
        _draw_rule(press, edge)
    press.y = tops[-1]


def _draw_text(press: Press, grid: Grid, column: int, cell: Cell, box: tuple[float, float, float, float]) -> None:
    lines = _wrap_cell(press, grid, column, cell)
    top = (box[1] + box[3] - len(lines) * grid.size * LEADING) / 2 + grid.size * (LEADING - 1) / 2
    anchors = {"left": box[0] + PADDING + cell.indent * INDENT, "center": (box[0] + box[2]) / 2, "right": box[2] - PADDING}
    for line in lines:
        press.write(line, grid.size, anchors[cell.align], top, align=cell.align)
        top += grid.size * LEADING


def _list_edges(box: tuple[float, float, float, float]) -> set[tuple[float, float, float, float]]:
    x0, top, x1, bottom = (round(value, 2) for value in box)
    return {(x0, top, x1, top), (x0, bottom, x1, bottom), (x0, top, x0, bottom), (x1, top, x1, bottom)}


def _is_kept(edge: tuple[float, float, float, float], tops: Sequence[float], n_header: int) -> bool:
    """Column rules alone: no horizontal rule between the rows of the body."""
    is_vertical = edge[0] == edge[2]
    return is_vertical or edge[1] <= round(tops[n_header], 2) or edge[1] == round(tops[-1], 2)


def _draw_rule(press: Press, edge: tuple[float, float, float, float]) -> None:
    x0, top, x1, bottom = edge
    canvas = press.canvas
    if press.layout.rules == "filled":
        half = RULE / 2
        canvas.rect(x0 - half, press.height - bottom - half, x1 - x0 + RULE, bottom - top + RULE, stroke=0, fill=1)
    else:
        canvas.setLineWidth(RULE)
        canvas.line(x0, press.height - top, x1, press.height - bottom)
