"""The words of performance target sheets (`layouts/targets.yml`), as models.

Promise: the words stand in the YAML alone; a rule with a field that nobody reads cannot be loaded.
"""

import re
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from transforms.shipped import load_shipped
from transforms.text import normalise


class ColumnRule(BaseModel):
    """What a column's heading means."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: str
    pattern: str


class KeyRule(BaseModel):
    """What a key in a sheet's head introduces."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    pattern: str


class TargetVocabulary(BaseModel):
    """The vocabulary as in the YAML file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[ColumnRule, ...]
    vague_indicator: str
    keys: tuple[KeyRule, ...]
    whole_title: str
    value_heading: str
    sheet_title: str
    titled_projects: tuple[str, ...]
    generic_title: str
    project_code: str
    leading_levels: tuple[str, ...]
    level_number: str
    level_score: str
    indicator_number: str
    cell_marks: tuple[str, ...]
    nothing: frozenset[str]
    operators: dict[str, tuple[str, ...]]
    operators_after: dict[str, tuple[str, ...]]
    qualitative: frozenset[str]
    before_number: str
    filler: str
    dates: str
    unit_not: str
    ranges: str
    figures: str
    line_amount: str
    after_project: str
    units: str
    measures: str
    prose_before: str
    personal_text: str


@cache
def load_target_vocabulary() -> TargetVocabulary:
    """The vocabulary of target sheets."""
    text = files("transforms").joinpath("layouts/targets.yml").read_text(encoding="utf-8")
    return TargetVocabulary(**load_shipped(text))


def is_nothing(text: str) -> bool:
    """Whether a cell is left open: blank, a dash, a slash, 无."""
    return normalise(text) in load_target_vocabulary().nothing


def drop_personal(text: str) -> str:
    """A text without officers' names, telephone numbers and addresses of mail: they stay in the raw tables."""
    return re.sub(r"[(（][)）]", "", re.sub(load_target_vocabulary().personal_text, "", text))
