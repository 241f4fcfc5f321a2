"""Rows into Arrow tables, strictly by the metadata.

Promise: a table that leaves here has the columns, types, enumerations, patterns, ranges and keys that the metadata declares, and
no value was changed to get there: nothing is rounded, cut, converted from text to number or dropped. What does not fit raises
MetadataError with the resource, the field and the row.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.metadata.models import Field, Resource, get_resource
from warehouse.records import Row

DECIMAL_DIGITS = 20
DECIMAL_SCALE = 2

_ARROW_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float32": pa.float32(),
    "bool": pa.bool_(),
    "decimal": pa.decimal128(DECIMAL_DIGITS, DECIMAL_SCALE),
    "timestamp": pa.timestamp("us", tz="UTC"),
    # "element" is what Parquet and Delta call the values of a list.
    "box": pa.list_(pa.field("element", pa.float32())),
    "strings": pa.list_(pa.field("element", pa.string())),
    "integers": pa.list_(pa.field("element", pa.int32())),
}
_INTEGER_BITS = {"int16": 16, "int32": 32, "int64": 64, "integers": 32}


class MetadataError(ValueError):
    """Rows that do not fit the metadata of their table. `row` counts from 0; None where the whole table is meant."""

    def __init__(self, resource: str, field: str | None, row: int | None, problem: str) -> None:
        self.resource, self.field, self.row, self.problem = resource, field, row, problem
        where = ", ".join(
            part for part in (resource, f"field {field}" if field else "", f"row {row}" if row is not None else "") if part
        )
        super().__init__(f"{where}: {problem}")


@cache
def to_arrow_schema(name: str, *, dictionaries: bool = False) -> pa.Schema:
    """The Arrow schema of a resource; each field carries its descriptions (`zh`, `en`), the table its own.

    With `dictionaries` enumerated columns are dictionary-encoded. That is for files written in one go (releases); a Delta log
    knows no dictionaries, so the store's tables go without.
    """
    resource = get_resource(name)
    fields = [_to_arrow_field(field, dictionaries=dictionaries) for field in resource.fields]
    return pa.schema(fields, metadata={"name": resource.name, "en": resource.en, "zh": resource.zh})


def to_arrow_table(name: str, rows: Iterable[Row]) -> pa.Table:
    """The rows of a resource as an Arrow table. A column that may be null may also be left out of a row.

    Raises UnknownResourceError without metadata, MetadataError where a row does not fit or a key occurs twice.
    """
    resource = get_resource(name)
    listed = list(rows)
    _check_columns(resource, listed)
    columns = [_read_column(resource, field, listed) for field in resource.fields]
    _check_explained_nulls(resource, listed)
    table = pa.Table.from_arrays(
        [pa.array(values, type=_ARROW_TYPES[field.type]) for field, values in zip(resource.fields, columns, strict=True)],
        schema=to_arrow_schema(name),
    )
    check_key(name, table)
    return table


def check_key(name: str, table: pa.Table) -> None:
    """Raises MetadataError where two rows share the resource's key."""
    key = list(get_resource(name).key)
    counted = table.select(key).group_by(key).aggregate([([], "count_all")])
    for row in counted.filter(pc.field("count_all") > 1).to_pylist():
        shown = ", ".join(f"{column}={row[column]}" for column in key)
        raise MetadataError(name, None, None, f"{row['count_all']} rows share the key {shown}")


def _to_arrow_field(field: Field, *, dictionaries: bool) -> pa.Field:
    # The indices of a dictionary are those of its file; readers see text either way.
    arrow_type = pa.dictionary(pa.int8(), pa.string()) if dictionaries and field.enum else _ARROW_TYPES[field.type]
    metadata = {"zh": field.zh, "en": field.en, **({"unit": field.unit} if field.unit else {})}
    return pa.field(field.name, arrow_type, nullable=field.nullable, metadata=metadata)


def _check_columns(resource: Resource, rows: Sequence[Row]) -> None:
    known = set(resource.field_names)
    for number, row in enumerate(rows):
        if unknown := row.keys() - known:
            raise MetadataError(resource.name, min(unknown), number, "no such field in the metadata")


