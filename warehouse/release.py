"""Releases: what is published of a warehouse, as a folder of plain files that never changes again.

Layout::

    OUT/VERSION/data/core_budget_lines/fiscal_year=2020/part-0.parquet   lines by year; the year is the folder's name
    OUT/VERSION/data/TABLE.parquet, TABLE.csv.gz                         every table, and its twin in CSV
    OUT/VERSION/data/yusuan.duckdb                                       all tables in one file
    OUT/VERSION/delta/TABLE.parquet                                      rows that differ from the release before
    OUT/VERSION/release.json                                             what the release holds, with the sums of its contents
    OUT/VERSION/datapackage.json  dictionary.md  CHANGES.md  KNOWN-ISSUES.md  ACCURACY.md
    OUT/VERSION/dcat.jsonld  dcat.ttl  schema.org.jsonld  data.json     the same for catalogues and search engines
    OUT/VERSION/provenance.json  README.md  LICENSE-DATA  LICENSE-CODE  SHA256SUMS
    OUT/latest                                                           a link to the newest release

Promise: a release is built aside, read back and held against what was to be written, and only then appears, whole, and the link
moves; nothing is written into an existing one. The same state of the warehouse, the same release to compare with and the same
publisher give the same bytes, except for `data/yusuan.duckdb`: DuckDB gives each file an identity of its own, so that its
contents are the same and its bytes are not. Left out are the `raw_` tables (free text of pages) and the numbers of processings.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from warehouse import changes, published
from warehouse.accuracy import describe_provenance, write_accuracy
from warehouse.catalogue.files import write_metadata
from warehouse.catalogue.publisher import Publisher
from warehouse.contents import choose_order, sort_table, write_text
from warehouse.datapackage import DATA_LICENCE, PublishedTable, describe_package, hash_file
from warehouse.deltas import compare_chunks
from warehouse.dictionary import write_dictionary
from warehouse.duckdb_file import iterate_answer, open_duckdb
from warehouse.export_notes import find_caution
from warehouse.known_issues import write_known_issues
from warehouse.metadata.models import get_resource, list_resources
from warehouse.metadata.schema import to_arrow_schema
from warehouse.published import (
    INTERNAL,
    Manifest,
    TableContents,
    TableDelta,
    describe_file,
    open_published,
    read_manifest,
)
from warehouse.release_check import DUCKDB_FILE, SUMS_FILE, find_faults, list_files, list_lasting_sums
from warehouse.release_files import WriteRows, open_csv, open_parquet, write_plain_parquet
from warehouse.staging import is_alive, sync
from warehouse.store import Warehouse
from warehouse.views import connect_bounded
from warehouse.visibility import Snapshot

_LINES = "core_budget_lines"
_VIEWS = (
    "out_changes",
    "out_department_units",
    "out_findings",
    "out_headcount",
    "out_procurement",
    "out_spending_by_economic",
    "out_spending_by_function",
    "out_spending_sources",
    "out_targets",
    "out_three_public",
    "out_year_on_year",
)
# What a subscriber's copy gets beside its tables.
_TEXTS = ("ACCURACY.md", "CHANGES.md", "KNOWN-ISSUES.md", "LICENSE-DATA", "dictionary.md", "provenance.json")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,63}")
# A release, or the link, that is being made, and by which process.
_ASIDE = re.compile(rf"\.{_VERSION.pattern}\.(?P<process>[0-9]+)")


class ReleaseError(RuntimeError):
    """A release that cannot be made; nothing was published."""


class BrokenReleaseError(ReleaseError):
    """What was written is not what was to be written: a fault of this program or of the disk."""


class ReleaseExistsError(ReleaseError):
    """The version is published already with other content. Choose another version."""


@dataclass(frozen=True, slots=True)
class ReleaseSummary:
    """What a release holds. `is_new` is False where the same version with the same bytes was there already."""

    version: str
    path: Path
    commit_sequence: int
    rows: Mapping[str, int]
    files: int
    bytes: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class EarlierRelease:
    """The release that a new one is compared with. The delta needs its folder to be there, beside the new one."""

    version: str
    commit_sequence: int


def build_release(
    warehouse: Warehouse,
    out_dir: Path | str,
    *,
    version: str,
    earlier: EarlierRelease | None = None,
    publisher: Publisher | None = None,
) -> ReleaseSummary:
    """Publish the newest state of the warehouse as OUT_DIR/VERSION and point OUT_DIR/latest to it.

    `earlier`: the release that the list of changes compares with; its state must still be whole (PurgedError otherwise).
    `publisher`: whom the metadata name, and at which address.

    Raises ReleaseError for an empty warehouse or a version that is no folder's name, BrokenReleaseError where the files do not
    hold what they should, ReleaseExistsError where the version is there with other content. Then nothing was published.
    """
    if not _VERSION.fullmatch(version) or version == "latest":
        raise ReleaseError(f"version {version!r}: letters, digits and .+- only, and not latest")
    snapshot = warehouse.snapshot()
    if not snapshot.processing_ids:
        raise ReleaseError("the warehouse holds no document: there is nothing to release")
    out = Path(out_dir)
    _remove_leftovers(out)
    aside = out / f".{version}.{os.getpid()}"
    shutil.rmtree(aside, ignore_errors=True)
    (aside / "data").mkdir(parents=True)
    try:
        with (
            tempfile.TemporaryDirectory(dir=aside, prefix=".scratch.") as scratch,
            closing(connect_bounded(warehouse, snapshot.sequence, Path(scratch) / "tables.duckdb")) as connection,
        ):
            written = _write_tables(aside, _open_streams(warehouse, snapshot, connection, earlier))
        rows = _fill_folder(aside, written, snapshot, version, earlier, publisher or Publisher())
        if faults := find_faults(aside, out / earlier.version if earlier else None):
            raise BrokenReleaseError(f"release {version} was not published: {'; '.join(faults)}")
        is_new = _publish(aside, out / version)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    point_to(out, version)
    return _summarise(out / version, snapshot, rows, is_new=is_new)


def release_resources() -> tuple[str, ...]:
    """The tables of a release."""
    return (*list_resources("core", "ref"), *_VIEWS, changes.RESOURCE)


@dataclass(frozen=True, slots=True)
class _TableStream:
    """A table as it is published, without what is internal, in chunks of its order; `open` gives them anew."""

    name: str
    schema: pa.Schema
    order: tuple[str, ...]
    open: Callable[[], Iterator[pa.Table]]


def _open_streams(
    warehouse: Warehouse, snapshot: Snapshot, connection: duckdb.DuckDBPyConnection, earlier: EarlierRelease | None
) -> Iterator[_TableStream]:
    for name in (*list_resources("core", "ref"), *_VIEWS):
        yield _stream_table(connection, name)
    changed = (
        to_arrow_schema(changes.RESOURCE).empty_table()
        if earlier is None
        else changes.list_changes(warehouse, earlier.commit_sequence, snapshot.sequence)
    )
    order = choose_order(changes.RESOURCE, changed.column_names)
    yield _TableStream(changes.RESOURCE, changed.schema, order, lambda: iter([sort_table(changed, order)]))


def _stream_table(connection: duckdb.DuckDBPyConnection, name: str) -> _TableStream:
    full = to_arrow_schema(name)
    schema = pa.schema([field for field in full if field.name not in INTERNAL], metadata=full.metadata)
    order = choose_order(name, schema.names)
    columns, ranked = (
        ", ".join(f'"{column}"{how}' for column in listed) for listed, how in ((schema.names, ""), (order, " nulls last"))
    )
    question = f'select {columns} from "{name}" order by {ranked}'  # noqa: S608  # names of the metadata
    return _TableStream(name, schema, order, lambda: iterate_answer(connection, question, schema))


# What the texts of a release are written from, by table: columns, or all of them.
_TOLD: Mapping[str, tuple[str, ...]] = {
    "core_disclosures": (),
    "core_checks": ("check_id", "outcome"),
    "core_findings": ("severity", "finding_kind", "whose"),
    "core_cross_checks": ("outcome", "message"),
    "out_spending_sources": ("classification", "source_outcome"),
    changes.RESOURCE: (),
}


@dataclass(frozen=True, slots=True)
class _Written:
    """The tables of a release on disk, and of some of them the columns that its texts are written from."""

    tables: tuple[PublishedTable, ...]
    told: Mapping[str, pa.Table]


def _write_tables(root: Path, streams: Iterable[_TableStream]) -> _Written:
    """Every table in its three forms, one after the other, each chunk once read."""
    told: dict[str, pa.Table] = {}
    with open_duckdb(root / DUCKDB_FILE) as append:
        tables = tuple(_write_table(root, stream, partial(append, stream.name), told) for stream in streams)
    return _Written(tables, told)


def _fill_folder(
    root: Path,
    release: _Written,
    snapshot: Snapshot,
    version: str,
    earlier: EarlierRelease | None,
    publisher: Publisher,
) -> dict[str, int]:
    written, tables = release.tables, release.told
    assert snapshot.committed_at is not None  # noqa: S101  # a snapshot with processings has a moment
    created = snapshot.committed_at.isoformat().replace("+00:00", "Z")
    sources = _list_sources(tables["core_disclosures"])
    package = describe_package(root, written, version=version, created=created, sources=sources, duckdb=DUCKDB_FILE)
    columns = {table.name: table.columns for table in written}
    rows = {table.name: table.rows for table in written}
    _write_json(root / "datapackage.json", package)
    _write_json(root / "provenance.json", describe_provenance(tables["core_disclosures"]))
    _write_text(root / "ACCURACY.md", write_accuracy(tables))
    _write_text(root / "dictionary.md", write_dictionary(columns))
    _write_text(root / "KNOWN-ISSUES.md", write_known_issues(tables))
    titles = {row["document_id"]: row["title"] or row["url"] for row in tables["core_disclosures"].to_pylist()}
    _write_text(
        root / "CHANGES.md", changes.write_changes(tables[changes.RESOURCE], titles, earlier.version if earlier else None)
    )
    _write_text(root / "README.md", _describe_release(version, snapshot, rows))
    _write_text(root / "LICENSE-DATA", files("warehouse").joinpath("texts", "LICENSE-DATA").read_text(encoding="utf-8"))
    _write_text(root / "LICENSE-CODE", _read_code_licence())
    for name, text in write_metadata(root, package, publisher).items():
        _write_text(root / name, text)
    previous = _find_previous(root.parent, earlier)
    manifest = Manifest(
        version=version,
        commit_sequence=snapshot.sequence,
        created=created,
        previous=previous.version if previous else None,
        tables={table.name: table.contents for table in written},
        delta=_write_deltas(root, root.parent / previous.version, previous, written) if previous else None,
        texts=tuple(describe_file(root, path) for path in _TEXTS),
    )
    _write_json(root / published.FILE_NAME, manifest.model_dump(mode="json"))
    _write_sums(root)
    return rows


def _write_table(root: Path, stream: _TableStream, append: WriteRows, told: dict[str, pa.Table]) -> PublishedTable:
    """One table as Parquet, CSV and in the DuckDB file; what the texts tell of it is put into `told`."""
    csv = f"data/{stream.name}.csv.gz"
    digest, rows, kept = hashlib.sha256(), 0, list[pa.Table]()
    parquet = _write_years(root, stream) if stream.name == _LINES else _write_whole(root, stream)
    with parquet as (write_parquet_chunk, files), open_csv(root / csv) as write_csv_text:
        for chunk in stream.open():
            text = write_text(chunk, with_header=rows == 0)
            digest.update(text)
            write_csv_text(text)
            write_parquet_chunk(chunk)
            append(chunk)
            rows += chunk.num_rows
            if stream.name in _TOLD:
                kept.append(chunk.select(_TOLD[stream.name] or chunk.column_names))
    if kept:
        told[stream.name] = pa.concat_tables(kept)
    contents = TableContents(
        rows=rows,
        sha256=digest.hexdigest(),
        columns=tuple(stream.schema.names),
        key=get_resource(stream.name).key,
        order=stream.order,
        parquet=tuple(describe_file(root, path, partition) for path, partition in files.items()),
    )
    return PublishedTable(stream.name, contents.columns, contents.rows, csv, contents)


# Paths below the release with the columns that their folders say: whole only after the last row was written.
_Files = dict[str, dict[str, int]]


@contextmanager
def _write_whole(root: Path, stream: _TableStream) -> Iterator[tuple[WriteRows, _Files]]:
    path = f"data/{stream.name}.parquet"
    with open_parquet(stream.name, stream.schema, root / path) as write:
        yield write, {path: {}}


@contextmanager
def _write_years(root: Path, stream: _TableStream) -> Iterator[tuple[WriteRows, _Files]]:
    """A file a year, from chunks that are sorted by year; without any row one file that has the column."""
    files: _Files = {}
    with ExitStack() as opened:
        writers: dict[int, WriteRows] = {}

        def write(chunk: pa.Table) -> None:
            for year in chunk.column("fiscal_year").unique().to_pylist():
                # The year stands in the folder's name alone: in both, readers disagree on its type and some refuse.
                part = chunk.filter(pc.equal(chunk.column("fiscal_year"), year)).drop_columns(["fiscal_year"])
                if year not in writers:
                    opened.close()
                    writers[year] = opened.enter_context(_open_year(root, year, part.schema, files))
                writers[year](part)

        yield write, files
    if not files:
        with _write_whole(root, stream) as (write_whole, whole):
            write_whole(stream.schema.empty_table())
        files |= whole


@contextmanager
def _open_year(root: Path, year: int, schema: pa.Schema, files: _Files) -> Iterator[WriteRows]:
    path = f"data/{_LINES}/fiscal_year={year}/part-0.parquet"
    (root / path).parent.mkdir(parents=True)
    files[path] = {"fiscal_year": year}
    with open_parquet(_LINES, schema, root / path) as write:
        yield write


def _find_previous(out: Path, earlier: EarlierRelease | None) -> Manifest | None:
    """The release before as its folder says; None for a first one, and where an older version of us, without deltas, made it."""
    is_there = earlier is not None and (out / earlier.version / published.FILE_NAME).is_file()
    return read_manifest(out / earlier.version) if earlier is not None and is_there else None


def _write_deltas(root: Path, before: Path, previous: Manifest, tables: Iterable[PublishedTable]) -> dict[str, TableDelta]:
    """The deltas of tables that differ from the release before, by table."""
    (root / "delta").mkdir()
    deltas = {}
    for name, contents in ((table.name, table.contents) for table in tables):
        known = previous.tables.get(name)
        if known and known.sha256 == contents.sha256:
            continue
        # Rows of another order could not be merged: such a table comes whole.
        earlier = open_published(before, known) if known and known.order == contents.order else None
        delta = compare_chunks(earlier, open_published(root, contents), contents.key, scratch=root)
        path = f"delta/{name}.parquet"
        write_plain_parquet(delta.rows.open(), delta.rows.schema, root / path)
        deltas[name] = TableDelta(file=describe_file(root, path), is_whole=delta.is_whole, **delta.counts)
    return deltas


def _list_sources(disclosures: pa.Table) -> list[dict[str, str]]:
    """Where documents came from: each site once, with its address where it has one."""
    sites: dict[str, dict[str, str]] = {}
    for row in disclosures.select(["source_id", "url"]).to_pylist():
        address = urlsplit(row["url"])
        if address.scheme in {"http", "https"}:
            sites.setdefault(address.netloc, {"title": row["source_id"], "path": f"{address.scheme}://{address.netloc}/"})
        else:
            sites.setdefault(row["source_id"], {"title": row["source_id"]})
    return [sites[site] for site in sorted(sites)]


def _publish(aside: Path, target: Path) -> bool:
    if target.exists():
        if _read_lasting_sums(target) != _read_lasting_sums(aside):
            raise ReleaseExistsError(f"release {target.name} exists with other content; choose another version")
        return False
    for path in sorted(aside.rglob("*")):
        sync(path)
    aside.rename(target)
    sync(target.parent)
    return True


def _remove_leftovers(out: Path) -> None:
    """What processes that were killed had built so far; what another that is at work is building stays."""
    for path in out.glob(".*"):
        match = _ASIDE.fullmatch(path.name)
        if match is None or is_alive(int(match["process"])):
            continue
        if path.is_symlink():
            path.unlink()
        else:
            shutil.rmtree(path)


def point_to(out: Path, version: str) -> None:
    """Let OUT/latest lead to that release, at one stroke."""
    pointer = out / f".latest.{os.getpid()}"
    pointer.unlink(missing_ok=True)
    pointer.symlink_to(version)
    pointer.replace(out / "latest")


def _write_sums(root: Path) -> None:
    _write_text(root / SUMS_FILE, "".join(f"{hash_file(root / path)}  {path}\n" for path in list_files(root)))


def _read_lasting_sums(root: Path) -> list[str]:
    """The sums of a release but for the one file whose bytes are never the same twice."""
    return list_lasting_sums((root / SUMS_FILE).read_text(encoding="utf-8"))


def _summarise(path: Path, snapshot: Snapshot, rows: Mapping[str, int], *, is_new: bool) -> ReleaseSummary:
    sizes: Sequence[int] = [file.stat().st_size for file in path.rglob("*") if file.is_file()]
    return ReleaseSummary(path.name, path, snapshot.sequence, rows, len(sizes), sum(sizes), is_new)


def _describe_release(version: str, snapshot: Snapshot, rows: Mapping[str, int]) -> str:
    text = files("warehouse").joinpath("texts", "release-readme.md").read_text(encoding="utf-8")
    listed = "\n".join(f"| `{name}` | {count:,} |" for name, count in rows.items())
    return text.format(
        version=version,
        moment=f"{snapshot.committed_at:%Y-%m-%d %H:%M} UTC",
        sequence=snapshot.sequence,
        documents=len(snapshot.processing_ids),
        licence=DATA_LICENCE["path"],
        tables=listed,
        cautions="\n".join(f"- `{name}`: {caution}" for name in rows if (caution := find_caution(name))),
    )


def _read_code_licence() -> str:
    # A checkout has it beside the packages; the copy of an editable installation is as old as the installation.
    beside = Path(__file__).parents[1] / "LICENSE"
    text = beside.read_text(encoding="utf-8") if beside.is_file() else distribution("yusuan").read_text("licenses/LICENSE")
    if not text:
        raise ReleaseError("the installed package has no LICENSE: install it again")
    return text


def _write_json(path: Path, value: object) -> None:
    _write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def published_schema(name: str) -> pa.Schema:
    """The Arrow schema of a table's Parquet files in a release, the partition column included."""
    schema = to_arrow_schema(name, dictionaries=True)
    return pa.schema([field for field in schema if field.name not in INTERNAL], metadata=schema.metadata)
