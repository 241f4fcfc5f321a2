"""`yusuan doctor` where something really is not well: it says so, says what to do, and ends with 1."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from s3_server import run_s3_server

from flows.server import run_server

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

ROOT = Path(__file__).resolve().parents[2]


def examine(tmp_path, **environment):
    """Exit code, the checks by name, and all that was printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("YUSUAN_", "PREFECT_", "AWS_"))}
    kept |= {"YUSUAN_WAREHOUSE": str(tmp_path / "warehouse"), "YUSUAN_SOURCES": str(tmp_path / "sources")} | environment
    command = [sys.executable, "-m", "flows.cli", "doctor", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, check=False, timeout=200)
    assert done.stdout, done.stderr
    told = json.loads(done.stdout)
    assert told["is_good"] == (done.returncode == 0)
    return done.returncode, {check["what"]: check for check in told["checks"]}, done.stdout + done.stderr


def find_bad(checks):
    return sorted(what for what, check in checks.items() if not check["is_good"])


def assert_bad(examined, what, seen, remedy):
    code, checks, _ = examined
    assert code == 1
    check = checks[what]
    assert not check["is_good"]
    assert seen in check["seen"]
    assert remedy in check["remedy"]


def test_a_sound_installation_ends_with_0_and_says_nothing_to_do(tmp_path):
    code, checks, _ = examine(tmp_path)
    assert (code, find_bad(checks)) == (0, [])
    assert not any(check["remedy"] for check in checks.values())
    assert not (tmp_path / "warehouse").exists(), "it reads only"


def test_what_to_do_stands_under_what_is_not_well_in_text_too(tmp_path):
    command = [sys.executable, "-m", "flows.cli", "doctor"]
    environment = os.environ | {"PREFECT_API_URL": "http://127.0.0.1:9/api", "YUSUAN_WAREHOUSE": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("NO  Prefect server"))
    assert "→ start it" in lines[at + 1]
    assert lines[-1] == "1 to mend."


def test_a_disk_that_is_full(tmp_path):
    folder = tmp_path / "warehouse"
    folder.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, check=False
    ).returncode:
        pytest.skip("no right to mount a small disk here: the full disk is not tried")
    try:
        with pytest.raises(OSError, match="No space"), (folder / "full").open("wb") as file:
            file.write(b"x" * (2 << 20))
        examined = examine(tmp_path)
    finally:
        subprocess.run(["umount", str(folder)], check=True)
    assert_bad(examined, "room on the disk", "0.0 GiB", "make room")
    assert_bad(examined, "warehouse can be written", "No space left", "make room")


def test_a_folder_that_cannot_be_written(tmp_path):
    """Root may write everywhere but where the file system says no."""
    folder = tmp_path / "warehouse"
    folder.mkdir()
    is_root = os.geteuid() == 0
    mount = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)]
    if is_root and subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount here: a folder that cannot be written is not tried")
    folder.chmod(0o555) if not is_root else None
    try:
        examined = examine(tmp_path)
    finally:
        subprocess.run(["umount", str(folder)], check=True) if is_root else folder.chmod(0o755)
    assert_bad(examined, "warehouse can be written", "Read-only" if is_root else "Permission denied", "chown")


def test_a_server_that_is_down(tmp_path):
    examined = examine(tmp_path, PREFECT_API_URL="http://user:planted-word@127.0.0.1:9/api")
    assert_bad(examined, "Prefect server", "does not answer", "unset PREFECT_API_URL")
    assert "planted-word" not in examined[2]


def test_a_server_that_is_up(tmp_path):
    with run_server(tmp_path / "prefect", 240) as server:
        server.wait()
        code, checks, _ = examine(tmp_path, PREFECT_API_URL=server.url)
        assert (code, find_bad(checks)) == (0, [])
        assert "version 3." in checks["Prefect server"]["seen"]
        assert checks["clock"]["seen"].endswith(server.url)
        assert_bad(
            examine(tmp_path, PREFECT_API_URL=server.url.removesuffix("/api")), "Prefect server", "no Prefect API", ":4200/api"
        )


