"""Reading documents with the archive on a real S3 server, by the command line."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from s3_server import run_s3_server

from samples.library import sample_disclosures
from warehouse.archive import Archive
from warehouse.object_storage import open_filesystem
from warehouse.store import Warehouse

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

YUSUAN = Path(sys.executable).with_name("yusuan")
SECRET = "planted-secret-of-the-test"  # noqa: S105  # planted to be looked for


@pytest.fixture(scope="module")
def place():
    with run_s3_server(secret=SECRET) as made:
        yield made


@pytest.fixture(scope="module")
def office(place, tmp_path_factory):
    """A folder with the smallest sample, whose archive is in a bucket."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "in").mkdir()
    for sample in sorted(sample_disclosures(), key=lambda sample: len(sample.draw()))[:1]:
        (folder / f"in/{sample.id}.pdf").write_bytes(sample.draw())
    return folder


def yusuan(*arguments, place, cwd):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("YUSUAN_", "AWS_"))}
    keys = {"AWS_ACCESS_KEY_ID": place.storage.access_key_id, "AWS_SECRET_ACCESS_KEY": place.storage.secret_access_key}
    mine = {"YUSUAN_ARCHIVE": place.url, "YUSUAN_S3_ENDPOINT": place.storage.endpoint, "YUSUAN_S3_REGION": "cn-north-1"}
    return subprocess.run(
        [str(YUSUAN), *arguments], cwd=cwd, env=clean | keys | mine, capture_output=True, text=True, check=False, timeout=250
    )


def test_documents_are_read_out_of_the_bucket(office, place):
    result = yusuan("process", "in", place=place, cwd=office)
    assert result.returncode in {0, 3}, result.stdout + result.stderr
    warehouse = Warehouse.open(office / "data/warehouse")
    assert warehouse.read("core_budget_lines").num_rows > 100
    assert {row["document_id"] for row in Archive(place).sightings()} == set(warehouse.committed())
    assert not (office / "data/warehouse/archive").exists()
    again = yusuan("process", "in", place=place, cwd=office)
    assert "everything was processed before" in again.stdout
    verified = yusuan("archive", "verify", "--json", place=place, cwd=office)
    assert (verified.returncode, json.loads(verified.stdout)["n_files"]) == (0, 1)
    asked = yusuan("query", "select count(*) as n from archive_documents", "--format", "json", place=place, cwd=office)
    assert json.loads(asked.stdout) == [{"n": 1}]


def test_a_document_whose_bytes_changed_is_not_read(office, place):
    (row,) = Archive(place).sightings()
    system, path = open_filesystem(place.storage), f"{place.path}/{row['sha256'][:2]}/{row['sha256'][2:4]}/{row['sha256']}"
    whole = system.cat_file(path)
    system.pipe_file(path, whole[:-1] + b"?")
    result = yusuan("process", "in", "--again", place=place, cwd=office)
    assert (result.returncode, "archived-bytes-damaged" in result.stdout) == (3, True), result.stdout + result.stderr
    assert row["document_id"] in Warehouse.open(office / "data/warehouse").committed(), "its earlier rows stay"
    system.pipe_file(path, whole)


def test_no_file_that_is_left_and_nothing_said_holds_the_secret(office, place):
    result = yusuan("doctor", place=place, cwd=office)
    assert SECRET not in result.stdout + result.stderr
    left = [path for path in office.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert left == []


def test_a_server_that_does_not_answer_is_one_sentence(office, place):
    silent = replace(place, storage=replace(place.storage, endpoint="http://127.0.0.1:9"))
    result = yusuan("archive", "verify", place=silent, cwd=office)
    assert result.returncode == 1
    assert result.stderr.startswith(f"yusuan: {place.url}: ")
    assert "Traceback" not in result.stderr
