"""Judging what is staged, in batches of whole documents, and committing it.

Promise: a document that breaks a critical expectation never becomes visible; its earlier rows stay, and where it has none, its
refusal is committed with the findings that say why. A warning is committed with the document that it flags. A refusal never
replaces rows that were good, nor does a reading that is clearly worse than the one before.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from flows.attempts import Attempt, record_attempts
from flows.engine import drop_corrections
from flows.refusals import make_processing_id, number_findings, parse_engine_version
from flows.runs import DocumentOutcome, Expectations
from warehouse.archive import Archive, NotArchivedError
from warehouse.records import ProcessedDocument, Row
from warehouse.staging import StagedDocument, document_resources
from warehouse.store import CommitReason, Warehouse

# Documents whose rows are judged together: enough that starting Great Expectations costs little, few enough for any machine.
JUDGED_AT_ONCE = 100
REJECTED = "expectation-failed-critical"
WORSE_READING = "worse-reading"
# A score falls by more than this where a table is lost or misread; better arithmetic moves it by less.
CLEARLY_LOWER = 0.02
_SCORE_COLUMNS = (
    "score",
    "grade",
    "proved_count",
    "proved_twice_count",
    "agreed_count",
    "contradicted_count",
    "misread_count",
    "checked_count",
    "violated_count",
    "publisher_violated_count",
)
_KEPT_OF_REJECTED = {"core_disclosures", "core_findings", "raw_tables", "raw_cells"}
_T = TypeVar("_T")
_SUPERSEDED: CommitReason = "superseded"


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
    # Of those kept out because they were read worse than before: the sentence that says so.
    worse: Mapping[str, str] = field(default_factory=dict)


def judge_staged(warehouse: Warehouse, docs_dir: Path, archive: Archive | None = None) -> Judgement:
    """Validate all that is staged; write the verdict into the staged documents; Data Docs go to `docs_dir`.

    `archive`: where the documents lie that the pages link to. However many documents there are, the rows of `JUDGED_AT_ONCE` of
    them are in memory.
    """
    from expectations.batch import READ_RESOURCES  # noqa: PLC0415  # readers and questions need no expectations
    from expectations.run import validate_batches  # noqa: PLC0415  # as above

    # It tells the place of its temporary folder, which helps nobody.
    noisy = logging.getLogger("great_expectations.data_context.types.base")
    noisy.addFilter(_is_grave)  # a filter, since that module sets its own level when it is imported
    staged = warehouse.staged()
    names = [document.processing_id for document in staged]
    disclosures = warehouse.read_staged(names, ("core_disclosures",))["core_disclosures"]
    batches = (warehouse.read_staged(batch, READ_RESOURCES) for batch in split(names, JUDGED_AT_ONCE))
    result = validate_batches(batches, docs_dir, find_archived(archive, disclosures) if archive else {})
    by_document: dict[str, list[Row]] = defaultdict(list)
    for finding in result.findings:
        by_document[finding["document_id"]].append(finding)
    for document in staged:
        if document.document_id in by_document:
            rows = _read_rows(warehouse, document.processing_id)
            is_rejected = document.document_id in result.rejected
            warehouse.stage(amend_document(document, rows, by_document[document.document_id], is_rejected=is_rejected))
    verdict = Expectations(passed=result.passed, failed=result.failed, report=result.docs_index)
    return Judgement(verdict, result.rejected, result.flagged)


def _read_rows(warehouse: Warehouse, processing_id: str) -> dict[str, list[dict[str, Any]]]:
    """A staged document's rows of every table that it has any in."""
    tables = warehouse.read_staged([processing_id])
    return {name: table.to_pylist() for name, table in tables.items() if table.num_rows}


def find_archived(archive: Archive, disclosures: pa.Table) -> dict[str, Path]:
    """The files of those documents that the archive holds on this machine, by document."""
    found = {}
    for row in disclosures.select(["document_id", "sha256"]).to_pylist():
        with suppress(NotArchivedError):
            if path := archive.path_of(row["sha256"]):
                found[row["document_id"]] = path
    return found


