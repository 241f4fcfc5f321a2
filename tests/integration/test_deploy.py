"""`yusuan deploy` against a real Prefect server, and the files of deploy/ as their own programs judge them."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import httpx
import pytest
import yaml
from hook_server import run_hook

from flows.automations import DIED, MISSING
from flows.reference import write_settings
from flows.server import SERVER_ENVIRONMENT, run_server
from flows.settings import Settings, name_variable

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
SOURCE = """
id: sample
region_code: "420100"
publisher: 示例
landing_urls: [http://portal.example/]
season_months: [2, 3]
enabled: true
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with run_server(tmp_path_factory.mktemp("prefect"), start_seconds=240) as started:
        started.wait()
        yield started.url


def deploy(tmp_path, *arguments, api_url=None, **more):
    # An installed package has no source tree around it: neither has this folder.
    environment = os.environ | {"YUSUAN_SOURCES": str(tmp_path / "sources"), "YUSUAN_WAREHOUSE": str(tmp_path / "warehouse")}
    environment.pop("PREFECT_API_URL", None)
    environment.update(more)
    if api_url:
        environment["PREFECT_API_URL"] = api_url
    command = [sys.executable, "-m", "flows.cli", "deploy", *arguments]
    return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False)


def read_deployment(api_url):
    answer = httpx.get(f"{api_url}/deployments/name/nightly/nightly", timeout=30)
    answer.raise_for_status()
    return answer.json()


