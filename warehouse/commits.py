"""The table `commits`: what is visible is what stands there, and each row was written on top of the state that its writer saw.

Promise: of two writers that have seen the same state only one appends, on whatever machine they are; the other is told, and looks
again. Every append carries the same name in the table's log, and Delta refuses one whose name another has used since. The fence
is the same for maintenance: it moves `commits` on, so that no writer marks rows that maintenance may have deleted meanwhile.
"""

import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from warehouse.metadata.schema import to_arrow_schema, to_arrow_table
from warehouse.records import Row
from warehouse.tables import APPLICATION, TableFolder
from warehouse.visibility import AsOf, Commit, Snapshot, take_snapshot

NAME = "commits"
_FENCE = "yusuan-fence"


@dataclass(frozen=True)
class CommitState:
    """One version of `commits`. `fence` counts the maintenances before it; `processing_ids` are all that were ever committed."""

    delta: DeltaTable
    rows: Sequence[Row]
    snapshot: Snapshot
    processing_ids: frozenset[str]
    fence: int


class CommitLog:
    """Reads and appends to `commits`. One object serves all threads of a process."""

    def __init__(self, tables: TableFolder) -> None:
        self._tables = tables
        self._lock = threading.Lock()
        self._newest: DeltaTable | None = None
        self._state: CommitState | None = None

    def read(self) -> CommitState:
        """The newest state, read anew only where the table has moved on."""
        with self._lock:
            if self._newest is None:
                self._newest = self._tables.open_delta(NAME)
            self._newest.update_incremental()
            if self._state is None or self._state.delta.version() != self._newest.version():
                self._state = self._read_table()
            return self._state

    def snapshot(self, as_of: AsOf | None = None) -> Snapshot:
        """The newest state or an earlier one."""
        state = self.read()
        return state.snapshot if as_of is None else take_snapshot(state.rows, as_of)

    def append(self, base: CommitState, commits: Sequence[Commit]) -> bool:
        """Append on top of `base`; False where another writer came first: nothing was written, read again."""
        rows = to_arrow_table(NAME, [asdict(commit) for commit in commits])
        return self._write(base, rows, {APPLICATION: commits[0].commit_sequence})

    def raise_fence(self) -> CommitState:
        """Have every writer that has seen an earlier state look again before it marks anything; the state from then on."""
        base = self.read()
        nothing = to_arrow_schema(NAME).empty_table()
        while not self._write(base, nothing, {APPLICATION: base.snapshot.sequence, _FENCE: base.fence + 1}):
            base = self.read()
        return self.read()

    def _write(self, base: CommitState, rows: object, transactions: dict[str, int]) -> bool:
        try:
            self._tables.write(base.delta, rows, transactions)
        except CommitFailedError:
            return False
        finally:
            with self._lock:
                self._state = None  # its table object may have moved on, and must not be a base again
        return True

    def _read_table(self) -> CommitState:
        delta = self._tables.open_delta(NAME)
        rows = self._tables.open_dataset(NAME, delta).to_table().to_pylist()
        named = frozenset(row["processing_id"] for row in rows)
        return CommitState(delta, rows, take_snapshot(rows), named, delta.transaction_version(_FENCE) or 0)
