"""Where the two readers differ: whose reading stands, and what a person is told.

Promise: a disagreement is never passed over. Where the arithmetic of the document proves the amount as it was taken, and the
code list knows its name, it is settled; where a third look sees what was taken, the other reading is outvoted; both are counted.
Every other one is a finding of its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from transforms.codes import COLUMN_BY_SCHEME, CodeBook, is_name_of, is_unlisted
from transforms.text import same_text
from warehouse.issues import make_finding
from warehouse.records import Box, Row

NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One cell of a line in which the readers saw two texts: `text` was taken, `other` was not; `third` is a third look's."""

    table_id: str
    line_id: str
    row_number: int
    page: int
    bbox: Box
    text: str
    other: str
    third: str | None


def settle_disagreements(disagreements: Iterable[Disagreement], lines: Mapping[str, Row], book: CodeBook) -> list[Row]:
    """Findings: one a table for what is settled, and how; one a cell for what stays open. `lines`: proved lines by id."""
    cells: dict[tuple[str, Box], list[Disagreement]] = defaultdict(list)
    for disagreement in disagreements:
        cells[disagreement.table_id, disagreement.bbox].append(disagreement)
    settled: dict[tuple[str, str], list[Disagreement]] = defaultdict(list)
    findings = []
    for (table_id, _), found in cells.items():
        kind = _judge(found, lines, book)
        if kind == "readings-differ":
            findings.append(_report_open(found[0]))
        else:
            settled[table_id, kind].append(found[0])
    return [*(_report_settled(kind, found) for (_, kind), found in settled.items()), *findings]


def _judge(found: Sequence[Disagreement], lines: Mapping[str, Row], book: CodeBook) -> str:
    """How the disagreement about one cell comes out: by the arithmetic, by the third look, or not at all."""
    if any(_is_proved(lines[disagreement.line_id], book) for disagreement in found):
        return "readings-settled"
    if found[0].third is not None and same_text(found[0].third, found[0].text):
        return "readings-outvoted"
    return "readings-differ"


def _report_settled(kind: str, found: Sequence[Disagreement]) -> Row:
    first = found[0]
    return make_finding(
        kind,
        page=first.page,
        bbox=first.bbox,
        table_id=first.table_id,
        cells=len(found),
        text=first.text or NOTHING,
        other=first.other or NOTHING,
    )


def _report_open(d: Disagreement) -> Row:
    return make_finding(
        "readings-differ",
        page=d.page,
        bbox=d.bbox,
        table_id=d.table_id,
        row_number=d.row_number,
        text=d.text or NOTHING,
        other=d.other or NOTHING,
        third="not asked" if d.third is None else d.third[:60] or NOTHING,
    )


def _is_proved(line: Row, book: CodeBook) -> bool:
    """An identity holds with the amount and none fails, and each code carries the name that stands beside it."""
    if line["contradicted_by"] or not line["verified_by"]:
        return False
    codes = [code for column in COLUMN_BY_SCHEME.values() if (code := line[column])]
    return not codes or any(is_unlisted(code, book) or is_name_of(code, line["line_label"], book) for code in codes)
