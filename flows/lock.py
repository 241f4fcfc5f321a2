"""One writer at a time: the lock that a run holds on its warehouse.

Promise: the operating system gives the lock back when its holder dies, whatever way; there is no stale lock to remove.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from flows.errors import YusuanError


class WarehouseBusyError(YusuanError):
    """Another run writes into the warehouse; the message names its process."""


@contextlib.contextmanager
def hold_warehouse(warehouse_dir: Path) -> Iterator[None]:
    """Hold the warehouse for writing. Raises WarehouseBusyError at once instead of waiting. Readers need no lock."""
    warehouse_dir.mkdir(parents=True, exist_ok=True)
    with (warehouse_dir / ".run-lock").open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise WarehouseBusyError(
                f"another run (process {holder}) is writing into {warehouse_dir}; wait for it, or choose another --warehouse"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
