"""A whole drawn PDF: what each page is, and tables with what both readers saw."""

import io
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from drawn_pages import Sheet, draw_pdf
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from extractors.pdf.document import read_raw_document
from samples.fonts import find_font
from warehouse.records import RawDocument, RawTable

XS = (20, 80, 160, 230, 300, 380)
HEAD = ["Code", "Name", "Total", "Basic", "Project"]
ROWS = [["205", "Education", "3,000.00", "1,000.00", "2,000.00"], ["206", "Science", "30.00", "10.00", "20.00"]]

Page = Callable[[Sheet], None]


def draw_table(*rows: list[str], title: str = "", top: float = 60) -> Page:
    def draw(sheet: Sheet) -> None:
        if title:
            write(sheet, 150, top - 20, title, 12)
        ys = tuple(top + 20 * i for i in range(len(rows) + 1))
        sheet.grid(XS, ys)
        sheet.fill(XS, ys, rows)

    return draw


def write(sheet: Sheet, x: float, y: float, text: str, size: float = 9) -> None:
    """Chinese text."""
    pdfmetrics.registerFont(TTFont("sans", str(find_font("sans"))))
    sheet.font = "sans"
    sheet.text(x, y, text, size)
    sheet.font = "Helvetica"


def draw_story(sheet: Sheet) -> None:
    for line in range(5):
        sheet.text(40, 60 + 15 * line, "The department spends what it was given, and says so.")


def draw_nothing(sheet: Sheet) -> None:
    sheet.text(190, 280, "- 3 -")


def draw_picture(sheet: Sheet) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "gray").save(picture, "png")
    sheet.canvas.drawImage(ImageReader(picture), 0, 0, 300, 300)


def paint(left: float, top: float, right: float, bottom: float) -> Page:
    """A picture in a place of the page, from its top left corner."""
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "gray").save(picture, "png")
    return lambda sheet: sheet.canvas.drawImage(ImageReader(picture), left, 300 - bottom, right - left, bottom - top)


def say(y: float, words: str) -> Page:
    return lambda sheet: sheet.text(30, y, words)


def both(*drawings: Page) -> Page:
    def draw(sheet: Sheet) -> None:
        for drawing in drawings:
            drawing(sheet)

    return draw


def read(tmp_path: Path, *pages: Page, rotation: int = 0) -> RawDocument:
    path = tmp_path / "drawn.pdf"
    path.write_bytes(draw_pdf(*pages, rotation=rotation))
    return read_raw_document(path, "d")


def texts_of(table: RawTable) -> list[list[str]]:
    rows: list[list[str]] = [[] for _ in range(table.n_rows)]
    for cell in sorted(table.cells, key=lambda cell: (cell.row, cell.column)):
        rows[cell.row].append(cell.text)
    return rows


def test_each_page_is_told_for_what_it_is(tmp_path: Path) -> None:
    document = read(tmp_path, draw_story, draw_table(HEAD, *ROWS), draw_nothing, draw_picture)
    assert [page.kind for page in document.pages] == ["narrative", "table", "blank", "scan"]
    assert [page.n_amounts for page in document.pages] == [0, 8, 0, 0]


def test_picture_under_a_running_head_is_told(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        draw_table(HEAD, *ROWS),
        both(paint(0, 0, 400, 300), say(20, "Running head of the office"), say(290, "- 2 -")),
    )
    assert document.pages[1].kind == "scan"
    assert [(f["finding_kind"], f["page"]) for f in document.findings] == [("scanned-page", 2)]


def test_table_pasted_as_a_picture_below_its_title_is_told(tmp_path: Path) -> None:
    document = read(tmp_path, draw_table(HEAD, *ROWS), both(say(60, "Table 7"), paint(20, 80, 380, 280)))
    assert [(f["finding_kind"], f["page"]) for f in document.findings] == [("scanned-page", 2)]


def test_cover_printed_over_a_picture_is_no_scan(tmp_path: Path) -> None:
    document = read(tmp_path, both(paint(0, 0, 400, 300), say(140, "Budget of the office")), draw_table(HEAD, *ROWS))
    assert document.pages[0].kind != "scan"
    assert document.findings == ()


def test_small_picture_is_no_scan(tmp_path: Path) -> None:
    document = read(tmp_path, both(paint(20, 20, 120, 80), say(140, "A page with a seal on it")), draw_table(HEAD, *ROWS))
    assert document.findings == ()


def test_page_without_any_character_is_told_where_the_file_is_opened(tmp_path: Path) -> None:
    document = read(tmp_path, draw_picture, draw_table(HEAD, *ROWS))
    assert document.pages[0].kind == "scan"
    assert document.findings == ()


