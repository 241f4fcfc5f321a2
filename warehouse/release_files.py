"""The files of a release: one table as Parquet and as compressed CSV.

Promise: the same table gives the same bytes, at any time and under any name of the folder. The CSV holds the same values as the
Parquet, as the text of `warehouse.contents`.
"""

import gzip
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from warehouse.contents import write_text
from warehouse.metadata.models import get_resource
from warehouse.metadata.schema import MetadataError

ROW_GROUP = 65_536
WriteRows = Callable[[pa.Table], None]


def write_parquet(name: str, table: pa.Table, path: Path | IO[bytes]) -> None:
    """A table of the resource `name` (some columns may be left out) as zstd Parquet, enumerated columns dictionary-encoded.

    `document_id` has a Bloom filter where it is a column: a reader of one document skips the other row groups.
    """
    with open_parquet(name, table.schema, path) as write:
        write(table)


@contextmanager
def open_parquet(name: str, schema: pa.Schema, path: Path | IO[bytes]) -> Iterator[WriteRows]:
    """The same of a table that comes in chunks of this schema. Each begins a row group: hand over `ROW_GROUP` rows at a time."""
    encoded = encode_enumerations(name, schema.empty_table()).schema
    # Ids that begin alike take a tenth of the space as differences; a dictionary of values that never repeat takes more.
    apart = {"line_id"} & set(encoded.names)
    with pq.ParquetWriter(
        path,
        encoded,
        compression="zstd",
        use_dictionary=[column for column in encoded.names if column not in apart],
        column_encoding=dict.fromkeys(apart, "DELTA_BYTE_ARRAY") or None,
        bloom_filter_options={"document_id": {"ndv": 4096, "fpp": 0.01}} if "document_id" in encoded.names else None,
        write_page_index=True,
    ) as writer:
        yield lambda chunk: writer.write_table(encode_enumerations(name, chunk), row_group_size=ROW_GROUP)


def write_plain_parquet(chunks: Iterable[pa.Table], schema: pa.Schema, path: Path) -> None:
    """A table in chunks, each of which begins a row group; it has no metadata of its own here."""
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for chunk in chunks:
            writer.write_table(chunk, row_group_size=ROW_GROUP)


def encode_enumerations(name: str, table: pa.Table) -> pa.Table:
    """The table with its enumerated columns as dictionaries in the order of the metadata: the same in every file of a release.

    Raises MetadataError for a word that the metadata does not list: as a dictionary it would be null.
    """
    resource = get_resource(name)
    for index, column in enumerate(table.column_names):
        words = resource.get_field(column).enum
        if words:
            field = table.schema.field(column)
            encoded = _encode_column(name, column, table.column(column), words)
            table = table.set_column(index, field.with_type(encoded.type), encoded)
    return table


def write_csv(table: pa.Table, path: Path) -> None:
    """The text of a table (`warehouse.contents`), gzip-compressed."""
    with open_csv(path) as write:
        write(write_text(table))


@contextmanager
def open_csv(path: Path) -> Iterator[Callable[[bytes], object]]:
    """The same of a text that comes in parts."""
    # No time and no name inside: they would make each day's file another one.
    with path.open("wb") as file, gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=6) as zipped:
        yield zipped.write


def _encode_column(resource: str, name: str, column: pa.ChunkedArray, words: tuple[str, ...]) -> pa.DictionaryArray:
    whole = column.combine_chunks()
    indices = pc.index_in(whole, value_set=pa.array(words, pa.string()))
    unknown = pc.and_(indices.is_null(), whole.is_valid())
    if pc.any(unknown).as_py():
        row = pc.index(unknown, value=True).as_py()
        raise MetadataError(resource, name, row, f"expected one of {', '.join(words)}, found {whole[row].as_py()!r}")
    return pa.DictionaryArray.from_arrays(indices.cast(pa.int8()), pa.array(words, pa.string()))
