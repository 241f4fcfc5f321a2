"""A clock that was 400 days ahead, or behind, changes no order: real processes under libfaketime."""

import itertools
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.clocks import FAKETIME, pretend_time
from flows.publish import list_releases
from warehouse.archive import Archive
from warehouse.store import Warehouse

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not installed (apt-get install faketime): NO CLOCK WAS TRIED"),
]

WRITER = Path(__file__).with_name("clock_writer.py")


def write(folder: Path, version: int, offset: int, *then: str) -> None:
    """A version, by a process whose clock is off by so many days."""
    variables = pretend_time(folder / "clock", f"{offset:+}d" if offset else "+0")
    command = [sys.executable, str(WRITER), str(folder), str(version), *then]
    told = subprocess.run(command, env=os.environ | variables, check=True, capture_output=True, text=True)
    days = datetime.fromisoformat(told.stdout.strip()).replace(tzinfo=UTC) - datetime.now(UTC)
    assert abs(days - timedelta(days=offset)) < timedelta(days=2), "the clock was not wrong"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("clock")
    write(folder, 1, 400)  # and dies before it commits
    write(folder, 2, 0, "commit")
    write(folder, 3, 400, "commit")
    write(folder, 4, -400, "commit")
    return folder


def test_the_later_reading_of_a_document_counts(folder):
    warehouse = Warehouse.open(folder / "warehouse")
    states = [warehouse.read("core_disclosures", as_of=sequence)["page_count"].to_pylist() for sequence in (1, 2, 3)]
    assert states == [[2], [3], [4]]
    assert warehouse.staged() == ()


def test_the_moments_of_commits_rise(folder):
    commits = Warehouse.open(folder / "warehouse").read("commits").sort_by("commit_sequence")["committed_at"].to_pylist()
    assert len(commits) == 3
    assert all(earlier < later for earlier, later in itertools.pairwise(commits))


def test_the_newest_release_is_that_of_the_last_commit(folder):
    releases = list_releases(folder / "releases")
    assert [path.name.rpartition("-")[2] for path in releases] == ["1", "2", "3"]
    assert (folder / "releases" / "latest").readlink() == Path(releases[-1].name)


def test_each_file_is_superseded_by_the_one_that_followed(folder):
    rows = {row["document_id"]: row["superseded_by"] for row in Archive(folder / "archive").sightings()}
    first = min(set(rows) - set(rows.values()))
    chain = [first]
    while (after := rows[chain[-1]]) is not None:
        chain.append(after)
    sums = {row["document_id"]: row["sha256"] for row in Archive(folder / "archive").sightings()}
    files = [Archive(folder / "archive").read(sums[document_id]) for document_id in chain]
    assert files == [f"%PDF-1.4 {version}".encode() for version in (1, 2, 3, 4)]
