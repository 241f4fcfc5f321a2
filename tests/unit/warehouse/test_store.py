"""The warehouse: what is committed is seen whole, what is not is not seen, and earlier states can be asked for."""

import shutil
import threading
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_rows import document_id_of, make_disclosure, make_document

from warehouse.metadata.models import UnknownResourceError, list_resources
from warehouse.metadata.schema import MetadataError, to_arrow_schema
from warehouse.records import ProcessedDocument
from warehouse.staging import StagingError, align_table
from warehouse.store import PurgedError, RefusedReplacementError, Warehouse, WarehouseError


@pytest.fixture(scope="module")
def empty_folder(tmp_path_factory) -> Path:
    return Warehouse.open(tmp_path_factory.mktemp("empty") / "warehouse").root


@pytest.fixture
def warehouse(tmp_path: Path, empty_folder: Path) -> Warehouse:
    return Warehouse.open(shutil.copytree(empty_folder, tmp_path / "warehouse"))


def load(warehouse: Warehouse, *documents: ProcessedDocument, reason: str = "new") -> int:
    for document in documents:
        warehouse.stage(document)
    return warehouse.commit([document.processing_id for document in documents], run_id="run", reason=reason)


def count_lines(warehouse: Warehouse, as_of: int | datetime | None = None) -> int:
    return warehouse.read("core_budget_lines", as_of).num_rows


def test_a_new_warehouse_has_every_table_and_the_code_lists(warehouse):
    assert warehouse.read("core_budget_lines").schema.equals(to_arrow_schema("core_budget_lines"), check_metadata=True)
    assert warehouse.read("ref_function_codes").num_rows > 2000
    assert (warehouse.root / "README.md").read_text(encoding="utf-8").startswith("# A Yusuan warehouse")
    assert all((warehouse.root / name / "_delta_log").is_dir() for name in list_resources("core", "raw", "ref", "system"))


def test_staged_rows_are_not_seen(warehouse):
    warehouse.stage(make_document("甲"))
    assert count_lines(warehouse) == 0
    assert warehouse.committed() == {}


def test_a_commit_makes_all_tables_visible(warehouse):
    document = make_document("甲")
    assert load(warehouse, document) == 1
    assert count_lines(warehouse) == 9
    assert warehouse.read("core_disclosures").column("department_name").to_pylist() == ["甲"]
    assert warehouse.committed()[document.document_id].processing_id == document.processing_id
    assert warehouse.staged() == ()
    assert not (warehouse.root / "pending.json").exists()


def test_an_opened_warehouse_sees_what_another_process_committed(warehouse):
    load(warehouse, make_document("甲"))
    assert count_lines(Warehouse.open(warehouse.root)) == 9


def test_a_second_processing_replaces_the_first(warehouse):
    load(warehouse, make_document("甲"), make_document("乙"))
    load(warehouse, make_document("甲", attempt=2, lines=[]), reason="engine")
    assert set(warehouse.read("core_budget_lines").column("department_name").to_pylist()) == {"乙"}
    assert warehouse.read("core_disclosures").num_rows == 2


def test_an_earlier_state_is_read_by_sequence_and_by_moment(warehouse):
    first = load(warehouse, make_document("甲"))
    moment = warehouse.snapshot().committed_at
    load(warehouse, make_document("甲", attempt=2, lines=[]), reason="engine")
    assert count_lines(warehouse) == 0
    assert count_lines(warehouse, as_of=first) == 9
    assert count_lines(warehouse, as_of=moment) == 9
    assert count_lines(warehouse, as_of=0) == 0
    assert count_lines(warehouse, as_of=datetime(2000, 1, 1, tzinfo=UTC)) == 0


def test_moments_of_commits_rise_though_the_clock_stands_still(warehouse):
    for attempt in range(1, 6):
        load(warehouse, make_document("甲", attempt=attempt), reason="engine")
    moments = warehouse.read("commits").column("committed_at").to_pylist()
    assert moments == sorted(set(moments))
    assert warehouse.read("commits").column("commit_sequence").to_pylist() == [1, 2, 3, 4, 5]


def test_processing_a_document_twice_gives_the_same_rows(warehouse):
    load(warehouse, make_document("甲"))
    before = warehouse.read("core_budget_lines").drop_columns(["processing_id"])
    load(warehouse, make_document("甲", attempt=2), reason="engine")
    assert warehouse.read("core_budget_lines").drop_columns(["processing_id"]).equals(before)


def test_staging_the_same_processing_again_replaces_it(warehouse):
    warehouse.stage(make_document("甲"))
    document = make_document("甲", lines=[])
    warehouse.stage(document)
    assert warehouse.read_staged([document.processing_id])["core_budget_lines"].num_rows == 0
    assert len(warehouse.staged()) == 1