@contextmanager
def answer_as(version, moment):
    """A server that says that it is of this version, at this moment."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(version)))
            self.end_headers()
            self.wfile.write(version.encode())

        def date_time_string(self, timestamp=None):
            return super().date_time_string(moment.timestamp())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("hours", "word"), [(5, "behind"), (-5, "ahead of")])
def test_a_clock_that_is_wrong_and_a_server_of_another_version(tmp_path, hours, word):
    with answer_as('"2.20.1"', datetime.now(UTC) + timedelta(hours=hours)) as url:
        examined = examine(tmp_path, PREFECT_API_URL=url)
    assert_bad(examined, "clock", word, "timedatectl")
    assert_bad(examined, "Prefect server", "2.20.1", "one installation")


def test_storage_that_does_not_answer_and_a_bucket_that_is_not_there(tmp_path):
    keys = {"AWS_ACCESS_KEY_ID": "test-id", "AWS_SECRET_ACCESS_KEY": "test-secret", "YUSUAN_S3_REGION": "cn-north-1"}
    silent = examine(tmp_path, YUSUAN_ARCHIVE="s3://bucket/a", YUSUAN_S3_ENDPOINT="http://127.0.0.1:9", **keys)
    assert_bad(silent, "archive can be reached", "s3://bucket/a", "YUSUAN_S3_ENDPOINT")
    with run_s3_server() as place:
        endpoint = {"YUSUAN_S3_ENDPOINT": place.storage.endpoint, **keys}
        there = examine(tmp_path, YUSUAN_ARCHIVE=place.url, **endpoint)
        assert (there[0], find_bad(there[1])) == (0, [])
        gone = examine(tmp_path, YUSUAN_ARCHIVE="s3://not-made/a", **endpoint)
        assert_bad(gone, "archive can be reached", "s3://not-made/a", "whether the bucket is there")
    assert not [text for _, _, text in (silent, there, gone) if "test-secret" in text]


def put_beside(tmp_path, name, text=""):
    """A file on a path that Python looks into before the installed packages."""
    path = tmp_path / "beside" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return {"PYTHONPATH": str(tmp_path / "beside")}


def test_versions_that_do_not_work_together(tmp_path):
    put_beside(tmp_path, "pyspark-4.0.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: pyspark\nVersion: 4.0.0\n")
    beside = put_beside(
        tmp_path, "fastapi-0.151.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: fastapi\nVersion: 0.151.0\n"
    )
    examined = examine(tmp_path, **beside)
    assert_bad(examined, "fastapi", "0.151.0", "make install")
    assert_bad(examined, "no pyspark beside Great Expectations", "installed", "uv pip uninstall pyspark")


def test_a_chinese_font_that_is_gone_or_has_no_place(tmp_path):
    lost = f"__version__ = '1'\ndef sans_path(): return {str(tmp_path / 'gone.otf')!r}\n"
    examined = examine(tmp_path, **put_beside(tmp_path, "pylopdf_fonts_zh_cn/__init__.py", lost))
    assert_bad(examined, "Chinese font of the samples", "gone.otf", "make install")
    (tmp_path / "file").write_text("no folder")
    assert_bad(examine(tmp_path, XDG_CACHE_HOME=str(tmp_path / "file")), "Chinese font of the samples", "file", "XDG_CACHE_HOME")


SOURCE = """
id: sample
region_code: "420100"
publisher: 示例
landing_urls: [http://portal.example/]
enabled: true
"""


def test_a_source_that_asks_for_a_browser_where_none_is(tmp_path):
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources/sample.yml").write_text(SOURCE + "browser: true\n", encoding="utf-8")
    nowhere = {"PLAYWRIGHT_BROWSERS_PATH": str(tmp_path / "none"), "PATH": str(tmp_path)}
    assert_bad(examine(tmp_path, **nowhere), "browser", "for sample", "chromium")


def test_a_source_that_cannot_be_read(tmp_path):
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources/sample.yml").write_text("id: other\n", encoding="utf-8")
    assert_bad(examine(tmp_path), "sources", "sample.yml", "mend the file")


def test_a_night_that_lies_in_the_future(tmp_path):
    run = tmp_path / "warehouse/runs/20990101T000000Z-0000"
    run.mkdir(parents=True)
    (run / "run.json").write_text(json.dumps({"sources": ["sample"], "started_at": "2099-01-01T00:00:00+00:00"}))
    assert_bad(examine(tmp_path), "no night lies in the future", "2099-01-01", "set the clock")


def test_a_warehouse_of_a_version_that_this_one_cannot_continue(tmp_path):
    folder = tmp_path / "warehouse" / "commits"
    folder.mkdir(parents=True)
    write_deltalake(str(folder), pa.table({"document_id": ["a"], "of_a_later_version": [1]}))
    examined = examine(tmp_path)
    assert_bad(examined, "warehouse is of this version", "of_a_later_version", "docs/operations.md")
