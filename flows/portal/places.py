"""Where everything of a disclosure stands: on which page of a long table, on which page of one page's picture.

Promise: a mark leads to the page that has it, whatever number of pages a table or a picture takes; both languages have the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Literal

from flows.portal.portions import cut_by_weight, weigh_finding, weigh_marked, weigh_stated, weigh_table_row
from flows.portal.reading import DocumentRows
from flows.portal.spending import group_rows
from flows.portal.stated import StatedMark, StatedPages
from transforms.portal.addresses import address_page, address_table, name_mark, name_row
from transforms.portal.published_table import describe_amount, lay_out_table, name_measure
from warehouse.records import Row

_GRAVITY = ("critical", "warning", "info")
Kind = Literal["findings", "stated", "lines"]


@dataclass(frozen=True, slots=True)
class Marked:
    """What stands on a page of the PDF: findings, statements and targets, amounts, in this order."""

    findings: Sequence[Row]
    stated: Sequence[StatedMark]
    lines: Sequence[Row]

    def take(self, portion: slice) -> "Marked":
        """Those of one portion of all of them."""
        kinds: tuple[tuple[Kind, Sequence[Any]], ...] = (
            ("findings", self.findings),
            ("stated", self.stated),
            ("lines", self.lines),
        )
        chosen = [(kind, one) for kind, all_of_kind in kinds for one in all_of_kind][portion]
        return Marked(*([one for of, one in chosen if of == kind] for kind, _ in kinds))

    def list_anchors(self) -> list[str]:
        """The anchors of all of them, in order."""
        return [
            *(name_finding_mark(row) for row in self.findings),
            *(mark.anchor for mark in self.stated),
            *(name_mark(line["line_id"]) for line in self.lines),
        ]

    def weigh(self) -> list[int]:
        """What each of them weighs on a page."""
        return [
            *(weigh_finding(row) for row in self.findings),
            *(weigh_stated(mark.label, mark.printed) for mark in self.stated),
            *(weigh_marked(line["line_label"], name_measure(line, "zh"), describe_amount(line)) for line in self.lines),
        ]


class Places:
    """The portions of a disclosure's tables and pages, and what stands in which.

    `tables`: portions of the rows of each table; `pages`: portions of what is marked on each page of the PDF.
    """

    def __init__(self, rows: DocumentRows, stated: StatedPages) -> None:
        self._id = rows.disclosure["document_id"]
        self._first_of: dict[str, Mapping[int, int]] = {}
        self._rows: dict[tuple[str, int], int] = {}
        self._marks: dict[str, int] = {}
        lines_of = group_rows(rows.lines, itemgetter("table_id"))
        self.tables = {table_id: self._cut_table(table_id, lines) for table_id, lines in lines_of.items()}
        self.pages = {page: self._cut_page(marked) for page, marked in list_marked(rows, stated.list_marks("zh")).items()}

    def address_mark(self, page: int, anchor: str) -> str:
        """The page of the portal that has a mark, with the mark."""
        return address_page(self._id, page, anchor, self._marks.get(anchor, 1))

    def address_row(self, line: Row) -> str:
        """The row that a line stands in, in its table as published."""
        row = (line["table_id"], self._first_of[line["table_id"]][line["line_number"]])
        return f"{address_table(row[0], self._rows.get(row, 1))}#{name_row(row[1])}"

    def _cut_table(self, table_id: str, lines: Sequence[Row]) -> list[slice]:
        published = lay_out_table(lines, "zh")
        shown = published.rows
        self._first_of[table_id] = published.first_of
        portions = cut_by_weight([weigh_table_row(parts) for _, parts in shown])
        for number, portion in enumerate(portions[1:], start=2):
            self._rows.update(((table_id, line_number), number) for line_number, _ in shown[portion])
        return portions

    def _cut_page(self, marked: Marked) -> list[slice]:
        portions = cut_by_weight(marked.weigh())
        anchors = marked.list_anchors()
        for number, portion in enumerate(portions[1:], start=2):
            self._marks.update((anchor, number) for anchor in anchors[portion])
        return portions


def list_marked(rows: DocumentRows, stated: Mapping[int, Sequence[StatedMark]]) -> dict[int, Marked]:
    """What stands on each page of the PDF that anything stands on, by page."""
    lines, findings = group_rows(rows.lines, itemgetter("page")), group_rows(rows.findings, itemgetter("page"))
    pages = sorted({*lines, *stated, *(page for page in findings if page)})
    return {page: Marked(sort_findings(findings.get(page, [])), stated.get(page, []), lines.get(page, [])) for page in pages}


def sort_findings(findings: Sequence[Row]) -> list[Row]:
    """The gravest first, then by page."""
    return sorted(findings, key=lambda row: (_GRAVITY.index(row["severity"]), row["page"] or 0, row["finding_number"]))


def name_finding_mark(finding: Row) -> str:
    """The anchor of a finding on the page that it is about."""
    return f"f{finding['finding_number']}"
