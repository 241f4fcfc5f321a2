"""Numbers that only count: serial numbers down a column, column numbers under a header; where the count is broken once.

Promise: a count that starts anywhere, starts anew or leaves numbers out is no misprint; told is the one number that does not fit
a count which all others follow. Nothing is corrected: such numbers mean nothing but their place.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transforms.columns import Header
from transforms.text import normalise
from warehouse.records import RawCell, RawTable

FEWEST = 4  # numbers that make a count
COUNTED = re.compile(r"^\d{1,4}$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Break:
    """The cell whose number breaks a count, and the number that would go on with it."""

    cell: RawCell
    fitting: int


def find_breaks(raw: RawTable, header: Header) -> Iterator[Break]:
    """Broken counts of a table: in its columns of serial numbers and in the rows of its header."""
    serials = {column.index for column in header.columns if column.role == "serial"}
    for column in sorted(serials):
        yield from find_break([cell for cell in raw.cells if cell.column == column and cell.row not in header.rows])
    for row in sorted(header.rows):
        yield from find_break([cell for cell in raw.cells if cell.row == row])


def find_break(cells: Sequence[RawCell]) -> Iterator[Break]:
    """The one number of a column or row that does not follow the count of all others, if there is one."""
    counted = [(int(text), cell) for cell in sorted(cells, key=_place) if COUNTED.match(text := normalise(cell.text))]
    starts = Counter(number - place for place, (number, _) in enumerate(counted))
    if len(counted) < FEWEST or len(starts) != 2:
        return
    (start, followers), _ = starts.most_common()
    if followers != len(counted) - 1:
        return
    yield from (Break(cell, start + place) for place, (number, cell) in enumerate(counted) if number != start + place)


def _place(cell: RawCell) -> tuple[int, int]:
    return cell.row, cell.column
