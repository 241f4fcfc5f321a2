"""The nightly flow under a real Prefect server, against the demonstration portal as it behaves and misbehaves.

Each night is a process of its own, as it is in production. One server for the module; the portal publishes a few of the samples.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from flows.runs import RunSummary
from flows.server import SERVER_ENVIRONMENT, run_server
from samples.library import sample_disclosures
from samples.portal import serve_portal
from warehouse.store import Warehouse

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parents[2]
NIGHT = """
import sys
from pathlib import Path
from flows.nightly import PromiseBrokenError, nightly
try:
    summary = nightly(sources=["demo"], warehouse_dir=Path(sys.argv[1]), base_urls={"demo": sys.argv[2]})
except PromiseBrokenError as error:
    summary = error.summary
Path(sys.argv[3]).write_text(summary.model_dump_json())
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with run_server(tmp_path_factory.mktemp("prefect"), start_seconds=240) as started:
        started.wait()
        yield started.url


def make_environment(server, **values):
    quiet = {"PREFECT_API_URL": server, "PREFECT_LOGGING_LEVEL": "WARNING", "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false"}
    return os.environ | SERVER_ENVIRONMENT | quiet | values


def run_night(server, warehouse_dir, base_url, tmp_path, **environment):
    report = tmp_path / "summary.json"
    subprocess.run(
        [sys.executable, "-c", NIGHT, str(warehouse_dir), base_url, str(report)],
        env=make_environment(server, **environment),
        cwd=tmp_path,
        check=True,
        timeout=400,
    )
    return RunSummary.model_validate_json(report.read_text())


def pick_samples(count):
    return sorted(sample_disclosures(), key=lambda sample: len(sample.draw()))[:count]


def ask(server, what, **body):
    answer = httpx.post(f"{server}/{what}/filter", json=body, timeout=30)
    answer.raise_for_status()
    return answer.json()


