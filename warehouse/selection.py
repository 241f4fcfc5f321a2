"""What a reader asks of one table without writing SQL: which rows, which columns, how many, after which one.

Promise: the columns and what may be asked of each follow from the metadata and nothing else; values reach the database as
parameters, never as text of a question. Rows have one order, that of the table's place in its edition (`warehouse.edition`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from warehouse.metadata.models import Field

Test = Literal["is", "min", "max", "prefix", "contains", "has", "null"]
"""`is`: any one of the values. `min`, `max`: both included. `prefix`: of codes. `contains`: of text. `has`: of lists."""

_NUMBERS = frozenset({"int16", "int32", "int64", "decimal", "timestamp"})
_CLAUSES = {
    "min": "{column} >= ?",
    "max": "{column} <= ?",
    "prefix": "starts_with({column}, ?)",
    "contains": "contains({column}, ?)",
    "has": "list_contains({column}, ?)",
}


def list_tests(field: Field) -> tuple[Test, ...]:
    """What may be asked of a column. A box can only be read; equality of binary fractions is asked by nobody."""
    return (*_list_value_tests(field), *(("null",) if field.nullable else ()))


def _list_value_tests(field: Field) -> tuple[Test, ...]:
    if field.type in _NUMBERS:
        return ("is", "min", "max")
    if field.type == "float32":
        return ("min", "max")
    if field.type in {"strings", "integers"}:
        return ("has",)
    if field.type == "string" and not field.enum:
        return ("is", "prefix") if field.pattern else ("is", "contains")
    return () if field.type == "box" else ("is",)


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must hold of a row. `values`: of `is` any one; of `null` True or False; of all others one."""

    column: str
    test: Test
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows of a table: those for which every condition holds, at most `limit` of them, behind the place `after`."""

    table: str
    columns: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    limit: int = 100
    after: int = -1


def write_question(selection: Selection) -> tuple[str, list[Any]]:
    """The SQL and its parameters. The last column is a row's place; one row more than asked for says that there are more."""
    columns = ", ".join(f'"{column}"' for column in selection.columns)
    clauses, values = _write_conditions(selection.conditions)
    where = " and ".join([*clauses, "rowid > ?"])
    sql = f'select {columns}, rowid from "{selection.table}" where {where} order by rowid limit ?'  # noqa: S608  # names of the metadata
    return sql, [*values, selection.after, selection.limit + 1]


def write_count(selection: Selection) -> tuple[str, list[Any]]:
    """The SQL, and its parameters, that counts all rows for which the conditions hold."""
    clauses, values = _write_conditions(selection.conditions)
    where = f" where {' and '.join(clauses)}" if clauses else ""
    return f'select count(*) from "{selection.table}"{where}', values  # noqa: S608  # names of the metadata


def _write_conditions(conditions: Sequence[Condition]) -> tuple[list[str], list[Any]]:
    written = list(_write_each(conditions))
    return [clause for clause, _ in written], [value for _, values in written for value in values]


def _write_each(conditions: Sequence[Condition]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for condition in conditions:
        column = f'"{condition.column}"'
        if condition.test == "is":
            yield f"{column} in ({', '.join('?' * len(condition.values))})", condition.values
        elif condition.test == "null":
            yield f"{column} is {'null' if condition.values[0] else 'not null'}", ()
        else:
            yield _CLAUSES[condition.test].format(column=column), condition.values
