"""The warehouse: Delta tables whose rows become visible by one marker.

Layout::

    WAREHOUSE/README.md          how to read it, and how not to
    WAREHOUSE/warehouse.json     what metadata and code lists the tables were made by
    WAREHOUSE/core_budget_lines  one folder a table (Delta): raw_, core_, ref_, commits, purges
    WAREHOUSE/staging/           documents that are processed and not yet committed
    WAREHOUSE/pending.json       the commit that is being written; there for a moment, or after a crash

Promise: a document's rows are seen in all tables or in none, whenever the writer dies. Rows are only ever appended; last comes
the row in `commits` that makes them count, and readers open `commits` first. A commit is written down before its first append and
each append carries the commit's number in the table's own log, so that finishing it after a crash appends nothing twice.
"""

import fcntl
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, Self

import pyarrow as pa
import pyarrow.dataset as ds

from warehouse.maintenance import MaintenanceReport, maintain_tables
from warehouse.metadata.models import get_resource
from warehouse.metadata.schema import to_arrow_schema, to_arrow_table
from warehouse.records import ProcessedDocument, Row
from warehouse.staging import StagedDocument, StagingArea, document_resources, sync, write_atomically
from warehouse.tables import TableFolder
from warehouse.visibility import AsOf, Commit, Snapshot, take_snapshot

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
    """A commit that has been decided: what `pending.json` holds until it is done."""

    commit_sequence: int
    committed_at: str
    run_id: str
    reasons: Mapping[str, CommitReason]


