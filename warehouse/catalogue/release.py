"""A release as data sets and files, as its `datapackage.json` lists them.

Promise: everything that a catalogue or a portal is told of a release comes from here, and everything here from the descriptor and
the files of that one folder. A file that the descriptor lists and that is not there is an error.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.datapackage import hash_file

DESCRIPTOR = "datapackage.json"
SUMS = "SHA256SUMS"
# What a release says in prose, by the kind of page it is.
_PAGES = ("README.md", "dictionary.md", "ACCURACY.md", "KNOWN-ISSUES.md", "CHANGES.md", "provenance.json")
FIRST_CLAUSE = re.compile(r"[，。；：,.;:]")
_YEAR = re.compile(r"fiscal_year=(\d{4})/")


class ReleaseUnreadableError(ValueError):
    """The folder is no whole release of ours."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a data set."""

    name: str
    type: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file of a data set; the path is relative to the release."""

    name: str
    path: str
    media_type: str
    format: str
    bytes: int
    sha256: str

    @property
    def is_gzipped(self) -> bool:
        """The file is what `media_type` says, compressed."""
        return self.path.endswith(".gz")


@dataclass(frozen=True, slots=True)
class DataSet:
    """One table of a release."""

    name: str
    zh: str
    en: str
    columns: tuple[Column, ...]
    files: tuple[DataFile, ...]

    @property
    def title(self) -> str:
        """The first words of its Chinese and its English description."""
        return f"{FIRST_CLAUSE.split(self.zh, maxsplit=1)[0]} · {FIRST_CLAUSE.split(self.en, maxsplit=1)[0]}"

    @property
    def description(self) -> str:
        """What it is, in Chinese and in English."""
        return f"{self.zh}。\n\n{self.en}."

    @property
    def csv(self) -> DataFile:
        """The table as one CSV file."""
        return next(file for file in self.files if file.format == "csv")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One release. `fiscal_years`: the first and the last year it has lines of, None where it has none."""

    root: Path
    title: str
    description: str
    version: str
    created: str
    keywords: tuple[str, ...]
    licence_name: str
    licence_url: str
    fiscal_years: tuple[int, int] | None
    data_sets: tuple[DataSet, ...]
    pages: tuple[str, ...]


def read_catalogue(root: Path) -> Catalogue:
    """The catalogue of a release folder. Raises ReleaseUnreadableError."""
    try:
        package = json.loads((root / DESCRIPTOR).read_text(encoding="utf-8"))
        return describe_catalogue(root, package)
    except (OSError, ValueError, LookupError) as error:
        raise ReleaseUnreadableError(f"{root} is no whole release: {error}") from error


def describe_catalogue(root: Path, package: Mapping[str, Any]) -> Catalogue:
    """The catalogue of a folder whose data files are there, from its descriptor."""
    licence = package["licenses"][0]
    data_sets = tuple(_describe_data_set(root, package["resources"], table) for table in _list_tables(package["resources"]))
    return Catalogue(
        root=root,
        title=package["title"],
        description=package["description"],
        version=package["version"],
        created=package["created"],
        keywords=tuple(package["keywords"]),
        licence_name=licence["name"],
        licence_url=licence["path"],
        fiscal_years=_find_years(file.path for data_set in data_sets for file in data_set.files),
        data_sets=data_sets,
        pages=tuple(name for name in _PAGES if (root / name).is_file()),
    )


def _list_tables(resources: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [resource for resource in resources if resource["type"] == "table" and resource["format"] == "csv"]


def _describe_data_set(root: Path, resources: Iterable[Mapping[str, Any]], table: Mapping[str, Any]) -> DataSet:
    parquet = f"{table['name']}-parquet"
    own = [entry for entry in resources if entry["name"] == parquet or entry["name"].startswith(f"{parquet}-")]
    columns = [Column(field["name"], field["type"], field["title"], field["description"]) for field in table["schema"]["fields"]]
    return DataSet(
        name=table["name"],
        zh=table["title"],
        en=table["description"],
        columns=tuple(columns),
        files=tuple(_describe_file(root, entry) for entry in (table, *own)),
    )


def _describe_file(root: Path, resource: Mapping[str, Any]) -> DataFile:
    return DataFile(
        name=resource["name"],
        path=resource["path"],
        media_type=resource["mediatype"],
        format=resource["format"],
        bytes=(root / resource["path"]).stat().st_size,
        sha256=resource["hash"].removeprefix("sha256:"),
    )


def _find_years(paths: Iterable[str]) -> tuple[int, int] | None:
    years = sorted(int(found[1]) for path in paths if (found := _YEAR.search(path)))
    return (years[0], years[-1]) if years else None


def check_release(root: Path) -> Catalogue:
    """The catalogue of a release whose every file is what `SHA256SUMS` says. Raises ReleaseUnreadableError."""
    catalogue = read_catalogue(root)
    for path, digest in read_sums(root).items():
        if hash_file(root / path) != digest:
            raise ReleaseUnreadableError(f"{root / path} is not what {SUMS} says")
    return catalogue


def read_sums(root: Path) -> dict[str, str]:
    """SHA-256 of every file of a release by its path, as `SHA256SUMS` lists them, and of that list itself.

    Raises ReleaseUnreadableError where the list and the folder do not name the same files.
    """
    try:
        lines = (root / SUMS).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ReleaseUnreadableError(f"{root} is no whole release: {error}") from error
    sums = {path: digest for digest, path in (line.split("  ", 1) for line in lines)}
    there = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()} - {SUMS}
    if there != sums.keys():
        named = ", ".join(sorted(there ^ sums.keys())[:3])
        raise ReleaseUnreadableError(f"{root}: {SUMS} and the folder differ in {named}")
    return {**sums, SUMS: hash_file(root / SUMS)}
