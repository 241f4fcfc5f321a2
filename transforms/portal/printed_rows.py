"""Which lines of a table were printed in one row: those of blocks side by side are numbered one after the other.

Promise: lines share a row only where their cells stand at one height of one page, left to right.
"""

from collections.abc import Mapping, Sequence

from warehouse.records import Row


def join_rows(lines: Sequence[Row]) -> Mapping[int, int]:
    """For each line number the first line number of its printed row."""
    firsts: dict[int, Row] = {}
    last_columns: dict[int, int] = {}
    for line in sorted(lines, key=lambda line: (line["line_number"], line["column_number"])):
        firsts.setdefault(line["line_number"], line)
        last_columns[line["line_number"]] = line["column_number"]
    joined: dict[int, int] = {}
    head, right = 0, 0
    for number, first in firsts.items():
        if not (head and first["column_number"] > right and _are_level(firsts[head], first)):
            head = number
        right = last_columns[number]
        joined[number] = head
    return joined


def _are_level(left: Row, right: Row) -> bool:
    """Whether the middle of each cell is at a height of the other."""
    return bool(
        left["page"] == right["page"] and _has_middle(left["bbox"], right["bbox"]) and _has_middle(right["bbox"], left["bbox"])
    )


def _has_middle(box: Sequence[float], other: Sequence[float]) -> bool:
    return box[1] < (other[1] + other[3]) / 2 < box[3]
