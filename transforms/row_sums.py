"""Which rows of a list are sums of the rows below them: levels read from the arithmetic where nothing else tells them.

Promise: a row is a head only if every way in which the whole list adds up to its total makes it one, or the only way in which
all items stand on one level does; what does not add up, or adds up in too many ways, stays undecided. Pure arithmetic, no words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

MAX_WAYS = 256  # ways of reading one list that are tried before it is given up
MAX_ROWS = 600
HALF = Decimal("0.5")
BLANK, UNEVEN = -1, -2

Values = tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to read the rows from some place to the end: the rows that stand beside each other, and the heads among all.

    `heights` of the tops: levels below each, BLANK where it has no amount, UNEVEN where its items stand on several levels.
    """

    tops: tuple[int, ...]
    heads: frozenset[int]
    heights: tuple[int, ...] = ()

    @property
    def is_even(self) -> bool:
        """Whether all items stand on one level."""
        return _join_heights(self.heights) != UNEVEN


def find_heads(values: Sequence[Values], depths: Sequence[int], total: Values | None) -> frozenset[int]:
    """Places of the rows that are sums of rows right below them.

    `values` are the amounts of each row, column by column (0 where blank); `depths` the label column that names the row (a deeper
    row may be below a row that equals it, never the other way round); `total` is the row that all top rows add up to, or None,
    where only the first row can be the sum of all others.
    """
    if len(values) < 2 or len(values) > MAX_ROWS:
        return frozenset()
    columns = _choose_columns(values, total)
    if not columns:
        return frozenset()
    rows = [tuple(row[i] for i in columns) for row in values]
    grain = _find_grain(rows)
    wanted = None if total is None else tuple(total[i] for i in columns)
    ways = [way for way in _read_ways(rows, depths, grain) if _adds_up(way, rows, wanted, grain)]
    if not ways:
        return frozenset()
    even = [way for way in ways if way.is_even]
    return frozenset.intersection(*(way.heads for way in (even if len(even) == 1 else ways)))


def _join_heights(heights: Sequence[int]) -> int:
    """The one height of all that carry an amount, else UNEVEN."""
    known = {height for height in heights if height != BLANK}
    return known.pop() if len(known) == 1 else UNEVEN if known else BLANK


def _choose_columns(values: Sequence[Values], total: Values | None) -> list[int]:
    """Columns that carry money: the others say nothing."""
    rows = [*values, total] if total is not None else list(values)
    return [i for i in range(len(values[0])) if any(row[i] for row in rows)]


def _find_grain(rows: Sequence[Values]) -> Decimal:
    """One unit of the last decimal that is printed."""
    exponents = [value.as_tuple().exponent for row in rows for value in row if value]
    return Decimal(1).scaleb(min((e for e in exponents if isinstance(e, int)), default=0))


def _read_ways(rows: Sequence[Values], depths: Sequence[int], grain: Decimal) -> list[_Way]:
    ways = [_Way((), frozenset())]
    for place in range(len(rows) - 1, -1, -1):
        ways = [longer for way in ways for longer in _place(place, way, rows, depths, grain)]
        if len(ways) > MAX_WAYS:
            return []  # cut short, the ways left would agree for no reason
    return ways


def _place(place: int, way: _Way, rows: Sequence[Values], depths: Sequence[int], grain: Decimal) -> Iterator[_Way]:
    """The row as an item before the rows below, and as the head of as many of them as add up to it."""
    taken = _count_children(place, way, rows, grain)
    # One row below that is as large may be a part or a neighbour, unless the columns that name them tell.
    deeper = depths[way.tops[0]] - depths[place] if taken == 1 else 0
    if taken >= 2 or (taken == 1 and deeper >= 0):
        below = _join_heights(way.heights[:taken])
        height = UNEVEN if below == UNEVEN else below + 1
        yield _Way((place, *way.tops[taken:]), way.heads | {place}, (height, *way.heights[taken:]))
    if taken == 0 or (taken == 1 and deeper <= 0):
        yield _Way((place, *way.tops), way.heads, (0 if any(rows[place]) else BLANK, *way.heights))


def _count_children(place: int, way: _Way, rows: Sequence[Values], grain: Decimal) -> int:
    """How many of the top rows below add up to the row: the fewest that do, none if none do."""
    row = rows[place]
    if not any(row):
        return 0
    sums = [Decimal(0)] * len(row)
    addends = 0
    for count, top in enumerate(way.tops, 1):
        sums = [a + b for a, b in zip(sums, rows[top], strict=True)]
        addends += any(rows[top])
        slack = grain * HALF * (addends + 1) if addends > 1 else Decimal(0)
        if all(abs(a - b) <= slack for a, b in zip(row, sums, strict=True)):
            return count
        if all(value >= 0 for value in rows[top]) and any(a > b + slack for a, b in zip(sums, row, strict=True) if b >= 0):
            return 0
    return 0


def _adds_up(way: _Way, rows: Sequence[Values], total: Values | None, grain: Decimal) -> bool:
    if total is None:
        return way.tops == (0,) and 0 in way.heads
    sums = [sum((rows[top][i] for top in way.tops), Decimal(0)) for i in range(len(total))]
    slack = grain * HALF * (len(way.tops) + 1) if len(way.tops) > 1 else Decimal(0)
    return all(abs(a - b) <= slack for a, b in zip(sums, total, strict=True))
