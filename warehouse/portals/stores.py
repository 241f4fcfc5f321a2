"""Folders and buckets as one thing: files by path that can be listed, read, put, moved and deleted.

Promise: a file that is put is there whole or not at all. `mark` changes whenever a file is written, whoever writes it.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from warehouse.datapackage import hash_file
from warehouse.portals.plan import PublishError
from warehouse.staging import sync

_UNFINISHED = ".part"


@dataclass(frozen=True, slots=True)
class Content:
    """What a file should hold, known before it is read: as a file on this machine, or as bytes."""

    sha256: str
    size: int
    source: Path | bytes

    @classmethod
    def of_bytes(cls, data: bytes) -> "Content":
        """Content that was made just now."""
        return cls(hashlib.sha256(data).hexdigest(), len(data), data)

    @classmethod
    def of_file(cls, path: Path, sha256: str | None = None) -> "Content":
        """A file, hashed here where its hash is not known."""
        return cls(sha256 or hash_file(path), path.stat().st_size, path)


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is there."""

    bytes: int
    mark: str


class FileStore(Protocol):
    """What publishing needs of a place for files. Paths are relative, with slashes. All raise PublishError."""

    @property
    def name(self) -> str:
        """The place as a person names it, without keys."""
        ...

    def list_files(self) -> dict[str, Stored]:
        """Every file."""
        ...

    def read(self, path: str) -> bytes:
        """A small file's bytes."""
        ...

    def hash(self, path: str) -> str:
        """SHA-256 of a file of any size."""
        ...

    def put(self, path: str, content: Content) -> None:
        """Write or replace a file."""
        ...

    def move(self, path: str, to: str) -> None:
        """Give a file another path."""
        ...

    def delete(self, path: str) -> None:
        """Remove a file."""
        ...


class FolderStore:
    """A folder on this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.name = str(root)

    def list_files(self) -> dict[str, Stored]:
        """Every file that is whole."""
        found = {}
        with _tell(self.name):
            for path in sorted(self._root.rglob("*")):
                place = path.relative_to(self._root)
                # What a write left unfinished, and a repository's own folder.
                if path.is_file() and not path.name.endswith(_UNFINISHED) and ".git" not in place.parts:
                    status = path.stat()
                    found[place.as_posix()] = Stored(status.st_size, f"{status.st_mtime_ns}-{status.st_ino}")
        return found

    def read(self, path: str) -> bytes:
        """A small file's bytes."""
        with _tell(self.name):
            return (self._root / path).read_bytes()

    def hash(self, path: str) -> str:
        """Read part by part."""
        with _tell(self.name):
            return hash_file(self._root / path)

    def put(self, path: str, content: Content) -> None:
        """Written beside its place, then moved there."""
        target = self._root / path
        unfinished = target.with_name(f".{target.name}{_UNFINISHED}")
        with _tell(self.name):
            target.parent.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                for block in _read_blocks(content):
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(target)
            sync(target.parent)

    def move(self, path: str, to: str) -> None:
        """Within the folder, at one stroke."""
        with _tell(self.name):
            (self._root / to).parent.mkdir(parents=True, exist_ok=True)
            (self._root / path).replace(self._root / to)

    def delete(self, path: str) -> None:
        """The file, and folders that are empty without it."""
        with _tell(self.name):
            (self._root / path).unlink()
            for folder in (self._root / path).parents:
                if folder == self._root or any(folder.iterdir()):
                    break
                folder.rmdir()


class BucketStore:
    """A prefix in a bucket, through an fsspec file system."""

    def __init__(self, file_system: Any, path: str) -> None:
        self._files = file_system
        self._path = path.strip("/")
        self.name = f"s3://{self._path}"

    def list_files(self) -> dict[str, Stored]:
        """Every object under the prefix."""
        with self._tell():
            found = self._files.find(self._path, detail=True)
        start = len(self._path) + 1
        return {path[start:]: Stored(entry["size"], entry["ETag"].strip('"')) for path, entry in sorted(found.items())}

    def read(self, path: str) -> bytes:
        """A small object's bytes."""
        with self._tell():
            data: bytes = self._files.cat_file(f"{self._path}/{path}")
        return data

    def hash(self, path: str) -> str:
        """Fetched part by part."""
        with self._tell(), self._files.open(f"{self._path}/{path}", "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def put(self, path: str, content: Content) -> None:
        """An object appears when its last byte is there."""
        with self._tell():
            if isinstance(content.source, bytes):
                self._files.pipe_file(f"{self._path}/{path}", content.source)
            else:
                self._files.put_file(str(content.source), f"{self._path}/{path}")

    def move(self, path: str, to: str) -> None:
        """A copy, then the old one goes: cut off between, both are there."""
        with self._tell():
            self._files.copy(f"{self._path}/{path}", f"{self._path}/{to}")
            self._files.rm_file(f"{self._path}/{path}")

    def delete(self, path: str) -> None:
        """The object."""
        with self._tell():
            self._files.rm_file(f"{self._path}/{path}")

    def _tell(self) -> AbstractContextManager[None]:
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415  # comes with the extra `s3`, as every bucket

        # Time-outs and refusals of the server are OSErrors, what does not even reach it is botocore's.
        return _tell(self.name, BotoCoreError)


def _read_blocks(content: Content) -> Iterator[bytes]:
    if isinstance(content.source, bytes):
        yield content.source
        return
    with content.source.open("rb") as file:
        read: Callable[[], bytes] = lambda: file.read(1 << 20)  # noqa: E731  # what iter() asks
        yield from iter(read, b"")


@contextmanager
def _tell(name: str, *more: type[Exception]) -> Iterator[None]:
    kinds: tuple[type[Exception], ...] = (OSError, *more)
    try:
        yield
    except kinds as error:
        raise PublishError(f"{name}: {error}") from error
