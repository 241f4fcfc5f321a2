"""A subscriber's copy: over real HTTP, by one delta, by several, in full, interrupted anywhere, always equal to the release."""

import functools
import http.server
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from made_rows import FUNCTION_ROWS, document_id_of, make_coded_table, make_document

from warehouse.contents import sum_contents
from warehouse.mirror import MirrorError, update_mirror
from warehouse.published import read_manifest
from warehouse.release import EarlierRelease, build_release
from warehouse.release_source import SourceError, open_source
from warehouse.store import Warehouse

YUSUAN = Path(sys.executable).with_name("yusuan")


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Four releases: 甲; an amount of it corrected; 乙 added; 甲 withdrawn."""
    folder = tmp_path_factory.mktemp("module")
    warehouse, out = Warehouse.open(folder / "warehouse"), folder / "out"
    lines = make_coded_table("甲", FUNCTION_ROWS)
    corrected = [lines[0] | {"amount_cny": Decimal("310000.00")}, *lines[1:]]
    steps = [make_document("甲"), make_document("甲", attempt=2, lines=corrected), make_document("乙"), None]
    earlier = None
    for number, document in enumerate(steps, start=1):
        if document is None:
            warehouse.withdraw([document_id_of("甲")], run_id="run")
        else:
            warehouse.stage(document)
            warehouse.commit([document.processing_id], run_id="run", reason="new")
        build_release(warehouse, out, version=f"v-{number}", earlier=earlier)
        earlier = EarlierRelease(f"v-{number}", number)
    return out


@pytest.fixture
def releases(published, tmp_path):
    return shutil.copytree(published, tmp_path / "releases", symlinks=True)


class Server(http.server.ThreadingHTTPServer):
    """Files of a folder; what is `held` is not answered before `go`."""

    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
        self.asked, self.held, self.reached, self.go = [], None, threading.Event(), threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path == self.server.held:
            self.server.reached.set()
            self.server.go.wait(60)
        super().do_GET()

    def log_message(self, *_):
        pass


@contextmanager
def serve(folder):
    with Server(str(folder)) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.go.set()
        server.shutdown()


def point(releases, version):
    (releases / "latest").unlink()
    (releases / "latest").symlink_to(version)


def subscribe(address, target, **options):
    with open_source(str(address)) as source:
        return update_mirror(source, target, **options)


def assert_equal_to_release(target, release):
    """Not by what the copy says of itself: by the release's own files, read by pyarrow alone."""
    contents = read_manifest(release).tables
    copied = {path.stem for path in (target / "current").glob("*.parquet")}
    assert copied == set(contents)
    for name in copied - {"core_budget_lines"}:
        theirs = pq.read_table(release / "data" / f"{name}.parquet", partitioning=None)
        assert sum_contents(pq.read_table(target / "current" / f"{name}.parquet", partitioning=None)) == sum_contents(theirs), (
            name
        )
    years = list((release / "data" / "core_budget_lines").rglob("*.parquet"))
    lines = pq.read_table(target / "current" / "core_budget_lines.parquet", partitioning=None)
    assert lines.num_rows == sum(pq.read_metadata(file).num_rows for file in years)
    assert sum_contents(lines) == contents["core_budget_lines"].sha256


def test_over_http_one_delta_brings_the_copy_to_the_full_release(releases, tmp_path):
    point(releases, "v-1")
    with serve(releases) as server:
        first = subscribe(server.url, tmp_path / "copy")
        assert (first.way, first.reason) == ("full", "there was no copy yet")
        assert_equal_to_release(tmp_path / "copy", releases / "v-1")
        server.asked.clear()
        point(releases, "v-2")
        second = subscribe(server.url, tmp_path / "copy")
    assert (second.way, second.before, second.after, second.steps) == ("deltas", "v-1", "v-2", 1)
    assert second.fetched_bytes < second.full_bytes / 2
    assert not [path for path in server.asked if "/data/" in path]
    assert_equal_to_release(tmp_path / "copy", releases / "v-2")
    assert (tmp_path / "copy" / "current" / "CHANGES.md").read_bytes() == (releases / "v-2" / "CHANGES.md").read_bytes()


def test_missed_releases_are_caught_up_with_by_their_deltas(releases, tmp_path):
    point(releases, "v-1")
    subscribe(releases, tmp_path / "copy")
    point(releases, "v-4")
    update = subscribe(releases, tmp_path / "copy")
    assert (update.way, update.steps) == ("deltas", 3)
    assert_equal_to_release(tmp_path / "copy", releases / "v-4")
    lines = pq.read_table(tmp_path / "copy" / "current" / "core_budget_lines.parquet", partitioning=None)
    assert set(lines["document_id"].to_pylist()) == {document_id_of("乙")}


def test_where_one_between_is_gone_the_full_release_comes_and_says_so(releases, tmp_path):
    point(releases, "v-1")
    subscribe(releases, tmp_path / "copy")
    point(releases, "v-4")
    shutil.rmtree(releases / "v-2")
    with serve(releases) as server:
        update = subscribe(server.url, tmp_path / "copy")
    assert (update.way, update.reason) == ("full", "v-2, which stands between, is no longer published")
    assert_equal_to_release(tmp_path / "copy", releases / "v-4")


