"""All performance targets of a document: which grids are looked at, and the rows that come of them.

Promise: a grid that is a budget table is never read for targets; a sheet of targets that holds numbers and gives no row is told.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transforms.amounts import is_amount
from transforms.targets.indicators import read_indicators
from transforms.targets.sheets import Sheet, read_sheets
from transforms.targets.vocabulary import load_target_vocabulary
from transforms.text import normalise
from warehouse.issues import make_finding
from warehouse.records import RawDocument, RawTable, Row

TARGET_TYPES = frozenset({"overall_performance_targets", "project_performance_targets"})
LOOKED_AT = TARGET_TYPES | {"unknown"}


@dataclass(frozen=True, slots=True)
class TargetReading:
    """Rows of `core_performance_targets` without their document, the sheets they come from (`sheet_number` is the place of each
    target's sheet), and the findings."""

    targets: tuple[Row, ...]
    sheets: tuple[Sheet, ...]
    findings: tuple[Row, ...]


def read_targets(raw: RawDocument, table_types: Mapping[int, str]) -> TargetReading:
    """The targets of a document. `table_types`: the type of each table by its ordinal; a table without one is looked at."""
    tables = [table for table in raw.tables if table_types.get(table.ordinal, "unknown") in LOOKED_AT]
    sheets = read_sheets(tables, raw.lines)
    targets: list[Row] = []
    findings: list[Row] = []
    for number, sheet in enumerate(sheets):
        found = read_indicators(sheet)
        targets.extend({**target, "sheet_number": number} for target in found.targets)
        findings.extend(found.findings)
    used = {row.table.ordinal for sheet in sheets for row in sheet.rows}
    findings.extend(_report_unread(tables, table_types, used))
    numbered = tuple({**target, "target_number": number} for number, target in enumerate(targets, 1))
    return TargetReading(numbered, tuple(sheets), tuple(findings))


def _report_unread(tables: Sequence[RawTable], table_types: Mapping[int, str], used: set[int]) -> list[Row]:
    """A finding for each grid under a title of targets that has a value's column or percentages, and gave no row."""
    findings: list[Row] = []
    for table in tables:
        if table.ordinal in used or table_types.get(table.ordinal) not in TARGET_TYPES:
            continue
        texts = [normalise(cell.text) for cell in table.cells]
        numbers = sum(is_amount(text) or bool(re.search(r"\d%", text)) for text in texts)
        if numbers and any(re.search(load_target_vocabulary().value_heading, text) for text in texts):
            findings.append(make_finding("target-sheet-unread", page=table.pages[0], bbox=table.bbox, numbers=numbers))
    return findings
