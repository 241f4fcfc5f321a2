"""What the documents of the warehouse say of each other, concluded anew after each load.

Promise: `core_cross_checks` follows from one state of the warehouse and holds nothing else: rows about a document that was
replaced, read again or withdrawn are gone as soon as it is. The same state gives the same rows.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from flows.stopwatch import Stopwatch
from transforms.across import evaluate_across
from transforms.departments import make_registry
from transforms.pairs import Comparison, is_comparable, list_comparisons, split_tables
from warehouse.buckets import MAX_BUCKETS, Numbers, split_rows
from warehouse.codes import load_aliases, load_regions
from warehouse.metadata.schema import to_arrow_schema, to_arrow_table
from warehouse.records import Row
from warehouse.store import Warehouse, WarehouseError
from warehouse.visibility import Snapshot

CROSS_CHECKS = "core_cross_checks"
_LINES = "core_budget_lines"
COMPARED_AT_ONCE = 100
_ATTEMPTS = 5
_DISCLOSED = (
    "document_id", "processing_id", "region_code", "department_name", "organisation_scope", "fiscal_year", "phase", "status",
    "superseded_by", "line_count", "fetched_at",
)  # fmt: skip
_TABLES = ("document_id", "table_id", "table_type", "table_instance", "unit_name", "is_declared_empty")


@dataclass(frozen=True, slots=True)
class CrossChecks:
    """How many comparisons were made, and the checks that came of them by outcome."""

    comparisons: int
    outcomes: Mapping[str, int]


def follow_load(warehouse: Warehouse, stopwatch: Stopwatch) -> CrossChecks | None:
    """Conclude where the warehouse has changed since that was last done, by this run or by one that died; else nothing."""
    if warehouse.is_concluded(CROSS_CHECKS):
        return None
    with stopwatch.measure("compare"):
        return conclude_cross_checks(warehouse)


def conclude_cross_checks(warehouse: Warehouse) -> CrossChecks:
    """Compare the documents of the newest state and put the outcome in place of what was concluded before.

    Raises WarehouseError where other writers commit faster than it concludes.
    """
    for _ in range(_ATTEMPTS):
        snapshot = warehouse.snapshot()
        comparisons, checks = compare_documents(warehouse, snapshot)
        if warehouse.conclude(CROSS_CHECKS, checks, snapshot.sequence):
            counted = checks.column("outcome").value_counts().to_pylist()
            return CrossChecks(len(comparisons), {count["values"]: count["counts"] for count in counted})
    raise WarehouseError(f"{CROSS_CHECKS}: the warehouse changed {_ATTEMPTS} times while its documents were compared; run again")


def compare_documents(warehouse: Warehouse, snapshot: Snapshot) -> tuple[list[Comparison], pa.Table]:
    """All comparisons of a state, and the rows of `core_cross_checks`. The lines of about
    `COMPARED_AT_ONCE` documents are in memory."""
    open_tables = warehouse.open_datasets(("core_disclosures", "core_tables", _LINES), snapshot)
    disclosures = _read(open_tables["core_disclosures"], _DISCLOSED)
    by_id = {row["document_id"]: row for row in disclosures if is_comparable(row)}
    tables = [row for row in _read(open_tables["core_tables"], _TABLES) if row["document_id"] in by_id]
    registry = make_registry(load_regions(), load_aliases())
    owners = split_tables(tables, by_id, registry)
    listed = _collect_units(_read_units(open_tables[_LINES], owners))
    unit_tables = _collect_units(
        (table["document_id"], owners[table["table_id"]]) for table in tables if owners.get(table["table_id"])
    )
    comparisons = list_comparisons(by_id.values(), listed, unit_tables, registry)
    parts = list(_split_comparisons(comparisons, by_id))
    tables_of: dict[str, list[Row]] = defaultdict(list)
    for table in tables:
        tables_of[table["document_id"]].append(table)
    checks = [to_arrow_schema(CROSS_CHECKS).empty_table()]
    with _split_lines(warehouse, snapshot, parts) as read_lines:
        for chosen in parts:
            ids = _list_documents(chosen)
            told = [by_id[document_id] for document_id in ids]
            own = [table for document_id in ids for table in tables_of[document_id]]
            # As Python's objects the rows of thousands of documents would take ten times as much.
            checks.append(to_arrow_table(CROSS_CHECKS, evaluate_across(chosen, told, read_lines(ids), own, owners)))
    return comparisons, pa.concat_tables(checks)


def _list_documents(comparisons: Iterable[Comparison]) -> list[str]:
    return sorted({document_id for comparison in comparisons for document_id in comparison.document_ids})


@contextmanager
def _split_lines(
    warehouse: Warehouse, snapshot: Snapshot, parts: Sequence[Sequence[Comparison]]
) -> Iterator[Callable[[list[str]], pa.Table]]:
    """The lines of the documents compared, which are read once; what is yielded gives those of some documents.

    Each document lies with those of the first part that has it: a part finds nearly all of its own in one place.
    """
    first: dict[str, int] = {}
    for number, part in enumerate(parts):
        for document_id in _list_documents(part):
            first.setdefault(document_id, number)
    count = min(len(parts), MAX_BUCKETS) or 1
    places = {document_id: number * count // len(parts) for document_id, number in first.items()}
    known, numbers = pa.array(places, pa.string()), np.array([*places.values()], np.int64)
    schema = to_arrow_schema(_LINES)
    lines = warehouse.iterate_tables((_LINES,), snapshot)
    chunks = (chunk.filter(pc.field("document_id").isin(known)).cast(schema) for _, chunk in lines)

    def place(chunk: pa.Table) -> Numbers:
        return np.asarray(numbers[pc.index_in(chunk["document_id"], value_set=known).to_numpy()])

    with split_rows(chunks, schema, count, place) as read:

        def read_documents(ids: list[str]) -> pa.Table:
            wanted = pc.field("document_id").isin(ids)
            buckets = sorted({places[document_id] for document_id in ids})
            return pa.concat_tables([read(bucket).filter(wanted) for bucket in buckets])

        yield read_documents


def _read(dataset: ds.Dataset, columns: Sequence[str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = dataset.to_table(columns=list(columns)).to_pylist()
    return rows


def _read_units(lines: ds.Dataset, owners: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(document, unit) of the rows in documents' own tables that name a unit."""
    columns = ["document_id", "table_id", "unit_name"]
    named: pa.Table = lines.to_table(columns=columns, filter=ds.field("unit_name").is_valid())
    for row in named.group_by(columns).aggregate([]).to_pylist():
        if owners.get(row["table_id"]) == "":
            yield row["document_id"], row["unit_name"]


def _collect_units(units: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for document_id, name in units:
        found[document_id].add(name)
    return {document_id: frozenset(names) for document_id, names in found.items()}


def _split_comparisons(comparisons: Sequence[Comparison], disclosures: Mapping[str, Row]) -> Iterator[list[Comparison]]:
    """All comparisons of a document together, and as few documents as may be at a time: those of one government, in parts."""
    found: dict[tuple[str, str], list[Comparison]] = defaultdict(list)
    for comparison in comparisons:
        region = disclosures[comparison.document_id]["region_code"] or ""
        found[region, comparison.document_id].append(comparison)
    for _, owned in groupby(sorted(found), key=lambda key: key[0]):
        part: list[Comparison] = []
        documents: set[str] = set()
        for key in owned:
            part += found[key]
            documents.update(document_id for comparison in found[key] for document_id in comparison.document_ids)
            if len(documents) >= COMPARED_AT_ONCE:
                yield part
                part, documents = [], set()
        if part:
            yield part
