"""Amounts printed over a rule: kept whole, in the place where most of them stands.

Promise: an amount that is wider than its cell is never read as two others (`107.0000005` and `7.000000` for 107.000000 and
57.000000). Two amounts that stand close on both sides of a rule stay two: only what makes no sense apart is one. Both readers
would part it alike, so nothing else would notice.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from statistics import median
from typing import TypeVar

from extractors.pdf.pages import Glyph

Place = TypeVar("Place")

NUMERIC = frozenset("0123456789.,-")
WIDEST = 1.2  # of a character's height: digits of one number begin no farther from each other
# Of the usual step from digit to digit: commas and points are half as wide, and where a step is outside, another number begins.
SHORTEST_STEP, LONGEST_STEP = 0.4, 1.35
ONE_AMOUNT = re.compile(r"^-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?$")
POINTED = re.compile(r"[.,]")  # digits alone may be a code in columns of its own: 03 | 01 | 1
SHORTEST_CODE = 3  # digits: fewer beside an amount are no code of their own


def keep_amounts_whole(glyphs: Sequence[Glyph], places: list[Place]) -> None:
    """Changes `places` (where each character, in the page's order of writing, stands by its centre) so that no amount is cut."""
    for index in range(1, len(glyphs)):
        if places[index - 1] == places[index] or not _share_line(glyphs[index - 1], glyphs[index]):
            continue
        start, end = _find_number(glyphs, index)
        parts = ["".join(glyphs[i].text for i in run) for _, run in groupby(range(start, end), key=places.__getitem__)]
        if _is_one_amount(parts):
            usual = Counter(places[start:end]).most_common(1)[0][0]
            places[start:end] = [usual] * (end - start)


def _find_number(glyphs: Sequence[Glyph], index: int) -> tuple[int, int]:
    """The first character and the one after the last of the number that goes on at `index`; none where a number begins there."""
    start, end = index - 1, index + 1
    while start > 0 and _share_line(glyphs[start - 1], glyphs[start]):
        start -= 1
    while end < len(glyphs) and _share_line(glyphs[end - 1], glyphs[end]):
        end += 1
    steps = [glyphs[i].x0 - glyphs[i - 1].x0 for i in range(start + 1, end)]
    usual = median(steps)
    begins = [start, *(start + i for i, step in enumerate(steps, 1) if not SHORTEST_STEP <= step / usual <= LONGEST_STEP), end]
    return max(begin for begin in begins if begin <= index), min(begin for begin in begins if begin > index)


def _share_line(one: Glyph, other: Glyph) -> bool:
    """Whether `other` stands near to the right of `one` and both may be of one number."""
    return (
        other.text in NUMERIC
        and one.text in NUMERIC
        and abs(one.bottom - other.bottom) < 1
        and 0 < other.x0 - one.x0 <= WIDEST * one.height
    )


def _is_one_amount(parts: Sequence[str]) -> bool:
    """Whether the parts make an amount that they are not apart: an end like `,500.00`, or a digit or two left over."""
    whole = "".join(parts)
    if len(parts) < 2 or not POINTED.search(whole) or not ONE_AMOUNT.match(whole):
        return False
    return any(not ONE_AMOUNT.match(part) or (part.isdigit() and len(part) < SHORTEST_CODE) for part in parts)
