"""Characters and rules as displayed, however the page was drawn."""

import io
from pathlib import Path

import pytest
import reportlab
from drawn_pages import MANNERS, SIZE, Manner, Sheet, read_drawn
from fontTools.ttLib import TTFont as FontFile
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from extractors.pdf.grids import split_lines
from extractors.pdf.pages import PageContent

LEVEL = 0.05  # points: rounding of a PDF's coordinates


def read_text(page: PageContent) -> str:
    return "".join(glyph.text for glyph in page.glyphs)


def test_character_stands_where_it_is_printed() -> None:
    (glyph,) = read_drawn(lambda sheet: sheet.text(100, 60, "M", size=10)).glyphs
    assert glyph.x0 == pytest.approx(100, abs=LEVEL)
    assert glyph.top < 60 - 7 < 60 < glyph.bottom < 63


def test_white_space_is_no_character() -> None:
    assert read_text(read_drawn(lambda sheet: sheet.text(100, 60, "1 2  3"))) == "123"


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_rotated_page_reads_like_an_upright_one(rotation: int) -> None:
    def draw(sheet: Sheet) -> None:
        sheet.text(40, 60, "Revenue 1,234.50")
        sheet.rule(30, 70, 200, 70)
        sheet.rule(30, 20, 30, 70)

    upright, rotated = read_drawn(draw), read_drawn(draw, rotation=rotation)
    assert (rotated.width, rotated.height) == pytest.approx(SIZE)
    assert read_text(rotated) == read_text(upright)
    for one, other in zip(upright.glyphs, rotated.glyphs, strict=True):
        assert tuple(other[1:]) == pytest.approx(tuple(one[1:]), abs=LEVEL)
    for one, other in zip(upright.horizontals + upright.verticals, rotated.horizontals + rotated.verticals, strict=True):
        assert (other.at, other.start, other.end) == pytest.approx((one.at, one.start, one.end), abs=LEVEL)


@pytest.mark.parametrize("rotation", [0, 90, 270])
def test_crop_box_moves_the_origin(rotation: int) -> None:
    def draw(sheet: Sheet) -> None:
        sheet.text(40, 60, "7")
        sheet.rule(30, 70, 200, 70)

    whole, cropped = read_drawn(draw, rotation=rotation), read_drawn(draw, rotation=rotation, crop=(35, 55))
    assert (cropped.width, cropped.height) == pytest.approx(SIZE)
    assert tuple(cropped.glyphs[0][1:]) == pytest.approx(tuple(whole.glyphs[0][1:]), abs=LEVEL)
    assert cropped.horizontals[0].at == pytest.approx(70, abs=LEVEL)


@pytest.mark.parametrize("size", [6, 9, 22])
def test_character_printed_twice_is_one(size: float) -> None:
    def draw(sheet: Sheet) -> None:
        sheet.text(40, 60, "1,100.00", size)
        sheet.text(40 + 0.03 * size, 60, "1,100.00", size)

    assert read_text(read_drawn(draw)) == "1,100.00"


@pytest.mark.parametrize("offset", [0.05 * step for step in range(20)])
def test_character_printed_twice_is_one_wherever_it_stands(offset: float) -> None:
    def draw(sheet: Sheet) -> None:
        sheet.text(40 + offset, 60 + offset, "8")
        sheet.text(40.3 + offset, 60 + offset, "8")

    assert read_text(read_drawn(draw)) == "8"


@pytest.mark.parametrize("text", ["1111", "......", "0.00", "||||"])
def test_the_same_character_again_is_another_one(text: str) -> None:
    assert read_text(read_drawn(lambda sheet: sheet.text(40, 60, text, size=5))) == text


def test_the_same_amount_in_the_next_row_is_another_one() -> None:
    def draw(sheet: Sheet) -> None:
        sheet.text(40, 60, "5.00", size=5)
        sheet.text(40, 65, "5.00", size=5)

    assert read_text(read_drawn(draw)) == "5.005.00"


def test_text_over_the_edge_of_the_page_is_kept() -> None:
    assert read_text(read_drawn(lambda sheet: sheet.text(395, 60, "123"))) == "123"


