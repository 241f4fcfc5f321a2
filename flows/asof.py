"""Which earlier state of the warehouse a person means: a date, a moment, a release or the number of a commit.

Promise: what names no state of this warehouse is an error that says which states there are, never an empty answer.
"""

import re
from datetime import UTC, datetime, time

from flows.errors import UsageError
from warehouse.store import Warehouse
from warehouse.visibility import Snapshot

_RELEASE = re.compile(r"(?P<day>\d{4}\.\d{2}\.\d{2})-(?P<sequence>\d+)")


class UnknownStateError(UsageError):
    """The text names no state of this warehouse."""


def find_state(warehouse: Warehouse, text: str) -> int:
    """The commit number that `text` means: `7`, `2026.11.25-7` (a release), `2026-11-25` (the end of that day, UTC) or a moment.

    Raises UnknownStateError.
    """
    newest = warehouse.snapshot()
    if release := _RELEASE.fullmatch(text):
        return _find_release(warehouse, newest, release["day"], int(release["sequence"]))
    if text.isdecimal():
        return _check_sequence(newest, int(text), text)
    return _find_moment(warehouse, newest, text)


def _find_release(warehouse: Warehouse, newest: Snapshot, day: str, sequence: int) -> int:
    _check_sequence(newest, sequence, f"{day}-{sequence}")
    committed_at = warehouse.snapshot(sequence).committed_at
    if committed_at is None or f"{committed_at:%Y.%m.%d}" != day:
        raise UnknownStateError(
            f"release {day}-{sequence} is not of this warehouse: its commit {sequence} was made on {committed_at:%Y-%m-%d}"
        )
    return sequence


def _check_sequence(newest: Snapshot, sequence: int, text: str) -> int:
    if not 1 <= sequence <= newest.sequence:
        raise UnknownStateError(f"{text} names no state of this warehouse: its commits are 1 to {newest.sequence}")
    return sequence


def _find_moment(warehouse: Warehouse, newest: Snapshot, text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UnknownStateError(
            f"{text!r} is no date (2026-11-25), moment (2026-11-25T08:00Z), release (2026.11.25-7) or commit number"
        ) from error
    if len(text) <= len("2026-11-25"):
        moment = datetime.combine(moment, time.max)
    state = warehouse.snapshot(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    if state.sequence == 0:
        first = warehouse.snapshot(1).committed_at if newest.sequence else None
        raise UnknownStateError(
            f"at {text} the warehouse was empty" + (f": its first commit is of {first:%Y-%m-%dT%H:%M:%SZ}" if first else "")
        )
    return state.sequence
