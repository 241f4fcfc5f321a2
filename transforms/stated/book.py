"""All statements of a document at hand: what is stated of a thing, near a place, and what the tables print of it.

Promise: nearest means nearest in the text before a place, else after it; no statement is its own evidence.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from transforms.stated.links import LineBoard, Linked
from transforms.stated.numbers import Amount, Stated

SEVERAL = 3  # different amounts of one thing in one text: they are parts of it, or said of several bodies
NEAR = 20  # a misprint or another year's figure seldom lies farther than a twentieth away; amounts of two things mostly do
# The counterpart that a comparison is made with, and how its own amount is called.
BASES_OF = {
    "current_vs_prior": "prior",
    "current_vs_prior_estimate": "prior_estimate",
    "current_vs_budget": "current_budget",
    "current_vs_adjusted_budget": "current_adjusted_budget",
}


@dataclass(frozen=True)
class StatedBook:
    """Statements in reading order, the tables' lines, and the places of numbers that were not understood."""

    statements: Sequence[Stated]
    board: LineBoard | None
    phase: str
    links: dict[int, list[Linked]] = field(default_factory=dict)
    unread: Sequence[int] = ()

    def list_measure(self, measure: str) -> list[Stated]:
        """The statements of one measure."""
        return self._by_measure.get(measure, [])

    @cached_property
    def _by_measure(self) -> dict[str, list[Stated]]:
        index: dict[str, list[Stated]] = defaultdict(list)
        for one in self.statements:
            index[one.measure].append(one)
        return index

    def has_unread(self, first: Stated, last: Stated) -> bool:
        """Whether a number that was not understood, or has no key, stands between two statements."""
        start, end = first.row["text_start"], last.row["text_end"]
        return any(start < place < end for place in self.unread)

    def is_ambiguous(self, one: Stated) -> bool:
        """Whether the text states amounts of a thing that cannot be one amount: several, or two that lie far apart."""
        values = self._values_of[one.concept, one.row["subject"] or "", one.row["period"], one.unit]
        return len(values) >= SEVERAL or not all(lie_near(value, other) for value in values for other in values)

    @cached_property
    def _values_of(self) -> dict[tuple[str, str, str, str], set[int]]:
        index: dict[tuple[str, str, str, str], set[int]] = defaultdict(set)
        for one in self.list_measure("amount"):
            if one.value is not None:
                index[one.concept, one.row["subject"] or "", one.row["period"], one.unit].add(one.value)
        return index

    def find_amounts(self, concept: str, subject: str | None, period: str, near: Stated) -> list[Stated]:
        """Amounts stated of a thing, the nearest before `near` first, then those after it."""
        found = self._by_thing.get((concept, subject or "", period), [])
        before = [one for one in found if one.number < near.number]
        after = [one for one in found if one.number > near.number]
        return [*reversed(before), *after]

    @cached_property
    def _by_thing(self) -> dict[tuple[str, str, str], list[Stated]]:
        index: dict[tuple[str, str, str], list[Stated]] = defaultdict(list)
        for one in self.statements:
            if one.measure == "amount" and one.value is not None:
                index[one.concept, one.row["subject"] or "", one.row["period"]].append(one)
        return index

    def find_lines(self, concept: str, subject: str | None, period: str) -> list[Linked]:
        """The readings of a thing in the tables."""
        return self.board.find(concept, subject, period) if self.board else []

    def list_candidates(self, concept: str, subject: str | None, period: str, near: Stated) -> list[Amount]:
        """What the amount of a thing may be: stated near a place first, then printed in the tables; each value once."""
        stated = [make_amount(one) for one in self.find_amounts(concept, subject, period, near) if one.unit == near_unit(near)]
        printed = [linked.amount for linked in self.find_lines(concept, subject, period) if linked.amount]
        return drop_repeats([*stated, *printed])


def near_unit(near: Stated) -> str:
    """The unit in which the things around a statement are counted: a percentage is of money."""
    return "yuan" if near.unit in {"percent", ""} else near.unit


def make_amount(one: Stated) -> Amount:
    """A stated number with its place. Raises ValueError where it is only a word."""
    if one.value is None:
        raise ValueError(f"statement {one.number} has no number")
    return Amount(one.value, one.grain, (one.source,))


def lie_near(one: int, other: int) -> bool:
    """Whether two amounts may be meant to be the same: close to each other, out by one digit or by a factor of ten."""
    if abs(one - other) * NEAR <= max(abs(one), abs(other)):
        return True
    left, right = str(abs(one)), str(abs(other))
    is_digit = len(left) == len(right) > 4 and sum(a != b for a, b in zip(left, right, strict=True)) == 1
    return bool(one and other) and (is_digit or left.rstrip("0") == right.rstrip("0"))


def drop_repeats(amounts: Iterable[Amount]) -> list[Amount]:
    """Amounts of one value once, the first of them."""
    found: dict[int, Amount] = {}
    for amount in amounts:
        found.setdefault(amount.value, amount)
    return list(found.values())
