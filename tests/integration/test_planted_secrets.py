"""Secrets planted in every setting and address that may hold one: nothing that a night leaves, prints or tells holds any."""

import json
import os
import subprocess
import sys

import httpx
import pytest
from hook_server import run_hook

from flows.server import SERVER_ENVIRONMENT, run_server
from samples.library import sample_disclosures
from samples.portal import serve_portal

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

# Each another one, so that a leak says which it is.
PLANTED = {
    name: f"planted-{name}-7f3a"
    for name in ("hook", "ckan", "target", "server", "id", "secret", "session", "endpoint", "cluster")
}
SOURCE = """
id: sample
region_code: "420100"
publisher: 示例
landing_urls: ["{url}/zwgk/czyjs/"]
allow_private_addresses: true
politeness: {{delay_seconds: 0}}
"""


def find_leaks(where, content):
    return [f"{where}: {name}" for name, secret in PLANTED.items() if secret.encode() in content]


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """A night that publishes to where it cannot, under a server whose address has a password: all that it left and said."""
    folder = tmp_path_factory.mktemp("night")
    sample = min(sample_disclosures(), key=lambda sample: len(sample.draw()))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("YUSUAN_", "PREFECT_", "AWS_"))}
    with (
        run_server(folder / "prefect", 240) as server,
        serve_portal(documents=[sample]) as portal,
        run_hook(f"/robot?key={PLANTED['hook']}") as hook,
    ):
        server.wait()
        (folder / "sources").mkdir()
        (folder / "sources/sample.yml").write_text(SOURCE.format(url=portal.url), encoding="utf-8")
        environment = kept | SERVER_ENVIRONMENT | {
            "PREFECT_API_URL": server.url.replace("http://", f"http://reader:{PLANTED['server']}@"),
            "PREFECT_HOME": str(folder / "home"),
            "PREFECT_LOGGING_LEVEL": "DEBUG",
            "YUSUAN_LOG_LEVEL": "DEBUG",
            "YUSUAN_WAREHOUSE": str(folder / "warehouse"),
            "YUSUAN_SOURCES": str(folder / "sources"),
            "YUSUAN_NOTIFY_URL": hook.url,
            "YUSUAN_CKAN_TOKEN": PLANTED["ckan"],
            "YUSUAN_PUBLISH_TO": f"ckan+http://u:{PLANTED['target']}@127.0.0.1:9?organisation=a&token={PLANTED['target']}",
            "YUSUAN_S3_ENDPOINT": f"http://u:{PLANTED['endpoint']}@127.0.0.1:9",
            "YUSUAN_CLUSTER_ADDRESS": f"tcp://u:{PLANTED['cluster']}@127.0.0.1:9",
            "AWS_ACCESS_KEY_ID": PLANTED["id"],
            "AWS_SECRET_ACCESS_KEY": PLANTED["secret"],
            "AWS_SESSION_TOKEN": PLANTED["session"],
        }  # fmt: skip

        def run(*arguments):
            command = [sys.executable, "-m", "flows.cli", *arguments]
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False, timeout=600)
            return done.stdout + done.stderr

        said = {"run": run("run", "sample")}
        for arguments in (
            ("doctor",), ("doctor", "--json"), ("publish", "apply", environment["YUSUAN_PUBLISH_TO"]),
            ("deploy",), ("notify", f"about {PLANTED['ckan']}"),
        ):  # fmt: skip
            said[" ".join(arguments[:2])] = run(*arguments)
        asked = {
            what: httpx.post(f"{server.url}/{what}/filter", json={}, timeout=60, trust_env=False).content
            for what in (
                "artifacts",
                "flow_runs",
                "task_runs",
                "logs",
                "automations",
                "block_documents",
                "deployments",
                "variables",
            )
        }
        yield folder, said, asked, json.dumps(hook.bodies).encode()


def test_the_night_ran_and_did_what_was_to_be_looked_at(night):
    folder, said, asked, told = night
    (account,) = (folder / "warehouse/runs").glob("*/run.json")
    published = json.loads(account.read_text())["published"]
    assert published[0]["problem"]
    assert published[0]["target"] == "ckan+http://…@127.0.0.1:9?organisation=a&token=…"
    assert b"promise-broken" in told
    assert len(asked["logs"]) > 1000
    assert all(said.values())


def test_nothing_that_was_said_or_told_holds_a_secret(night):
    _, said, asked, told = night
    leaks = [leak for where, content in {**said, **asked, "web hook": told}.items() for leak in find_leaks(where, content)]
    assert leaks == []


def test_no_file_that_was_left_holds_a_secret(night):
    folder, *_ = night
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(files) > 50
    assert [leak for path in files for leak in find_leaks(path.relative_to(folder), path.read_bytes())] == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("YUSUAN_PUBLIC_URL", "https://u:planted@host"),
        ("YUSUAN_PORTAL_URL", "https://u:planted@host"),
        ("YUSUAN_ARCHIVE", "s3://u:planted@host/a"),
        ("YUSUAN_TABLES", "gs://u:planted@host/a"),
        ("YUSUAN_WORKERS", "https://u:planted@host"),
        ("AWS_SECRET_ACCESS_KEY", "planted"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told_without_its_secret(tmp_path, variable, value):
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("YUSUAN_", "AWS_"))}
    command = [sys.executable, "-m", "flows.cli", "doctor"]
    done = subprocess.run(
        command, cwd=tmp_path, env=kept | {variable: value}, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, variable in done.stderr) == (2, True)
    assert "planted" not in done.stdout + done.stderr


def test_a_source_with_a_password_in_its_address_is_refused_without_showing_it(tmp_path):
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources/sample.yml").write_text(SOURCE.format(url="http://u:planted@portal.example"), encoding="utf-8")
    command = [sys.executable, "-m", "flows.cli", "sources", "list"]
    environment = os.environ | {"YUSUAN_SOURCES": str(tmp_path / "sources")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, "user name or password" in done.stderr) == (2, True)
    assert "planted" not in done.stdout + done.stderr
