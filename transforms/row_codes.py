"""Codes of rows that only have names.

Promise: an inferred code is marked so; a name that fits several codes stays without one, with its candidates.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from transforms.codes import (
    COLUMN_BY_SCHEME,
    CodeBook,
    infer_code,
    scheme_of,
)
from transforms.columns import Block
from transforms.header_vocabulary import is_subtotal_label, is_total_label
from transforms.row_words import SUMMARY_TYPES, strip_marks
from transforms.table_row import SCHEME_ORDER, TableRow
from transforms.table_types import TableType


def infer_codes(rows: Sequence[TableRow], block: Block, table_type: TableType, book: CodeBook, year: int) -> list[TableRow]:
    """Codes of rows that only have names, from the year's list and the rows above."""
    if not _has_classes(table_type, block):
        return list(rows)
    resolved: list[TableRow] = []
    above: dict[str, str | None] = dict.fromkeys(SCHEME_ORDER)
    seen: set[str] = set()
    places: dict[int, str | None] = {}
    schemes = _schemes_of(block, table_type)
    for index, row in enumerate(rows):
        following = rows[index + 1] if index + 1 < len(rows) else None
        if row.codes or not row.label or row.item_key or row.is_unit or is_total_label(row.label) or is_subtotal_label(row.label):
            resolved.append(row)
        else:
            # A row with the mark of a row above is its sibling, never its child.
            nearest = {**above, schemes[0]: places[row.level]} if row.level in places else above
            resolved.append(
                _infer_code(row, schemes, nearest, book, year, seen, strip_marks(following.label) if following else "")
            )
        for column, code in resolved[-1].codes.items():
            above[column.removesuffix("_code")] = code
            seen.add(code)
            if row.level is not None and scheme_of(code) == schemes[0].removesuffix("_code"):
                places[row.level] = code[:-2] if len(code) > 3 else None
    return resolved


def _infer_code(
    row: TableRow, schemes: Sequence[str], above: Mapping[str, str | None], book: CodeBook, year: int, seen: set[str], below: str
) -> TableRow:
    """The row with the code of the first scheme in which its name has one, else with the candidates."""
    open_candidates: tuple[str, ...] = ()
    for scheme in schemes:
        found, candidates = infer_code(strip_marks(row.label), scheme, above[scheme], book, year, seen, below)
        if found:
            return replace(row, codes={COLUMN_BY_SCHEME[scheme]: found}, code_source="inferred")
        open_candidates = open_candidates or candidates
    return replace(row, candidates=open_candidates)


def _has_classes(table_type: TableType, block: Block) -> bool:
    if block.direction == "revenue" and table_type.type in SUMMARY_TYPES:
        return False
    return table_type.type not in {
        "three_public_expenditure",
        "government_procurement",
        "purchased_services",
        "project_expenditure",
    }


def _schemes_of(block: Block, table_type: TableType) -> tuple[str, ...]:
    words = "/".join(part for column in (*block.labels, *block.amounts) for part in column.path)
    if re.search(r"政府(预算)?(支出)?经济", words):
        return ("econ_government",)
    if "经济" in words or table_type.type in {
        "general_budget_basic_expenditure",
        "appropriation_basic_expenditure",
        "basic_expenditure",
        "general_budget_expenditure_by_economic",
        "agency_operating_expenditure",
    }:
        return ("econ_department",)
    if "功能" in words:
        return ("function",)
    return ("function", "econ_department")
