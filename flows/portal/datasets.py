"""The pages of the data sets of the newest release: columns, a look inside, downloads, licence, citation, versions, what changed.

Promise: everything said of a data set comes from the release's own descriptor and files. The files are those of the release:
linked on disk where that is possible, so that a portal costs no second copy.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from flows.portal.rendering import render_page
from flows.publish import list_releases, read_sequence
from transforms.portal.addresses import LANGUAGES, address_unit
from warehouse.catalogue.publisher import Publisher
from warehouse.catalogue.release import Catalogue, DataSet, read_catalogue
from warehouse.catalogue.schema_org import describe_data_set
from warehouse.metadata.models import get_resource

PREVIEW_ROWS = 8
_WHOLE = (
    "datapackage.json",
    "dictionary.md",
    "CHANGES.md",
    "KNOWN-ISSUES.md",
    "ACCURACY.md",
    "SHA256SUMS",
    "LICENSE-DATA",
    "dcat.ttl",
    "data.json",
)
_GROUPS = ("out", "core", "ref", "release")
"""What the names of data sets begin with, those to begin with first."""
_DUCKDB = "data/yusuan.duckdb"


@dataclass(frozen=True, slots=True)
class Publication:
    """The newest release, and the versions that can still be had, the newest first."""

    catalogue: Catalogue
    versions: tuple[str, ...]


def find_publication(releases_dir: Path) -> Publication | None:
    """What is published in a folder of releases; None where nothing is. Raises ReleaseUnreadableError."""
    folders = sorted(list_releases(releases_dir), key=lambda folder: read_sequence(folder.name), reverse=True)
    return Publication(read_catalogue(folders[0]), tuple(folder.name for folder in folders)) if folders else None


def mirror_releases(publication: Publication, releases_dir: Path, root: Path) -> None:
    """Have the files of every version in the portal under `releases/`, and none of versions that are gone."""
    target = root / "releases"
    target.mkdir(parents=True, exist_ok=True)
    for old in target.iterdir():
        if old.name not in publication.versions:
            shutil.rmtree(old)
    for version in publication.versions:
        if not (target / version).is_dir():
            scratch = target / f".new-{version}"
            shutil.rmtree(scratch, ignore_errors=True)
            shutil.copytree(releases_dir / version, scratch, copy_function=_link_or_copy)
            scratch.replace(target / version)


def _link_or_copy(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        # Another file system, or one without links.
        shutil.copy2(source, target)
    return target


def list_data_set_pages(publication: Publication, publisher: Publisher) -> Iterator[tuple[str, dict[str, bytes]]]:
    """The name of each data set and its pages by address; last, under an empty name, the list of all."""
    for data_set in publication.catalogue.data_sets:
        yield data_set.name, _make_pages(data_set, publication, publisher)
    yield "", _make_index(publication)


def _make_pages(data_set: DataSet, publication: Publication, publisher: Publisher) -> dict[str, bytes]:
    catalogue = publication.catalogue
    address = f"{address_unit('datasets', data_set.name)}/index.html"
    values = {
        "data_set": data_set,
        "catalogue": catalogue,
        "versions": publication.versions,
        "preview": _read_preview(catalogue.root, data_set),
        "changes": _count_changes(catalogue.root, data_set.name),
        "hazard": get_resource(data_set.name).hazard,
        "citation": _cite(catalogue, data_set, publisher),
        "linked_data": embed_json(describe_data_set(data_set, catalogue, publisher)),
    }
    return {f"{language}/{address}": render_page(language, address, "dataset.html.j2", values) for language in LANGUAGES}


def _cite(catalogue: Catalogue, data_set: DataSet, publisher: Publisher) -> str:
    made = f"{catalogue.version} ({catalogue.created[:10]})"
    return f"{publisher.name}: {catalogue.title}, {data_set.name}, {made}. {catalogue.licence_name}."


def embed_json(value: Mapping[str, Any]) -> str:
    """JSON for a script element of data: no text in it can end the element."""
    text = json.dumps({"@context": {"@vocab": "https://schema.org/"}, **value}, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _make_index(publication: Publication) -> dict[str, bytes]:
    catalogue = publication.catalogue
    whole = [name for name in (*_WHOLE, _DUCKDB) if (catalogue.root / name).is_file()]
    values = {
        "catalogue": catalogue,
        "groups": list(_group_data_sets(catalogue.data_sets)),
        "versions": publication.versions,
        "whole": [(name, (catalogue.root / name).stat().st_size) for name in whole],
    }
    address = "datasets/index.html"
    return {f"{language}/{address}": render_page(language, address, "datasets.html.j2", values) for language in LANGUAGES}


def _group_data_sets(data_sets: Sequence[DataSet]) -> Iterator[tuple[str, list[DataSet]]]:
    for group in _GROUPS:
        if rows := [row for row in data_sets if row.name.startswith(group)]:
            yield group, rows


def _read_preview(root: Path, data_set: DataSet) -> tuple[Sequence[str], list[list[str]]]:
    parquet = next((file for file in data_set.files if file.format == "parquet"), None)
    if parquet is None:
        return (), []
    # A few rows of the first row group, not the file.
    batch = next(pq.ParquetFile(root / parquet.path).iter_batches(batch_size=PREVIEW_ROWS), None)
    if batch is None:
        return [column.name for column in data_set.columns], []
    return batch.schema.names, [[_show(value) for value in row.values()] for row in batch.to_pylist()]


def _show(value: object) -> str:
    if value is None:
        return ""
    return (
        ", ".join(_show(entry) for entry in value)
        if isinstance(value, list)
        else f"{value:.1f}"
        if isinstance(value, float)
        else str(value)
    )


def _count_changes(root: Path, name: str) -> dict[str, int]:
    """Rows of the delta by what happened to them; empty where there is none."""
    path = root / "delta" / f"{name}.parquet"
    if not path.is_file():
        return {}
    counted = pq.read_table(path, columns=["delta_kind"]).column("delta_kind").value_counts().to_pylist()
    return {str(entry["values"]): int(entry["counts"]) for entry in counted}
