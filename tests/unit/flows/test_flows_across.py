"""What the warehouse says of documents together follows from what it holds now, and from nothing else."""

import hashlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from flows import across
from flows.across import CROSS_CHECKS, conclude_cross_checks, follow_load
from flows.stopwatch import Stopwatch
from warehouse.metadata.schema import MetadataError, to_arrow_table
from warehouse.records import ProcessedDocument
from warehouse.release import build_release
from warehouse.store import Warehouse, WarehouseError
from warehouse.views import connect

BASES = {"budget": "30.00", "prior_year_budget": "20.00"}


def make_document(name: str, year: int, amounts: dict[str, str], attempt: int = 1, **values: Any) -> ProcessedDocument:
    """A budget of one function code with a column for each basis."""
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    document_id = sha256[:16]
    owner = {"region_code": "420103", "department_id": "420103-江汉区教育局", "department_name": "江汉区教育局"}
    scope = {"organisation_scope": "department", "fiscal_year": year, "phase": "budget"}
    disclosure = {
        "source_id": "local", "url": f"{name}.pdf", "title": name, "sha256": sha256, "bytes": 1000, "page_count": 3,
        "has_text_layer": True, "status": "loaded", "table_count": 1, "line_count": len(amounts), "unread_count": 0,
        "tables_found": ["general_budget_expenditure"], "tables_missing": [], "engine_version": "1", **owner, **scope, **values,
    }  # fmt: skip
    table = {
        "table_id": f"{document_id}-001", "table_ordinal": 1, "table_type": "general_budget_expenditure", "table_instance": 1,
        "first_page": 2, "last_page": 2, "row_count": 3, "column_count": 3, "unit_reported": "万元", "unit_source": "caption",
        "line_count": 1, "unread_count": 0, "is_declared_empty": False, "understood": True, "score": 1.0,
        "extractor": "camelot-lattice",
    }  # fmt: skip
    lines = [
        {
            "line_id": f"{document_id}-001-1-{column}", "table_type": table["table_type"], "table_id": table["table_id"],
            "table_instance": 1, "direction": "expenditure", "row_kind": "item", "line_number": 1, "column_number": column,
            "line_label": "小学教育", "function_code": "2050202", "code_source": "printed", "fund_type": "general_public_budget",
            "expenditure_kind": "total", "amount_basis": basis, "amount_cny": Decimal(amount) * 10_000, "amount_state": "number",
            "amount_reported": amount, "unit_reported": "万元", "page": 2, "bbox": [10.0, 20.0, 60.0, 30.0],
            "extractor": "camelot-lattice", "confidence": 1.0, "verified_by": 2, "contradicted_by": 0, **owner, **scope,
        }
        for column, (basis, amount) in enumerate(amounts.items(), 2)
    ]  # fmt: skip
    rows = {"core_disclosures": [disclosure], "core_tables": [table], "core_budget_lines": lines}
    return ProcessedDocument(document_id, f"{document_id}-1-{attempt}", str(disclosure["status"]), rows)


EARLIER = make_document("2019", 2019, {"budget": "21.00"})
LATER = make_document("2020", 2020, BASES)


def load(warehouse: Warehouse, *documents: ProcessedDocument, reason: Any = "new") -> None:
    for document in documents:
        warehouse.stage(document)
    warehouse.commit([document.processing_id for document in documents], run_id="run", reason=reason)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    warehouse = Warehouse.open(tmp_path / "warehouse")
    load(warehouse, EARLIER, LATER)
    conclude_cross_checks(warehouse)
    return warehouse


def read(warehouse: Warehouse) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = warehouse.read(CROSS_CHECKS).to_pylist()
    return rows


def list_violated(warehouse: Warehouse) -> list[tuple[str, str, Decimal]]:
    violated = [row for row in read(warehouse) if row["outcome"] == "violated"]
    return [(row["document_id"], row["other_document_id"], row["difference_cny"]) for row in violated]


def test_what_differs_is_told_with_both_documents(warehouse: Warehouse) -> None:
    told = (LATER.document_id, EARLIER.document_id, Decimal("-10000.00"))
    assert list_violated(warehouse) == [told, told]  # the code, and the total that is made of it
    assert {row["other_page"] for row in read(warehouse) if row["outcome"] == "violated"} == {2}


def test_a_second_run_gives_the_same_rows_and_does_nothing(warehouse: Warehouse) -> None:
    before = read(warehouse)
    assert follow_load(warehouse, Stopwatch()) is None
    conclude_cross_checks(warehouse)
    assert read(warehouse) == before


