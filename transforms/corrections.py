"""Declared corrections: the only way in which a value that was read is changed.

Promise: a correction changes one line of one document, and only where the line still shows what its author saw. Everything else
is told and changes nothing. A corrected line keeps its printed text and the value that was read beside the new one.

The files are `transforms/corrections/*.yml`; the README beside them shows one.
"""

import datetime
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from transforms.amounts import UNIT_FACTORS, to_yuan
from transforms.identities import load_identities
from warehouse.issues import make_finding
from warehouse.records import Row

Unit = Literal["元", "千元", "万元", "亿元"]
CODE_COLUMNS = ("function_code", "econ_department_code", "econ_government_code")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Exact(_Frozen):
    """Amounts are written in quotes: YAML would make binary fractions of them."""

    @field_validator("*", mode="before")
    @classmethod
    def _is_no_float(cls, value: Any) -> Any:
        if isinstance(value, float):
            raise ValueError(f"write the amount {value} in quotes, so that it stays exact")
        return value


class LineSelector(_Frozen):
    """What names one line: its table's type, its page, its row (label, code or both) and its column (from 1)."""

    table_type: str
    page: int = Field(ge=1)
    column: int = Field(ge=1)
    label: str | None = None
    code: str | None = None

    @model_validator(mode="after")
    def _names_a_row(self) -> "LineSelector":
        if self.label is None and self.code is None:
            raise ValueError("a line is named by the label of its row, its code, or both")
        return self

    def fits(self, line: Row) -> bool:
        """Whether a `core_budget_lines` row is the one meant."""
        return (
            line["table_type"] == self.table_type
            and line["page"] == self.page
            and line["column_number"] == self.column
            and self.label in (None, line["line_label"])
            and (self.code is None or self.code in [line[name] for name in CODE_COLUMNS])
        )


class Guard(_Exact):
    """What the line showed when the correction was written: the cell's text, and its value in yuan (null: none)."""

    amount_reported: str
    amount_cny: Decimal | None

    def find_difference(self, line: Row) -> str | None:
        """What the line shows instead; None where it shows what is expected."""
        if line["amount_reported"] != self.amount_reported:
            return f"the cell reads {line['amount_reported']!r}, expected {self.amount_reported!r}"
        if line["amount_cny"] != self.amount_cny:
            return f"the value read is {line['amount_cny']} yuan, expected {self.amount_cny}"
        return None


class NewAmount(_Exact):
    """The true amount, in a unit."""

    value: Decimal
    unit: Unit

    @property
    def cny(self) -> Decimal:
        """Yuan."""
        return to_yuan(self.value, self.unit)

    @model_validator(mode="after")
    def _is_whole_fen(self) -> "NewAmount":
        if self.cny != self.value * UNIT_FACTORS[self.unit]:
            raise ValueError(f"{self.value} {self.unit} is not a whole number of fen")
        return self


class Evidence(_Frozen):
    """Why the new amount is certain: the page that shows it, what is seen there, and the identities that it mends."""

    page: int = Field(ge=1)
    shows: str = Field(min_length=1)
    mends: tuple[str, ...]

    @field_validator("mends")
    @classmethod
    def _are_identities(cls, mends: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(mends) - {identity.id for identity in load_identities().identities})
        if unknown:
            raise ValueError(f"no such identities: {', '.join(unknown)}")
        return mends


class Correction(_Frozen):
    """One declared correction."""

    id: str = Field(min_length=1)
    document_id: str = Field(pattern=r"^[0-9a-f]{16}$")
    line: LineSelector
    expect: Guard
    amount: NewAmount
    evidence: Evidence
    author: str = Field(min_length=1)
    date: datetime.date
    reason: str = Field(min_length=1)

    @model_validator(mode="after")
    def _changes_something(self) -> "Correction":
        if self.amount.cny == self.expect.amount_cny:
            raise ValueError("the new amount is the one that was read")
        return self


class _CorrectionFile(_Frozen):
    corrections: tuple[Correction, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """Lines with the corrections that fit applied, which these were by line_id, and findings for all of them."""

    lines: list[dict[str, Any]]
    corrections: Mapping[str, Correction]
    findings: list[Row]


@cache
def load_corrections() -> tuple[Correction, ...]:
    """All corrections that the project declares. Raises pydantic.ValidationError or ValueError where a file is wrong."""
    return read_corrections(files("transforms").joinpath("corrections"))


def read_corrections(folder: Traversable) -> tuple[Correction, ...]:
    """The corrections of a folder's YAML files, in order of their names. Raises as `load_corrections`."""
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".yml")), key=lambda entry: entry.name)
    contents = [yaml.safe_load(entry.read_text(encoding="utf-8")) for entry in found]
    corrections = tuple(one for content in contents for one in _CorrectionFile.model_validate(content).corrections)
    again = [name for name, count in Counter(one.id for one in corrections).items() if count > 1]
    if again:
        raise ValueError(f"two corrections have the same id: {', '.join(sorted(again))}")
    return corrections


