"""The pool against readers that really hang, crash and eat memory."""

import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flows.workers import Limits, PoolClosedError, WorkerPool, WorkerStartError
from warehouse.records import Sighting

sys.path.insert(0, str(Path(__file__).parent))  # children get the parent's path, so that they find pool_workloads

GENEROUS = Limits(base_seconds=60, seconds_per_page=0, memory_bytes=2 << 30)
HURRIED = Limits(base_seconds=1.5, seconds_per_page=0, memory_bytes=2 << 30)


def make_pool(limits=GENEROUS, workers=1, reader="read_by_name", counter="count_one"):
    return WorkerPool(workers, limits, engine_version="1", reader=f"pool_workloads:{reader}", counter=f"pool_workloads:{counter}")


def make_sighting(document_id="a" * 16):
    return Sighting(document_id, document_id * 4, 10, "local", "x.pdf")


def read(pool, name):
    return pool.read(Path(name), make_sighting())


def reason_of(document):
    return document.rows["core_findings"][0]["finding_kind"], document.rows["core_findings"][0]["message"]


def test_result_comes_back_from_another_process():
    with make_pool() as pool:
        document = read(pool, "good.pdf")
    assert document.status == "loaded"
    assert document.rows["pid"][0]["pid"] != os.getpid()


def test_process_serves_several_documents():
    with make_pool() as pool:
        assert read(pool, "1.pdf").rows["pid"][0]["pid"] == read(pool, "2.pdf").rows["pid"][0]["pid"]


def test_process_is_recycled_after_its_documents():
    with make_pool(Limits(60, 0, 2 << 30, recycle_after=2)) as pool:
        pids = [read(pool, "x.pdf").rows["pid"][0]["pid"] for _ in range(3)]
    assert pids[0] == pids[1] != pids[2]


@pytest.mark.parametrize("name", ["hang.pdf", "native.pdf"])
def test_hanging_reader_is_killed_at_its_deadline(name):
    with make_pool(HURRIED) as pool:
        read(pool, "warm.pdf")
        begun = time.monotonic()
        document = read(pool, name)
        took = time.monotonic() - begun
    assert document.status == "refused"
    assert reason_of(document) == ("deadline-exceeded", "reading was stopped after 1.5 seconds")
    assert 1.4 < took < 10


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("crash.pdf", "SIGSEGV"),
        ("eat.pdf", "memory"),
        ("exit.pdf", "giving up for a reason"),
    ],
)
def test_death_of_the_process_refuses_the_document_and_says_how(name, told):
    with make_pool() as pool:
        document = read(pool, name)
    kind, message = reason_of(document)
    assert kind == "worker-died"
    assert told in message


def test_defect_of_the_reader_is_told_with_its_place():
    with make_pool() as pool:
        kind, message = reason_of(read(pool, "raise.pdf"))
    assert kind == "internal-error"
    assert "ValueError: a defect in the reader (pool_workloads.py, line" in message


def test_place_of_the_file_does_not_enter_the_finding(tmp_path):
    with make_pool() as pool:
        _, message = reason_of(pool.read(tmp_path / "open.pdf", make_sighting()))
    assert "cannot open the file" in message
    assert str(tmp_path) not in message


@pytest.mark.parametrize("name", ["hang.pdf", "crash.pdf", "eat.pdf", "raise.pdf"])
def test_next_document_is_read_after_a_bad_one(name):
    with make_pool(HURRIED) as pool:
        read(pool, name)
        assert read(pool, "good.pdf").status == "loaded"


def test_process_that_was_killed_from_outside_costs_no_document(tmp_path):
    with make_pool(reader="be_killed_once") as pool:
        assert pool.read(tmp_path / "x.pdf", make_sighting()).status == "loaded"


def test_process_that_was_killed_while_it_waited_costs_no_document():
    with make_pool() as pool:
        (row,) = read(pool, "first.pdf").rows["pid"]
        os.kill(row["pid"], signal.SIGKILL)
        assert read(pool, "second.pdf").status == "loaded"


def test_deadline_grows_with_the_pages(tmp_path):
    limits = Limits(base_seconds=0.5, seconds_per_page=1.0, memory_bytes=2 << 30)
    with make_pool(limits, counter="count_by_name", reader="start_grandchild_and_hang") as pool:
        assert "after 2.5 seconds" in reason_of(pool.read(tmp_path / "2.pdf", make_sighting()))[1]


def test_kill_takes_what_the_reader_started(tmp_path):
    with make_pool(HURRIED, reader="start_grandchild_and_hang") as pool:
        pool.read(tmp_path / "x.pdf", make_sighting())
    pid = int((tmp_path / "x.pid").read_text())
    state = Path(f"/proc/{pid}/stat")
    assert not state.exists() or state.read_text().split(") ")[1][0] == "Z"


def test_two_documents_are_read_at_the_same_time():
    with make_pool(workers=2) as pool, ThreadPoolExecutor(2) as threads:
        documents = list(threads.map(lambda name: read(pool, name), ["a.pdf", "b.pdf", "c.pdf", "d.pdf"]))
    assert [document.status for document in documents] == ["loaded"] * 4


def test_closing_ends_a_document_in_work():
    pool = make_pool()
    raised = []

    def work():
        try:
            read(pool, "hang.pdf")
        except PoolClosedError as error:
            raised.append(error)

    thread = threading.Thread(target=work)
    read(pool, "warm.pdf")
    thread.start()
    time.sleep(0.3)
    pool.close()
    thread.join(20)
    assert len(raised) == 1


def test_reader_that_cannot_be_imported_is_no_fault_of_the_document():
    with make_pool(reader="no_such_reader") as pool, pytest.raises(WorkerStartError, match="no_such_reader"):
        read(pool, "good.pdf")


def test_child_imports_neither_prefect_nor_great_expectations():
    with make_pool(reader="imported_modules") as pool:
        names = {row["name"].partition(".")[0] for row in read(pool, "x.pdf").rows["modules"]}
    assert "flows" in names
    assert not names & {"prefect", "great_expectations"}


def test_refusal_keeps_where_the_document_came_from():
    with make_pool() as pool:
        row = read(pool, "exit.pdf").rows["core_disclosures"][0]
    assert (row["source_id"], row["url"], row["status"], row["refusal"]) == ("local", "x.pdf", "refused", "worker-died")
