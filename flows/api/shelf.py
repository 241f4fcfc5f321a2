"""The states that are open for questions: the newest, and some earlier ones that readers asked for.

Promise: a question is answered of one state; a newer one takes the place of the newest when it is whole, and until then the one
before answers and `behind` says so. Editions are made one at a time and few stay open, whatever strangers ask for; who must wait
too long is told when to come back.
"""

import asyncio
from collections import OrderedDict
from functools import partial

from flows.api.behind import Behind, describe_behind
from flows.api.problems import ProblemError, refuse_parameter
from flows.api.sources import GoneStateError, StateSource
from flows.asof import UnknownStateError
from warehouse.edition import Edition

MOST_WAITING = 4  # editions that may wait to be made


class Shelf:
    """Open editions by state. `kept`: earlier states that stay open; `seconds`: how long a question waits for one."""

    def __init__(self, source: StateSource, kept: int, seconds: float) -> None:
        self._source = source
        self._kept = kept
        self._seconds = seconds
        self._making = asyncio.Lock()
        self._tasks: dict[str, asyncio.Task[Edition]] = {}
        self._earlier: OrderedDict[str, Edition] = OrderedDict()
        self.newest: Edition = source.open(source.find_newest())
        """The state that questions without `as_of` are answered of."""
        self.behind: Behind | None = None
        """Since when and why it may not be the newest that there is."""

    async def find(self, as_of: str) -> str:
        """The state that a reader names. Raises ProblemError."""
        try:
            return await asyncio.to_thread(self._source.find, as_of)
        except UnknownStateError as error:
            raise refuse_parameter("as_of", str(error)) from error

    async def open(self, state: str) -> Edition:
        """The edition of a state. Raises ProblemError: it is not to be had, or not yet."""
        if state == self.newest.state:
            return self.newest
        if state in self._earlier:
            self._earlier.move_to_end(state)
            return self._earlier[state]
        task = self._tasks.get(state) or self._begin(state)
        try:
            return await asyncio.wait_for(asyncio.shield(task), self._seconds)
        except TimeoutError as error:
            raise _tell_later(f"state {state} is being prepared") from error
        except UnknownStateError as error:
            raise refuse_parameter("as_of", str(error)) from error
        except GoneStateError as error:
            raise ProblemError("state-gone", "That state is gone", 410, str(error)) from error

    async def refresh(self) -> None:
        """Look whether there is a newer state, and put it in the place of the newest.

        Where that goes wrong the one before stays, `behind` is set, and the error is raised.
        """
        state: str | None = None
        try:
            state = await asyncio.to_thread(self._source.find_newest)
            if state != self.newest.state:
                await self._replace_newest(state)
        except Exception as error:
            self.behind = describe_behind(error, state, self.behind)
            raise
        self.behind = None

    async def _replace_newest(self, state: str) -> None:
        edition = self._earlier.pop(state, None) or await self._make(state)
        self._earlier.pop(state, None)
        before, self.newest = self.newest, edition
        # Readers in the middle of its pages go on with it.
        self._keep(before)

    def close(self) -> None:
        """Let go of everything."""
        for task in self._tasks.values():
            task.cancel()
        for edition in (self.newest, *self._earlier.values()):
            self._source.let_go(edition)

    def _begin(self, state: str) -> asyncio.Task[Edition]:
        if len(self._tasks) >= MOST_WAITING:
            raise _tell_later(f"{len(self._tasks)} other states are being prepared")
        task = asyncio.create_task(self._make(state))
        self._tasks[state] = task
        task.add_done_callback(partial(self._end, state))
        return task

    def _end(self, state: str, task: asyncio.Task[Edition]) -> None:
        del self._tasks[state]
        if not task.cancelled() and task.exception() is None:
            self._keep(task.result())

    async def _make(self, state: str) -> Edition:
        async with self._making:
            return await asyncio.to_thread(self._source.open, state)

    def _keep(self, edition: Edition) -> None:
        self._earlier[edition.state] = edition
        while len(self._earlier) > self._kept:
            _, oldest = self._earlier.popitem(last=False)
            self._source.let_go(oldest)


def _tell_later(why: str) -> ProblemError:
    return ProblemError("not-yet", "Not yet", 503, f"{why}; ask again in a few seconds", retry_seconds=5)
