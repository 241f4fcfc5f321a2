"""Where the two readers differ: whose reading stands, and what a person is told.

Promise: a disagreement is never passed over. Where the arithmetic of the document proves the amount as it was taken, and the
code list knows its name, the disagreement is settled and counted; every other one is a finding of its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from transforms.codes import COLUMN_BY_SCHEME, CodeBook, is_name_of, is_unlisted
from warehouse.issues import make_finding
from warehouse.records import Box, Row


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One cell of a line in which the readers saw two texts: `text` was taken, `other` was not."""

    table_id: str
    line_id: str
    row_number: int
    page: int
    bbox: Box
    text: str
    other: str


def settle_disagreements(disagreements: Iterable[Disagreement], lines: Mapping[str, Row], book: CodeBook) -> list[Row]:
    """Findings: one a table for what the arithmetic settles, one a cell for what stays open. `lines`: proved lines by id."""
    settled: dict[str, set[tuple[int, Box]]] = defaultdict(set)
    open_cells: dict[tuple[str, Box], Disagreement] = {}
    first: dict[str, Disagreement] = {}
    for disagreement in disagreements:
        if _is_proved(lines[disagreement.line_id], book):
            settled[disagreement.table_id].add((disagreement.page, disagreement.bbox))
            first.setdefault(disagreement.table_id, disagreement)
        else:
            open_cells.setdefault((disagreement.table_id, disagreement.bbox), disagreement)
    findings = [
        make_finding(
            "readings-settled",
            page=first[table_id].page,
            bbox=first[table_id].bbox,
            table_id=table_id,
            cells=len(cells),
            text=first[table_id].text,
            other=first[table_id].other,
        )
        for table_id, cells in settled.items()
    ]
    findings.extend(
        make_finding(
            "readings-differ",
            page=d.page,
            bbox=d.bbox,
            table_id=d.table_id,
            row_number=d.row_number,
            text=d.text,
            other=d.other,
        )
        for d in open_cells.values()
    )
    return findings


def _is_proved(line: Row, book: CodeBook) -> bool:
    """An identity holds with the amount and none fails, and each code carries the name that stands beside it."""
    if line["contradicted_by"] or not line["verified_by"]:
        return False
    codes = [code for column in COLUMN_BY_SCHEME.values() if (code := line[column])]
    return not codes or any(is_unlisted(code, book) or is_name_of(code, line["line_label"], book) for code in codes)
