"""Pictures of PDF pages for a screen, as WebP.

Promise: the picture shows the page as displayed, so that boxes of the warehouse (points from its top left) fall on their cells; a
page that would make a huge picture is drawn smaller; the same bytes give the same picture.
"""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import pypdfium2 as pdfium

WIDTH = 1400
"""Pixels of a picture's width: legible where a screen shows half of it, and still when it is zoomed in."""
MAX_HEIGHT = 2400
QUALITY = 62


def draw_pages(path: Path, pages: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """Page number and WebP of some pages (from 1), one at a time. Raises ValueError for a page that the file does not have,
    pdfium.PdfiumError where pdfium cannot open it. Not for several threads at once: pdfium is not made for that."""
    document = pdfium.PdfDocument(path)
    try:
        beyond = [page for page in pages if not 1 <= page <= len(document)]
        if beyond:
            raise ValueError(f"{path.name} has {len(document)} pages, asked for page {beyond[0]}")
        for page in pages:
            yield page, _draw_page(document, page)
    finally:
        document.close()


def _draw_page(document: pdfium.PdfDocument, number: int) -> bytes:
    page = document[number - 1]
    try:
        width, height = page.get_size()
        picture = page.render(scale=min(WIDTH / width, MAX_HEIGHT / height)).to_pil().convert("RGB")
    finally:
        page.close()
    target = io.BytesIO()
    picture.save(target, "WEBP", quality=QUALITY, method=4)
    return target.getvalue()
