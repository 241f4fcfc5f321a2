"""What the portal reads of the warehouse: of all documents one row, of one document everything that its pages show.

Promise: all of it is of one commit; whole tables of amounts are never in memory, a few documents at a time are. Only `core_` and
`out_` tables are read, and of `raw_pages` the sizes of pages.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from warehouse.records import Row
from warehouse.store import Warehouse

AT_ONCE = 20
"""Documents whose rows are in memory together: a read of a Delta table costs more than the rows of one document."""
SHOWN_PLACES = 2000
"""Findings of a kind, and failures of an identity, that its list shows; it says how many there are."""
PARTS = (
    "core_tables",
    "core_budget_lines",
    "core_checks",
    "core_findings",
    "raw_pages",
    "core_statements",
    "core_statement_checks",
    "core_projects",
    "core_performance_targets",
)


@dataclass(frozen=True, slots=True)
class DocumentRows:
    """One disclosure and its rows of `PARTS`, each ordered by its key."""

    disclosure: Row
    tables: Sequence[Row]
    lines: Sequence[Row]
    checks: Sequence[Row]
    findings: Sequence[Row]
    pages: Sequence[Row]
    statements: Sequence[Row]
    statement_checks: Sequence[Row]
    projects: Sequence[Row]
    targets: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Survey:
    """The whole warehouse from afar.

    `disclosures`: one row each, with `region_name` and `processing_id`. `findings`, `violations`: their first places by kind and
    by identity. `committed_at`: when each document's newest processing was committed.
    """

    disclosures: Sequence[Row]
    finding_counts: Mapping[str, int]
    findings: Mapping[str, Sequence[Row]]
    check_counts: Mapping[str, dict[str, int]]
    violations: Mapping[str, Sequence[Row]]
    committed_at: Mapping[str, datetime]


def read_survey(store: Warehouse, sequence: int, tables: duckdb.DuckDBPyConnection) -> Survey:
    """The survey of the state after commit `sequence`, which `tables` are of."""
    findings = list_rows(tables.sql(_FINDINGS, params=[SHOWN_PLACES]))
    checks = tables.sql(_CHECK_COUNTS).fetchall()
    violations = list_rows(tables.sql(_VIOLATIONS, params=[SHOWN_PLACES]))
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for identity, outcome, count in checks:
        counts[identity][outcome] = count
    return Survey(
        disclosures=read_disclosures(store, sequence),
        finding_counts=dict(tables.sql(_FINDING_COUNTS).fetchall()),
        findings=_group_by("finding_kind", findings),
        check_counts=counts,
        violations=_group_by("check_id", violations),
        committed_at={name: commit.committed_at for name, commit in store.snapshot(sequence).commits.items()},
    )


_FINDING_COUNTS = "select finding_kind, count(*) from core_findings group by all order by all"
_FINDINGS = """
    select f.document_id, f.finding_number, f.finding_kind, f.whose, f.message, f.page,
        d.title, d.url, d.department_name, d.fiscal_year, d.phase, d.organisation_scope
    from core_findings as f join core_disclosures as d using (document_id)
    qualify row_number() over (partition by f.finding_kind order by f.severity, f.document_id, f.finding_number) <= ?
    order by f.finding_kind, f.severity, f.document_id, f.finding_number"""
# Checks of the text, and between documents too: their lists say where a document contradicts itself or what another prints.
_CHECK_COUNTS = """
    select check_id, outcome, count(*)
    from (
        select check_id, outcome from core_checks union all select check_id, outcome from core_statement_checks
        union all select check_id, outcome from core_cross_checks
    )
    group by all order by all"""
_VIOLATIONS = """
    select c.document_id, c.check_id, c.check_subject, c.difference_cny, c.reason,
        d.title, d.url, d.department_name, d.fiscal_year, d.phase, d.organisation_scope
    from (
        select document_id, check_number as number, check_id, check_subject, difference_cny, reason
        from core_checks where outcome = 'violated'
        union all
        select document_id, check_number, check_id, check_subject, difference_cny, reason
        from core_statement_checks where outcome = 'violated'
        union all
        select document_id, cross_check_number, check_id, check_subject, difference_cny, reason
        from core_cross_checks where outcome = 'violated'
    ) as c join core_disclosures as d using (document_id)
    qualify row_number() over (
        partition by c.check_id order by abs(c.difference_cny) desc nulls last, c.document_id, c.number
    ) <= ?
    order by c.check_id, abs(c.difference_cny) desc nulls last, c.document_id, c.number"""


def read_disclosures(store: Warehouse, sequence: int) -> list[Row]:
    """Every disclosure with the name of its region, by region, department, year, phase."""
    regions = {row["code"]: row["name"] for row in store.read("ref_regions", sequence).to_pylist()}
    rows: list[Row] = [
        {**row, "region_name": regions.get(row["region_code"])} for row in store.read("core_disclosures", sequence).to_pylist()
    ]
    return sorted(rows, key=_place_disclosure)


def _place_disclosure(row: Row) -> tuple[str, str, int, str, str]:
    return (
        row["region_code"] or "",
        row["department_id"] or "",
        -(row["fiscal_year"] or 0),
        row["phase"] or "",
        row["document_id"],
    )


def read_documents(store: Warehouse, sequence: int, disclosures: Sequence[Row]) -> Iterator[DocumentRows]:
    """The rows of some disclosures, a few at a time in memory, in the order given."""
    for start in range(0, len(disclosures), AT_ONCE):
        batch = disclosures[start : start + AT_ONCE]
        ids = [row["document_id"] for row in batch]
        parts = {name: _group_by("document_id", store.read(name, sequence, ids).to_pylist()) for name in PARTS}
        for row in batch:
            own = [parts[name].get(row["document_id"], []) for name in PARTS]
            yield DocumentRows(row, *own)


def list_rows(answer: duckdb.DuckDBPyRelation) -> list[Row]:
    """The rows of an answer. Words that repeat are one object: of rows of the whole warehouse they are what weighs most."""
    table = answer.to_arrow_table()
    columns = [_share_words(column) if pa.types.is_string(column.type) else column.to_pylist() for column in table.columns]
    return [dict(zip(table.column_names, values, strict=True)) for values in zip(*columns, strict=True)]


def _share_words(column: pa.ChunkedArray) -> list[str | None]:
    encoded = column.combine_chunks().dictionary_encode()
    words = encoded.dictionary.to_pylist()
    return [None if index is None else words[index] for index in encoded.indices.to_pylist()]


def _group_by(column: str, rows: Sequence[Row]) -> Mapping[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row[column]].append(row)
    return grouped
