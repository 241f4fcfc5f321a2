"""The statements of a document as rows of `core_statements`, and what is to be reported on its text.

Promise: every row has the page, the box and the span of its number and the words before it; money is in yuan and exact; a number
that was not understood, and a unit that was forgotten, is a finding at its place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from transforms.codes import CodeBook
from transforms.narrative.concepts import Names
from transforms.narrative.ledger import NumberEntry, account_numbers, count_outcomes, cut_evidence
from transforms.narrative.listings import Listing, find_listings
from transforms.narrative.passage import Passage, join_lines
from transforms.narrative.reading import NarrativeReading, Statement, read_narrative
from warehouse.issues import make_finding
from warehouse.records import RawDocument, Row

CENTS = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class NarrativeRows:
    """What the running text of a document gives: rows without their document, findings, its numbers by outcome, and
    the lists of items behind amounts."""

    statements: tuple[Row, ...]
    numbers: tuple[Row, ...]
    findings: tuple[Row, ...]
    counts: dict[str, int]
    listings: tuple[Listing, ...] = ()


def read_statements(raw: RawDocument, year: int, phase: str, book: CodeBook) -> NarrativeRows:
    """Rows of `core_statements` and `raw_narrative_numbers`. `year` and `phase` (budget, final) are the document's."""
    passage = join_lines(raw.lines, raw.pages)
    names = Names(book, year)
    reading = read_narrative(passage.text, year, phase, names)
    entries = account_numbers(passage.text, reading)
    return NarrativeRows(
        tuple(_make_row(number, statement, passage) for number, statement in enumerate(reading.statements, 1)),
        tuple(_make_number_row(entry, passage) for entry in entries),
        tuple(report_text(reading, entries, passage)),
        count_outcomes(entries),
        tuple(find_listings(passage.text, reading.statements, names)),
    )


def report_text(reading: NarrativeReading, entries: Sequence[NumberEntry], passage: Passage) -> Iterator[Row]:
    """A finding for each number that was not understood and each unit that was forgotten."""
    for entry in entries:
        if entry.outcome == "unread":
            page, box = passage.place(entry.start, entry.end)
            text = cut_evidence(passage.text, entry)
            yield make_finding("unread-statement", page=page, bbox=box, text=text)
    for statement in reading.statements:
        if statement.is_unit_missing and statement.value:  # nothing is nothing in any unit
            page, box = passage.place(statement.start, statement.end)
            yield make_finding("unit-forgotten", page=page, bbox=box, text=statement.evidence, unit=statement.unit)


def _make_number_row(entry: NumberEntry, passage: Passage) -> Row:
    page, box = passage.place(entry.start, entry.end)
    return {
        "text_start": entry.start,
        "text_end": entry.end,
        "value_reported": passage.text[entry.start : entry.end],
        "number_outcome": entry.outcome,
        "ignored_because": entry.reason,
        "statement_number": entry.statement,
        "page": page,
        "bbox": [float(x) for x in box],
        "evidence": cut_evidence(passage.text, entry),
    }


def _make_row(number: int, statement: Statement, passage: Passage) -> Row:
    page, box = passage.place(statement.start, statement.end)
    is_money = statement.unit == "yuan" and statement.value is not None
    return {
        "statement_number": number,
        "statement_key": statement.statement_key,
        "subject": statement.subject,
        "value": None if statement.value is None else _write_plain(statement.value),
        "unit": statement.unit,
        "amount_cny": _fit_cents(statement.value) if is_money and statement.value is not None else None,
        "value_reported": statement.printed,
        "period": statement.period,
        "direction": statement.direction,
        "reason": statement.reason,
        "page": page,
        "bbox": [float(x) for x in box],
        "text_start": statement.start,
        "text_end": statement.end,
        "evidence": statement.evidence,
    }


def _write_plain(value: Decimal) -> str:
    """A decimal without exponent and without zeros at its end."""
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _fit_cents(value: Decimal) -> Decimal | None:
    """Yuan with two decimals; None where the printed amount has more, which only `value` keeps."""
    cents = value.quantize(CENTS)
    return cents if cents == value else None
