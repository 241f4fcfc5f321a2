"""Findings: what a person should look at, made from one catalogue (`findings.yml`).

Promise: a finding of an unknown kind, or one whose message lacks a value, cannot be made.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

from warehouse.records import Box, Row

Severity = Literal["critical", "warning", "info"]
Whose = Literal["publisher", "extraction", "source", "undecided"]


class FindingKind(BaseModel):
    """One entry of the catalogue: `message` is a template over named values."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    severity: Severity
    whose: Whose
    message: str
    hint: str


class UnknownFindingError(LookupError):
    """A finding kind that is not in the catalogue."""


@cache
def load_finding_kinds() -> dict[str, FindingKind]:
    """The catalogue by kind."""
    text = files("warehouse").joinpath("findings.yml").read_text(encoding="utf-8")
    return {kind: FindingKind(**entry) for kind, entry in yaml.safe_load(text).items()}


def make_finding(
    kind: str,
    *,
    page: int | None = None,
    bbox: Box | None = None,
    table_id: str | None = None,
    row_number: int | None = None,
    whose: Whose | None = None,
    fitting_value: str | None = None,
    check_numbers: Sequence[int] = (),
    line_ids: Sequence[str] = (),
    **values: Any,
) -> Row:
    """A row of `core_findings` without its document and ordinal. `values` fill the message's template;
    `check_numbers` are the document's checks that the finding explains, `line_ids` the lines that it accuses.

    Raises UnknownFindingError for a kind outside the catalogue, KeyError where the template lacks a value.
    """
    kinds = load_finding_kinds()
    if kind not in kinds:
        raise UnknownFindingError(f"finding kind {kind!r} is not in warehouse/findings.yml; known: {', '.join(sorted(kinds))}")
    entry = kinds[kind]
    return {
        "finding_kind": kind,
        "severity": entry.severity,
        "whose": whose or entry.whose,
        "message": entry.message.format_map(values),
        "hint": entry.hint,
        "fitting_value": fitting_value,
        "table_id": table_id,
        "row_number": row_number,
        "page": page,
        "bbox": list(bbox) if bbox else None,
        "check_numbers": list(check_numbers),
        "line_ids": list(line_ids),
    }
