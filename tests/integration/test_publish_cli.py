"""`yusuan publish` as a person uses it, and a token that nobody may ever see."""

import http.server
import json
import logging
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from made_release import make_release
from s3_server import run_s3_server

from flows.closing import promise_publication
from flows.errors import UsageError
from flows.publishing import PublishingError, choose_release, open_target, publish, publish_everywhere
from flows.settings import load_settings
from warehouse.object_storage import open_filesystem

TOKEN = "planted-token-0123456789"  # noqa: S105  # planted here, and good nowhere
YUSUAN = [sys.executable, "-m", "flows.cli"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("module")
    make_release(folder)
    (folder / "releases").rename(folder / "warehouse/releases")
    return folder / "warehouse"


@pytest.fixture
def settings(folder, monkeypatch):
    monkeypatch.setenv("YUSUAN_CKAN_TOKEN", TOKEN)
    return load_settings(folder)


class EchoingPortal(http.server.BaseHTTPRequestHandler):
    """A CKAN whose every answer is an error that repeats all it was sent."""

    def do_GET(self):
        sent = f"{self.headers} {self.path}"
        body = json.dumps({"success": False, "error": {"message": sent}}).encode()
        self.server.seen.append(self.headers["Authorization"])
        self.send_response(self.server.status)
        self.send_header("Location", "http://127.0.0.2:1/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815  # the name that http.server calls

    def log_message(self, *_):
        pass


@pytest.fixture
def echoing():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), EchoingPortal)
    server.daemon_threads, server.seen, server.status = True, [], 500
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def name_portal(server) -> str:
    return f"ckan+http://127.0.0.1:{server.server_port}?organisation=office"


def run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*YUSUAN, *words, "--warehouse", str(folder)],
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(params=["folder", "bucket", "huggingface"])
def place(request, tmp_path):
    """A target that keeps files: its name, the settings that lead there, and a function that reads all that is there."""
    out = tmp_path / "out"
    if request.param != "bucket":
        name = f"huggingface:{out}" if request.param == "huggingface" else str(out)
        yield name, {}, lambda: {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
        return
    with run_s3_server(secret=TOKEN) as there:
        files = open_filesystem(there.storage)
        environment = {
            "YUSUAN_S3_ENDPOINT": there.storage.endpoint,
            "YUSUAN_S3_REGION": there.storage.region,
            "AWS_ACCESS_KEY_ID": "test-id",
            "AWS_SECRET_ACCESS_KEY": TOKEN,
        }
        yield (
            f"s3://{there.bucket}/out",
            environment,
            lambda: {path: files.cat_file(path) for path in files.find(f"{there.bucket}/out")},
        )


def test_plan_then_apply_then_nothing(folder, place):
    target, environment, read_all = place
    planned = run(folder, "publish", "plan", target, **environment)
    assert re.search(r"create  \S*core_budget_lines\S*", planned.stdout), planned.stderr
    assert read_all() == {}
    applied = run(folder, "publish", "apply", target, **environment)
    assert applied.stdout.startswith(planned.stdout)
    assert "Published: " in applied.stdout
    written = read_all()
    again = run(folder, "publish", "apply", target, **environment)
    assert "Plan: nothing to do" in again.stdout
    assert again.stdout.endswith("Nothing was written\n")
    assert read_all() == written != {}
    said = "".join(text for ended in (planned, applied, again) for text in (ended.stdout, ended.stderr))
    assert not [text for text in (said.encode(), *written.values()) if TOKEN.encode() in text]


def test_what_was_killed_in_the_middle_is_gone_on_with(folder, place):
    target, environment, read_all = place
    command = [*YUSUAN, "publish", "apply", target, "--warehouse", str(folder)]
    surroundings = {"PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1", **environment}
    with subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, text=True) as process:
        first = [next(line for line in process.stdout if re.match(r" +\[\d+/", line)) for _ in range(10)]
        process.kill()
    cut_off = read_all()
    assert len(cut_off) >= 10
    assert not [path for path in map(str, cut_off) if path.endswith(("/index.json", "latest/release.json"))]
    applied = run(folder, "publish", "apply", target, **environment)
    assert "Published: " in applied.stdout, applied.stderr
    assert not [line for line in first if line.split("] ")[1] in applied.stdout], "what was there was sent again"
    whole = read_all()
    # What was there stays as it is, but for the half of a file that the kill left.
    assert {path: whole[path] for path in cut_off if path in whole} == {path: cut_off[path] for path in cut_off if path in whole}
    assert not [path for path in whole if str(path).endswith(".part")]
    assert run(folder, "publish", "apply", target, **environment).stdout.endswith("Nothing was written\n")


