"""The warehouse: Delta tables whose rows become visible by one marker.

Layout::

    TABLES/README.md          how to read it, and how not to
    TABLES/warehouse.json     what metadata and code lists the tables were made by
    TABLES/core_budget_lines  one folder a table (Delta): raw_, core_, ref_, commits, purges
    WAREHOUSE/staging/        documents that are processed and not yet committed
    WAREHOUSE/pending.json    the commit that is being written; there for a moment, or after a crash

TABLES is WAREHOUSE itself, or a folder or a prefix on S3-compatible storage that several machines write into; then WAREHOUSE is
the own work of one of them.

Promise: a document's rows are seen in all tables or in none, whenever the writer dies. Rows are only ever appended; last comes
the row in `commits` that makes them count, and readers open `commits` first. A commit is written down before its first append and
each append carries the commit's token in the table's own log, so that finishing it after a crash appends nothing twice. The
marker is appended only to the state that it was decided on: of two writers one looks again (`warehouse.commits`).
"""

import fcntl
import json
import uuid
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from warehouse.commits import CommitLog, CommitState
from warehouse.maintenance import MaintenanceReport, maintain_tables
from warehouse.metadata.models import get_resource
from warehouse.metadata.schema import check_key, to_arrow_schema
from warehouse.records import ProcessedDocument
from warehouse.staging import (
    CheckedDocument,
    StagedDocument,
    StagingArea,
    check_document,
    document_resources,
    sync,
    write_atomically,
)
from warehouse.tables import AppendMark, Place, TableFolder
from warehouse.visibility import AsOf, Commit, Snapshot

CommitReason = Literal["new", "superseded", "engine", "correction"]

_README = """# A Yusuan warehouse

These are Delta tables. Do not read the Parquet files by a pattern such as `core_budget_lines/*.parquet`: the folders also hold
rows of earlier processings, of documents that are not committed, and files that are waiting for removal. The sums would be wrong.

Read it by `yusuan query "select ..."`, by `warehouse.views.connect(Warehouse.open(path))`, or take a release, whose files
are plain Parquet and CSV and may be read in any way.

With a Delta reader of your own: open `commits` first, take the newest row of each document by `commit_sequence`, leave out those
with `commit_reason` withdrawn, and keep the rows of the other tables whose `processing_id` is among them.

请勿直接按通配符读取本目录下的 Parquet 文件：其中含有旧的、未提交的数据。请使用 `yusuan query` 或发布的数据包。
"""


class WarehouseError(RuntimeError):
    """The warehouse cannot do what was asked without breaking a promise; nothing was written."""


class RefusedReplacementError(WarehouseError):
    """A refused processing would take the place of a loaded one, whose rows would vanish: discard it or withdraw the document."""


class PurgedError(WarehouseError):
    """The state asked for has lost rows to maintenance: it cannot be read whole."""


@dataclass(frozen=True, slots=True)
class PendingCommit:
    """A commit that has been decided: what `pending.json` holds until it is done.

    `commit_sequence` is the number that it was to have; it gets a later one where another writer came first. `fence`: the
    maintenances that had been when it was decided, before its first append.
    """

    commit_sequence: int
    committed_at: str
    run_id: str
    reasons: Mapping[str, CommitReason]
    token: str = ""
    fence: int = 0

    @property
    def mark(self) -> AppendMark:
        """What its appends carry."""
        return AppendMark(self.commit_sequence, self.token)


