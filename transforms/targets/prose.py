"""Promises with a number inside a text of goals: 本年度计划安排值班人数大于等于3人/天.

Promise: a clause becomes a target only where it is a name followed by a number, or a verb of doing, a number and what is counted;
every other number is named in `unplaced`, so that it can be told.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from transforms.targets.values import NUMBER, TargetValue, parse_target
from transforms.targets.vocabulary import load_target_vocabulary
from transforms.text import normalise

CLAUSE_END = re.compile(r"[。;；!！]|(?<!\d)[,，]|[,，](?!\d{3})")
YEAR = re.compile(r"(?:19|20)\d\d年(?:度|内)?(?!\d)")
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
        plain = YEAR.sub("", _drop_list_mark(normalise(clause)))
        if not re.search(r"\d", plain):
            continue
        whole = _read_clause(plain, end)
        for part in [plain] if whole else plain.split("、"):
            promise = whole or _read_clause(part, end)
            if promise is not None:
                found.append(promise)
            elif re.search(r"\d", part) and not _is_dated(part) and not part.isdecimal():
                unplaced.append(part)
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
    if (match := _named_first().match(clause)) and (name := _clean_name(match["name"])):
        return _make_promise(name, clause[match.end("name") :], end)
    if (match := _number_first().match(clause)) and not _clean_lead(match["lead"]):
        return _make_promise(match["name"], match["sign"] + match["value"], end)
    return None


def _make_promise(name: str, text: str, end: int) -> Promise | None:
    value = parse_target(text)
    is_number = value.understood and value.operator not in {None, "qualitative"}
    return Promise(name, value, end) if is_number else None


def _clean_lead(text: str) -> str:
    """What is left of the words before a name when planning and doing are taken away."""
    words = load_target_vocabulary().prose_before
    text = re.sub(rf"^.*(?:计划|预计|拟)(?:{words})*", "", text)
    return re.sub(rf"^(?:{words})*", "", text)


def _clean_name(text: str) -> str | None:
    """The name of what is promised; None where only verbs stand before the number, or the number is said to be about."""
    name = _clean_lead(text)
    if name in BARE_ENDINGS:
        name = re.sub(r"^.*(?:计划|预计|拟)", "", text)
    is_name = SHORTEST_NAME <= len(name) <= LONGEST_NAME and not re.search(r"\d|[约近]$", name)
    return name if is_name else None


@cache
def _named_first() -> re.Pattern[str]:
    """值班人数 | 大于等于 3 人/天"""
    words = load_target_vocabulary()
    number = rf"(?:{words.filler})?(?:{_list_signs()})?(?:{words.filler})?(?:{NUMBER})(?:{words.units})?"
    return re.compile(rf"^(?P<name>[^\d≥≤<>=]+?){number}(?:{_list_endings()})?$")


@cache
def _number_first() -> re.Pattern[str]:
    """完成 | 4 个 | 专项规划编制"""
    words = load_target_vocabulary()
    value = rf"(?:{_list_signs()})?(?:{NUMBER})(?:{words.measures})(?:{_list_endings()})?"
    name = rf"(?P<name>[^\d]{{{SHORTEST_NAME},{LONGEST_NAME}}})"
    return re.compile(rf"^(?P<sign>(?:至少)?)(?P<lead>[^\d≥≤<>=]*?)(?P<value>{value}){name}$")


def _list_signs() -> str:
    return _alternate(word for spellings in load_target_vocabulary().operators.values() for word in spellings)


def _list_endings() -> str:
    return _alternate(word for spellings in load_target_vocabulary().operators_after.values() for word in spellings)


def _alternate(words: Iterator[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
