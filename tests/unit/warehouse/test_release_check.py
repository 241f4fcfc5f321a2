"""A release that is broken on purpose, in each way that we know, is not published: the link still leads to the one before."""

import shutil
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pytest
from made_rows import FUNCTION_ROWS, make_coded_table, make_document

from warehouse import release as release_module
from warehouse.published import read_manifest
from warehouse.release import BrokenReleaseError, EarlierRelease, build_release
from warehouse.release_check import find_faults
from warehouse.store import Warehouse


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    """Two states: 甲 alone, then 甲 with another amount and 乙. The first is published."""
    folder = tmp_path_factory.mktemp("module")
    warehouse = Warehouse.open(folder / "warehouse")
    lines = make_coded_table("甲", FUNCTION_ROWS)
    corrected = [lines[0] | {"amount_cny": Decimal("310000.00")}, *lines[1:]]
    for documents in ([make_document("甲")], [make_document("甲", attempt=2, lines=corrected), make_document("乙")]):
        for document in documents:
            warehouse.stage(document)
        warehouse.commit([document.processing_id for document in documents], run_id="run", reason="new")
        if len(documents) == 1:
            build_release(warehouse, folder / "out", version="a-1")
    return warehouse


@pytest.fixture
def out(warehouse, tmp_path):
    return shutil.copytree(warehouse.root.parent / "out", tmp_path / "out", symlinks=True)


def publish(warehouse, out):
    return build_release(warehouse, out, version="b-2", earlier=EarlierRelease("a-1", 1))


def lose_a_row(open_parquet):
    @contextmanager
    def open_and_lose(name, schema, path):
        with open_parquet(name, schema, path) as write:
            yield lambda chunk: write(chunk.slice(1) if name == "core_tables" else chunk)

    return open_and_lose


def round_amounts(open_csv):
    @contextmanager
    def open_and_round(path):
        with open_csv(path) as write:
            yield lambda text: write(text.replace(b"0.00,", b"0,") if path.name.startswith("core_budget_lines") else text)

    return open_and_round


def lose_a_table(open_duckdb):
    @contextmanager
    def open_and_lose(path):
        with open_duckdb(path) as append:
            yield lambda name, chunk: None if name == "core_tables" else append(name, chunk)

    return open_and_lose


def write_a_row_twice(open_stream):
    def open_and_repeat(connection, name):
        stream = open_stream(connection, name)
        twice = pa.concat_tables([part for chunk in stream.open() for part in (chunk, chunk)]) if name == "core_tables" else None
        return stream if twice is None else replace(stream, open=lambda: iter([twice]))

    return open_and_repeat


def lose_a_change(compare):
    def compare_badly(earlier, later, key, scratch):
        delta = compare(earlier, later, key, scratch)
        rest = pa.concat_tables(delta.rows.open()).slice(1)
        return replace(delta, rows=replace(delta.rows, open=lambda: iter([rest])))

    return compare_badly


def lose_a_delta(write_deltas):
    return lambda *args: {name: delta for name, delta in write_deltas(*args).items() if name != "core_tables"}


def cut_a_file(write_sums):
    def sum_and_cut(root):
        write_sums(root)
        path = root / "data" / "ref_regions.parquet"
        path.write_bytes(path.read_bytes()[:1000])

    return sum_and_cut


def leave_a_file_out(write_sums):
    def sum_and_add(root):
        write_sums(root)
        (root / "data" / "old.parquet").write_bytes(b"left over")

    return sum_and_add


@pytest.mark.parametrize(
    ("name", "fault", "said"),
    [
        ("open_parquet", lose_a_row, "core_tables in Parquet holds other rows"),
        ("open_csv", round_amounts, "core_budget_lines in CSV holds other rows"),
        ("open_duckdb", lose_a_table, "core_tables in DuckDB"),
        ("_stream_table", write_a_row_twice, "core_tables: 2 rows share the key table_id="),
        ("compare_chunks", lose_a_change, "the delta of core_budget_lines"),
        ("_write_deltas", lose_a_delta, "core_tables differs from a-1 and has no delta"),
        ("_write_sums", cut_a_file, "ref_regions.parquet is not what its sum says"),
        ("_write_sums", leave_a_file_out, "old.parquet stands in the sums or in the folder only"),
    ],
)
def test_a_broken_release_is_not_published(warehouse, out, monkeypatch, name, fault, said):
    monkeypatch.setattr(release_module, name, fault(getattr(release_module, name)))
    with pytest.raises(BrokenReleaseError, match=said):
        publish(warehouse, out)
    assert sorted(path.name for path in out.iterdir()) == ["a-1", "latest"]
    assert (out / "latest").resolve().name == "a-1"


def test_a_sound_release_is_published_and_the_link_moves(warehouse, out):
    publish(warehouse, out)
    assert (out / "latest").resolve().name == "b-2"
    assert find_faults(out / "b-2", out / "a-1") == []
    delta = read_manifest(out / "b-2").delta["core_budget_lines"]
    assert (delta.added, delta.changed, delta.withdrawn) == (9, 1, 0)
