"""The statements of a document as rows of `core_statements`, and what is to be reported on its text.

Promise: every row has the page, the box and the span of its number and the words before it; money is in yuan and exact; a number
that was not understood, and a unit that was forgotten, is a finding at its place.
"""

from collections.abc import Iterator
from decimal import Decimal

from transforms.codes import CodeBook
from transforms.narrative.concepts import Names
from transforms.narrative.passage import Passage, join_lines
from transforms.narrative.reading import NarrativeReading, Statement, read_narrative
from warehouse.issues import make_finding
from warehouse.records import RawDocument, Row

CENTS = Decimal("0.01")


def read_statements(raw: RawDocument, year: int, phase: str, book: CodeBook) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Rows of `core_statements` without their document, and findings. `year` and `phase` (budget, final) are the document's."""
    passage = join_lines(raw.lines, raw.pages)
    reading = read_narrative(passage.text, year, phase, Names(book, year))
    rows = tuple(_make_row(number, statement, passage) for number, statement in enumerate(reading.statements, 1))
    return rows, tuple(report_text(reading, passage))


def report_text(reading: NarrativeReading, passage: Passage) -> Iterator[Row]:
    """A finding for each number that was not understood and each unit that was forgotten."""
    for unread in reading.unread:
        page, box = passage.place(unread.start, unread.end)
        yield make_finding("unread-statement", page=page, bbox=box, text=unread.text)
    for statement in reading.statements:
        if statement.is_unit_missing:
            page, box = passage.place(statement.start, statement.end)
            yield make_finding("unit-forgotten", page=page, bbox=box, text=statement.evidence, unit=statement.unit)


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
