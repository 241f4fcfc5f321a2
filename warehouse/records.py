"""The records that travel between the layers: what a page shows, and what one processing of one document yields.

Promise: immutable, free of I/O, and the only shapes that `extractors`, `transforms` and `flows` hand to each other.
Boxes are `(x0, top, x1, bottom)` in PDF points, origin top left of the page as displayed (rotation applied).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Box = tuple[float, float, float, float]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of text outside or inside tables, in reading order."""

    page: int
    text: str
    bbox: Box


@dataclass(frozen=True, slots=True)
class RawCell:
    """One cell of a grid: `row` and `column` count from 0; a merged cell stands at its top left with its spans.

    `text` is the accepted reading, with line breaks kept as newlines. `agreed`: the other reader saw the same text in the
    same place. `other_text` is what it saw where it differs; None with `agreed` False: it saw no table there.
    `third_text` is what a third look saw, where the two differ.
    """

    page: int
    row: int
    column: int
    row_span: int
    column_span: int
    text: str
    bbox: Box
    agreed: bool = False
    other_text: str | None = None
    third_text: str | None = None


@dataclass(frozen=True, slots=True)
class RawTable:
    """One ruled grid on one page, or several stitched together: strings only, nothing interpreted.

    `rows_of_page` tells where each page's rows begin: ((page, first_row), ...). `captions` are the lines above the grid,
    nearest last, up to the grid or page edge before it. `column_edges` are the x positions of the rules, n_columns + 1 of them.
    """

    ordinal: int
    pages: tuple[int, ...]
    n_rows: int
    n_columns: int
    cells: tuple[RawCell, ...]
    column_edges: tuple[float, ...]
    bbox: Box
    engine: str
    captions: tuple[TextLine, ...] = ()
    rows_of_page: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What triage saw on a page, cheaply. `kind`: table, narrative, scan, blank."""

    page: int
    width: float
    height: float
    kind: str
    n_characters: int
    n_amounts: int
    n_grids: int
    has_image: bool


@dataclass(frozen=True, slots=True)
class RawDocument:
    """Everything that `extractors.pdf` reads from one PDF: pages, lines of text in reading order, stitched tables."""

    document_id: str
    pages: tuple[PageFacts, ...]
    lines: tuple[TextLine, ...]
    tables: tuple[RawTable, ...]
    findings: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where the bytes of a document came from: what the crawler or the command line knows, nothing read from the PDF.

    Paths given on the command line have source_id `local` and the file's name as URL.
    """

    document_id: str
    sha256: str
    bytes: int
    source_id: str
    url: str
    landing_url: str = ""
    title: str = ""
    department_name: str = ""
    region_code: str = ""
    fetched_at: str = ""


@dataclass(frozen=True, slots=True)
class ProcessedDocument:
    """One processing of one document: rows by resource name (`core_budget_lines`, ...), checked against the metadata when staged.

    `status`: loaded (nothing in doubt), doubtful (loaded with findings), refused (no rows but its disclosure, findings say why).
    """

    document_id: str
    processing_id: str
    status: str
    rows: Mapping[str, Sequence[Row]]
    seconds: Mapping[str, float] = field(default_factory=dict)
