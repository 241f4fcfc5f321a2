"""A subscriber's copy of the newest release, kept up to date by deltas.

Layout::

    TARGET/VERSION/TABLE.parquet   each table in one file, plain text where the release has dictionaries
    TARGET/VERSION/release.json    the release that this is a copy of, as it was published
    TARGET/VERSION/*.md …          what explains it: dictionary, changes, known issues, accuracy, licence
    TARGET/current                 a link to the newest; only this one is to be read

Promise: what `current` leads to is the same as a full release: of every table the contents are summed up again from the file that
was written and held against the sum that the release states. It is built aside and the link moves last, so that whoever is
interrupted has the old copy or the new one. Where deltas do not lead from the old one to the new, the full release is fetched,
and the reason is told.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa
from pydantic import ValidationError

from warehouse.contents import sum_chunks
from warehouse.deltas import DeltaError, apply_chunks
from warehouse.published import (
    FILE_NAME,
    Manifest,
    PublishedFile,
    TableContents,
    open_parquet_rows,
    open_published,
    read_manifest,
)
from warehouse.release_files import write_plain_parquet
from warehouse.release_source import NotPublishedError, ReleaseSource, fetch_file, fetch_manifest
from warehouse.staging import sync

CURRENT = "current"
_KEPT = 2  # the newest copy, and the one before for readers who have it open
_DOWNLOADS = ".downloads"

Way = Literal["unchanged", "deltas", "full"]


class MirrorError(RuntimeError):
    """The copy cannot be brought up to date; the old one stands as it was."""


class _NoWayError(Exception):
    """Deltas do not lead from the copy to the newest release; says why."""


@dataclass(frozen=True, slots=True)
class Update:
    """How a copy came to be what it is now. `reason`: why not by deltas. `full_bytes`: what the full release costs to fetch."""

    before: str | None
    after: str
    way: Way
    reason: str | None
    steps: int
    fetched_bytes: int
    full_bytes: int
    tables: int
    rows: int


def update_mirror(source: ReleaseSource, target: Path, *, full: bool = False) -> Update:
    """Bring the copy in a folder up to the newest release; with `full` whatever is there already.

    Raises MirrorError, SourceError; then the old copy stands.
    """
    target.mkdir(parents=True, exist_ok=True)
    with _lock(target):
        _remove_leftovers(target)
        aside = target / f".{os.getpid()}"
        (aside / _DOWNLOADS).mkdir(parents=True)
        try:
            return _update(source, target, aside, full=full)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def read_current(target: Path) -> Manifest | None:
    """The release that a copy is of; None where there is no copy, or none that this version can read."""
    try:
        return read_manifest(target / CURRENT)
    except (FileNotFoundError, ValidationError):
        return None


def _update(source: ReleaseSource, target: Path, aside: Path, *, full: bool) -> Update:
    newest = fetch_manifest(source, "latest", aside)
    here = read_current(target)
    reason = None
    try:
        if full:
            raise _NoWayError("it was asked for")
        steps = _find_steps(source, here, newest, aside)
        if not steps:
            _check(target / CURRENT, newest)
            return _describe(here, newest, None, (), ())
        fetched = _apply_steps(source, steps, target / CURRENT, aside)
        _check(aside, newest)
    except (_NoWayError, NotPublishedError, DeltaError, pa.ArrowException, duckdb.Error, FileNotFoundError) as error:
        reason = str(error)
        steps = ()
        fetched = _fetch_full(source, newest, aside)
    for file in newest.texts:
        fetch_file(source, newest.version, file, aside)
    (aside / FILE_NAME).write_text(newest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(aside / _DOWNLOADS)
    _put_in_place(aside, target, newest.version)
    return _describe(here, newest, reason, steps, (*fetched, *newest.texts))


def _find_steps(source: ReleaseSource, here: Manifest | None, newest: Manifest, aside: Path) -> tuple[Manifest, ...]:
    """The releases whose deltas lead from the copy to the newest, in this order; none: it is the newest. Raises _NoWayError."""
    if here is None:
        raise _NoWayError("there was no copy yet")
    if here == newest:
        return ()
    steps = [newest]
    while steps[0].previous != here.version:
        previous = steps[0].previous
        if previous is None or steps[0].commit_sequence <= here.commit_sequence:
            raise _NoWayError(f"no deltas lead from {here.version} to {newest.version}")
        try:
            steps.insert(0, fetch_manifest(source, previous, aside))
        except NotPublishedError:
            raise _NoWayError(f"{previous}, which stands between, is no longer published") from None
    costs = sum(delta.file.bytes for step in steps for delta in (step.delta or {}).values())
    if costs >= _count_full(newest):
        raise _NoWayError(f"the deltas are no smaller than the release ({costs:,} of {_count_full(newest):,} bytes)")
    return tuple(steps)


def _apply_steps(source: ReleaseSource, steps: Sequence[Manifest], before: Path, aside: Path) -> list[PublishedFile]:
    """Write every table of the newest release; returns the files that were fetched."""
    fetched = []
    for name, contents in steps[-1].tables.items():
        deltas = [(step, step.delta[name]) for step in steps if step.delta and name in step.delta]
        # What stood before a table that comes whole does not matter.
        deltas = deltas[max((number for number, (_, delta) in enumerate(deltas) if delta.is_whole), default=0) :]
        if not deltas:
            _link(before / f"{name}.parquet", aside / f"{name}.parquet")
            continue
        table = before / f"{name}.parquet"
        for step, delta in deltas:
            folder = aside / _DOWNLOADS / step.version
            fetch_file(source, step.version, delta.file, folder)
            fetched.append(delta.file)
            following = folder / f"{name}.parquet"
            _apply(table, folder / delta.file.path, following, contents, is_whole=delta.is_whole)
            table = following
        table.rename(aside / f"{name}.parquet")
    return fetched


def _apply(table: Path, delta: Path, following: Path, contents: TableContents, *, is_whole: bool) -> None:
    """Write the table that follows from one and a delta. Raises DeltaError."""
    earlier, rows = None if is_whole else open_parquet_rows(table), open_parquet_rows(delta)
    chunks = apply_chunks(earlier, rows, contents.key, contents.order, is_whole=is_whole, scratch=following.parent)
    write_plain_parquet(chunks, rows.schema.remove(0), following)


def _fetch_full(source: ReleaseSource, newest: Manifest, aside: Path) -> list[PublishedFile]:
    """Write every table from the full release; returns the files that were fetched. Raises MirrorError."""
    fetched = []
    folder = aside / _DOWNLOADS / newest.version
    for name, contents in newest.tables.items():
        for file in contents.parquet:
            fetch_file(source, newest.version, file, folder)
            fetched.append(file)
        (aside / f"{name}.parquet").unlink(missing_ok=True)  # it may be a link to the old copy's
        rows = open_published(folder, contents)
        write_plain_parquet(rows.open(), rows.schema, aside / f"{name}.parquet")
    try:
        _check(aside, newest)
    except DeltaError as error:
        raise MirrorError(f"{error}, though every file arrived as published: that release is broken") from error
    return fetched


def _check(folder: Path, newest: Manifest) -> None:
    """Sum up every table again, from the file that readers will read. Raises DeltaError."""
    for name, contents in newest.tables.items():
        if sum_chunks(open_parquet_rows(folder / f"{name}.parquet").open()) != contents.sha256:
            raise DeltaError(f"{name} did not come out as release {newest.version} states")


def _link(file: Path, to: Path) -> None:
    try:
        os.link(file, to)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links
        shutil.copyfile(file, to)


def _put_in_place(aside: Path, target: Path, version: str) -> None:
    for path in sorted(aside.rglob("*")):
        sync(path)
    folder = _choose_folder(target, version)
    aside.rename(folder)
    sync(target)
    pointer = target / f".{CURRENT}.{os.getpid()}"
    pointer.symlink_to(folder.name)
    pointer.replace(target / CURRENT)
    sync(target)
    _remove_old(target, spare=folder.name)


def _choose_folder(target: Path, version: str) -> Path:
    """A name that is free: where the same release is fetched once more, its readers keep what they have open."""
    names = (version, *(f"{version}.{number}" for number in range(2, 1000)))
    return next(target / name for name in names if not (target / name).exists())


def _remove_old(target: Path, *, spare: str) -> None:
    copies = [path for path in target.iterdir() if path.is_dir() and not path.is_symlink() and path.name != spare]
    copies = [path for path in copies if (path / FILE_NAME).is_file()]
    for path in sorted(copies, key=lambda path: (path / FILE_NAME).stat().st_mtime)[: -(_KEPT - 1)]:
        shutil.rmtree(path)


def _remove_leftovers(target: Path) -> None:
    """What a run that died left; whoever holds the lock is the only one."""
    for path in target.glob(".[0-9]*"):
        shutil.rmtree(path)
    for path in target.glob(f".{CURRENT}.*"):
        path.unlink()


@contextmanager
def _lock(target: Path) -> Iterator[None]:
    with (target / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MirrorError(f"another run is bringing {target} up to date") from None
        yield


def _count_full(manifest: Manifest) -> int:
    return sum(file.bytes for contents in manifest.tables.values() for file in contents.parquet)


def _describe(
    here: Manifest | None,
    newest: Manifest,
    reason: str | None,
    steps: Sequence[Manifest],
    fetched: Sequence[PublishedFile],
) -> Update:
    return Update(
        before=here.version if here else None,
        after=newest.version,
        way="full" if reason else "deltas" if steps else "unchanged",
        reason=reason,
        steps=len(steps),
        fetched_bytes=sum(file.bytes for file in fetched),
        full_bytes=_count_full(newest) + sum(file.bytes for file in newest.texts),
        tables=len(newest.tables),
        rows=sum(contents.rows for contents in newest.tables.values()),
    )
