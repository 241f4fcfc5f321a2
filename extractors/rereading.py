"""Some cells of a document read again, before anyone is blamed for what stands in them.

Promise: it is asked about cells that arithmetic accuses, a bounded number of them; it returns texts as they are seen and settles
nothing. The ways of reading: what the readers that were not taken saw (at hand, costs nothing), pdfium's own text inside the
cell, and camelot once more with its raster engine, which finds the rules on a picture of the page.
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pypdfium2 as pdfium

from extractors.pdf.pages import make_display
from extractors.pdf.tables import FirstReaderError, reread_page
from warehouse.records import Box, RawDocument

MOST_CELLS = 60
MOST_PAGES_WITH_CAMELOT = 3  # its raster engine draws the page: half a second each

Place = tuple[int, Box]


def recall_readings(raw: RawDocument, places: Sequence[Place]) -> dict[Place, list[str]]:
    """What the other readers saw in the cells at these places (page, box): the same text where they agreed."""
    wanted = {_round(place): place for place in places}
    seen: dict[Place, list[str]] = defaultdict(list)
    for table in raw.tables:
        for cell in table.cells:
            place = wanted.get(_round((cell.page, cell.bbox)))
            if place is None:
                continue
            others = [cell.text] if cell.agreed else [cell.other_text, cell.third_text]
            seen[place].extend(text for text in others if text is not None)
    return dict(seen)


def agree_on_row(raw: RawDocument, place: Place) -> bool:
    """Whether both readers saw the same in every cell that stands beside the one at `place`; False where no cell stands there."""
    page, box = place
    middle = (box[1] + box[3]) / 2
    tables = [table for table in raw.tables if any(_round((cell.page, cell.bbox)) == _round(place) for cell in table.cells)]
    beside = [cell for table in tables for cell in table.cells if cell.page == page and cell.bbox[1] <= middle <= cell.bbox[3]]
    return bool(beside) and all(cell.agreed for cell in beside)


def reread_cells(path: Path, raw: RawDocument, places: Sequence[Place]) -> dict[Place, list[str]]:
    """The texts of `recall_readings`, and for the first `MOST_CELLS` places what two more ways of reading see on the page.

    Raises pdfium.PdfiumError where pdfium cannot open the file.
    """
    seen = defaultdict(list, recall_readings(raw, places))
    chosen = list(dict.fromkeys(places))[:MOST_CELLS]
    for place, text in _look_into_boxes(path, chosen).items():
        seen[place].append(text)
    heights = {page.page: page.height for page in raw.pages}
    for page in list(dict.fromkeys(page for page, _ in chosen))[:MOST_PAGES_WITH_CAMELOT]:
        for place, text in _ask_camelot(path, page, heights[page], [place for place in chosen if place[0] == page]).items():
            seen[place].append(text)
    return dict(seen)


def _round(place: Place) -> tuple[int, tuple[float, ...]]:
    """Boxes pass through rows of numbers with fewer digits."""
    page, box = place
    return page, tuple(round(float(value), 1) for value in box)


def _look_into_boxes(path: Path, places: Sequence[Place]) -> dict[Place, str]:
    """pdfium's text inside each box."""
    texts: dict[Place, str] = {}
    with pdfium.PdfDocument(path) as document:
        for number in dict.fromkeys(page for page, _ in places):
            page = document[number - 1]
            text, display = page.get_textpage(), make_display(page)
            for place in places:
                if place[0] == number:
                    texts[place] = text.get_text_bounded(*display.page_box(place[1])).strip()
            text.close()
            page.close()
    return texts


def _ask_camelot(path: Path, page: int, height: float, places: Sequence[Place]) -> dict[Place, str]:
    """What camelot's raster engine reads in the cells whose centres lie in the boxes; nothing where it fails on the page."""
    try:
        cells = [cell for table in reread_page(path, page, height) for cell in table.cells]
    except FirstReaderError:
        return {}
    found = {}
    for place in places:
        x0, top, x1, bottom = place[1]
        texts = [cell.text for cell in cells if cell.text and x0 <= cell.x <= x1 and top <= cell.y <= bottom]
        if texts:
            found[place] = "\n".join(texts)
    return found