class Warehouse:
    """One warehouse folder. Cheap to open; several processes may read and stage, commits wait for each other."""

    def __init__(self, root: Path, tables: Place | None = None) -> None:
        self.root = root
        self._staging = StagingArea(root / "staging")
        self._tables = TableFolder(tables or root)
        self._log = CommitLog(self._tables)

    @property
    def place(self) -> Place:
        """Where the tables lie."""
        return self._tables.place

    def is_there(self) -> bool:
        """Whether its tables have been made; nothing is."""
        return self._tables.exist()

    def check_metadata(self) -> None:
        """Raises MetadataError where tables were made by metadata that today's cannot continue. Changes nothing."""
        if not self._tables.is_current():
            self._tables.check()

    @classmethod
    def open(cls, path: Path | str, tables: Place | None = None) -> Self:
        """The warehouse in a folder, created where there is none; a commit that was cut off is finished.

        `tables`: where its tables lie, if not in the folder. Raises MetadataError where tables were made by metadata that today's
        cannot continue.
        """
        warehouse = cls(Path(path), tables)
        warehouse._staging.folder.mkdir(parents=True, exist_ok=True)
        # Whoever holds the lock on a finished warehouse is committing: nothing to recover, and reading need not wait.
        with warehouse._lock(wait=not warehouse._tables.is_current()) as held:
            if held:
                warehouse._prepare()
                warehouse._finish_pending()
                warehouse._staging.clear_leftovers()
        return warehouse

    def stage(self, document: ProcessedDocument | CheckedDocument) -> StagedDocument:
        """Check a document's rows, unless that was done, and put them aside on disk; no reader sees them.

        Rows need no `document_id` and `processing_id`, they are filled in. Raises MetadataError where a row does not fit,
        WarehouseError where the processing is committed already (another attempt needs another processing_id).
        """
        if document.processing_id in self._log.read().processing_ids:
            raise WarehouseError(f"processing {document.processing_id} is committed; a new attempt needs a new processing_id")
        return self._staging.write(check_document(document) if isinstance(document, ProcessedDocument) else document)

    def staged(self) -> tuple[StagedDocument, ...]:
        """Staged documents, oldest first; of a document that was staged more than once the last."""
        return tuple({staged.document_id: staged for staged in self._staging.list()}.values())

    def read_staged(self, processing_ids: Sequence[str], resources: Collection[str] | None = None) -> Mapping[str, pa.Table]:
        """The rows of staged documents by table, of all or of these, in the order asked for.

        Raises StagingError for a document that is not staged.
        """
        return {name: _join_tables(name, parts) for name, parts in self._read_parts(processing_ids, resources).items()}

    def commit(self, processing_ids: Sequence[str], *, run_id: str, reason: CommitReason | Mapping[str, CommitReason]) -> int:
        """Make staged documents visible, all at one moment; returns the commit's sequence number.

        One append a table however many documents: hand over a batch. `reason` may be given per processing_id. No documents: no
        commit, the last sequence is returned. Raises StagingError for one that is not staged, WarehouseError where two are of
        one document, RefusedReplacementError where a refused processing would hide loaded rows.
        """
        with self._lock():
            self._finish_pending()
            base = self._log.read()
            staged = [self._staging.get(processing_id) for processing_id in processing_ids]
            if not staged:
                return base.snapshot.sequence
            self._check_batch(staged, base)
            reasons = {one.processing_id: reason if isinstance(reason, str) else reason[one.processing_id] for one in staged}
            sequence, moment = base.snapshot.sequence + 1, _next_moment(base.snapshot).isoformat()
            self._write_pending(PendingCommit(sequence, moment, run_id, reasons, uuid.uuid4().hex, base.fence))
            done = self._finish_pending()
            self._remove_older_stagings(staged)
        return done

    def withdraw(self, document_ids: Sequence[str], *, run_id: str) -> int:
        """Take documents out of sight; their rows stay for those who ask for an earlier state. Returns the sequence number.

        Raises WarehouseError for a document that is not in the warehouse.
        """
        with self._lock():
            self._finish_pending()
            while True:
                base = self._log.read()
                before = base.snapshot
                if absent := [one for one in document_ids if one not in before.commits or before.commits[one].is_withdrawn]:
                    raise WarehouseError(f"not in the warehouse: {', '.join(absent)}")
                moment = _next_moment(before)
                commits = [
                    Commit(before.sequence + 1, one.document_id, one.processing_id, moment, run_id, "withdrawn", one.status)
                    for one in (before.commits[document_id] for document_id in document_ids)
                ]
                if self._log.append(base, commits):
                    return before.sequence + 1

    def discard(self, processing_id: str) -> None:
        """Drop a staged document: its earlier rows, if there are any, stay as they are."""
        with self._lock():
            self._finish_pending()
            self._staging.remove(processing_id)

    def committed(self) -> Mapping[str, Commit]:
        """The newest commit of every document, withdrawn ones included."""
        return self.snapshot().commits

    def snapshot(self, as_of: AsOf | None = None) -> Snapshot:
        """Which processing of each document counts: now, at a moment, or after a commit sequence."""
        return self._log.snapshot(as_of)

    def read(self, resource: str, as_of: AsOf | None = None, document_ids: Collection[str] | None = None) -> pa.Table:
        """The visible rows of a table, of all documents or of these, ordered by document and key.

        `ref_` and the store's own tables are read as they are.

        Raises UnknownResourceError without metadata, PurgedError where rows of the state asked for were deleted.
        """
        wanted = None if document_ids is None else ds.field("document_id").isin(pa.array(sorted(document_ids), pa.string()))
        table = self.open_datasets((resource,), self.snapshot(as_of))[resource].to_table(filter=wanted)
        owner = ("document_id",) if get_resource(resource).layer in {"core", "raw"} else ()
        order = dict.fromkeys((*owner, *get_resource(resource).key))
        ordered = table.sort_by([(name, "ascending") for name in order])
        return ordered.cast(to_arrow_schema(resource))

    def open_datasets(self, resources: Sequence[str], snapshot: Snapshot) -> Mapping[str, ds.Dataset]:
        """The visible rows of tables as Arrow datasets, to be scanned later. Taking the snapshot first makes it whole.

        Raises PurgedError where rows of the snapshot were deleted before the tables were opened.
        """
        datasets = {name: self._visible_dataset(name, snapshot) for name in resources}
        self._refuse_purged(snapshot)
        return datasets

    def iterate_tables(self, resources: Sequence[str], snapshot: Snapshot) -> Iterator[tuple[str, pa.Table]]:
        """The visible rows of tables in chunks, with the table's name; at least one of each table, maybe empty.

        One chunk is in memory at a time, however slowly they are taken: a dataset's scanner reads on without waiting. Raises
        PurgedError at the end where rows of the snapshot were deleted meanwhile: then not all of them came.
        """
        for name in resources:
            for chunk in self._iterate_visible(name, snapshot):
                yield name, chunk
        self._refuse_purged(snapshot)

    def _refuse_purged(self, snapshot: Snapshot) -> None:
        # Purges are written down before rows go: what is not listed now was still there when the tables were opened.
        purged = self._tables.read_column("purges", "processing_id")
        if lost := purged & set(snapshot.processing_ids):
            raise PurgedError(
                f"{len(lost)} processings of commit {snapshot.sequence} were deleted by maintenance, e.g. {min(lost)}"
            )

    def is_concluded(self, resource: str) -> bool:
        """Whether a table of several documents follows from the newest state."""
        return self._tables.sequence_of(resource) == self.snapshot().sequence

    def conclude(self, resource: str, table: pa.Table, sequence: int) -> bool:
        """Put what follows from the state after commit `sequence` in the place of a table of several documents.

        False where another writer has committed since: nothing was written, conclude again. Raises MetadataError where two rows
        share a key, WarehouseError for a table that belongs to single documents.
        """
        if not get_resource(resource).of_several_documents:
            raise WarehouseError(f"{resource} belongs to single documents: stage and commit them")
        check_key(resource, table)
        with self._lock():
            self._finish_pending()
            # Opened before the state is looked at: whoever concludes a later one meanwhile makes the replacement fail.
            delta = self._tables.open_delta(resource)
            return self.snapshot().sequence == sequence and self._tables.replace(resource, delta, table, sequence)

    def count_files(self, resource: str) -> int:
        """The Parquet files that a table lies in now, read back from where they are."""
        return self._tables.count_files(resource)

    def maintain(self, *, keep: int = 2, protect: Sequence[int] = (), retention_hours: int = 24) -> MaintenanceReport:
        """Delete rows of superseded and never committed processings, compact small files, remove files no longer needed.

        `keep` newest processings of each document stay, and what the states after the commits in `protect` (those of releases)
        show. Files replaced less than `retention_hours` ago stay for readers that have them open. Raises ValueError for keep < 1.
        """
        with self._lock():
            self._finish_pending()
            return maintain_tables(self._tables, self._log, keep=keep, protect=protect, retention_hours=retention_hours)

    # Committing

    def _check_batch(self, staged: Sequence[StagedDocument], base: CommitState) -> None:
        counted = Counter(one.document_id for one in staged)
        if twice := sorted(document_id for document_id, times in counted.items() if times > 1):
            raise WarehouseError(f"one commit cannot hold two processings of a document: {', '.join(twice)}")
        if again := sorted(one.processing_id for one in staged if one.processing_id in base.processing_ids):
            raise WarehouseError(f"already committed: {', '.join(again)}")
        if hidden := sorted(one.processing_id for one in staged if _would_hide(one, base.snapshot)):
            raise RefusedReplacementError(f"refused processings would hide loaded rows: {', '.join(hidden)}; discard them")

    def _write_pending(self, pending: PendingCommit) -> None:
        write_atomically(self._pending_path, json.dumps(asdict(pending)))

    def _finish_pending(self) -> int:
        """Carry out the commit in `pending.json`, from wherever it was cut off; the number of the last commit."""
        if not self._pending_path.exists():
            return self._log.read().snapshot.sequence
        pending = PendingCommit(**json.loads(self._pending_path.read_text(encoding="utf-8")))
        base = self._log.read()
        while base.processing_ids.isdisjoint(pending.reasons):
            if base.fence != pending.fence:
                # Rows that nobody had marked may be gone: they are appended anew, under names that maintenance has not seen.
                pending = self._rename_pending(pending, base)
            for name, parts in self._read_parts(tuple(pending.reasons)).items():
                self._tables.append(name, _join_tables(name, parts), pending.mark)
            if not self._append_commits(base, pending):
                break
            base = self._log.read()
        for processing_id in pending.reasons:
            self._staging.remove(processing_id)
        self._pending_path.unlink()
        sync(self.root)
        return base.snapshot.sequence

    def _append_commits(self, base: CommitState, pending: PendingCommit) -> bool:
        """The marker on top of `base`. False where there is nothing to mark; where another writer came first, nothing is written.

        A refusal whose document another writer has loaded since the batch was checked is left out: its rows stay unseen.
        """
        staged = [self._staging.get(processing_id) for processing_id in pending.reasons]
        visible = [one for one in staged if not _would_hide(one, base.snapshot)]
        moment = max(datetime.fromisoformat(pending.committed_at), _first_moment(base.snapshot))
        commits = [
            Commit(
                commit_sequence=base.snapshot.sequence + 1,
                document_id=one.document_id,
                processing_id=one.processing_id,
                committed_at=moment,
                run_id=pending.run_id,
                commit_reason=pending.reasons[one.processing_id],
                status=one.status,
            )
            for one in visible
        ]
        if commits:
            self._log.append(base, commits)
        return bool(commits)

    def _rename_pending(self, pending: PendingCommit, base: CommitState) -> PendingCommit:
        """The same commit with other names of its processings, written down in the place of the old one."""
        names = {old: f"{old.rpartition('-')[0]}-{uuid.uuid4().hex[:8]}" for old in pending.reasons}
        for old, new in names.items():
            self._staging.copy(old, new)
        renamed = replace(
            pending,
            reasons={names[old]: reason for old, reason in pending.reasons.items()},
            token=uuid.uuid4().hex,
            fence=base.fence,
        )
        self._write_pending(renamed)
        for old in names:
            self._staging.remove(old)
        return renamed

    def _remove_older_stagings(self, committed: Sequence[StagedDocument]) -> None:
        newest = {one.document_id: one.staged_at for one in committed}
        for staged in self._staging.list():
            if staged.staged_at < newest.get(staged.document_id, 0):
                self._staging.remove(staged.processing_id)

    def _read_parts(self, processing_ids: Sequence[str], resources: Collection[str] | None = None) -> dict[str, list[pa.Table]]:
        documents = [self._staging.read(processing_id, resources) for processing_id in processing_ids]
        wanted = [name for name in document_resources() if resources is None or name in resources]
        return {name: [tables[name] for tables in documents] for name in wanted}

    # Reading

    def _visible_dataset(self, name: str, snapshot: Snapshot) -> ds.Dataset:
        if get_resource(name).layer not in {"core", "raw"}:
            return self._tables.open_dataset(name)
        if get_resource(name).of_several_documents:
            return self._read_resting_on(name, snapshot)
        visible = pa.array(snapshot.processing_ids, type=pa.string())
        return self._tables.open_dataset(name).filter(ds.field("processing_id").isin(visible))

    def _read_resting_on(self, name: str, snapshot: Snapshot) -> ds.Dataset:
        """Rows of which every processing that they rest on is visible: one that has gone takes what was said of it along."""
        return ds.dataset(_keep_resting_on(self._tables.open_dataset(name).to_table(), set(snapshot.processing_ids)))

    def _iterate_visible(self, name: str, snapshot: Snapshot) -> Iterator[pa.Table]:
        chunks = self._tables.iterate(self._tables.open_delta(name), name)
        if get_resource(name).layer not in {"core", "raw"}:
            return chunks
        if get_resource(name).of_several_documents:
            seen = set(snapshot.processing_ids)
            return (_keep_resting_on(chunk, seen) for chunk in chunks)
        visible = pa.array(snapshot.processing_ids, type=pa.string())
        return (chunk.filter(pc.is_in(chunk["processing_id"], visible)) for chunk in chunks)

    def _prepare(self) -> None:
        if not self._tables.is_current():
            self._tables.prepare(_README)

    @property
    def _pending_path(self) -> Path:
        return self.root / "pending.json"

    @contextmanager
    def _lock(self, *, wait: bool = True) -> Iterator[bool]:
        """One writer at a time; the system frees the lock of a process that dies. Yields whether it is held."""
        with (self.root / ".lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True


def _join_tables(name: str, parts: Sequence[pa.Table]) -> pa.Table:
    return pa.concat_tables(parts) if parts else to_arrow_schema(name).empty_table()


def _would_hide(staged: StagedDocument, snapshot: Snapshot) -> bool:
    """Whether this is a refusal of a document that is loaded."""
    commit = snapshot.commits.get(staged.document_id)
    is_loaded = commit is not None and not commit.is_withdrawn and commit.status != "refused"
    return staged.status == "refused" and is_loaded


def _next_moment(before: Snapshot) -> datetime:
    return max(datetime.now(UTC), _first_moment(before))


def _first_moment(before: Snapshot) -> datetime:
    # Clocks stand still and step back; readers that order by time must see the order of the commits all the same.
    return before.committed_at + timedelta(microseconds=1) if before.committed_at else datetime.min.replace(tzinfo=UTC)


def _keep_resting_on(table: pa.Table, seen: Set[str]) -> pa.Table:
    pairs = zip(table["processing_id"].to_pylist(), table["other_processing_ids"].to_pylist(), strict=True)
    return table.filter(pa.array([{own, *others} <= seen for own, others in pairs], type=pa.bool_()))
