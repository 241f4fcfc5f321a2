"""An archive on S3-compatible storage.

Promise: an object is written by one request, so that it is there whole or not at all, and with its MD5, by which a server
refuses bytes that changed on the way; bytes once there are not written again. Objects cannot be added to, so the journal is
many: every writer has segments of its own and writes each anew, longer, until it is large. No two writers write one object,
no condition and no lock of the server is needed, and nothing is ever deleted.

Layout::

    PREFIX/ab/cd/<sha256>                     the bytes
    PREFIX/responses/<number>-<writer>.jsonl  the journal in the order of the names; a writer who sees a later number than its own
                                              begins the next one, so that lines of one address stand in the order they were
                                              written
    PREFIX/responses.jsonl                    the journal of a folder that was copied here; read first, never written
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from warehouse.archive_places import JOURNAL
from warehouse.object_storage import ObjectPlace, StorageError, open_filesystem

_SEGMENTS = "responses"
# Every durable line writes its segment anew: 256 KiB are some 300 lines, and half of them travel with each line.
_SEGMENT_BYTES = 256 << 10
# Lines that may be lost with the machine wait for each other this long; a crash costs a page that is asked for again.
_BUFFER_SECONDS = 2.0
_LAG_SECONDS = 5.0
# One request up to S3's own limit: an upload in parts that breaks off leaves parts behind.
_ONE_REQUEST = 5 << 30


class BucketFiles:
    """The bytes."""

    def __init__(self, place: ObjectPlace) -> None:
        self._place = place
        self._system = open_filesystem(place.storage)

    def keep(self, content: bytes, sha256: str) -> bool:
        """True where the bytes were not here before. An object of another size is no longer ours, and is written again."""
        if self._find_size(sha256) == len(content):
            return False
        write_object(self._system, self._place, _name(sha256), content)
        return True

    def has(self, sha256: str) -> bool:
        """Whether the object is here."""
        return self._find_size(sha256) is not None

    def read(self, sha256: str) -> bytes:
        """Its bytes. Raises FileNotFoundError."""
        with tell_trouble(self._place, is_missing_allowed=True):
            return bytes(self._system.cat_file(self._locate(sha256)))

    def path_of(self, sha256: str) -> None:
        """No file of this machine."""
        return

    def list_names(self) -> Iterator[str]:
        """Every object but the journal's."""
        with tell_trouble(self._place):
            paths = self._system.find(self._place.path)
        names = (path.removeprefix(f"{self._place.path}/") for path in paths)
        yield from sorted(name for name in names if name != JOURNAL and not name.startswith(f"{_SEGMENTS}/"))

    def hash(self, name: str) -> tuple[int, str]:
        """Size and SHA-256 of an object by its name below the prefix."""
        with tell_trouble(self._place):
            content = self._system.cat_file(f"{self._place.path}/{name}")
        return len(content), hashlib.sha256(content).hexdigest()

    def _find_size(self, sha256: str) -> int | None:
        try:
            with tell_trouble(self._place, is_missing_allowed=True):
                return int(self._system.info(self._locate(sha256))["size"])
        except FileNotFoundError:
            return None

    def _locate(self, sha256: str) -> str:
        return f"{self._place.path}/{_name(sha256)}"


class BucketJournal:
    """The lines, in segments."""

    def __init__(self, place: ObjectPlace) -> None:
        self._place = place
        self._system = open_filesystem(place.storage)
        self._writer = secrets.token_hex(4)
        self._read_bytes: dict[str, int] = {}
        self._looked_at = -_LAG_SECONDS
        self._segment = ""
        self._content = b""
        self._waiting = b""
        self._waits_since = 0.0

    def exclusive(self) -> nullcontext[None]:
        """Nobody else writes into this writer's segments; what another wrote a moment ago may come after."""
        return nullcontext()

    def read_new(self, *, may_lag: bool = False) -> Iterator[bytes]:
        """Lines that others added since."""
        if may_lag and time.monotonic() - self._looked_at < _LAG_SECONDS:
            return
        self._looked_at = time.monotonic()
        for name, size in self._list_segments():
            begin = self._read_bytes.get(name, 0)
            if size > begin:
                lines = self._read(name, begin, size).splitlines()
                self._read_bytes[name] = size
                yield from lines

    def read_all(self) -> Iterator[bytes]:
        """Every line that is not blank."""
        for name, size in self._list_segments():
            yield from (line for line in self._read(name, 0, size).splitlines() if line.strip())

    def append(self, line: bytes, *, is_durable: bool) -> None:
        """Add a line; others wait for more of them."""
        if not self._waiting:
            self._waits_since = time.monotonic()
        self._waiting += line
        if is_durable or time.monotonic() - self._waits_since > _BUFFER_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write the segment anew, with all that waits."""
        if not self._waiting:
            return
        newest = max(self._read_bytes, default="")
        if not self._segment or self._segment < newest or len(self._content) > _SEGMENT_BYTES:
            self._segment, self._content = self._next_name(newest), b""
        content = self._content + self._waiting
        write_object(self._system, self._place, self._segment, content)
        self._content, self._waiting = content, b""
        self._read_bytes[self._segment] = len(content)

    def exists(self) -> bool:
        """Whether there is a segment."""
        return bool(self._list_segments())

    def _next_name(self, newest: str) -> str:
        number = int(newest.removeprefix(f"{_SEGMENTS}/").split("-")[0]) if newest.startswith(f"{_SEGMENTS}/") else 0
        return f"{_SEGMENTS}/{number + 1:08d}-{self._writer}.jsonl"

    def _list_segments(self) -> list[tuple[str, int]]:
        """Names and sizes in order. A name with a dot sorts before one with a slash: a folder's journal comes first."""
        with tell_trouble(self._place):
            found = self._system.find(self._place.path, prefix=_SEGMENTS, detail=True)
        sizes = {path.removeprefix(f"{self._place.path}/"): int(info["size"]) for path, info in found.items()}
        return sorted((name, size) for name, size in sizes.items() if name == JOURNAL or name.startswith(f"{_SEGMENTS}/"))

    def _read(self, name: str, begin: int, end: int) -> bytes:
        with tell_trouble(self._place):
            return bytes(self._system.cat_file(f"{self._place.path}/{name}", start=begin, end=end))


def write_object(system: Any, place: ObjectPlace, name: str, content: bytes) -> None:
    """Write one object by one request. Raises StorageError."""
    digest = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
    with tell_trouble(place):
        system.pipe_file(f"{place.path}/{name}", content, chunksize=_ONE_REQUEST, ContentMD5=digest)


@contextmanager
def tell_trouble(place: ObjectPlace, *, is_missing_allowed: bool = False) -> Iterator[None]:
    """Whatever goes wrong with the storage as a StorageError that names the place; a missing object as it is, where allowed."""
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415  # comes with the extra `s3`

    try:
        yield
    except FileNotFoundError as error:
        if is_missing_allowed:
            raise
        raise StorageError(f"{place.url}: not there: {error}") from error
    # Time-outs and refusals of the server are OSErrors, what does not even reach it is botocore's.
    except (OSError, BotoCoreError) as error:
        raise StorageError(f"{place.url}: {error}") from error


def _name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"
