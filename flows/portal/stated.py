"""The pages of a disclosure that say what its text states, and which projects and performance targets its sheets name.

Promise: every statement, project and target stands on one of them, with the words it was printed in and the way to its place on
the picture of its page; what contradicts a table or another statement says so beside it. A sentence with a person's details is
none of the statements, and a purpose that holds some is not shown.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flows.portal.reading import DocumentRows
from transforms.identities import Text
from transforms.narrative.personal import is_personal
from transforms.portal.addresses import Language, address_targets, address_text
from transforms.portal.published_table import Amount, describe_amount
from transforms.portal.stated_words import name_statement
from warehouse.records import Box, Row

AGREEING = frozenset(("exact", "rounding", "truncation"))
PAGE_STATEMENTS = 100
PAGE_TARGETS = 120
Page = tuple[str, str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class StatedCheck:
    """A failing identity of the text: both sides as they were compared, and what each side is."""

    identity: str
    title: Text
    subject: str
    left: str | None
    right: str | None
    unit: str | None
    statements: tuple[Row, ...]
    amounts: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, whether anything speaks for or against it (`agrees`, `violated`, `unchecked`), and what it contradicts."""

    row: Row
    state: str
    failing: tuple[StatedCheck, ...]


@dataclass(slots=True)
class Project:
    """A project and those of its targets that one page shows. `row` is None for targets of no project."""

    row: Row | None
    purpose: str | None
    is_continued: bool = False
    targets: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class StatedMark:
    """A place on the picture of a page: its anchor, what stands there, and the page that says more."""

    anchor: str
    box: Box | None
    label: str
    printed: str
    is_contradicted: bool
    address: str


class StatedPages:
    """What is stated in one disclosure."""

    def __init__(self, rows: DocumentRows, titles: Mapping[str, Text]) -> None:
        self._id = rows.disclosure["document_id"]
        self._lines = {line["line_id"]: line for line in rows.lines}
        self._rows = {row["statement_number"]: row for row in rows.statements}
        self.failing = [self._describe_check(row, titles) for row in rows.statement_checks if row["outcome"] == "violated"]
        self.outcomes = rows.statement_checks
        self.statements = self._judge(rows)
        self.projects = rows.projects
        self.targets = rows.targets
        self._text_pages = _cut(self.statements, PAGE_STATEMENTS)
        self._target_pages = list(_group_targets(rows.projects, rows.targets))

    def list_pages(self) -> Iterator[Page]:
        """The pages by address, template and values."""
        for number, shown in enumerate(self._text_pages, start=1):
            # What fails may be of sheets as well as of statements: all of it stands on the first page.
            values = {"statements": shown, "failing": self.failing if number == 1 else [], "total": len(self.statements)}
            yield address_text(self._id, number), "text.html.j2", {**values, "number": number, "count": len(self._text_pages)}
        for number, groups in enumerate(self._target_pages, start=1):
            values = {"projects": groups, "project_count": len(self.projects), "target_count": len(self.targets)}
            yield (
                address_targets(self._id, number),
                "targets.html.j2",
                {**values, "number": number, "count": len(self._target_pages)},
            )

    def list_marks(self, language: Language) -> Mapping[int, list[StatedMark]]:
        """The marks of what is stated, by page of the PDF."""
        marks: dict[int, list[StatedMark]] = defaultdict(list)
        for number, shown in enumerate(self._text_pages, start=1):
            for one in shown:
                row = one.row
                anchor = f"s{row['statement_number']}"
                label = " ".join(filter(None, [name_statement(row["statement_key"], language), row["subject"]]))
                address = f"{address_text(self._id, number)}#{anchor}"
                printed = row["value_reported"] or row["evidence"]
                marks[row["page"]].append(StatedMark(anchor, row["bbox"], label, printed, one.state == "violated", address))
        for number, groups in enumerate(self._target_pages, start=1):
            for group in groups:
                for row, anchor, label, printed in _list_sheet_marks(group):
                    address = f"{address_targets(self._id, number)}#{anchor}"
                    marks[row["page"]].append(StatedMark(anchor, row["bbox"], label, printed, False, address))
        return marks

    def _describe_check(self, check: Row, titles: Mapping[str, Text]) -> StatedCheck:
        numbers = [*check["left_statement_numbers"], *check["right_statement_numbers"]]
        lines = [*check["left_line_ids"], *check["right_line_ids"]]
        identity = check["check_id"]
        return StatedCheck(
            identity=identity,
            title=titles.get(identity) or Text(zh=identity, en=identity.replace("_", " ")),
            subject=check["check_subject"],
            left=check["left_value"],
            right=check["right_value"],
            unit=check["unit"],
            statements=tuple(self._rows[number] for number in numbers if number in self._rows),
            amounts=tuple(describe_amount(self._lines[name]) for name in lines if name in self._lines),
        )

    def _judge(self, rows: DocumentRows) -> list[Statement]:
        outcomes: dict[int, set[str]] = defaultdict(set)
        for check in rows.statement_checks:
            for number in (*check["left_statement_numbers"], *check["right_statement_numbers"]):
                outcomes[number].add(check["outcome"])
        failing: dict[int, list[StatedCheck]] = defaultdict(list)
        for one in self.failing:
            for number in dict.fromkeys(row["statement_number"] for row in one.statements):
                failing[number].append(one)
        return [
            Statement(row, _name_state(outcomes[row["statement_number"]]), tuple(failing[row["statement_number"]]))
            for row in rows.statements
        ]


def list_stated_pages(rows: DocumentRows) -> set[int]:
    """The pages of the PDF that a statement, a project or a target stands on."""
    return {row["page"] for part in (rows.statements, rows.projects, rows.targets) for row in part}


def _name_state(outcomes: set[str]) -> str:
    if "violated" in outcomes:
        return "violated"
    return "agrees" if outcomes & AGREEING else "unchecked"


def _cut(rows: Sequence[Statement], size: int) -> list[Sequence[Statement]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _group_targets(projects: Sequence[Row], targets: Sequence[Row]) -> Iterator[list[Project]]:
    """Pages of projects with their targets below; targets of no project come last. A long project goes on on the next page."""
    by_project: dict[int | None, list[Row]] = defaultdict(list)
    for row in targets:
        by_project[row["project_number"]].append(row)
    page: list[Project] = []
    room = PAGE_TARGETS
    heads: list[Row | None] = [*projects, *([None] if by_project.get(None) else [])]
    for head in heads:
        own = by_project.get(head["project_number"] if head else None, [])
        purpose = head["purpose"] if head and head["purpose"] and not is_personal(head["purpose"]) else None
        is_continued = False
        while True:
            if room <= 1:
                yield page
                page, room = [], PAGE_TARGETS
            taken, own = own[: room - 1], own[room - 1 :]
            page.append(Project(head, None if is_continued else purpose, is_continued, taken))
            room -= 1 + len(taken)
            is_continued = True
            if not own:
                break
    if page:
        yield page


def _list_sheet_marks(group: Project) -> Iterator[tuple[Row, str, str, str]]:
    if group.row and not group.is_continued:
        yield group.row, f"p{group.row['project_number']}", group.row["project"], group.row["amount_reported"] or ""
    for row in group.targets:
        yield row, f"t{row['target_number']}", row["indicator"], row["value_reported"] or row["value"] or ""