def _is_grave(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def amend_document(
    document: StagedDocument, rows: Mapping[str, list[dict[str, Any]]], findings: Sequence[Row], *, is_rejected: bool
) -> ProcessedDocument:
    """The staged document with the findings of its judgement; a rejected one without the rows that failed it."""
    # What was read stays in raw_, so that a person can see it; nothing of it has a meaning that could be summed.
    kept = {name: entries for name, entries in rows.items() if not is_rejected or name in _KEPT_OF_REJECTED}
    (disclosure,) = kept["core_disclosures"]
    earlier = kept.get("core_findings", [])
    added = number_findings(findings, document.document_id, document.processing_id, len(earlier) + 1)
    judged = mark_disclosure(disclosure, is_rejected=is_rejected)
    return ProcessedDocument(
        document_id=document.document_id,
        processing_id=document.processing_id,
        status=judged["status"],
        rows={**kept, "core_disclosures": [judged], "core_findings": [*earlier, *added]},
        seconds=document.seconds,
    )


def select_rows(tables: Mapping[str, pa.Table], processing_id: str) -> dict[str, list[dict[str, Any]]]:
    """One processing's rows of every staged table."""
    selected = {}
    for name, table in tables.items():
        mine = table.filter(pc.equal(table["processing_id"], processing_id))
        if mine.num_rows:
            selected[name] = mine.to_pylist()
    return selected


def mark_disclosure(row: Row, *, is_rejected: bool) -> Row:
    """A disclosure row with the verdict of the expectations. A document that was refused before stays so for its own reason."""
    if row["status"] == "refused":
        return row
    if is_rejected:
        empty: dict[str, Any] = {"table_count": 0, "line_count": 0, "tables_found": [], **dict.fromkeys(_SCORE_COLUMNS)}
        return {**row, "status": "refused", "refusal": REJECTED, **empty}
    return {**row, "status": "doubtful"}


def load_staged(warehouse: Warehouse, archive: Archive, run_id: str, batch: int) -> Load:
    """Commit what is staged in batches; leave out refusals and clearly worse readings of documents that have good rows; mark
    what is superseded.
    """
    refused = leave_out_refusals(warehouse, run_id)
    worse = leave_out_worse_readings(warehouse, run_id)
    kept_out = refused | dict.fromkeys(worse, WORSE_READING)
    replaced = find_replacements(archive)
    committed = warehouse.committed()
    reasons: dict[str, CommitReason] = {}
    for document in warehouse.staged():
        earlier = committed.get(document.document_id)
        reasons[document.processing_id] = (
            name_change(earlier.processing_id, document.processing_id)
            if earlier
            else "superseded"
            if document.document_id in replaced.values()
            else "new"
        )
    loaded = commit_in_batches(warehouse, reasons, run_id, batch)
    # Only now: the newer version must be there before the older one gives way.
    marked = dict.fromkeys(stage_superseded(warehouse, replaced), _SUPERSEDED)
    commit_in_batches(warehouse, marked, run_id, batch)
    return Load(loaded, kept_out, worse)


def name_change(earlier: str, later: str) -> CommitReason:
    """Why a document was read again, from its two processing ids: other corrections and the same engine, or another engine."""
    before, after = parse_engine_version(earlier), parse_engine_version(later)
    is_same_engine = drop_corrections(before) == drop_corrections(after)
    return "correction" if is_same_engine and before != after else "engine"


def leave_out_refusals(warehouse: Warehouse, run_id: str) -> dict[str, str]:
    """Refusals of documents that have good rows are remembered as attempts and not committed: document to reason."""
    good = {
        document_id
        for document_id, commit in warehouse.committed().items()
        if commit.status != "refused" and not commit.is_withdrawn
    }
    refused = [document for document in warehouse.staged() if document.status == "refused" and document.document_id in good]
    disclosures = warehouse.read_staged([document.processing_id for document in refused])["core_disclosures"]
    reasons = {row["document_id"]: row["refusal"] or "refused" for row in disclosures.to_pylist()}
    _leave_out(warehouse, run_id, refused, reasons)
    return reasons


def leave_out_worse_readings(warehouse: Warehouse, run_id: str) -> dict[str, str]:
    """Readings that are clearly worse than the committed one of the same document are left out: document to the sentence why."""
    earlier = _read_scores(warehouse.read("core_disclosures"))
    staged = [document for document in warehouse.staged() if document.status != "refused" and document.document_id in earlier]
    later = _read_scores(warehouse.read_staged([document.processing_id for document in staged])["core_disclosures"])
    worse = {
        document_id: sentence
        for document_id, scores in later.items()
        if (sentence := explain_worsening(earlier[document_id], scores)) is not None
    }
    left_out = [document for document in staged if document.document_id in worse]
    _leave_out(warehouse, run_id, left_out, dict.fromkeys(worse, WORSE_READING))
    return worse


def explain_worsening(earlier: Row, later: Row) -> str | None:
    """Why a reading is clearly worse than an earlier one of the same bytes, or None.

    Both are asked for: a lower score and fewer proved amounts. A newer engine that sees more of the page may find unread amounts
    that the older one did not notice: its score is lower and its reading better.
    """
    if earlier["score"] is None or later["score"] is None or later["score"] >= earlier["score"] - CLEARLY_LOWER:
        return None
    if later["proved_count"] >= earlier["proved_count"]:
        return None
    return (
        f"the score fell from {earlier['score']:.3f} ({earlier['grade']}) to {later['score']:.3f} ({later['grade']}), "
        f"the proved amounts from {earlier['proved_count']} to {later['proved_count']}: the earlier rows stay"
    )


def _read_scores(disclosures: pa.Table) -> dict[str, Row]:
    """The score columns of disclosures that were not refused, by document."""
    rows = disclosures.select(["document_id", "status", *_SCORE_COLUMNS]).to_pylist()
    return {row["document_id"]: row for row in rows if row["status"] != "refused"}


def _leave_out(warehouse: Warehouse, run_id: str, documents: Sequence[StagedDocument], reasons: Mapping[str, str]) -> None:
    """Remember finished readings that stay out, so that they are not repeated, and drop what they staged."""
    attempts = [
        Attempt(one.document_id, parse_engine_version(one.processing_id), run_id, reasons[one.document_id]) for one in documents
    ]
    record_attempts(warehouse.root, attempts)
    for document in documents:
        warehouse.discard(document.processing_id)


def commit_in_batches(warehouse: Warehouse, reasons: Mapping[str, CommitReason], run_id: str, batch: int) -> tuple[str, ...]:
    """Commit, at most `batch` documents at one stroke."""
    for chunk in split(reasons, batch):
        warehouse.commit(chunk, run_id=run_id, reason={processing_id: reasons[processing_id] for processing_id in chunk})
    return tuple(reasons)


def find_replacements(archive: Archive) -> dict[str, str]:
    """Document to the document that replaced it, where it is gone from every address that it had."""
    newer: dict[str, list[str | None]] = defaultdict(list)
    for row in archive.sightings():
        newer[row["document_id"]].append(row["superseded_by"])
    return {document_id: str(entries[-1]) for document_id, entries in newer.items() if all(entries)}


def stage_superseded(warehouse: Warehouse, replaced: Mapping[str, str]) -> list[str]:
    """Stage documents anew whose `superseded_by` is no longer true, all else unchanged; the processing ids."""
    snapshot = warehouse.snapshot()
    disclosures = warehouse.read("core_disclosures").to_pylist()
    present = {row["document_id"] for row in disclosures}
    stale = {
        row["document_id"]: replaced.get(row["document_id"])
        for row in disclosures
        if row["superseded_by"] != replaced.get(row["document_id"]) and replaced.get(row["document_id"]) in {None, *present}
    }
    if not stale:
        return []
    tables = {name: warehouse.read(name, document_ids=stale) for name in document_resources()}
    staged = []
    for document_id, newer in stale.items():
        old = snapshot.commits[document_id]
        processing_id = make_processing_id(document_id, parse_engine_version(old.processing_id))
        rows = {
            name: [{**row, "processing_id": processing_id} for row in entries]
            for name, entries in select_rows(tables, old.processing_id).items()
        }
        (disclosure,) = rows["core_disclosures"]
        rows["core_disclosures"] = [{**disclosure, "superseded_by": newer}]
        warehouse.stage(ProcessedDocument(document_id, processing_id, old.status, rows))
        staged.append(processing_id)
    return staged


def split(names: Iterable[_T], size: int) -> Iterable[list[_T]]:
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
    if outcome.document_id in load.worse:
        told = {"status": "kept_out", "reason": WORSE_READING, "explanation": load.worse[outcome.document_id]}
        return outcome.model_copy(update=told)
    if outcome.document_id in load.kept_out:
        return outcome.model_copy(update={"status": "kept_out"})
    if outcome.document_id in judgement.flagged and outcome.status == "loaded":
        return outcome.model_copy(update={"status": "doubtful"})
    return outcome
