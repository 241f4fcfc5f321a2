"""Statements of the narrative of one document as rows of the warehouse.

Promise: what the text states is added to the document, never instead of anything: no budget line, check or score depends on it.
"""

from dataclasses import dataclass

from transforms.budget_lines import DocumentContext
from transforms.codes import CodeBook
from transforms.narrative.statement_rows import read_statements
from warehouse.records import RawDocument, Row


@dataclass(frozen=True, slots=True)
class StatementRows:
    """Rows by resource, without their owner, and the findings on them."""

    rows: dict[str, list[Row]]
    findings: tuple[Row, ...]
    counts: dict[str, int]  # numbers of the text by outcome


def read_statement_rows(raw: RawDocument, context: DocumentContext, book: CodeBook) -> StatementRows:
    """What the running text of a document states."""
    read = read_statements(raw, context.fiscal_year, context.phase, book)
    rows = {"core_statements": list(read.statements), "raw_narrative_numbers": list(read.numbers)}
    return StatementRows(rows, read.findings, read.counts)
