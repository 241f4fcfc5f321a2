"""The archive: bytes as published, by SHA-256, never changed, never deleted, and a journal of every response.

Promise: the bytes are safe before the journal names them, and the journal is only ever added to. Several processes may write. It
stands in a folder (`archive_folder`) or on object storage (`archive_bucket`); what both must do is in `archive_places`.

The journal holds one JSON object a line: when, address, status, headers, SHA-256, and what the crawler knew.
"""

import hashlib
import io
import json
import tempfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from warehouse.archive_bucket import BucketFiles, BucketJournal
from warehouse.archive_folder import FolderFiles, FolderJournal
from warehouse.archive_places import FileStore, Journal
from warehouse.object_storage import ObjectPlace
from warehouse.records import Row, Sighting

Role = Literal["document", "page"]
Event = Literal["", "withdrawn", "opened"]

LOCAL_SOURCE = "local"
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


class ArchiveError(Exception):
    """Base of what the archive cannot do."""


class NotArchivedError(ArchiveError):
    """No file with this SHA-256 is in the archive."""


class DamagedFileError(ArchiveError):
    """The archived bytes are no longer those of their name: nothing may be read from them."""


@dataclass(frozen=True, slots=True)
class ResponseRecord:
    """One line of the journal. Times are ISO 8601 in UTC; `sha256` is empty where no bytes were kept (304 repeats the old one).

    `key` is the identity of the address: the URL without tokens that change from visit to visit. `role`: `document` (a published
    file) or `page` (a listing or article, kept so that it can be asked for conditionally). `container_key` and `container_sha256`
    name the archive file that a document was packed in. `event`: `withdrawn` for the line that says that a document is no longer
    published; its bytes stay; `opened` for the line that says that all that comes out of a bundle is archived.
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


_FIELDS = tuple(item.name for item in fields(ResponseRecord))


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
    """Published bytes and the journal of how they came.

    Thread-safe; several processes may share it; nothing is made by opening.
    """

    def __init__(self, place: Path | ObjectPlace) -> None:
        self.place = place
        self._files, self._journal = _open_place(place)
        self._mutex = threading.RLock()
        self._versions: dict[str, dict[str, _Version]] = {}
        self._turns = 0
        self._latest: dict[str, ResponseRecord] = {}
        self._withdrawn: dict[str, str] = {}
        self._opened: dict[str, str] = {}

    def __reduce__(self) -> tuple[type["Archive"], tuple[Path | ObjectPlace]]:
        """For another process: it opens the place itself."""
        return Archive, (self.place,)

    def put(self, content: bytes, record: ResponseRecord) -> ArchivedFile:
        """Keep the bytes, then write the journal's line. `record` needs `url` and `seen_at`; hash, size and kind are set here."""
        sha256 = hashlib.sha256(content).hexdigest()
        is_new = self._files.keep(content, sha256)
        full = _fill(record, sha256=sha256, bytes=len(content), file_kind=detect_file_kind(content))
        with self._turn():
            before = self._latest.get(full.key)
            self._append(full, is_durable=full.role == "document")
        old = before.sha256 if before else None
        return _archived(full, is_new=is_new, is_unchanged=old == sha256, supersedes=old if old != sha256 else None)

    def confirm(self, record: ResponseRecord) -> ArchivedFile:
        """Note that the server answered 304 for an address: the bytes that were there are still there.

        Raises NotArchivedError where the address was never archived: such an answer cannot be trusted.
        """
        key = record.key or record.url
        with self._turn():
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
        with self._turn():
            self._append(_fill(record, sha256=""), is_durable=False)

    def record_withdrawal(self, key: str, seen_at: str) -> None:
        """Note that the document at this address is no longer published. Its bytes and rows stay.

        Raises NotArchivedError where no document was archived from the address.
        """
        with self._turn():
            before = self._latest.get(key)
            if before is None or before.role != "document":
                raise NotArchivedError(f"no document was archived from {key}")
            self._append(_fill(before, seen_at=seen_at, http_status=None, event="withdrawn", headers={}), is_durable=True)

    def record_opened(self, key: str, sha256: str, seen_at: str) -> None:
        """Note that all that comes out of these bytes of the bundle at this address is archived. Said once.

        Raises NotArchivedError where other bytes, or none, are the address's newest.
        """
        with self._turn():
            before = self._latest.get(key)
            if before is None or before.sha256 != sha256:
                raise NotArchivedError(f"{sha256} is not what was last archived from {key}")
            if self._opened.get(key) != sha256:
                self._append(_fill(before, seen_at=seen_at, http_status=None, event="opened", headers={}), is_durable=False)

    def unopened(self) -> list[ResponseRecord]:
        """Bundles of portals of which nobody has said that they were opened, as they were last seen, by key: what a night that
        ended between a bundle and its documents leaves. Also of those that are no longer published: their documents were."""
        with self._mutex:
            self._refresh()
            bundles = [record for record in self._latest.values() if _is_bundle(record)]
            return sorted(
                (record for record in bundles if self._opened.get(record.key) != record.sha256), key=lambda record: record.key
            )

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

    def flush(self) -> None:
        """Make every line safe, also those of pages and unchanged files. For the end of a visit."""
        with self._mutex:
            self._journal.flush()

    def exists(self) -> bool:
        """Whether anything was ever archived here."""
        return self._journal.exists()

    def path_of(self, sha256: str) -> Path | None:
        """Where the bytes stand on this machine, or None on object storage. Raises NotArchivedError."""
        path = self._files.path_of(sha256)
        if path is not None and not path.is_file():
            raise self._tell_missing(sha256)
        return path

    def read(self, sha256: str) -> bytes:
        """The bytes, proved to be those of the name. Raises NotArchivedError, DamagedFileError."""
        try:
            content = self._files.read(sha256)
        except FileNotFoundError as error:
            raise self._tell_missing(sha256) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise DamagedFileError(f"the archived bytes of {sha256} have changed; `yusuan archive verify` lists all such files")
        return content

    @contextmanager
    def lend(self, sha256: str) -> Iterator[Path]:
        """A file with the bytes, proved to be those of the name, for as long as the block runs.

        Raises NotArchivedError, DamagedFileError.
        """
        content = self.read(sha256)
        path = self._files.path_of(sha256)
        if path is not None:
            yield path
            return
        with tempfile.TemporaryDirectory(prefix="yusuan-") as folder:
            copy = Path(folder) / sha256
            copy.write_bytes(content)
            yield copy

    def list_names(self) -> Iterator[str]:
        """Every file in the place but the journal, sorted: `ab/cd/<sha256>` where it is in order."""
        return self._files.list_names()

    def hash(self, name: str) -> tuple[int, str]:
        """Size and SHA-256 of one of `list_names`."""
        return self._files.hash(name)

    def read_lines(self) -> Iterator[bytes]:
        """Every line of the journal as it stands there."""
        with self._mutex:
            self._journal.flush()
            yield from self._journal.read_all()

    def previous(self, url: str) -> Previous | None:
        """What the address (a URL or its key) gave last, or None. Only where its bytes are really here."""
        with self._mutex:
            self._refresh()
            record = self._latest.get(url)
        if record is None or not self._files.has(record.sha256):
            return None
        return Previous(record.url, record.sha256, record.etag, record.last_modified, record.seen_at)

    def sightings(self) -> list[Row]:
        """Rows of `archive_documents`: one per address and version, documents only, sorted by address and first sight."""
        with self._mutex:
            self._refresh()
            found = [pair for key, versions in self._versions.items() for pair in _to_rows(versions, self._withdrawn.get(key))]
        rows = [row for _, row in sorted(found, key=lambda pair: pair[0])]
        return sorted(_merge_rows(rows), key=lambda row: (row["url"], row["fetched_at"], row["sha256"]))

    def sighting_of(self, sha256: str) -> Sighting | None:
        """The newest sighting of the bytes as the record that travels with a document, or None."""
        with self._mutex:
            self._refresh()
            found = [versions[sha256] for versions in self._versions.values() if sha256 in versions]
        if not found:
            return None
        # A portal knows more about a document than a file name on the command line does.
        best = max(found, key=lambda version: (version.last.source_id != LOCAL_SOURCE, version.turn))
        return _to_sighting(best)

    def _tell_missing(self, sha256: str) -> NotArchivedError:
        name = self.place.name if isinstance(self.place, Path) else self.place.url
        return NotArchivedError(f"no file {sha256} in the archive {name}")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """This writer's turn: what others wrote is known."""
        with self._mutex, self._journal.exclusive():
            self._refresh(may_lag=True)
            yield

    def _append(self, record: ResponseRecord, *, is_durable: bool) -> None:
        """A line lost with the machine's power only means that a page or an unchanged file is asked for again; a document's line
        is safe before anyone hears of it."""
        # Not `asdict`, which copies every value deeply: a night of unchanged documents writes one such line after another.
        line = (
            json.dumps({name: getattr(record, name) for name in _FIELDS}, ensure_ascii=False, sort_keys=True).encode(
                errors="replace"
            )
            + b"\n"
        )
        self._journal.append(line, is_durable=is_durable)
        self._take_in(line)

    def _refresh(self, *, may_lag: bool = False) -> None:
        """Take in what was added since by others."""
        for line in self._journal.read_new(may_lag=may_lag):
            self._take_in(line)

    def _take_in(self, line: bytes) -> None:
        record = _parse_line(line)
        if record and record.sha256:
            self._index(record)

    def _index(self, record: ResponseRecord) -> None:
        if record.event == "withdrawn":
            self._withdrawn[record.key] = record.seen_at
            return
        if record.event == "opened":
            self._opened[record.key] = record.sha256
            return
        # Published again: the address stands as before.
        self._withdrawn.pop(record.key, None)
        self._latest[record.key] = record
        if record.role == "document":
            versions = self._versions.setdefault(record.key, {})
            known = versions.get(record.sha256)
            self._turns += 1
            versions[record.sha256] = _Version(known.first if known else record, record, self._turns)


