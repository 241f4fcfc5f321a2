"""A small consistent batch, and ways to break it: the frames that the tests of the expectations share."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from warehouse.metadata.schema import to_arrow_schema, to_arrow_table

GOOD, OTHER = "a" * 16, "b" * 16

SCORE = {
    "score": 1.0,
    "grade": "A",
    "proved_count": 12,
    "proved_twice_count": 12,
    "agreed_count": 12,
    "contradicted_count": 0,
    "misread_count": 0,
    "checked_count": 1,
    "violated_count": 0,
    "publisher_violated_count": 0,
}
NO_SCORE = dict.fromkeys(SCORE)

Rows = dict[str, list[dict[str, Any]]]


def make_rows(document_id: str = GOOD) -> Rows:
    """One document, one table of basic and project spending by function: 合计 30.50 = 201 20.25 + 208 10.25 (万元)."""
    lines = [
        line
        for number, (label, code, cells) in enumerate(
            [
                ("合计", None, ("30.50", "20.30", "10.20")),
                ("一般公共服务支出", "201", ("20.25", "15.05", "5.20")),
                ("政府办公厅（室）及相关机构事务", "20103", ("20.25", "15.05", "5.20")),
                ("社会保障和就业支出", "208", ("10.25", "5.25", "5.00")),
            ],
            start=1,
        )
        for line in make_lines(document_id, number, label, code, cells)
    ]
    return {
        "core_disclosures": [make_disclosure(document_id, line_count=len(lines))],
        "core_tables": [make_table(document_id, line_count=len(lines))],
        "core_budget_lines": lines,
        "core_checks": [make_check(document_id)],
        "core_findings": [],
    }


def make_lines(document_id: str, number: int, label: str, code: str | None, cells: Sequence[str]) -> list[dict[str, Any]]:
    kinds = ("total", "basic", "project")
    return [make_line(document_id, number, column, label, code, kinds[column - 1], text) for column, text in enumerate(cells, 1)]


def make_line(
    document_id: str, number: int, column: int, label: str, code: str | None, kind: str, text: str, **changed: Any
) -> dict[str, Any]:
    row = {
        "processing_id": "p1",
        "line_id": f"{document_id}-1-{number}-{column}",
        "document_id": document_id,
        "region_code": "420103",
        "department_id": "420103-x",
        "department_name": "某局",
        "organisation_scope": "department",
        "fiscal_year": 2024,
        "phase": "budget",
        "table_type": "general_budget_expenditure",
        "table_id": f"{document_id}-1",
        "table_instance": 1,
        "direction": "expenditure",
        "row_kind": "total" if code is None else "subtotal" if len(code) == 3 else "item",
        "line_number": number,
        "column_number": column,
        "line_label": label,
        "function_code": code,
        "code_source": None if code is None else "printed",
        "fund_type": "general_public_budget",
        "expenditure_kind": kind,
        "amount_basis": "budget",
        "amount_cny": Decimal(text) * 10000,
        "amount_state": "number",
        "amount_reported": text,
        "unit_reported": "万元",
        "page": 3,
        "bbox": [100.0 * column, 20.0 * number, 100.0 * column + 80, 20.0 * number + 15],
        "extractor": "camelot-lattice",
        "confidence": 0.9,
        "verified_by": 2,
        "contradicted_by": 0,
    }
    return row | changed


def make_disclosure(document_id: str, **changed: Any) -> dict[str, Any]:
    row = {
        "processing_id": "p1",
        "document_id": document_id,
        "source_id": "demo",
        "url": f"http://portal.example/{document_id}.pdf",
        "title": "某局2024年部门预算",
        "department_name": "某局",
        "fetched_at": datetime(2026, 1, 2, tzinfo=UTC),
        "sha256": document_id * 4,
        "bytes": 1000,
        "page_count": 5,
        "fiscal_year": 2024,
        "phase": "budget",
        "organisation_scope": "department",
        "has_text_layer": True,
        "status": "loaded",
        "table_count": 1,
        "line_count": 12,
        "unread_count": 0,
        **SCORE,
        "tables_found": ["general_budget_expenditure"],
        "tables_missing": [],
        "engine_version": "1",
    }
    return row | changed


def make_table(document_id: str, **changed: Any) -> dict[str, Any]:
    row = {
        "processing_id": "p1",
        "document_id": document_id,
        "table_id": f"{document_id}-1",
        "table_ordinal": 1,
        "table_type": "general_budget_expenditure",
        "table_instance": 1,
        "first_page": 3,
        "last_page": 3,
        "row_count": 5,
        "column_count": 5,
        "unit_reported": "万元",
        "line_count": 12,
        "unread_count": 0,
        "is_declared_empty": False,
        "understood": True,
        "score": 1.0,
        "extractor": "camelot-lattice",
    }
    return row | changed


def make_check(document_id: str, number: int = 1, **changed: Any) -> dict[str, Any]:
    row = {
        "processing_id": "p1",
        "document_id": document_id,
        "check_number": number,
        "check_id": "grand_sum",
        "check_subject": "general_budget_expenditure",
        "left_cny": Decimal("305000.00"),
        "right_cny": Decimal("305000.00"),
        "difference_cny": Decimal("0.00"),
        "envelope_cny": Decimal("150.00"),
        "outcome": "exact",
        "left_line_ids": [f"{document_id}-1-1-1"],
        "right_line_ids": [f"{document_id}-1-2-1", f"{document_id}-1-4-1"],
        "table_ids": [f"{document_id}-1"],
    }
    return row | changed


def make_finding_row(document_id: str, **changed: Any) -> dict[str, Any]:
    row = {
        "processing_id": "p1",
        "document_id": document_id,
        "finding_number": 1,
        "finding_kind": "identity-violated",
        "severity": "warning",
        "whose": "publisher",
        "message": "305000 against 304000",
        "check_numbers": [],
        "line_ids": [],
        "page": 3,
        "table_id": f"{document_id}-1",
    }
    return row | changed


def make_tables(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, pa.Table]:
    """Rows that the strict schema accepts, as Arrow tables."""
    return {name: to_arrow_table(name, some) for name, some in rows.items()}


def make_loose_tables(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, pa.Table]:
    """Rows that break the metadata but not the types: what a table written by other hands may hold."""
    return {
        name: pa.Table.from_pylist(
            [dict(row) for row in some], schema=pa.schema([field.with_nullable(True) for field in to_arrow_schema(name)])
        )
        for name, some in rows.items()
    }


def change_line(rows: Rows, number: int, column: int, **changed: Any) -> Rows:
    """The same rows with one line changed."""
    lines = [
        line | changed if (line["line_number"], line["column_number"]) == (number, column) else line
        for line in rows["core_budget_lines"]
    ]
    return rows | {"core_budget_lines": lines}
