"""The archive: bytes as published, by SHA-256, never changed, never deleted, and a journal of every response.

Promise: a file stands under `ab/cd/<sha256>` complete or not at all (temporary name, fsync, rename), and only then does the
journal name it. The journal (`responses.jsonl`) is append-only, one JSON object a line; a line torn by a crash is left out and
the next one starts on a line of its own. Several processes may write: each append holds a lock.

Layout::

    ROOT/ab/cd/<sha256>     the bytes
    ROOT/responses.jsonl    one line a response: when, address, status, headers, SHA-256, and what the crawler knew
    ROOT/incoming/          files that are being written; what a crash leaves there is removed when the archive is opened later
"""

import fcntl
import hashlib
import io
import json
import os
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from warehouse.records import Row, Sighting

Role = Literal["document", "page"]
Event = Literal["", "withdrawn"]

LOCAL_SOURCE = "local"
JOURNAL = "responses.jsonl"
_SHA256_DIGITS = 64
# A reader accepts %PDF- within the first kilobyte.
_HEAD_BYTES = 1024
_SIGNATURES: tuple[tuple[tuple[bytes, ...], str], ...] = (
    ((b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\x00", b"MM\x00*"), "image"),
    ((b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b"), "archive"),
)
_HTML_STARTS = (
    b"<!doctype html",
    b"<html",
    b"<head",
    b"<meta",
    b"<script",
    b"<table",
    b"<body",
    b"<!--",
    b"<?xml",
    b"<div",
    b"<title",
)
# Long enough for the slowest writer to be done with it.
_STALE_SECONDS = 24 * 3600


class ArchiveError(Exception):
    """Base of what the archive cannot do."""


class NotArchivedError(ArchiveError):
    """No file with this SHA-256 is in the archive."""


@dataclass(frozen=True, slots=True)
class ResponseRecord:
    """One line of the journal. Times are ISO 8601 in UTC; `sha256` is empty where no bytes were kept (304 repeats the old one).

    `key` is the identity of the address: the URL without tokens that change from visit to visit. `role`: `document` (a published
    file) or `page` (a listing or article, kept so that it can be asked for conditionally). `container_key` and `container_sha256`
    name the archive file that a document was packed in. `event`: `withdrawn` for the line that says that a document is no longer
    published; its bytes stay.
    """

    url: str
    seen_at: str
    sha256: str = ""
    bytes: int = 0
    file_kind: str = "unknown"
    http_status: int | None = None
    final_url: str = ""
    key: str = ""
    role: Role = "document"
    source_id: str = LOCAL_SOURCE
    landing_url: str = ""
    title: str = ""
    department_name: str = ""
    region_code: str = ""
    etag: str = ""
    last_modified: str = ""
    error: str = ""
    container_key: str = ""
    container_sha256: str = ""
    event: Event = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """What `put` did. `is_new`: these bytes were never seen before, anywhere; `is_unchanged`: this address had them already;
    `supersedes`: SHA-256 of what stood under the address before, where it differs."""

    sha256: str
    document_id: str
    bytes: int
    file_kind: str
    url: str
    is_new: bool
    is_unchanged: bool
    supersedes: str | None = None


@dataclass(frozen=True, slots=True)
class Previous:
    """What an address gave the last time it gave bytes: enough for a conditional request."""

    url: str
    sha256: str
    etag: str
    last_modified: str
    seen_at: str


def detect_file_kind(content: bytes) -> str:
    """The kind by magic bytes, never by name: one of `file_kind` in the metadata."""
    if not content:
        return "empty"
    for signatures, kind in _SIGNATURES:
        if content.startswith(signatures):
            return kind
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _detect_zip_kind(content)
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _detect_ole_kind(content)
    return _detect_text_kind(content[:_HEAD_BYTES])


def _detect_text_kind(head: bytes) -> str:
    """HTML by its first tag, then PDF anywhere in the head: some servers send a byte order mark or blank lines first."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(_HTML_STARTS):
        return "html"
    if b"%PDF-" in head:
        return "pdf"
    return "html" if b"<html" in text or b"<!doctype html" in text else "unknown"


def _detect_zip_kind(content: bytes) -> str:
    """Office files are zip archives that say so in their folders; a damaged zip is still an archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as bundle:
            names = bundle.namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return "archive"
    if any(name.startswith("word/") for name in names):
        return "word"
    if any(name.startswith("xl/") for name in names):
        return "workbook"
    return "archive"


def _detect_ole_kind(content: bytes) -> str:
    """Old Office files name their main stream in the directory, in UTF-16."""
    if "WordDocument".encode("utf-16-le") in content:
        return "word"
    if "Workbook".encode("utf-16-le") in content or "Book".encode("utf-16-le") in content:
        return "workbook"
    return "unknown"


class Archive:
    """A folder of published bytes and the journal of how they came. Thread-safe; several processes may share it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._journal = root / JOURNAL
        self._incoming = root / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)
        self._journal.touch()
        self._mutex = threading.RLock()
        self._offset = 0
        self._versions: dict[str, dict[str, _Version]] = {}
        self._latest: dict[str, ResponseRecord] = {}
        self._withdrawn: dict[str, str] = {}
        self._remove_stale_files()

    def put(self, content: bytes, record: ResponseRecord) -> ArchivedFile:
        """Keep the bytes, then write the journal's line. `record` needs `url` and `seen_at`; hash, size and kind are set here."""
        sha256 = hashlib.sha256(content).hexdigest()
        is_new = self._write_file(content, sha256)
        full = _fill(record, sha256=sha256, bytes=len(content), file_kind=detect_file_kind(content))
        with self._mutex, self._locked_journal():
            before = self._latest.get(full.key)
            self._append(full, is_durable=full.role == "document")
        old = before.sha256 if before else None
        return _archived(full, is_new=is_new, is_unchanged=old == sha256, supersedes=old if old != sha256 else None)

    def confirm(self, record: ResponseRecord) -> ArchivedFile:
        """Note that the server answered 304 for an address: the bytes that were there are still there.

        Raises NotArchivedError where the address was never archived: such an answer cannot be trusted.
        """
        key = record.key or record.url
        with self._mutex, self._locked_journal():
            before = self._latest.get(key)
            if before is None:
                raise NotArchivedError(f"304 for an address that was never archived: {record.url}")
            full = _fill(
                record,
                sha256=before.sha256,
                bytes=before.bytes,
                file_kind=before.file_kind,
                etag=record.etag or before.etag,
                last_modified=record.last_modified or before.last_modified,
            )
            self._append(full, is_durable=False)
        return _archived(full, is_new=False, is_unchanged=True, supersedes=None)

    def record_failure(self, record: ResponseRecord) -> None:
        """Write the line of a response, or of the lack of one, that left no bytes."""
        with self._mutex, self._locked_journal():
            self._append(_fill(record, sha256=""), is_durable=False)

    def record_withdrawal(self, key: str, seen_at: str) -> None:
        """Note that the document at this address is no longer published. Its bytes and rows stay.

        Raises NotArchivedError where no document was archived from the address.
        """
        with self._mutex, self._locked_journal():
            before = self._latest.get(key)
            if before is None or before.role != "document":
                raise NotArchivedError(f"no document was archived from {key}")
            self._append(_fill(before, seen_at=seen_at, http_status=None, event="withdrawn", headers={}), is_durable=True)

    def latest(self, source_id: str, role: Role) -> list[ResponseRecord]:
        """The newest line with bytes of every address of a source, those of withdrawn documents left out, by key."""
        with self._mutex:
            self._refresh()
            mine = [record for record in self._latest.values() if record.source_id == source_id and record.role == role]
            return sorted((record for record in mine if record.key not in self._withdrawn), key=lambda record: record.key)

    def add_local(self, path: Path) -> ArchivedFile:
        """Archive a file given on the command line. Its address is its name alone: no machine path enters the warehouse."""
        now = datetime.now(UTC).isoformat()
        # Two local files may share a name without one replacing the other: the address that supersedes is name and content.
        content = path.read_bytes()
        key = f"local:{path.name}:{hashlib.sha256(content).hexdigest()}"
        return self.put(content, ResponseRecord(url=path.name, key=key, seen_at=now, title=path.stem))

    def path_of(self, sha256: str) -> Path:
        """Where the bytes stand. Raises NotArchivedError."""
        path = self._path(sha256)
        if not path.is_file():
            raise NotArchivedError(f"no file {sha256} in the archive {self.root.name}")
        return path

    def previous(self, url: str) -> Previous | None:
        """What the address (a URL or its key) gave last, or None. Only where its bytes are really here."""
        with self._mutex:
            self._refresh()
            record = self._latest.get(url)
        if record is None or not self._path(record.sha256).is_file():
            return None
        return Previous(record.url, record.sha256, record.etag, record.last_modified, record.seen_at)

    def sightings(self) -> list[Row]:
        """Rows of `archive_documents`: one per address and version, documents only, sorted by address and first sight."""
        with self._mutex:
            self._refresh()
            rows = [row for key, versions in self._versions.items() for row in _to_rows(versions, self._withdrawn.get(key))]
        return sorted(_merge_rows(rows), key=lambda row: (row["url"], row["fetched_at"], row["sha256"]))

    def sighting_of(self, sha256: str) -> Sighting | None:
        """The newest sighting of the bytes as the record that travels with a document, or None."""
        with self._mutex:
            self._refresh()
            found = [versions[sha256] for versions in self._versions.values() if sha256 in versions]
        if not found:
            return None
        # A portal knows more about a document than a file name on the command line does.
        best = max(found, key=lambda version: (version.last.source_id != LOCAL_SOURCE, version.last.seen_at))
        return _to_sighting(best)

    def verify(self) -> list[str]:
        """SHA-256 names of archived files whose bytes are no longer theirs, or which the journal names and the folder lacks."""
        with self._mutex:
            self._refresh()
            named = {sha256 for versions in self._versions.values() for sha256 in versions}
            named |= {record.sha256 for record in self._latest.values()}
        stored = {path.name for path in self.root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*") if len(path.name) == _SHA256_DIGITS}
        return sorted(sha256 for sha256 in named | stored if not self._is_sound(sha256))

    def _is_sound(self, sha256: str) -> bool:
        path = self._path(sha256)
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256

    def _path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def _write_file(self, content: bytes, sha256: str) -> bool:
        """True where the bytes were not here before."""
        target = self._path(sha256)
        if target.is_file():
            return False
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

    @contextmanager
    def _locked_journal(self) -> Iterator[None]:
        with self._journal.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._refresh()
            yield

    def _append(self, record: ResponseRecord, *, is_durable: bool) -> None:
        line = json.dumps(asdict(record), ensure_ascii=False, sort_keys=True).encode(errors="replace") + b"\n"
        with self._journal.open("ab") as file:
            if self._has_torn_end():
                file.write(b"\n")
            file.write(line)
            file.flush()
            # A line lost with the machine's power only means that a page or an unchanged file is asked for again; a document's
            # line is on disk before anyone hears of it.
            if is_durable:
                os.fsync(file.fileno())
        self._refresh()

    def _has_torn_end(self) -> bool:
        size = self._journal.stat().st_size
        if size == 0:
            return False
        with self._journal.open("rb") as file:
            file.seek(size - 1)
            return file.read(1) != b"\n"

    def _refresh(self) -> None:
        """Take in what was appended since, by this process or another; a line without its end waits."""
        with self._journal.open("rb") as file:
            file.seek(self._offset)
            added = file.read()
        complete = added[: added.rfind(b"\n") + 1]
        self._offset += len(complete)
        for line in complete.splitlines():
            record = _parse_line(line)
            if record and record.sha256:
                self._index(record)

    def _index(self, record: ResponseRecord) -> None:
        if record.event == "withdrawn":
            self._withdrawn[record.key] = record.seen_at
            return
        # Published again: the address stands as before.
        self._withdrawn.pop(record.key, None)
        self._latest[record.key] = record
        if record.role == "document":
            versions = self._versions.setdefault(record.key, {})
            known = versions.get(record.sha256)
            versions[record.sha256] = _Version(known.first if known else record, record)

    def _remove_stale_files(self) -> None:
        """What a crash left half written; a file that another process is writing now is young and stays."""
        limit = time.time() - _STALE_SECONDS
        for path in self._incoming.iterdir():
            if path.stat().st_mtime < limit:
                path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Version:
    """The first and the last time that an address gave certain bytes."""

    first: ResponseRecord
    last: ResponseRecord


def _fill(record: ResponseRecord, **values: object) -> ResponseRecord:
    filled = asdict(record) | {"key": record.key or record.url} | values
    return ResponseRecord(**filled)


def _parse_line(line: bytes) -> ResponseRecord | None:
    """None for a blank line and for one that a crash tore: its bytes are archived again when the address is next visited."""
    try:
        values = json.loads(line)
    except ValueError:
        return None
    known = {item.name for item in fields(ResponseRecord)}
    return ResponseRecord(**{name: value for name, value in values.items() if name in known})


def _archived(record: ResponseRecord, *, is_new: bool, is_unchanged: bool, supersedes: str | None) -> ArchivedFile:
    return ArchivedFile(
        sha256=record.sha256,
        document_id=record.sha256[:16],
        bytes=record.bytes,
        file_kind=record.file_kind,
        url=record.url,
        is_new=is_new,
        is_unchanged=is_unchanged,
        supersedes=supersedes,
    )


def _to_sighting(version: _Version) -> Sighting:
    record = version.last
    return Sighting(
        document_id=record.sha256[:16],
        sha256=record.sha256,
        bytes=record.bytes,
        source_id=record.source_id,
        url=record.final_url or record.url,
        landing_url=record.landing_url,
        title=record.title,
        department_name=record.department_name,
        region_code=record.region_code,
        fetched_at=version.first.seen_at,
    )


def _to_rows(versions: Mapping[str, _Version], withdrawn_at: str | None) -> list[Row]:
    """The versions of one address. One that was followed by another is superseded by the next one seen after it; only the newest
    can be withdrawn."""
    ordered = sorted(versions.values(), key=lambda version: version.last.seen_at)
    rows: list[Row] = []
    for version, successor in zip(ordered, [*ordered[1:], None], strict=True):
        record = version.last
        rows.append(
            {
                "document_id": record.sha256[:16],
                "sha256": record.sha256,
                "bytes": record.bytes,
                "file_kind": record.file_kind,
                "source_id": record.source_id,
                "url": record.final_url or record.url,
                "landing_url": record.landing_url or None,
                "title": record.title or None,
                "department_name": record.department_name or None,
                "region_code": record.region_code or None,
                "http_status": record.http_status,
                "etag": record.etag or None,
                "last_modified": record.last_modified or None,
                "fetched_at": datetime.fromisoformat(version.first.seen_at),
                "seen_at": datetime.fromisoformat(record.seen_at),
                "superseded_by": successor.last.sha256[:16] if successor else None,
                "withdrawn_at": datetime.fromisoformat(withdrawn_at) if withdrawn_at and successor is None else None,
                "container_id": record.container_sha256[:16] or None,
            }
        )
    return rows


def _merge_rows(rows: list[Row]) -> list[Row]:
    """Two links may redirect to one address: one row, first fetched when the first was, otherwise as last seen."""
    merged: dict[tuple[str, str], Row] = {}
    for row in sorted(rows, key=lambda row: row["seen_at"]):
        key = (row["url"], row["sha256"])
        earlier = merged.get(key)
        first = min(earlier["fetched_at"], row["fetched_at"]) if earlier else row["fetched_at"]
        merged[key] = {**row, "fetched_at": first}
    return list(merged.values())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
