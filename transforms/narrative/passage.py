"""The running text of a document as one string, with the place of every character.

Promise: text in reading order, one width, without white space, page numbers and running heads; a line that goes on in the next,
over a page break too, is joined to it, so that a number split by a break is one number; a new paragraph begins with a newline.
`Passage.place` tells the page and the box of any span: the box is the line's, cut to the characters by their widths.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_high, median_low

from transforms.text import normalise
from warehouse.records import Box, PageFacts, TextLine

PAGE_NUMBER = re.compile(r"^[-—–－─·~\s]*第?\d{1,4}页?(?:[/,，]?共?\d{1,4}页?)?[-—–－─·~\s]*$")
LEADERS = re.compile(r"\.{4,}|…{2,}|·{4,}|—{5,}|_{4,}")
MARKED = re.compile(
    r"^[-·•]?(?:第[一二三四五六七八九十]+(?:部分|章)|[一二三四五六七八九十]{1,3}[、.．]|\([一二三四五六七八九十]{1,3}\)"
    r"|\d{1,2}[、.．](?!\d)|\(\d{1,2}\)|[①-⑳])"
)
AMOUNT = re.compile(r"^[\d,.]+(?:万?元|亿元|%)")
TERMINAL = "。;:!?"
TITLE_END = re.compile(r"(?:说明|情况|概况|解释|目录|结构|报表|公开|预算|决算|部分|表)(?:\([^()]*\))?$")
EDGE = 0.12  # of the page's height: where running heads and page numbers stand
REPEATED = 3  # pages on which a line at the same height is a running head
SHORT = 2.0  # ems that a line ends before the right margin: the paragraph ends there
LONG = 20  # characters: a line of running text, unless the document's are all shorter
FULL = 4  # long lines that make a page's margins certain
FARTHEST_INDENT = 3.5  # ems
INDENT = 1.2  # ems that a line begins after the left margin: a paragraph begins there
CIRCLED = re.compile(r"[①-⑳]")


@dataclass(frozen=True, slots=True)
class Passage:
    """The joined text; `origins[i]` is the line of character i (-1: a newline) and its offset in that line's text."""

    text: str
    origins: tuple[tuple[int, int], ...]
    lines: tuple[TextLine, ...]

    def place(self, start: int, end: int) -> tuple[int, Box]:
        """Page of a span's first character, and the box of what stands of the span on that character's line."""
        number, first = self.origins[start]
        last = max((offset for line, offset in self.origins[start:end] if line == number), default=first)
        line = self.lines[number]
        return line.page, _cut_box(line, first, last + 1)


def join_lines(lines: Sequence[TextLine], pages: Sequence[PageFacts]) -> Passage:
    """The running text of lines in reading order."""
    kept = _merge_rows(_drop_furniture(lines, {fact.page: fact.height for fact in pages}))
    lefts, rights = _find_margins(kept)
    text: list[str] = []
    origins: list[tuple[int, int]] = []
    before: TextLine | None = None
    for number, line in enumerate(kept):
        if before is not None and _parts(before, line, lefts, rights):
            text.append("\n")
            origins.append((-1, 0))
        for offset, character in enumerate(line.text):
            for plain in unify(character):
                text.append(plain)
                origins.append((number, offset))
        before = line
    return Passage("".join(text), tuple(origins), tuple(kept))


def unify(text: str) -> str:
    """One width and no white space; circled numbers stay what they are, since a plain digit is no mark."""
    return "".join(c if CIRCLED.match(c) else re.sub(r"\s", "", unicodedata.normalize("NFKC", normalise(c))) for c in text)


def _drop_furniture(lines: Sequence[TextLine], heights: dict[int, float]) -> list[TextLine]:
    """Without page numbers, running heads and tables of contents."""
    pages: dict[tuple[str, int], set[int]] = defaultdict(set)
    for line in lines:
        if _is_at_edge(line, heights):
            pages[re.sub(r"\d", "", normalise(line.text)), round(line.bbox[1] / 4)].add(line.page)
    heads = {key for key, found in pages.items() if len(found) >= REPEATED}
    return [line for line in lines if not _is_furniture(line, heights, heads)]


def _is_at_edge(line: TextLine, heights: dict[int, float]) -> bool:
    height = heights.get(line.page, 0.0)
    return line.bbox[1] < EDGE * height or line.bbox[3] > (1 - EDGE) * height


def _is_furniture(line: TextLine, heights: dict[int, float], heads: set[tuple[str, int]]) -> bool:
    if LEADERS.search(line.text):
        return True
    if not _is_at_edge(line, heights):
        return False
    text = normalise(line.text)
    return bool(PAGE_NUMBER.match(text)) or (re.sub(r"\d", "", text), round(line.bbox[1] / 4)) in heads