def test_table_is_seen_by_both_readers(tmp_path: Path) -> None:
    (table,) = read(tmp_path, draw_table(HEAD, *ROWS)).tables
    assert texts_of(table) == [HEAD, *ROWS]
    assert all(cell.agreed for cell in table.cells)


@pytest.mark.parametrize("rotation", [90, 270])
def test_rotated_pages_give_the_same_boxes(tmp_path: Path, rotation: int) -> None:
    (upright,) = read(tmp_path, draw_table(HEAD, *ROWS)).tables
    (turned,) = read(tmp_path, draw_table(HEAD, *ROWS), rotation=rotation).tables
    assert texts_of(turned) == texts_of(upright)
    for one, other in zip(upright.cells, turned.cells, strict=True):
        assert other.bbox == pytest.approx(one.bbox, abs=0.1)


def test_table_goes_on_over_a_blank_page(tmp_path: Path) -> None:
    first, second = draw_table(HEAD, ROWS[0], title="部门支出总表"), draw_table(ROWS[1])
    (table,) = read(tmp_path, first, draw_nothing, second).tables
    assert (table.pages, texts_of(table)) == ((1, 3), [HEAD, *ROWS])


def test_title_and_header_repeated_on_the_next_page_are_the_same_table(tmp_path: Path) -> None:
    pages = [draw_table(HEAD, row, title="部门支出总表") for row in ROWS]
    (table,) = read(tmp_path, *pages).tables
    assert texts_of(table) == [HEAD, ROWS[0], HEAD, ROWS[1]]


def test_two_tables_of_one_page_have_their_own_titles(tmp_path: Path) -> None:
    lower = draw_table(HEAD, ROWS[1], title="部门收入总表", top=200)
    tables = read(tmp_path, both(draw_table(HEAD, ROWS[0], title="部门支出总表"), lower)).tables
    assert [[line.text for line in table.captions] for table in tables] == [["部门支出总表"], ["部门收入总表"]]


def test_title_over_two_lines_comes_with_both(tmp_path: Path) -> None:
    title = both(lambda s: write(s, 120, 28, "一般公共预算财政拨款", 12), lambda s: write(s, 150, 45, "支出情况表", 12))
    (table,) = read(tmp_path, both(title, draw_table(HEAD, *ROWS))).tables
    assert [line.text for line in table.captions] == ["一般公共预算财政拨款", "支出情况表"]


def test_title_left_behind_on_the_page_before_is_the_table_s(tmp_path: Path) -> None:
    (table,) = read(tmp_path, both(draw_story, lambda s: write(s, 150, 270, "部门支出总表", 12)), draw_table(HEAD, *ROWS)).tables
    assert "部门支出总表" in [line.text for line in table.captions]


def test_lines_outside_the_tables_are_kept_in_order(tmp_path: Path) -> None:
    document = read(tmp_path, draw_story, draw_table(HEAD, *ROWS, title="部门支出总表"))
    assert [line.page for line in document.lines] == [1] * 5 + [2]
    assert document.lines[-1].text == "部门支出总表"


def test_one_cell_is_a_frame_and_no_table(tmp_path: Path) -> None:
    assert read(tmp_path, lambda sheet: sheet.grid((20, 300), (50, 90))).tables == ()


def test_file_that_is_no_pdf_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "page.pdf"
    path.write_bytes(b"<html>")
    with pytest.raises(pdfium.PdfiumError):
        read_raw_document(path, "d")


def test_no_character_of_a_document_is_lost(tmp_path: Path) -> None:
    """The first step of the ledger: what pdfium's own text holds is what lines and cells hold."""
    path = tmp_path / "drawn.pdf"
    pages = (draw_story, draw_table(HEAD, *ROWS, title="部门支出总表"), draw_table(*ROWS), draw_nothing)
    path.write_bytes(draw_pdf(*pages))
    document = read_raw_document(path, "d")
    held = [line.text for line in document.lines] + [cell.text for table in document.tables for cell in table.cells]
    opened = pdfium.PdfDocument(path)
    printed = "".join(opened[index].get_textpage().get_text_range() for index in range(len(opened)))
    opened.close()
    assert Counter("".join("".join(held).split())) == Counter("".join(printed.split()))


def test_pages_of_a_table_are_in_order(tmp_path: Path) -> None:
    (table,) = read(tmp_path, draw_table(HEAD, *ROWS, title="部门支出总表"), *[draw_table(*ROWS)] * 3).tables
    assert table.rows_of_page == ((1, 0), (2, 3), (3, 5), (4, 7))
    assert all(one.row <= other.row for one, other in pairwise(table.cells))
