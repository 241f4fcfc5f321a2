"""The pages of one disclosure: what it is and how far it is trusted, its tables as published, and the pages of the PDF with every
amount marked on its picture.

Promise: each amount leads to its mark, and each mark back to its amount; a finding stands on the page that it is about.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flows.portal.reading import DocumentRows
from flows.portal.rendering import render_page
from flows.portal.stated import StatedPages, list_stated_pages
from transforms.identities import Text, load_identities, load_identities_across, load_identities_text
from transforms.portal.addresses import LANGUAGES, Language, address_document, address_page, address_table
from transforms.portal.published_table import Amount, describe_amount, lay_out_table, name_measure
from warehouse.records import Row

UNKNOWN = "unknown"
SHOWN_CHECKS = 100
"""Failing sums that are shown one by one; a document that breaks more is told so."""
SHOWN_STATED = 10
"""Contradictions of the text on a disclosure's own page; the page of its text has all of them."""
_GRAVITY = ("critical", "warning", "info")
# What an amount of each kind is worth in the score (docs/confidence.md).
WORTH = {"proved": "1", "contradicted": "0.25 – 0.48", "misread": "0", "unread": "0"}


@dataclass(frozen=True, slots=True)
class FailingSum:
    """A violated identity with both sides; `reason`: what was compared where it is no amounts, such as the names of one code."""

    identity: str
    title: Text
    subject: str
    left: Decimal | None
    right: Decimal | None
    difference: Decimal | None
    reason: str | None
    table_ids: tuple[str, ...]
    amounts: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class MarkedRow:
    """An amount on its page, with the name of its row and what is measured."""

    label: str
    code: str
    measure: str
    table_id: str
    amount: Amount


@dataclass(frozen=True, slots=True)
class ScorePart:
    """Amounts of one kind and what each is worth in the score."""

    kind: str
    count: int
    worth: str


def make_document_pages(rows: DocumentRows) -> dict[str, bytes]:
    """Every page of a disclosure in every language, by its address in the portal."""
    pages: dict[str, bytes] = {}
    for language in LANGUAGES:
        for address, template, values in _list_pages(rows, language):
            pages[f"{language}/{address}"] = render_page(language, address, template, values)
    return pages


def list_picture_pages(rows: DocumentRows) -> list[int]:
    """The pages of the PDF that something stands on: an amount, a statement, a target, or a finding about a place."""
    told = {finding["page"] for finding in rows.findings if finding["page"]}
    return sorted({line["page"] for line in rows.lines} | told | list_stated_pages(rows))


def _list_pages(rows: DocumentRows, language: Language) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    disclosure = rows.disclosure
    document_id = disclosure["document_id"]
    lines_of = _group_lines(rows.lines, "table_id")
    lines_by_id = {line["line_id"]: line for line in rows.lines}
    failing = _list_failing(rows.checks, lines_by_id)
    pictured = list_picture_pages(rows)
    stated = StatedPages(rows, _titles())
    stated_marks = stated.list_marks(language)
    common = {"disclosure": disclosure, "document_id": document_id, "name": name_disclosure(disclosure)}
    yield (
        address_document(document_id),
        "document.html.j2",
        {
            **common,
            "tables": [table for table in rows.tables if table["table_type"] != UNKNOWN],
            "unknown_tables": [table for table in rows.tables if table["table_type"] == UNKNOWN],
            "findings": sort_findings(rows.findings),
            "outcomes": _count_outcomes(rows.checks),
            "failing": failing[:SHOWN_CHECKS],
            "more_failing": max(len(failing) - SHOWN_CHECKS, 0),
            "score_parts": explain_score(disclosure),
            "pictured": pictured,
            "stated": stated,
            "shown_stated": SHOWN_STATED,
        },
    )
    for address, template, values in stated.list_pages():
        yield address, template, {**common, **values}
    shown = [table for table in rows.tables if lines_of.get(table["table_id"])]
    for index, table in enumerate(shown):
        yield (
            address_table(table["table_id"]),
            "table.html.j2",
            {
                **common,
                "table": table,
                "published": lay_out_table(lines_of[table["table_id"]], language),
                "findings": sort_findings([row for row in rows.findings if row["table_id"] == table["table_id"]]),
                "failing": [one for one in failing if table["table_id"] in one.table_ids],
                "outcomes": _count_outcomes([check for check in rows.checks if table["table_id"] in check["table_ids"]]),
                "before": shown[index - 1] if index else None,
                "after": shown[index + 1] if index + 1 < len(shown) else None,
            },
        )
    sizes = {row["page"]: row for row in rows.pages}
    lines_on = _group_lines(rows.lines, "page")
    for index, page in enumerate(pictured):
        yield (
            address_page(document_id, page),
            "page.html.j2",
            {
                **common,
                "page": page,
                # A warehouse of an older version may not know a page's size: its amounts are listed, without a picture.
                "width": sizes[page]["page_width"] if page in sizes else None,
                "height": sizes[page]["page_height"] if page in sizes else None,
                "marked": [_mark_row(line, language) for line in lines_on.get(page, [])],
                "stated": stated_marks.get(page, []),
                "findings": sort_findings([row for row in rows.findings if row["page"] == page]),
                "before": pictured[index - 1] if index else None,
                "after": pictured[index + 1] if index + 1 < len(pictured) else None,
                "page_count": disclosure["page_count"],
            },
        )


