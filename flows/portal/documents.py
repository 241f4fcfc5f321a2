"""The pages of one disclosure: what it is and how far it is trusted, its tables as published, and the pages of the PDF with every
amount marked on its picture.

Promise: each amount leads to its mark, and each mark back to its amount; a finding stands on the page that it is about.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter
from pathlib import Path
from typing import Any

from flows.portal.places import Marked, Places, list_marked, sort_findings
from flows.portal.portions import cut_by_weight, weigh_failing, weigh_finding, weigh_table
from flows.portal.reading import DocumentRows
from flows.portal.rendering import render_page
from flows.portal.sheets import write_published
from flows.portal.spending import group_rows
from flows.portal.stated import SHOWN_AMOUNTS, SHOWN_SENTENCES, Page, StatedPages
from transforms.identities import Text, load_identities, load_identities_across, load_identities_text
from transforms.portal.addresses import (
    LANGUAGES,
    Language,
    address_document,
    address_failing,
    address_findings,
    address_page,
    address_sheet,
    address_table,
    address_tables,
)
from transforms.portal.disclosure_names import name_disclosure
from transforms.portal.published_table import Amount, describe_amount, lay_out_table, name_measure
from warehouse.records import Row

UNKNOWN = "unknown"
SHOWN_TABLES = 120
SHOWN_FINDINGS = 40
SHOWN_CHECKS = 30
"""Of each on a disclosure's own page; where there are more, a list of all has pages of its own."""
SHOWN_BESIDE = 15
"""Findings, and failing sums, beside a table."""
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
    """An amount on its page, with the name of its row, what is measured, and the line that it is of."""

    label: str
    code: str
    measure: str
    line: Row
    amount: Amount


@dataclass(frozen=True, slots=True)
class ScorePart:
    """Amounts of one kind and what each is worth in the score."""

    kind: str
    count: int
    worth: str


def make_document_pages(rows: DocumentRows) -> dict[str, bytes]:
    """Every page and file of a disclosure in every language, by its address in the portal."""
    made: dict[str, bytes] = {}
    shown = Shown(rows)
    for language in LANGUAGES:
        for address, template, values in _list_pages(shown, language):
            made[f"{language}/{address}"] = render_page(language, address, template, values)
        for table in shown.tables:
            published = lay_out_table(shown.lines_of[table["table_id"]], language)
            made[f"{language}/{address_sheet(table['table_id'])}"] = write_published(published, language)
    return made


def list_picture_pages(rows: DocumentRows) -> list[int]:
    """The pages of the PDF that something stands on: an amount, a statement, a target, or a finding about a place."""
    return list(list_marked(rows, StatedPages(rows, {}).list_marks("zh")))


class Shown:
    """A disclosure's rows as its pages need them: `tables` are those with amounts, `failing` its sums that do not add up."""

    def __init__(self, rows: DocumentRows) -> None:
        self.rows = rows
        self.id: str = rows.disclosure["document_id"]
        self.lines_of = group_rows(rows.lines, itemgetter("table_id"))
        self.stated = StatedPages(rows, _titles())
        self.places = Places(rows, self.stated)
        self.findings = sort_findings(rows.findings)
        self.failing = _list_failing(rows.checks, {line["line_id"]: line for line in rows.lines})
        self.tables = [table for table in rows.tables if table["table_id"] in self.lines_of]
        self.known_tables = [table for table in rows.tables if table["table_type"] != UNKNOWN]
        self.common = {
            "disclosure": rows.disclosure,
            "document_id": self.id,
            "name": name_disclosure(rows.disclosure),
            "places": self.places,
            "shown_amounts": SHOWN_AMOUNTS,
            "shown_sentences": SHOWN_SENTENCES,
        }


def _list_pages(shown: Shown, language: Language) -> Iterator[Page]:
    yield _describe_document(shown)
    yield from _list_whole_lists(shown)
    for address, template, values in shown.stated.list_pages():
        yield address, template, {**shown.common, **values}
    for index, table in enumerate(shown.tables):
        yield from _list_table_pages(shown, index, table, language)
    marked = list_marked(shown.rows, shown.stated.list_marks(language))
    for index, (page, of_page) in enumerate(marked.items()):
        yield from _list_picture_pages(shown, list(marked), index, page, of_page, language)