def test_a_newer_reading_takes_the_old_conclusions_along(warehouse: Warehouse) -> None:
    mended = make_document("2019", 2019, {"budget": "20.00"}, attempt=2)
    load(warehouse, mended, reason="engine")
    assert read(warehouse) == []
    concluded = follow_load(warehouse, Stopwatch())
    assert concluded is not None
    assert concluded.outcomes == {"exact": 2, "not_computable": 1}
    assert {row["other_processing_ids"][0] for row in read(warehouse)} == {mended.processing_id}


def test_a_superseded_document_is_compared_no_more(warehouse: Warehouse) -> None:
    newer = make_document("2019-new", 2019, {"budget": "20.00"})
    replaced = make_document("2019", 2019, {"budget": "21.00"}, attempt=2, superseded_by=newer.document_id)
    load(warehouse, newer, replaced, reason="superseded")
    conclude_cross_checks(warehouse)
    assert list_violated(warehouse) == []
    assert {row["other_document_ids"][0] for row in read(warehouse)} == {newer.document_id}


def test_a_withdrawn_document_is_gone_at_once(warehouse: Warehouse) -> None:
    warehouse.withdraw([EARLIER.document_id], run_id="run")
    assert read(warehouse) == []
    concluded = follow_load(warehouse, Stopwatch())
    assert concluded is not None
    assert concluded.comparisons == 0


def test_a_run_that_died_before_its_conclusions_is_made_up_for(tmp_path: Path) -> None:
    warehouse = Warehouse.open(tmp_path / "warehouse")
    load(warehouse, EARLIER, LATER)
    assert read(warehouse) == []
    follow_load(Warehouse.open(warehouse.root), Stopwatch())
    assert len(list_violated(warehouse)) == 2


def test_an_empty_warehouse_concludes_nothing(tmp_path: Path) -> None:
    warehouse = Warehouse.open(tmp_path / "warehouse")
    assert follow_load(warehouse, Stopwatch()) is None
    assert conclude_cross_checks(warehouse).comparisons == 0


def test_what_rests_on_an_older_state_is_not_written(warehouse: Warehouse) -> None:
    before = read(warehouse)
    assert warehouse.conclude(CROSS_CHECKS, to_arrow_table(CROSS_CHECKS, []), warehouse.snapshot().sequence - 1) is False
    assert read(warehouse) == before


def test_tables_of_single_documents_cannot_be_concluded(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError, match="belongs to single documents"):
        warehouse.conclude("core_checks", to_arrow_table("core_checks", []), warehouse.snapshot().sequence)


def test_a_document_cannot_bring_conclusions_of_its_own(warehouse: Warehouse) -> None:
    rows = {**LATER.rows, CROSS_CHECKS: [{"document_id": LATER.document_id}]}
    with pytest.raises(MetadataError, match="not a table of documents"):
        warehouse.stage(ProcessedDocument(LATER.document_id, f"{LATER.document_id}-1-9", "loaded", rows))


def test_maintenance_leaves_conclusions(warehouse: Warehouse) -> None:
    before = read(warehouse)
    warehouse.maintain(keep=1, retention_hours=0)
    assert read(warehouse) == before
    assert follow_load(Warehouse.open(warehouse.root), Stopwatch()) is None


def test_they_can_be_asked_in_sql(warehouse: Warehouse) -> None:
    with connect(warehouse) as connection:
        answer = connection.sql("select count(*) from core_cross_checks join core_disclosures using (document_id)").fetchall()
    assert answer == [(3,)]


def test_they_are_released_without_numbers_of_processings(warehouse: Warehouse, tmp_path: Path) -> None:
    summary = build_release(warehouse, tmp_path / "out", version="1.0")
    assert summary.rows[CROSS_CHECKS] == 3
    assert "other_processing_ids" not in (summary.path / "dictionary.md").read_text(encoding="utf-8")
    issues = (summary.path / "KNOWN-ISSUES.md").read_text(encoding="utf-8")
    assert "| `violated` | 2 |" in issues.split("Between documents")[1]
    assert "江汉区教育局 2020 budget prints 200,000.00 (page 2), 江汉区教育局 2019 budget 210,000.00 (page 2)" in issues
    assert "core_cross_checks" in (summary.path / "datapackage.json").read_text(encoding="utf-8")


def test_the_rows_are_the_same_however_few_documents_are_in_memory(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch):
    third = make_document("2021", 2021, {"budget": "40.00", "prior_year_budget": "31.00"})
    load(warehouse, third)
    _, whole = across.compare_documents(warehouse, warehouse.snapshot())
    monkeypatch.setattr(across, "COMPARED_AT_ONCE", 1)
    _, parts = across.compare_documents(warehouse, warehouse.snapshot())
    assert {*whole["document_id"].to_pylist()} == {LATER.document_id, third.document_id}
    assert sorted(parts.to_pylist(), key=str) == sorted(whole.to_pylist(), key=str)
