"""What a department's texts state over its disclosures, for the department's page: a few numbers that a reader asks for first,
and how much is stated, promised and contradicted in each document.

Promise: a number is shown where the text states one of it for the document's own year; where it states several, the page says so
and leads to all of them. Memory holds these rows alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from flows.portal.reading import list_rows
from flows.portal.spending import group_rows
from transforms.portal.stated_words import list_headlines
from warehouse.records import Row

SHOWN_DOCUMENTS = 6
"""The newest disclosures of a department side by side; the others have pages of their own."""
# A stock stands at a date, a plan in the current year; what was there the year before is another document's.
_STATED = """
    with accused as (
        select distinct document_id, unnest(list_concat(left_statement_numbers, right_statement_numbers)) as statement_number
        from core_statement_checks where outcome = 'violated'
    )
    select s.document_id, d.department_id, s.statement_key, s.statement_number, s.value_reported, s.value, s.amount_cny,
        s.direction, s.page, a.statement_number is not null as is_contradicted,
        count(distinct s.value) over (partition by s.document_id, s.statement_key) as value_count
    from core_statements as s join core_disclosures as d using (document_id)
    left join accused as a on a.document_id = s.document_id and a.statement_number = s.statement_number
    where s.subject is null and s.value is not null and s.period not like 'prior%' and list_contains(?, s.statement_key)
    qualify row_number() over (partition by s.document_id, s.statement_key order by s.statement_number) = 1
    order by s.document_id, s.statement_key"""
_COUNTS = """
    select document_id, sum(statements) as statements, sum(contradictions) as contradictions, sum(projects) as projects,
        sum(targets) as targets
    from (
        select document_id, 1 as statements, 0 as contradictions, 0 as projects, 0 as targets from core_statements
        union all select document_id, 0, 1, 0, 0 from core_statement_checks where outcome = 'violated'
        union all select document_id, 0, 0, 1, 0 from core_projects
        union all select document_id, 0, 0, 0, 1 from core_performance_targets
    )
    group by document_id order by document_id"""


@dataclass(frozen=True, slots=True)
class Headlines:
    """The rows of all departments: `stated` by document, `counts` one a document that states or promises anything."""

    stated: Mapping[str, Sequence[Row]]
    counts: Mapping[str, Row]


@dataclass(frozen=True, slots=True)
class StatedTable:
    """Documents side by side, and per key what each states (None where it states nothing)."""

    documents: tuple[Row, ...]
    rows: tuple[tuple[str, tuple[Row | None, ...]], ...]


def read_headlines(tables: duckdb.DuckDBPyConnection) -> Headlines:
    """The rows as the warehouse has them."""
    stated = list_rows(tables.sql(_STATED, params=[list(list_headlines())]))
    counts = list_rows(tables.sql(_COUNTS))
    return Headlines(
        group_rows(stated, lambda row: str(row["document_id"])),
        {row["document_id"]: {name: int(value) for name, value in row.items() if name != "document_id"} for row in counts},
    )


def lay_out_stated(disclosures: Sequence[Row], headlines: Headlines) -> StatedTable:
    """The newest documents that state or promise anything, with what they state."""
    told = [row for row in disclosures if row["document_id"] in headlines.counts][:SHOWN_DOCUMENTS]
    found = {
        (row["statement_key"], row["document_id"]): row for one in told for row in headlines.stated.get(one["document_id"], ())
    }
    rows = ((key, tuple(found.get((key, one["document_id"])) for one in told)) for key in list_headlines())
    return StatedTable(tuple(told), tuple((key, values) for key, values in rows if any(values)))


def take_headlines(disclosures: Sequence[Row], headlines: Headlines) -> Headlines:
    """Those of one department's disclosures: what its page is made from."""
    ids = [row["document_id"] for row in disclosures]
    return Headlines(
        {name: headlines.stated[name] for name in ids if name in headlines.stated},
        {name: headlines.counts[name] for name in ids if name in headlines.counts},
    )
