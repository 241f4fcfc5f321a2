"""A batch: the core tables of one flow, laid out for SQL together with the code lists and the vocabulary of the rules.

Promise: everything a rule reads is in the connection under the name of its resource; a core table that was not handed over is
there and empty. The connection lives in memory and reads no file and no network.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import duckdb
import pyarrow as pa
import yaml
from pydantic import BaseModel, ConfigDict

from warehouse.codes import load_code_list
from warehouse.metadata.schema import to_arrow_schema

CORE_RESOURCES = ("core_disclosures", "core_tables", "core_budget_lines", "core_checks", "core_findings")
# All that a batch is read from.
READ_RESOURCES = (*CORE_RESOURCES, "raw_pages")

_PAGE_SIZES = pa.schema(
    [("document_id", pa.string()), ("page", pa.int16()), ("page_width", pa.float32()), ("page_height", pa.float32())]
)


class Vocabulary(BaseModel):
    """`budget_lines.yml`: units, directions, tables of one classification, and which columns add up to which."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    units: dict[str, int]
    directions: dict[str, tuple[str, ...]]
    coded_tables: tuple[str, ...]
    expenditure_kinds: dict[str, tuple[str, ...]]
    fund_types: dict[str, tuple[str, ...]]
    open_beginnings: tuple[str, ...]


class BatchContractError(ValueError):
    """The tables handed over are not those of the metadata: the caller is wrong, no document can be judged."""


@cache
def load_vocabulary() -> Vocabulary:
    """The vocabulary of the rules."""
    text = files("expectations").joinpath("budget_lines.yml").read_text(encoding="utf-8")
    return Vocabulary(**yaml.safe_load(text))


def complete_tables(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The five core tables, empty where absent. Raises BatchContractError where they are not those of the metadata."""
    return {
        name: _checked(name, tables[name]) if name in tables else to_arrow_schema(name).empty_table() for name in CORE_RESOURCES
    }


def open_batch(tables: Mapping[str, pa.Table]) -> duckdb.DuckDBPyConnection:
    """A connection with the core tables of `tables`, `raw_pages` (empty where absent), the code lists and the vocabulary."""
    connection = duckdb.connect(":memory:", config={"enable_external_access": "false", "threads": "2"})
    for name, table in complete_tables(tables).items():
        connection.register(name, table)
    connection.register("raw_pages", tables.get("raw_pages", _PAGE_SIZES.empty_table()))
    for name, table in _vocabulary_tables().items():
        connection.register(name, table)
    return connection


def _checked(name: str, table: pa.Table) -> pa.Table:
    expected = to_arrow_schema(name)
    if set(table.column_names) != set(expected.names):
        different = sorted(set(table.column_names) ^ set(expected.names))
        raise BatchContractError(f"{name}: columns differ from the metadata in {', '.join(different)}")
    columns = [_decode(name, field, table.column(field.name)) for field in expected]
    plain = pa.table(columns, names=expected.names)
    if plain.column("document_id").null_count:
        raise BatchContractError(f"{name}: a row without document_id cannot be laid at any document's door")
    return plain


def _decode(name: str, field: pa.Field, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column in the type of the metadata. A store may hand back dictionaries and other widths of strings and lists."""
    if _plain_type(column.type) != _plain_type(field.type):
        raise BatchContractError(f"{name}.{field.name}: expected {field.type}, saw {column.type}")
    return column if column.type == field.type else column.cast(field.type)


def _plain_type(seen: pa.DataType) -> Any:
    if pa.types.is_dictionary(seen):
        return _plain_type(seen.value_type)
    if pa.types.is_large_string(seen) or pa.types.is_string_view(seen):
        return pa.string()
    if pa.types.is_list(seen) or pa.types.is_large_list(seen) or pa.types.is_fixed_size_list(seen):
        return ("list", _plain_type(seen.value_type))
    return seen


@cache
def _vocabulary_tables() -> dict[str, pa.Table]:
    words = load_vocabulary()
    return {
        "unit_factors": pa.Table.from_pylist([{"unit": unit, "factor": factor} for unit, factor in words.units.items()]),
        "table_directions": pa.Table.from_pylist(
            [{"table_type": table, "direction": side} for side, types in words.directions.items() for table in types]
        ),
        "coded_tables": pa.table({"table_type": list(words.coded_tables)}),
        "kind_parts": pa.Table.from_pylist(list(_parts(words.expenditure_kinds))),
        "fund_parts": pa.Table.from_pylist(list(_parts(words.fund_types))),
        "code_years": pa.Table.from_pylist(list(_code_years(words.open_beginnings)), schema=_CODE_YEARS),
    }


_CODE_YEARS = pa.schema([("scheme", pa.string()), ("code", pa.string()), ("first_year", pa.int32()), ("last_year", pa.int32())])


def _parts(wholes: Mapping[str, tuple[str, ...]]) -> Iterator[dict[str, str | None]]:
    """Rows whole, part, instead_of: `part` counts towards `whole` unless `instead_of` stands in the same row."""
    for name, parts in wholes.items():
        for part in parts:
            yield {"whole": name, "part": part, "instead_of": None}
            for below in wholes.get(part, ()):
                yield {"whole": name, "part": below, "instead_of": part}


def _code_years(open_beginnings: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for scheme in ("function", "econ_department", "econ_government"):
        for entry in load_code_list(scheme):
            is_open = entry.valid_from is None or entry.valid_from_basis in open_beginnings
            yield {
                "scheme": scheme,
                "code": entry.code,
                "first_year": 0 if is_open else entry.valid_from,
                "last_year": 9999 if entry.valid_to is None else entry.valid_to,
            }
