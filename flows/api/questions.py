"""What may be asked of a table, as one model a table: FastAPI checks requests by it and describes it in the OpenAPI document.

Promise: parameters are made from the columns in `warehouse/metadata/` and nothing else, so what is described is what is checked;
a value is what it looks like or an error, never guessed (`1.0` is no whole number); an unknown parameter is an error.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model

from warehouse.metadata.models import Field as Column
from warehouse.metadata.models import get_resource
from warehouse.selection import Condition, Test, list_tests

MOST_VALUES = 50  # of one parameter
LONGEST_TEXT = 200
DEFAULT_ROWS = 100
_BITS = {"int16": 16, "int32": 32, "int64": 64, "integers": 32}

AnswerFormat = Literal["json", "csv", "parquet"]


def _read_whole_number(text: object) -> object:
    if isinstance(text, str) and not re.fullmatch(r"-?[0-9]{1,19}", text):
        raise ValueError("expected a whole number")
    return text


def _read_number(text: object) -> object:
    if isinstance(text, str) and not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", text):
        raise ValueError("expected a number")
    return text


def _read_truth(text: object) -> object:
    if isinstance(text, str) and text not in {"true", "false"}:
        raise ValueError("expected true or false")
    return text


def _read_moment(text: object) -> object:
    if not isinstance(text, str):
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("expected a moment with its time zone, as 2026-11-25T08:00:00Z") from None
    if moment.tzinfo is None or "T" not in text.upper():
        raise ValueError("expected a moment with its time zone, as 2026-11-25T08:00:00Z")
    return moment


_Truth = Annotated[bool, BeforeValidator(_read_truth)]
_Moment = Annotated[datetime, BeforeValidator(_read_moment)]
_Number = Annotated[float, Field(allow_inf_nan=False), BeforeValidator(_read_number)]
_Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
# Text in the address, a decimal in the question: a float would change it.
_Amount = Annotated[str, Field(pattern=r"^-?[0-9]{1,18}(\.[0-9]{1,2})?$", examples=["1763400.00"])]
_Cursor = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,300}$")]


class Common(BaseModel):
    """What may be said of every table."""

    model_config = ConfigDict(extra="forbid")

    cursor: _Cursor | None = Field(None, description="下一页 Where the page before ended: take the whole address of `next`")
    format: AnswerFormat | None = Field(None, description="格式 Form of the answer; without: what Accept asks for, else json")
    as_of: Annotated[str, Field(min_length=1, max_length=40)] | None = Field(
        None,
        description="截至 An earlier state: a date (2026-11-25, its end in UTC), a moment, a release (2026.11.25-7), "
        "a commit number",
    )
    total: _Truth = Field(False, description="总行数 Also count all rows that fit")


@cache
def make_question(table: str, columns: tuple[str, ...], most_rows: int) -> type[BaseModel]:
    """The model of the parameters of a table's rows; `columns` are those that there are. Names are aliases, as `page.min`."""
    resource = get_resource(table)
    fields: dict[str, Any] = {}
    for column in (resource.get_field(name) for name in columns):
        if column.name in {*Common.model_fields, "limit", "columns"}:
            raise ValueError(f"{table}.{column.name} has the name of a parameter that all tables have")
        for test in list_tests(column):
            described = f"{_describe_test(test)}: {column.zh} · {column.en}"
            fields[f"{column.name}__{test}"] = (
                Annotated[_find_type(column, test), Field(alias=name_parameter(column.name, test), description=described)],
                None,
            )
    return create_model(
        f"{table}_question",
        __base__=Common,
        limit=(_make_limit(most_rows), min(DEFAULT_ROWS, most_rows)),
        columns=(_make_choice(columns), None),
        **fields,
    )


def list_parameters(question: type[BaseModel]) -> list[str]:
    """The names of all parameters of such a model."""
    return [field.alias or name for name, field in question.model_fields.items()]


def name_parameter(column: str, test: Test) -> str:
    """How a test of a column is written in an address."""
    return column if test == "is" else f"{column}.{test}"


def list_conditions(question: BaseModel, table: str, columns: Sequence[str]) -> Iterator[Condition]:
    """The conditions that a checked question sets."""
    resource = get_resource(table)
    for column in (resource.get_field(name) for name in columns):
        for test in list_tests(column):
            given = getattr(question, f"{column.name}__{test}")
            if given is not None:
                values = given if isinstance(given, list) else [given]
                yield Condition(column.name, test, tuple(_to_value(column, value) for value in values))


def _to_value(column: Column, value: Any) -> Any:
    return Decimal(value) if column.type == "decimal" and isinstance(value, str) else value


def _make_limit(most: int) -> Any:
    return Annotated[int, Field(ge=1, le=most, description="行数上限 Most rows of a page"), BeforeValidator(_read_whole_number)]


def _make_choice(columns: tuple[str, ...]) -> Any:
    word: Any = Literal[columns]
    several = Annotated[list[word], Field(min_length=1, max_length=len(columns))]
    return Annotated[several | None, Field(description="列 Only these columns; without: all")]


def _describe_test(test: Test) -> str:
    return {
        "is": "等于任一值 is any one of",
        "min": "不小于 at least",
        "max": "不大于 at most",
        "prefix": "以此开头 begins with",
        "contains": "包含 contains",
        "has": "列表含有 the list has",
        "null": "是否为空 is null",
    }[test]


def _find_type(column: Column, test: Test) -> Any:
    if test == "null":
        return _Truth | None
    if test == "prefix":
        return Annotated[str, Field(pattern=r"^[0-9a-f]{1,64}$")] | None
    one: Any = _Text if test in {"contains", "has"} and column.type in {"string", "strings"} else _find_value_type(column)
    if test == "is" and column.type != "bool":
        return Annotated[list[one], Field(min_length=1, max_length=MOST_VALUES)] | None
    return one | None


def _find_value_type(column: Column) -> Any:
    if column.enum:
        return Literal[column.enum]
    if column.type in _BITS:
        bits = _BITS[column.type]
        least = -(1 << bits - 1) if column.minimum is None else column.minimum
        most = (1 << bits - 1) - 1 if column.maximum is None else column.maximum
        # In this order: behind a validator of ours the bounds would be checked and not described.
        return Annotated[int, Field(ge=least, le=most), BeforeValidator(_read_whole_number)]
    if column.pattern:
        # \d of the checker means the digits of all scripts.
        return Annotated[str, Field(pattern=f"^(?:{column.pattern.replace(chr(92) + 'd', '[0-9]')})$", max_length=LONGEST_TEXT)]
    return {"decimal": _Amount, "timestamp": _Moment, "float32": _Number, "bool": _Truth, "string": _Text}[column.type]
