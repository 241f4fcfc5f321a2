"""Deltas: applied to the earlier table they give the later one, whatever changed, or they fail."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.contents import ChunkedRows, sort_table, sum_contents
from warehouse.deltas import Delta, DeltaError, apply_chunks, apply_delta, compare, compare_chunks, merge_sorted

SCHEMA = pa.schema([("id", pa.string()), ("part", pa.int16()), ("note", pa.string()), ("seen", pa.list_(pa.int32()))])
KEY = ("id", "part")


def make_table(rows):
    """Rows by their key; the part of a key may be null."""
    listed = [{"id": name, "part": part, **values} for (name, part), values in rows.items()]
    return sort_table(pa.Table.from_pylist(listed, SCHEMA), KEY)


def cut(table, size):
    """The table in chunks of so many rows, at least one."""
    starts = range(0, max(table.num_rows, 1), size)
    return ChunkedRows(table.schema, lambda: (table.slice(start, size) for start in starts))


keys = st.tuples(st.sampled_from("abcdefgh"), st.sampled_from([None, 0, 1]))
values = st.fixed_dictionaries({"note": st.sampled_from([None, "", "x", "乙"]), "seen": st.sampled_from([None, [], [1], [1, 2]])})
tables = st.dictionaries(keys, values, max_size=24).map(make_table)


@settings(max_examples=60, deadline=None)
@given(earlier=tables, later=tables)
def test_applied_to_the_earlier_table_a_delta_gives_the_later_one(earlier, later):
    applied = apply_delta(earlier, compare(earlier, later, KEY), KEY, KEY)
    assert sum_contents(applied) == sum_contents(later)


@settings(max_examples=30, deadline=None)
@given(earlier=tables, later=tables, size=st.integers(1, 9))
def test_in_chunks_and_buckets_of_any_size_it_is_the_same(earlier, later, size):
    whole = compare(earlier, later, KEY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warehouse.deltas.BUCKET_ROWS", size)
        delta = compare_chunks(cut(earlier, size), cut(later, size), KEY)
    rows = pa.concat_tables(delta.rows.open())
    assert (rows, delta.is_whole) == (whole.rows, whole.is_whole)
    assert delta.counts == {kind: whole.count(kind) for kind in ("added", "changed", "withdrawn")}
    chunks = apply_chunks(cut(earlier, size), cut(rows, size), KEY, KEY, is_whole=delta.is_whole)
    assert sum_contents(pa.concat_tables(chunks)) == sum_contents(later)


@settings(max_examples=60, deadline=None)
@given(parts=st.lists(tables, min_size=1, max_size=4), size=st.integers(1, 9))
def test_sorted_tables_are_merged_in_their_order(parts, size):
    merged = pa.concat_tables(merge_sorted([cut(part, size).open() for part in parts], KEY, SCHEMA)).select(KEY)
    assert merged.equals(sort_table(pa.concat_tables(parts), KEY).select(KEY))


def test_a_chunk_of_a_delta_is_a_row_group(monkeypatch):
    monkeypatch.setattr("warehouse.deltas.ROW_GROUP", 3)
    kept = {(letter, number): {"note": letter, "seen": None} for letter in "abcdefgh" for number in (0, 1)}
    later = kept | {key: {"note": "new", "seen": None} for key in list(kept)[:7]}
    delta = compare_chunks(cut(make_table(kept), 5), cut(make_table(later), 4), KEY)
    assert [chunk.num_rows for chunk in delta.rows.open()] == [3, 3, 1]


def test_an_equal_table_has_no_delta():
    table = make_table({("a", None): {"note": None, "seen": []}})
    delta = compare(table, table, KEY)
    assert (delta.rows.num_rows, delta.is_whole) == (0, False)


def test_only_what_differs_is_in_it_and_a_withdrawn_row_says_what_it_was():
    kept = {(letter, 0): {"note": letter, "seen": None} for letter in "abcdef"}
    earlier = make_table({**kept, ("g", None): {"note": "old", "seen": [1]}})
    later = make_table({**kept, ("a", 0): {"note": "new", "seen": None}, ("h", 1): {"note": None, "seen": None}})
    rows = compare(earlier, later, KEY).rows.select(["delta_kind", "id", "note"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [("added", "h", None), ("changed", "a", "new"), ("withdrawn", "g", "old")]


def test_where_the_columns_are_others_the_table_comes_whole():
    earlier = make_table({("a", 0): {"note": "x", "seen": None}})
    later = earlier.append_column("more", pa.array([1], pa.int16()))
    delta = compare(earlier, later, KEY)
    assert delta.is_whole
    assert apply_delta(earlier, delta, KEY, KEY).equals(later)


def test_a_delta_of_another_table_is_not_applied():
    base = {(letter, 0): {"note": letter, "seen": None} for letter in "abcdef"}
    earlier = make_table(base)
    delta = compare(earlier, make_table({key: value for key, value in base.items() if key != ("b", 0)}), KEY)
    other = make_table({key: value for key, value in base.items() if key != ("b", 0)})
    with pytest.raises(DeltaError, match="replaces 1 rows, the table has 0"):
        apply_delta(other, delta, KEY, KEY)
    with pytest.raises(DeltaError, match="other columns"):
        apply_delta(earlier.drop_columns(["note"]), Delta(delta.rows, is_whole=False), KEY, KEY)
