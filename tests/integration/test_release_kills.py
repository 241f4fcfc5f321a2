"""A release that is killed while it is built is in nobody's way: real processes, real kill -9."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from made_release import commit
from made_rows import make_document

from flows.publish import list_releases, publish_release
from warehouse.store import Warehouse

pytestmark = pytest.mark.integration

VICTIM = Path(__file__).with_name("release_victim.py")
# Each of them is called when the folder aside has its `datapackage.json`; at the last one the release is there and not linked.
STOPS = ("_write_sums", "find_faults", "_publish", "sync", "point_to")


@pytest.mark.parametrize("stop", STOPS)
def test_the_next_release_is_built_and_nothing_is_left(tmp_path, stop):
    store, releases = Warehouse.open(tmp_path / "warehouse"), tmp_path / "releases"
    commit(store, make_document("甲"))
    first = publish_release(store, releases, keep=5)
    commit(store, make_document("乙"))
    killed = subprocess.run([sys.executable, VICTIM, store.root, releases, stop], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (releases / "latest").readlink() == Path(first.version)
    assert {path.name for path in releases.iterdir()} != {"latest", first.version}, "the kill left nothing to be cleared"

    second = publish_release(store, releases, keep=5)

    assert list_releases(releases) == [first.folder, second.folder]
    assert (releases / "latest").readlink() == Path(second.version)
    assert {path.name for path in releases.iterdir()} == {"latest", first.version, second.version}


def test_what_another_process_is_building_stays(tmp_path):
    store, releases = Warehouse.open(tmp_path / "warehouse"), tmp_path / "releases"
    commit(store, make_document("甲"))
    (releases / f".2026.11.26-7.{os.getppid()}").mkdir(parents=True)
    publish_release(store, releases, keep=5)
    assert (releases / f".2026.11.26-7.{os.getppid()}").is_dir()
