import pyarrow as pa
import pytest
from expectation_batches import GOOD, make_loose_tables, make_rows

from expectations.batch import CORE_RESOURCES, BatchContractError, complete_tables, open_batch


def test_absent_tables_are_there_and_empty():
    assert {name: table.num_rows for name, table in complete_tables({}).items()} == dict.fromkeys(CORE_RESOURCES, 0)


def test_dictionaries_and_wide_strings_of_a_store_are_the_same_values():
    tables = make_loose_tables(make_rows())
    lines = tables["core_budget_lines"]
    encoded = lines.set_column(lines.column_names.index("phase"), "phase", lines["phase"].dictionary_encode())
    widened = encoded.set_column(lines.column_names.index("line_id"), "line_id", lines["line_id"].cast(pa.large_string()))
    completed = complete_tables({"core_budget_lines": widened})["core_budget_lines"]
    assert completed["phase"].to_pylist() == lines["phase"].to_pylist()
    assert completed["line_id"].type == pa.string()


def test_a_missing_column_is_the_callers_fault():
    lines = make_loose_tables(make_rows())["core_budget_lines"]
    with pytest.raises(BatchContractError, match="amount_cny"):
        complete_tables({"core_budget_lines": lines.drop_columns(["amount_cny"])})


def test_a_column_of_another_type_is_the_callers_fault():
    lines = make_loose_tables(make_rows())["core_budget_lines"]
    amounts = lines.column_names.index("amount_cny")
    with pytest.raises(BatchContractError, match=r"amount_cny: expected decimal128\(20, 2\), saw double"):
        complete_tables({"core_budget_lines": lines.set_column(amounts, "amount_cny", lines["amount_cny"].cast(pa.float64()))})


def test_a_row_without_its_document_cannot_be_judged():
    rows = make_rows()
    rows["core_budget_lines"][0] |= {"document_id": None}
    with pytest.raises(BatchContractError, match="without document_id"):
        complete_tables(make_loose_tables(rows))


def test_the_connection_reads_no_files():
    with open_batch({}) as connection, pytest.raises(Exception, match=r"(?i)disabled|not allowed|external"):
        connection.execute("SELECT * FROM read_csv('/etc/hostname')")


def test_a_part_that_is_a_whole_in_the_row_hides_its_own_parts():
    parts = open_batch({}).execute("SELECT part, instead_of FROM kind_parts WHERE whole = 'total' AND instead_of IS NOT NULL")
    assert set(parts.fetchall()) == {("personnel", "basic"), ("operating", "basic")}


def test_the_rows_handed_in_are_the_rows_judged():
    connection = open_batch(make_loose_tables(make_rows()))
    assert connection.execute("SELECT DISTINCT document_id FROM core_budget_lines").fetchall() == [(GOOD,)]