def _read_column(resource: Resource, field: Field, rows: Sequence[Row]) -> list[Any]:
    read = _READERS[field.type]
    values = []
    for number, row in enumerate(rows):
        value = row.get(field.name)
        try:
            values.append(None if value is None else _check_constraints(field, read(field, value)))
        except ValueError as problem:
            raise MetadataError(resource.name, field.name, number, str(problem)) from None
        if value is None and not field.nullable:
            raise MetadataError(resource.name, field.name, number, "a value is missing")
    return values


def _check_explained_nulls(resource: Resource, rows: Sequence[Row]) -> None:
    for column, states in resource.null_only_where.items():
        for number, row in enumerate(rows):
            if row.get(column) is None and not all(row.get(other) in values for other, values in states.items()):
                seen = ", ".join(f"{other} {row.get(other)}" for other in states)
                raise MetadataError(resource.name, column, number, f"null, and {seen} does not explain it")


def _check_constraints(field: Field, value: Any) -> Any:
    if field.enum and value not in field.enum:
        _refuse(value, f"one of {', '.join(field.enum)}")
    if field.pattern and not re.fullmatch(field.pattern, value):
        _refuse(value, f"text like {field.pattern}")
    if field.minimum is not None and value < field.minimum:
        _refuse(value, f"at least {field.minimum}")
    if field.maximum is not None and value > field.maximum:
        _refuse(value, f"at most {field.maximum}")
    return value


def _read_string(field: Field, value: object) -> str:
    if not isinstance(value, str):
        _refuse(value, "text")
    return value


def _read_integer(field: Field, value: object) -> int:
    # bool is an int in Python, not in a table.
    if not isinstance(value, int) or isinstance(value, bool):
        _refuse(value, "a whole number")
    bits = _INTEGER_BITS[field.type]
    if not -(1 << bits - 1) <= value < 1 << bits - 1:
        _refuse(value, f"a whole number of {bits} bits")
    return value


def _read_float(field: Field, value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        _refuse(value, "a finite number")
    return float(value)


def _read_bool(field: Field, value: object) -> bool:
    if not isinstance(value, bool):
        _refuse(value, "true or false")
    return value


def _read_decimal(field: Field, value: object) -> Decimal:
    if not isinstance(value, Decimal) or not value.is_finite():
        _refuse(value, "a finite Decimal (binary floats cannot hold money)")
    # Without the decimal context: normalize() would round to 28 digits before they are counted.
    _sign, digits, exponent = value.as_tuple()
    written = "".join(map(str, digits))
    significant = written.rstrip("0")
    shift = int(exponent) + len(written) - len(significant)
    if significant and -shift > DECIMAL_SCALE:
        _refuse(value, f"at most {DECIMAL_SCALE} decimal places")
    if significant and len(significant.lstrip("0")) + shift > DECIMAL_DIGITS - DECIMAL_SCALE:
        _refuse(value, f"at most {DECIMAL_DIGITS - DECIMAL_SCALE} digits before the point")
    return value


def _read_timestamp(field: Field, value: object) -> datetime:
    # Sightings carry ISO 8601 text: an unambiguous spelling of the same moment.
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        _refuse(value, "a moment with its time zone")
    return moment.astimezone(UTC)


def _read_box(field: Field, value: object) -> list[float]:
    if not isinstance(value, list | tuple) or len(value) != 4:
        _refuse(value, "four numbers")
    return [_read_float(field, number) for number in value]


def _read_strings(field: Field, value: object) -> list[str]:
    if not isinstance(value, list | tuple):
        _refuse(value, "a list of texts")
    return [_read_string(field, text) for text in value]


def _read_integers(field: Field, value: object) -> list[int]:
    if not isinstance(value, list | tuple):
        _refuse(value, "a list of whole numbers")
    return [_read_integer(field, number) for number in value]


def _refuse(value: object, expected: str) -> NoReturn:
    raise ValueError(f"expected {expected}, saw {value!r}")


_READERS: dict[str, Callable[[Field, Any], Any]] = {
    "string": _read_string,
    "int16": _read_integer,
    "int32": _read_integer,
    "int64": _read_integer,
    "float32": _read_float,
    "bool": _read_bool,
    "decimal": _read_decimal,
    "timestamp": _read_timestamp,
    "box": _read_box,
    "strings": _read_strings,
    "integers": _read_integers,
}
