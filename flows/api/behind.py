"""A newer state that could not be opened, as readers are told of it.

Promise: the sentence says what kind of thing went wrong and who knows more; it has no path, no address and no value in it, since
strangers read it.
"""

import errno
import os
from datetime import UTC, datetime

import duckdb
from pydantic import Field

from flows.api.answers import Closed, State
from flows.api.sources import GoneStateError

# As the operating system says it, which DuckDB hands on.
_NO_ROOM = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT))


class Behind(Closed):
    """The state that answers may not be the newest."""

    since: str = Field(description="自何时起 When it was first noticed, in UTC")
    state: str | None = Field(description="未能打开的状态 The newer state; null: whether there is one could not be found out")
    why: str = Field(description="原因 Why, in a sentence")


class NewestState(State):
    """The state that answers where none is named."""

    behind: Behind | None = Field(
        description="未能打开更新的状态 A newer state that could not be opened; null: this is the newest"
    )


def describe_behind(error: Exception, state: str | None, before: Behind | None) -> Behind:
    """What readers are told of it. `before`: what they were told until now; the first moment stays."""
    what = "it could not be found out whether there is a newer state" if state is None else f"state {state} could not be opened"
    why = f"{what}: {_say_why(error)}; it is tried again"
    return Behind(since=before.since if before else f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", state=state, why=why)


def write_header(behind: Behind) -> str:
    """The same in one line of ASCII, which is all that a header can hold."""
    return " ".join(f"since {behind.since}; {behind.why}".split()).encode("ascii", "replace").decode()


def _say_why(error: Exception) -> str:
    # Its sentence is what a reader gets who asks for that state.
    if isinstance(error, GoneStateError):
        return str(error)
    if isinstance(error, MemoryError | duckdb.OutOfMemoryException):
        return "the service has not enough memory"
    if isinstance(error, OSError | duckdb.IOException):
        is_full = any(words in str(error) for words in _NO_ROOM)
        return (
            "there is no room left on the disk"
            if is_full
            else "a file could not be read or written (the service's log says which)"
        )
    return f"something unexpected ({type(error).__name__}), which the service's log describes"
