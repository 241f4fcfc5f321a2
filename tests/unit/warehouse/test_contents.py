"""The sum of a table's contents: the same whatever holds the rows, another one for the smallest difference."""

import gzip
import hashlib
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from warehouse.contents import sum_contents
from warehouse.release_files import write_csv

MOMENT = datetime(2026, 11, 25, 8, 0, 0, 5, tzinfo=UTC)
ROW = {"name": "甲", "yuan": Decimal("1.50"), "box": [1.5, 2.0], "ids": ["a", "b"], "at": MOMENT, "count": 3}
SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("yuan", pa.decimal128(20, 2)),
        ("box", pa.list_(pa.float32())),
        ("ids", pa.list_(pa.string())),
        ("at", pa.timestamp("us", tz="UTC")),
        ("count", pa.int16()),
    ]
)


def make_table(**values):
    return pa.Table.from_pylist([ROW | values], SCHEMA)


def test_encodings_do_not_matter():
    table = make_table()
    index = table.column_names.index("name")
    coded = table.set_column(index, "name", table["name"].dictionary_encode())
    assert sum_contents(coded) == sum_contents(table)
    doubled = pa.concat_tables([table, make_table(name="乙")])
    assert sum_contents(doubled) == sum_contents(doubled.combine_chunks())


@pytest.mark.parametrize(
    "values",
    [
        {"yuan": Decimal("1.51")},
        {"yuan": None},
        {"name": ""},
        {"name": None},
        {"box": [1.5, 2.25]},
        {"ids": ["a b"]},
        {"ids": []},
        {"ids": None},
        {"at": MOMENT.replace(microsecond=6)},
        {"count": -3},
    ],
    ids=str,
)
def test_every_difference_matters(values):
    assert sum_contents(make_table(**values)) != sum_contents(make_table())


def test_nothing_and_an_empty_value_are_two_things():
    assert len({sum_contents(make_table(name=name, ids=ids)) for name in ("", None) for ids in ([], None)}) == 4


def test_anyone_can_check_it_with_the_csv(tmp_path):
    write_csv(make_table(), tmp_path / "x.csv.gz")
    assert hashlib.sha256(gzip.decompress((tmp_path / "x.csv.gz").read_bytes())).hexdigest() == sum_contents(make_table())
