"""Statements of the narrative of one document as rows of the warehouse, held against its tables and its performance sheets.

Promise: what the text states is added to the document, never instead of anything: no budget line, check of the tables or score
depends on it, and a wrong sentence makes no amount doubtful.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from transforms.budget_lines import DocumentContext
from transforms.codes import CodeBook
from transforms.narrative.statement_rows import read_statements
from transforms.stated.evaluate import evaluate_statements
from transforms.stated.told import Ground, tell_failures, tell_misspelt
from warehouse.records import RawDocument, Row


@dataclass(frozen=True, slots=True)
class StatementRows:
    """Rows by resource, without their owner, and the findings on them."""

    rows: dict[str, list[Row]]
    findings: tuple[Row, ...]
    counts: dict[str, int]  # numbers of the text by outcome


@dataclass(frozen=True, slots=True)
class Proved:
    """What the statements are held against: proved lines, the same as they were described for the proof, and the rows of the
    performance sheets."""

    lines: Sequence[Row]
    described: pd.DataFrame | None
    sheets: Mapping[str, Sequence[Row]]  # by resource


def read_statement_rows(
    raw: RawDocument, context: DocumentContext, book: CodeBook, proved: Proved | None = None
) -> StatementRows:
    """What the running text of a document states. Without tables it is held against itself alone."""
    read = read_statements(raw, context.fiscal_year, context.phase, book)
    against = proved or Proved((), None, {})
    targets = against.sheets.get("core_performance_targets", ())
    projects = against.sheets.get("core_projects", ())
    stated = evaluate_statements(
        read.statements, against.described, targets, projects, read.numbers, context.fiscal_year, context.phase, read.listings
    )
    ground = Ground(
        stated.book,
        projects,
        {target["target_number"]: target for target in targets},
        {line["line_id"]: line for line in against.lines},
    )
    linked: list[Row] = [{**row, "line_ids": list(stated.line_ids[row["statement_number"]])} for row in read.statements]
    rows: dict[str, list[Row]] = {
        "core_statements": linked,
        "raw_narrative_numbers": list(read.numbers),
        "core_statement_checks": stated.checks,
    }
    return StatementRows(rows, (*read.findings, *tell_failures(stated.checks, ground), *tell_misspelt(ground)), read.counts)
