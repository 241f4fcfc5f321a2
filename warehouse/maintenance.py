"""Maintenance: rows that no reader asks for are deleted, small files become large sorted ones, files no longer needed go.

Promise: the newest processing of a document is never touched, and what is deleted is written down first (`purges`), so that a
reader who asks for an earlier state is told instead of being given a part of it. The caller holds the warehouse's lock; a
writer on another machine that has appended and not yet marked is stopped by the fence of `warehouse.commits`: it appends anew.
"""

import uuid
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, WriterProperties
from deltalake.exceptions import CommitFailedError, DeltaError

from warehouse.commits import CommitLog
from warehouse.metadata.schema import to_arrow_table
from warehouse.records import Row
from warehouse.staging import document_resources
from warehouse.tables import WRITER, AppendMark, TableFolder, stored_resources
from warehouse.visibility import take_snapshot

_ATTEMPTS = 10
# When sorting pays: a share of the rows is new, or readers have many files to open.
_NEW_SHARE = 0.1
_MOST_FILES = 32
_SORTED = "yusuan.sorted_by"
_SORTING_MEMORY = 512 << 20  # bytes; what is more goes to the temporary folder meanwhile
_ROWS_IN_GROUP = 65_536  # about a hundred documents


@dataclass(frozen=True, slots=True)
class MaintenanceReport:
    """What one maintenance did: `purged` are the committed processings whose rows it deleted."""

    purged: tuple[str, ...]
    rows_deleted: int
    files_removed: int


def maintain_tables(
    tables: TableFolder, log: CommitLog, *, keep: int, protect: Sequence[int], retention_hours: int
) -> MaintenanceReport:
    """Keep the `keep` newest processings of each document and those seen after the commits in `protect`; delete all other rows.

    Files that were replaced less than `retention_hours` ago stay for readers that have them open. Raises ValueError for keep < 1.
    """
    if keep < 1:
        raise ValueError("keep must be 1 or more: the newest processing of a document is the document")
    # In this order: what is found here and not marked when the fence stands will never be marked.
    found = {name: tables.read_column(name, "processing_id") for name in document_resources()}
    commits = log.raise_fence().rows
    kept = find_kept_processings(commits, keep, protect)
    purged = _write_purges(tables, commits, kept)
    deleted = sum(_delete_rows(tables, name, processings - kept) for name, processings in found.items())
    removed = sum(_tidy_files(tables, name, retention_hours) for name in stored_resources())
    return MaintenanceReport(purged, deleted, removed)


def find_kept_processings(commits: Sequence[Row], keep: int, protect: Sequence[int]) -> frozenset[str]:
    """The processings whose rows stay."""
    rows = sorted(commits, key=lambda row: -row["commit_sequence"])
    per_document: dict[str, list[str]] = {}
    for row in rows:
        chosen = per_document.setdefault(row["document_id"], [])
        if row["processing_id"] not in chosen and len(chosen) < keep:
            chosen.append(row["processing_id"])
    protected = [take_snapshot(rows, sequence).processing_ids for sequence in protect]
    return frozenset(one for chosen in [*per_document.values(), *protected] for one in chosen)


def _write_purges(tables: TableFolder, commits: Sequence[Row], kept: frozenset[str]) -> tuple[str, ...]:
    stay = kept | tables.read_column("purges", "processing_id")
    doomed = {row["processing_id"]: row["document_id"] for row in commits if row["processing_id"] not in stay}
    now = datetime.now(UTC)
    rows = [{"processing_id": one, "document_id": document, "purged_at": now} for one, document in sorted(doomed.items())]
    if rows:
        tables.append("purges", to_arrow_table("purges", rows), AppendMark(1, uuid.uuid4().hex))
    return tuple(sorted(doomed))


def _delete_rows(tables: TableFolder, name: str, doomed: AbstractSet[str]) -> int:
    if not doomed:
        return 0
    # Names of processings are names of folders (warehouse.staging): there is no quote in them.
    listed = ", ".join(f"'{processing_id}'" for processing_id in sorted(doomed))
    metrics = _try_again(lambda: tables.open_delta(name).delete(f"processing_id in ({listed})", writer_properties=WRITER))
    return int(metrics["num_deleted_rows"])


def _tidy_files(tables: TableFolder, name: str, retention_hours: int) -> int:
    tidy = sort_files if name in document_resources() else _compact_files
    _try_again(lambda: tidy(tables, name))
    removed = tables.open_delta(name).vacuum(retention_hours=retention_hours, dry_run=False, enforce_retention_duration=False)
    return len(removed)


def _compact_files(tables: TableFolder, name: str) -> None:
    tables.open_delta(name).optimize.compact(writer_properties=WRITER)


def sort_files(tables: TableFolder, name: str) -> bool:
    """Write the rows of all documents again in the order of the documents, where enough of them came since that was last done.

    A question about one document then reads the few groups of rows that hold it, and not the table. Waiting for a tenth keeps the
    cost of all sorting in proportion to what was loaded. Raises CommitFailedError where another writer deleted rows meanwhile.
    """
    delta = tables.open_delta(name)
    files = _count_rows(delta)
    new = sum(files[path] for path in files.keys() - _list_sorted_files(tables, name, delta))
    if not new or (len(files) <= _MOST_FILES and new < sum(files.values()) * _NEW_SHARE):
        return False
    delta.optimize.z_order(
        ["document_id"],
        max_spill_size=_SORTING_MEMORY,
        writer_properties=WriterProperties(compression="ZSTD", max_row_group_size=_ROWS_IN_GROUP),
        commit_properties=CommitProperties(custom_metadata={_SORTED: "document_id"}),
    )
    return True


def _list_sorted_files(tables: TableFolder, name: str, delta: DeltaTable) -> set[str]:
    """The files that the last sorting left; none where the log no longer tells."""
    sortings = [entry["version"] for entry in delta.history() if _SORTED in entry]
    if not sortings:
        return set()
    try:
        return set(_count_rows(tables.open_delta(name, max(sortings))))
    except DeltaError:
        return set()


def _count_rows(delta: DeltaTable) -> dict[str, int]:
    """The rows in each file of a table."""
    actions = pa.table(delta.get_add_actions(flatten=True))
    return dict(zip(actions.column("path").to_pylist(), actions.column("num_records").to_pylist(), strict=True))


def _try_again(work: Callable[[], Any]) -> Any:
    """Raises CommitFailedError where other writers are in the way again and again."""
    for _ in range(_ATTEMPTS):
        with suppress(CommitFailedError):
            return work()
    return work()