@dataclass(frozen=True, slots=True)
class _Version:
    """The first and the last time that an address gave certain bytes.

    `turn`: which line of the journal the last one is. What followed what is told by it and not by `seen_at`: what stood there in
    a night whose clock was ahead would otherwise be the newest for as long as the clock was ahead.
    """

    first: ResponseRecord
    last: ResponseRecord
    turn: int


def _is_bundle(record: ResponseRecord) -> bool:
    """True for an archive file as a portal gave it; one in another one is opened with that."""
    is_published = record.role == "document" and record.source_id != LOCAL_SOURCE
    return is_published and record.file_kind == "archive" and not record.container_key


def _open_place(place: Path | ObjectPlace) -> tuple[FileStore, Journal]:
    if isinstance(place, ObjectPlace):
        return BucketFiles(place), BucketJournal(place)
    return FolderFiles(place), FolderJournal(place)


def _fill(record: ResponseRecord, **values: object) -> ResponseRecord:
    return replace(record, **{"key": record.key or record.url, **values})  # type: ignore[arg-type]  # names of its fields


def _parse_line(line: bytes) -> ResponseRecord | None:
    """None for a blank line and for one that a crash tore: its bytes are archived again when the address is next visited."""
    try:
        values = json.loads(line)
    except ValueError:
        return None
    return ResponseRecord(**{name: value for name, value in values.items() if name in _FIELDS})


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


def _to_rows(versions: Mapping[str, _Version], withdrawn_at: str | None) -> list[tuple[int, Row]]:
    """The versions of one address, each with its turn. One that was followed by another is superseded by the next one seen after
    it; only the newest can be withdrawn."""
    ordered = sorted(versions.values(), key=lambda version: version.turn)
    rows: list[tuple[int, Row]] = []
    for version, successor in zip(ordered, [*ordered[1:], None], strict=True):
        record = version.last
        row: Row = {
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
        rows.append((version.turn, row))
    return rows


def _merge_rows(rows: list[Row]) -> list[Row]:
    """Two links may redirect to one address: one row, first fetched when the first was, otherwise as last seen.

    `rows`: in the order in which they were seen.
    """
    merged: dict[tuple[str, str], Row] = {}
    for row in rows:
        key = (row["url"], row["sha256"])
        earlier = merged.get(key)
        first = min(earlier["fetched_at"], row["fetched_at"]) if earlier else row["fetched_at"]
        merged[key] = {**row, "fetched_at": first}
    return list(merged.values())
