"""Performance targets, projects and profile of one document as rows of the warehouse.

Promise: what a sheet says is added to the document, never instead of anything: no budget line, check or score depends on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from transforms.budget_lines import TableReading, make_table_id
from transforms.targets.profile import read_profile
from transforms.targets.projects import read_projects
from transforms.targets.reading import read_targets
from warehouse.records import RawDocument, Row


@dataclass(frozen=True, slots=True)
class TargetRows:
    """Rows by resource, without their owner, and the findings on them."""

    rows: dict[str, list[Row]]
    findings: tuple[Row, ...]


def read_target_rows(raw: RawDocument, readings: Sequence[TableReading], lines: Sequence[Row], document_id: str) -> TargetRows:
    """Targets, projects and profile of a document whose tables were read. `readings` tell which grids are budget tables, `lines`
    are the proved budget lines, which projects are joined to."""
    types = {reading.table["table_ordinal"]: reading.table["table_type"] for reading in readings}
    found = read_targets(raw, types)
    ordinals = {reading.table["table_id"]: reading.table["table_ordinal"] for reading in readings}
    joined = read_projects(found, lines, ordinals)
    profile = read_profile([table for table in raw.tables if types.get(table.ordinal) == "department_profile"])
    rows = {
        "core_performance_targets": [_place(target, document_id, "sheet_number") for target in joined.targets],
        "core_projects": [_place(project, document_id) for project in joined.projects],
        "core_department_profile": [_place(entry, document_id) for entry in profile],
    }
    return TargetRows(rows, found.findings)


def _place(row: Row, document_id: str, *inner: str) -> Row:
    """A row with its table's id in place of the ordinal, without what only the reading needs."""
    placed = {name: value for name, value in row.items() if name not in inner}
    placed["table_id"] = make_table_id(document_id, placed.pop("table_ordinal"))
    return placed
