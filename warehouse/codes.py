"""The code lists that ship with the project (`metadata/codes/*.csv`): classifications with years of validity, regions,
crosswalks to international ones.

Promise: every row of the lists, in the order of the code and the year, and nothing interpreted. Which code was valid in which
year, and what a name most likely means, is for `transforms` to say.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from warehouse.records import Row

Scheme = Literal["function", "econ_department", "econ_government", "revenue"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
# What the classifications are in international terms: the codes, and the crosswalks that lead to them.
_INTERNATIONAL = ("ref_cofog_codes", "ref_cofog_crosswalk", "ref_gfsm_codes", "ref_gfsm_crosswalk")


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One code under one name. `level` counts from 1 (3 digits); `valid_to` None: still valid.

    The bases say how hard the years are: `known` and `observed_change` are years of a change, `first_seen` and `listed_2009`
    the earliest evidence, `last_seen` and `upper_bound` the latest year that cannot be excluded, None a list known as a whole.
    """

    code: str
    name: str
    level: int
    parent_code: str | None
    valid_from: int | None
    valid_to: int | None
    valid_from_basis: str | None = None
    valid_to_basis: str | None = None
    name_en: str | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """One administrative region of GB/T 2260: `level` 1 province, 2 prefecture, 3 county."""

    code: str
    name: str
    level: int
    parent_code: str | None


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of an organisation, in the region of `region_code` (None: in every region, names without their region).

    `alias_kind`: short_name and former_name mean the same organisation, merged_into one that became a part of it.
    `valid_to` is the last year in which the alias was used.
    """

    department_id: str
    region_code: str | None
    name: str
    alias: str
    alias_kind: str
    valid_to: int | None


@cache
def load_code_list(scheme: Scheme) -> tuple[CodeEntry, ...]:
    """All entries of one classification, ordered by code and year. Raises LookupError for an unknown scheme."""
    if scheme not in SCHEMES:
        raise LookupError(f"no code list {scheme!r}; known: {', '.join(SCHEMES)}")
    return tuple(
        CodeEntry(
            code=row["code"],
            name=row["name"],
            level=row["level"],
            parent_code=row["parent_code"],
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
            valid_from_basis=row["valid_from_basis"],
            valid_to_basis=row["valid_to_basis"],
            name_en=row["name_en"],
        )
        for row in read_reference_rows(f"ref_{scheme}_codes")
    )


@cache
def load_regions() -> tuple[Region, ...]:
    """All regions, ordered by code."""
    return tuple(
        Region(code=row["code"], name=row["name"], level=row["level"], parent_code=row["parent_code"])
        for row in read_reference_rows("ref_regions")
    )


@cache
def load_aliases() -> tuple[Alias, ...]:
    """The registry of organisations (`departments.csv`): one entry for each other name of one of them."""
    return tuple(
        Alias(
            department_id=row["department_id"],
            region_code=row["region_code"],
            name=row["name"],
            alias=row["alias"],
            alias_kind=row["alias_kind"],
            valid_to=row["valid_to"],
        )
        for row in read_reference_rows("ref_departments")
    )


def reference_resources() -> tuple[str, ...]:
    """Names of the `ref_` resources that are written from the lists."""
    return (*(f"ref_{scheme}_codes" for scheme in SCHEMES), "ref_regions", "ref_departments", *_INTERNATIONAL)


def read_reference_rows(resource: str) -> Iterator[Row]:
    """The rows of one `ref_` resource as its CSV gives them: empty is None, years and levels are numbers."""
    name = resource.removeprefix("ref_").removesuffix("_codes")
    text = files("warehouse.metadata").joinpath("codes", f"{name}.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        yield {key: _read_value(key, value) for key, value in row.items()}


_NUMBERS = frozenset({"level", "valid_from", "valid_to", "first_seen_year", "last_seen_year"})


def _read_value(key: str, value: str) -> str | int | None:
    if value == "":
        return None
    return int(value) if key in _NUMBERS else value
