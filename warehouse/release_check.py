"""A release that was built, read back before anybody sees it.

Promise: what passes holds in Parquet, in CSV and in the DuckDB file the rows that `release.json` sums up; every file is in the
sums and is what they say; every key occurs once; and the delta turns the release before into this one.
"""

import gzip
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from warehouse.contents import sum_chunks
from warehouse.datapackage import hash_file
from warehouse.deltas import DeltaError, apply_chunks
from warehouse.duckdb_file import find_repeated_key, iterate_duckdb
from warehouse.published import Manifest, TableContents, iterate_published, open_parquet_rows, open_published, read_manifest

DUCKDB_FILE = "data/yusuan.duckdb"
SUMS_FILE = "SHA256SUMS"


def find_faults(root: Path, before: Path | None) -> list[str]:
    """What is wrong with a release, one sentence each; nothing for a sound one. `before`: the folder of the release before."""
    manifest = read_manifest(root)
    faults = list(_check_sums(root))
    for name, contents in manifest.tables.items():
        faults += _check_table(root, name, contents)
    if manifest.previous is not None and before is not None:
        faults += _check_delta(root, manifest, before)
    return faults


def list_files(root: Path) -> list[str]:
    """The files of a release but for the list of sums, as paths below it."""
    found = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return [path for path in found if path != SUMS_FILE]


def list_lasting_sums(sums: str) -> list[str]:
    """The lines of a list of sums but for the one file whose bytes are never the same twice."""
    return [line for line in sums.splitlines() if not line.endswith(f"  {DUCKDB_FILE}")]


def _check_sums(root: Path) -> Iterator[str]:
    lines = (line.partition("  ") for line in (root / SUMS_FILE).read_text(encoding="utf-8").splitlines())
    sums = {path: digest for digest, _, path in lines}
    there = list_files(root)
    if unlisted := sums.keys() ^ set(there):
        yield f"{min(unlisted)} stands in the sums or in the folder only"
    yield from (f"{path} is not what its sum says" for path in there if path in sums and hash_file(root / path) != sums[path])


def _check_table(root: Path, name: str, contents: TableContents) -> Iterator[str]:
    readings: dict[str, Callable[[], str]] = {
        "Parquet": lambda: sum_chunks(iterate_published(root, contents)),
        "CSV": lambda: _sum_zipped(root / f"data/{name}.csv.gz"),
        "DuckDB": lambda: sum_chunks(iterate_duckdb(root / DUCKDB_FILE, name, _read_schema(root, contents))),
    }
    for form, read in readings.items():
        try:
            is_same = read() == contents.sha256
        except (pa.ArrowException, duckdb.Error, OSError, EOFError, KeyError) as error:
            yield f"{name} in {form}: {error}"
            return
        if not is_same:
            yield f"{name} in {form} holds other rows than it should"
            return
    # In one file for all: they hold the same rows.
    if repeated := find_repeated_key(root / DUCKDB_FILE, name, contents.key):
        yield f"{name}: {repeated}"


def _sum_zipped(path: Path) -> str:
    with gzip.open(path) as text:
        return hashlib.file_digest(text, "sha256").hexdigest()


def _read_schema(root: Path, contents: TableContents) -> pa.Schema:
    return next(iterate_published(root, contents)).schema


def _check_delta(root: Path, manifest: Manifest, before: Path) -> Iterator[str]:
    earlier = read_manifest(before)
    for name, contents in manifest.tables.items():
        delta = (manifest.delta or {}).get(name)
        known = earlier.tables.get(name)
        if delta is None:
            if known is None or known.sha256 != contents.sha256:
                yield f"{name} differs from {earlier.version} and has no delta"
            continue
        try:
            rows = open_parquet_rows(root / delta.file.path)
            known_rows = open_published(before, known) if known else None
            later = apply_chunks(known_rows, rows, contents.key, contents.order, is_whole=delta.is_whole, scratch=root)
            is_same = sum_chunks(later) == contents.sha256
        except (DeltaError, pa.ArrowException, duckdb.Error) as error:
            yield f"the delta of {name}: {error}"
            continue
        if not is_same:
            yield f"the delta of {name} does not lead from {earlier.version} to this release"
