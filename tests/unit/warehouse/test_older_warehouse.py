"""A warehouse that an older version wrote, opened by today's.

`tests/fixtures/warehouse-2026-11-24-d3702d0.tar.xz` was written by the project's own code at commit d3702d0, before scores,
corrections and checks between documents: one generated sample, `yusuan process`. It stays as it is; a metadata change that
cannot follow it breaks everybody's warehouse.
"""

import tarfile
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from made_rows import make_document

import warehouse
from flows.errors import OtherVersionError
from flows.opened import open_or_make
from flows.settings import load_settings
from warehouse.metadata.models import list_resources
from warehouse.metadata.schema import to_arrow_schema
from warehouse.store import Warehouse

FIXTURE = Path(__file__).parents[2] / "fixtures" / "warehouse-2026-11-24-d3702d0.tar.xz"


@pytest.fixture(scope="module")
def older(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("older") / "warehouse"
    with tarfile.open(FIXTURE) as archive:
        archive.extractall(folder, filter="data")
    return folder


def test_its_rows_are_all_there_in_todays_columns(older):
    with warehouse.open(older) as reader:
        for name in list_resources("core", "raw"):
            assert reader.arrow(name).schema.equals(to_arrow_schema(name))
        lines = reader.arrow("core_budget_lines")
        assert lines.num_rows == 627
        assert lines.column("correction_id").null_count == lines.num_rows
        assert reader.sql("select sum(amount_cny) from out_spending_by_function").fetchall() == [(Decimal("71853357.96"),)]


def test_columns_it_did_not_know_are_null_and_tables_it_did_not_have_are_empty(older):
    with warehouse.open(older) as reader:
        assert reader.arrow("core_disclosures").column("grade").to_pylist() == [None]
        assert reader.arrow("core_cross_checks").num_rows == 0
        assert reader.arrow("core_statement_checks").num_rows == 0
        told = reader.arrow("core_findings").column("statement_check_numbers")
        assert told.null_count == len(told)


def test_it_takes_new_documents(older):
    store = Warehouse.open(older)
    document = make_document("甲")
    store.stage(document)
    assert store.commit([document.processing_id], run_id="run", reason="new") == 2
    assert store.read("core_disclosures").num_rows == 2
    assert store.read("core_disclosures", as_of=1).num_rows == 1


def test_a_newer_warehouse_is_left_alone_and_told(tmp_path):
    store = Warehouse.open(tmp_path / "w")
    newer = to_arrow_schema("core_tables").append(pa.field("not_invented_yet", pa.string()))
    write_deltalake(str(tmp_path / "w/core_tables"), newer.empty_table(), mode="overwrite", schema_mode="overwrite")
    (tmp_path / "w/warehouse.json").write_text("{}")
    before = {path: path.stat().st_mtime_ns for path in store.root.rglob("*.json")}
    with pytest.raises(OtherVersionError, match=r"not_invented_yet.*nothing was changed"):
        open_or_make(load_settings(tmp_path / "w"))
    assert {path: path.stat().st_mtime_ns for path in store.root.rglob("*.json")} == before
