"""Promises with a number inside a text of goals: 本年度计划安排值班人数大于等于3人/天.

Promise: a clause becomes a target only where it is a name followed by a number, or a verb of doing, a number and what is counted;
every other number is named in `unplaced`, so that it can be told.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from transforms.targets.values import NUMBER, UNIT, TargetValue, parse_target
from transforms.targets.vocabulary import load_target_vocabulary
from transforms.text import normalise

CLAUSE_END = re.compile(r"[。;；!！]|(?<!\d)[,，、]|[,，](?!\d{3})|、")
SHORTEST_NAME, LONGEST_NAME = 2, 30
BARE_ENDINGS = ("率", "数", "度", "情况", "量", "时间")  # 完成率: the verb is part of the name


@dataclass(frozen=True, slots=True)
class Promise:
    """A name, its value, and where its clause ends in the text without white space."""

    indicator: str
    value: TargetValue
    end: int


@dataclass(frozen=True, slots=True)
class Promises:
    """The promises of a text in order; `unplaced`: clauses with a number that are none."""

    found: tuple[Promise, ...]
    unplaced: tuple[str, ...]


def read_promises(text: str) -> Promises:
    """The promises of a text of goals."""
    found: list[Promise] = []
    unplaced: list[str] = []
    for clause, end in _split_clauses(re.sub(r"\s+", "", text)):
        plain = _drop_list_mark(normalise(clause))
        if not re.search(r"\d", plain):
            continue
        promise = _read_clause(plain, end)
        if promise is not None:
            found.append(promise)
        elif not _is_dated(plain):
            unplaced.append(plain)
    return Promises(tuple(found), tuple(unplaced))


def _split_clauses(text: str) -> Iterator[tuple[str, int]]:
    start = 0
    for match in CLAUSE_END.finditer(text):
        yield text[start : match.start()], match.start()
        start = match.end()
    yield text[start:], len(text)


def _drop_list_mark(clause: str) -> str:
    return re.sub(r"^(\(?\d{1,2}\)|\d{1,2}[.、](?!\d)|目标\d*[::]?|(?:19|20)\d\d年(?:度|内)?,?)", "", clause)


def _is_dated(clause: str) -> bool:
    """Whether the only numbers of a clause are dates."""
    rest = re.sub(rf"(?:{load_target_vocabulary().dates})|\d{{1,2}}日", "", clause)
    return not re.search(r"\d", rest)


def _read_clause(clause: str, end: int) -> Promise | None:
    if match := _named_first().match(clause):
        name = _clean_name(match["name"])
        value = parse_target(clause[match.end("name") :])
        if name and value.understood and value.operator not in {None, "qualitative"}:
            return Promise(name, value, end)
    if (match := _number_first().match(clause)) and not _clean_lead(match["lead"]):
        value = parse_target(match["value"])
        if value.understood and value.operator not in {None, "qualitative"}:
            return Promise(match["name"], value, end)
    return None


def _clean_lead(text: str) -> str:
    """What is left of the words before a name when planning and doing are taken away."""
    words = load_target_vocabulary().prose_before
    text = re.sub(rf"^.*(?:计划|预计|拟)(?:{words})*", "", text)
    return re.sub(rf"^(?:{words})*", "", text)


def _clean_name(text: str) -> str | None:
    name = _clean_lead(text)
    if len(name) < SHORTEST_NAME or name in BARE_ENDINGS:
        name = re.sub(r"^.*(?:计划|预计|拟)", "", text)
    is_name = SHORTEST_NAME <= len(name) <= LONGEST_NAME and not re.search(r"\d", name)
    return name if is_name else None


@cache
def _named_first() -> re.Pattern[str]:
    """值班人数 | 大于等于 3 人/天"""
    words = load_target_vocabulary()
    signs = _alternate(word for spellings in words.operators.values() for word in spellings)
    after = _alternate(word for spellings in words.operators_after.values() for word in spellings)
    number = rf"(?:{words.filler})?(?:{signs})?(?:{words.filler})?(?:{NUMBER})"
    return re.compile(rf"^(?P<name>[^\d≥≤<>=]{{{SHORTEST_NAME},60}}?){number}{UNIT}(?:{after})?$")


@cache
def _number_first() -> re.Pattern[str]:
    """完成 | 4 个 | 专项规划编制"""
    words = load_target_vocabulary()
    signs = _alternate(word for spellings in words.operators.values() for word in spellings)
    after = _alternate(word for spellings in words.operators_after.values() for word in spellings)
    value = rf"(?:{signs})?(?:{NUMBER})(?:{words.measures})(?:{after})?"
    return re.compile(rf"^(?P<lead>[^\d≥≤<>=]*?)(?P<value>{value})(?P<name>[^\d]{{{SHORTEST_NAME},{LONGEST_NAME}}})$")


def _alternate(words: Iterator[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
