"""What turns a table of one release into that of the next: whole rows, added, changed or withdrawn as `delta_kind` says.

Promise: `apply_delta(earlier, compare(earlier, later))` is `later`, to the sum of its contents, or fails. A withdrawn row
carries the values that it had, so that what is taken away can be read, too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.contents import sort_table

KIND = "delta_kind"


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


def compare(earlier: pa.Table | None, later: pa.Table, key: Sequence[str]) -> Delta:
    """The delta between two tables without dictionaries.

    Whole where the columns are others than before, or where the changed rows would be no fewer than all.
    """
    if earlier is None or earlier.column_names != later.column_names or earlier.schema.types != later.schema.types:
        return _take_whole(later)
    added, changed, withdrawn = _find_differences(earlier, later, key)
    if len(added) + len(changed) + len(withdrawn) >= max(later.num_rows, 1):
        return _take_whole(later)
    parts = [
        _mark(later.take(added), "added"),
        _mark(later.take(changed), "changed"),
        _mark(earlier.take(withdrawn), "withdrawn").cast(_mark(later.slice(0, 0), "added").schema),
    ]
    return Delta(pa.concat_tables(parts), is_whole=False)


def apply_delta(earlier: pa.Table | None, delta: Delta, key: Sequence[str], order: Sequence[str]) -> pa.Table:
    """The later table, in the order of its release. Raises DeltaError where the delta is of another table than `earlier`."""
    if delta.is_whole:
        return sort_table(delta.rows.drop_columns([KIND]), order)
    if earlier is None or earlier.column_names != delta.rows.column_names[1:]:
        raise DeltaError("the delta has other columns than the table")
    kept = earlier.take(_find_rows_without(earlier, delta.rows.filter(pc.not_equal(delta.rows[KIND], "added")), key))
    gone = delta.count("changed") + delta.count("withdrawn")
    if earlier.num_rows - kept.num_rows != gone:
        raise DeltaError(f"the delta replaces {gone} rows, the table has {earlier.num_rows - kept.num_rows} of them")
    new = delta.rows.filter(pc.not_equal(delta.rows[KIND], "withdrawn")).drop_columns([KIND])
    return sort_table(pa.concat_tables([kept.cast(new.schema), new]), order)


def _take_whole(table: pa.Table) -> Delta:
    return Delta(_mark(table, "added"), is_whole=True)


def _mark(table: pa.Table, kind: str) -> pa.Table:
    return table.add_column(0, KIND, pa.array([kind] * table.num_rows, pa.string())).replace_schema_metadata(None)


def _find_differences(earlier: pa.Table, later: pa.Table, key: Sequence[str]) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Positions: of rows of `later` that are new, of those that have other values than before, of rows of `earlier` that went."""
    same_key = _join_on(key, "earlier", "later")
    differs = " or ".join(f'earlier."{name}" is distinct from later."{name}"' for name in later.column_names)
    rows = _ask(
        {"earlier": earlier, "later": later},
        f"""
        select earlier._row, later._row from earlier full join later on {same_key}
        where earlier._row is null or later._row is null or {differs}
        order by later._row, earlier._row
        """,  # noqa: S608  # names of columns, quoted
    )
    return (
        _list_positions(new for old, new in rows if old is None),
        _list_positions(new for old, new in rows if old is not None and new is not None),
        _list_positions(old for old, new in rows if new is None),
    )


def _find_rows_without(table: pa.Table, excluded: pa.Table, key: Sequence[str]) -> pa.Array:
    """Positions of the rows of `table` whose key is not among those of `excluded`."""
    joined = _join_on(key, "kept", "excluded")
    rows = _ask(
        {"kept": table, "excluded": excluded},
        f"select kept._row from kept where not exists (from excluded where {joined}) order by 1",  # noqa: S608  # as above
    )
    return _list_positions(row for (row,) in rows)


def _list_positions(positions: Iterable[int]) -> pa.Array:
    return pa.array(list(positions), pa.int64())


def _join_on(key: Sequence[str], left: str, right: str) -> str:
    # Keys may hold nulls, and a null is a value of its own here.
    return " and ".join(f'{left}."{name}" is not distinct from {right}."{name}"' for name in key)


def _ask(tables: dict[str, pa.Table], question: str) -> list[tuple[int, ...]]:
    with duckdb.connect(":memory:") as connection:
        for name, table in tables.items():
            connection.register(name, table.append_column("_row", pa.array(range(table.num_rows), pa.int64())))
        return connection.execute(question).fetchall()
