"""A writer that is killed at any moment leaves whole documents, and the next one goes on: real processes, real kill -9."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from made_rows import make_document

from warehouse.store import Warehouse
from warehouse.tables import TableFolder

pytestmark = pytest.mark.integration

WRITER = Path(__file__).with_name("store_writer.py")
VICTIM = Path(__file__).with_name("store_victim.py")
SHARED_SCORER = Path(__file__).parents[2] / ".." / "shared" / "evaluate" / "score.py"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Warehouse.open(tmp_path / "warehouse").root


def read_attempts(warehouse: Warehouse) -> dict[str, int]:
    """The attempt that each document shows, after making sure that all its rows in all tables are of that one."""
    shown = {}
    lines = warehouse.read("core_budget_lines").to_pylist()
    for disclosure in warehouse.read("core_disclosures").to_pylist():
        own = [line for line in lines if line["document_id"] == disclosure["document_id"]]
        assert len(own) == 29
        assert {line["processing_id"] for line in own} == {disclosure["processing_id"]}
        assert {int(line["amount_cny"] / 10000) for line in own} == {disclosure["page_count"]}
        shown[disclosure["document_id"]] = disclosure["page_count"]
    return shown


def count_stored_rows(warehouse: Warehouse) -> pa.Table:
    return TableFolder(warehouse.root).open_dataset("core_budget_lines").to_table(columns=["processing_id", "line_id"])


def start_writer(folder: Path, attempt: int) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, str(WRITER), str(folder), str(attempt)], stdout=subprocess.PIPE, text=True)


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_killed_at_random_moments_it_shows_whole_batches(folder):
    attempt = 1
    for delay in (0.02, 0.09, 0.17, 0.26):
        writer = start_writer(folder, attempt)
        assert writer.stdout is not None
        writer.stdout.readline()  # one commit is through; the kill falls into the work on a later one
        time.sleep(delay)
        kill(writer)
        warehouse = Warehouse.open(folder)
        attempts = set(read_attempts(warehouse).values())
        assert len(attempts) == 1, "documents of one commit show different attempts"
        assert attempts.pop() >= attempt
        stored = count_stored_rows(warehouse)
        assert stored.group_by(["processing_id", "line_id"]).aggregate([]).num_rows == stored.num_rows, "rows were appended twice"
        assert not (folder / "pending.json").exists()
        attempt = max(int(commit.run_id) for commit in warehouse.committed().values()) + 1


STOPS = {
    "before the first append": ("warehouse.tables", "TableFolder.append", 0),
    "between two tables": ("warehouse.tables", "TableFolder.append", 3),
    "before the marker": ("warehouse.store", "Warehouse._append_commits", 0),
    "before staging is removed": ("warehouse.staging", "StagingArea.remove", 0),
    "in the middle of the removal": ("warehouse.staging", "StagingArea.remove", 1),
    "before the commit is written down": ("warehouse.store", "Warehouse._write_pending", 0),
}


@pytest.mark.parametrize("stop", STOPS, ids=list(STOPS))
def test_killed_at_a_chosen_moment_the_commit_is_finished_or_never_was(folder, stop):
    module, function, calls = STOPS[stop]
    documents = [make_document(name) for name in "甲乙丙"]
    victim = subprocess.run([sys.executable, str(VICTIM), str(folder), module, function, str(calls)], check=False)
    assert victim.returncode == -signal.SIGKILL
    warehouse = Warehouse.open(folder)
    if stop == "before the commit is written down":
        assert warehouse.committed() == {}
        assert len(warehouse.staged()) == 3
    else:
        assert {commit.processing_id for commit in warehouse.committed().values()} == {one.processing_id for one in documents}
        assert warehouse.staged() == ()
        assert warehouse.read("core_budget_lines").num_rows == 27
        assert count_stored_rows(warehouse).num_rows == 27
    assert warehouse.commit([one.processing_id for one in warehouse.staged()], run_id="next", reason="new") == 1
    assert warehouse.read("core_budget_lines").num_rows == 27


def test_readers_never_see_half_a_commit(folder):
    writer = start_writer(folder, 1)
    assert writer.stdout is not None
    writer.stdout.readline()
    try:
        seen = [set(read_attempts_at_once(folder)) for _ in range(25)]
    finally:
        kill(writer)
    assert all(len(attempts) == 1 for attempts in seen)
    assert len({next(iter(attempts)) for attempts in seen}) > 1, "the writer wrote nothing while it was read"


def read_attempts_at_once(folder: Path) -> Iterator[int]:
    warehouse = Warehouse(folder)
    datasets = warehouse.open_datasets(("core_disclosures", "core_budget_lines"), warehouse.snapshot())
    yield from datasets["core_disclosures"].to_table(columns=["page_count"]).column("page_count").to_pylist()
    amounts = datasets["core_budget_lines"].to_table(columns=["amount_cny"]).column("amount_cny").to_pylist()
    assert len(amounts) == 87
    yield from (int(amount / 10000) for amount in amounts)


def test_staging_that_was_cut_off_is_cleared_away(folder):
    torn = folder / "staging" / ".tmp-999999999-abc"
    torn.mkdir()
    (torn / "core_tables.parquet").write_bytes(b"PAR1")
    assert Warehouse.open(folder).staged() == ()
    assert not torn.exists()


def test_the_scorer_reads_the_folder_of_the_lines(folder, tmp_path):
    if not SHARED_SCORER.exists():
        pytest.skip("../shared is absent: its scorer cannot be run")
    warehouse = Warehouse.open(folder)
    for attempt, amount in ((1, "9.00"), (2, "12.34")):
        document = make_document("甲", attempt=attempt, lines=[])
        line = {**make_document("甲").rows["core_budget_lines"][3], "amount_reported": amount}
        line["amount_cny"] = type(line["amount_cny"])(amount) * 10000
        warehouse.stage(make_document("甲", attempt=attempt, lines=[line]))
        warehouse.commit([document.processing_id], run_id="run", reason="engine")
    gold = tmp_path / "gold"
    gold.mkdir()
    row = {
        **{"file": "甲.pdf", "page": "1", "table_type": "expenditure_summary", "table_instance": "1", "line_label": "行政运行"},
        **{"code": "2010301", "code_scheme": "function", "item_key": "", "row_kind": "item", "direction": "expenditure"},
        **{
            "fund_type": "all",
            "expenditure_kind": "total",
            "amount_basis": "budget",
            "project_name": "",
            "amount_reported": "12.34",
        },
        **{"unit_reported": "万元", "amount_cny": "123400.00", "note": ""},
    }
    (gold / "甲.csv").write_text(f"{','.join(row)}\n{','.join(row.values())}\n", encoding="utf-8")
    disclosure = warehouse.read("core_disclosures").to_pylist()[0]
    (tmp_path / "manifest.csv").write_text(f"file,sha256\n甲.pdf,{disclosure['sha256']}\n", encoding="utf-8")
    command = [sys.executable, str(SHARED_SCORER), "--lines", str(folder / "core_budget_lines"), "--gold", str(gold)]
    scored = subprocess.run([*command, "--manifest", str(tmp_path / "manifest.csv")], capture_output=True, text=True, check=False)
    assert "recall 100.00%  precision 100.00%  of 1 printed amounts" in scored.stdout, scored.stderr


def test_a_process_that_read_the_warehouse_ends_quietly(folder):
    """Through deltalake's own file system one process in three aborts at its exit; the warehouse reads past it."""
    warehouse = Warehouse.open(folder)
    document = make_document("甲")
    warehouse.stage(document)
    warehouse.commit([document.processing_id], run_id="run", reason="new")
    code = "import sys; from warehouse.store import Warehouse; Warehouse.open(sys.argv[1]).read('core_budget_lines')"
    ended = [subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, check=False) for _ in range(4)]
    assert [process.returncode for process in ended] == [0, 0, 0, 0]
