"""`warehouse.open`: one state for DuckDB, Arrow, pandas and Polars."""

from decimal import Decimal

import pytest
from made_rows import make_document

import warehouse
from warehouse.metadata.models import UnknownResourceError
from warehouse.store import Warehouse


@pytest.fixture
def store(tmp_path):
    store = Warehouse.open(tmp_path / "w")
    document = make_document("甲")
    store.stage(document)
    store.commit([document.processing_id], run_id="r", reason="new")
    return store


def load_another(store):
    document = make_document("乙")
    store.stage(document)
    store.commit([document.processing_id], run_id="r", reason="new")


def test_all_four_give_the_same_decimals(store):
    with warehouse.open(store.root) as reader:
        expected = reader.arrow("core_budget_lines").column("amount_cny").to_pylist()
        assert any(isinstance(amount, Decimal) for amount in expected)
        assert reader.polars("core_budget_lines")["amount_cny"].to_list() == expected
        assert reader.pandas("core_budget_lines")["amount_cny"].array._pa_array.to_pylist() == expected
        answer = reader.sql("select amount_cny from core_budget_lines order by table_id, line_number, column_number").fetchall()
        assert [amount for (amount,) in answer] == expected


def test_a_reader_stays_at_its_moment(store):
    with warehouse.open(store.root) as reader:
        load_another(store)
        assert reader.arrow("core_disclosures").num_rows == 1
        assert reader.sql("select count(*) from core_disclosures").fetchall() == [(1,)]
    with warehouse.open(store.root) as later:
        assert (later.sequence, later.arrow("core_disclosures").num_rows) == (2, 2)


def test_an_earlier_state(store):
    load_another(store)
    with warehouse.open(store.root, as_of=1) as reader:
        assert reader.arrow("core_disclosures").column("department_name").to_pylist() == ["甲"]


def test_views_are_tables_too(store):
    with warehouse.open(store.root) as reader:
        assert "out_spending_by_function" in reader.tables
        assert reader.arrow("out_spending_by_function").num_rows == reader.polars("out_spending_by_function").height


def test_unknown_table(store):
    with warehouse.open(store.root) as reader, pytest.raises(UnknownResourceError, match="core_nothing"):
        reader.arrow("core_nothing")


def test_no_warehouse_is_made_by_reading(tmp_path):
    with pytest.raises(FileNotFoundError, match="no Yusuan warehouse"):
        warehouse.open(tmp_path / "absent")
    assert not (tmp_path / "absent").exists()
