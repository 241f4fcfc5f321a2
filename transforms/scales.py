"""The checks of one document as scales: what a change of some amounts would do to each of them.

Promise: whole fen; a change mends a check only where it brings it inside the check's own envelope, and a check that held and
would no longer hold is never passed over.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from transforms.proof import HOLDS
from transforms.reconcile import Checks

Changes = Mapping[str, int]


@dataclass(frozen=True)
class Scale:
    """One check: `difference` (left less right) and `grains` (twice the envelope) in fen, `weights` by line.

    `is_bound`: only a left side that is too large fails. `is_soft`: it was not claimed, so it accuses and forbids nothing.
    """

    number: int
    identity: str
    subject: str
    difference: int
    grains: int
    weights: Mapping[str, int]
    left: tuple[str, ...]
    right: tuple[str, ...]
    tables: tuple[str, ...]
    fails: bool
    is_bound: bool
    is_soft: bool
    is_rounding: bool
    is_truncation: bool

    def holds_with(self, shift: int) -> bool:
        """Whether the check holds when its difference changes by `shift` fen."""
        moved = self.difference + shift
        limit = self.grains * (2 if self.is_truncation else 1)
        return 2 * (moved if self.is_bound else abs(moved)) <= limit


@dataclass(frozen=True)
class Weighing:
    """Numbers of the checks that a change mends, breaks, and makes fit though they were not claimed."""

    mended: frozenset[int]
    broken: frozenset[int]
    soft: int


@dataclass(frozen=True)
class Scales:
    """All checks of a document that compare amounts, by number; `fen` and `grain` by line."""

    by_number: Mapping[int, Scale]
    fen: Mapping[str, int]
    grain: Mapping[str, int]

    @cached_property
    def failing(self) -> dict[int, Scale]:
        """The violated checks."""
        return {number: scale for number, scale in self.by_number.items() if scale.fails}

    @cached_property
    def of_line(self) -> dict[str, list[Scale]]:
        """The checks that each line takes part in."""
        found: dict[str, list[Scale]] = defaultdict(list)
        for scale in self.by_number.values():
            for line in scale.weights:
                found[line].append(scale)
        return found

    def weigh(self, changes: Changes) -> Weighing:
        """What happens when the amounts change by so many fen."""
        shifts: dict[int, int] = defaultdict(int)
        for line, delta in changes.items():
            if delta:
                for scale in self.of_line.get(line, ()):
                    shifts[scale.number] += scale.weights[line] * delta
        mended, broken, soft = set(), set(), 0
        for number, shift in shifts.items():
            scale = self.by_number[number]
            holds = scale.holds_with(shift)
            if scale.is_soft:
                soft += holds and bool(shift)
            elif scale.fails and holds:
                mended.add(number)
            elif not scale.fails and not holds:
                broken.add(number)
        return Weighing(frozenset(mended), frozenset(broken), soft)

    def count_independent(self, numbers: frozenset[int], shared: frozenset[str]) -> int:
        """The size of a set of the checks that have no line in common but the `shared` ones, smallest checks first."""
        taken: list[set[str]] = []
        for number in sorted(numbers, key=lambda n: (len(self.by_number[n].weights), n)):
            lines = set(self.by_number[number].weights) - shared
            if all(not lines & other for other in taken):
                taken.append(lines)
        return len(taken)


def lay_scales(checks: Checks) -> Scales:
    """The scales of the checks of one document."""
    frame, terms = checks.frame, checks.terms
    weights: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    grains: dict[int, int] = defaultdict(int)
    columns = (terms[name].tolist() for name in ("check", "line_id", "is_left", "sign", "is_number", "grain"))
    for check, line, is_left, sign, is_number, grain in zip(*columns, strict=True):
        weights[check][line] += sign if is_left else -sign
        grains[check] += grain if is_number else 0
    scales = {}
    for check, row in enumerate(frame.to_dict("records")):
        relation, outcome = checks.relations[row["check_id"]], row["outcome"]
        if relation not in {"equal", "at_most"} or pd.isna(row["difference_fen"]):
            continue
        scales[int(row["check_number"])] = Scale(
            number=int(row["check_number"]),
            identity=row["check_id"],
            subject=row["check_subject"],
            difference=int(row["difference_fen"]),
            grains=grains[check],
            weights=dict(weights[check]),
            left=tuple(row["left_line_ids"]),
            right=tuple(row["right_line_ids"]),
            tables=tuple(row["table_ids"]),
            fails=outcome == "violated",
            is_bound=relation == "at_most",
            is_soft=outcome not in {*HOLDS, "violated"},
            is_rounding=outcome == "rounding",
            is_truncation=outcome == "truncation",
        )
    first = terms.drop_duplicates("line_id")
    fen = dict(zip(first["line_id"], first["fen"].astype(int), strict=True))
    return Scales(scales, fen, dict(zip(first["line_id"], first["grain"].astype(int), strict=True)))