def wait_for(condition, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(1)
    raise AssertionError(f"not seen within {seconds} seconds")


class Nights:
    """Three nights on one warehouse: all is new, nothing changed, one file was replaced."""

    def __init__(self, server, folder):
        self.warehouse_dir = folder / "warehouse"
        self.samples = pick_samples(3)
        self.published_dir = folder / "published"
        self.hub_dir = folder / "hub"
        targets = {"YUSUAN_PUBLISH_TO": f"{self.published_dir} huggingface:{self.hub_dir}"}
        with serve_portal(documents=self.samples) as portal:
            self.first = run_night(server, self.warehouse_dir, portal.url, folder, **targets)
            self.second = run_night(server, self.warehouse_dir, portal.url, folder, **targets)
            portal.misbehave(self.samples[0].id, "changed")
            self.third = run_night(server, self.warehouse_dir, portal.url, folder, **targets)


@pytest.fixture(scope="module")
def nights(server, tmp_path_factory):
    return Nights(server, tmp_path_factory.mktemp("nights"))


def test_first_night_loads_everything(nights):
    assert nights.first.found == {"new": 3, "changed": 0, "unchanged": 0}
    assert {outcome.status for outcome in nights.first.documents} <= {"loaded", "doubtful"}
    assert nights.first.warehouse_lines == sum(outcome.lines for outcome in nights.first.documents) > 100
    assert nights.first.exit_code == 0, nights.first.promised


def test_first_night_leaves_what_it_promises(nights):
    places = nights.first.places
    assert (places["Release"] / "datapackage.json").is_file()
    assert places["Validation report"].is_file()
    assert json.loads((places["This run"] / "run.json").read_text())["run_id"] == nights.first.run_id


def test_second_night_finds_everything_unchanged(nights):
    assert nights.second.found == {"new": 0, "changed": 0, "unchanged": 3}
    assert nights.second.documents == ()
    assert nights.second.exit_code == 0
    assert nights.second.places["Release"] == nights.first.places["Release"]


def test_replaced_file_supersedes_the_old_one(nights):
    assert nights.third.found == {"new": 0, "changed": 1, "unchanged": 2}
    (newer,) = (outcome.document_id for outcome in nights.third.documents)
    rows = Warehouse.open(nights.warehouse_dir).read("core_disclosures").to_pylist()
    assert len(rows) == 4
    assert [row["superseded_by"] for row in rows if row["superseded_by"]] == [newer]


def test_each_night_publishes_what_is_new_and_says_so(nights):
    for night in (nights.first, nights.third):
        assert [entry.problem for entry in night.published] == ["", ""]
        assert all(entry.steps for entry in night.published)
    assert [entry.steps for entry in nights.second.published] == [0, 0]
    index = json.loads((nights.published_dir / "index.json").read_text("utf-8"))
    assert index["latest"] == nights.third.places["Release"].name
    assert len(index["versions"]) == 2
    assert nights.third.places["Release"].name in (nights.hub_dir / "README.md").read_text("utf-8")


def test_prefect_has_one_task_a_document(nights, server):
    def list_reads():
        tasks = ask(server, "task_runs", task_runs={"tags": {"all_": ["document"]}})
        states = [task["state_type"] for task in tasks]
        return states if len(states) >= 4 and set(states) == {"COMPLETED"} else None

    assert len(wait_for(list_reads, 30)) >= 4


def test_prefect_keeps_the_summary(nights, server):
    artifacts = ask(server, "artifacts", artifacts={"key": {"any_": ["run-summary"]}})
    assert any(nights.first.run_id in artifact["data"] for artifact in artifacts)


def test_prefect_shows_each_document_how_far_it_came_and_where_the_findings_are(nights, server):
    artifacts = ask(server, "artifacts", artifacts={"key": {"any_": ["documents", "reading", "findings"]}}, sort="KEY_DESC")
    shown = {}
    for artifact in artifacts:
        shown.setdefault(artifact["key"], []).append(artifact["data"])
    tables = [json.loads(data) for data in shown["documents"]]
    assert sorted(len(rows) for rows in tables) == [1, 3]
    names = {row["id"] for rows in tables for row in rows if row["outcome"] in {"loaded", "doubtful"}}
    assert names == {document.document_id for night in (nights.first, nights.third) for document in night.documents}
    assert shown["reading"] == [100.0, 100.0]
    assert any(nights.first.expectations.report.resolve().as_uri() in data for data in shown["findings"])


def test_prefect_knows_what_is_made_of_what(nights, server):
    def list_materialised():
        found = ask(server, "events", filter={"event": {"prefix": ["prefect.asset."]}}, limit=50)["events"]
        keys = {event["resource"]["prefect.resource.id"] for event in found}
        return keys if {"yusuan://archive", "yusuan://tables", "yusuan://release"} <= keys else None

    assert wait_for(list_materialised, 60)
    found = ask(server, "events", filter={"event": {"prefix": ["prefect.asset.materialization.succeeded"]}}, limit=50)["events"]
    made_of = {
        (event["resource"]["prefect.resource.id"], related["prefect.resource.id"])
        for event in found
        for related in event["related"]
        if related["prefect.resource.role"] == "asset"
    }
    assert {("yusuan://tables", "yusuan://archive"), ("yusuan://release", "yusuan://tables")} <= made_of


MISBEHAVIOURS = {
    "missing": "http-error",
    "server-error": "http-error",
    "hang": "fetch-timeout",
    "redirect-loop": "redirect-loop",
    "html": "not-a-pdf",
    "truncated": "damaged-pdf",
    "empty": "empty-file",
    "encrypted": "encrypted-pdf",
}


@pytest.fixture(scope="module")
def bad_night(server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bad")
    samples = pick_samples(len(MISBEHAVIOURS) + 1)
    behaviour = {sample.id: how for sample, how in zip(samples, MISBEHAVIOURS, strict=False)}
    with serve_portal(documents=samples, misbehaviours=behaviour) as portal:
        return run_night(server, folder / "warehouse", portal.url, folder, YUSUAN_FETCH_TIMEOUT_SECONDS="2")


def test_bad_night_goes_on_and_loads_the_good_document(bad_night):
    good = [outcome for outcome in bad_night.documents if outcome.status in ("loaded", "doubtful")]
    assert len(good) == 1
    assert bad_night.warehouse_lines == good[0].lines > 0


@pytest.mark.parametrize("kind", sorted(set(MISBEHAVIOURS.values())))
def test_each_misbehaviour_gives_its_finding(bad_night, kind):
    expected = list(MISBEHAVIOURS.values()).count(kind)
    assert bad_night.findings.get(kind) == expected, bad_night.findings


def test_exit_code_of_a_bad_night_tells(bad_night):
    assert bad_night.exit_code == 3, bad_night.promised


def test_deployment_runs_by_its_schedule(server, tmp_path):
    """What import tests do not catch: with some versions the server never creates a scheduled run."""
    environment = make_environment(server, YUSUAN_HOME=str(ROOT), YUSUAN_WAREHOUSE=str(tmp_path / "warehouse"))

    def prefect(*arguments):
        command = [sys.executable, "-m", "prefect", "--no-prompt", *arguments]
        subprocess.run(command, env=environment, cwd=ROOT, check=True, timeout=120, capture_output=True)

    prefect("work-pool", "create", "yusuan", "--type", "process")
    prefect("deploy", "--name", "nightly", "--cron", "* * * * *")
    with (tmp_path / "worker.log").open("wb") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "prefect", "worker", "start", "--pool", "yusuan"],
            env=environment,
            cwd=tmp_path,
            stdout=log,
            stderr=log,
        )
        try:

            def find_run():
                runs = ask(server, "flow_runs", deployments={"name": {"any_": ["nightly"]}}, sort="EXPECTED_START_TIME_ASC")
                ended = [run for run in runs if run["auto_scheduled"] and run["state_type"] in ("COMPLETED", "FAILED", "CRASHED")]
                return ended[0] if ended else None

            run = wait_for(find_run, 240)
        finally:
            worker.terminate()
            worker.wait(30)
    assert run["state_type"] == "COMPLETED", (tmp_path / "worker.log").read_text()
    assert list((tmp_path / "warehouse/runs").glob("*/run.json"))
