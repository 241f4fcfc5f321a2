"""The commands of docs/operations.md for back-up, restore, upgrade and going back, run as they stand there, by bash."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from samples.library import sample_disclosures
from warehouse.archive import Archive
from warehouse.metadata.models import list_resources
from warehouse.store import Warehouse
from warehouse.verification import verify_archive

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
BIN = Path(sys.executable).parent
OLDER = ROOT / "tests" / "fixtures" / "warehouse-2026-11-24-d3702d0.tar.xz"

if any(shutil.which(name) is None for name in ("bash", "flock", "tar", "cmp")):
    pytest.skip("bash, flock (util-linux), tar or cmp is not here: back-up is not tried", allow_module_level=True)


def find_block(name):
    found = re.search(rf"<!-- tested: {name} -->\n```\n(.*?)```", PAGE, re.DOTALL)
    assert found, f"docs/operations.md has no block {name}"
    return found[1]


def environment(folder):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("YUSUAN_", "PREFECT_", "AWS_"))}
    places = {"WAREHOUSE": str(folder / "warehouse"), "BACKUP": str(folder / "backup")}
    return kept | places | {"PATH": f"{BIN}:{os.environ['PATH']}"}


def run_block(name, folder):
    script = f"set -euo pipefail\n{find_block(name)}"
    return subprocess.run(
        ["bash", "-c", script], env=environment(folder), cwd=folder, capture_output=True, text=True, check=False, timeout=600
    )


def process(folder, *files):
    command = [str(BIN / "yusuan"), "--warehouse", str(folder / "warehouse"), "process", *map(str, files)]
    return subprocess.run(command, env=environment(folder), capture_output=True, text=True, check=False, timeout=600)


def read_all_rows(folder):
    store = Warehouse.open(folder)
    return {name: store.read(name) for name in list_resources("core", "raw", "ref")}


def draw(folder, first, last):
    samples = sorted(sample_disclosures(), key=lambda sample: len(sample.draw()))[first:last]
    folder.mkdir(exist_ok=True)
    for sample in samples:
        (folder / f"{sample.id}.pdf").write_bytes(sample.draw())
    return folder


def test_back_up_beside_a_night_wipe_restore_and_every_row_is_there(tmp_path):
    assert process(tmp_path, draw(tmp_path / "first", 0, 2)).returncode == 0
    more = draw(tmp_path / "more", 2, 3)
    command = [str(BIN / "yusuan"), "--warehouse", str(tmp_path / "warehouse"), "process", str(more)]
    with subprocess.Popen(command, env=environment(tmp_path), stdout=subprocess.DEVNULL) as night:
        wait_for_holder(tmp_path / "warehouse", night.pid)
        saved = run_block("backup", tmp_path)
        assert saved.returncode == 0, saved.stderr
        assert night.wait(300) == 0
    truth = read_all_rows(tmp_path / "warehouse")
    assert truth["core_disclosures"].num_rows == 3, "the back-up waited for the night at work"
    shutil.rmtree(tmp_path / "warehouse")
    restored = run_block("restore", tmp_path)
    assert restored.returncode == 0, restored.stdout + restored.stderr
    rows = read_all_rows(tmp_path / "warehouse")
    assert [name for name, table in truth.items() if not table.equals(rows[name])] == []
    assert verify_archive(Archive(tmp_path / "warehouse" / "archive")).is_sound
    again = process(tmp_path, tmp_path / "first", more)
    assert (again.returncode, "everything was processed before" in again.stdout) == (0, True)


def wait_for_holder(folder, pid):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if (folder / ".run-lock").is_file() and (folder / ".run-lock").read_text() == str(pid):
            return
        time.sleep(0.05)
    raise AssertionError("the night does not hold the warehouse")


def test_a_back_up_that_lost_bytes_says_so(tmp_path):
    assert process(tmp_path, draw(tmp_path / "first", 0, 1)).returncode == 0
    (file,) = (tmp_path / "warehouse/archive").glob("[0-9a-f][0-9a-f]/*/*")
    file.unlink()
    saved = run_block("backup", tmp_path)
    assert saved.returncode != 0
    assert "missing: " in saved.stdout


def test_upgrade_of_an_older_warehouse_and_back(tmp_path):
    with tarfile.open(OLDER) as archive:
        archive.extractall(tmp_path / "warehouse", filter="data")
    # The fixture has tables only: its archive is that of a document that was read since.
    before = {path: path.read_bytes() for path in (tmp_path / "warehouse").rglob("*.parquet")}
    (tmp_path / "backup").mkdir()
    with tarfile.open(tmp_path / "backup/warehouse.tar", "w") as archive:
        archive.add(tmp_path / "warehouse", arcname=".")
    assert process(tmp_path, draw(tmp_path / "first", 1, 2)).returncode == 0
    upgraded = run_block("upgrade", tmp_path)
    assert upgraded.returncode == 0, upgraded.stdout + upgraded.stderr
    assert "Release" in upgraded.stdout
    assert Warehouse.open(tmp_path / "warehouse").read("core_disclosures").num_rows == 2
    back = run_block("rollback", tmp_path)
    assert back.returncode == 0, back.stdout + back.stderr
    after = {path: path.read_bytes() for path in (tmp_path / "warehouse").rglob("*.parquet") if "archive" not in path.parts}
    assert after == before, "the tables are those of the older version, byte for byte"
    assert len(list((tmp_path / "warehouse/archive").glob("[0-9a-f][0-9a-f]/*/*"))) == 1, "the archive stays as it grew"


def test_every_yusuan_command_of_the_page_is_one():
    """Each is asked for its help with the options that the page gives it."""
    commands = {match[1] for match in re.finditer(r"`yusuan ((?:[a-z][a-z-]* ?)+)", PAGE)}
    commands |= {match[1] for match in re.finditer(r"^yusuan ((?:[a-z][a-z-]* ?)+)", PAGE, re.MULTILINE)}
    assert len(commands) > 5
    from typer.main import get_command  # noqa: PLC0415  # only here, and only when it is asked for

    from flows.cli import app  # noqa: PLC0415  # only here, and only when it is asked for

    for words in commands:
        group = get_command(app)
        name, *rest = words.split()
        assert name in group.commands, words
        if hasattr(group.commands[name], "commands") and rest:
            assert rest[0] in group.commands[name].commands, words
