"""Reading one PDF from end to end: pages, lines, and tables that two readers looked at.

Promise: pages are held one at a time; every table of the document is there, with what each reader saw; nothing is interpreted
beyond finding which grids belong together.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pypdfium2 as pdfium

from extractors.pdf.captions import CaptionedGrid, caption_grids, find_left_behind, make_lines
from extractors.pdf.grids import Grid, find_grids
from extractors.pdf.pages import Glyph, PageContent, read_pages
from extractors.pdf.stitch import stitch_tables
from extractors.pdf.tables import FirstReaderError, compare_readings, read_camelot
from extractors.pdf.third_look import look_again
from transforms.amounts import is_amount
from warehouse.issues import make_finding
from warehouse.records import Box, PageFacts, RawDocument, Row, TextLine

MIN_GRID_CELLS = 2
FEW_GLYPHS = 20  # a page number and a running head
MOST_BESIDE = 80  # characters: running head, page number, the title and unit of a table that is a picture
LARGE_PICTURE = 0.4  # of the page
MARGIN = 0.12  # of the page's height: where running heads and page numbers stand


def read_raw_document(path: Path, document_id: str) -> RawDocument:
    """Everything that both readers see in an openable PDF. Raises pdfium.PdfiumError where pdfium cannot open it."""
    document = pdfium.PdfDocument(path)
    try:
        facts: list[PageFacts] = []
        lines: list[TextLine] = []
        grids: dict[int, list[Grid]] = {}
        page_lines: dict[int, list[TextLine]] = {}
        for page in read_pages(document):
            found, loose = find_grids(page)
            found = [grid for grid in found if len(grid.cells) >= MIN_GRID_CELLS]
            own_lines = make_lines(page.number, loose)
            facts.append(_describe(page, found))
            lines.extend(own_lines)
            page_lines[page.number], grids[page.number] = own_lines, found
    finally:
        document.close()
    heights = {fact.page: fact.height for fact in facts}
    findings: list[Row] = []
    try:
        first = read_camelot(path, heights, {page: _with_amounts(found) for page, found in grids.items()})
    except FirstReaderError as error:
        first = {}
        findings.append(make_finding("first-reader-failed", reason=str(error)[:200]))
    compared = {page: [compare_readings(grid, first.get(page, ())) for grid in found] for page, found in grids.items()}
    with pdfium.PdfDocument(path) as again:
        compared = look_again(again, compared)
    # A page without any character is told where the file is opened.
    findings += [make_finding("scanned-page", page=fact.page) for fact in facts if fact.kind == "scan" and fact.n_characters]
    blank = frozenset(fact.page for fact in facts if fact.kind == "blank")
    return RawDocument(
        document_id, tuple(facts), tuple(lines), stitch_tables(_caption_pages(compared, page_lines), blank), tuple(findings)
    )


def _caption_pages(grids: Mapping[int, Sequence[Grid]], lines: Mapping[int, Sequence[TextLine]]) -> list[list[CaptionedGrid]]:
    """The grids of each page with their captions; a title may have been left behind on the page before."""
    captioned: list[list[CaptionedGrid]] = []
    left_behind: Sequence[TextLine] = ()
    for page, found in grids.items():
        captioned.append(caption_grids(found, lines[page], left_behind))
        if found or lines[page]:
            left_behind = find_left_behind(found, lines[page])
    return captioned


def _with_amounts(grids: Sequence[Grid]) -> list[Grid]:
    return [grid for grid in grids if any(is_amount(cell.text) for cell in grid.cells)]


def _describe(page: PageContent, grids: Sequence[Grid]) -> PageFacts:
    amounts = sum(is_amount(cell.text) for grid in grids for cell in grid.cells)
    if grids:
        kind = "table"
    elif _is_picture(page):
        kind = "scan"
    elif len(page.glyphs) >= FEW_GLYPHS:
        kind = "narrative"
    else:
        kind = "blank"
    return PageFacts(page.number, page.width, page.height, kind, len(page.glyphs), amounts, len(grids), page.has_image)


def _is_picture(page: PageContent) -> bool:
    """Whether what the page says is in a picture: nothing else stands on it but few words in the margin or beside the picture.

    A cover prints its title over a picture, in the middle of the page.
    """
    if not page.glyphs:
        return page.has_image
    if len(page.glyphs) >= MOST_BESIDE or _measure_pictures(page) < LARGE_PICTURE * page.width * page.height:
        return False
    margin = MARGIN * page.height
    return all(
        not margin <= glyph.y_mid <= page.height - margin or not any(_stands_in(glyph, box) for box in page.pictures)
        for glyph in page.glyphs
    )


def _measure_pictures(page: PageContent) -> float:
    """The area of the page that pictures cover, parts that overlap counted twice."""
    widths = ((max(0.0, min(x1, page.width) - max(x0, 0.0)), top, bottom) for x0, top, x1, bottom in page.pictures)
    return sum(width * max(0.0, min(bottom, page.height) - max(top, 0.0)) for width, top, bottom in widths)


def _stands_in(glyph: Glyph, box: Box) -> bool:
    return box[0] <= glyph.x_mid <= box[2] and box[1] <= glyph.y_mid <= box[3]
