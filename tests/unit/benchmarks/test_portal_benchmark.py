"""The benchmark of the portal measures what it says."""

from benchmarks.portal import NIGHT, measure_size
from warehouse.store import Warehouse


def test_a_night_makes_what_changed_and_nothing_else(tmp_path):
    store = Warehouse.open(tmp_path / "warehouse")
    figures = {figure.what: figure.value for figure in measure_size(store, tmp_path / "portal", 0, NIGHT + 2)}
    night = f"a night that changes {NIGHT} documents"
    assert figures["nothing changed: files written"] == 0
    assert figures[f"{night}: documents made"] == NIGHT
    assert 0 < figures[f"{night}: files written"] < figures["files of the portal"]
