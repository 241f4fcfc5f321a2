"""The Delta tables of a warehouse folder: opened, appended to and kept in step with the metadata, nothing known of commits.

Promise: a table on disk has the columns of today's metadata or opening it failed; an append that carries a commit's number
happens once, however often it is tried.
"""

import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs as pafs
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake

from warehouse.codes import read_reference_rows, reference_resources
from warehouse.metadata.models import list_resources
from warehouse.metadata.schema import to_arrow_schema, to_arrow_table
from warehouse.staging import align_table, write_atomically

WRITER = WriterProperties(compression="ZSTD")
# The name under which each table's log remembers the last commit that was appended to it.
_APPLICATION = "yusuan"


def stored_resources() -> tuple[str, ...]:
    """The resources that are tables of a warehouse (the others are views, or the archive's)."""
    return list_resources("core", "raw", "ref", "system")


class TableFolder:
    """The tables under one folder, `ROOT/RESOURCE` each, and `warehouse.json`: what metadata and code lists made them."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def open_delta(self, name: str) -> DeltaTable:
        """The Delta table of a resource at its newest version."""
        return DeltaTable(str(self.root / name))

    def open_dataset(self, name: str) -> ds.Dataset:
        """All rows of a table, committed or not, at its newest version and in the schema of the metadata."""
        return self.open_delta(name).to_pyarrow_dataset(filesystem=self._files(name), schema=to_arrow_schema(name))

    def read_column(self, name: str, column: str) -> set[str]:
        """The distinct values of a text column over all rows of a table."""
        values = self.open_dataset(name).to_table(columns=[column]).column(column)
        return set(values.unique().to_pylist())

    def append(self, name: str, table: pa.Table, commit_sequence: int) -> None:
        """Append the rows of one commit; done already: nothing happens."""
        delta = self.open_delta(name)
        if table.num_rows == 0 or (delta.transaction_version(_APPLICATION) or 0) >= commit_sequence:
            return
        done = CommitProperties(app_transactions=[Transaction(_APPLICATION, commit_sequence)])
        write_deltalake(delta, _drop_descriptions(table), mode="append", writer_properties=WRITER, commit_properties=done)

    def replace(self, name: str, table: pa.Table, commit_sequence: int) -> None:
        """Put the rows that follow from the state after one commit in the place of all earlier ones, at one stroke."""
        done = CommitProperties(app_transactions=[Transaction(_APPLICATION, commit_sequence)])
        bare = _drop_descriptions(table)
        write_deltalake(self.open_delta(name), bare, mode="overwrite", writer_properties=WRITER, commit_properties=done)

    def sequence_of(self, name: str) -> int:
        """The last commit that was appended to a table or that it was replaced for; 0 for none."""
        return self.open_delta(name).transaction_version(_APPLICATION) or 0

    def is_current(self) -> bool:
        """Whether the tables were made by today's metadata and code lists."""
        return self._facts_path.exists() and json.loads(self._facts_path.read_text(encoding="utf-8")) == describe_contract()

    def prepare(self) -> None:
        """Create missing tables, follow changes of the metadata, take over the code lists.

        Raises MetadataError where the rows of a table cannot follow; where its columns cannot, nothing has been changed yet.
        """
        for name in stored_resources():
            self._check_columns(name)
        for name in stored_resources():
            DeltaTable.create(str(self.root / name), to_arrow_schema(name), mode="ignore")
            self._continue_table(name)
        for name in reference_resources():
            rows = to_arrow_table(name, read_reference_rows(name))
            write_deltalake(self.open_delta(name), _drop_descriptions(rows), mode="overwrite", writer_properties=WRITER)
        # Last: until it stands there, the next one to open does all of this again.
        write_atomically(self._facts_path, json.dumps(describe_contract(), indent=1))

    def _check_columns(self, name: str) -> None:
        if DeltaTable.is_deltatable(str(self.root / name)):
            align_table(name, pa.schema(self.open_delta(name).schema().to_arrow()).empty_table())

    def _continue_table(self, name: str) -> None:
        delta = self.open_delta(name)
        if pa.schema(delta.schema().to_arrow()).equals(to_arrow_schema(name)):
            return
        written = delta.to_pyarrow_dataset(filesystem=self._files(name)).to_table()
        write_deltalake(delta, align_table(name, written), mode="overwrite", schema_mode="overwrite", writer_properties=WRITER)

    def _files(self, name: str) -> pafs.FileSystem:
        # Through deltalake's own file system, written in Python, one process in three aborts at its exit (1.6, pyarrow 26).
        return pafs.SubTreeFileSystem(str(self.root / name), pafs.LocalFileSystem())

    @property
    def _facts_path(self) -> Path:
        return self.root / "warehouse.json"


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
