"""`datapackage.json`: a Data Package (version 2) of a release, with the column types of the Fiscal Data Package.

Promise: `frictionless validate` checks every value of the CSV files against the same metadata that the warehouse checked. The
Parquet files are listed with their hashes and as plain files: frictionless cannot check lists in Parquet.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from warehouse.metadata.models import Field, get_resource, load_fields
from warehouse.published import TableContents

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_SCHEMA_PROFILE = "https://datapackage.org/profiles/2.0/tableschema.json"
DATA_LICENCE = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0 International",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}
_TYPES = {
    "string": "string",
    "int16": "integer",
    "int32": "integer",
    "int64": "integer",
    "float32": "number",
    "bool": "boolean",
    "decimal": "number",
    "timestamp": "datetime",
    "box": "string",
    "strings": "array",
    "integers": "array",
}
# Rows that point to rows of another table of the release.
_REFERENCES = {"document_id": "core_disclosures", "table_id": "core_tables"}


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """One table of a release: its columns and its files, paths relative to the release."""

    name: str
    columns: tuple[str, ...]
    rows: int
    csv: str
    contents: TableContents

    @property
    def parquet(self) -> tuple[str, ...]:
        """The Parquet files, each with a part of the rows."""
        return tuple(file.path for file in self.contents.parquet)


def describe_package(
    root: Path,
    tables: Sequence[PublishedTable],
    *,
    version: str,
    created: str,
    sources: Sequence[Mapping[str, str]],
    duckdb: str,
) -> dict[str, Any]:
    """The descriptor of a release folder whose files are already there. `duckdb`: the path of the file with all tables."""
    published = frozenset(table.name for table in tables)
    return {
        "$schema": PROFILE,
        "name": "yusuan",
        "title": "中国部门预算公开数据 · Budgets of China's departments",
        "description": "Published budgets and final accounts of departments and units, one row a published amount, "
        "with the page and place that each was read from. 部门（单位）预算、决算公开数据。",
        "version": version,
        "created": created,
        "keywords": ["budget", "China", "government spending", "部门预算", "部门决算"],
        "licenses": [DATA_LICENCE],
        "sources": [dict(source) for source in sources],
        "resources": [
            *(_describe_csv(root, table, published) for table in tables),
            *(_describe_parquet(root, table, path) for table in tables for path in table.parquet),
            # No hash: DuckDB gives each file an identity of its own, and this descriptor is the same for the same warehouse.
            {"name": "yusuan-duckdb", "type": "file", "title": "全部表（DuckDB）", "path": duckdb, "format": "duckdb"},
        ],
    }


def describe_resource(name: str) -> str:
    """What a table is, in English, with what goes wrong where its amounts are added up."""
    resource = get_resource(name)
    if resource.hazard is None:
        return resource.en
    return f"{resource.en}. DO NOT ADD UP AS IT STANDS: {resource.hazard.en}; fix {', '.join(resource.hazard.guards)} first"


def hash_file(path: Path) -> str:
    """SHA-256 of a file in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def load_column_types() -> Mapping[str, str]:
    """Fiscal column types by field as declared. Raises ValueError for a field that does not exist."""
    text = files("warehouse.metadata").joinpath("fiscal.yml").read_text(encoding="utf-8")
    types: dict[str, str] = yaml.safe_load(text)
    if unknown := types.keys() - load_fields().keys():
        raise ValueError(f"fiscal.yml names {', '.join(sorted(unknown))}, no field")
    return types


def _describe_csv(root: Path, table: PublishedTable, published: frozenset[str]) -> dict[str, Any]:
    resource = get_resource(table.name)
    path = root / table.csv
    schema: dict[str, Any] = {
        "$schema": _SCHEMA_PROFILE,
        "fields": [_describe_field(resource.get_field(column)) for column in table.columns],
        "missingValues": [""],
    }
    # A key that may hold nulls is none to frictionless.
    if not any(resource.get_field(column).nullable for column in resource.key):
        schema["primaryKey"] = list(resource.key)
    references = [
        {"fields": [column], "reference": {"resource": target, "fields": [column]}}
        for column, target in _REFERENCES.items()
        if column in table.columns and target in published and target != table.name
    ]
    if references:
        schema["foreignKeys"] = references
    return {
        "name": table.name,
        "type": "table",
        "title": resource.zh,
        "description": describe_resource(table.name),
        "path": table.csv,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{hash_file(path)}",
        "schema": schema,
    }


def _describe_parquet(root: Path, table: PublishedTable, path: str) -> dict[str, Any]:
    # No `bytes`: frictionless compares it with what it read, which for Parquet is not the file.
    part = path.partition("fiscal_year=")[2].partition("/")[0]
    return {
        "name": f"{table.name}-parquet{'-' if part else ''}{part}",
        "type": "file",
        "title": f"{get_resource(table.name).zh}（Parquet{'，' if part else ''}{part}）",
        "path": path,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "hash": f"sha256:{hash_file(root / path)}",
    }


def _describe_field(field: Field) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": field.name,
        "type": _TYPES[field.type],
        "title": field.zh,
        "description": field.en,
    }
    if field.declared in load_column_types():
        described["columnType"] = load_column_types()[field.declared]
    if field.unit:
        described["unit"] = field.unit
    if constraints := _describe_constraints(field):
        described["constraints"] = constraints
    return described


def _describe_constraints(field: Field) -> dict[str, Any]:
    constraints: dict[str, Any] = {}
    # Text may be there and empty (a blank cell's); CSV cannot tell it from null.
    if not field.nullable and (field.type != "string" or field.enum or field.pattern):
        constraints["required"] = True
    if field.enum:
        constraints["enum"] = list(field.enum)
    if field.pattern:
        constraints["pattern"] = field.pattern
    if field.minimum is not None:
        constraints["minimum"] = field.minimum
    if field.maximum is not None:
        constraints["maximum"] = field.maximum
    return constraints
