"""The metadata of every table: fields declared once (`fields.yml`), resources that choose among them (`resources/*.yml`).

Promise: what these models say is what Arrow schemas, expectation suites, the data package and the dictionary are made from.
A column that means the same everywhere is declared by its name; one that means something else in a table, as `table.column`.
A resource that names an unknown field, a key outside its fields, or a layer that does not exist, cannot be loaded.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

FieldType = Literal["string", "int16", "int32", "int64", "float32", "bool", "decimal", "timestamp", "box", "strings", "integers"]
Layer = Literal["archive", "raw", "core", "ref", "out", "release", "system"]

# Tables of the store itself: they have no layer prefix because no reader asks for them by topic.
_SYSTEM_TABLES = frozenset({"commits", "purges"})


class UnknownResourceError(LookupError):
    """A table that has no metadata."""


class Field(BaseModel):
    """One column: its type, its meaning in both languages, and what its values may be. `pattern` is matched in full.

    `declared` is its entry in `fields.yml`: its name, or `table.name` where the table has a meaning of its own for it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    declared: str
    type: FieldType
    en: str
    zh: str
    nullable: bool = False
    unit: str | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None


class Hazard(BaseModel):
    """Why amounts of a table must not be added up as they stand. `guards`: columns that a question must fix or group by first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    guards: tuple[str, ...]
    en: str
    zh: str


class Example(BaseModel):
    """A question to the table that can be asked as it stands: what it asks in both languages, and its SQL."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    en: str
    zh: str
    sql: str


class Resource(BaseModel):
    """One table: its columns in order and the key that occurs once.

    `null_only_where` names, per column, the values of other columns that alone explain a null: {column: {other: (value, ...)}}.
    `of_several_documents`: a row rests on more than one document, so that no single processing owns it. `hazard`: what goes wrong
    where its amounts are added up. `examples`: questions that the dictionary shows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    en: str
    zh: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    null_only_where: Mapping[str, Mapping[str, tuple[str, ...]]] = {}
    of_several_documents: bool = False
    hazard: Hazard | None = None
    examples: tuple[Example, ...] = ()

    @property
    def layer(self) -> Layer:
        """What the table's name says it belongs to."""
        if self.name in _SYSTEM_TABLES:
            return "system"
        return self.name.split("_", 1)[0]  # type: ignore[return-value]  # checked by _check_layer

    @property
    def field_names(self) -> tuple[str, ...]:
        """The columns in their order."""
        return tuple(field.name for field in self.fields)

    def get_field(self, name: str) -> Field:
        """One column. Raises LookupError."""
        for field in self.fields:
            if field.name == name:
                return field
        raise LookupError(f"{self.name} has no field {name}")

    @model_validator(mode="after")
    def _check_layer(self) -> Self:
        if self.name not in _SYSTEM_TABLES and self.name.split("_", 1)[0] not in {
            "archive",
            "raw",
            "core",
            "ref",
            "out",
            "release",
        }:
            raise ValueError(f"{self.name}: its name begins with no known layer")
        return self

    @model_validator(mode="after")
    def _check_columns(self) -> Self:
        names = self.field_names
        if len(set(names)) != len(names):
            raise ValueError(f"{self.name}: a field is listed twice")
        rules = {*self.null_only_where, *(other for states in self.null_only_where.values() for other in states)}
        rules |= set(self.hazard.guards) if self.hazard else set()
        if unknown := ({*self.key} | rules) - set(names):
            raise ValueError(f"{self.name}: the key or a rule names {', '.join(sorted(unknown))}, not a field of the table")
        return self


@cache
def load_fields() -> Mapping[str, Field]:
    """All fields as `fields.yml` declares them, by their entries (`nullable` is a matter of the resource)."""
    text = files("warehouse.metadata").joinpath("fields.yml").read_text(encoding="utf-8")
    entries: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return MappingProxyType(
        {declared: Field(name=declared.split(".")[-1], declared=declared, **entry) for declared, entry in entries.items()}
    )


@cache
def load_resources() -> Mapping[str, Resource]:
    """All resources by name, in alphabetical order."""
    folder = files("warehouse.metadata").joinpath("resources")
    found = sorted((path for path in folder.iterdir() if path.name.endswith(".yml")), key=lambda path: path.name)
    return MappingProxyType(
        {path.name.removesuffix(".yml"): _read_resource(path.name, path.read_text("utf-8")) for path in found}
    )


def get_resource(name: str) -> Resource:
    """One resource. Raises UnknownResourceError."""
    if name not in load_resources():
        raise UnknownResourceError(f"no metadata for a table {name!r}; known: {', '.join(load_resources())}")
    return load_resources()[name]


def list_resources(*layers: Layer) -> tuple[str, ...]:
    """Names of the resources of some layers, in alphabetical order."""
    return tuple(name for name, resource in load_resources().items() if resource.layer in layers)


@cache
def load_labels() -> Mapping[str, Mapping[str, str]]:
    """Chinese labels of enumerated values from `labels.yml`: {field as declared: {value: label}}.

    Raises ValueError where the labels of a field are not those of its enumeration.
    """
    text = files("warehouse.metadata").joinpath("labels.yml").read_text(encoding="utf-8")
    labels: dict[str, dict[str, str]] = yaml.safe_load(text)
    for name, words in labels.items():
        declared = set(load_fields()[name].enum)
        if declared != set(words):
            raise ValueError(f"labels.yml, {name}: {', '.join(sorted(declared ^ set(words)))} stands on one side only")
    return MappingProxyType(labels)


def _read_resource(file_name: str, text: str) -> Resource:
    entry: dict[str, Any] = yaml.safe_load(text)
    if f"{entry['name']}.yml" != file_name:
        raise ValueError(f"{file_name} describes {entry['name']}: name of file and table differ")
    return Resource(**{**entry, "fields": tuple(_choose_field(entry["name"], column) for column in entry["fields"])})


def _choose_field(resource: str, column: str) -> Field:
    name = column.removesuffix("?")
    field = load_fields().get(f"{resource}.{name}") or load_fields().get(name)
    if field is None:
        raise ValueError(f"{resource}.yml: field {name} is not in fields.yml")
    return field.model_copy(update={"nullable": column.endswith("?")})
