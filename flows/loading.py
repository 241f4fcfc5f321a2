"""Judging what is staged, in one batch, and committing it.

Promise: a document that breaks a critical expectation never becomes visible; its earlier rows stay, and where it has none, its
refusal is committed with the findings that say why. A warning is committed with the document that it flags. A refusal never
replaces rows that were good.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from flows.attempts import Attempt, record_attempts
from flows.refusals import number_findings
from flows.runs import DocumentOutcome, Expectations
from warehouse.records import ProcessedDocument, Row
from warehouse.store import Warehouse

REJECTED = "expectation-failed-critical"


@dataclass(frozen=True, slots=True)
class Staged:
    """A staged document, as its disclosure row tells."""

    document_id: str
    processing_id: str
    status: str
    engine_version: str
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict over a batch. `rejected`, `flagged`: document_id to one sentence per failed expectation."""

    expectations: Expectations
    rejected: Mapping[str, tuple[str, ...]]
    flagged: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Load:
    """What was committed, and what stayed out because the document's earlier rows are better than none."""

    committed: tuple[str, ...]
    kept_out: Mapping[str, str]


def judge_staged(warehouse: Warehouse, docs_dir: Path) -> Judgement:
    """Validate all that is staged as one batch; write the verdict into the staged documents; Data Docs go to `docs_dir`."""
    from expectations.run import validate  # noqa: PLC0415  # readers and questions need no expectations

    tables = warehouse.read_staged(warehouse.staged())
    result = validate(tables, docs_dir)
    by_document: dict[str, list[Row]] = defaultdict(list)
    for finding in result.findings:
        by_document[finding["document_id"]].append(finding)
    for staged in list_staged(tables):
        if staged.document_id in by_document:
            amend_staged(
                warehouse, tables, staged, by_document[staged.document_id], rejected=staged.document_id in result.rejected
            )
    verdict = Expectations(passed=result.passed, failed=result.failed, report=result.docs_index)
    return Judgement(verdict, result.rejected, result.flagged)


def list_staged(tables: Mapping[str, pa.Table]) -> list[Staged]:
    """The documents of a staged batch."""
    if "core_disclosures" not in tables:
        return []
    columns = ["document_id", "processing_id", "status", "engine_version", "refusal"]
    return [Staged(**row) for row in tables["core_disclosures"].select(columns).to_pylist()]


def amend_staged(
    warehouse: Warehouse, tables: Mapping[str, pa.Table], staged: Staged, findings: Sequence[Row], *, rejected: bool
) -> None:
    """Stage the document anew with the findings of its judgement; a rejected one without the rows that failed it."""
    rows = select_rows(tables, staged.processing_id)
    if rejected:
        # What was read stays in raw_, so that a person can see it; nothing of it has a meaning that could be summed.
        rows = {
            name: kept for name, kept in rows.items() if name in ("core_disclosures", "core_findings", "raw_tables", "raw_cells")
        }
    status = "refused" if rejected else "doubtful"
    rows["core_disclosures"] = [mark_disclosure(row, status) for row in rows["core_disclosures"]]
    earlier = rows.get("core_findings", [])
    rows["core_findings"] = [*earlier, *number_findings(findings, staged.document_id, staged.processing_id, len(earlier) + 1)]
    warehouse.discard(staged.processing_id)
    warehouse.stage(ProcessedDocument(staged.document_id, staged.processing_id, status, rows))


def select_rows(tables: Mapping[str, pa.Table], processing_id: str) -> dict[str, list[dict[str, Any]]]:
    """One processing's rows of every staged table."""
    selected = {}
    for name, table in tables.items():
        mine = table.filter(pc.equal(table["processing_id"], processing_id))
        if mine.num_rows:
            selected[name] = mine.to_pylist()
    return selected


def mark_disclosure(row: Row, status: str) -> Row:
    """A disclosure row with the verdict of the expectations. A document that was refused before stays so for its own reason."""
    if row["status"] == "refused" or status == "doubtful":
        return {**row, "status": row["status"] if row["status"] == "refused" else status}
    return {**row, "status": status, "refusal": REJECTED, "table_count": 0, "line_count": 0}


def load_staged(warehouse: Warehouse, run_id: str, batch: int) -> Load:
    """Commit what is staged in batches, by reason; leave out refusals of documents that have good rows."""
    committed = warehouse.committed()
    good = {document_id for document_id, commit in committed.items() if commit.status != "refused"}
    staged = list_staged(warehouse.read_staged(warehouse.staged()))
    kept_out = [entry for entry in staged if entry.status == "refused" and entry.document_id in good]
    record_attempts(
        warehouse.path,
        [Attempt(entry.document_id, entry.engine_version, run_id, entry.refusal or "refused") for entry in kept_out],
    )
    for entry in kept_out:
        warehouse.discard(entry.processing_id)
    out = {entry.processing_id for entry in kept_out}
    by_reason: dict[str, list[str]] = defaultdict(list)
    for entry in staged:
        if entry.processing_id not in out:
            by_reason["engine" if entry.document_id in committed else "new"].append(entry.processing_id)
    for reason, processing_ids in by_reason.items():
        for chunk in split(processing_ids, batch):
            warehouse.commit(chunk, run_id=run_id, reason=reason)
    loaded = tuple(name for names in by_reason.values() for name in names)
    return Load(loaded, {entry.document_id: entry.refusal or "refused" for entry in kept_out})


def split(names: Iterable[str], size: int) -> Iterable[list[str]]:
    """Chunks of at most `size`."""
    iterator = iter(names)
    while chunk := list(islice(iterator, size)):
        yield chunk


def apply_verdict(outcomes: Iterable[DocumentOutcome], judgement: Judgement, load: Load) -> tuple[DocumentOutcome, ...]:
    """The outcomes of the readings after they were judged and loaded."""
    return tuple(_judge_outcome(outcome, judgement, load) for outcome in outcomes)


def _judge_outcome(outcome: DocumentOutcome, judgement: Judgement, load: Load) -> DocumentOutcome:
    if outcome.document_id in judgement.rejected and outcome.status != "refused":
        sentences = "; ".join(judgement.rejected[outcome.document_id])
        return outcome.model_copy(update={"status": "kept_out", "reason": REJECTED, "explanation": sentences})
    if outcome.document_id in load.kept_out:
        return outcome.model_copy(update={"status": "kept_out"})
    if outcome.document_id in judgement.flagged and outcome.status == "loaded":
        return outcome.model_copy(update={"status": "doubtful"})
    return outcome