def test_the_deployment_has_the_schedule_of_the_seasons_and_changes_with_them(server, tmp_path):
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "sample.yml").write_text(SOURCE, encoding="utf-8")
    first = deploy(tmp_path, api_url=server)
    assert first.returncode == 0, first.stderr
    made = read_deployment(server)
    assert {entry["schedule"]["cron"] for entry in made["schedules"]} == {"30 2 * 2,3 *", "30 2 * 1,4,5,6,7,8,9,10,11,12 1"}
    assert {entry["schedule"]["timezone"] for entry in made["schedules"]} == {"Asia/Shanghai"}
    assert (made["work_pool_name"], made["entrypoint"], made["parameters"]["only_due"]) == (
        "yusuan",
        "flows.nightly.nightly",
        True,
    )
    assert made["global_concurrency_limit"]["limit"] == 1
    assert made["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
    (tmp_path / "sources" / "sample.yml").write_text(SOURCE.replace("[2, 3]", "[]"), encoding="utf-8")
    assert deploy(tmp_path, "--at", "23:05", api_url=server).returncode == 0
    changed = read_deployment(server)
    assert (changed["id"], [entry["schedule"]["cron"] for entry in changed["schedules"]]) == (made["id"], ["5 23 * * 1"])


def test_a_worker_runs_the_deployed_flow_where_no_source_tree_is(server, tmp_path):
    (tmp_path / "sources").mkdir()
    nobody_listens = SOURCE.replace("http://portal.example/", "http://127.0.0.1:9/") + "allow_private_addresses: true\n"
    (tmp_path / "sources" / "sample.yml").write_text(nobody_listens, encoding="utf-8")
    assert deploy(tmp_path, api_url=server).returncode == 0
    httpx.post(f"{server}/deployments/{read_deployment(server)['id']}/create_flow_run", json={}, timeout=30).raise_for_status()
    environment = os.environ | {"PREFECT_API_URL": server, "PREFECT_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "yusuan", "--type", "process"]
    with (tmp_path / "worker.log").open("wb") as log:
        worker = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
    try:
        accounts = wait_for_accounts(tmp_path / "warehouse" / "runs", 300)
    finally:
        worker.terminate()
        worker.wait(60)
    assert accounts, (tmp_path / "worker.log").read_text()
    account = json.loads(accounts[0].read_text())
    assert account["sources"] == ["sample"]
    assert [finding["finding_kind"] for finding in account["run_findings"]] == ["connection-failed"]


def wait_for_accounts(folder, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := list(folder.glob("*/run.json")):
            return found
        time.sleep(0.5)
    return []


def test_a_night_that_was_cut_off_is_told_by_the_server(server, tmp_path):
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "sample.yml").write_text(SOURCE, encoding="utf-8")
    with run_hook("/robot/send?key=planted-secret") as hook:
        for _ in range(2):  # a second deployment makes no second automation
            result = deploy(tmp_path, api_url=server, YUSUAN_NOTIFY_URL=hook.url)
            assert result.returncode == 0, result.stderr
        automations = httpx.post(f"{server}/automations/filter", json={}, timeout=30).json()
        assert sorted(made["name"] for made in automations) == [DIED, MISSING]
        assert "planted-secret" not in json.dumps(automations) + result.stdout + result.stderr
        blocks = httpx.post(f"{server}/block_documents/filter", json={}, timeout=30).text
        assert "planted-secret" not in blocks
        run_url = f"{server}/deployments/{read_deployment(server)['id']}/create_flow_run"
        run = httpx.post(run_url, json={}, timeout=30).raise_for_status().json()
        # The server must have read the automations before the event comes: it does so by itself, within seconds.
        crash = {"state": {"type": "CRASHED", "name": "Crashed"}, "force": True}
        deadline = time.monotonic() + 120
        while not hook.bodies and time.monotonic() < deadline:
            httpx.post(f"{server}/flow_runs/{run['id']}/set_state", json=crash, timeout=30).raise_for_status()
            time.sleep(3)
    assert hook.bodies, "the server told nothing"
    assert (hook.bodies[0]["kind"], run["name"] in hook.bodies[0]["zh"], run["name"] in hook.bodies[0]["en"]) == (
        "night-died",
        True,
        True,
    )
    assert hook.headers[0]["Content-Type"] == "application/json"
    assert deploy(tmp_path, api_url=server).returncode == 0
    assert httpx.post(f"{server}/automations/filter", json={}, timeout=30).json() == [], "gone with the address"


def test_without_a_server_the_command_says_what_to_do(tmp_path):
    result = deploy(tmp_path)
    assert (result.returncode, "PREFECT_API_URL" in result.stderr) == (2, True)


def test_without_an_enabled_source_nothing_is_deployed(server, tmp_path):
    result = deploy(tmp_path, api_url=server)
    assert (result.returncode, "no source is enabled" in result.stderr) == (2, True)


def test_a_time_that_is_none_is_wrong_usage(tmp_path):
    assert deploy(tmp_path, "--at", "25:00").returncode == 2


UNITS = sorted((DEPLOY / "systemd").glob("*.*"))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here: the units are not verified")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path):
    assert UNITS, "deploy/systemd holds the units"
    program = tmp_path / "bin" / "true"
    program.parent.mkdir()
    program.symlink_to(shutil.which("true"))
    for unit in UNITS:
        # The programs stand where an installation puts them; here another one stands in their place.
        text = unit.read_text().replace("/opt/yusuan/.venv/bin/", f"{program.parent}/")
        for name in ("yusuan", "prefect"):
            text = text.replace(f"{program.parent}/{name} ", f"{program} ").replace(f"{program.parent}/{name}\n", f"{program}\n")
        (tmp_path / unit.name).write_text(text)
    result = subprocess.run(
        [
            "systemd-analyze",
            "verify",
            "--man=no",
            *map(str, sorted(tmp_path.glob("*.service")) + sorted(tmp_path.glob("*.timer"))),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | {"SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )
    ours = [line for line in result.stderr.splitlines() if "yusuan" in line]
    assert (result.returncode, ours) == (0, []), result.stderr


def has_compose():
    return shutil.which("docker") is not None and (
        subprocess.run(["docker", "compose", "version"], capture_output=True, check=False, timeout=60).returncode == 0
    )


@pytest.mark.skipif(not has_compose(), reason="docker compose is not here: the compose file is only read, not verified by it")
def test_docker_compose_finds_nothing_wrong():
    result = subprocess.run(
        ["docker", "compose", "-f", str(DEPLOY / "compose.yml"), "config", "--quiet"],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr


def test_the_compose_file_fits_the_schema_of_compose_files():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(DEPLOY / "compose.yml")]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_schema_of_compose_files_sees_what_it_looks_for(tmp_path):
    wrong = (DEPLOY / "compose.yml").read_text().replace("healthcheck:", "healthchek:")
    (tmp_path / "compose.yml").write_text(wrong)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(tmp_path / "compose.yml")]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (result.returncode, "healthchek" in result.stdout) == (1, True)


@pytest.mark.skipif(shutil.which("hadolint") is None, reason="hadolint is not here (.ci/hadolint.sh): no Dockerfile is linted")
def test_hadolint_finds_nothing_wrong_with_the_dockerfile():
    result = subprocess.run(
        ["hadolint", "--no-color", str(DEPLOY / "Dockerfile")], capture_output=True, text=True, check=False, timeout=60
    )
    assert (result.returncode, result.stdout) == (0, "")


def test_the_dockerfile_copies_what_is_there_and_every_package():
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = [name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(packages) <= set(copied)
    assert lines.index("USER 10001") > max(number for number, line in enumerate(lines) if line.startswith("RUN "))


def test_no_unit_runs_as_root_or_without_protection():
    services = [unit for unit in UNITS if unit.suffix == ".service"]
    assert len(services) >= 5
    for unit in services:
        lines = unit.read_text().splitlines()
        for line in (
            "User=yusuan",
            "NoNewPrivileges=true",
            "ProtectSystem=strict",
            "ProtectHome=true",
            "PrivateTmp=true",
            "UMask=0027",
        ):
            assert line in lines, f"{unit.name} has no {line}"


def test_every_setting_that_deploy_names_is_one():
    names = {name_variable(name) for name in Settings.model_fields} | {"YUSUAN_HOME"}
    for path in (*UNITS, DEPLOY / "compose.yml", DEPLOY / "Dockerfile", ROOT / "docs" / "operations.md", ROOT / "prefect.yaml"):
        named = set(re.findall(r"\bYUSUAN_[A-Z0-9_]*[A-Z0-9]\b", path.read_text()))
        assert named <= names, f"{path.name}: {named - names}"


def test_the_settings_reference_names_every_setting_with_its_meaning_and_default():
    page = write_settings()
    for name, field in Settings.model_fields.items():
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name_variable(name)}` |")]
        assert field.description, name
        assert field.description.split("|")[0].strip()[:20] in row
    assert "| `YUSUAN_SILENT_DAYS` | `21` |" in page


def test_the_compose_file_starts_server_and_worker_in_order_and_publishes_to_loopback_only():
    services = yaml.safe_load((DEPLOY / "compose.yml").read_text())["services"]
    assert set(services) == {"server", "deploy", "worker"}
    assert services["deploy"]["depends_on"] == {"server": {"condition": "service_healthy"}}
    assert services["worker"]["depends_on"] == {"deploy": {"condition": "service_completed_successfully"}}
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_server_of_the_compose_file_and_of_systemd_batches_its_recorders():
    told = dict(
        line.split("=", 1) for line in (DEPLOY / "prefect.env").read_text().splitlines() if line and not line.startswith("#")
    )
    assert told == SERVER_ENVIRONMENT
    services = yaml.safe_load((DEPLOY / "compose.yml").read_text())["services"]
    assert services["server"]["env_file"] == ["prefect.env"]
    assert "EnvironmentFile=/opt/yusuan/deploy/prefect.env" in (DEPLOY / "systemd" / "yusuan-server.service").read_text()
