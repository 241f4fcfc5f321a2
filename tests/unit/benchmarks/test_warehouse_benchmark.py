"""The benchmark of the warehouse measures what it says: documents of their own, and ratios that show growth."""

from benchmarks.warehouse import Figure, generate_document, measure_size, render_table
from warehouse.store import Warehouse


def test_a_generated_document_is_one_of_its_own():
    first, again, other = generate_document(0, 1), generate_document(0, 1), generate_document(3, 1)
    assert all(first.tables[name].equals(again.tables[name]) for name in first.tables)
    ids = [set(one.tables["core_budget_lines"]["line_id"].to_pylist()) for one in (first, other)]
    assert len(ids[0]) == first.tables["core_budget_lines"].num_rows
    assert ids[0].isdisjoint(ids[1])
    assert not first.tables["core_budget_lines"]["amount_cny"].equals(other.tables["core_budget_lines"]["amount_cny"])
    assert set(first.tables["core_checks"]["document_id"].to_pylist()) == {first.document_id}


def test_everything_is_measured_and_loaded(tmp_path):
    figures = {figure.what: figure.value for figure in measure_size(Warehouse.open(tmp_path / "w"), 0, 3)}
    assert figures["rows in core_budget_lines"] == sum(
        generate_document(number, 1).tables["core_budget_lines"].num_rows for number in range(3)
    )
    assert figures["bytes, after compaction"] < figures["bytes, before compaction"]


def test_growth_is_seen():
    table = list(render_table({1000: [Figure("commit", 2.0, "s")], 3000: [Figure("commit", 8.0, "s")]}))
    assert table[2] == "| *size* | 1,000 | 3,000 (×3.0) |"
    assert table[3] == "| commit | 2 s | 8 s (×4.0) |"
