"""Staged documents: the rows of one processing, checked and on disk, not yet part of the warehouse.

Layout: `staging/PROCESSING_ID/` holds one Parquet file per table and `document.json` (who, status, rows per table, seconds).
Promise: a folder under that name is whole. It is written under a temporary name, synced to disk and renamed; what a killed
process left behind keeps a temporary name and is cleared away by the next one.
"""

import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.metadata.models import get_resource, list_resources
from warehouse.metadata.schema import MetadataError, to_arrow_schema, to_arrow_table
from warehouse.records import ProcessedDocument, Row

_FACTS = "document.json"
_NAME = re.compile(r"[A-Za-z0-9][\w.+@=-]{0,199}")


class StagingError(RuntimeError):
    """Staged work that cannot be written or found."""


@dataclass(frozen=True, slots=True)
class StagedDocument:
    """What is known about a staged document without reading its rows.

    `staged_at` is in nanoseconds since 1970, and later than that of all that was staged before, whatever the clock says.
    """

    document_id: str
    processing_id: str
    status: str
    rows: Mapping[str, int]
    seconds: Mapping[str, float]
    staged_at: int


def document_resources() -> tuple[str, ...]:
    """The tables that a processed document may have rows in."""
    return tuple(name for name in list_resources("core", "raw") if not get_resource(name).of_several_documents)


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """One processing whose rows were checked against the metadata: tables, ready to be staged here or on another machine."""

    document_id: str
    processing_id: str
    status: str
    tables: Mapping[str, pa.Table]
    seconds: Mapping[str, float]