def _merge_rows(lines: Sequence[TextLine]) -> list[TextLine]:
    """Pieces of one printed line, parted by wide gaps, as one line."""
    merged: list[TextLine] = []
    for line in lines:
        if merged and _is_beside(merged[-1], line):
            last = merged.pop()
            box = (last.bbox[0], min(last.bbox[1], line.bbox[1]), line.bbox[2], max(last.bbox[3], line.bbox[3]))
            merged.append(TextLine(line.page, last.text + line.text, box))
        else:
            merged.append(line)
    return merged


def _is_beside(one: TextLine, other: TextLine) -> bool:
    middle = (other.bbox[1] + other.bbox[3]) / 2
    return one.page == other.page and one.bbox[1] < middle < one.bbox[3] and other.bbox[0] >= one.bbox[2] - 1


def _find_margins(lines: Sequence[TextLine]) -> tuple[dict[int, float], dict[int, float]]:
    """Left and right margin of each page's running text; a page with little of its own takes the document's."""
    by_page: dict[int, list[TextLine]] = defaultdict(list)
    for line in lines:
        by_page[line.page].append(line)
    bound = min(LONG, 0.7 * max((len(line.text) for line in lines), default=0))
    long = {page: [line for line in found if len(line.text) > bound] for page, found in by_page.items()}
    for page, found in by_page.items():
        # The rest of a long line is short, and begins at the margin.
        long[page] += [line for before, line in pairwise(found) if _goes_on(before, line, bound)]
    full = [found for found in long.values() if len(found) >= FULL] or [found for found in long.values() if found]
    usual_left = median_low(min(line.bbox[0] for line in found) for found in full) if full else None
    usual_right = median_high(max(line.bbox[2] for line in found) for found in full) if full else None
    lefts, rights = {}, {}
    for page, found in by_page.items():
        own = long[page] or found
        lefts[page], rights[page] = min(line.bbox[0] for line in own), max(line.bbox[2] for line in own)
        if len(long[page]) >= FULL or usual_left is None or usual_right is None:
            continue
        # Where all lines of a page open paragraphs, their indent is no margin.
        if 0 < lefts[page] - usual_left < FARTHEST_INDENT * _find_em(own[0]):
            lefts[page] = usual_left
        rights[page] = max(rights[page], usual_right)
    return lefts, rights


def _goes_on(before: TextLine, line: TextLine, bound: float) -> bool:
    """Whether a line that is not long is the rest of a long one: it begins a little before it, and a sentence has not ended."""
    step = before.bbox[0] - line.bbox[0]
    is_rest = len(before.text) > bound >= len(line.text) and not unify(before.text).endswith(tuple(TERMINAL))
    return is_rest and 0 < step < FARTHEST_INDENT * _find_em(line)


def _parts(before: TextLine, line: TextLine, lefts: dict[int, float], rights: dict[int, float]) -> bool:
    """Whether a paragraph ends between two lines."""
    em = _find_em(line)
    end, start = unify(before.text), unify(line.text)
    is_short = before.bbox[2] < rights[before.page] - SHORT * _find_em(before)
    is_indented = line.bbox[0] > lefts[line.page] + INDENT * em
    ends = end.endswith(tuple(TERMINAL))
    is_plain = re.search(r"[,。:;]", end) is None
    names_chapter = TITLE_END.search(end) is not None and is_plain  # it may be as long as a line
    if MARKED.match(start) and (ends or is_short or is_indented or names_chapter):
        return True
    if is_indented and (is_short or ends or names_chapter):
        return True
    is_title = names_chapter or (MARKED.match(end) and is_plain)
    if is_short and (ends or (is_title and not AMOUNT.match(start))):
        return True
    return abs(_find_em(before) - em) > 0.2 * em and is_short


def _find_em(line: TextLine) -> float:
    return max(line.bbox[3] - line.bbox[1], 1.0)


def _cut_box(line: TextLine, first: int, end: int) -> Box:
    """The part of a line's box that its characters from `first` to `end` take, by their usual widths."""
    x0, top, x1, bottom = line.bbox
    widths = [0.5 if ord(character) < 0x2000 else 1.0 for character in line.text]
    total = sum(widths) or 1.0
    scale = (x1 - x0) / total
    return x0 + scale * sum(widths[:first]), top, x0 + scale * sum(widths[:end]), bottom


def iterate_paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each paragraph of a passage."""
    breaks = [-1, *(i for i, c in enumerate(text) if c == "\n"), len(text)]
    for before, after in pairwise(breaks):
        if after > before + 1:
            yield before + 1, after
