"""Documents read on a Ray cluster of two workers; the extra `ray` is installed, or this is skipped and says so."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cluster import NoClusterError, open_cluster
from flows.runs import RunSummary
from flows.server import SERVER_ENVIRONMENT, run_server
from flows.settings import load_settings
from samples.library import sample_disclosures
from samples.portal import serve_portal

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

HAS_RAY = importlib.util.find_spec("prefect_ray") is not None
NIGHT = """
import sys
from pathlib import Path
from flows.nightly import nightly
if __name__ == "__main__":
    summary = nightly(sources=["demo"], warehouse_dir=Path(sys.argv[1]), base_urls={"demo": sys.argv[2]}, with_release=False)
    Path(sys.argv[3]).write_text(summary.model_dump_json())
"""


def run_night(folder: Path, base_url: str, environment: dict[str, str]) -> RunSummary:
    """A night as a process of its own."""
    script, report = folder / "night.py", folder / "summary.json"
    script.write_text(NIGHT)
    command = [sys.executable, str(script), str(folder / "warehouse"), base_url, str(report)]
    subprocess.run(command, env=os.environ | SERVER_ENVIRONMENT | environment, cwd=folder, check=True, timeout=800)
    return RunSummary.model_validate_json(report.read_text())


@pytest.mark.skipif(not HAS_RAY, reason="the extra ray is not installed: uv sync --extra ray, or pip install 'yusuan[ray]'")
def test_a_night_on_ray_reads_what_this_machine_reads(tmp_path):
    samples = sorted(sample_disclosures(), key=lambda sample: len(sample.draw()))[:2]
    with run_server(tmp_path / "prefect", start_seconds=400) as server, serve_portal(documents=samples) as portal:
        server.wait()
        summaries = {}
        for runner in ("threads", "ray"):
            (tmp_path / runner).mkdir()
            chosen = {"YUSUAN_TASK_RUNNER": runner, "YUSUAN_WORKERS": "2", "PYTHONPATH": os.pathsep.join(sys.path)}
            prefect = {"PREFECT_API_URL": server.url, "PREFECT_LOGGING_LEVEL": "WARNING"}
            summaries[runner] = run_night(tmp_path / runner, portal.url, chosen | prefect)
    assert summaries["ray"].exit_code == 0, summaries["ray"].promised
    read = {
        runner: sorted((outcome.document_id, outcome.status, outcome.lines) for outcome in summary.documents)
        for runner, summary in summaries.items()
    }
    assert len(read["ray"]) == 2
    assert read["ray"] == read["threads"]


@pytest.mark.skipif(HAS_RAY, reason="the extra ray is installed: nothing is missing")
def test_without_the_extra_the_message_says_what_to_install():
    with pytest.raises(NoClusterError, match=r"pip install 'yusuan\[ray\]'"), open_cluster(load_settings(task_runner="ray")):
        pass
