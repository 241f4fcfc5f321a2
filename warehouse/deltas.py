"""What turns a table of one release into that of the next: whole rows, added, changed or withdrawn as `delta_kind` says.

Promise: `apply_delta(earlier, compare(earlier, later))` is `later`, to the sum of its contents, or fails. A withdrawn row
carries the values that it had, so that what is taken away can be read, too. Both also work on tables that come in chunks
(`ChunkedRows`), and then hold numbers of rows and about `BUCKET_ROWS` rows, however large the tables are.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.buckets import MAX_BUCKETS, Numbers, split_rows
from warehouse.contents import ChunkedRows
from warehouse.release_files import ROW_GROUP

KIND = "delta_kind"
BUCKET_ROWS = 50_000  # rows of a table that are compared at a time

_IS_ADDED = pc.field(KIND) == "added"


class DeltaError(ValueError):
    """A delta that does not fit the table that it was to be applied to."""


@dataclass(frozen=True, slots=True)
class Delta:
    """Changed rows, `delta_kind` first. `is_whole`: these are all rows, whatever was there before."""

    rows: pa.Table
    is_whole: bool

    def count(self, kind: str) -> int:
        """Rows of one kind: added, changed, withdrawn."""
        return int(pc.sum(pc.equal(self.rows[KIND], kind)).as_py() or 0)


@dataclass(frozen=True, slots=True)
class ChunkedDelta:
    """The same in chunks, and the number of its rows by kind. Each chunk but the last has `ROW_GROUP` rows."""

    rows: ChunkedRows
    is_whole: bool
    counts: Mapping[str, int]


def compare(earlier: pa.Table | None, later: pa.Table, key: Sequence[str]) -> Delta:
    """The delta between two tables without dictionaries.

    Whole where the columns are others than before, or where the changed rows would be no fewer than all.
    """
    delta = compare_chunks(_to_chunks(earlier) if earlier is not None else None, _to_chunks(later), key)
    return Delta(pa.concat_tables(delta.rows.open()), delta.is_whole)


def compare_chunks(
    earlier: ChunkedRows | None, later: ChunkedRows, key: Sequence[str], scratch: Path | None = None
) -> ChunkedDelta:
    """`compare` of tables in chunks. `scratch`: a folder for what is put aside meanwhile."""
    plain = later.schema.remove_metadata()
    if earlier is None or earlier.schema.names != plain.names or earlier.schema.types != plain.types:
        return _take_whole(later)
    n_later = _count_rows(later)
    found = _find_differences(earlier, later, key, max(_count_rows(earlier), n_later), scratch)
    counts = {kind: len(positions) for kind, positions in found.items()}
    if sum(counts.values()) >= max(n_later, 1):
        return _take_whole(later)
    schema = _mark_schema(plain)

    def read() -> Iterator[pa.Table]:
        for kind, positions in found.items():
            source = earlier if kind == "withdrawn" else later
            yield from (_mark(part, kind, schema) for part in _take(source, positions))

    return ChunkedDelta(ChunkedRows(schema, lambda: _regroup(read(), schema)), is_whole=False, counts=counts)


def apply_delta(earlier: pa.Table | None, delta: Delta, key: Sequence[str], order: Sequence[str]) -> pa.Table:
    """The later table, in the order of its release. Raises DeltaError where the delta is of another table than `earlier`."""
    before = _to_chunks(earlier) if earlier is not None else None
    chunks = apply_chunks(before, _to_chunks(delta.rows), key, order, is_whole=delta.is_whole)
    return pa.concat_tables(chunks).combine_chunks()


def apply_chunks(
    earlier: ChunkedRows | None,
    delta: ChunkedRows,
    key: Sequence[str],
    order: Sequence[str],
    *,
    is_whole: bool,
    scratch: Path | None = None,
) -> Iterator[pa.Table]:
    """`apply_delta` of tables in chunks, all in the order of their releases: nothing is sorted anew.

    What is in another order gives other contents than the release states.
    """
    if is_whole:
        yield from _choose(delta, _IS_ADDED).open()
        return
    added, changed, replaced = (_choose(delta, which) for which in (_IS_ADDED, pc.field(KIND) == "changed", ~_IS_ADDED))
    if earlier is None or earlier.schema.names != added.schema.names:
        raise DeltaError("the delta has other columns than the table")
    gone = _count_rows(replaced)
    there = _find_rows(earlier, replaced, key, _count_rows(earlier), scratch) if gone else np.empty(0, np.int64)
    if len(there) != gone:
        raise DeltaError(f"the delta replaces {gone} rows, the table has {len(there)} of them")
    kept = (chunk.cast(added.schema) for chunk in _drop(earlier, there))
    yield from merge_sorted([kept, added.open(), changed.open()], order, added.schema)


def merge_sorted(streams: Sequence[Iterator[pa.Table]], order: Sequence[str], schema: pa.Schema) -> Iterator[pa.Table]:
    """Tables that are each sorted by some columns, nulls last, as one, in chunks; at least one."""
    waiting = [(chunk for chunk in stream if chunk.num_rows) for stream in streams]
    heads = [next(stream, None) for stream in waiting]
    yield schema.empty_table()
    while sum(head is not None for head in heads) > 1:
        there = [head if head is not None else schema.empty_table() for head in heads]
        together = pa.concat_tables(there)
        ranked = pc.sort_indices(together, sort_keys=[(name, "ascending") for name in order]).to_numpy()
        ends = np.cumsum([head.num_rows for head in there])
        # Behind the last row of a chunk there may be a row of the next one.
        lasts = [end - 1 for end, head in zip(ends, heads, strict=True) if head is not None]
        chosen = ranked[: np.flatnonzero(np.isin(ranked, lasts))[0] + 1]
        yield together.take(pa.array(chosen))
        taken = np.diff(np.searchsorted(np.sort(chosen), [0, *ends]))
        for number, head in enumerate(heads):
            if head is not None:
                rest = head.slice(taken[number])
                heads[number] = rest if rest.num_rows else next(waiting[number], None)
    for head, stream in zip(heads, waiting, strict=True):
        if head is not None:
            yield head
            yield from stream


def _to_chunks(table: pa.Table) -> ChunkedRows:
    return ChunkedRows(table.schema, lambda: iter([table]))


def _count_rows(rows: ChunkedRows) -> int:
    return sum(chunk.num_rows for chunk in rows.open())


def _choose(delta: ChunkedRows, which: pc.Expression) -> ChunkedRows:
    """Some rows of a delta, without their kind."""
    schema = delta.schema.remove(0)
    return ChunkedRows(schema, lambda: (chunk.filter(which).drop_columns([KIND]) for chunk in delta.open()))


def _take_whole(table: ChunkedRows) -> ChunkedDelta:
    schema = _mark_schema(table.schema)
    rows = ChunkedRows(schema, lambda: _regroup((_mark(chunk, "added", schema) for chunk in table.open()), schema))
    counts = {"added": _count_rows(table), "changed": 0, "withdrawn": 0}
    return ChunkedDelta(rows, is_whole=True, counts=counts)


def _mark_schema(schema: pa.Schema) -> pa.Schema:
    return schema.insert(0, pa.field(KIND, pa.string())).remove_metadata()


def _mark(table: pa.Table, kind: str, schema: pa.Schema) -> pa.Table:
    return table.add_column(0, KIND, pa.array([kind] * table.num_rows, pa.string())).cast(schema)


def _find_differences(
    earlier: ChunkedRows, later: ChunkedRows, key: Sequence[str], n_rows: int, scratch: Path | None
) -> dict[str, Numbers]:
    """Positions: of rows of `later` that are new, of those that have other values than before, of rows of `earlier` that went."""
    differs = " or ".join(f'earlier."{name}" is distinct from later."{name}"' for name in later.schema.names)
    question = f"""
        select coalesce(earlier._row, -1) as old, coalesce(later._row, -1) as new
        from earlier full join later on {_join_on(key, "earlier", "later")}
        where earlier._row is null or later._row is null or {differs}
    """  # noqa: S608  # names of columns, quoted
    found = _ask({"earlier": _number(earlier), "later": _number(later)}, question, key, n_rows, scratch)
    old, new = found["old"], found["new"]
    return {
        "added": np.sort(new[old < 0]),
        "changed": np.sort(new[(old >= 0) & (new >= 0)]),
        "withdrawn": np.sort(old[new < 0]),
    }


def _find_rows(table: ChunkedRows, wanted: ChunkedRows, key: Sequence[str], n_rows: int, scratch: Path | None) -> Numbers:
    """Positions of the rows whose key is among those of `wanted`."""
    question = f"select _row from kept where exists (from wanted where {_join_on(key, 'kept', 'wanted')})"  # noqa: S608  # as above
    tables = {"kept": _number(_select(table, key)), "wanted": _select(wanted, key)}
    return np.sort(_ask(tables, question, key, n_rows, scratch)["_row"])


def _select(rows: ChunkedRows, columns: Sequence[str]) -> ChunkedRows:
    schema = pa.schema([rows.schema.field(name) for name in columns])
    return ChunkedRows(schema, lambda: (chunk.select(list(columns)) for chunk in rows.open()))


def _number(rows: ChunkedRows) -> ChunkedRows:
    """The rows with their positions."""

    def read() -> Iterator[pa.Table]:
        start = 0
        for chunk in rows.open():
            yield chunk.append_column("_row", pa.array(np.arange(start, start + chunk.num_rows)))
            start += chunk.num_rows

    return ChunkedRows(rows.schema.append(pa.field("_row", pa.int64())), read)


def _take(rows: ChunkedRows, positions: Numbers) -> Iterator[pa.Table]:
    """The rows at these positions, which rise."""
    start = 0
    for chunk in rows.open():
        first, last = np.searchsorted(positions, (start, start + chunk.num_rows))
        if first < last:
            yield chunk.take(pa.array(positions[first:last] - start))
        start += chunk.num_rows


def _drop(rows: ChunkedRows, positions: Numbers) -> Iterator[pa.Table]:
    """The rows that are not at these positions, which rise."""
    start = 0
    for chunk in rows.open():
        first, last = np.searchsorted(positions, (start, start + chunk.num_rows))
        stays = np.ones(chunk.num_rows, dtype=bool)
        stays[positions[first:last] - start] = False
        yield chunk.filter(pa.array(stays)) if first < last else chunk
        start += chunk.num_rows


def _regroup(parts: Iterator[pa.Table], schema: pa.Schema) -> Iterator[pa.Table]:
    """The same rows in chunks of `ROW_GROUP`, the last of which is shorter; one without rows where there are none."""
    held: list[pa.Table] = []
    n_held, n_given = 0, 0
    for part in parts:
        rest = part
        while n_held + rest.num_rows >= ROW_GROUP:
            cut = ROW_GROUP - n_held
            yield _join([*held, rest.slice(0, cut)])
            held, n_held, n_given, rest = [], 0, n_given + 1, rest.slice(cut)
        if rest.num_rows:
            held.append(rest)
            n_held += rest.num_rows
    if held or not n_given:
        yield _join(held) if held else schema.empty_table()


def _join(parts: Sequence[pa.Table]) -> pa.Table:
    """The parts as one, those of one kind as one piece: how a file is cut into pages follows the pieces."""
    same = groupby(parts, key=lambda part: part[KIND][0].as_py())
    return pa.concat_tables([pa.concat_tables(group).combine_chunks() for _, group in same])


def _join_on(key: Sequence[str], left: str, right: str) -> str:
    # Keys may hold nulls, and a null is a value of its own here.
    return " and ".join(f'{left}."{name}" is not distinct from {right}."{name}"' for name in key)


def _ask(
    tables: Mapping[str, ChunkedRows], question: str, key: Sequence[str], n_rows: int, scratch: Path | None
) -> dict[str, Numbers]:
    """Columns of whole numbers: the answers for rows of some keys after the other. DuckDB itself puts aside what does not fit a
    bound, but not whatever the bound and the question are."""
    count = min(-(-n_rows // BUCKET_ROWS) or 1, MAX_BUCKETS)
    hashed = ", ".join(f'"{name}"' for name in key)
    with ExitStack() as opened:
        connection = opened.enter_context(duckdb.connect(":memory:", config={"threads": "2"}))

        def number(chunk: pa.Table) -> Numbers:
            connection.register("chunk", chunk)
            asked = f"select (hash({hashed}) % {count})::bigint as bucket from chunk"  # noqa: S608  # names and a number
            return np.asarray(connection.execute(asked).fetchnumpy()["bucket"])

        readers = {
            name: opened.enter_context(split_rows(rows.open(), rows.schema, count, number, scratch))
            for name, rows in tables.items()
        }
        answers = []
        for bucket in range(count):
            for name, read in readers.items():
                connection.register(name, read(bucket))
            answers.append(connection.execute(question).fetchnumpy())
    return {name: np.concatenate([np.asarray(answer[name], dtype=np.int64) for answer in answers]) for name in answers[0]}
