"""The second reader: the cells that a page's own rules make, and the characters that stand in them.

Promise: independent of camelot (it shares neither its line finder nor its text boxes), and complete: every character whose
centre lies inside a grid is in exactly one cell: that one, or the one of the amount or word that it continues over a rule.
Geometry and digits only; nothing here knows what a number means.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from extractors.pdf.overflow import return_strays
from extractors.pdf.pages import Glyph, PageContent, Rule
from extractors.pdf.whole_amounts import keep_amounts_whole
from warehouse.records import Box, RawCell

SNAP = 2.5  # points: rules nearer than this are one rule (double rules, rules drawn cell by cell)
REACH = 3.0  # points: a rule that ends this near to another one touches it
OUTSIZE = 3.0  # times the usual height: a character larger than this is no part of a line of text
EVEN = 1.25  # times the smallest gap: lines further apart than this are not evenly spaced
MIN_STACK = 2  # amounts one below the other that make rows
STACKED = re.compile(r"^-?(?:[\d,]+\.\d{2,6}|\d{1,3}(?:,\d{3})+)$")
CODED = re.compile(r"^\d{3,9}$")
OFF_LINE = 0.3  # of a character's height: how far from a row's height the middle of its texts may stand
LOOSEST = 1.6  # of a character's height: lines further apart than this are not of one text
TIGHTEST = 0.85  # of the smallest distance of two rows: the lines of one text are nearer to each other
CLOSEST = 0.8  # of a character's height: lines nearer than this are not of one text
LINE_OVERLAP = 0.5  # share of the smaller height by which two characters must overlap to stand on one line

_Line = Sequence[Glyph]


@dataclass(frozen=True, slots=True)
class Grid:
    """One ruled table on one page: edges of columns and rows, merged cells with their text."""

    page: int
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    cells: tuple[RawCell, ...]

    @property
    def bbox(self) -> Box:
        """The grid's outline."""
        return self.xs[0], self.ys[0], self.xs[-1], self.ys[-1]


def find_grids(page: PageContent) -> tuple[list[Grid], list[Glyph]]:
    """The page's grids from top to bottom, and the characters outside all of them."""
    outlines = [
        edges
        for rules in _group_rules(_merge_rules(page.horizontals), _merge_rules(page.verticals))
        if (edges := _find_edges(*rules)) is not None
    ]
    outlines.sort(key=lambda edges: (edges.ys[0], edges.xs[0]))
    outlines = _drop_inner(outlines)
    places = [_find_outline(outlines, glyph) for glyph in page.glyphs]
    keep_amounts_whole(page.glyphs, places)
    inside: list[list[Glyph]] = [[] for _ in outlines]
    outside: list[Glyph] = []
    for glyph, place in zip(page.glyphs, places, strict=True):
        (outside if place is None else inside[place]).append(glyph)
    grids = [_fill_cells(page.number, _rule_rows(edges, glyphs), glyphs) for edges, glyphs in zip(outlines, inside, strict=True)]
    return grids, outside


