"""The ledger of the running text: every number of it, and what became of it.

Promise: each run of digits of a passage is in exactly one entry. It is the number of a statement, it states nothing for a reason
that is given, or it is *unread* and a finding; a number behind which a unit of the lexicon stands is never passed over as bare.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from transforms.narrative.lexicon import compile_pattern, load_lexicon
from transforms.narrative.personal import LOCAL_NUMBER, cut_behind_telephone
from transforms.narrative.reading import NarrativeReading
from transforms.narrative.sentences import Sentence, split_sentences

Outcome = Literal["statement", "ignored", "unread"]
OUTCOMES: tuple[Outcome, ...] = ("statement", "ignored", "unread")

TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?")
BEFORE, AFTER = 24, 12  # characters around a number that its rules see, and that are kept with it
SENTENCE_END = re.compile(r"[。！？;\n]")
HEADING, MARK = "heading", "mark"


@dataclass(frozen=True, slots=True)
class NumberEntry:
    """One number of the passage. `statement`: ordinal of the statement that it makes, from 1. `reason`: why it states nothing."""

    start: int
    end: int
    outcome: Outcome
    reason: str | None = None
    statement: int | None = None


def account_numbers(text: str, reading: NarrativeReading) -> tuple[NumberEntry, ...]:
    """What became of every number of a passage, in reading order."""
    entries = list(_take_read(reading))
    taken = bytearray(len(text))
    for entry in entries:
        taken[entry.start : entry.end] = b"\1" * (entry.end - entry.start)
    entries += _account_rest(text, taken)
    return tuple(sorted(entries, key=lambda entry: entry.start))


def count_outcomes(entries: Iterable[NumberEntry]) -> dict[str, int]:
    """Numbers by outcome."""
    counted = Counter(entry.outcome for entry in entries)
    return {outcome: counted[outcome] for outcome in OUTCOMES}


def cut_evidence(text: str, entry: NumberEntry) -> str | None:
    """The number with the words of its sentence around it; None where they tell of persons."""
    if entry.reason == "personal":
        return None
    before = SENTENCE_END.split(text[max(0, entry.start - BEFORE) : entry.start])[-1]
    after = LOCAL_NUMBER.split(SENTENCE_END.split(text[entry.end : entry.end + AFTER])[0])[0]
    return cut_behind_telephone(before) + text[entry.start : entry.end] + after


def _take_read(reading: NarrativeReading) -> Iterator[NumberEntry]:
    """The numbers with a unit that the reading went through."""
    for number, statement in enumerate(reading.statements, 1):
        if statement.printed is not None:  # 与上年持平 states without a number
            yield NumberEntry(statement.start, statement.end, "statement", None, number)
    for ignored in reading.ignored:
        yield NumberEntry(ignored.start, ignored.end, "ignored", ignored.reason)
    for unread in reading.unread:
        yield NumberEntry(unread.start, unread.end, "unread")


def _account_rest(text: str, taken: bytearray) -> Iterator[NumberEntry]:
    """The numbers that the reading did not go through: headings, marks, and what has no unit of the lexicon."""
    sentences = list(split_sentences(text))
    number = 0
    for match in TOKEN.finditer(text):
        if any(taken[match.start() : match.end()]):
            continue
        while number + 1 < len(sentences) and sentences[number + 1].start <= match.start():
            number += 1
        # The mark of the next sentence stands before its text.
        sentence = sentences[number] if sentences and sentences[number].start <= match.start() else None
        reason = _find_reason(text, match, sentence)
        yield NumberEntry(match.start(), match.end(), "ignored" if reason else "unread", reason)


def _find_reason(text: str, match: re.Match[str], sentence: Sentence | None) -> str | None:
    if sentence is None or match.start() >= sentence.start + len(sentence.text):
        return MARK
    if _unit_pattern().match(text, match.end()):
        return HEADING if sentence.is_heading else None
    before, after = text[max(0, match.start() - BEFORE) : match.start()], text[match.end() : match.end() + AFTER]
    for rule in load_lexicon().bare:
        if compile_pattern(rule.number).fullmatch(match.group()) is None:
            continue
        if compile_pattern(f"(?:{rule.before})$").search(before) and compile_pattern(rule.after).match(after):
            return rule.reason
    return None


@cache
def _unit_pattern() -> re.Pattern[str]:
    units = "|".join(re.escape(unit) for unit in sorted(load_lexicon().units, key=len, reverse=True))
    return re.compile(f"\\(?(?:{units})")