def test_what_is_there_is_not_fetched_again_but_proved_again(releases, tmp_path):
    subscribe(releases, tmp_path / "copy")
    with serve(releases) as server:
        update = subscribe(server.url, tmp_path / "copy")
        assert (update.way, server.asked) == ("unchanged", ["/latest/release.json"])
        damaged = tmp_path / "copy" / "current" / "core_tables.parquet"
        pq.write_table(pq.read_table(damaged, partitioning=None).slice(1), damaged)
        mended = subscribe(server.url, tmp_path / "copy")
    assert (mended.way, mended.reason) == ("full", "core_tables did not come out as release v-4 states")
    assert_equal_to_release(tmp_path / "copy", releases / "v-4")


def test_a_copy_that_somebody_changed_does_not_take_a_delta(releases, tmp_path):
    point(releases, "v-2")
    subscribe(releases, tmp_path / "copy")
    changed = tmp_path / "copy" / "current" / "core_budget_lines.parquet"
    pq.write_table(pq.read_table(changed, partitioning=None).slice(1), changed)
    point(releases, "v-3")
    update = subscribe(releases, tmp_path / "copy")
    assert update.way == "full"
    assert "core_budget_lines" in update.reason
    assert_equal_to_release(tmp_path / "copy", releases / "v-3")


def test_a_file_that_arrives_in_part_leaves_the_old_copy(releases, tmp_path):
    point(releases, "v-1")
    subscribe(releases, tmp_path / "copy")
    point(releases, "v-2")
    torn = releases / "v-2" / "delta" / "core_budget_lines.parquet"
    torn.write_bytes(torn.read_bytes()[:-10])
    with pytest.raises(SourceError, match=r"core_budget_lines\.parquet of .* is not what its release says"):
        subscribe(releases, tmp_path / "copy")
    assert_equal_to_release(tmp_path / "copy", releases / "v-1")
    assert subscribe(releases, tmp_path / "copy", full=True).reason == "it was asked for"
    assert_equal_to_release(tmp_path / "copy", releases / "v-2")


def test_a_release_whose_files_contradict_its_description_is_not_taken(releases, tmp_path):
    point(releases, "v-1")
    subscribe(releases, tmp_path / "copy")
    point(releases, "v-2")
    right, wrong = (read_manifest(releases / version).tables["core_tables"].sha256 for version in ("v-2", "v-4"))
    description = releases / "v-2" / "release.json"
    description.write_text(description.read_text(encoding="utf-8").replace(right, wrong), encoding="utf-8")
    with pytest.raises(MirrorError, match=r"core_tables did not come out .* that release is broken"):
        subscribe(releases, tmp_path / "copy")
    assert_equal_to_release(tmp_path / "copy", releases / "v-1")


@pytest.mark.parametrize("held", ["/v-2/delta/core_budget_lines.parquet", "/v-2/dictionary.md"])
def test_killed_in_the_middle_it_leaves_the_old_copy_and_the_next_run_brings_the_new(releases, tmp_path, held):
    copy = tmp_path / "copy"
    point(releases, "v-1")
    subscribe(releases, copy)
    point(releases, "v-2")
    with serve(releases) as server:
        server.held = held
        with subprocess.Popen([YUSUAN, "subscribe", server.url, str(copy)]) as process:
            assert server.reached.wait(60)
            process.send_signal(signal.SIGKILL)
        assert_equal_to_release(copy, releases / "v-1")
        server.held = None
        done = subprocess.run([YUSUAN, "subscribe", server.url, str(copy)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "v-1 -> v-2 by 1 delta" in done.stdout
    assert "contents equal to the full release" in done.stdout
    assert_equal_to_release(copy, releases / "v-2")
    assert sorted(path.name for path in copy.iterdir()) == [".lock", "current", "v-1", "v-2"]


def test_dead_between_the_folder_and_the_link_it_leaves_the_old_copy(releases, tmp_path, monkeypatch):
    point(releases, "v-1")
    subscribe(releases, tmp_path / "copy")
    point(releases, "v-2")

    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "symlink_to", die)
    with pytest.raises(KeyboardInterrupt):
        subscribe(releases, tmp_path / "copy")
    monkeypatch.undo()
    assert_equal_to_release(tmp_path / "copy", releases / "v-1")
    assert subscribe(releases, tmp_path / "copy").way == "deltas"
    assert_equal_to_release(tmp_path / "copy", releases / "v-2")


def test_two_runs_do_not_get_into_each_others_way(releases, tmp_path):
    point(releases, "v-1")
    with serve(releases) as server:
        server.held = "/v-1/data/core_tables.parquet"
        other = threading.Thread(target=subscribe, args=(server.url, tmp_path / "copy"))
        other.start()
        assert server.reached.wait(60)
        with pytest.raises(MirrorError, match="another run"):
            subscribe(server.url, tmp_path / "copy")
        server.go.set()
        other.join()
    assert_equal_to_release(tmp_path / "copy", releases / "v-1")


def test_where_nothing_is_published_one_sentence_says_so(tmp_path):
    done = subprocess.run(
        [YUSUAN, "subscribe", str(tmp_path / "nothing"), str(tmp_path / "copy")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("yusuan: there is no latest/release.json in ")
