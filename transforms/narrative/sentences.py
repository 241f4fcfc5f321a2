"""The structure of a running text: headings with their marks of enumeration, and the sentences that stand under them.

Promise: every character of a paragraph is in exactly one sentence or heading; nothing is interpreted but marks and stops.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from transforms.narrative.passage import iterate_paragraphs

NUMERALS = "一二三四五六七八九十"
MARKS = (
    re.compile(rf"^[-·•]?第[{NUMERALS}]+(?:部分|章)[:、]?"),
    re.compile(rf"^[-·•]?[{NUMERALS}]{{1,3}}(?:、|\.(?!\d))"),
    re.compile(rf"^[-·•]?\([{NUMERALS}]{{1,3}}\)[、.]?"),
    re.compile(r"^[-·•]?\d{1,2}(?:、|\.(?!\d))"),
    re.compile(r"^[-·•]?\(\d{1,2}\)[、.]?"),
    re.compile(r"^[-·•]?[①-⑳][、.]?"),
)
STOP = re.compile(r"[。！？]|;(?=[-·•]?(?:\d{1,2}(?:、|\.(?!\d))|\(\d{1,2}\)|\([一二三四五六七八九十]{1,3}\)|[①-⑳]))")
QUANTITY = re.compile(r"\d(?:万?元|亿元|%|万|辆|人|台|个|家|平方米)")
TITLE = re.compile(r"(?:说明|情况|概况|解释|部分|情况表)(?:\([^()]*\))?$")
CLOSED_TITLE = re.compile(r"^[^,;:]*(?:说明|情况|概况)。$")  # (三)绩效目标设置情况。 with the text behind it
TITLE_LENGTH = 32
HEADING_LENGTH = 48
TITLE_LEVEL = 0


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence or a heading: `start` is its place in the passage, `level` that of its mark (0 highest; None: no mark).

    `text` is without the mark. `opens` tells that a paragraph begins here.
    """

    start: int
    text: str
    level: int | None
    is_heading: bool
    opens: bool


def split_sentences(text: str) -> Iterator[Sentence]:
    """Headings and sentences of a passage, in order."""
    for start, end in iterate_paragraphs(text):
        yield from _split_paragraph(text[start:end], start)


def _split_paragraph(paragraph: str, start: int) -> Iterator[Sentence]:
    if is_heading(paragraph):
        level, length = read_mark(paragraph)
        yield Sentence(start + length, paragraph[length:], TITLE_LEVEL if level is None else level, True, True)
        return
    begin = 0
    while begin < len(paragraph):
        stop = STOP.search(paragraph, begin)
        end = stop.end() if stop else len(paragraph)
        level, length = read_mark(paragraph[begin:end])
        text = paragraph[begin + length : end]
        is_title = level is not None and len(text) <= TITLE_LENGTH and CLOSED_TITLE.search(text) is not None
        yield Sentence(start + begin + length, text, level, is_title, begin == 0)
        begin = end


def read_mark(text: str) -> tuple[int | None, int]:
    """Level and length of the mark that a text begins with; (None, 0) without one."""
    for level, mark in enumerate(MARKS):
        if match := mark.match(text):
            return level, match.end()
    return None, 0


def is_heading(paragraph: str) -> bool:
    """A short paragraph without a stop and without a quantity, that bears a mark or ends as titles do."""
    if len(paragraph) > HEADING_LENGTH or paragraph.endswith(("。", ";", ",", "、")) or QUANTITY.search(paragraph):
        return False
    level, length = read_mark(paragraph)
    rest = paragraph[length:]
    if level is not None:
        return "。" not in rest
    return bool(TITLE.search(rest.rstrip(":")))
