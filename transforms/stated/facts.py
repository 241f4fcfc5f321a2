"""Claims and their facts: what the engine of the identities compares where words and sheets state numbers.

Promise: exact whole numbers throughout; every fact names the rows that it was taken from, so that a check leads back to them. A
claim without a number on one side is kept and becomes `not_computable`, never a pass.

Money is counted in fen, everything else (percent, persons, vehicles) in millionths, because a percentage that follows from two
amounts has no last digit of its own: its grain is twice as wide as the rounding of what it was computed from can move it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

Origin = Literal["statement", "line", "target", "project"]
YUAN = "yuan"
SCALES = {YUAN: 2}  # decimal places of the whole numbers, by unit
OTHER_SCALE = 6
MARKS: dict[Origin, str] = {"statement": "s", "line": "l", "target": "t", "project": "p"}


@dataclass(frozen=True, slots=True)
class Source:
    """A row that a fact rests on: the number of a statement, target or project, or a line's id."""

    origin: Origin
    key: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One number of a claim: `part` is the place it takes in the formula, `reading` which of several that it may be.

    `value` None: nothing is known, and the side is blank. `grain`: the last digit, as in `transforms.envelope`.
    """

    part: str
    value: int | None
    grain: int
    sources: tuple[Source, ...]
    reading: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """One instance of an identity of the text: `topic` is the formula's word for it, `doubts` are columns of the declaration."""

    topic: str
    unit: str
    subject: str
    facts: tuple[Fact, ...]
    doubts: frozenset[str] = frozenset()


def scale_of(unit: str) -> int:
    """Decimal places of the whole numbers in which a unit is counted."""
    return SCALES.get(unit, OTHER_SCALE)


def lay_out_facts(document_id: str, claims: Sequence[Claim], doubts: Iterable[str]) -> pd.DataFrame:
    """One row per fact with the columns that the engine and the declaration select by; `claim` is the claim's place, from 0."""
    names = tuple(doubts)
    rows = [row for number, claim in enumerate(claims) for row in _list_rows(document_id, number, claim, names)]
    return pd.DataFrame(rows)


def _list_rows(document_id: str, number: int, claim: Claim, doubts: Sequence[str]) -> Iterator[dict[str, Any]]:
    for place, fact in enumerate(claim.facts):
        known = fact.value is not None
        yield {
            "document": document_id,
            "set": "",
            "claim": number,
            "topic": claim.topic,
            "unit": claim.unit,
            "part": fact.part,
            "reading": fact.reading,
            "fen": fact.value if known else 0,
            "grain": max(fact.grain, 0) if known else 0,
            "is_number": known,
            "line_id": write_sources(fact.sources),
            # What the engine orders and names checks by; the table of a check leads back to its claim.
            "table": f"{number:06d}",
            "table_type": "",
            "table_instance": 1,
            "line_number": number + 1,
            "column_number": place + 1,
            "row": number,
            "name": "",
            "line_label": claim.subject,
            **dict.fromkeys(("function", "econ_department_code", "econ_government_code", "fund", "kind", "basis"), ""),
            **{doubt: doubt in claim.doubts for doubt in doubts},
        }


def write_sources(sources: Iterable[Source]) -> str:
    """The sources of a fact as one id: the engine passes it through."""
    return " ".join(f"{MARKS[source.origin]}:{source.key}" for source in sources)


def read_sources(ids: Iterable[str]) -> dict[Origin, list[str]]:
    """The rows behind a side of a check, by origin, each once and in order."""
    origins = {mark: origin for origin, mark in MARKS.items()}
    found: dict[Origin, list[str]] = {origin: [] for origin in MARKS}
    for written in (word for one in ids for word in one.split()):
        mark, key = written.split(":", maxsplit=1)
        if key not in found[origins[mark]]:
            found[origins[mark]].append(key)
    return found
