"""What a document's running text states, as a person reads it: in reading order, each statement with the checks that hold it.

Promise: every statement is shown, and every number that was not understood at its place among them; numbers that state nothing
are counted by their reason. A check that could not be made is not shown as one that holds. The JSON has every column.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from warehouse.metadata.models import load_labels
from warehouse.records import Row

FACTS = ("document_id", "title", "department_name", "fiscal_year", "phase", "status", "grade")
COUNTS = ("text_stated_count", "text_ignored_count", "text_unread_count")
ARROWS = {"increase": "↑ ", "decrease": "↓ ", "unchanged": "= "}
MARKS = {
    "exact": ("✓", "green"),
    "rounding": ("✓", "green"),
    "truncation": ("≈", "yellow"),
    "violated": ("✗", "red"),
    "not_computable": ("·", "dim"),
}
LINES_SHOWN = 2
SIDES = (
    "left_statement_numbers",
    "right_statement_numbers",
)  # columns of core_statement_checks that name the statements compared


@dataclass(frozen=True, slots=True)
class DocumentText:
    """What the warehouse knows of one document's text: its rows, in reading order, and the lines spoken of by id."""

    disclosure: Row
    statements: Sequence[Row]
    numbers: Sequence[Row]  # of raw_narrative_numbers
    checks: Sequence[Row]
    findings: Sequence[Row]
    lines: Mapping[str, Row]


def sort_text(disclosure: Row, rows: Mapping[str, Sequence[Row]]) -> DocumentText:
    """One document's rows by resource, in reading order."""
    return DocumentText(
        disclosure,
        sorted(rows["core_statements"], key=lambda row: row["statement_number"]),
        sorted(rows["raw_narrative_numbers"], key=lambda row: row["text_start"]),
        sorted(rows["core_statement_checks"], key=lambda row: row["check_number"]),
        rows["core_findings"],
        {line["line_id"]: line for line in rows["core_budget_lines"]},
    )


def describe_text(text: DocumentText) -> Row:
    """Everything that is shown, for JSON: `document`, `ignored` by reason, `statements` with their checks, `unread` numbers."""
    checks = _find_checks(text)
    return {
        "document": {name: text.disclosure.get(name) for name in (*FACTS, *COUNTS)},
        "ignored": dict(_count_reasons(text)),
        "statements": [
            {**_drop_owner(row), "checks": [_drop_owner(check) for check in checks.get(row["statement_number"], ())]}
            for row in text.statements
        ],
        "unread": [_drop_owner(row) for row in text.numbers if row["number_outcome"] == "unread"],
    }


def render_statements(text: DocumentText) -> RenderableType:
    """Heading, counts, and page by page what is stated and what was not understood."""
    if not text.statements and not text.numbers:
        return Group(_name_document(text.disclosure), Text("No running text was read.", style="yellow"))
    checks = _find_checks(text)
    unread = [row for row in text.numbers if row["number_outcome"] == "unread"]
    ordered = sorted([*text.statements, *unread], key=lambda row: row["text_start"])
    pages = groupby(ordered, key=lambda row: row["page"])
    return Group(
        _name_document(text.disclosure),
        _render_counts(text),
        *(part for page, rows in pages for part in _render_page(page, list(rows), checks, text)),
    )


def _find_checks(text: DocumentText) -> dict[int, list[Row]]:
    """Checks by the number of a statement that they compare."""
    found: dict[int, list[Row]] = {}
    for check in text.checks:
        for number in {number for side in SIDES for number in check.get(side) or ()}:
            found.setdefault(number, []).append(check)
    return found


def _count_reasons(text: DocumentText) -> list[tuple[str, int]]:
    return Counter(row["ignored_because"] for row in text.numbers if row["ignored_because"]).most_common()


def _drop_owner(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in ("processing_id", "document_id")}


def _name_document(disclosure: Row) -> Text:
    heading = Text(disclosure["title"] or disclosure["url"], style="bold")
    grade = f" · grade {disclosure['grade']}" if disclosure.get("grade") else ""
    return heading.append(f"  {disclosure['document_id']} · {disclosure['status']}{grade}", style="not bold dim")


def _render_counts(text: DocumentText) -> Text:
    """How many numbers state something, how many nothing and why, and how many were not understood."""
    count = Counter(row["number_outcome"] for row in text.numbers)
    line = Text(f"{len(text.numbers):,} numbers in the text: ").append(f"{count['statement']:,} state something", style="green")
    reasons = ", ".join(f"{reason} {number:,}" for reason, number in _count_reasons(text))
    line.append(f", {count['ignored']:,} nothing").append(f" ({reasons})" if reasons else "", style="dim")
    return line.append(f", {count['unread']:,} not understood", style="yellow" if count["unread"] else "green").append(".")


def _render_page(
    page: int, rows: Sequence[Row], checks: Mapping[int, Sequence[Row]], text: DocumentText
) -> Iterator[RenderableType]:
    yield Text(f"\np. {page}", style="bold")
    grid = Table.grid(padding=(0, 1))
    grid.add_column(justify="right", min_width=5, no_wrap=True, style="dim")
    grid.add_column(justify="right", min_width=16, overflow="fold")
    grid.add_column(overflow="fold")
    for row in rows:
        if "statement_key" in row:
            _add_statement(grid, row, checks.get(row["statement_number"], ()), text)
        else:
            grid.add_row("?", Text(row["value_reported"], style="yellow"), Text("not understood", style="yellow"))
            grid.add_row("", "", Text(row["evidence"] or "", style="dim"))
    yield grid


def _add_statement(grid: Table, row: Row, checks: Sequence[Row], text: DocumentText) -> None:
    arrow = ARROWS.get(row["direction"] or "", "")
    printed = row["value_reported"] or load_labels()["core_statements.direction"][row["direction"]]
    meaning = Text(row["statement_key"], style="cyan")
    meaning.append(f" {row['subject']}" if row["subject"] else "", style="bold not dim")
    meaning.append(f" · {row['period']}", style="dim")
    grid.add_row(str(row["statement_number"]), Text(f"{arrow}{printed}"), meaning)
    grid.add_row("", "", Text(row["evidence"], style="dim"))
    if row["reason"]:
        grid.add_row("", "", Text("because ", style="dim").append(row["reason"], style="not dim"))
    if row["line_ids"]:
        grid.add_row("", "", _name_lines(row["line_ids"], text.lines))
    for check in checks:
        grid.add_row("", "", _describe_check(check, text.findings))


def _name_lines(line_ids: Sequence[str], lines: Mapping[str, Row]) -> Text:
    """The lines that a statement speaks of: the first ones with page, table, name and amount as printed."""
    known = [lines[line_id] for line_id in line_ids if line_id in lines]
    shown = [
        f"p. {line['page']} {line['table_type']} · {line['line_label']} {line['amount_reported']}" for line in known[:LINES_SHOWN]
    ]
    more = f"; {len(known) - LINES_SHOWN} more" if len(known) > LINES_SHOWN else ""
    return Text("→ ", style="dim").append("; ".join(shown) + more, style="not dim")


def _describe_check(check: Row, findings: Sequence[Row]) -> Text:
    mark, style = MARKS[check["outcome"]]
    line = Text(f"{mark} {check['check_id']} ", style=style).append(check["check_subject"], style="not dim")
    if check["outcome"] == "violated" and check["left_cny"] is not None and check["right_cny"] is not None:
        line.append(f": {check['left_cny']:,} and {check['right_cny']:,}")
    for finding in findings:
        if check["check_number"] in (finding["statement_check_numbers"] or ()):
            line.append(f" — {finding['message']}", style="not dim")
    return line
