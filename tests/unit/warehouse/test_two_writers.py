"""Two machines write into the same tables: each has its own folder, and neither loses or hides what the other did.

What comes in between is done at the moment that hurts most: after a writer has appended its rows and before it marks them.
"""

import pytest
from made_rows import document_id_of, make_document

from warehouse.metadata.schema import to_arrow_table
from warehouse.store import RefusedReplacementError, Warehouse
from warehouse.tables import TableFolder


class Writers:
    """Two writers on the same tables; `meanwhile` is called once, before the first marks what it appended."""

    def __init__(self, tmp_path):
        self.tables = tmp_path / "tables"
        self.first = Warehouse.open(tmp_path / "first", self.tables)
        self.second = Warehouse.open(tmp_path / "second", self.tables)

    def interrupt(self, meanwhile):
        original, seen = self.first._log.append, []

        def append(base, commits):
            if not seen:
                seen.append(commits)
                meanwhile()
            return original(base, commits)

        self.first._log.append = append


@pytest.fixture
def writers(tmp_path):
    return Writers(tmp_path)


def load(warehouse, *documents, reason="new"):
    for document in documents:
        warehouse.stage(document)
    return warehouse.commit([document.processing_id for document in documents], run_id="run", reason=reason)


def count_stored(writers, name="core_budget_lines"):
    stored = TableFolder(writers.tables).open_dataset(name).to_table(columns=["processing_id", "line_id"])
    distinct = stored.group_by(["processing_id", "line_id"]).aggregate([]).num_rows
    assert distinct == stored.num_rows, "rows were appended twice"
    return stored.num_rows


def test_both_commits_are_there_and_have_numbers_of_their_own(writers):
    writers.interrupt(lambda: load(writers.second, make_document("乙")))
    assert load(writers.first, make_document("甲")) == 2
    assert [row["commit_sequence"] for row in writers.second.read("commits").to_pylist()] == [1, 2]
    assert writers.second.read("core_budget_lines").num_rows == 18
    assert count_stored(writers) == 18


def test_of_the_same_document_the_later_commit_counts_whole(writers):
    writers.interrupt(lambda: load(writers.second, make_document("甲", attempt=1)))
    load(writers.first, make_document("甲", attempt=2, lines=make_document("甲").rows["core_budget_lines"][:3]))
    for warehouse in (writers.first, writers.second):
        lines = warehouse.read("core_budget_lines")
        assert lines.num_rows == 3
        assert set(lines.column("processing_id").to_pylist()) == {make_document("甲", attempt=2).processing_id}


def test_rows_that_a_maintenance_took_for_abandoned_are_appended_again(writers):
    writers.interrupt(lambda: writers.second.maintain(keep=1, retention_hours=0))
    load(writers.first, make_document("甲"))
    lines = writers.second.read("core_budget_lines")
    assert lines.num_rows == 9
    (commit,) = writers.second.committed().values()
    assert set(lines.column("processing_id").to_pylist()) == {commit.processing_id}
    assert count_stored(writers) == 9
    assert writers.first.staged() == ()
    assert not (writers.first.root / "pending.json").exists()


def test_a_writer_that_died_before_its_mark_and_before_a_maintenance_starts_its_appends_anew(writers):
    def die():
        raise KeyboardInterrupt

    writers.interrupt(die)
    with pytest.raises(KeyboardInterrupt):
        load(writers.first, make_document("甲"))
    writers.second.maintain(keep=1, retention_hours=0)
    assert count_stored(writers) == 0
    reopened = Warehouse.open(writers.first.root, writers.tables)
    assert reopened.read("core_budget_lines").num_rows == 9
    assert reopened.staged() == ()


def test_a_refusal_does_not_hide_what_another_writer_loaded_meanwhile(writers):
    writers.interrupt(lambda: load(writers.second, make_document("甲", attempt=1)))
    refused = make_document("甲", attempt=2, status="refused", lines=[], tables=[], disclosure={"refusal": "no-tables"})
    assert load(writers.first, refused, make_document("乙")) == 2
    commits = writers.second.committed()
    assert {commits[document_id_of(name)].status for name in "甲乙"} == {"loaded"}
    assert writers.first.staged() == ()
    writers.first.stage(make_document("甲", attempt=3, status="refused", lines=[], tables=[]))
    with pytest.raises(RefusedReplacementError):
        writers.first.commit([make_document("甲", attempt=3).processing_id], run_id="run", reason="engine")


def test_a_withdrawal_is_of_the_state_that_it_saw(writers):
    load(writers.first, make_document("甲"))
    writers.interrupt(lambda: load(writers.second, make_document("甲", attempt=2), reason="engine"))
    assert writers.first.withdraw([document_id_of("甲")], run_id="run") == 3
    assert writers.second.committed()[document_id_of("甲")].processing_id == make_document("甲", attempt=2).processing_id
    assert writers.second.read("core_budget_lines").num_rows == 0


def test_a_conclusion_does_not_replace_a_later_one(writers, monkeypatch):
    load(writers.first, make_document("甲"))
    original = TableFolder.open_delta

    def open_then_be_overtaken(tables, name):
        delta = original(tables, name)
        if name == "core_cross_checks" and tables is writers.first._tables:
            monkeypatch.setattr(TableFolder, "open_delta", original)
            assert writers.second.conclude(name, to_arrow_table(name, []), 1)
        return delta

    monkeypatch.setattr(TableFolder, "open_delta", open_then_be_overtaken)
    assert not writers.first.conclude("core_cross_checks", to_arrow_table("core_cross_checks", []), 1)
    assert writers.first.conclude("core_cross_checks", to_arrow_table("core_cross_checks", []), 1)
