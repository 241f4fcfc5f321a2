"""Pages with what was read drawn over them, for a person's eye: is every number where the page prints it?

Promise: a box is drawn where the warehouse says that its cell stands, never where it was found again, so that a shifted box
shows a shifted reading. Pages come one at a time; a page that would make a huge picture is drawn smaller.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pypdfium2 as pdfium
from PIL import Image, ImageDraw, ImageFont

from extractors.pdf.tables import FIRST_READER
from transforms.ledger import is_printed_amount
from warehouse.records import Box, Row

BoxKind = Literal["agreed", "single", "empty", "unread", "label", "outline"]
Color = tuple[int, int, int]

MAX_PIXELS = 4000  # the longer side of a picture
LEGEND_HEIGHT = 22
UNREAD_FINDINGS = frozenset({"unread-amount", "unreadable-amount"})


@dataclass(frozen=True, slots=True)
class _Style:
    color: Color
    fill_alpha: int
    meaning: str


STYLES: Mapping[BoxKind, _Style] = {
    "agreed": _Style((0, 150, 60), 60, "amount, both readers agree"),
    "single": _Style((235, 150, 0), 60, "one reader only, or they differ"),
    "unread": _Style((220, 0, 0), 60, "unread"),
    "empty": _Style((0, 150, 60), 18, "read as blank or dash"),
    "label": _Style((30, 90, 230), 60, "label or code of a row"),
    "outline": _Style((130, 130, 130), 0, "cell, no part of a row"),
}


@dataclass(frozen=True, slots=True)
class OverlayBox:
    """A cell on a page (points from the top left of the page as displayed) and what became of it."""

    page: int
    bbox: Box
    kind: BoxKind


def boxes_from_rows(rows: Mapping[str, Sequence[Row]]) -> dict[int, list[OverlayBox]]:
    """Boxes by page from one document's rows of `raw_cells`, `core_budget_lines` and `core_findings`.

    Rows may come from a ProcessedDocument or from the warehouse. Raises KeyError where one of the three is missing.
    """
    amounts = {_place(line["page"], line["bbox"]): _tell_amount(line) for line in rows["core_budget_lines"]}
    unread = {
        _place(finding["page"], finding["bbox"])
        for finding in rows["core_findings"]
        if finding["finding_kind"] in UNREAD_FINDINGS and finding["bbox"]
    }
    not_understood = {finding["table_id"] for finding in rows["core_findings"] if finding["finding_kind"] == "unknown-table"}
    cells = [(cell, _place(cell["page"], cell["bbox"])) for cell in rows["raw_cells"]]
    read_rows = {(cell["table_id"], cell["row_number"]) for cell, place in cells if place in amounts}
    boxes: dict[int, list[OverlayBox]] = {}
    for cell, place in cells:
        if place in unread or (cell["table_id"] in not_understood and is_printed_amount(cell["text"])):
            kind: BoxKind = "unread"
        elif place in amounts:
            kind = amounts[place]
        else:
            kind = _tell_other(cell, is_read=(cell["table_id"], cell["row_number"]) in read_rows)
        boxes.setdefault(cell["page"], []).append(OverlayBox(cell["page"], _box(cell["bbox"]), kind))
    # An amount or a finding that stands in no raw cell is drawn all the same: rows of tables without rules, and defects.
    known = {place for _, place in cells}
    for page, bbox in (amounts.keys() | unread) - known:
        found = amounts.get((page, bbox), "unread")
        boxes.setdefault(page, []).append(OverlayBox(page, bbox, found))
    return dict(sorted(boxes.items()))


def _place(page: int, bbox: Sequence[float]) -> tuple[int, Box]:
    return page, _box(bbox)


def _box(bbox: Sequence[float]) -> Box:
    x0, top, x1, bottom = (round(float(value), 2) for value in bbox)
    return x0, top, x1, bottom


def _tell_amount(line: Row) -> BoxKind:
    # A line names the first reader exactly where the second one saw the same.
    if line["amount_cny"] is None:
        return "empty"
    return "agreed" if line["extractor"] == FIRST_READER else "single"


def _tell_other(cell: Row, *, is_read: bool) -> BoxKind:
    if not is_read or not cell["text"]:
        return "outline"
    return "label" if cell["other_text"] is None else "single"


def draw_overlays(
    path: Path,
    tables_of_pages: Mapping[int, Sequence[OverlayBox]],
    out_dir: Path,
    pages: Sequence[int] | None = None,
    scale: float = 1.5,
) -> list[Path]:
    """Write `page-NNN.png` into `out_dir` for each page that has boxes, and give the paths in page order.

    `pages`: only these. `scale`: pixels a point. Raises pdfium.PdfiumError where pdfium cannot open the file, and ValueError for
    boxes on a page that the file does not have.
    """
    wanted = [page for page in sorted(tables_of_pages) if pages is None or page in pages]
    out_dir.mkdir(parents=True, exist_ok=True)
    document = pdfium.PdfDocument(path)
    try:
        beyond = [page for page in wanted if not 1 <= page <= len(document)]
        if beyond:
            raise ValueError(f"{path.name} has {len(document)} pages, and boxes stand on page {beyond[0]}")
        return [_write_page(document, page, tables_of_pages[page], out_dir, scale) for page in wanted]
    finally:
        document.close()


def _write_page(document: pdfium.PdfDocument, number: int, boxes: Sequence[OverlayBox], out_dir: Path, scale: float) -> Path:
    page = document[number - 1]
    try:
        scale = min(scale, MAX_PIXELS / max(page.get_size()))
        picture = page.render(scale=scale).to_pil().convert("RGB")
    finally:
        page.close()
    drawn = _draw_boxes(picture, boxes, scale)
    target = out_dir / f"page-{number:03d}.png"
    drawn.save(target)
    return target


def _draw_boxes(picture: Image.Image, boxes: Sequence[OverlayBox], scale: float) -> Image.Image:
    """The page with its boxes, and the legend below it."""
    drawn = Image.new("RGB", (picture.width, picture.height + LEGEND_HEIGHT), "white")
    drawn.paste(picture)
    # In mode RGBA the drawing blends with what is there: the digits stay legible below the colour.
    draw = ImageDraw.Draw(drawn, "RGBA")
    for box in sorted(boxes, key=lambda entry: list(STYLES).index(entry.kind), reverse=True):
        style = STYLES[box.kind]
        x0, top, x1, bottom = (value * scale for value in box.bbox)
        # A pixel inside its rules, so that neighbours can be told apart.
        draw.rectangle(_shrink(x0, top, x1, bottom), outline=(*style.color, 200), fill=(*style.color, style.fill_alpha))
    _draw_legend(draw, picture.height, {box.kind for box in boxes})
    return drawn


def _shrink(x0: float, top: float, x1: float, bottom: float) -> tuple[float, float, float, float]:
    by = 1.0 if min(x1 - x0, bottom - top) > 4 else 0.0
    return x0 + by, top + by, x1 - by, bottom - by


def _draw_legend(draw: ImageDraw.ImageDraw, top: int, present: set[BoxKind]) -> None:
    font = ImageFont.load_default(11)
    x = 8.0
    for kind, style in STYLES.items():
        if kind not in present:
            continue
        draw.rectangle((x, top + 6, x + 14, top + 16), outline=style.color, fill=(*style.color, min(4 * style.fill_alpha, 255)))
        draw.text((x + 18, top + 4), style.meaning, fill="black", font=font)
        x += 18 + draw.textlength(style.meaning, font=font) + 14
