"""The Delta tables of a warehouse, in a folder or on S3-compatible storage: opened, appended to, kept in step with the metadata.

Promise: a table has the columns of today's metadata or opening it failed; an append that carries a mark happens once, however
often it is tried; where another writer was in the way it is tried again, and what cannot be written raises.
"""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import random

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs as pafs
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError

from warehouse.codes import read_reference_rows, reference_resources
from warehouse.metadata.models import list_resources
from warehouse.metadata.schema import to_arrow_schema, to_arrow_table
from warehouse.object_storage import ObjectPlace
from warehouse.staging import align_table, write_atomically

WRITER = WriterProperties(compression="ZSTD")
# The name under which a table's log remembers the last commit that it was written for.
APPLICATION = "yusuan"
CHUNK = 65_536
"""Rows that are in memory at a time where a table is gone through."""
Place = Path | ObjectPlace
_FACTS = "warehouse.json"
_ATTEMPTS = 20


def stored_resources() -> tuple[str, ...]:
    """The resources that are tables of a warehouse (the others are views, or the archive's)."""
    return list_resources("core", "raw", "ref", "system")


@dataclass(frozen=True, slots=True)
class AppendMark:
    """What tells one append from all others: of a commit that is tried again, the second finds the first. Older commits have no
    `token`; they came one after another."""

    commit_sequence: int
    token: str = ""

    @property
    def application(self) -> str:
        """The name under which the table's log remembers it."""
        return f"{APPLICATION}-{self.token}" if self.token else APPLICATION


