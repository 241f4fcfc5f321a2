"""Expectations that follow from the metadata of a core table, and from nothing else.

Promise: pure declarations, made from `warehouse/metadata` alone: not-null, enumerations, patterns, ranges, the key. What is not
declared there is not expected here, and nothing is declared twice. `run.py` turns them into Great Expectations suites.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from warehouse.issues import Severity
from warehouse.metadata.models import Field, Resource, get_resource

# Columns that help a person find a row, in the order in which they are printed.
LOCATORS = (
    "document_id",
    "table_id",
    "page",
    "line_number",
    "column_number",
    "row_number",
    "check_number",
    "finding_number",
    "line_id",
)


@dataclass(frozen=True, slots=True)
class Declaration:
    """One expectation on one table: Great Expectations' class `type` with its `arguments`; `reason` is the field's meaning."""

    name: str
    table: str
    type: str
    reason: str
    title: str
    title_zh: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    # Only rows whose column has none of these values: (column, values).
    unless: tuple[str, tuple[str, ...]] | None = None
    # Broken metadata is a fault of the program, not a publisher's: it never loads.
    severity: Severity = "critical"


def declare_expectations(table: str) -> tuple[Declaration, ...]:
    """All expectations of one resource, in the order of its fields, the key last."""
    resource = get_resource(table)
    fields = tuple(declaration for field in resource.fields for declaration in _declare_field(table, field))
    return (*fields, *_declare_explained_nulls(resource), _declare_key(resource))


def list_locators(table: str) -> tuple[str, ...]:
    """The columns of a resource that tell a person where a row is, `document_id` first."""
    names = {field.name for field in get_resource(table).fields}
    return tuple(name for name in LOCATORS if name in names)


def _declare_field(table: str, field: Field) -> Iterator[Declaration]:
    def declare(suffix: str, kind: str, title: str, title_zh: str, **arguments: Any) -> Declaration:
        return Declaration(
            name=f"{table}.{field.name}.{suffix}",
            table=table,
            type=kind,
            reason=field.en,
            title=f"{field.name} {title}",
            title_zh=f"{field.zh}：{title_zh}",
            arguments={"column": field.name, **arguments},
        )

    if not field.nullable:
        yield declare("not_null", "ExpectColumnValuesToNotBeNull", "is there", "不为空")
    if field.enum:
        yield declare("enum", "ExpectColumnValuesToBeInSet", "is one of its words", "取值在列表内", value_set=list(field.enum))
    if field.pattern:
        # \Z, because $ lets a line break at the end pass. No capturing groups: pandas warns of them at every expectation.
        pattern = "^(?:" + re.sub(r"(?<!\\)\((?!\?)", "(?:", field.pattern) + r")\Z"
        yield declare("pattern", "ExpectColumnValuesToMatchRegex", f"matches {field.pattern}", "格式正确", regex=pattern)
    if field.minimum is not None or field.maximum is not None:
        limits = {"min_value": field.minimum, "max_value": field.maximum}
        known = {name: value for name, value in limits.items() if value is not None}
        yield declare("range", "ExpectColumnValuesToBeBetween", "is in its range", "在范围内", **known)


def _declare_explained_nulls(resource: Resource) -> Iterator[Declaration]:
    """A nullable column may be null only where another one says why; one that says so by several columns is for a rule."""
    for column, states in resource.null_only_where.items():
        if len(states) != 1:
            raise ValueError(f"{resource.name}.{column}: a null explained by {len(states)} columns has no declaration yet")
        ((other, values),) = states.items()
        field = resource.get_field(column)
        yield Declaration(
            name=f"{resource.name}.{column}.null_explained",
            table=resource.name,
            type="ExpectColumnValuesToNotBeNull",
            reason=field.en,
            title=f"{column} is there unless {other} is {' or '.join(values)}",
            title_zh=f"{field.zh}：为空须有说明",
            arguments={"column": column},
            unless=(other, values),
        )


def _declare_key(resource: Resource) -> Declaration:
    key = list(resource.key)
    is_single = len(key) == 1
    return Declaration(
        name=f"{resource.name}.key",
        table=resource.name,
        type="ExpectColumnValuesToBeUnique" if is_single else "ExpectCompoundColumnsToBeUnique",
        reason="The key of the table: two rows under one key would be counted twice",
        title=f"{', '.join(key)} occur once",
        title_zh="主键不重复",
        arguments={"column": key[0]} if is_single else {"column_list": key},
    )
