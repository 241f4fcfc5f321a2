"""Paragraphs as the lines of pages: what a reader of a PDF makes of running text, without a PDF.

Promise: lines are as long as the page is wide and break anywhere, also inside numbers, and pages break anywhere, as word
processors and converters do; each page has its number at its foot. Nothing is added to the words.
"""

from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import Literal

from warehouse.records import PageFacts, RawDocument, TextLine

WIDTH, HEIGHT = 595.0, 842.0
LEFT, TOP, BOTTOM = 90.0, 120.0, 700.0
EM = 15.0
LEADING = 28.0
INDENT = 2.0  # ems


def typeset(paragraphs: Iterable[tuple[Literal["heading", "body"], str]], random: Random) -> RawDocument:
    """A document of running text: lines in reading order, in points from the top left."""
    measure = random.randint(18, 34)  # ems in a line
    foot = random.choice(("- {} -", "{}", "第{}页", "— {} —", ""))
    lines: list[TextLine] = []
    page, top = 1, TOP + LEADING * random.randint(0, 20)
    for _, text in paragraphs:
        for indent, piece in _break_lines(text, measure):
            if top > BOTTOM:
                lines += _number_page(page, foot)
                page, top = page + 1, TOP
            left = LEFT + indent * EM
            lines.append(TextLine(page, piece, (left, top, left + _measure(piece) * EM, top + EM)))
            top += LEADING
    lines += _number_page(page, foot)
    return RawDocument("typeset", tuple(_describe_page(number, lines) for number in range(1, page + 1)), tuple(lines), ())


def _break_lines(text: str, measure: int) -> Iterator[tuple[float, str]]:
    """Indent and text of each line; every line but the last is full to an em."""
    indent, piece = INDENT, ""
    for character in text:
        if indent + _measure(piece + character) > measure:
            yield indent, piece
            indent, piece = 0.0, ""
        piece += character
    yield indent, piece


def _measure(text: str) -> float:
    """Ems that a text takes."""
    return sum(0.5 if ord(character) < 0x2000 else 1.0 for character in text)


def _number_page(page: int, foot: str) -> list[TextLine]:
    text = foot.format(page)
    return [TextLine(page, text, (WIDTH / 2, HEIGHT - 60, WIDTH / 2 + _measure(text) * EM, HEIGHT - 45))] if text else []


def _describe_page(number: int, lines: Sequence[TextLine]) -> PageFacts:
    characters = sum(len(line.text) for line in lines if line.page == number)
    return PageFacts(number, WIDTH, HEIGHT, "narrative", characters, 0, 0, False)
