"""An archive in a folder.

Promise: a file stands under its name complete or not at all (temporary name, fsync, rename). The journal is one file; each
line is added under a lock; a line torn by a crash is left out, and the next one starts on a line of its own. Nothing is
made before something is written.

Layout::

    ROOT/ab/cd/<sha256>     the bytes
    ROOT/responses.jsonl    one line a response
    ROOT/incoming/          files that are being written; what a crash leaves there is removed by a later writer
"""

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.archive_places import JOURNAL

# Long enough for the slowest writer to be done with it.
_STALE_SECONDS = 24 * 3600


class FolderFiles:
    """The bytes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / "incoming"
        self._is_cleared = False

    def keep(self, content: bytes, sha256: str) -> bool:
        """True where the bytes were not here before. A file of another size is no longer ours, and is written again."""
        target = self._locate(sha256)
        if target.is_file() and target.stat().st_size == len(content):
            return False
        self._clear_incoming()
        folders = [folder for folder in (target.parent, target.parent.parent) if not folder.exists()]
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._incoming)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # Read-only, so that no tool changes archived bytes by accident.
        Path(name).chmod(0o444)
        Path(name).replace(target)
        # A name is safe once its folder is on disk, and a new folder's own name once the folder above it is.
        for folder in (target.parent, *(made.parent for made in folders)):
            _sync_folder(folder)
        return True

    def has(self, sha256: str) -> bool:
        """Whether the file is here."""
        return self._locate(sha256).is_file()

    def read(self, sha256: str) -> bytes:
        """Its bytes. Raises FileNotFoundError."""
        return self._locate(sha256).read_bytes()

    def path_of(self, sha256: str) -> Path:
        """Where it stands, or would stand."""
        return self._locate(sha256)

    def list_names(self) -> Iterator[str]:
        """Every file but the journal and what is being written, in the order of their names."""
        beside = {self._incoming, self._root / JOURNAL}
        for entry in sorted(self._root.iterdir()) if self._root.is_dir() else []:
            if entry in beside:
                continue
            files = sorted(path for path in entry.rglob("*") if path.is_file()) if entry.is_dir() else [entry]
            yield from (path.relative_to(self._root).as_posix() for path in files)

    def hash(self, name: str) -> tuple[int, str]:
        """Size and SHA-256 of a file by its name below the folder."""
        path = self._root / name
        with path.open("rb") as file:
            return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()

    def _locate(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256[2:4] / sha256

    def _clear_incoming(self) -> None:
        """What a crash left half written; a file that another process is writing now is young and stays."""
        self._incoming.mkdir(parents=True, exist_ok=True)
        if self._is_cleared:
            return
        self._is_cleared = True
        limit = time.time() - _STALE_SECONDS
        for path in self._incoming.iterdir():
            if path.stat().st_mtime < limit:
                path.unlink(missing_ok=True)


class FolderJournal:
    """The lines, in one file."""

    def __init__(self, root: Path) -> None:
        self._path = root / JOURNAL
        self._offset = 0

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the file's lock."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch()
        with self._path.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def read_new(self, *, may_lag: bool = False) -> Iterator[bytes]:
        """Whole lines that were added since; one without its end waits."""
        if not self._path.is_file():
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            added = file.read()
        complete = added[: added.rfind(b"\n") + 1]
        self._offset += len(complete)
        yield from complete.splitlines()

    def read_all(self) -> Iterator[bytes]:
        """Every line that is not blank."""
        if self._path.is_file():
            with self._path.open("rb") as file:
                yield from (line for line in file if line.strip())

    def append(self, line: bytes, *, is_durable: bool) -> None:
        """Add a line; the caller holds `exclusive` and has read what stands before."""
        with self._path.open("ab") as file:
            if file.tell() != self._offset:  # behind the last whole line stands a torn one
                file.write(b"\n")
            file.write(line)
            file.flush()
            if is_durable:
                os.fsync(file.fileno())
            self._offset = file.tell()

    def flush(self) -> None:
        """Nothing waits here."""

    def exists(self) -> bool:
        """Whether the file is there."""
        return self._path.is_file()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
