"""What one question to the query service, and all together, may take; and whose turn it is.

Promise: more questions than may be answered at a time wait, few of them and not long; the others are told to come again. None is
left without an answer.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from flows.api.problems import ProblemError


@dataclass(frozen=True, slots=True)
class Limits:
    """`rows`: of one page; `seconds`: of one question, and of waiting for its turn; `parallel`: questions at a time; `waiting`:
    questions that may wait; `states`: earlier states that stay open; `refresh_seconds`: how often a newer state is looked for.
    """

    rows: int = 10_000
    seconds: float = 10.0
    parallel: int = 2
    waiting: int = 64
    states: int = 3
    refresh_seconds: float = 10.0


_MOST_PAUSES = 30


def choose_pause(seconds: float, failures: int) -> float:
    """How long to wait for the next look at a newer state: longer after each failure in a row, since an attempt may be a copy of
    everything that fails at its end, and at most 30 times as long.
    """
    return seconds * min(1 << min(failures, 16), _MOST_PAUSES)


class Turns:
    """Who may ask now."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._free = asyncio.Semaphore(limits.parallel)
        self._waiting = 0

    async def take(self, work: Callable[[], bytes]) -> bytes:
        """Do the work in a thread when it is its turn. Raises ProblemError where that would be too late."""
        if self._waiting >= self._limits.waiting:
            raise _tell_busy()
        self._waiting += 1
        try:
            await asyncio.wait_for(self._free.acquire(), self._limits.seconds)
        except TimeoutError as error:
            raise _tell_busy() from error
        finally:
            self._waiting -= 1
        try:
            return await asyncio.to_thread(work)
        finally:
            self._free.release()


def _tell_busy() -> ProblemError:
    detail = "other questions are being answered; ask again in a second"
    return ProblemError("busy", "Too many questions at once", 503, detail, retry_seconds=1)
