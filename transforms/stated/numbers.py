"""Statements as whole numbers with their last digit, and the percentage that follows from two amounts.

Promise: no floating point. The last digit of an amount is what the text commonly prints (trailing zeros that were dropped do not
widen it); of a percentage and a count it is what is printed.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pandas as pd

from transforms.envelope import measure_grains
from transforms.stated.facts import OTHER_SCALE, Source, scale_of
from warehouse.records import Row

NUMBER = re.compile(r"[\d,]*\.?\d+")
LONG_UNITS = {"亿": "亿元", "万": "万元"}
HUNDRED = 100 * 10**OTHER_SCALE
# Whole amounts in a row that are no multiples of ROUND before they are taken for rounded: by chance 1 in 10^8 where decimals are
# kept.
FEWEST_IN_A_RUN = 4
ROUND = 10


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement's number: `measure` amount, change, share, completion; `concept` is what it is said of, without the measure."""

    row: Row
    measure: str
    concept: str
    value: int | None
    grain: int

    @property
    def number(self) -> int:
        """Its place in the document."""
        return int(self.row["statement_number"])

    @property
    def source(self) -> Source:
        """Where it stands."""
        return Source("statement", str(self.number))

    @property
    def unit(self) -> str:
        """Unit in its normal form; what is only a word has none."""
        return self.row["unit"] or ""

    @property
    def about(self) -> tuple[str, str]:
        """What it is said of: concept and subject."""
        return self.concept, self.row["subject"] or ""

    @property
    def signed(self) -> int | None:
        """A change with its sign; a word (持平) is no change."""
        if self.row["direction"] == "unchanged":
            return 0
        if self.value is None:
            return None
        return -self.value if self.row["direction"] == "decrease" else self.value


def read_stated(statements: Sequence[Row]) -> list[Stated]:
    """All statements of one document in reading order."""
    ordered = sorted(statements, key=lambda row: row["statement_number"])
    grains = dict(_measure_money(ordered))
    return [_read_one(row, grains) for row in ordered]


def _read_one(row: Row, grains: Mapping[int, int]) -> Stated:
    measure, concept = split_key(row["statement_key"])
    value, grain = None, grains.get(row["statement_number"], 1)
    if row["value"] is not None:
        scale = scale_of(row["unit"] or "")
        # What is finer than a fen is brought to the fen; its grain is then a fen at least.
        value = int(Decimal(row["value"]).scaleb(scale).to_integral_value())
        if row["unit"] != "yuan":
            grain = _count_grain(row)
    return Stated(row, measure, concept, value, grain)


def split_key(key: str) -> tuple[str, str]:
    """Measure and concept: change.three_public.total.percent is a change of three_public.total."""
    first, _, rest = key.partition(".")
    if first in {"change", "completion"}:
        return first, rest.rpartition(".")[0]
    return (first, rest) if first in {"amount", "share"} else ("amount", key)


def _measure_money(rows: Sequence[Row]) -> Iterator[tuple[int, int]]:
    money = [row for row in rows if row["unit"] == "yuan" and row["value_reported"]]
    if not money:
        return
    printed = [_part_unit(row["value_reported"]) for row in money]
    frame = pd.DataFrame(printed, columns=["number", "unit"])
    frame["table"] = [f"whole {run}" if run else "" for run in _find_whole_runs(printed)]
    nonzero = pd.Series([Decimal(row["value"]) != 0 for row in money])
    grains = measure_grains(frame["number"], frame["unit"], frame["table"], nonzero)
    yield from zip((row["statement_number"] for row in money), (int(grain) for grain in grains), strict=True)


def _find_whole_runs(printed: Sequence[tuple[str, str]]) -> list[int]:
    """The runs of amounts that a text rounds to whole units, numbered from 1; 0 for all others.

    A single amount without decimals may have dropped its zeros. Several in a row, of which few are round numbers, were rounded,
    though other chapters of the same text print decimals.
    """
    runs, last, starts = [], 0, True
    for number, _ in printed:
        is_whole = "." not in number
        last += is_whole and starts
        starts = not is_whole
        runs.append(last if is_whole else 0)
    odd = Counter(run for run, (number, _) in zip(runs, printed, strict=True) if int(Decimal(number.replace(",", ""))) % ROUND)
    return [run if odd[run] >= FEWEST_IN_A_RUN else 0 for run in runs]


def _part_unit(printed: str) -> tuple[str, str]:
    match = NUMBER.search(printed)
    unit = printed[match.end() :] if match else ""
    known = next((name for name in ("亿元", "千元", "万元", "元", "亿", "万") if unit.startswith(name)), "")
    # A unit that the publisher forgot was read as the measure's own: yuan, or 万元 where the value says so.
    return (match[0] if match else "0"), LONG_UNITS.get(known, known) or "元"


def _count_grain(row: Row) -> int:
    """The last digit of a percentage or count, in millionths."""
    match = NUMBER.search(row["value_reported"] or row["value"])
    decimals = len(match[0].partition(".")[2]) if match else 0
    size = Decimal(row["value"])
    # 1.2万人 is 12,000 persons: the printed digit stands for more than one.
    factor = size / Decimal(match[0].replace(",", "")) if match and size else Decimal(1)
    return max(int(factor * 10 ** (OTHER_SCALE - min(decimals, OTHER_SCALE))), 1)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount with its last digit, in fen, and the rows that it stands on."""

    value: int
    grain: int
    sources: tuple[Source, ...]


def add_amounts(one: Amount, other: Amount, sign: int = 1) -> Amount:
    """Sum or difference; the grains add up, as the roundings do."""
    return Amount(one.value + sign * other.value, one.grain + other.grain, (*one.sources, *other.sources))


def find_percentage(part: Amount, base: Amount) -> tuple[int, int] | None:
    """part ÷ base in millionths of a percent, and its grain: twice the way that rounding may have moved it. None where the base
    may be nothing."""
    if 2 * abs(base.value) <= base.grain:
        return None
    exact = _divide(Fraction(part.value), Fraction(base.value))
    halves = (Fraction(-1, 2), Fraction(1, 2))
    corners = [_divide(part.value + down * part.grain, base.value + up * base.grain) for down, up in product(halves, halves)]
    widest = max(abs(corner - exact) for corner in corners)
    return round(exact), int(2 * widest) + 2  # rounded up, and for the rounding of the exact value itself


def find_growth(change: Amount, current: Amount) -> tuple[int, int] | None:
    """|change| ÷ (current − change), in millionths of a percent, and its grain. The amounts are not independent of each other:
    the corners are those of what was printed. None where the year before may have been nothing."""
    base = current.value - change.value
    if 2 * abs(base) <= change.grain + current.grain:
        return None
    exact = _divide(Fraction(abs(change.value)), Fraction(base))
    halves = (Fraction(-1, 2), Fraction(1, 2))
    corners = []
    for up, down in product(halves, halves):
        moved = change.value + up * change.grain
        corners.append(_divide(abs(moved), current.value + down * current.grain - moved))
    widest = max(abs(corner - exact) for corner in corners)
    return round(exact), int(2 * widest) + 2


def _divide(part: Fraction, base: Fraction) -> Fraction:
    return Fraction(part * HUNDRED, base)