def _describe_document(shown: Shown) -> Page:
    known = shown.known_tables
    values = {
        "tables": known[:SHOWN_TABLES],
        "more_tables": max(len(known) - SHOWN_TABLES, 0),
        "unknown_tables": [table for table in shown.rows.tables if table["table_type"] == UNKNOWN],
        "findings": shown.findings[:SHOWN_FINDINGS],
        "more_findings": max(len(shown.findings) - SHOWN_FINDINGS, 0),
        "outcomes": _count_outcomes(shown.rows.checks),
        "failing": shown.failing[:SHOWN_CHECKS],
        "more_failing": max(len(shown.failing) - SHOWN_CHECKS, 0),
        "score_parts": explain_score(shown.rows.disclosure),
        "pictured": list(shown.places.pages),
        "stated": shown.stated,
        "shown_stated": SHOWN_STATED,
    }
    return address_document(shown.id), "document.html.j2", {**shown.common, **values}


def _list_whole_lists(shown: Shown) -> Iterator[Page]:
    """The lists of which the disclosure's own page shows only the beginning."""
    weights: tuple[tuple[str, Callable[[str, int], str], Sequence[Any], Callable[[Any], int], int], ...] = (
        ("tables", address_tables, shown.known_tables, weigh_table, SHOWN_TABLES),
        ("findings", address_findings, shown.findings, weigh_finding, SHOWN_FINDINGS),
        ("failing", address_failing, shown.failing, _weigh_failing, SHOWN_CHECKS),
    )
    for kind, address, everything, weigh, most in weights:
        if len(everything) <= most:
            continue
        portions = cut_by_weight([weigh(one) for one in everything])
        for number, portion in enumerate(portions, start=1):
            values = {"kind": kind, "shown": everything[portion], "total": len(everything)}
            yield (
                address(shown.id, number),
                "whole.html.j2",
                {**shown.common, **values, "number": number, "count": len(portions)},
            )


def _list_table_pages(shown: Shown, index: int, table: Row, language: Language) -> Iterator[Page]:
    table_id = table["table_id"]
    published = lay_out_table(shown.lines_of[table_id], language)
    findings = [row for row in shown.findings if row["table_id"] == table_id]
    failing = [one for one in shown.failing if table_id in one.table_ids]
    portions = shown.places.tables[table_id]
    for number, portion in enumerate(portions, start=1):
        values = {
            "table": table,
            "blocks": published.blocks,
            "rows": published.rows[portion],
            "findings": findings[:SHOWN_BESIDE],
            "more_findings": max(len(findings) - SHOWN_BESIDE, 0),
            "failing": failing[:SHOWN_BESIDE],
            "more_failing": max(len(failing) - SHOWN_BESIDE, 0),
            "outcomes": _count_outcomes([check for check in shown.rows.checks if table_id in check["table_ids"]]),
            "before": shown.tables[index - 1] if index else None,
            "after": shown.tables[index + 1] if index + 1 < len(shown.tables) else None,
            "number": number,
            "count": len(portions),
            "stem": Path(address_table(table_id)).stem,
            "has_all_findings": len(shown.findings) > SHOWN_FINDINGS,
            "has_all_failing": len(shown.failing) > SHOWN_CHECKS,
        }
        yield address_table(table_id, number), "table.html.j2", {**shown.common, **values}


def _list_picture_pages(
    shown: Shown, pages: Sequence[int], index: int, page: int, marked: Marked, language: Language
) -> Iterator[Page]:
    size = next((row for row in shown.rows.pages if row["page"] == page), None)
    portions = shown.places.pages[page]
    for number, portion in enumerate(portions, start=1):
        part = marked.take(portion)
        values = {
            "page": page,
            # A warehouse of an older version may not know a page's size: its amounts are listed, without a picture.
            "width": size["page_width"] if size else None,
            "height": size["page_height"] if size else None,
            "marked": [_mark_row(line, language) for line in part.lines],
            "stated": part.stated,
            "findings": part.findings,
            "before": pages[index - 1] if index else None,
            "after": pages[index + 1] if index + 1 < len(pages) else None,
            "page_count": shown.rows.disclosure["page_count"],
            "number": number,
            "count": len(portions),
            "stem": f"page-{page}",
        }
        yield address_page(shown.id, page, number=number), "page.html.j2", {**shown.common, **values}


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


def _mark_row(line: Row, language: Language) -> MarkedRow:
    code = line["function_code"] or line["econ_department_code"] or line["econ_government_code"] or ""
    return MarkedRow(line["line_label"], code, name_measure(line, language), line, describe_amount(line))


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


def _weigh_failing(one: FailingSum) -> int:
    return weigh_failing(one.subject, one.reason, len(one.amounts[:SHOWN_AMOUNTS]))


def _count_outcomes(checks: Sequence[Row]) -> list[tuple[str, Text, Counter[str]]]:
    """Per identity how its instances came out, in the order of the checks."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for check in checks:
        counted[check["check_id"]][check["outcome"]] += 1
    return [(identity, title_identity(identity), counter) for identity, counter in counted.items()]
