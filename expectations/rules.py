"""A rule: one thing that must hold, as SQL over a batch, and the counting of what breaks it.

Promise: a rule names every subject that it looked at, so "nothing wrong" and "nothing looked at" are told apart, and a condition
that comes out NULL counts as broken, never as fine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from warehouse.issues import Severity, Whose

# What a rule's SQL must yield, in this order: where the subject stands, what was expected and seen there, and whether it holds.
SUBJECT_COLUMNS = (
    "document_id",
    "table_id",
    "page",
    "bbox",
    "line_number",
    "column_number",
    "label",
    "expected",
    "seen",
    "holds",
)

# A person looks at the first rows; the count tells the rest.
NAMED_ROWS = 20


@dataclass(frozen=True, slots=True)
class Rule:
    """One domain expectation. `sql` yields SUBJECT_COLUMNS, one row per subject examined; `reason` says why it matters."""

    name: str
    table: str
    severity: Severity
    whose: Whose
    title: str
    title_zh: str
    reason: str
    sql: str


@dataclass(frozen=True, slots=True)
class Violation:
    """One subject that breaks an expectation: where it stands (None where it has no such place), what was expected and seen."""

    expectation: str
    document_id: str
    table_id: str | None
    page: int | None
    bbox: tuple[float, ...] | None
    line_number: int | None
    column_number: int | None
    label: str | None
    expected: str
    seen: str


@dataclass(frozen=True, slots=True)
class RuleCount:
    """What one rule found in one document."""

    rule: str
    document_id: str
    examined: int
    violated: int


class RuleShapeError(ValueError):
    """A rule's SQL does not yield the columns of a subject."""


def evaluate_rule(connection: duckdb.DuckDBPyConnection, rule: Rule) -> tuple[list[RuleCount], list[Violation]]:
    """Counts per document, and the first NAMED_ROWS violations of each. Raises RuleShapeError for other columns."""
    # Evaluated once: the counts and the rows named come from the same answer.
    connection.execute(f"CREATE OR REPLACE TEMP TABLE subjects AS {rule.sql}")
    columns = tuple(connection.table("subjects").columns)
    if columns != SUBJECT_COLUMNS:
        raise RuleShapeError(f"rule {rule.name} yields {columns}, expected {SUBJECT_COLUMNS}")
    counts = [RuleCount(rule.name, *row) for row in connection.execute(_COUNTS).fetchall()]
    violations = [_to_violation(rule, row) for row in connection.execute(_FIRST_VIOLATIONS, [NAMED_ROWS]).fetchall()]
    return counts, violations


def evaluate_rules(
    connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule]
) -> tuple[tuple[RuleCount, ...], tuple[Violation, ...]]:
    """All rules over one batch, in their order."""
    counts: list[RuleCount] = []
    violations: list[Violation] = []
    for rule in rules:
        rule_counts, rule_violations = evaluate_rule(connection, rule)
        counts += rule_counts
        violations += rule_violations
    return tuple(counts), tuple(violations)


_COUNTS = """
SELECT document_id, count(*), count(*) FILTER (WHERE NOT coalesce(holds, false))
FROM subjects GROUP BY document_id ORDER BY document_id
"""

_FIRST_VIOLATIONS = """
SELECT document_id, table_id, page, bbox, line_number, column_number, label, expected, seen
FROM subjects WHERE NOT coalesce(holds, false)
QUALIFY row_number() OVER (
    PARTITION BY document_id ORDER BY page, table_id, line_number, column_number, label, expected, seen) <= ?
ORDER BY document_id, page, table_id, line_number, column_number, label, expected, seen
"""


def _to_violation(rule: Rule, row: Sequence[Any]) -> Violation:
    document_id, table_id, page, bbox, line_number, column_number, label, expected, seen = row
    return Violation(
        expectation=rule.name,
        document_id=document_id,
        table_id=table_id,
        page=page,
        bbox=tuple(bbox) if bbox is not None else None,
        line_number=line_number,
        column_number=column_number,
        label=label,
        expected="nothing" if expected is None else str(expected),
        seen="nothing" if seen is None else str(seen),
    )
