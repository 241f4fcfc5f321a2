"""Which items a text says that a kind of expenditure consists of: 人员经费12万元,主要包括:基本工资、津贴补贴、奖金。

Promise: a list belongs to the number right before it; only what the year's code list knows by name is an item, and everything
else in the list is counted.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transforms.narrative.concepts import Names
from transforms.narrative.lexicon import compile_pattern, load_lexicon
from transforms.narrative.reading import Statement

LEAST_ITEMS = 4  # fewer are examples
KINDS = re.compile(r"^amount\.(?:\w+\.)?(?:personnel|operating)$")
SEPARATOR = re.compile(r"[、,]")
JOINT = re.compile(r"以及|和|及")
ECONOMIC = ("econ_department", "econ_government")


@dataclass(frozen=True, slots=True)
class Listing:
    """The items listed behind a statement, as printed; `others`: entries that are no names; `is_main`: of the main ones only."""

    statement_number: int
    items: tuple[str, ...]
    others: int
    is_main: bool


def find_listings(text: str, statements: Sequence[Statement], names: Names) -> Iterator[Listing]:
    """The lists of economic classes behind amounts of personnel and operating cost; statements are numbered from 1."""
    lexicon = load_lexicon()
    for number, statement in enumerate(statements, 1):
        match = compile_pattern(lexicon.itemised).match(text, statement.end) if KINDS.match(statement.statement_key) else None
        if match is None:
            continue
        entries = [
            part for entry in SEPARATOR.split(match["list"]) for part in _part(compile_pattern(lexicon.item_end), entry, names)
        ]
        items = tuple(dict.fromkeys(entry for entry in entries if _is_item(entry, names)))
        if len(items) >= LEAST_ITEMS:
            others = sum(not _is_item(entry, names) for entry in entries)
            yield Listing(number, items, others, bool(match["main"] or match["open"]))


def _part(end: re.Pattern[str], entry: str, names: Names) -> Iterator[str]:
    """An entry, or the two that are joined by the last 和 of a list: names have a 和 of their own."""
    bare = end.sub("", entry)
    if _is_item(bare, names):
        yield bare
        return
    for joint in JOINT.finditer(bare):
        both = bare[: joint.start()], bare[joint.end() :]
        if all(_is_item(part, names) for part in both):
            yield from both
            return
    if bare:
        yield bare


def _is_item(entry: str, names: Names) -> bool:
    spellings = (entry, f"{entry}支出", entry.removesuffix("支出"))
    return any(names.has(spelling, scheme) for spelling in spellings for scheme in ECONOMIC)
