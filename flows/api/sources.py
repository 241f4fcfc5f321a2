"""Where the states come from that the query service answers of: a warehouse that goes on growing, or releases.

Promise: what names no state is an error that says which there are; an edition that is handed out is whole.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date
from itertools import count
from pathlib import Path
from typing import Protocol

from flows.asof import UnknownStateError, find_state
from flows.errors import UsageError
from warehouse.catalogue.release import SUMS
from warehouse.datapackage import hash_file
from warehouse.edition import Edition, build_edition
from warehouse.published import read_manifest
from warehouse.release_check import DUCKDB_FILE
from warehouse.store import PurgedError, Warehouse

_NUMBER = re.compile(r"[0-9]{1,18}")
_RELEASE_DAY = re.compile(r"(\d{4})\.(\d{2})\.(\d{2})-\d+")


class GoneStateError(UsageError):
    """There was such a state, and it can no longer be read whole."""


class StateSource(Protocol):
    """States by their names."""

    def find_newest(self) -> str:
        """The state that is the newest now."""
        ...

    def find(self, text: str) -> str:
        """The state that a reader means. Raises UnknownStateError."""
        ...

    def open(self, state: str) -> Edition:
        """Its edition; may take a while. Raises UnknownStateError, GoneStateError."""
        ...

    def let_go(self, edition: Edition) -> None:
        """An edition that nobody asks for any more."""
        ...


class WarehouseSource:
    """The states of a warehouse: numbers of commits. Editions are made in `folder`, which is ours alone, and removed."""

    def __init__(self, store: Warehouse, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._numbers = count()

    def find_newest(self) -> str:
        """The last commit."""
        return str(self._store.snapshot().sequence)

    def find(self, text: str) -> str:
        """A date, a moment, a release or a number, as `yusuan query --as-of` knows them."""
        return str(find_state(self._store, text))

    def open(self, state: str) -> Edition:
        """Read the state from the tables and write it as one file."""
        # Also what a reader made up: a cursor is only text.
        snapshot = self._store.snapshot(int(state) if _NUMBER.fullmatch(state) else None)
        if str(snapshot.sequence) != state:
            raise UnknownStateError(f"{state!r} names no state of this warehouse: its last commit is {snapshot.sequence}")
        # A name of its own each time: a file of the same state that was let go may still be read from.
        path = self._folder / f"{state}-{next(self._numbers)}.duckdb"
        try:
            build_edition(self._store, int(state), path)
        except PurgedError as error:
            raise GoneStateError(f"state {state} can no longer be read whole: {error}") from error
        moment = f"{snapshot.committed_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if snapshot.committed_at else ""
        return Edition(path, state, moment)

    def let_go(self, edition: Edition) -> None:
        """Remove its file; questions that are being answered from it are answered."""
        edition.path.unlink(missing_ok=True)


class ReleaseSource:
    """The releases in a folder: `version`, or always the newest. Nothing is written."""

    def __init__(self, folder: Path, version: str | None = None) -> None:
        """Raises UsageError where there is no such release."""
        self._folder = folder
        self._version = version
        self.find_newest()

    def find_newest(self) -> str:
        """The version that was chosen, else the one that `latest` leads to."""
        place = (self._folder / (self._version or "latest")).resolve()
        if not (place / DUCKDB_FILE).is_file():
            there = ", ".join(self._list_versions()) or "none"
            raise UsageError(f"no release {self._version or 'yet'} in {self._folder}; there are: {there}")
        return place.name

    def find(self, text: str) -> str:
        """A version, or the newest release of a day or before it."""
        versions = self._list_versions()
        if text in versions:
            return text
        there = f"there are: {', '.join(versions)}"
        try:
            day = date.fromisoformat(text)
        except ValueError as error:
            raise UnknownStateError(f"{text!r} is no date (2026-11-25) and no release; {there}") from error
        before = [version for version in versions if (made := _read_day(version)) and made <= day]
        if not before:
            raise UnknownStateError(f"on {day} there was no release; {there}")
        return before[-1]

    def open(self, state: str) -> Edition:
        """The release's own DuckDB file, when it is what the release's sums say."""
        if state not in self._list_versions():
            raise GoneStateError(f"release {state} is no longer here; there are: {', '.join(self._list_versions())}")
        root = self._folder / state
        sums = {path: digest for digest, path in (line.split("  ", 1) for line in (root / SUMS).read_text("utf-8").splitlines())}
        if sums.get(DUCKDB_FILE) != hash_file(root / DUCKDB_FILE):
            raise GoneStateError(f"release {state} is damaged: {DUCKDB_FILE} is not what {SUMS} says")
        return Edition(root / DUCKDB_FILE, state, read_manifest(root).created)

    def let_go(self, edition: Edition) -> None:
        """Nothing to do: the file is the release's."""

    def _list_versions(self) -> list[str]:
        found = [path.parent.parent for path in self._folder.glob(f"*/{DUCKDB_FILE}") if not path.parent.parent.is_symlink()]
        return sorted((path.name for path in found), key=_order)


@contextmanager
def open_source(store: Warehouse, releases: Path, release: str | None) -> Iterator[StateSource]:
    """The states of a warehouse, or with `release` its releases: that version, or the newest for `latest`. What is written of
    the first goes with the process. Raises UsageError where there is no such release.
    """
    if release is not None:
        yield ReleaseSource(releases, None if release == "latest" else release)
        return
    with tempfile.TemporaryDirectory(prefix="yusuan-api-") as folder:
        yield WarehouseSource(store, Path(folder))


def _order(version: str) -> tuple[list[int], str]:
    """`2026.11.26-10` comes after `2026.11.26-9`."""
    return [int(number) for number in re.findall(r"\d+", version)], version


def _read_day(version: str) -> date | None:
    found = _RELEASE_DAY.fullmatch(version)
    return date(*(int(part) for part in found.groups())) if found else None
