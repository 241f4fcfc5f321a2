"""The warehouse with its tables on a real S3 server: the same store, read by the same readers, and two writers at once."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from pathlib import Path

import pytest
from made_rows import document_id_of, make_document
from s3_server import run_s3_server

import warehouse as package
from warehouse.object_storage import ObjectPlace
from warehouse.store import Warehouse
from warehouse.tables import TableFolder
from warehouse.views import connect

pytestmark = pytest.mark.integration

HELPERS = Path(__file__).parents[1] / "helpers"
WRITER = """
import json, sys
sys.path.insert(0, sys.argv[1])
from made_rows import make_document
from warehouse.object_storage import ObjectPlace, ObjectStorage
from warehouse.store import Warehouse
bucket, prefix, storage = json.loads(sys.argv[3])
warehouse = Warehouse.open(sys.argv[2], ObjectPlace(bucket, prefix, ObjectStorage(*storage)))
for number in range(int(sys.argv[5])):
    document = make_document(f"{sys.argv[4]}{number}")
    warehouse.stage(document)
    warehouse.commit([document.processing_id], run_id=sys.argv[4], reason="new")
    print(number, flush=True)
"""


@pytest.fixture(scope="module")
def bucket():
    with run_s3_server() as place:
        yield place


@pytest.fixture
def place(bucket, request):
    return ObjectPlace(bucket.bucket, f"warehouses/{request.node.name}", bucket.storage)


def start_writer(folder, place, name, count):
    described = json.dumps([place.bucket, place.prefix, astuple(place.storage)])
    command = [sys.executable, "-c", WRITER, str(HELPERS), str(folder), described, name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)


def load(warehouse, *documents, reason="new"):
    for document in documents:
        warehouse.stage(document)
    return warehouse.commit([document.processing_id for document in documents], run_id="run", reason=reason)


def test_the_same_store_on_s3(place, tmp_path):
    assert not Warehouse(tmp_path, place).is_there()
    warehouse = Warehouse.open(tmp_path, place)
    assert warehouse.is_there()
    load(warehouse, make_document("甲"), make_document("乙"))
    load(warehouse, make_document("甲", attempt=2, lines=[]), reason="engine")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "staging"], "tables belong on the object storage"
    elsewhere = Warehouse.open(tmp_path / "another", place)
    assert set(elsewhere.read("core_budget_lines").column("department_name").to_pylist()) == {"乙"}
    assert elsewhere.read("core_budget_lines", as_of=1).num_rows == 18
    with connect(elsewhere) as connection:
        assert connection.sql("select sum(amount_cny) from out_spending_by_function").fetchall() == [(300000,)]
    report = elsewhere.maintain(keep=1, retention_hours=0)
    assert (report.rows_deleted > 0, report.files_removed > 0) == (True, True)
    assert warehouse.read("core_budget_lines").num_rows == 9
    assert warehouse.withdraw([document_id_of("乙")], run_id="run") == 3
    assert elsewhere.read("core_budget_lines").num_rows == 0


def test_a_reader_of_python_opens_it(place, tmp_path):
    load(Warehouse.open(tmp_path, place), make_document("甲"))
    with package.open(place.url, storage=place.storage) as reader:
        assert reader.sql("select count(*) from core_budget_lines").fetchall() == [(9,)]
        assert reader.arrow("core_disclosures").num_rows == 1
    with pytest.raises(FileNotFoundError, match="no Yusuan warehouse"):
        package.open(f"{place.url}/elsewhere", storage=place.storage)


def test_writers_on_several_machines_lose_nothing(place, tmp_path):
    writers = [start_writer(tmp_path / name, place, name, 4) for name in ("first", "second")]
    for writer in writers:
        writer.communicate(timeout=200)
    assert [writer.returncode for writer in writers] == [0, 0]
    warehouse = Warehouse.open(tmp_path / "reader", place)
    assert sorted(row["commit_sequence"] for row in warehouse.read("commits").to_pylist()) == list(range(1, 9))
    lines = warehouse.read("core_budget_lines")
    assert lines.num_rows == 8 * 9
    assert TableFolder(place).open_dataset("core_budget_lines").count_rows() == lines.num_rows


def test_a_writer_that_is_killed_loses_nothing(place, tmp_path):
    writer = start_writer(tmp_path / "victim", place, "victim", 50)
    for _ in range(2):
        writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    warehouse = Warehouse.open(tmp_path / "victim", place)
    documents = warehouse.committed()
    assert len(documents) >= 2
    for document in warehouse.staged():
        warehouse.commit([document.processing_id], run_id="next", reason="new")
    lines = warehouse.read("core_budget_lines")
    assert lines.num_rows == 9 * len(warehouse.committed())
    assert TableFolder(place).open_dataset("core_budget_lines").count_rows() == lines.num_rows


def test_machines_that_make_the_tables_at_once_make_them_once(place, tmp_path):
    with ThreadPoolExecutor(3) as threads:
        opened = list(threads.map(lambda name: Warehouse.open(tmp_path / name, place), "甲乙丙"))
    counts = {warehouse.read("ref_function_codes").num_rows for warehouse in opened}
    single = Warehouse.open(tmp_path / "single").read("ref_function_codes").num_rows
    assert counts == {single}
