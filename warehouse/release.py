"""Releases: what is published of a warehouse, as a folder of plain files that never changes again.

Layout::

    OUT/VERSION/data/core_budget_lines/fiscal_year=2020/part-0.parquet   lines by year; the year is the folder's name
    OUT/VERSION/data/TABLE.parquet, TABLE.csv.gz                         every table, and its twin in CSV
    OUT/VERSION/datapackage.json  dictionary.md  CHANGES.md  KNOWN-ISSUES.md  ACCURACY.md
    OUT/VERSION/dcat.jsonld  dcat.ttl  schema.org.jsonld  data.json     the same for catalogues and search engines
    OUT/VERSION/provenance.json  README.md  LICENSE-DATA  LICENSE-CODE  SHA256SUMS
    OUT/latest                                                           a link to the newest release

Promise: a release is built aside and appears whole; nothing is written into an existing one; the same state of the warehouse,
the same release to compare with and the same publisher give the same bytes. Left out are the `raw_` tables (free text of
pages) and the numbers of processings.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from warehouse import changes
from warehouse.accuracy import describe_provenance, write_accuracy
from warehouse.catalogue.files import write_metadata
from warehouse.catalogue.publisher import Publisher
from warehouse.datapackage import DATA_LICENCE, PublishedTable, describe_package, hash_file
from warehouse.dictionary import write_dictionary
from warehouse.known_issues import write_known_issues
from warehouse.metadata.models import list_resources
from warehouse.metadata.schema import to_arrow_schema
from warehouse.release_files import write_csv, write_parquet
from warehouse.staging import sync
from warehouse.store import Warehouse
from warehouse.views import connect, read_view
from warehouse.visibility import Snapshot

_LINES = "core_budget_lines"
_VIEWS = (
    "out_findings",
    "out_spending_by_economic",
    "out_spending_by_function",
    "out_spending_sources",
    "out_three_public",
    "out_year_on_year",
)
# Numbers of processings say how often we tried, not what was published.
_INTERNAL = frozenset({"processing_id", "other_processing_ids"})
_LINE_ORDER = ("fiscal_year", "region_code", "document_id", "table_id", "line_number", "column_number")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,63}")


class ReleaseError(RuntimeError):
    """A release that cannot be made; nothing was published."""


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
    """The release that a new one is compared with."""

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

    Raises ReleaseError for an empty warehouse or a version that is no folder's name, ReleaseExistsError where the version is
    there with other content.
    """
    if not _VERSION.fullmatch(version) or version == "latest":
        raise ReleaseError(f"version {version!r}: letters, digits and .+- only, and not latest")
    snapshot = warehouse.snapshot()
    if not snapshot.processing_ids:
        raise ReleaseError("the warehouse holds no document: there is nothing to release")
    out = Path(out_dir)
    aside = out / f".{version}.{os.getpid()}"
    shutil.rmtree(aside, ignore_errors=True)
    (aside / "data").mkdir(parents=True)
    try:
        tables = _read_tables(warehouse, snapshot, earlier)
        rows = _fill_folder(aside, tables, snapshot, version, earlier, publisher or Publisher())
        is_new = _publish(aside, out / version)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    _point_to(out, version)
    return _summarise(out / version, snapshot, rows, is_new=is_new)


def release_resources() -> tuple[str, ...]:
    """The tables of a release."""
    return (*list_resources("core", "ref"), *_VIEWS, changes.RESOURCE)


def _read_tables(warehouse: Warehouse, snapshot: Snapshot, earlier: EarlierRelease | None) -> dict[str, pa.Table]:
    changed = (
        to_arrow_schema(changes.RESOURCE).empty_table()
        if earlier is None
        else changes.list_changes(warehouse, earlier.commit_sequence, snapshot.sequence)
    )
    connection = connect(warehouse, as_of=snapshot.sequence)
    stored = {name: warehouse.read(name, as_of=snapshot.sequence) for name in list_resources("core", "ref")}
    return {**stored, **{name: read_view(connection, name) for name in _VIEWS}, changes.RESOURCE: changed}


def _fill_folder(
    root: Path,
    tables: Mapping[str, pa.Table],
    snapshot: Snapshot,
    version: str,
    earlier: EarlierRelease | None,
    publisher: Publisher,
) -> dict[str, int]:
    published = [_write_table(root, name, _strip_internal(table)) for name, table in tables.items()]
    assert snapshot.committed_at is not None  # noqa: S101  # a snapshot with processings has a moment
    package = describe_package(
        root,
        published,
        version=version,
        created=snapshot.committed_at.isoformat().replace("+00:00", "Z"),
        sources=_list_sources(tables["core_disclosures"]),
    )
    columns = {table.name: table.columns for table in published}
    rows = {table.name: table.rows for table in published}
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
    _write_sums(root)
    return rows


def _write_table(root: Path, name: str, table: pa.Table) -> PublishedTable:
    csv = f"data/{name}.csv.gz"
    if name == _LINES:
        table = table.sort_by([(column, "ascending") for column in _LINE_ORDER])
        parquet = tuple(_write_years(root, table))
    else:
        parquet = (f"data/{name}.parquet",)
        write_parquet(name, table, root / parquet[0])
    write_csv(table, root / csv)
    return PublishedTable(name, tuple(table.column_names), table.num_rows, csv, parquet)


def _write_years(root: Path, lines: pa.Table) -> Iterator[str]:
    for year in sorted(lines.column("fiscal_year").unique().to_pylist()):
        # The year stands in the folder's name alone: in both, readers disagree on its type and some refuse.
        part = lines.filter(pc.equal(lines.column("fiscal_year"), year)).drop_columns(["fiscal_year"])
        path = f"data/{_LINES}/fiscal_year={year}/part-0.parquet"
        (root / path).parent.mkdir(parents=True)
        write_parquet(_LINES, part, root / path)
        yield path


def _strip_internal(table: pa.Table) -> pa.Table:
    return table.drop_columns([column for column in table.column_names if column in _INTERNAL])


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
        if (target / "SHA256SUMS").read_bytes() != (aside / "SHA256SUMS").read_bytes():
            raise ReleaseExistsError(f"release {target.name} exists with other content; choose another version")
        return False
    for path in sorted(aside.rglob("*")):
        sync(path)
    aside.rename(target)
    sync(target.parent)
    return True


def _point_to(out: Path, version: str) -> None:
    pointer = out / f".latest.{os.getpid()}"
    pointer.unlink(missing_ok=True)
    pointer.symlink_to(version)
    pointer.replace(out / "latest")


def _write_sums(root: Path) -> None:
    listed = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    _write_text(root / "SHA256SUMS", "".join(f"{hash_file(root / path)}  {path}\n" for path in listed))


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
    return pa.schema([field for field in schema if field.name not in _INTERNAL], metadata=schema.metadata)