class Warehouse:
    """One warehouse folder. Cheap to open; several processes may read and stage, commits wait for each other."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._staging = StagingArea(root / "staging")
        self._tables = TableFolder(root)

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """The warehouse in a folder, created where there is none; a commit that was cut off is finished.

        Raises MetadataError where tables were made by metadata that today's cannot continue.
        """
        warehouse = cls(Path(path))
        warehouse._staging.folder.mkdir(parents=True, exist_ok=True)
        # Whoever holds the lock on a finished warehouse is committing: nothing to recover, and reading need not wait.
        with warehouse._lock(wait=not warehouse._tables.is_current()) as held:
            if held:
                warehouse._prepare()
                warehouse._finish_pending()
                warehouse._staging.clear_leftovers()
        return warehouse

    def stage(self, document: ProcessedDocument) -> StagedDocument:
        """Check a document's rows and put them aside on disk; no reader sees them.

        Rows need no `document_id` and `processing_id`, they are filled in. Raises MetadataError where a row does not fit,
        WarehouseError where the processing is committed already (another attempt needs another processing_id).
        """
        if document.processing_id in self._committed_processings():
            raise WarehouseError(f"processing {document.processing_id} is committed; a new attempt needs a new processing_id")
        return self._staging.write(document)

    def staged(self) -> tuple[StagedDocument, ...]:
        """Staged documents, oldest first; of a document that was staged more than once the last."""
        return tuple({staged.document_id: staged for staged in self._staging.list()}.values())

    def read_staged(self, processing_ids: Sequence[str]) -> Mapping[str, pa.Table]:
        """The rows of staged documents by table, in the order asked for. Raises StagingError for one that is not staged."""
        return {name: _join_tables(name, parts) for name, parts in self._read_parts(processing_ids).items()}

    def commit(self, processing_ids: Sequence[str], *, run_id: str, reason: CommitReason | Mapping[str, CommitReason]) -> int:
        """Make staged documents visible, all at one moment; returns the commit's sequence number.

        One append a table however many documents: hand over a batch. `reason` may be given per processing_id. No documents: no
        commit, the last sequence is returned. Raises StagingError for one that is not staged, WarehouseError where two are of
        one document, RefusedReplacementError where a refused processing would hide loaded rows.
        """
        with self._lock():
            self._finish_pending()
            before = self.snapshot()
            staged = [self._staging.get(processing_id) for processing_id in processing_ids]
            if not staged:
                return before.sequence
            self._check_batch(staged, before)
            reasons = {one.processing_id: reason if isinstance(reason, str) else reason[one.processing_id] for one in staged}
            self._write_pending(PendingCommit(before.sequence + 1, _next_moment(before).isoformat(), run_id, reasons))
            self._finish_pending()
            self._remove_older_stagings(staged)
        return before.sequence + 1

    def withdraw(self, document_ids: Sequence[str], *, run_id: str) -> int:
        """Take documents out of sight; their rows stay for those who ask for an earlier state. Returns the sequence number.

        Raises WarehouseError for a document that is not in the warehouse.
        """
        with self._lock():
            self._finish_pending()
            before = self.snapshot()
            if absent := [one for one in document_ids if one not in before.commits or before.commits[one].is_withdrawn]:
                raise WarehouseError(f"not in the warehouse: {', '.join(absent)}")
            moment = _next_moment(before)
            commits = [before.commits[document_id] for document_id in document_ids]
            self._append_commits(
                [
                    Commit(before.sequence + 1, one.document_id, one.processing_id, moment, run_id, "withdrawn", one.status)
                    for one in commits
                ]
            )
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
        return take_snapshot(self._tables.open_dataset("commits").to_table().to_pylist(), as_of)

    def read(self, resource: str, as_of: AsOf | None = None) -> pa.Table:
        """The visible rows of a table, ordered by document and key. `ref_` and the store's own tables are read as they are.

        Raises UnknownResourceError without metadata, PurgedError where rows of the state asked for were deleted.
        """
        table = self.open_datasets((resource,), self.snapshot(as_of))[resource].to_table()
        owner = ("document_id",) if get_resource(resource).layer in {"core", "raw"} else ()
        order = dict.fromkeys((*owner, *get_resource(resource).key))
        ordered = table.sort_by([(name, "ascending") for name in order])
        return ordered.cast(to_arrow_schema(resource))

    def open_datasets(self, resources: Sequence[str], snapshot: Snapshot) -> Mapping[str, ds.Dataset]:
        """The visible rows of tables as Arrow datasets, to be scanned later. Taking the snapshot first makes it whole.

        Raises PurgedError where rows of the snapshot were deleted before the tables were opened.
        """
        datasets = {name: self._visible_dataset(name, snapshot) for name in resources}
        # Purges are written down before rows go: what is not listed now was still there when the tables were opened.
        purged = self._tables.read_column("purges", "processing_id")
        if lost := purged & set(snapshot.processing_ids):
            raise PurgedError(
                f"{len(lost)} processings of commit {snapshot.sequence} were deleted by maintenance, e.g. {min(lost)}"
            )
        return datasets

    def is_concluded(self, resource: str) -> bool:
        """Whether a table of several documents follows from the newest state."""
        return self._tables.sequence_of(resource) == self.snapshot().sequence

    def conclude(self, resource: str, rows: Iterable[Row], sequence: int) -> bool:
        """Put what follows from the state after commit `sequence` in the place of a table of several documents.

        False where another writer has committed since: nothing was written, conclude again. Raises MetadataError where a row does
        not fit, WarehouseError for a table that belongs to single documents.
        """
        if not get_resource(resource).of_several_documents:
            raise WarehouseError(f"{resource} belongs to single documents: stage and commit them")
        table = to_arrow_table(resource, rows)
        with self._lock():
            self._finish_pending()
            if self.snapshot().sequence != sequence:
                return False
            self._tables.replace(resource, table, sequence)
        return True

    def maintain(self, *, keep: int = 2, protect: Sequence[int] = (), retention_hours: int = 24) -> MaintenanceReport:
        """Delete rows of superseded and never committed processings, compact small files, remove files no longer needed.

        `keep` newest processings of each document stay, and what the states after the commits in `protect` (those of releases)
        show. Files replaced less than `retention_hours` ago stay for readers that have them open. Raises ValueError for keep < 1.
        """
        with self._lock():
            self._finish_pending()
            return maintain_tables(self._tables, keep=keep, protect=protect, retention_hours=retention_hours)

    # Committing

    def _check_batch(self, staged: Sequence[StagedDocument], before: Snapshot) -> None:
        counted = Counter(one.document_id for one in staged)
        if twice := sorted(document_id for document_id, times in counted.items() if times > 1):
            raise WarehouseError(f"one commit cannot hold two processings of a document: {', '.join(twice)}")
        committed = self._committed_processings()
        if again := sorted(one.processing_id for one in staged if one.processing_id in committed):
            raise WarehouseError(f"already committed: {', '.join(again)}")
        hidden = sorted(one.processing_id for one in staged if one.status == "refused" and _is_loaded(before, one.document_id))
        if hidden:
            raise RefusedReplacementError(f"refused processings would hide loaded rows: {', '.join(hidden)}; discard them")

    def _write_pending(self, pending: PendingCommit) -> None:
        write_atomically(self._pending_path, json.dumps(asdict(pending)))

    def _finish_pending(self) -> None:
        """Carry out the commit in `pending.json`, from wherever it was cut off."""
        if not self._pending_path.exists():
            return
        pending = PendingCommit(**json.loads(self._pending_path.read_text(encoding="utf-8")))
        if pending.commit_sequence > self.snapshot().sequence:
            for name, parts in self._read_parts(tuple(pending.reasons)).items():
                self._tables.append(name, _join_tables(name, parts), pending.commit_sequence)
            self._append_commits([self._to_commit(pending, processing_id) for processing_id in pending.reasons])
        for processing_id in pending.reasons:
            self._staging.remove(processing_id)
        self._pending_path.unlink()
        sync(self.root)

    def _to_commit(self, pending: PendingCommit, processing_id: str) -> Commit:
        staged = self._staging.get(processing_id)
        return Commit(
            commit_sequence=pending.commit_sequence,
            document_id=staged.document_id,
            processing_id=processing_id,
            committed_at=datetime.fromisoformat(pending.committed_at),
            run_id=pending.run_id,
            commit_reason=pending.reasons[processing_id],
            status=staged.status,
        )

    def _append_commits(self, commits: Sequence[Commit]) -> None:
        self._tables.append(
            "commits", to_arrow_table("commits", [asdict(commit) for commit in commits]), commits[0].commit_sequence
        )

    def _remove_older_stagings(self, committed: Sequence[StagedDocument]) -> None:
        newest = {one.document_id: one.staged_at for one in committed}
        for staged in self._staging.list():
            if staged.staged_at < newest.get(staged.document_id, 0):
                self._staging.remove(staged.processing_id)

    def _read_parts(self, processing_ids: Sequence[str]) -> dict[str, list[pa.Table]]:
        documents = [self._staging.read(processing_id) for processing_id in processing_ids]
        return {name: [tables[name] for tables in documents] for name in document_resources()}

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
        table = self._tables.open_dataset(name).to_table()
        seen = set(snapshot.processing_ids)
        pairs = zip(table["processing_id"].to_pylist(), table["other_processing_ids"].to_pylist(), strict=True)
        return ds.dataset(table.filter(pa.array([{own, *others} <= seen for own, others in pairs], type=pa.bool_())))

    def _committed_processings(self) -> set[str]:
        return self._tables.read_column("commits", "processing_id")

    def _prepare(self) -> None:
        if not self._tables.is_current():
            (self.root / "README.md").write_text(_README, encoding="utf-8")
            self._tables.prepare()

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


def _is_loaded(snapshot: Snapshot, document_id: str) -> bool:
    commit = snapshot.commits.get(document_id)
    return commit is not None and not commit.is_withdrawn and commit.status != "refused"


def _next_moment(before: Snapshot) -> datetime:
    # Clocks stand still and step back; readers that order by time must see the order of the commits all the same.
    now = datetime.now(UTC)
    return now if before.committed_at is None else max(now, before.committed_at + timedelta(microseconds=1))
