"""`release.json`: what a release holds, for programs. It alone is needed to read a release, whatever version of us wrote it.

Promise: each table is named with its rows, its key, the order of its rows and the sum of its contents; each file with its size
and SHA-256. The sum of contents (`warehouse.contents`) is what two releases, a delta and a subscriber's copy are compared by.
"""

import hashlib
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from warehouse.contents import ChunkedRows, decode

FILE_NAME = "release.json"
CHUNK = 16_384  # rows that are read at a time
# Numbers of processings say how often we tried, not what was published.
INTERNAL = frozenset({"processing_id", "other_processing_ids"})


class _Described(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PublishedFile(_Described):
    """A file of a release. `partition`: columns that its folder's name says and the file does not hold."""

    path: str
    bytes: int
    sha256: str
    partition: Mapping[str, int] = {}


class TableContents(_Described):
    """A table of a release, and what its rows must be, read from whichever of its files."""

    rows: int
    sha256: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    order: tuple[str, ...]
    parquet: tuple[PublishedFile, ...]


class TableDelta(_Described):
    """How a table came from that of the release before. `is_whole`: the file holds every row, whatever was there before."""

    file: PublishedFile
    is_whole: bool
    added: int
    changed: int
    withdrawn: int


class Manifest(_Described):
    """`release.json`. A table that `delta` does not name is the same as in the release before."""

    format: Literal[1] = 1
    version: str
    commit_sequence: int
    created: str
    previous: str | None
    tables: Mapping[str, TableContents]
    delta: Mapping[str, TableDelta] | None
    texts: tuple[PublishedFile, ...]


def describe_file(root: Path, path: str, partition: Mapping[str, int] | None = None) -> PublishedFile:
    """A file as it lies below a folder."""
    with (root / path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return PublishedFile(path=path, bytes=(root / path).stat().st_size, sha256=digest, partition=partition or {})


def read_manifest(folder: Path) -> Manifest:
    """The description in a folder. Raises FileNotFoundError, and pydantic's ValidationError for what is none."""
    return Manifest.model_validate_json((folder / FILE_NAME).read_bytes())


def open_published(root: Path, contents: TableContents) -> ChunkedRows:
    """A table from the Parquet files of a release, its enumerated columns as plain text, in chunks."""
    with closing(iterate_published(root, contents)) as chunks:
        schema = next(chunks).schema
    return ChunkedRows(schema, lambda: iterate_published(root, contents))


def iterate_published(root: Path, contents: TableContents) -> Generator[pa.Table]:
    """The chunks of such a table, at least one a file."""
    for file in contents.parquet:
        for part in _iterate_part(root, file):
            yield part.select(contents.columns)


def open_parquet_rows(path: Path) -> ChunkedRows:
    """A table that one file holds as it is, in chunks of `CHUNK` rows."""

    def read() -> Iterator[pa.Table]:
        with pq.ParquetFile(path) as parquet:
            if not parquet.metadata.num_rows:
                yield parquet.read()
            for batch in parquet.iter_batches(CHUNK):
                yield pa.Table.from_batches([batch])

    return ChunkedRows(pq.read_schema(path), read)


def _iterate_part(root: Path, file: PublishedFile) -> Iterator[pa.Table]:
    # As one file: pyarrow's readers of datasets would take the year from the folder's name, each in a type of its own.
    for part in open_parquet_rows(root / file.path).open():
        table = decode(part)
        for column, value in file.partition.items():
            table = table.append_column(column, pa.array([value] * table.num_rows, pa.int16()))
        yield table