class StagingArea:
    """The folder of staged documents of one warehouse. Several processes may write to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Facts by folder: a folder never changes, it is replaced by another one.
        self._known: dict[str, tuple[tuple[int, int], StagedDocument]] = {}
        self._last_moment: int | None = None

    def write(self, document: CheckedDocument) -> StagedDocument:
        """Put a document's tables on disk; an earlier staging of the same processing is replaced.

        Raises StagingError for a processing_id that is no file name.
        """
        if not _NAME.fullmatch(document.processing_id):
            raise StagingError(
                f"processing_id {document.processing_id!r} cannot be a folder's name: letters, digits and .+@=_- only"
            )
        staged = StagedDocument(
            document_id=document.document_id,
            processing_id=document.processing_id,
            status=document.status,
            rows={name: table.num_rows for name, table in document.tables.items()},
            seconds=dict(document.seconds),
            staged_at=self._next_moment(),
        )
        temporary = self._make_temporary()
        for name, table in document.tables.items():
            pq.write_table(table, temporary / f"{name}.parquet", compression="zstd")
        (temporary / _FACTS).write_text(json.dumps(asdict(staged), ensure_ascii=False, sort_keys=True), encoding="utf-8")
        for path in temporary.iterdir():
            sync(path)
        sync(temporary)
        self._move_into_place(temporary, self.folder / document.processing_id)
        return staged

    def list(self) -> tuple[StagedDocument, ...]:
        """All staged documents, oldest first."""
        facts = []
        for folder in self._folders():
            # Folders come and go whole: one without its facts was taken away by another process since it was listed.
            with suppress(StagingError, FileNotFoundError):
                facts.append(self._recall_facts(folder))
        return tuple(sorted(facts, key=lambda staged: (staged.staged_at, staged.processing_id)))

    def read(self, processing_id: str, resources: Collection[str] | None = None) -> dict[str, pa.Table]:
        """The rows by table (all, or these), empty tables included, in the schema of today's metadata.

        Raises StagingError if not staged.
        """
        folder = self.folder / processing_id
        wanted = [name for name in document_resources() if resources is None or name in resources]
        staged = self._read_facts(folder)
        empty = {name: to_arrow_schema(name).empty_table() for name in wanted}
        # Written by this module and moved whole: a file that is missing now was removed by hand, and read_table says so.
        found = {name: align_table(name, pq.read_table(folder / f"{name}.parquet")) for name in staged.rows if name in empty}
        return {**empty, **found}

    def get(self, processing_id: str) -> StagedDocument:
        """One staged document. Raises StagingError if not staged."""
        return self._read_facts(self.folder / processing_id)

    def copy(self, processing_id: str, new_id: str) -> None:
        """Stage the same rows under another name of their processing. Raises StagingError if not staged."""
        staged = self.get(processing_id)
        tables = {name: _name_processing(table, new_id) for name, table in self.read(processing_id).items() if table.num_rows}
        self.write(CheckedDocument(staged.document_id, new_id, staged.status, tables, staged.seconds))

    def remove(self, processing_id: str) -> None:
        """Take a document out of staging; none there: nothing happens."""
        folder = self.folder / processing_id
        if folder.exists():
            # Renamed first: a kill in the middle of the removal leaves no half folder under a staged name.
            doomed = self._temporary_path()
            folder.rename(doomed)
            shutil.rmtree(doomed)

    def clear_leftovers(self) -> None:
        """Remove what killed processes left under a temporary name. Folders of processes that still live stay."""
        for path in self.folder.glob(".tmp-*"):
            if not is_alive(int(path.name.split("-")[1])):
                shutil.rmtree(path, ignore_errors=True)  # another process may be clearing the same folder

    def _folders(self) -> Iterator[Path]:
        return (path for path in self.folder.iterdir() if path.is_dir() and not path.name.startswith("."))

    def _read_facts(self, folder: Path) -> StagedDocument:
        path = folder / _FACTS
        if not path.is_file():
            raise StagingError(f"{folder.name} is not staged")
        return StagedDocument(**json.loads(path.read_text(encoding="utf-8")))

    def _recall_facts(self, folder: Path) -> StagedDocument:
        place = folder.stat()
        identity = (place.st_ino, place.st_mtime_ns)
        known = self._known.get(folder.name)
        if known is None or known[0] != identity:
            known = self._known[folder.name] = identity, self._read_facts(folder)
        return known[1]

    def _next_moment(self) -> int:
        # A night whose clock was ahead may have died after it staged documents: what is staged now is the later reading.
        if self._last_moment is None:
            self._last_moment = max((staged.staged_at for staged in self.list()), default=0)
        self._last_moment = max(time.time_ns(), self._last_moment + 1)
        return self._last_moment

    def _temporary_path(self) -> Path:
        return self.folder / f".tmp-{os.getpid()}-{uuid.uuid4().hex}"

    def _make_temporary(self) -> Path:
        path = self._temporary_path()
        path.mkdir(parents=True)
        return path

    def _move_into_place(self, temporary: Path, target: Path) -> None:
        self.remove(target.name)
        temporary.rename(target)
        sync(self.folder)


def check_document(document: ProcessedDocument) -> CheckedDocument:
    """The document's rows as Arrow tables, each row with its document and processing.

    Raises MetadataError for a row that does not fit its table, a table that is no document's, a row of another document, or a
    document without its disclosure.
    """
    for name in document.rows:
        if name not in document_resources():
            raise MetadataError(name, None, None, f"not a table of documents; those are {', '.join(document_resources())}")
    tables = {name: to_arrow_table(name, _own_rows(document, name, rows)) for name, rows in document.rows.items() if rows}
    _check_disclosure(document, tables)
    return CheckedDocument(document.document_id, document.processing_id, document.status, tables, document.seconds)


def align_table(name: str, table: pa.Table) -> pa.Table:
    """A table written under earlier metadata in today's schema: columns that may be null are added as nulls, lists as empty ones.

    Raises MetadataError where a column has gone, changed its type, or came without being allowed to be null.
    """
    schema = to_arrow_schema(name)
    if gone := set(table.column_names) - set(schema.names):
        raise MetadataError(name, min(gone), None, "was written under earlier metadata and is declared no more")
    columns = []
    for field in schema:
        if field.name not in table.column_names:
            columns.append(_make_missing(name, field, table.num_rows))
        elif table.schema.field(field.name).type != field.type:
            raise MetadataError(name, field.name, None, f"is {field.type} now and was {table.schema.field(field.name).type}")
        else:
            columns.append(table.column(field.name))
    return pa.Table.from_arrays(columns, schema=schema)


def _make_missing(name: str, field: pa.Field, count: int) -> pa.Array:
    """What earlier rows say in a column that they do not have: nothing. A box of nothing would be a place, and is refused."""
    if field.nullable:
        return pa.nulls(count, field.type)
    if pa.types.is_list(field.type) and not pa.types.is_floating(field.type.value_type):
        return pa.array([[]] * count, field.type)
    raise MetadataError(name, field.name, None, "must not be null, and earlier rows have no such column")


def sync(path: Path) -> None:
    """Have the system write a file or a folder's list of names to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(path: Path, text: str) -> None:
    """Replace a small file at one stroke: readers see the old text or the new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    sync(temporary)
    temporary.rename(path)
    sync(path.parent)


def _name_processing(table: pa.Table, processing_id: str) -> pa.Table:
    position = table.schema.get_field_index("processing_id")
    return table.set_column(position, table.schema.field(position), pa.array([processing_id] * table.num_rows, pa.string()))


def _own_rows(document: ProcessedDocument, name: str, rows: Sequence[Row]) -> list[dict[str, Any]]:
    identity = {"document_id": document.document_id, "processing_id": document.processing_id}
    for number, row in enumerate(rows):
        for field, expected in identity.items():
            if row.get(field, expected) != expected:
                raise MetadataError(name, field, number, f"belongs to {row[field]!r}, the document is {expected!r}")
    return [{**row, **identity} for row in rows]


def _check_disclosure(document: ProcessedDocument, tables: Mapping[str, pa.Table]) -> None:
    rows = tables["core_disclosures"].to_pylist() if "core_disclosures" in tables else []
    if len(rows) != 1:
        raise MetadataError(
            "core_disclosures", None, None, f"a document has one row here, {document.document_id} has {len(rows)}"
        )
    if rows[0]["status"] != document.status:
        raise MetadataError("core_disclosures", "status", 0, f"is {rows[0]['status']}, the document's is {document.status}")


def is_alive(process: int) -> bool:
    """Whether a process of that number is at work on this machine."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