def select_corrections(document_id: str, corrections: Iterable[Correction] | None = None) -> tuple[Correction, ...]:
    """One document's corrections; of all that are declared where none are given."""
    declared = load_corrections() if corrections is None else corrections
    return tuple(one for one in declared if one.document_id == document_id)


def digest_corrections(corrections: Sequence[Correction]) -> str:
    """8 hex digits that change with what the corrections do, not with how their files are laid out; '' for none."""
    if not corrections:
        return ""
    told = "\n".join(sorted(one.model_dump_json() for one in corrections))
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def apply_corrections(lines: Sequence[Row], corrections: Sequence[Correction]) -> Applied:
    """The lines of one document (rows of `core_budget_lines`), corrected where a guard holds.

    Every line gets `correction_id` and `amount_as_read_cny` (None where nothing was changed). A correction that fits no line, or
    several, or a line that shows something else, is told as `correction-stale` and not applied; neither are two for one line.
    """
    fitting = {one.id: [line for line in lines if one.line.fits(line)] for one in corrections}
    claims = Counter(line["line_id"] for found in fitting.values() for line in found)
    chosen: dict[str, Correction] = {}
    findings = []
    for correction in corrections:
        found = fitting[correction.id]
        problem = _find_problem(correction, found, claims)
        findings.append(_report_stale(correction, found, problem) if problem else _report_corrected(correction, found[0]))
        if not problem:
            chosen[found[0]["line_id"]] = correction
    return Applied([_correct(line, chosen.get(line["line_id"])) for line in lines], chosen, findings)


def _find_problem(correction: Correction, found: Sequence[Row], claims: Mapping[str, int]) -> str | None:
    """Why a correction is not applied; None where it is."""
    if len(found) != 1:
        return f"{len(found) or 'no'} lines fit it"
    if claims[found[0]["line_id"]] > 1:
        return "another correction names the same line"
    return correction.expect.find_difference(found[0])


def _correct(line: Row, correction: Correction | None) -> dict[str, Any]:
    if correction is None:
        return {**line, "correction_id": None, "amount_as_read_cny": None}
    return {
        **line,
        "amount_cny": correction.amount.cny,
        "amount_state": "number" if correction.amount.cny else "zero",
        "correction_id": correction.id,
        "amount_as_read_cny": line["amount_cny"],
    }


def _report_corrected(correction: Correction, line: Row) -> Row:
    return make_finding(
        "corrected",
        **_place(line),
        correction=correction.id,
        label=line["line_label"],
        read=line["amount_cny"],
        reported=line["amount_reported"],
        amount=correction.amount.cny,
        reason=correction.reason,
    )


def _report_stale(correction: Correction, found: Sequence[Row], problem: str) -> Row:
    place = _place(found[0]) if len(found) == 1 else {"page": correction.line.page}
    return make_finding("correction-stale", **place, correction=correction.id, problem=problem)


def _place(line: Row) -> dict[str, Any]:
    return {"page": line["page"], "bbox": line["bbox"], "table_id": line["table_id"], "line_ids": (line["line_id"],)}


def write_as_printed(lines: Sequence[Row], corrections: Mapping[str, Correction]) -> list[dict[str, Any]]:
    """The lines as the identities see them: a corrected amount rounded as its author wrote it, not as it was misread.

    `corrections` by line_id. The text in `amount_reported` is the new amount in the unit of the line.
    """
    seen = []
    for line in lines:
        correction = corrections.get(line["line_id"])
        text = _write_in(correction.amount, line["unit_reported"]) if correction else line["amount_reported"]
        seen.append({**line, "amount_reported": text})
    return seen


def _write_in(amount: NewAmount, unit: str) -> str:
    if amount.unit == unit:
        return f"{amount.value:f}"
    return f"{amount.value * UNIT_FACTORS[amount.unit] / UNIT_FACTORS[unit]:f}"


def report_worsening(before: Iterable[Row], after: Iterable[Row], corrections: Iterable[Correction]) -> list[Row]:
    """A finding where more checks (rows of `core_checks`) fail with the corrections than failed without them; else nothing."""
    failed, fails = _count_violated(before), _count_violated(after)
    if fails.total() <= failed.total():
        return []
    worse = ", ".join(f"{name} {fails[name]} instead of {failed[name]}" for name in sorted(fails) if fails[name] > failed[name])
    names = ", ".join(one.id for one in corrections)
    return [make_finding("correction-worsens", corrections=names, before=failed.total(), after=fails.total(), worse=worse)]


def _count_violated(checks: Iterable[Row]) -> Counter[str]:
    return Counter(check["check_id"] for check in checks if check["outcome"] == "violated")
