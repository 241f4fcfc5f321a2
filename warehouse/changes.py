"""What changed between two states of the warehouse: every amount that was added, changed or withdrawn, and why.

Promise: applied to the lines of the earlier state the list gives the lines of the later one: no line that differs is left out,
and none is listed that does not differ. `processing_id` is no content: a document that was read again with the same result has
not changed.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from itertools import groupby, islice

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.buckets import MAX_BUCKETS, Numbers, Read, split_rows
from warehouse.metadata.models import get_resource
from warehouse.metadata.schema import to_arrow_schema
from warehouse.records import Row
from warehouse.store import Warehouse
from warehouse.visibility import Snapshot

LINES = "core_budget_lines"
RESOURCE = "release_changes"
SHOWN = 200  # changed amounts that the readable page names; the table has all

COMPARED_AT_ONCE = 100

_KINDS = ("added", "changed", "withdrawn")
_COLUMNS = tuple(name for name in get_resource(LINES).field_names if name not in ("processing_id", "line_id"))
_QUESTION = """
    with compared as (
        select
            coalesce(l.line_id, e.line_id) as line_id, coalesce(l.document_id, e.document_id) as document_id,
            case when e.line_id is null then 'added' when l.line_id is null then 'withdrawn' else 'changed' end
                as change_kind,
            coalesce(l.table_type, e.table_type) as table_type, coalesce(l.line_label, e.line_label) as line_label,
            coalesce(l.page, e.page) as page, e.amount_cny as amount_before_cny, l.amount_cny as amount_after_cny,
            list_filter([{differing}], lambda name: name is not null) as changed_columns
        from earlier as e full join later as l on l.line_id = e.line_id
    )
    select c.change_kind, r.why as commit_reason, c.document_id, c.line_id, c.table_type, c.line_label, c.page,
        c.amount_before_cny, c.amount_after_cny,
        case c.change_kind when 'changed' then c.changed_columns else [] end as changed_columns
    from compared as c join reasons as r using (document_id)
    where len(c.changed_columns) > 0
    order by c.document_id, c.line_id
"""


def list_changes(warehouse: Warehouse, before: int, after: int) -> pa.Table:
    """The table `release_changes` from the state after commit `before` (0: the empty warehouse) to that after commit `after`.

    The lines of both states are read once; those of about `COMPARED_AT_ONCE` documents are in memory, and the list itself.
    Raises PurgedError where one of the states is no longer whole.
    """
    states = warehouse.snapshot(before), warehouse.snapshot(after)
    touched = _find_touched(*states)
    reasons = pa.table(
        {
            "document_id": pa.array(touched, pa.string()),
            "why": pa.array([states[1].commits[document_id].commit_reason for document_id in touched], pa.string()),
        }
    )
    count = min(-(-len(touched) // COMPARED_AT_ONCE) or 1, MAX_BUCKETS)
    with ExitStack() as opened:
        earlier, later = (opened.enter_context(_split_lines(warehouse, state, touched, count)) for state in states)
        found = [_compare(earlier(part), later(part), reasons) for part in range(count)]
    return pa.concat_tables(found).cast(to_arrow_schema(RESOURCE))


def _find_touched(before: Snapshot, after: Snapshot) -> list[str]:
    """Documents whose processing is another one, or that came, or went."""
    old, new = (
        {commit.document_id: commit.processing_id for commit in state.commits.values() if not commit.is_withdrawn}
        for state in (before, after)
    )
    return sorted(document_id for document_id in {*old, *new} if old.get(document_id) != new.get(document_id))


def _split_lines(warehouse: Warehouse, state: Snapshot, documents: Sequence[str], count: int) -> AbstractContextManager[Read]:
    """The lines of documents in so many parts, by the order of the documents."""
    wanted = pa.array(documents, pa.string())
    columns = [*_COLUMNS, "line_id"]
    lines = warehouse.iterate_tables((LINES,), state)
    chunks = (chunk.select(columns).filter(pc.field("document_id").isin(wanted)) for _, chunk in lines)
    schema = pa.schema([to_arrow_schema(LINES).field(name) for name in columns])

    def number(chunk: pa.Table) -> Numbers:
        places = pc.index_in(chunk["document_id"], value_set=wanted).to_numpy()
        return np.asarray(places, dtype=np.int64) * count // max(len(documents), 1)

    return split_rows((chunk.cast(schema) for chunk in chunks), schema, count, number)


def _compare(earlier: pa.Table, later: pa.Table, reasons: pa.Table) -> pa.Table:
    differing = ", ".join(f"case when e.{name} is distinct from l.{name} then '{name}' end" for name in _COLUMNS)
    with duckdb.connect(":memory:", config={"threads": "2"}) as connection:
        for name, table in (("earlier", earlier), ("later", later), ("reasons", reasons)):
            connection.register(name, table)
        return connection.sql(_QUESTION.format(differing=differing)).to_arrow_table()


def write_changes(changes: pa.Table, titles: Mapping[str, str], earlier: str | None) -> str:
    """The page `CHANGES.md`: counts by document and reason, and the changed amounts.

    `titles` by document_id; `earlier`: the version that `changes` compares with, None in a first release.
    """
    head = "# 变更 · Changes\n"
    if earlier is None:
        return f"{head}\n首次发布。The first release: there is nothing to compare with.\n"
    intro = f"{head}\n与版本 {earlier} 相比。Against release {earlier}. 逐条见 Each one: `{RESOURCE}`.\n"
    if not changes.num_rows:
        return f"{intro}\n没有变化。Nothing changed.\n"
    return "\n".join([intro, *_list_documents(_iterate(changes), titles), *_list_amounts(_iterate(changes), titles)])


def _iterate(changes: pa.Table) -> Iterator[Row]:
    """The rows, few of them in memory at a time."""
    return (row for batch in changes.to_batches(max_chunksize=1000) for row in batch.to_pylist())


def _list_documents(rows: Iterator[Row], titles: Mapping[str, str]) -> list[str]:
    lines = ["| document | title | why | added | changed | withdrawn |", "|---|---|---|---|---|---|"]
    for (document_id, why), group in groupby(rows, key=lambda row: (row["document_id"], row["commit_reason"])):
        count = Counter(row["change_kind"] for row in group)
        numbers = " | ".join(f"{count[kind]:,}" for kind in _KINDS)
        lines.append(f"| {document_id} | {_escape(titles.get(document_id, ''))} | {why} | {numbers} |")
    return [*lines, ""]


def _list_amounts(rows: Iterator[Row], titles: Mapping[str, str]) -> list[str]:
    changed = (row for row in rows if row["change_kind"] == "changed" and row["amount_before_cny"] != row["amount_after_cny"])
    shown = list(islice(changed, SHOWN))
    if not shown:
        return []
    lines = ["## 金额变化 Changed amounts", "", "| document | page | row | before | after | why |", "|---|---|---|---|---|---|"]
    for row in shown:
        cells = (titles.get(row["document_id"], row["document_id"]), row["page"], row["line_label"])
        amounts = (row["amount_before_cny"], row["amount_after_cny"], row["commit_reason"])
        lines.append(f"| {' | '.join(_escape('' if cell is None else str(cell)) for cell in (*cells, *amounts))} |")
    if more := sum(1 for _ in changed):
        lines.append(f"\n还有 and {more:,} 条 more: `{RESOURCE}`.")
    return [*lines, ""]


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
