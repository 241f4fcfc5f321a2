"""Which rows count: the newest committed processing of each document.

Promise: a snapshot is taken from `commits` alone and before any other table is opened, so a reader sees all rows of a processing
in all tables or none. Order is the commit sequence, a number, never a name or a clock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from warehouse.records import Row

AsOf = datetime | int


@dataclass(frozen=True, slots=True)
class Commit:
    """One document's place in one commit: since then, and until a newer one, the rows of `processing_id` are the document."""

    commit_sequence: int
    document_id: str
    processing_id: str
    committed_at: datetime
    run_id: str
    commit_reason: str
    status: str

    @property
    def is_withdrawn(self) -> bool:
        """The document was taken out of the warehouse; its rows are no longer read."""
        return self.commit_reason == "withdrawn"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state after one commit: `sequence` 0 is the empty warehouse. `commits` holds the newest of each document."""

    sequence: int
    committed_at: datetime | None
    commits: Mapping[str, Commit]

    @property
    def processing_ids(self) -> tuple[str, ...]:
        """The processings whose rows are visible, withdrawn documents left out, in alphabetical order."""
        return tuple(sorted(commit.processing_id for commit in self.commits.values() if not commit.is_withdrawn))


def take_snapshot(rows: Iterable[Row], as_of: AsOf | None = None) -> Snapshot:
    """The state by the rows of `commits`: the newest, or as of a moment or a commit sequence, both included."""
    commits = sorted((Commit(**row) for row in rows), key=lambda commit: commit.commit_sequence)
    counted = [commit for commit in commits if _is_before(commit, as_of)]
    newest = {commit.document_id: commit for commit in counted}
    last = counted[-1] if counted else None
    return Snapshot(last.commit_sequence if last else 0, last.committed_at if last else None, newest)


def _is_before(commit: Commit, as_of: AsOf | None) -> bool:
    if as_of is None:
        return True
    if isinstance(as_of, int):
        return commit.commit_sequence <= as_of
    return commit.committed_at <= as_of
