"""Made-up documents for the tests of the warehouse: small tables whose sums are plain to see."""

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from warehouse.records import ProcessedDocument

ENGINE = "yusuan-0.1.0"


def document_id_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def make_disclosure(name: str, **values: Any) -> dict[str, Any]:
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    return {
        "source_id": "local",
        "url": f"{name}.pdf",
        "title": f"{name}2020年部门预算",
        "fetched_at": "2026-03-01T00:00:00+00:00",
        "sha256": sha256,
        "bytes": 1000,
        "page_count": 3,
        "department_id": f"420103-{name}",
        "department_name": name,
        "region_code": "420103",
        "fiscal_year": 2020,
        "phase": "budget",
        "organisation_scope": "department",
        "has_text_layer": True,
        "status": "loaded",
        "table_count": 1,
        "line_count": 0,
        "unread_count": 0,
        "tables_found": ["expenditure_summary"],
        "tables_missing": [],
        "engine_version": ENGINE,
        **values,
    }


def make_table(name: str, ordinal: int = 1, **values: Any) -> dict[str, Any]:
    return {
        "table_id": f"{document_id_of(name)}-{ordinal:02}",
        "table_ordinal": ordinal,
        "table_type": "expenditure_summary",
        "table_instance": 1,
        "first_page": 1,
        "last_page": 1,
        "row_count": 5,
        "column_count": 4,
        "unit_reported": "万元",
        "unit_source": "caption",
        "line_count": 1,
        "unread_count": 0,
        "is_declared_empty": False,
        "understood": True,
        "score": 1.0,
        "extractor": "camelot-lattice",
        **values,
    }


def make_line(name: str, line: int, amount: str | None, column: int = 3, ordinal: int = 1, **values: Any) -> dict[str, Any]:
    """A line in 万元 with two decimals: `amount` is the printed text, None a blank cell."""
    table_id = f"{document_id_of(name)}-{ordinal:02}"
    return {
        "line_id": f"{table_id}-{line}-{column}",
        "region_code": "420103",
        "department_id": f"420103-{name}",
        "department_name": name,
        "organisation_scope": "department",
        "fiscal_year": 2020,
        "phase": "budget",
        "table_type": "expenditure_summary",
        "table_id": table_id,
        "table_instance": 1,
        "direction": "expenditure",
        "row_kind": "item",
        "line_number": line,
        "column_number": column,
        "line_label": f"行{line}",
        "fund_type": "all",
        "expenditure_kind": "total",
        "amount_basis": "budget",
        "amount_cny": None if amount is None else Decimal(amount.replace(",", "")) * 10000,
        "amount_state": "blank" if amount is None else "number",
        "amount_reported": amount or "",
        "unit_reported": "万元",
        "page": 1,
        "bbox": [10.5, 20.0, 60.25, 30.0],
        "extractor": "camelot-lattice",
        "confidence": 1.0,
        "verified_by": 2,
        "contradicted_by": 0,
        **values,
    }


def make_coded_table(
    name: str, rows: Sequence[tuple[str, str | None, str | None, str]], code_field: str = "function_code", **values: Any
) -> list[dict[str, Any]]:
    """Lines of one column from (row_kind, code, printed amount, label)."""
    return [
        make_line(
            name,
            number,
            amount,
            row_kind=kind,
            line_label=label,
            **{code_field: code, "code_source": code and "printed"},
            **values,
        )
        for number, (kind, code, amount, label) in enumerate(rows, 1)
    ]


FUNCTION_ROWS = (
    ("total", None, "30.00", "合计"),
    ("subtotal", "201", "20.00", "一般公共服务支出"),
    ("subtotal", "20103", "20.00", "政府办公厅（室）及相关机构事务"),
    ("item", "2010301", "15.50", "行政运行"),
    ("item", "2010350", "4.50", "事业运行"),
    ("item", "2010302", None, "一般行政管理事务"),
    ("subtotal", "221", "10.00", "住房保障支出"),
    ("subtotal", "22102", "10.00", "住房改革支出"),
    ("item", "2210201", "10.00", "住房公积金"),
)


def make_document(
    name: str,
    *,
    attempt: int = 1,
    status: str = "loaded",
    lines: Sequence[Mapping[str, Any]] | None = None,
    tables: Sequence[Mapping[str, Any]] | None = None,
    disclosure: Mapping[str, Any] | None = None,
    findings: Sequence[Mapping[str, Any]] = (),
) -> ProcessedDocument:
    """One processed document; without `lines` it has a table of expenditure by function of 30 万元."""
    document_id = document_id_of(name)
    chosen = make_coded_table(name, FUNCTION_ROWS) if lines is None else lines
    rows: dict[str, Sequence[Mapping[str, Any]]] = {
        "core_disclosures": [make_disclosure(name, status=status, line_count=len(chosen), **(disclosure or {}))],
        "core_tables": [make_table(name)] if tables is None else tables,
        "core_budget_lines": chosen,
        "core_findings": findings,
    }
    return ProcessedDocument(document_id, f"{document_id}-{ENGINE}-{attempt}", status, rows, {"read": 0.5})