def test_of_two_stagings_of_a_document_the_last_counts(warehouse):
    warehouse.stage(make_document("甲"))
    second = make_document("甲", attempt=2, lines=[])
    warehouse.stage(second)
    assert [one.processing_id for one in warehouse.staged()] == [second.processing_id]
    warehouse.commit([second.processing_id], run_id="run", reason="new")
    assert warehouse.staged() == ()


def test_read_staged_gives_every_table_of_documents(warehouse):
    documents = [make_document("甲"), make_document("乙")]
    for document in documents:
        warehouse.stage(document)
    tables = warehouse.read_staged([document.processing_id for document in documents])
    assert set(tables) == set(list_resources("core", "raw")) - {"core_cross_checks"}
    assert tables["core_budget_lines"].num_rows == 18
    assert tables["raw_cells"].schema.equals(to_arrow_schema("raw_cells"))
    assert warehouse.read_staged([])["core_checks"].num_rows == 0


def test_a_discarded_document_leaves_its_earlier_rows(warehouse):
    load(warehouse, make_document("甲"))
    second = make_document("甲", attempt=2, lines=[])
    warehouse.stage(second)
    warehouse.discard(second.processing_id)
    assert count_lines(warehouse) == 9
    assert warehouse.staged() == ()


def test_a_withdrawn_document_is_out_of_sight_but_not_lost(warehouse):
    document = make_document("甲")
    first = load(warehouse, document)
    warehouse.withdraw([document.document_id], run_id="run")
    assert count_lines(warehouse) == 0
    assert warehouse.committed()[document.document_id].is_withdrawn
    assert count_lines(warehouse, as_of=first) == 9


def test_withdrawing_what_is_not_there_is_an_error(warehouse):
    with pytest.raises(WarehouseError, match="not in the warehouse"):
        warehouse.withdraw(["0" * 16], run_id="run")


def test_an_empty_batch_commits_nothing(warehouse):
    assert load(warehouse, make_document("甲")) == 1
    assert warehouse.commit([], run_id="run", reason="new") == 1


def test_a_batch_with_a_document_that_is_not_staged_commits_nothing(warehouse):
    document = make_document("甲")
    warehouse.stage(document)
    with pytest.raises(StagingError, match="missing-1 is not staged"):
        warehouse.commit([document.processing_id, "missing-1"], run_id="run", reason="new")
    assert warehouse.committed() == {}


def test_a_batch_with_two_processings_of_a_document_commits_nothing(warehouse):
    documents = [make_document("甲"), make_document("甲", attempt=2)]
    for document in documents:
        warehouse.stage(document)
    with pytest.raises(WarehouseError, match="two processings"):
        warehouse.commit([document.processing_id for document in documents], run_id="run", reason="new")
    assert warehouse.committed() == {}


def test_a_committed_processing_cannot_be_staged_again(warehouse):
    load(warehouse, make_document("甲"))
    with pytest.raises(WarehouseError, match="is committed"):
        warehouse.stage(make_document("甲"))


def test_a_refused_processing_does_not_take_the_place_of_a_loaded_one(warehouse):
    load(warehouse, make_document("甲"))
    refused = make_document("甲", attempt=2, status="refused", lines=[])
    warehouse.stage(refused)
    with pytest.raises(RefusedReplacementError, match=refused.processing_id):
        warehouse.commit([refused.processing_id], run_id="run", reason="engine")
    assert count_lines(warehouse) == 9


def test_a_refused_document_without_rows_is_kept_with_its_reason(warehouse):
    load(warehouse, make_document("甲", status="refused", lines=[], tables=[], disclosure={"refusal": "no-tables"}))
    assert warehouse.read("core_disclosures").column("refusal").to_pylist() == ["no-tables"]


def test_reasons_may_differ_inside_a_batch(warehouse):
    documents = [make_document("甲"), make_document("乙")]
    for document in documents:
        warehouse.stage(document)
    reasons = {documents[0].processing_id: "new", documents[1].processing_id: "superseded"}
    warehouse.commit(list(reasons), run_id="run", reason=reasons)
    assert {commit.commit_reason for commit in warehouse.committed().values()} == {"new", "superseded"}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"core_disclosures": []}, "has one row here"),
        ({"core_disclosures": [make_disclosure("甲", document_id="f" * 16)]}, "belongs to"),
        ({"core_disclosures": [make_disclosure("甲", status="doubtful")]}, "is doubtful"),
        ({"core_disclosures": [make_disclosure("甲")], "commits": []}, "not a table of documents"),
        ({"core_disclosures": [make_disclosure("甲")], "core_secrets": []}, "not a table of documents"),
    ],
    ids=["no disclosure", "row of another document", "another status", "a table of the store", "no metadata"],
)
def test_what_is_no_whole_document_is_not_staged(warehouse, rows, message):
    document = make_document("甲")
    with pytest.raises(MetadataError, match=message):
        warehouse.stage(ProcessedDocument(document.document_id, document.processing_id, "loaded", rows))
    assert warehouse.staged() == ()


