"""The ledger: every number-like token of a document is accounted for.

Promise: a token is an amount read into a line, or something recognised as no amount (a code, a serial or column number, a year, a
count, a target value, a part of a name, of a header or of the narrative), or it is *unread* and a finding. Nothing is left out:
the counts of a page add up to its tokens. The measure needs no hand-checked numbers.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from transforms.amounts import is_amount
from transforms.columns import Header
from transforms.text import normalise
from warehouse.issues import make_finding
from warehouse.records import Box, RawCell, RawDocument, RawTable, Row, TextLine

TokenKind = Literal[
    "amount", "code", "numbering", "year", "count", "target", "text", "header", "page_number", "narrative", "unread"
]

TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?")
PAGE_NUMBER = re.compile(r"^[-—–－·\s]*第?\d{1,4}页?(?:[/共]\d{1,4}页?)?[-—–－·\s]*$")
SENTENCE = re.compile(r"[。；;：:]$|万元[,，。]|如下")
NEAR_LINES = 3  # lines above a table in which the narrative that it belongs to is looked for
ROW_AMOUNTS = 3  # so many amounts side by side outside of all grids are a row of an unruled table

KIND_BY_ROLE: Mapping[str, TokenKind] = {
    "code": "code",
    "unit_code": "code",
    "serial": "numbering",
    "period": "year",
    "quantity": "count",
    "label": "text",
    "unit_name": "text",
    "attribute": "text",
}


@dataclass(frozen=True, slots=True)
class Unread:
    """A printed amount inside a table region that became no line."""

    table_id: str | None
    page: int
    bbox: Box
    text: str


@dataclass(slots=True)
class Ledger:
    """Tokens by page and kind, and the amounts that were not read."""

    counts: Counter[tuple[int, TokenKind]] = field(default_factory=Counter)
    unread: list[Unread] = field(default_factory=list)

    def enter(self, page: int, kind: TokenKind, tokens: int = 1) -> None:
        """Count tokens of a page."""
        self.counts[page, kind] += tokens

    def merge(self, other: "Ledger") -> None:
        """Add another part of the document's ledger."""
        self.counts.update(other.counts)
        self.unread.extend(other.unread)

    def total(self, kind: TokenKind) -> int:
        """Tokens of one kind in the whole document."""
        return sum(count for (_, found), count in self.counts.items() if found == kind)

    def to_rows(self) -> Iterator[Row]:
        """Rows of `raw_ledger` without their document."""
        for (page, kind), count in sorted(self.counts.items()):
            yield {"page": page, "token_kind": kind, "token_count": count}

    def report_unread(self) -> Iterator[Row]:
        """A finding for each amount that was not read."""
        for unread in self.unread:
            yield make_finding("unread-amount", page=unread.page, bbox=unread.bbox, table_id=unread.table_id, text=unread.text)


def account_table(raw: RawTable, table_id: str, header: Header, read: Iterable[tuple[int, int]]) -> Ledger:
    """The ledger of a budget table: `read` are the (row, column) of the cells that became lines."""
    ledger = Ledger()
    taken = set(read)
    for cell in raw.cells:
        tokens = count_tokens(cell.text)
        if not tokens:
            continue
        kind = _classify(cell, header, taken)
        # One printed amount is one token, also where it is wrapped inside its cell.
        ledger.enter(cell.page, kind, 1 if kind in {"amount", "unread"} else tokens)
        if kind == "unread":
            ledger.unread.append(Unread(table_id, cell.page, cell.bbox, normalise(cell.text)[:60]))
    return ledger


def account_other_table(raw: RawTable, kind: str) -> Ledger:
    """The ledger of a table that is no budget table: targets, a profile, part of the narrative; unread where it is unknown."""
    ledger = Ledger()
    in_narrative = kind == "unknown" and stands_in_narrative(raw)
    for cell in raw.cells:
        tokens = count_tokens(cell.text)
        if not tokens:
            continue
        if kind != "unknown":
            ledger.enter(cell.page, "target", tokens)
        elif in_narrative:
            ledger.enter(cell.page, "narrative", tokens)
        elif is_printed_amount(cell.text):
            ledger.enter(cell.page, "unread")  # the finding unknown-table speaks for all of them
        else:
            ledger.enter(cell.page, "text", tokens)
    return ledger


def stands_in_narrative(raw: RawTable) -> bool:
    """An untitled table under a sentence explains the narrative; the budget tables stand under titles."""
    return bool(raw.captions) and any(SENTENCE.search(normalise(line.text)) for line in raw.captions[-NEAR_LINES:])


def account_lines(document: RawDocument) -> Ledger:
    """The ledger of what stands outside of all grids: narrative, page numbers, and rows of tables that no rule surrounds."""
    ledger = Ledger()
    for row in _group_rows(document.lines):
        amounts = [line for line in row if is_printed_amount(line.text)]
        is_unruled = len(amounts) >= ROW_AMOUNTS
        for line in row:
            tokens = count_tokens(line.text)
            if not tokens:
                continue
            if is_unruled and is_printed_amount(line.text):
                ledger.enter(line.page, "unread")
                ledger.unread.append(Unread(None, line.page, line.bbox, normalise(line.text)[:60]))
            elif PAGE_NUMBER.match(line.text):
                ledger.enter(line.page, "page_number", tokens)
            else:
                ledger.enter(line.page, "text" if is_unruled else "narrative", tokens)
    return ledger


def _group_rows(lines: Sequence[TextLine]) -> Iterator[list[TextLine]]:
    """Pieces of text that stand side by side on one line of a page; they come parted by wide gaps, in reading order."""
    row: list[TextLine] = []
    for line in lines:
        if row and not (row[-1].page == line.page and row[-1].bbox[1] < (line.bbox[1] + line.bbox[3]) / 2 < row[-1].bbox[3]):
            yield row
            row = []
        row.append(line)
    if row:
        yield row


def count_tokens(text: str) -> int:
    """Number-like tokens of a text."""
    return len(TOKEN.findall(normalise(text)))


def is_printed_amount(text: str) -> bool:
    """A text that shows an amount and nothing else: with decimals or separators; a bare whole number may be a code or a count."""
    return is_amount(text) and ("." in text or "," in text)


def _classify(cell: RawCell, header: Header, taken: set[tuple[int, int]]) -> TokenKind:
    if (cell.row, cell.column) in taken:
        return "amount"
    if cell.row in header.rows:
        return "header"
    role = header.columns[cell.column].role
    if role in KIND_BY_ROLE:
        return "unread" if role in {"label", "unit_name"} and is_printed_amount(cell.text) else KIND_BY_ROLE[role]
    if is_amount(cell.text):
        return "unread"
    return "text"
