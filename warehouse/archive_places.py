"""What a place must do to hold an archive: keep files under names for ever, and grow a journal.

Promise: everything else of the archive (versions, withdrawals, sightings) knows nothing of folders and buckets. A folder is
`warehouse.archive_folder`, object storage is `warehouse.archive_bucket`.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

JOURNAL = "responses.jsonl"


class FileStore(Protocol):
    """Bytes by SHA-256. A file is there whole or not at all, and is never written twice."""

    def keep(self, content: bytes, sha256: str) -> bool:
        """True where the bytes were not here before. They are safe once this returns."""

    def has(self, sha256: str) -> bool:
        """Whether the file is here."""

    def read(self, sha256: str) -> bytes:
        """Its bytes. Raises FileNotFoundError."""

    def path_of(self, sha256: str) -> Path | None:
        """Where it stands on this machine; None where it does not stand on one."""

    def list_names(self) -> Iterator[str]:
        """Every file below the place but the journal and what is being written, sorted; `ab/cd/<sha256>` where it is in order."""

    def hash(self, name: str) -> tuple[int, str]:
        """Size and SHA-256 of a file by its name below the place."""


class Journal(Protocol):
    """Lines that are only ever added to. Several processes may write."""

    def exclusive(self) -> AbstractContextManager[None]:
        """Hold it for one line: what was read by `read_new` inside is all that stands before the line, as far as the place can
        promise that."""

    def read_new(self, *, may_lag: bool = False) -> Iterator[bytes]:
        """Whole lines that others added since; what this object added is not repeated.

        `may_lag`: a look some seconds ago will do.
        """

    def read_all(self) -> Iterator[bytes]:
        """Every line that is not blank, torn ones too."""

    def append(self, line: bytes, *, is_durable: bool) -> None:
        """Add a line, whose end is its only line feed.

        A durable one is safe once this returns, others at the latest after `flush`.
        """

    def flush(self) -> None:
        """Make all lines safe."""

    def exists(self) -> bool:
        """Whether anything was ever written."""
