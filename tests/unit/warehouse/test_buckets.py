"""Splitting a table: every row in the bucket of its number, in its order, and nothing left on disk."""

import numpy as np
import pyarrow as pa
import pytest

from warehouse.buckets import split_rows

SCHEMA = pa.schema([("n", pa.int64()), ("word", pa.string())])


def make_chunks(sizes):
    start = 0
    for size in sizes:
        yield pa.table({"n": range(start, start + size), "word": [str(n) for n in range(start, start + size)]}, SCHEMA)
        start += size


@pytest.mark.parametrize("count", [1, 3, 50])
def test_every_row_is_in_the_bucket_of_its_number(tmp_path, count):
    def number(chunk):
        return np.asarray(chunk["n"]) % count

    with split_rows(make_chunks([5, 0, 17, 1]), SCHEMA, count, number, tmp_path) as read:
        buckets = [read(bucket) for bucket in range(count)]
    assert [bucket["n"].to_pylist() for bucket in buckets] == [list(range(first, 23, count)) for first in range(count)]
    assert all(bucket.schema == SCHEMA for bucket in buckets)
    assert list(tmp_path.iterdir()) == []