def test_a_processing_id_that_leads_out_of_the_folder_is_refused(warehouse):
    document = make_document("甲")
    with pytest.raises(StagingError, match="folder's name"):
        warehouse.stage(ProcessedDocument(document.document_id, "../out", "loaded", document.rows))


def test_a_table_without_metadata_cannot_be_read(warehouse):
    with pytest.raises(UnknownResourceError, match="core_secrets"):
        warehouse.read("core_secrets")


def test_maintenance_deletes_what_nobody_asks_for_and_says_so(warehouse):
    first = load(warehouse, make_document("甲"), make_document("乙"))
    for attempt in (2, 3):
        load(warehouse, make_document("甲", attempt=attempt), reason="engine")
    before = warehouse.read("core_budget_lines")
    report = warehouse.maintain(keep=2, retention_hours=0)
    assert report.purged == (make_document("甲").processing_id,)
    assert report.rows_deleted == 11
    assert warehouse.read("core_budget_lines").equals(before)
    with pytest.raises(PurgedError, match="deleted by maintenance"):
        warehouse.read("core_budget_lines", as_of=first)
    assert warehouse.read("core_budget_lines", as_of=2).num_rows == 18


def test_maintenance_keeps_what_a_release_shows(warehouse):
    first = load(warehouse, make_document("甲"))
    load(warehouse, make_document("甲", attempt=2, lines=[]), reason="engine")
    load(warehouse, make_document("甲", attempt=3, lines=[]), reason="engine")
    assert warehouse.maintain(keep=1, protect=[first]).purged == (make_document("甲", attempt=2).processing_id,)
    assert count_lines(warehouse, as_of=first) == 9


def test_maintenance_makes_one_file_of_many(warehouse):
    for name in "甲乙丙丁":
        load(warehouse, make_document(name))
    warehouse.maintain(retention_hours=0)
    files = list((warehouse.root / "core_budget_lines").glob("*.parquet"))
    assert sum(pq.read_metadata(path).num_rows for path in files) == 36
    assert len(files) == 1


def test_maintenance_sorts_the_rows_by_document_when_a_tenth_of_them_is_new(warehouse):
    def list_files():
        return sorted((warehouse.root / "core_budget_lines").glob("*.parquet"))

    for number in range(20):
        load(warehouse, make_document(f"单位{number}"))
    warehouse.maintain(retention_hours=0)
    [sorted_file] = list_files()
    documents = pq.read_table(sorted_file, columns=["document_id"]).column(0).to_pylist()
    assert documents == sorted(documents)
    assert len(set(documents)) == 20
    load(warehouse, make_document("另一个"))
    warehouse.maintain(retention_hours=0)
    assert len(list_files()) == 2
    assert sorted_file in list_files()
    load(warehouse, make_document("再一个"), make_document("又一个"))
    warehouse.maintain(retention_hours=0)
    [sorted_file] = list_files()
    documents = pq.read_table(sorted_file, columns=["document_id"]).column(0).to_pylist()
    assert documents == sorted(documents)
    assert len(set(documents)) == 23


def test_maintenance_never_takes_the_newest_processing(warehouse):
    with pytest.raises(ValueError, match="keep must be 1"):
        warehouse.maintain(keep=0)


def test_columns_that_the_metadata_gained_since_are_null():
    written = to_arrow_schema("core_tables").empty_table().drop_columns(["unit_name"])
    assert align_table("core_tables", written).schema.equals(to_arrow_schema("core_tables"))


def test_lists_that_the_metadata_gained_since_are_empty():
    full = to_arrow_schema("core_findings").empty_table()
    columns = {f.name: pa.nulls(1, f.type) for f in full.schema}
    written = pa.table(columns).drop_columns(["check_numbers", "line_ids"])
    (row,) = align_table("core_findings", written).select(["check_numbers", "line_ids"]).to_pylist()
    assert row == {"check_numbers": [], "line_ids": []}


def test_columns_that_the_metadata_lost_or_must_have_are_errors():
    full = to_arrow_schema("core_tables").empty_table()
    with pytest.raises(MetadataError, match="declared no more"):
        align_table("core_tables", full.append_column("gone", pa.array([], pa.string())))
    with pytest.raises(MetadataError, match="must not be null"):
        align_table("core_tables", full.drop_columns(["score"]))


def test_commits_of_several_threads_wait_for_each_other(warehouse):
    documents = [make_document(name) for name in "甲乙丙丁戊己"]
    threads = [threading.Thread(target=load, args=(Warehouse.open(warehouse.root), document)) for document in documents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count_lines(warehouse) == 54
    assert warehouse.read("commits").column("commit_sequence").to_pylist() == [1, 2, 3, 4, 5, 6]


def test_documents_keep_their_identity(warehouse):
    load(warehouse, make_document("甲"))
    assert set(warehouse.read("core_budget_lines").column("document_id").to_pylist()) == {document_id_of("甲")}
