"""Amounts printed over a rule: kept whole, in the place where most of them stands.

Promise: an amount that is wider than its cell is never read as two smaller ones. Two amounts that stand close on both sides of a
rule stay two: only what makes no sense apart (`1,2` and `34,567.00`) is one. Both readers would part it alike, so nothing else
would notice.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import TypeVar

from extractors.pdf.pages import Glyph

Place = TypeVar("Place")

NUMERIC = frozenset("0123456789.,-")
TOUCH = 0.05  # of a character's height: no padding of a cell is as narrow
ONE_AMOUNT = re.compile(r"^-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?$")
SHORTEST = 3  # digits of the shortest code that a column may hold beside an amount


def keep_amounts_whole(glyphs: Sequence[Glyph], places: list[Place]) -> None:
    """Changes `places` (where each character, in the page's order of writing, stands by its centre) so that no amount is cut."""
    for index in range(1, len(glyphs)):
        if places[index - 1] == places[index] or not _touch(glyphs[index - 1], glyphs[index]):
            continue
        start, end = _find_run(glyphs, index)
        parts = ["".join(glyphs[i].text for i in run) for _, run in groupby(range(start, end), key=places.__getitem__)]
        if _is_one_amount(parts):
            usual = Counter(places[start:end]).most_common(1)[0][0]
            places[start:end] = [usual] * (end - start)


def _find_run(glyphs: Sequence[Glyph], index: int) -> tuple[int, int]:
    """The first character and the one after the last of the number that goes through `index`."""
    start, end = index - 1, index + 1
    while start > 0 and _touch(glyphs[start - 1], glyphs[start]):
        start -= 1
    while end < len(glyphs) and _touch(glyphs[end - 1], glyphs[end]):
        end += 1
    return start, end


def _touch(one: Glyph, other: Glyph) -> bool:
    """Whether `other` goes on with the number that `one` belongs to, without any space."""
    return (
        other.text in NUMERIC
        and one.text in NUMERIC
        and abs(one.bottom - other.bottom) < 1
        and abs(other.x0 - one.x1) <= TOUCH * one.height
    )


def _is_one_amount(parts: Sequence[str]) -> bool:
    """Whether the parts make an amount that they are not apart: an end like `,500.00`, or a digit or two left over."""
    if not ONE_AMOUNT.match("".join(parts)):
        return False
    return any(not ONE_AMOUNT.match(part) or (part.isdigit() and len(part) < SHORTEST) for part in parts)