@pytest.mark.parametrize("status", [500, 302, 403])
def test_a_token_that_the_portal_repeats_is_in_no_output(folder, echoing, status):
    echoing.status = status
    for command in ("plan", "apply"):
        ended = run(folder, "publish", command, name_portal(echoing), YUSUAN_CKAN_TOKEN=TOKEN)
        assert ended.returncode == 1
        assert TOKEN not in ended.stdout + ended.stderr
        assert f"127.0.0.1:{echoing.server_port}" in ended.stderr
    assert set(echoing.seen) == {TOKEN}


def test_a_token_is_in_no_log_error_setting_or_examination(folder, settings, echoing, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(PublishingError) as raised, open_target(name_portal(echoing), settings) as target:
        target.plan(choose_release(settings))
    causes = []
    error = raised.value
    while error is not None:
        causes.append(repr(error))
        error = error.__cause__ or error.__context__
    examined = run(folder, "doctor", YUSUAN_CKAN_TOKEN=TOKEN)
    texts = [caplog.text, *causes, repr(settings), settings.model_dump_json(), examined.stdout, examined.stderr]
    assert not [text for text in texts if TOKEN in text]
    assert "YUSUAN_CKAN_TOKEN" in examined.stdout


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("ckan+https://portal.example.org", "organisation=NAME"),
        ("ckan+https://portal.example.org?organisation=a&organization=b", "organisation=NAME"),
        ("ftp://portal.example.org", "is no target"),
        ("", "is no target"),
    ],
)
def test_a_target_that_is_none_is_told(settings, target, words):
    with pytest.raises(UsageError, match=words), open_target(target, settings):
        pass


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("ckan+http://portal.example.org?organisation=a", "not sent over http"),
        ("ckan+https://me:secret@portal.example.org?organisation=a", "without a name or password"),
        ("ckan+https://portal.example.org?organisation=a&prefix=A_", "small letters"),
    ],
)
def test_a_portal_that_would_give_the_token_away_is_refused(settings, target, words):
    with pytest.raises(PublishingError, match=words), open_target(target, settings):
        pass


def test_one_target_that_fails_keeps_no_other_from_the_release(settings, echoing, tmp_path):
    targets = f"{name_portal(echoing)} {tmp_path / 'out'}"
    failed, done = publish_everywhere(settings.model_copy(update={"publish_to": targets}), "1.0")
    assert "500" in failed.problem
    assert TOKEN not in failed.problem
    assert not promise_publication(failed).kept
    assert (tmp_path / "out/index.json").is_file()
    assert done.steps > 50
    assert promise_publication(done).kept


def test_a_release_that_is_not_good_is_published_nowhere(folder, tmp_path):
    damaged = shutil.copytree(folder, tmp_path / "warehouse", symlinks=True)
    path = damaged / "releases/1.0/data/core_tables.parquet"
    path.write_bytes(path.read_bytes()[::-1])
    settings = load_settings(damaged).model_copy(update={"publish_to": str(tmp_path / "out")})
    (told,) = publish_everywhere(settings, "1.0")
    assert told.problem.endswith("nothing was published")
    assert not promise_publication(told).kept
    assert not (tmp_path / "out").exists()


def test_without_a_token_nothing_is_asked(folder, echoing):
    with (
        pytest.raises(UsageError, match="YUSUAN_CKAN_TOKEN is not set"),
        open_target(name_portal(echoing), load_settings(folder)),
    ):
        pass
    assert echoing.seen == []


def test_the_folder_of_the_releases_is_no_target(settings):
    with pytest.raises(UsageError, match="where the releases are built"):
        publish(settings, str(settings.releases_dir / "out"), None, lambda _: None, lambda _: None)


def test_a_release_that_is_not_there_is_told(settings):
    with pytest.raises(UsageError, match=r"no release 9\.9 .* there are: 1\.0"):
        choose_release(settings, "9.9")
