"""Which documents are to be read, and reading one of them into the warehouse's staging area.

Promise: what is read is decided by our own tables (the watermark), never by a schedule or a cache: every archived document that
this engine version has not finished. Whatever a document does, reading it ends in an outcome, staged or remembered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flows.attempts import load_attempts
from flows.engine import get_document_version
from flows.refusals import parse_engine_version
from flows.runs import DocumentOutcome, count_findings
from flows.workers import WorkerPool
from warehouse.archive import LOCAL_SOURCE, Archive, DamagedFileError, NotArchivedError
from warehouse.issues import make_finding
from warehouse.records import ProcessedDocument, Row, Sighting
from warehouse.store import Warehouse
from warehouse.visibility import Commit


@dataclass(frozen=True, slots=True)
class Pending:
    """An archived document to read, and what is known of where it came from."""

    sighting: Sighting

    @property
    def name(self) -> str:
        """What a person calls it: the title, else the file's name."""
        return self.sighting.title or self.sighting.url.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of one document. `document` is None where the archive has lost its bytes: it stays to be read."""

    outcome: DocumentOutcome
    document: ProcessedDocument | None


def list_pending(warehouse: Warehouse, archive: Archive, engine_version: str) -> list[Pending]:
    """Archived documents that this engine version has neither finished nor staged, the largest first.

    Largest first, because a long document that is begun last keeps the whole run waiting with idle processors.
    """
    done = find_finished(warehouse, engine_version) | find_staged(warehouse, engine_version)
    wanted = sorted({row["sha256"] for row in archive.sightings() if is_for_us(row) and row["document_id"] not in done})
    return sorted(locate_documents(archive, wanted), key=lambda pending: -pending.sighting.bytes)


def is_for_us(row: Row) -> bool:
    """PDFs; and what a person named on the command line, whose reading says what it is instead. Workbooks and images of a portal
    are archived and told by the crawl (`unread-format`)."""
    return bool(row["file_kind"] == "pdf" or row["source_id"] == LOCAL_SOURCE)


def locate_documents(archive: Archive, hashes: Iterable[str]) -> list[Pending]:
    """Archived documents by SHA-256."""
    located = []
    for sha256 in hashes:
        sighting = archive.sighting_of(sha256)
        if sighting is None:
            raise LookupError(f"{sha256} was never archived as a document")
        located.append(Pending(sighting))
    return located


def find_finished(warehouse: Warehouse, engine_version: str) -> set[str]:
    """Documents whose reading by this engine version is committed, or was finished and kept out."""
    commits = warehouse.committed().values()
    committed = {commit.document_id for commit in commits if is_done(commit, engine_version)}
    attempts = load_attempts(warehouse.root).values()
    return committed | {
        attempt.document_id
        for attempt in attempts
        if attempt.engine_version == get_document_version(engine_version, attempt.document_id)
    }


def is_done(commit: Commit, engine_version: str) -> bool:
    """A document that a person withdrew is not read again by itself."""
    wanted = get_document_version(engine_version, commit.document_id)
    return commit.is_withdrawn or parse_engine_version(commit.processing_id) == wanted


def find_staged(warehouse: Warehouse, engine_version: str) -> set[str]:
    """Documents that an interrupted run of this engine version has read and not committed."""
    staged = warehouse.staged()
    return {
        document.document_id
        for document in staged
        if parse_engine_version(document.processing_id) == get_document_version(engine_version, document.document_id)
    }


def read_into_staging(pool: WorkerPool, warehouse: Warehouse, archive: Archive, pending: Pending) -> DocumentOutcome:
    """Read one document in a child process and stage what came of it."""
    reading = read_archived(pool, archive, pending)
    if reading.document is not None:
        warehouse.stage(reading.document)
    return reading.outcome


def read_archived(pool: WorkerPool, archive: Archive, pending: Pending) -> Reading:
    """Read one document in a child process.

    Where the archive has lost the bytes or holds others, nothing is read: the document stays to be read, by the first night that
    finds them again.
    """
    try:
        with archive.lend(pending.sighting.sha256) as path:
            document = pool.read(path, pending.sighting)
    except (NotArchivedError, DamagedFileError) as error:
        return Reading(_describe_damage(pending, make_finding("archived-bytes-damaged", reason=str(error))), None)
    return Reading(describe_outcome(document, pending), document)


def _describe_damage(pending: Pending, finding: Row) -> DocumentOutcome:
    return DocumentOutcome(
        document_id=pending.sighting.document_id,
        processing_id="",
        name=pending.name,
        source_id=pending.sighting.source_id,
        status="refused",
        reason=str(finding["finding_kind"]),
        explanation=str(finding["message"]),
        findings=count_findings([finding]),
    )


def describe_outcome(document: ProcessedDocument, pending: Pending) -> DocumentOutcome:
    """The outcome of a reading, counted from its rows."""
    findings = document.rows.get("core_findings", [])
    (disclosure,) = document.rows["core_disclosures"]
    reason = disclosure["refusal"]
    explanation = next((str(entry["message"]) for entry in findings if entry["finding_kind"] == reason), None)
    return DocumentOutcome(
        document_id=document.document_id,
        processing_id=document.processing_id,
        name=pending.name,
        source_id=pending.sighting.source_id,
        status=document.status,
        reason=reason,
        explanation=explanation,
        tables=len(document.rows.get("core_tables", [])),
        lines=len(document.rows.get("core_budget_lines", [])),
        findings=count_findings(findings),
        seconds=sum(document.seconds.values()),
    )


def replace_outcomes(outcomes: Iterable[DocumentOutcome], changed: Mapping[str, DocumentOutcome]) -> tuple[DocumentOutcome, ...]:
    """The outcomes, those that the judgement changed in their new form."""
    return tuple(changed.get(outcome.document_id, outcome) for outcome in outcomes)
