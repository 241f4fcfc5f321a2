"""Maintenance: rows that no reader asks for are deleted, small files become large ones, files no longer needed go.

Promise: the newest processing of a document is never touched, and what is deleted is written down first (`purges`), so that a
reader who asks for an earlier state is told instead of being given a part of it. The caller holds the warehouse's lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from deltalake import write_deltalake

from warehouse.metadata.schema import to_arrow_table
from warehouse.staging import document_resources
from warehouse.tables import WRITER, TableFolder, stored_resources
from warehouse.visibility import take_snapshot


@dataclass(frozen=True, slots=True)
class MaintenanceReport:
    """What one maintenance did: `purged` are the committed processings whose rows it deleted."""

    purged: tuple[str, ...]
    rows_deleted: int
    files_removed: int


def maintain_tables(tables: TableFolder, *, keep: int, protect: Sequence[int], retention_hours: int) -> MaintenanceReport:
    """Keep the `keep` newest processings of each document and those seen after the commits in `protect`; delete all other rows.

    Files that were replaced less than `retention_hours` ago stay for readers that have them open. Raises ValueError for keep < 1.
    """
    if keep < 1:
        raise ValueError("keep must be 1 or more: the newest processing of a document is the document")
    kept = find_kept_processings(tables, keep, protect)
    purged = _write_purges(tables, kept)
    deleted = sum(_delete_other_rows(tables, name, kept) for name in document_resources())
    removed = sum(_tidy_files(tables, name, retention_hours) for name in stored_resources())
    return MaintenanceReport(purged, deleted, removed)


def find_kept_processings(tables: TableFolder, keep: int, protect: Sequence[int]) -> frozenset[str]:
    """The processings whose rows stay."""
    rows = tables.open_dataset("commits").to_table().sort_by([("commit_sequence", "descending")]).to_pylist()
    per_document: dict[str, list[str]] = {}
    for row in rows:
        chosen = per_document.setdefault(row["document_id"], [])
        if row["processing_id"] not in chosen and len(chosen) < keep:
            chosen.append(row["processing_id"])
    protected = [take_snapshot(rows, sequence).processing_ids for sequence in protect]
    return frozenset(one for chosen in [*per_document.values(), *protected] for one in chosen)


def _write_purges(tables: TableFolder, kept: frozenset[str]) -> tuple[str, ...]:
    stay = kept | tables.read_column("purges", "processing_id")
    commits = tables.open_dataset("commits").to_table(columns=["processing_id", "document_id"]).to_pylist()
    doomed = {row["processing_id"]: row["document_id"] for row in commits if row["processing_id"] not in stay}
    now = datetime.now(UTC)
    rows = [{"processing_id": one, "document_id": document, "purged_at": now} for one, document in sorted(doomed.items())]
    if rows:
        write_deltalake(tables.open_delta("purges"), to_arrow_table("purges", rows), mode="append", writer_properties=WRITER)
    return tuple(sorted(doomed))


def _delete_other_rows(tables: TableFolder, name: str, kept: frozenset[str]) -> int:
    doomed = sorted(tables.read_column(name, "processing_id") - kept)
    if not doomed:
        return 0
    # Names of processings are names of folders (warehouse.staging): there is no quote in them.
    listed = ", ".join(f"'{processing_id}'" for processing_id in doomed)
    metrics = tables.open_delta(name).delete(f"processing_id in ({listed})", writer_properties=WRITER)
    return int(metrics["num_deleted_rows"])


def _tidy_files(tables: TableFolder, name: str, retention_hours: int) -> int:
    delta = tables.open_delta(name)
    delta.optimize.compact(writer_properties=WRITER)
    return len(delta.vacuum(retention_hours=retention_hours, dry_run=False, enforce_retention_duration=False))