class TableFolder:
    """The tables under one place, `PLACE/RESOURCE` each, and `warehouse.json`: what metadata and code lists made them."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def exist(self) -> bool:
        """Whether there is a warehouse."""
        return DeltaTable.is_deltatable(self._locate("commits"), self._options)

    def open_delta(self, name: str, version: int | None = None) -> DeltaTable:
        """The Delta table of a resource at its newest version, or at an earlier one. Raises DeltaError where that is gone."""
        return DeltaTable(self._locate(name), version=version, storage_options=self._options)

    def open_dataset(self, name: str, delta: DeltaTable | None = None) -> ds.Dataset:
        """All rows of a table, committed or not, in the schema of the metadata: at its newest version, or at that of `delta`."""
        opened = delta or self.open_delta(name)
        return opened.to_pyarrow_dataset(filesystem=self._open_files(name), schema=to_arrow_schema(name))

    def iterate(self, delta: DeltaTable, name: str) -> Iterator[pa.Table]:
        """All rows of an opened table in the schema of the metadata, `CHUNK` of them at a time, first an empty table.

        Raises FileNotFoundError where maintenance has deleted a file since it was opened.
        """
        schema = to_arrow_schema(name)
        yield schema.empty_table()
        for part in self.open_dataset(name, delta).get_fragments():
            with pq.ParquetFile(part.path, filesystem=part.filesystem) as file:
                for batch in file.iter_batches(CHUNK):
                    yield pa.Table.from_batches([batch]).select(schema.names).cast(schema)

    def count_files(self, name: str) -> int:
        """The Parquet files that a table lies in now."""
        return len(self.open_delta(name).file_uris())

    def read_column(self, name: str, column: str) -> set[str]:
        """The distinct values of a text column over all rows of a table."""
        batches = self.open_dataset(name).to_batches(columns=[column])
        return {value for batch in batches for value in batch.column(0).unique().to_pylist()}

    def append(self, name: str, table: pa.Table, mark: AppendMark) -> None:
        """Append the rows of one commit; done already: nothing happens.

        Raises CommitFailedError where others are in the way again and again.
        """
        if table.num_rows == 0:
            return
        for attempt in range(_ATTEMPTS):
            delta = self.open_delta(name)
            if (delta.transaction_version(mark.application) or 0) >= mark.commit_sequence:
                return
            try:
                self.write(delta, table, {mark.application: mark.commit_sequence})
            except CommitFailedError:
                # A maintenance deleted or compacted files since the table was opened: an append is right all the same.
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                return

    def write(self, delta: DeltaTable, table: pa.Table, transactions: Mapping[str, int]) -> None:
        """Append to an opened table what its log shall remember under these names.

        Raises CommitFailedError where another has written under one of the names since it was opened, or deleted rows.
        """
        done = CommitProperties(app_transactions=[Transaction(name, number) for name, number in transactions.items()])
        write_deltalake(delta, _drop_descriptions(table), mode="append", writer_properties=WRITER, commit_properties=done)

    def replace(self, name: str, delta: DeltaTable, table: pa.Table, commit_sequence: int) -> bool:
        """Put the rows that follow from the state after one commit in the place of all earlier ones, at one stroke.

        False where another has written since `delta` was opened: nothing was written.
        """
        done = CommitProperties(app_transactions=[Transaction(APPLICATION, commit_sequence)])
        try:
            write_deltalake(delta, _drop_descriptions(table), mode="overwrite", writer_properties=WRITER, commit_properties=done)
        except CommitFailedError:
            return False
        return True

    def sequence_of(self, name: str) -> int:
        """The last commit that was appended to a table or that it was replaced for; 0 for none."""
        return self.open_delta(name).transaction_version(APPLICATION) or 0

    def is_current(self) -> bool:
        """Whether the tables were made by today's metadata and code lists."""
        return self._read_facts() == describe_contract()

    def prepare(self, readme: str) -> None:
        """Create missing tables, follow changes of the metadata, take over the code lists; `readme` goes beside them.

        Raises MetadataError where the rows of a table cannot follow; where its columns cannot, nothing has been changed yet.
        """
        for attempt in range(_ATTEMPTS):
            try:
                self._prepare_tables()
                break
            except CommitFailedError:
                # Another machine is preparing the same tables: what it has done need not be done again.
                if attempt == _ATTEMPTS - 1:
                    raise
                time.sleep(random() / 2)  # noqa: S311  # no secret: two that met shall not meet again
                if self.is_current():
                    return
        self._write_text("README.md", readme)
        # Last: until it stands there, the next one to open does all of this again.
        self._write_text(_FACTS, json.dumps(describe_contract(), indent=1))

    def check(self) -> None:
        """Raises MetadataError where the columns of a table that is there cannot follow today's metadata. Changes nothing."""
        for name in stored_resources():
            self._check_columns(name)

    def _prepare_tables(self) -> None:
        self.check()
        for name in stored_resources():
            DeltaTable.create(self._locate(name), to_arrow_schema(name), mode="ignore", storage_options=self._options)
            self._continue_table(name)
        for name in reference_resources():
            # One mark for all writers: of two that replace an empty table at once, both rows would stay.
            if not self.replace(name, self.open_delta(name), to_arrow_table(name, read_reference_rows(name)), 1):
                raise CommitFailedError(f"{name} is being written by another process")

    def _check_columns(self, name: str) -> None:
        if DeltaTable.is_deltatable(self._locate(name), self._options):
            align_table(name, pa.schema(self.open_delta(name).schema().to_arrow()).empty_table())

    def _continue_table(self, name: str) -> None:
        delta = self.open_delta(name)
        if pa.schema(delta.schema().to_arrow()).equals(to_arrow_schema(name)):
            return
        written = delta.to_pyarrow_dataset(filesystem=self._open_files(name)).to_table()
        write_deltalake(delta, align_table(name, written), mode="overwrite", schema_mode="overwrite", writer_properties=WRITER)

    # The place

    def _locate(self, name: str) -> str:
        return f"{self.place.url}/{name}" if isinstance(self.place, ObjectPlace) else str(self.place / name)

    @property
    def _options(self) -> dict[str, str] | None:
        return self.place.storage.for_delta() if isinstance(self.place, ObjectPlace) else None

    def _open_files(self, name: str) -> pafs.FileSystem:
        # Through deltalake's own file system, written in Python, one process in three aborts at its exit (1.6, pyarrow 26).
        if isinstance(self.place, ObjectPlace):
            return pafs.SubTreeFileSystem(f"{self.place.path}/{name}", pafs.S3FileSystem(**self.place.storage.for_arrow()))
        return pafs.SubTreeFileSystem(str(self.place / name), pafs.LocalFileSystem())

    def _read_facts(self) -> object:
        if isinstance(self.place, ObjectPlace):
            try:
                with self._open_files("").open_input_stream(_FACTS) as stream:
                    return json.loads(stream.read())
            except FileNotFoundError:
                return None
        path = self.place / _FACTS
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def _write_text(self, name: str, text: str) -> None:
        if isinstance(self.place, ObjectPlace):
            with self._open_files("").open_output_stream(name) as stream:  # an object appears whole, when it is closed
                stream.write(text.encode())
        else:
            write_atomically(self.place / name, text)


def describe_contract() -> dict[str, str | int]:
    """What the tables are made by: format, a digest of the metadata and one of the code lists."""
    schemas = "".join(to_arrow_schema(name).to_string(show_field_metadata=True) for name in stored_resources())
    lists = "".join(str(row) for name in reference_resources() for row in read_reference_rows(name))
    return {"format": 1, "metadata": _digest(schemas), "codes": _digest(lists)}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _drop_descriptions(table: pa.Table) -> pa.Table:
    """Rows to write: what an older version described in other words is the same column, but Delta would refuse it."""
    return table.cast(pa.schema([field.remove_metadata() for field in table.schema]))
