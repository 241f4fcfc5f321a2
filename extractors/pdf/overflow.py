"""Characters that a cell's text pushes over its border: given back to the cell whose text they are.

Promise: only the place of a character changes, never the character; a character moves only where the page's own order of writing
says that it continues its neighbour's text. Excel prints a text that is too long for its cell over the border, where a
clip hides it from the eye and not from the text layer: the last character of a name then stands before the next
column's amount (`支2947399.16`), or the second line of a name over the first line of the row below.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from extractors.pdf.pages import Glyph

Place = tuple[int, int]
Placed = tuple[int, Glyph]  # position in the page's order of writing, and the character

NUMBER = re.compile(r"^-?[\d,]+(\.\d+)?$")
MAX_STRAYS = 3  # characters: a longer text beside a number is no overflow
ADJOINING = 0.2  # of a character's height: characters of one word are nearer
LINE_GAP = 0.5  # of a character's height: lines of one text are nearer
OVERLAP = 0.3  # share of a character's width: printed over each other


def return_strays(content: Mapping[Place, list[Placed]]) -> dict[Place, list[Glyph]]:
    """The characters of each cell, with strays put back. `content`: characters by the cell in which their centre stands."""
    cells = {place: sorted(placed, key=lambda item: item[0]) for place, placed in content.items()}
    home = {order: place for place, placed in cells.items() for order, _ in placed}
    for place in sorted(cells):
        for strays, target in (
            *_find_beside(cells, home, place),
            *_find_below(cells, home, place),
            *_find_across(cells, home, place),
        ):
            moved = set(strays)
            cells.setdefault(target, []).extend(item for item in cells[place] if item[0] in moved)
            cells[place] = [item for item in cells[place] if item[0] not in moved]
            home.update(dict.fromkeys(moved, target))
    return {place: [glyph for _, glyph in sorted(placed, key=lambda item: item[0])] for place, placed in cells.items()}


def _find_beside(
    cells: Mapping[Place, Sequence[Placed]], home: Mapping[int, Place], place: Place
) -> Iterator[tuple[list[int], Place]]:
    """Words beside a number in one cell that go on from, or into, a neighbour's text: in its row, or hanging down from above."""
    words = [(order, glyph) for order, glyph in cells[place] if not re.match(r"[-\d,.]", glyph.text)]
    rest = "".join(glyph.text for _, glyph in cells[place] if re.match(r"[-\d,.]", glyph.text))
    if not words or len(words) > MAX_STRAYS or not NUMBER.match(rest):
        return
    orders = [order for order, _ in words]
    if orders[-1] - orders[0] >= len(orders):
        return  # ≥95%: what stands on both sides of a number is its own
    for neighbour, edge in ((orders[0] - 1, words[0][1]), (orders[-1] + 1, words[-1][1])):
        target = home.get(neighbour)
        if target is None or target == place:
            continue
        other = _get_glyph(cells[target], neighbour)
        hangs = neighbour < orders[0] and target[0] < place[0] and target[1] == place[1] and _hangs(other, edge)
        if hangs or (target[0] == place[0] and _adjoins(other, edge)):
            yield orders, target
            return


def _get_glyph(placed: Sequence[Placed], order: int) -> Glyph:
    return next(found for position, found in placed if position == order)


def _adjoins(other: Glyph, glyph: Glyph) -> bool:
    """Whether two characters stand right beside each other on one line: words of another cell keep their distance."""
    gap = max(glyph.x0 - other.x1, other.x0 - glyph.x1)
    return gap <= ADJOINING * glyph.height and abs(glyph.bottom - other.bottom) <= ADJOINING * glyph.height


def _hangs(upper: Glyph, lower: Glyph) -> bool:
    """Whether a character stands on the line right under another one's, as the lines of one text do."""
    return 0 <= lower.top - upper.bottom <= LINE_GAP * lower.height


def _find_across(
    cells: Mapping[Place, Sequence[Placed]], home: Mapping[int, Place], place: Place
) -> Iterator[tuple[list[int], Place]]:
    """Ends of a heading wider than its cell: a few characters apart from the cell's own text, and right beside the longer text
    of a neighbour that they go on from, or into (`预算数 政`, `府预算支出经济科目`)."""
    words = _split_words(cells[place])
    if len(words) < 2:
        return
    for word in (words[0], words[-1]):
        for neighbour, edge in ((word[0][0] - 1, word[0][1]), (word[-1][0] + 1, word[-1][1])):
            target = home.get(neighbour)
            if len(word) > MAX_STRAYS or target is None or target == place or target[0] != place[0]:
                continue
            text = next(found for found in _split_words(cells[target]) if any(order == neighbour for order, _ in found))
            if len(text) > MAX_STRAYS and _adjoins(_get_glyph(text, neighbour), edge) and not _has_digit((*word, *text)):
                yield [order for order, _ in word], target


def _has_digit(placed: Sequence[Placed]) -> bool:
    return any(glyph.text.isdigit() for _, glyph in placed)


def _find_below(
    cells: Mapping[Place, Sequence[Placed]], home: Mapping[int, Place], place: Place
) -> Iterator[tuple[list[int], Place]]:
    """A run of characters printed over other ones that goes on from the text of the cell above."""
    if not _has_overprint([glyph for _, glyph in cells[place]]):
        return
    for run in _split_runs(cells[place]):
        before = home.get(run[0] - 1)
        if before is not None and before[0] < place[0] and before[1] == place[1] and len(run) < len(cells[place]):
            yield run, before
            return


def _has_overprint(glyphs: Sequence[Glyph]) -> bool:
    ordered = sorted(glyphs, key=lambda glyph: glyph.x0)
    return any(
        one.x1 - other.x0 > OVERLAP * (other.x1 - other.x0)
        and min(one.bottom, other.bottom) - max(one.top, other.top) > OVERLAP * one.height
        for one, other in pairwise(ordered)
    )


def _split_words(placed: Sequence[Placed]) -> list[list[Placed]]:
    """Characters in the order of writing, parted where one does not stand right beside the one before it."""
    words: list[list[Placed]] = [[placed[0]]] if placed else []
    for before, item in pairwise(placed):
        if item[0] == before[0] + 1 and _adjoins(before[1], item[1]):
            words[-1].append(item)
        else:
            words.append([item])
    return words


def _split_runs(placed: Sequence[Placed]) -> list[list[int]]:
    """Positions that follow each other without a gap and without a step back to the left: one printed line each."""
    runs: list[list[int]] = [[placed[0][0]]]
    for (order, glyph), (next_order, next_glyph) in pairwise(placed):
        if next_order == order + 1 and next_glyph.x0 > glyph.x0:
            runs[-1].append(next_order)
        else:
            runs.append([next_order])
    return runs