@dataclass(frozen=True, slots=True)
class _Edges:
    """Snapped positions of rules, and which stretches between neighbouring positions are really ruled."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    ruled_right: frozenset[tuple[int, int]]  # (row, column): a rule to the right of this cell
    ruled_below: frozenset[tuple[int, int]]
    verticals: tuple[Rule, ...]

    def contains(self, glyph: Glyph) -> bool:
        return self.xs[0] <= glyph.x_mid <= self.xs[-1] and self.ys[0] <= glyph.y_mid <= self.ys[-1]


def _find_outline(outlines: Sequence[_Edges], glyph: Glyph) -> int | None:
    return next((index for index, edges in enumerate(outlines) if edges.contains(glyph)), None)


def _merge_rules(rules: Iterable[Rule]) -> list[Rule]:
    """Rules on one line that overlap or nearly touch become one."""
    merged: list[Rule] = []
    by_line: list[list[Rule]] = []
    for rule in sorted(rules, key=lambda r: r.at):
        if by_line and rule.at - by_line[-1][-1].at <= 1.0:
            by_line[-1].append(rule)
        else:
            by_line.append([rule])
    for line in by_line:
        line.sort(key=lambda r: r.start)
        at, start, end = line[0].at, line[0].start, line[0].end
        for rule in line[1:]:
            if rule.start <= end + REACH:
                end = max(end, rule.end)
            else:
                merged.append(Rule(at, start, end))
                at, start, end = rule.at, rule.start, rule.end
        merged.append(Rule(at, start, end))
    return merged


def _group_rules(horizontals: list[Rule], verticals: list[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """Sets of rules that touch or cross each other: one set a table."""
    parent = list(range(len(horizontals) + len(verticals)))

    def find(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    order = sorted(range(len(verticals)), key=lambda i: verticals[i].at)
    ats = [verticals[i].at for i in order]
    for h, rule in enumerate(horizontals):
        for position in range(bisect_right(ats, rule.start - REACH), len(ats)):
            if ats[position] > rule.end + REACH:
                break
            vertical = verticals[order[position]]
            if vertical.start - REACH <= rule.at <= vertical.end + REACH:
                parent[find(h)] = find(len(horizontals) + order[position])
    groups: dict[int, tuple[list[Rule], list[Rule]]] = defaultdict(lambda: ([], []))
    for h, rule in enumerate(horizontals):
        groups[find(h)][0].append(rule)
    for v, rule in enumerate(verticals):
        groups[find(len(horizontals) + v)][1].append(rule)
    return [(hs, vs) for hs, vs in groups.values() if hs and len(vs) >= 2]


def _find_edges(horizontals: list[Rule], verticals: list[Rule]) -> _Edges | None:
    ys = _snap([r.at for r in horizontals])
    xs = _snap([r.at for r in verticals])
    # A table broken over a page has no rule at the break: its columns' rules end there all the same.
    tops, bottoms = _agreed_end([v.start for v in verticals], ys[0], -1), _agreed_end([v.end for v in verticals], ys[-1], 1)
    ys = ([tops] if tops is not None else []) + ys + ([bottoms] if bottoms is not None else [])
    # Likewise a table whose outer columns have no outer rule.
    lefts, rights = _agreed_end([h.start for h in horizontals], xs[0], -1), _agreed_end([h.end for h in horizontals], xs[-1], 1)
    xs = ([lefts] if lefts is not None else []) + xs + ([rights] if rights is not None else [])
    if len(xs) < 2 or len(ys) < 2:
        return None
    below: set[tuple[int, int]] = set()
    for rule in horizontals:
        row = _nearest(ys, rule.at) - 1
        below.update((row, column) for column in _covered(xs, rule.start, rule.end))
    right = _find_ruled_right(xs, ys, verticals)
    return _Edges(tuple(xs), tuple(ys), frozenset(right), frozenset(below), tuple(verticals))


def _find_ruled_right(xs: Sequence[float], ys: Sequence[float], verticals: Iterable[Rule]) -> set[tuple[int, int]]:
    return {(row, _nearest(xs, rule.at) - 1) for rule in verticals for row in _covered(ys, rule.start, rule.end)}


def _snap(positions: list[float]) -> list[float]:
    snapped: list[list[float]] = []
    for position in sorted(positions):
        if snapped and position - snapped[-1][-1] <= SNAP:
            snapped[-1].append(position)
        else:
            snapped.append([position])
    return [sum(group) / len(group) for group in snapped]


def _agreed_end(ends: list[float], edge: float, sign: int) -> float | None:
    """Where at least two rules go on beyond the outermost crossing rule, the place where most of them end."""
    beyond = sorted(end for end in ends if (end - edge) * sign > 6.0)
    if len(beyond) < 2:
        return None
    return beyond[len(beyond) // 2]


def _nearest(positions: Sequence[float], value: float) -> int:
    return min(range(len(positions)), key=lambda i: abs(positions[i] - value))


def _covered(positions: Sequence[float], start: float, end: float) -> list[int]:
    """Indexes of the stretches between neighbouring positions that lie (nearly) whole between start and end."""
    covered = []
    for index in range(len(positions) - 1):
        a, b = positions[index], positions[index + 1]
        overlap = min(b, end) - max(a, start)
        if overlap > 0 and overlap >= (b - a) - 2 * REACH and overlap >= 0.6 * (b - a):
            covered.append(index)
    return covered


def _drop_inner(outlines: list[_Edges]) -> list[_Edges]:
    """A frame around a page or a table is no table, nor is a small box drawn inside a cell."""
    kept = []
    for index, edges in enumerate(outlines):
        n_cells = (len(edges.xs) - 1) * (len(edges.ys) - 1)
        inside_other = any(_lies_in(edges, other) for j, other in enumerate(outlines) if j != index)
        holds_others = n_cells == 1 and any(_lies_in(other, edges) for j, other in enumerate(outlines) if j != index)
        if not holds_others and not (inside_other and not _is_single(outlines, edges)):
            kept.append(edges)
    return kept


def _lies_in(inner: _Edges, outer: _Edges) -> bool:
    return (
        inner is not outer
        and outer.xs[0] - 1 <= inner.xs[0]
        and inner.xs[-1] <= outer.xs[-1] + 1
        and outer.ys[0] - 1 <= inner.ys[0]
        and inner.ys[-1] <= outer.ys[-1] + 1
    )


def _is_single(outlines: list[_Edges], edges: _Edges) -> bool:
    """True where the only grids around `edges` are frames of one cell."""
    around = [other for other in outlines if _lies_in(edges, other)]
    return all((len(other.xs) - 1) * (len(other.ys) - 1) == 1 for other in around)


def _rule_rows(edges: _Edges, glyphs: Sequence[Glyph]) -> _Edges:
    """The grid with a row for each printed row where a ruled row holds several amounts in one column: columns ruled, rows not.

    Only where every line of every column surely belongs to one row: the lines of all columns together are evenly spaced, or what
    is wrapped stands around the height of its row's amounts. A row where it is not sure stays whole, and its amounts are told as
    unreadable.
    """
    cells: dict[int, dict[int, list[Glyph]]] = defaultdict(lambda: defaultdict(list))
    for glyph in glyphs:
        cells[_find_stretch(edges.ys, glyph.y_mid)][_find_stretch(edges.xs, glyph.x_mid)].append(glyph)
    cuts: list[float] = []
    for columns in cells.values():
        if any(_is_stack(found) for found in columns.values()):
            height = median(glyph.height for found in columns.values() for glyph in found)
            lines = [split_lines(found) for found in columns.values()]
            cuts.extend(_cut_between(_find_line_heights(lines, height), height) or _cut_around_amounts(lines, height))
    return _insert_rows(edges, cuts) if cuts else edges


def _is_stack(glyphs: Sequence[Glyph]) -> bool:
    """Whether amounts stand one below the other in one cell."""
    return sum(_matches(line, STACKED) for line in split_lines(glyphs)) >= MIN_STACK


def _matches(line: _Line, pattern: re.Pattern[str]) -> bool:
    return bool(pattern.match("".join(glyph.text for glyph in line)))


def _find_line_heights(columns: Iterable[Sequence[_Line]], height: float) -> list[float]:
    """Where the lines of all columns stand, each once, from top to bottom."""
    heights: list[float] = []
    for middle in sorted(_find_middle(line) for lines in columns for line in lines):
        if not heights or middle - heights[-1] > height / 2:
            heights.append(middle)
    return heights


def _find_middle(line: _Line) -> float:
    return sum(glyph.y_mid for glyph in line) / len(line)


def _cut_between(heights: Sequence[float], height: float) -> list[float]:
    """Cuts half way between evenly spaced lines; none where it is uneven, or columns stand between each other."""
    gaps = [lower - upper for upper, lower in pairwise(heights)]
    if not gaps or max(gaps) > EVEN * min(gaps) or min(gaps) < CLOSEST * height:
        return []
    return [(upper + lower) / 2 for upper, lower in pairwise(heights)]


def _cut_around_amounts(columns: Sequence[Sequence[_Line]], height: float) -> list[float]:
    """Cuts between rows of uneven heights, each known by the line on which its amounts and its code stand.

    A wrapped name stands around that line, as far above as below. None where some line belongs to no row in this way, or where
    rows would overlap.
    """
    for patterns in ((STACKED, CODED), (STACKED,)):  # a code printed above its name stands on no line of amounts
        marks = [[line for line in lines if any(_matches(line, pattern) for pattern in patterns)] for lines in columns]
        if cuts := _cut_around(columns, _find_line_heights(marks, height), height):
            return cuts
    return []


def _cut_around(columns: Sequence[Sequence[_Line]], rows: Sequence[float], height: float) -> list[float]:
    gaps = [lower - upper for upper, lower in pairwise(rows)]
    if not gaps or min(gaps) < CLOSEST * height:
        return []
    near = min(LOOSEST * height, TIGHTEST * min(gaps))
    bands: dict[int, list[Glyph]] = defaultdict(list)
    for lines in columns:
        places = _place_lines([_find_middle(line) for line in lines], rows, near, OFF_LINE * height)
        if places is None:
            return []
        for place, line in zip(places, lines, strict=True):
            bands[place].extend(line)
    ends = [(min(glyph.top for glyph in bands[row]), max(glyph.bottom for glyph in bands[row])) for row in sorted(bands)]
    borders = [(upper[1], lower[0]) for upper, lower in pairwise(ends)]
    if any(bottom > top + OFF_LINE * height for bottom, top in borders):
        return []
    return [(bottom + top) / 2 for bottom, top in borders]


def _place_lines(lines: Sequence[float], rows: Sequence[float], near: float, off: float) -> list[int] | None:
    """The row of each line of one column: the fewest lines, each near to the next, whose middle is a row's height are its text.

    None where some fit no row.
    """
    places: list[int] = []
    while len(places) < len(lines):
        first = len(places)
        for end in range(first + 1, len(lines) + 1):
            if any(lower - upper > near for upper, lower in pairwise(lines[first:end])):
                return None
            middle = (lines[first] + lines[end - 1]) / 2
            nearest = _nearest(rows, middle)
            if abs(rows[nearest] - middle) <= off and nearest not in places:
                places.extend([nearest] * (end - first))
                break
        else:
            return None
    return places


def _insert_rows(edges: _Edges, cuts: Sequence[float]) -> _Edges:
    """The grid with more rows: at each cut a rule over its whole width. Cells that share a row without a rule between them (合计
    over two columns) share that row alone, and not all that stood in one ruled row with it."""
    ys = sorted([*edges.ys, *cuts])
    source = [bisect_right(edges.ys, (upper + lower) / 2) - 1 for upper, lower in pairwise(ys)]
    columns = range(len(edges.xs) - 1)
    below = {
        (row, column)
        for row, lower in enumerate(ys[1:])
        for column in columns
        if lower in cuts or (source[row], column) in edges.ruled_below
    }
    right = _find_ruled_right(edges.xs, ys, edges.verticals)
    return _Edges(edges.xs, tuple(ys), frozenset(right), frozenset(below), edges.verticals)


def _find_stretch(positions: Sequence[float], value: float) -> int:
    """The stretch between neighbouring positions in which a value lies; what lies outside belongs to the nearest one."""
    return bisect_right(positions, value, 1, len(positions) - 1) - 1


def _fill_cells(page: int, edges: _Edges, glyphs: list[Glyph]) -> Grid:
    n_rows, n_columns = len(edges.ys) - 1, len(edges.xs) - 1
    spans = _merge_cells(edges, n_rows, n_columns)
    placed: dict[tuple[int, int], list[tuple[int, Glyph]]] = defaultdict(list)
    owner = {
        (r, c): (row, column)
        for (row, column), (row_span, column_span) in spans.items()
        for r in range(row, row + row_span)
        for c in range(column, column + column_span)
    }
    places = [owner[_find_stretch(edges.ys, glyph.y_mid), _find_stretch(edges.xs, glyph.x_mid)] for glyph in glyphs]
    keep_amounts_whole(glyphs, places)
    for order, (glyph, place) in enumerate(zip(glyphs, places, strict=True)):
        placed[place].append((order, glyph))
    content = return_strays(placed)
    cells = tuple(
        RawCell(
            page,
            row,
            column,
            row_span,
            column_span,
            join_glyphs(content.get((row, column), ())),
            (edges.xs[column], edges.ys[row], edges.xs[column + column_span], edges.ys[row + row_span]),
        )
        for (row, column), (row_span, column_span) in sorted(spans.items())
    )
    return Grid(page, edges.xs, edges.ys, cells)


def _merge_cells(edges: _Edges, n_rows: int, n_columns: int) -> dict[tuple[int, int], tuple[int, int]]:
    """Spans by top left cell: cells without a rule between them are one. What is not a rectangle is cut into rows."""
    spans: dict[tuple[int, int], tuple[int, int]] = {}
    taken: set[tuple[int, int]] = set()
    for row in range(n_rows):
        for column in range(n_columns):
            if (row, column) in taken:
                continue
            width = 1
            while (
                column + width < n_columns
                and (row, column + width - 1) not in edges.ruled_right
                and (row, column + width) not in taken
            ):
                width += 1
            height = 1
            while row + height < n_rows and _continues_below(edges, row + height, column, width, n_columns, taken):
                height += 1
            spans[row, column] = (height, width)
            taken.update((r, c) for r in range(row, row + height) for c in range(column, column + width))
    return spans


def _continues_below(edges: _Edges, row: int, column: int, width: int, n_columns: int, taken: set[tuple[int, int]]) -> bool:
    columns = range(column, column + width)
    if any((row - 1, c) in edges.ruled_below or (row, c) in taken for c in columns):
        return False
    if any((row, c) in edges.ruled_right for c in columns[:-1]):
        return False
    opens_left = column > 0 and (row, column - 1) not in edges.ruled_right
    opens_right = column + width < n_columns and (row, column + width - 1) not in edges.ruled_right
    return not opens_left and not opens_right


def join_glyphs(glyphs: Sequence[Glyph]) -> str:
    """The text of characters that share a cell: lines from top to bottom, each from left to right, without spaces."""
    return "\n".join("".join(g.text for g in line) for line in split_lines(glyphs))


def split_lines(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    """Characters by line: two stand on one line where their boxes overlap by half of the smaller height.

    Characters out of all proportion (a stamp, words turned by 90 degrees) stand on lines of their own and tie no lines together.
    """
    if not glyphs:
        return []
    if _is_one_line(glyphs):
        return [sorted(glyphs, key=lambda g: g.x0)]
    usual = median(glyph.height for glyph in glyphs)
    normal = [glyph for glyph in glyphs if glyph.height <= OUTSIZE * usual]
    large = [glyph for glyph in glyphs if glyph.height > OUTSIZE * usual]
    lines = [*_group_lines(normal), *_group_lines(large)]
    return sorted(lines, key=lambda line: min(glyph.y_mid for glyph in line)) if large else lines


def _is_one_line(glyphs: Sequence[Glyph]) -> bool:
    """Whether all characters surely stand on one line: what most cells hold, told without sorting."""
    lowest = min(glyph.height for glyph in glyphs)
    shared = min(glyph.bottom for glyph in glyphs) - max(glyph.top for glyph in glyphs)
    return shared >= LINE_OVERLAP * lowest and max(glyph.height for glyph in glyphs) <= OUTSIZE * lowest


def _group_lines(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    lines: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda g: g.y_mid):
        line = lines[-1] if lines else None
        if line is not None and _share_line(line[-1], glyph):
            line.append(glyph)
        else:
            lines.append([glyph])
    for line in lines:
        line.sort(key=lambda g: g.x0)
    return lines


def _share_line(one: Glyph, other: Glyph) -> bool:
    overlap = min(one.bottom, other.bottom) - max(one.top, other.top)
    return overlap >= LINE_OVERLAP * min(one.height, other.height)
