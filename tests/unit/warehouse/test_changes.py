"""The list of changes between two states: complete, true, with reasons."""

from decimal import Decimal

import pytest
from made_rows import FUNCTION_ROWS, make_coded_table, make_document

from warehouse.changes import list_changes, write_changes
from warehouse.release import EarlierRelease, build_release
from warehouse.store import Warehouse


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse.open(tmp_path / "warehouse")


def load(warehouse, *documents, reason="new"):
    for document in documents:
        warehouse.stage(document)
    return warehouse.commit([document.processing_id for document in documents], run_id="run", reason=reason)


def read_again(name, change):
    """A second processing of a document whose lines went through `change`."""
    return make_document(name, attempt=2, lines=change(make_coded_table(name, FUNCTION_ROWS)))


def apply(lines, changes, later):
    """The earlier lines with the changes applied: what `list_changes` promises."""
    kept = {line["line_id"]: line for line in lines}
    source = {line["line_id"]: line for line in later}
    for change in changes.to_pylist():
        if change["change_kind"] == "withdrawn":
            del kept[change["line_id"]]
        else:
            kept[change["line_id"]] = source[change["line_id"]]
    return kept


def without_processing(line):
    return {name: value for name, value in line.items() if name != "processing_id"}


@pytest.mark.parametrize("at_once", [1, 100])
def test_applied_to_the_earlier_lines_it_gives_the_later_ones(warehouse, monkeypatch, at_once):
    monkeypatch.setattr("warehouse.changes.COMPARED_AT_ONCE", at_once)
    load(warehouse, make_document("甲"), make_document("乙"), make_document("丙"))
    load(
        warehouse,
        read_again("甲", lambda lines: [lines[0] | {"amount_cny": Decimal("310000.00"), "amount_reported": "31.00"}, *lines[2:]]),
        make_document("丁"),
        reason="engine",
    )
    warehouse.withdraw([make_document("丙").document_id], run_id="run")
    earlier, later = (warehouse.read("core_budget_lines", as_of=state).to_pylist() for state in (1, 3))
    applied = apply(earlier, list_changes(warehouse, 1, 3), later)
    assert {key: without_processing(line) for key, line in applied.items()} == {
        line["line_id"]: without_processing(line) for line in later
    }


def test_a_changed_amount_has_both_values_and_the_reason(warehouse):
    load(warehouse, make_document("甲"))
    new = {"amount_cny": Decimal("310000.00"), "amount_reported": "31.00"}
    load(warehouse, read_again("甲", lambda lines: [lines[0] | new, *lines[1:]]), reason="correction")
    (change,) = list_changes(warehouse, 1, 2).to_pylist()
    assert (change["change_kind"], change["commit_reason"]) == ("changed", "correction")
    assert (change["amount_before_cny"], change["amount_after_cny"]) == (Decimal("300000.00"), Decimal("310000.00"))
    assert change["changed_columns"] == ["amount_cny", "amount_reported"]


def test_the_same_result_read_again_is_no_change(warehouse):
    load(warehouse, make_document("甲"))
    load(warehouse, make_document("甲", attempt=2), reason="engine")
    assert list_changes(warehouse, 1, 2).num_rows == 0


def test_from_the_empty_warehouse_everything_is_added(warehouse):
    load(warehouse, make_document("甲"))
    changes = list_changes(warehouse, 0, 1)
    assert set(changes.column("change_kind").to_pylist()) == {"added"}
    assert changes.num_rows == len(FUNCTION_ROWS)


def test_a_withdrawn_document_says_so(warehouse):
    load(warehouse, make_document("甲"))
    warehouse.withdraw([make_document("甲").document_id], run_id="run")
    reasons = {(row["change_kind"], row["commit_reason"]) for row in list_changes(warehouse, 1, 2).to_pylist()}
    assert reasons == {("withdrawn", "withdrawn")}


def test_the_page_counts_documents_and_names_changed_amounts(warehouse):
    load(warehouse, make_document("甲"))
    new = {"amount_cny": Decimal("310000.00")}
    load(warehouse, read_again("甲", lambda lines: [lines[0] | new, *lines[1:]]), reason="engine")
    page = write_changes(list_changes(warehouse, 1, 2), {make_document("甲").document_id: "甲|局"}, "2026.11.25-1")
    assert "Against release 2026.11.25-1" in page
    assert "| 甲\\|局 | engine | 0 | 1 | 0 |" in page
    assert "| 甲\\|局 | 1 | 合计 | 300000.00 | 310000.00 | engine |" in page


def test_a_release_carries_its_changes_and_the_first_says_it_is_the_first(warehouse, tmp_path):
    load(warehouse, make_document("甲"))
    first = build_release(warehouse, tmp_path / "out", version="a-1")
    assert "The first release" in (first.path / "CHANGES.md").read_text(encoding="utf-8")
    load(warehouse, make_document("乙"))
    second = build_release(warehouse, tmp_path / "out", version="b-2", earlier=EarlierRelease("a-1", 1))
    assert second.rows["release_changes"] == len(FUNCTION_ROWS)
    assert "Against release a-1" in (second.path / "CHANGES.md").read_text(encoding="utf-8")
