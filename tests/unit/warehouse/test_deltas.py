"""Deltas: applied to the earlier table they give the later one, whatever changed, or they fail."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.contents import sort_table, sum_contents
from warehouse.deltas import Delta, DeltaError, apply_delta, compare

SCHEMA = pa.schema([("id", pa.string()), ("part", pa.int16()), ("note", pa.string()), ("seen", pa.list_(pa.int32()))])
KEY = ("id", "part")


def make_table(rows):
    """Rows by their key; the part of a key may be null."""
    listed = [{"id": name, "part": part, **values} for (name, part), values in rows.items()]
    return sort_table(pa.Table.from_pylist(listed, SCHEMA), KEY)


keys = st.tuples(st.sampled_from("abcdefgh"), st.sampled_from([None, 0, 1]))
values = st.fixed_dictionaries({"note": st.sampled_from([None, "", "x", "乙"]), "seen": st.sampled_from([None, [], [1], [1, 2]])})
tables = st.dictionaries(keys, values, max_size=24).map(make_table)


@settings(max_examples=60, deadline=None)
@given(earlier=tables, later=tables)
def test_applied_to_the_earlier_table_a_delta_gives_the_later_one(earlier, later):
    applied = apply_delta(earlier, compare(earlier, later, KEY), KEY, KEY)
    assert sum_contents(applied) == sum_contents(later)


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
