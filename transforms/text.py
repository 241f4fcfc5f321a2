"""Text as printed, made comparable: one width, no white space, no list marks.

Promise: nothing is lost that tells two names apart; what is printed stays in the raw tables.
"""

import re
import unicodedata
from functools import lru_cache

CHINESE_DIGITS = "一二三四五六七八九十"
# 一、 （一） (1) 1. 1、 ①: marks of enumeration, from the highest level to the lowest.
_MARKS = (
    re.compile(rf"^第?[{CHINESE_DIGITS}]{{1,3}}[、.．,，](?!\d)"),
    re.compile(rf"^\([{CHINESE_DIGITS}]{{1,3}}\)、?"),
    re.compile(r"^\d{1,2}[、.．](?!\d)"),
    re.compile(r"^\(\d{1,2}\)"),
)
_CIRCLED = re.compile(r"^\s*[①-⑳]")  # looked for before NFKC makes a plain digit of it
_OF_WHICH = re.compile(r"^其中[::]?")
_NOT_DIGIT = re.compile(r"[^\d.]")
_NOT_WORD = re.compile(r"[^\w%]")


# Radicals of the CJK supplement that fonts yield instead of the characters they look like; NFKC maps the Kangxi block only.
_RADICALS = str.maketrans(
    "⻁⻂⻃⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰⻳⺠⺟⺎⺊",
    "虎衣西西见角贝车长门青韦页风飞食马骨鬼鱼鸟麦黄齐齿龙龟民母尢卜",
)


@lru_cache(maxsize=200_000)
def normalise(text: str) -> str:
    """One width (NFKC, which also maps Kangxi radicals to the characters they look like), no white space."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).translate(_RADICALS))


def split_mark(text: str) -> tuple[int | None, str]:
    """The level of a label's enumeration mark (0 highest; None without a mark) and the label after it; 其中： is passed over."""
    if circled := _CIRCLED.match(text):
        return len(_MARKS), normalise(text[circled.end() :])
    text = normalise(text)
    text = _OF_WHICH.sub("", text) or text
    for level, mark in enumerate(_MARKS):
        if match := mark.match(text):
            return level, text[match.end() :]
    return None, text


def is_of_which(text: str) -> bool:
    """Whether a label begins with 其中 (of which)."""
    return bool(_OF_WHICH.match(normalise(text)))


def same_text(one: str, other: str) -> bool:
    """Whether two readings of one cell show the same characters, and the same digits and points in the same order.

    Readers put a list mark or a bracket that stands a hair lower on a line of its own; that is no difference.
    """
    one, other = normalise(one), normalise(other)
    if one == other:
        return True
    return sorted(one) == sorted(other) and _NOT_DIGIT.sub("", one) == _NOT_DIGIT.sub("", other)


@lru_cache(maxsize=200_000)
def name_key(text: str) -> str:
    """A name without mark, brackets and punctuation: what two spellings of one name have in common."""
    return _NOT_WORD.sub("", split_mark(text)[1])
