"""The judgement of a batch: what was expected, what came out, which documents stay out and which are flagged, and where to look.

Promise: immutable; every failed expectation names its documents, and a thing that was not looked at is not counted as passed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from expectations.rules import Violation
from warehouse.issues import Severity, Whose, make_finding
from warehouse.records import Row


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one expectation came out over the whole batch: rows it applied to, and rows that break it by document_id."""

    name: str
    suite: str
    severity: Severity
    whose: Whose
    title: str
    title_zh: str
    reason: str
    examined: int
    by_document: Mapping[str, int]

    @property
    def violated(self) -> int:
        """Rows that break it, over all documents."""
        return sum(self.by_document.values())

    @property
    def documents(self) -> tuple[str, ...]:
        """The documents that break it."""
        return tuple(sorted(self.by_document))

    @property
    def verdict(self) -> str:
        """passed, failed, or not_examined where there was nothing to look at."""
        if self.violated:
            return "failed"
        return "passed" if self.examined else "not_examined"


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """The judgement of one batch.

    `rejected` and `flagged`: document_id to one sentence per failed expectation; a rejected document is not flagged as well.
    `findings`: rows of core_findings with document_id, without processing_id and finding_number.
    `seconds`: wall clock by step. `docs_index`: the page to open.
    """

    expectations: tuple[Outcome, ...]
    violations: tuple[Violation, ...]
    rejected: Mapping[str, tuple[str, ...]]
    flagged: Mapping[str, tuple[str, ...]]
    findings: tuple[Row, ...]
    documents: int
    seconds: Mapping[str, float]
    docs_index: Path

    @property
    def passed(self) -> int:
        """Expectations that hold for everything they applied to."""
        return self._count("passed")

    @property
    def failed(self) -> int:
        """Expectations that at least one document breaks."""
        return self._count("failed")

    @property
    def not_examined(self) -> int:
        """Expectations that nothing in the batch was subject to."""
        return self._count("not_examined")

    def _count(self, verdict: str) -> int:
        return sum(outcome.verdict == verdict for outcome in self.expectations)


def explain_documents(
    outcomes: Iterable[Outcome], violations: Iterable[Violation], severity: Severity
) -> dict[str, tuple[str, ...]]:
    """Document to one sentence per expectation of `severity` that it breaks, with the first of its rows."""
    first: dict[tuple[str, str], Violation] = {}
    for violation in violations:
        first.setdefault((violation.expectation, violation.document_id), violation)
    sentences: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.severity != severity:
            continue
        for document_id, violated in outcome.by_document.items():
            sentence = _explain(outcome, violated, first[outcome.name, document_id])
            sentences.setdefault(document_id, []).append(sentence)
    return {document_id: tuple(texts) for document_id, texts in sorted(sentences.items())}


def describe_place(violation: Violation) -> str:
    """Where a violation stands, for a person: page, line, column, label, as far as it has them."""
    parts = (
        f"page {violation.page}" if violation.page is not None else None,
        f"line {violation.line_number}" if violation.line_number is not None else None,
        f"column {violation.column_number}" if violation.column_number is not None else None,
        violation.label,
    )
    return ", ".join(part for part in parts if part) or "the document as a whole"


def to_finding(violation: Violation, outcome: Outcome) -> Row:
    """One violation as a row of core_findings, without processing_id and finding_number."""
    # row_number stays empty: it counts rows of the grid, headers included, and a line's number does not.
    finding = make_finding(
        "expectation-failed-critical" if outcome.severity == "critical" else "expectation-failed",
        page=violation.page,
        bbox=_to_box(violation.bbox),
        table_id=violation.table_id,
        whose=outcome.whose,
        expectation=violation.expectation,
        place=describe_place(violation),
        expected=violation.expected,
        seen=violation.seen,
    )
    return {"document_id": violation.document_id, **finding}


def to_remainder_finding(outcome: Outcome, document_id: str, more: int) -> Row:
    """Says that a document breaks an expectation in `more` rows than are named."""
    finding = make_finding("expectation-failed-elsewhere", expectation=outcome.name, more=more, whose=outcome.whose)
    return {"document_id": document_id, **finding}


def _explain(outcome: Outcome, violated: int, first: Violation) -> str:
    count = "1 row" if violated == 1 else f"{violated} rows"
    return f"{outcome.name}: {count}; {describe_place(first)}: expected {first.expected}, saw {first.seen}"


def _to_box(bbox: tuple[float, ...] | None) -> tuple[float, float, float, float] | None:
    if bbox is None or len(bbox) != 4:
        return None
    x0, top, x1, bottom = bbox
    return (x0, top, x1, bottom)
