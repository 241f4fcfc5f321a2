"""A value and the place that says it, and the choice among several.

Promise: a tie is no choice.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Source = Literal["title", "header", "caption", "label", "text", "portal"]


@dataclass(frozen=True, slots=True)
class Read:
    """A value and where it stands: `page` from 1, None for what stands on no page; `text` is the line or phrase."""

    value: str
    source: Source
    page: int | None
    text: str


def first(reads: Iterable[Read]) -> Read | None:
    """The first one."""
    return next(iter(reads), None)


def most_common(reads: Iterable[Read]) -> Read | None:
    """The value read most often, with the first place it stands; None for none and for a tie."""
    everything = list(reads)
    ranked = Counter(read.value for read in everything).most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return None
    return next(read for read in everything if read.value == ranked[0][0])