def test_font_that_declares_twice_its_height_stands_on_its_line(tmp_path: Path) -> None:
    """重庆市商务委员会 2026, page 26: its digits reached over the lines above and below and ran into them."""
    path = tmp_path / "tall.ttf"
    font = FontFile(Path(reportlab.__file__).parent / "fonts" / "Vera.ttf")
    for table, names in (("hhea", ("ascent", "descent")), ("OS/2", ("sTypoAscender", "sTypoDescender"))):
        for name, ems in zip(names, (1.3, -1.0), strict=True):
            setattr(font[table], name, round(ems * font["head"].unitsPerEm))
    font.save(path)
    pdfmetrics.registerFont(TTFont("Tall", str(path)))

    def draw(sheet: Sheet) -> None:
        for number, text in enumerate(("about 22.6", "more than 7500")):
            sheet.font = "Tall" if number else "Helvetica"
            sheet.text(40, 60 + 11 * number, text)
        sheet.font = "Tall"
        sheet.text(120, 60, "2026")

    lines = ["".join(glyph.text for glyph in line) for line in split_lines(read_drawn(draw).glyphs)]
    assert lines == ["about22.62026", "morethan7500"]


def test_turned_text_keeps_its_own_box() -> None:
    def draw(sheet: Sheet) -> None:
        sheet.canvas.translate(200, 150)
        sheet.canvas.rotate(90)
        sheet.canvas.drawString(0, 0, "AB")

    first, second = read_drawn(draw).glyphs
    assert second.y_mid < first.y_mid
    assert second.x_mid == pytest.approx(first.x_mid, abs=1)


@pytest.mark.parametrize("manner", MANNERS[:4])
def test_rule_is_a_rule_however_it_is_drawn(manner: Manner) -> None:
    def draw(sheet: Sheet) -> None:
        if manner == "form":
            sheet.canvas.beginForm("rules")
        sheet.rule(30, 70, 200, 70, manner)
        sheet.rule(50, 20, 50, 90, manner)
        if manner == "form":
            sheet.canvas.endForm()
            sheet.canvas.doForm("rules")

    page = read_drawn(draw)
    assert [(r.at, r.start, r.end) for r in page.horizontals] == [pytest.approx((70, 30, 200), abs=0.4)]
    assert [(r.at, r.start, r.end) for r in page.verticals] == [pytest.approx((50, 20, 90), abs=0.4)]


def test_form_in_a_form_stands_where_both_put_it() -> None:
    def draw(sheet: Sheet) -> None:
        sheet.canvas.beginForm("inner")
        sheet.canvas.line(0, 0, 100, 0)
        sheet.canvas.endForm()
        sheet.canvas.beginForm("outer")
        sheet.canvas.translate(10, 20)
        sheet.canvas.doForm("inner")
        sheet.canvas.endForm()
        sheet.canvas.translate(30, 200)
        sheet.canvas.doForm("outer")

    (rule,) = read_drawn(draw).horizontals
    assert (rule.at, rule.start, rule.end) == pytest.approx((SIZE[1] - 220, 40, 140), abs=LEVEL)


def test_shading_and_slanted_strokes_are_no_rules() -> None:
    def draw(sheet: Sheet) -> None:
        sheet.canvas.rect(30, 30, 100, 40, stroke=0, fill=1)
        sheet.canvas.line(30, 200, 130, 250)

    page = read_drawn(draw)
    assert (page.horizontals, page.verticals) == ((), ())


def test_path_that_paints_nothing_is_no_rule() -> None:
    def draw(sheet: Sheet) -> None:
        path = sheet.canvas.beginPath()
        path.rect(30, 30, 100, 0.5)
        sheet.canvas.drawPath(path, stroke=0, fill=0)

    assert read_drawn(draw).horizontals == ()


def test_picture_is_seen() -> None:
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "gray").save(picture, "png")
    page = read_drawn(lambda sheet: sheet.canvas.drawImage(ImageReader(picture), 20, 50, 300, 200))
    assert page.has_image
    assert page.pictures == ((20, 50, 320, 250),)


def test_empty_page_holds_nothing() -> None:
    page = read_drawn(lambda sheet: None)
    assert (page.glyphs, page.horizontals, page.verticals, page.has_image) == ((), (), (), False)