def name_disclosure(disclosure: Row) -> str:
    """What a disclosure is called: its title, else its issuer, else its id."""
    return str(disclosure["title"] or disclosure["department_name"] or disclosure["document_id"])


def sort_findings(findings: Sequence[Row]) -> list[Row]:
    """The gravest first, then by page."""
    return sorted(findings, key=lambda row: (_GRAVITY.index(row["severity"]), row["page"] or 0, row["finding_number"]))


def explain_score(disclosure: Row) -> tuple[ScorePart, ...]:
    """How many amounts of each kind the score is the mean of; empty where a document has no score."""
    if disclosure["score"] is None or disclosure["proved_count"] is None:
        return ()
    counts = {
        "proved": disclosure["proved_count"],
        "contradicted": disclosure["contradicted_count"],
        "misread": disclosure["misread_count"],
        "unread": disclosure["unread_count"],
    }
    return tuple(ScorePart(kind, count, WORTH[kind]) for kind, count in counts.items() if count is not None)


def title_identity(identity: str) -> Text:
    """The title of an identity in both languages; its id where another version evaluated it."""
    return _titles().get(identity) or Text(zh=identity, en=identity.replace("_", " "))


def _titles() -> dict[str, Text]:
    across = [entry for group in load_identities_across().values() for entry in group.identities]
    return {entry.id: entry.title for entry in (*load_identities().identities, *load_identities_text().identities, *across)}


def _group_lines(lines: Sequence[Row], name: str) -> dict[Any, list[Row]]:
    grouped: dict[Any, list[Row]] = defaultdict(list)
    for line in lines:
        grouped[line[name]].append(line)
    return grouped


def _mark_row(line: Row, language: Language) -> MarkedRow:
    code = line["function_code"] or line["econ_department_code"] or line["econ_government_code"] or ""
    return MarkedRow(line["line_label"], code, name_measure(line, language), line["table_id"], describe_amount(line))


def _list_failing(checks: Sequence[Row], lines: Mapping[str, Row]) -> list[FailingSum]:
    failing = []
    for check in checks:
        if check["outcome"] != "violated":
            continue
        named = [lines[name] for name in (*check["left_line_ids"], *check["right_line_ids"]) if name in lines]
        failing.append(
            FailingSum(
                identity=check["check_id"],
                title=title_identity(check["check_id"]),
                subject=check["check_subject"],
                left=check["left_cny"],
                right=check["right_cny"],
                difference=check["difference_cny"],
                reason=check["reason"],
                table_ids=tuple(check["table_ids"]),
                amounts=tuple(describe_amount(line) for line in named),
            )
        )
    return failing


def _count_outcomes(checks: Sequence[Row]) -> list[tuple[str, Text, Counter[str]]]:
    """Per identity how its instances came out, in the order of the checks."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for check in checks:
        counted[check["check_id"]][check["outcome"]] += 1
    return [(identity, title_identity(identity), counter) for identity, counter in counted.items()]
