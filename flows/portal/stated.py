"""The pages of a disclosure that say what its text states, and which projects and performance targets its sheets name.

Promise: every statement, project and target stands on one of them, with the words it was printed in and the way to its place on
the picture of its page; what contradicts a table or another statement says so beside it. A sentence with a person's details is
none of the statements, and a purpose that holds some is not shown.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flows.portal.portions import (
    PAGE_BYTES,
    cut_by_weight,
    weigh_failing,
    weigh_project,
    weigh_statement,
    weigh_target,
    weigh_texts,
)
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
"""The most of one page, where they are short; long ones fill it sooner."""
SHOWN_SENTENCES = 6
SHOWN_AMOUNTS = 12
"""Of one failing check."""
_LEAST_STATEMENT, _LEAST_TARGET = PAGE_BYTES // PAGE_STATEMENTS, PAGE_BYTES // PAGE_TARGETS
_CHECK_BESIDE = 200
"""Bytes of a failing check that is named beside a statement."""
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
        self._text_pages = list(_cut(self.failing, self.statements))
        self._target_pages = list(_group_targets(rows.projects, rows.targets))

    def list_pages(self) -> Iterator[Page]:
        """The pages by address, template and values."""
        for number, (failing, shown) in enumerate(self._text_pages, start=1):
            # What fails may be of sheets as well as of statements: it stands before all of them.
            values = {"statements": shown, "failing": failing, "total": len(self.statements)}
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
        for number, (_, shown) in enumerate(self._text_pages, start=1):
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


def _name_state(outcomes: set[str]) -> str:
    if "violated" in outcomes:
        return "violated"
    return "agrees" if outcomes & AGREEING else "unchecked"


def _cut(failing: Sequence[StatedCheck], statements: Sequence[Statement]) -> Iterator[tuple[list[StatedCheck], list[Statement]]]:
    """Pages of what fails and of all statements."""
    weights = [
        *(_weigh_check(one) for one in failing),
        *(max(_weigh_statement(one), _LEAST_STATEMENT) for one in statements),
    ]
    for portion in cut_by_weight(weights):
        below = slice(max(portion.start - len(failing), 0), max(portion.stop - len(failing), 0))
        yield list(failing[portion]), list(statements[below])


def _weigh_check(check: StatedCheck) -> int:
    shown = check.statements[:SHOWN_SENTENCES]
    sentences = weigh_texts(*(text for row in shown for text in (row["subject"], row["value_reported"], row["evidence"])))
    return weigh_failing(check.subject, None, len(shown) + len(check.amounts[:SHOWN_AMOUNTS])) + sentences


def _weigh_statement(one: Statement) -> int:
    return weigh_statement(one.row) + _CHECK_BESIDE * len(one.failing)


def _weigh_target(row: Row) -> int:
    return max(weigh_target(row), _LEAST_TARGET)


def _group_targets(projects: Sequence[Row], targets: Sequence[Row]) -> Iterator[list[Project]]:
    """Pages of projects with their targets below; targets of no project come last. A long project goes on on the next page."""
    by_project: dict[int | None, list[Row]] = defaultdict(list)
    for row in targets:
        by_project[row["project_number"]].append(row)
    page: list[Project] = []
    room = PAGE_BYTES
    heads: list[Row | None] = [*projects, *([None] if by_project.get(None) else [])]
    for head in heads:
        own = by_project.get(head["project_number"] if head else None, [])
        purpose = head["purpose"] if head and head["purpose"] and not is_personal(head["purpose"]) else None
        weight = max(weigh_project(head, purpose), _LEAST_TARGET)
        # A head stays with the first of its targets.
        if page and weight + sum(_weigh_target(target) for target in own[:1]) > room:
            yield page
            page, room = [], PAGE_BYTES
        page.append(Project(head, purpose))
        room -= weight
        for target in own:
            weight = _weigh_target(target)
            if weight > room and page[-1].targets:
                yield page
                page, room = [Project(head, None, is_continued=True)], PAGE_BYTES - weigh_project(head, None)
            page[-1].targets.append(target)
            room -= weight
    if page:
        yield page


def _list_sheet_marks(group: Project) -> Iterator[tuple[Row, str, str, str]]:
    if group.row and not group.is_continued:
        yield group.row, f"p{group.row['project_number']}", group.row["project"], group.row["amount_reported"] or ""
    for row in group.targets:
        yield row, f"t{row['target_number']}", row["indicator"], row["value_reported"] or row["value"] or ""
