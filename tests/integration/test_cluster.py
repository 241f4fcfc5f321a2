"""Documents read on a Dask cluster, archive and tables on an S3 server, the night under a Prefect server: all of them real."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from s3_server import run_s3_server

import flows.cluster
from flows.cluster import NoClusterError, OtherEngineError, open_cluster, read_for_cluster
from flows.reading import Pending
from flows.runs import RunSummary
from flows.server import SERVER_ENVIRONMENT, run_server
from flows.settings import load_settings
from samples.library import sample_disclosures
from samples.portal import serve_portal
from warehouse.object_storage import ObjectPlace
from warehouse.records import Sighting
from warehouse.store import Warehouse

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

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
    script = folder / "night.py"
    script.write_text(NIGHT)
    report = folder / "summary.json"
    command = [sys.executable, str(script), str(folder / "warehouse"), base_url, str(report)]
    subprocess.run(command, env=os.environ | SERVER_ENVIRONMENT | environment, cwd=folder, check=True, timeout=400)
    return RunSummary.model_validate_json(report.read_text())


def test_a_night_on_dask_with_everything_on_s3(tmp_path):
    samples = sorted(sample_disclosures(), key=lambda sample: len(sample.draw()))[:3]
    with (
        run_s3_server() as place,
        run_server(tmp_path / "prefect", start_seconds=240) as server,
        serve_portal(documents=samples) as portal,
    ):
        server.wait()
        keys = {
            "AWS_ENDPOINT_URL": place.storage.endpoint,
            "AWS_REGION": place.storage.region,
            "AWS_ACCESS_KEY_ID": place.storage.access_key_id,
            "AWS_SECRET_ACCESS_KEY": place.storage.secret_access_key,
        }
        places = {"YUSUAN_TABLES": f"{place.url}/tables", "YUSUAN_ARCHIVE": f"{place.url}/archive"}
        runner = {"YUSUAN_TASK_RUNNER": "dask", "YUSUAN_WORKERS": "2", "PYTHONPATH": os.pathsep.join(sys.path)}
        prefect = {"PREFECT_API_URL": server.url, "PREFECT_LOGGING_LEVEL": "WARNING"}
        summary = run_night(tmp_path, portal.url, keys | places | runner | prefect)
        tables = ObjectPlace(place.bucket, f"{place.prefix}/tables", place.storage)
        elsewhere = Warehouse.open(tmp_path / "elsewhere", tables)
        lines = elsewhere.read("core_budget_lines")
    assert summary.exit_code == 0, summary.promised
    assert summary.places["Parquet (Delta tables)"] == f"{place.url}/tables"
    assert {outcome.status for outcome in summary.documents} <= {"loaded", "doubtful"}
    assert lines.num_rows == summary.warehouse_lines == sum(outcome.lines for outcome in summary.documents) > 100
    assert not list((tmp_path / "warehouse").rglob("*.parquet")), "rows belong on the object storage"


def test_a_worker_that_reads_with_other_code_refuses():
    pending = Pending(Sighting("0" * 16, "0" * 64, 1, "local", "a.pdf"))
    with pytest.raises(OtherEngineError, match="install the same there"):
        read_for_cluster(pending, "/nowhere", "0.0.0+other")


def test_a_cluster_that_does_not_answer_is_told(monkeypatch):
    monkeypatch.setattr(flows.cluster, "_CONNECT_SECONDS", 1)
    settings = load_settings(task_runner="dask", cluster_address="tcp://127.0.0.1:9")
    with pytest.raises(NoClusterError, match=r"127\.0\.0\.1:9"), open_cluster(settings):
        pass
