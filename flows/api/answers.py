"""Rows of a page as JSON, CSV and Parquet, and the models that describe them.

Promise: no form changes an amount: it is a decimal number as text in JSON (a reader's floating point would round it), text in
CSV, a decimal in Parquet. JSON and Parquet say with the rows what goes wrong where they are added up; CSV says it in a header.
"""

import io
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field, create_model

from flows.api.questions import AnswerFormat
from warehouse.contents import write_text
from warehouse.edition import Page
from warehouse.metadata.models import Field as Column
from warehouse.metadata.models import Hazard, get_resource
from warehouse.release_files import write_parquet

MEDIA_TYPES: dict[AnswerFormat, str] = {
    "json": "application/json",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
}
_TYPES: dict[str, Any] = {
    "string": str,
    "int16": int,
    "int32": int,
    "int64": int,
    "float32": float,
    "bool": bool,
    "decimal": Annotated[str, Field(pattern=r"^-?[0-9]{1,18}\.[0-9]{2}$")],
    "timestamp": Annotated[str, Field(json_schema_extra={"format": "date-time"})],
    "box": Annotated[list[float], Field(min_length=4, max_length=4)],
    "strings": list[str],
    "integers": list[int],
}


class Closed(BaseModel):
    """What has these fields and no others."""

    model_config = ConfigDict(extra="forbid")


class State(Closed):
    """The one moment that all rows of an answer are of."""

    id: str = Field(description="提交序号或版本号 Number of the commit, or the release")
    moment: str = Field(description="该状态的时间 When it came about")


class Warned(Closed):
    """What goes wrong where amounts are added up as they stand."""

    zh: str
    en: str
    fix_first: list[str] = Field(description="加总前须限定或分组的列 Columns to fix or group by first")


class PageHead(Closed):
    """What stands in front of the rows."""

    table: str
    state: State
    warning: Warned | None
    count: int = Field(ge=0, description="本页行数 Rows of this page")
    total: int | None = Field(description="总行数，仅在 total=true 时 All rows that fit, where asked for")
    next: str | None = Field(description="下一页地址 Address of the next page; null: this is the last")


@cache
def make_answer(table: str, columns: tuple[str, ...]) -> type[BaseModel]:
    """The model of a page of a table in JSON. Nothing is checked by it: it is the description."""
    fields: dict[str, Any] = {name: _describe_value(get_resource(table).get_field(name)) for name in columns}
    row = create_model(f"{table}_row", __base__=Closed, __doc__="Without `columns` every field is there.", **fields)
    return create_model(f"{table}_page", __base__=PageHead, rows=(list[row], ...))


def _describe_value(column: Column) -> tuple[Any, None]:
    kind = _TYPES[column.type]
    words: list[Any] = [*column.enum, *([None] if column.nullable else [])]
    described = Field(
        description=f"{column.zh} · {column.en}{f' ({column.unit})' if column.unit else ''}",
        json_schema_extra={"enum": words} if column.enum else None,
    )
    return (Annotated[kind | None if column.nullable else kind, described], None)


def warn(table: str) -> Warned | None:
    """The table's warning."""
    hazard: Hazard | None = get_resource(table).hazard
    return None if hazard is None else Warned(zh=hazard.zh, en=hazard.en, fix_first=list(hazard.guards))


def write_answer(table: str, page: Page, state: State, link: str | None, written: AnswerFormat) -> bytes:
    """The body of an answer."""
    if written == "csv":
        return write_text(page.rows)
    if written == "parquet":
        return _write_parquet(table, page.rows)
    warned = warn(table)
    body = {
        "table": table,
        "state": state.model_dump(),
        "warning": warned.model_dump() if warned else None,
        "count": page.rows.num_rows,
        "total": page.total,
        "next": link,
        "rows": list_rows(page.rows),
    }
    return orjson.dumps(body)


def _write_parquet(table: str, rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    warned = warn(table)
    metadata = {**(rows.schema.metadata or {}), **({b"warning": warned.model_dump_json().encode()} if warned else {})}
    write_parquet(table, rows.replace_schema_metadata(metadata), sink)
    return sink.getvalue()


def list_rows(rows: pa.Table) -> list[dict[str, Any]]:
    """The rows as JSON has them."""
    names = rows.column_names
    values = [_to_plain(column) for column in rows.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def _to_plain(column: pa.ChunkedArray) -> Sequence[Any]:
    kind = column.type
    if pa.types.is_decimal(kind):
        return pc.cast(column, pa.string()).to_pylist()  # type: ignore[no-any-return]  # pyarrow has no types
    if pa.types.is_timestamp(kind):
        # pyarrow has no types, here and below.
        return pc.strftime(column, "%Y-%m-%dT%H:%M:%SZ").to_pylist()  # type: ignore[no-any-return]  # pyarrow is untyped
    # The shortest number that is the same 32 bits: 0.95, not 0.949999988079071.
    if pa.types.is_floating(kind):
        return pc.cast(pc.cast(column, pa.string()), pa.float64()).to_pylist()  # type: ignore[no-any-return]
    if pa.types.is_list(kind) and pa.types.is_floating(kind.value_type):
        return pc.cast(pc.cast(column, pa.list_(pa.string())), pa.list_(pa.float64())).to_pylist()  # type: ignore[no-any-return]
    return column.to_pylist()  # type: ignore[no-any-return]  # pyarrow has no types
