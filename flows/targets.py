"""Performance targets of one document as rows of the warehouse.

Promise: what a sheet says is added to the document, never instead of anything: no budget line, check or score depends on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from transforms.budget_lines import TableReading, make_table_id
from transforms.targets.reading import read_targets
from warehouse.records import RawDocument, Row


@dataclass(frozen=True, slots=True)
class TargetRows:
    """Rows by resource, without their owner, and the findings on them."""

    rows: dict[str, list[Row]]
    findings: tuple[Row, ...]


def read_target_rows(raw: RawDocument, readings: Sequence[TableReading], document_id: str) -> TargetRows:
    """The targets of a document whose tables were read: `readings` tell which grids are budget tables."""
    types = {reading.table["table_ordinal"]: reading.table["table_type"] for reading in readings}
    found = read_targets(raw, types)
    targets = [_place(target, document_id) for target in found.targets]
    return TargetRows({"core_performance_targets": targets}, found.findings)


def _place(row: Row, document_id: str) -> Row:
    """A row with its table's id in place of the ordinal."""
    placed = dict(row)
    placed["table_id"] = make_table_id(document_id, placed.pop("table_ordinal"))
    return placed
