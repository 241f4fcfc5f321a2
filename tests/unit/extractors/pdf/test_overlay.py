"""What is drawn over a page: each class of box from the rows that cause it, at the place that the rows name."""

import io

import pypdfium2 as pdfium
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from extractors.pdf.overlay import LEGEND_HEIGHT, OverlayBox, boxes_from_rows, draw_overlays

LABEL_BOX, AMOUNT_BOX = [50.0, 100.0, 150.0, 120.0], [150.0, 100.0, 250.0, 120.0]


def make_cell(row=2, column=1, text="办公费", bbox=LABEL_BOX, other_text=None, table_id="d-001", page=1):
    place = {"table_id": table_id, "row_number": row, "column_number": column, "page": page, "bbox": bbox}
    return {**place, "text": text, "other_text": other_text}


def make_line(extractor="camelot-lattice", amount_cny=1, bbox=AMOUNT_BOX):
    return {"page": 1, "bbox": bbox, "extractor": extractor, "amount_cny": amount_cny}


def make_finding(kind, bbox=None, table_id="d-001"):
    return {"finding_kind": kind, "page": 1, "bbox": bbox, "table_id": table_id}


def tell_kinds(cells, lines=(), findings=()):
    boxes = boxes_from_rows({"raw_cells": cells, "core_budget_lines": lines, "core_findings": findings})
    return {box.bbox: box.kind for page in boxes.values() for box in page}


def amount_cell(**choices):
    return make_cell(column=2, text="12.50", bbox=AMOUNT_BOX, **choices)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (make_line(), "agreed"),
        (make_line(extractor="pdfium-grid"), "single"),
        (make_line(amount_cny=None), "empty"),
    ],
)
def test_an_amount_tells_how_it_was_read(line, kind):
    assert tell_kinds([amount_cell()], [line]) == {tuple(AMOUNT_BOX): kind}


def test_the_label_of_a_row_with_amounts_is_a_label():
    assert tell_kinds([make_cell(), amount_cell()], [make_line()])[tuple(LABEL_BOX)] == "label"


def test_a_label_that_the_readers_saw_differently_is_in_doubt():
    assert tell_kinds([make_cell(other_text="印刷费"), amount_cell()], [make_line()])[tuple(LABEL_BOX)] == "single"


def test_a_row_without_amounts_is_an_outline():
    assert tell_kinds([make_cell(row=1), amount_cell()], [make_line()])[tuple(LABEL_BOX)] == "outline"


@pytest.mark.parametrize("kind", ["unread-amount", "unreadable-amount"])
def test_a_finding_of_an_unread_amount_is_unread(kind):
    assert tell_kinds([amount_cell()], findings=[make_finding(kind, AMOUNT_BOX)]) == {tuple(AMOUNT_BOX): "unread"}


def test_amounts_of_a_table_that_is_not_understood_are_unread():
    kinds = tell_kinds([make_cell(), amount_cell()], findings=[make_finding("unknown-table")])
    assert kinds == {tuple(LABEL_BOX): "outline", tuple(AMOUNT_BOX): "unread"}


def test_an_unread_amount_outside_of_all_cells_is_drawn_too():
    assert tell_kinds([], findings=[make_finding("unread-amount", AMOUNT_BOX)]) == {tuple(AMOUNT_BOX): "unread"}


def test_a_line_without_a_cell_is_drawn_too():
    assert tell_kinds([], [make_line()]) == {tuple(AMOUNT_BOX): "agreed"}


def test_rows_of_the_warehouse_in_single_precision_meet():
    bbox = [50.1, 100.2, 150.3, 120.4]
    rounded = [50.099998474121094, 100.19999694824219, 150.3000030517578, 120.4000015258789]
    assert list(tell_kinds([make_cell(text="1.00", bbox=bbox)], [make_line(bbox=rounded)]).values()) == ["agreed"]


def write_pdf(path, *, pages=1, size=(300, 200), rotation=0):
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=size)
    for _ in range(pages):
        canvas.setPageRotation(rotation)
        canvas.showPage()
    canvas.save()
    path.write_bytes(target.getvalue())
    return path


def read_picture(path):
    with Image.open(path) as picture:
        return picture.copy()


def is_coloured(pixel):
    return max(pixel) - min(pixel) > 20


def test_a_box_is_drawn_where_it_stands(tmp_path):
    box = OverlayBox(1, (50, 100, 150, 120), "agreed")
    [path] = draw_overlays(write_pdf(tmp_path / "a.pdf"), {1: [box]}, tmp_path / "out", scale=2)
    picture = read_picture(path)
    assert picture.size == (600, 400 + LEGEND_HEIGHT)
    assert is_coloured(picture.getpixel((200, 220)))
    assert not is_coloured(picture.getpixel((90, 220)))
    assert not is_coloured(picture.getpixel((200, 180)))


def test_a_rotated_page_is_drawn_as_displayed(tmp_path):
    pdf = write_pdf(tmp_path / "a.pdf", size=(200, 300), rotation=90)
    width, height = (int(side) for side in pdfium.PdfDocument(pdf)[0].get_size())
    corner = OverlayBox(1, (width - 20, height - 20, width, height), "unread")
    [path] = draw_overlays(pdf, {1: [corner]}, tmp_path / "out", scale=1)
    picture = read_picture(path)
    assert picture.size == (width, height + LEGEND_HEIGHT)
    assert is_coloured(picture.getpixel((width - 10, height - 10)))


def test_only_the_pages_asked_for_are_drawn(tmp_path):
    boxes = {page: [OverlayBox(page, (10, 10, 50, 20), "label")] for page in (1, 2, 3)}
    paths = draw_overlays(write_pdf(tmp_path / "a.pdf", pages=3), boxes, tmp_path / "out", pages=[3, 2])
    assert [path.name for path in paths] == ["page-002.png", "page-003.png"]


def test_a_huge_page_makes_no_huge_picture(tmp_path):
    box = OverlayBox(1, (10, 10, 50, 20), "label")
    [path] = draw_overlays(write_pdf(tmp_path / "a.pdf", size=(14000, 200)), {1: [box]}, tmp_path / "out")
    assert max(read_picture(path).size) <= 4000


def test_boxes_on_a_page_that_is_not_there_are_an_error(tmp_path):
    with pytest.raises(ValueError, match="has 1 pages, and boxes stand on page 2"):
        draw_overlays(write_pdf(tmp_path / "a.pdf"), {2: [OverlayBox(2, (1, 1, 2, 2), "label")]}, tmp_path / "out")
