"""Releases: whole, the same bytes each time, valid to frictionless, and readable by pandas, Polars and DuckDB."""

import gzip
import hashlib
import io
import json
import random
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import frictionless
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_rows import FUNCTION_ROWS, document_id_of, make_coded_table, make_document

from warehouse.contents import decode, sum_contents
from warehouse.duckdb_file import read_duckdb
from warehouse.issues import make_finding
from warehouse.metadata.models import get_resource
from warehouse.metadata.schema import MetadataError, to_arrow_schema
from warehouse.published import read_manifest
from warehouse.release import ReleaseError, ReleaseExistsError, ReleaseSummary, build_release, published_schema, release_resources
from warehouse.release_check import DUCKDB_FILE
from warehouse.release_files import ROW_GROUP, write_parquet
from warehouse.store import Warehouse

# frictionless leaves files to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    warehouse = Warehouse.open(tmp_path_factory.mktemp("module") / "warehouse")
    finding = {**make_finding("unknown-header", page=2, column=3, header="备注"), "finding_number": 1}
    next_year = [{**line, "fiscal_year": 2021} for line in make_coded_table("乙", FUNCTION_ROWS)]
    documents = [
        make_document("甲", status="doubtful", findings=[finding]),
        make_document("乙", lines=next_year, disclosure={"fiscal_year": 2021, "url": "https://example.org/乙.pdf"}),
        make_document("丙", status="refused", lines=[], tables=[], disclosure={"refusal": "scanned", "fiscal_year": None}),
    ]
    for document in documents:
        warehouse.stage(document)
    warehouse.commit([document.processing_id for document in documents], run_id="run", reason="new")
    return warehouse


@pytest.fixture(scope="module")
def release(warehouse: Warehouse, tmp_path_factory) -> ReleaseSummary:
    return build_release(warehouse, tmp_path_factory.mktemp("module") / "release", version="1.0")


def read_sums(folder: Path) -> str:
    return (folder / "SHA256SUMS").read_text(encoding="utf-8")


def test_frictionless_finds_the_release_valid(release):
    report = frictionless.validate(str(release.path / "datapackage.json"))
    assert report.errors == []
    assert [error.message for task in report.tasks for error in task.errors] == []
    checked = {task.name: task.stats.get("rows", 0) for task in report.tasks if task.type == "table"}
    assert checked == dict(release.rows)
    assert checked["core_budget_lines"] == 18


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        ("core_budget_lines", "expenditure_summary", "expenditure_sumary"),
        ("core_budget_lines", "155000.00", "155.000,00"),
        ("core_disclosures", document_id_of("甲"), "not-an-id"),
    ],
    ids=["enumeration", "amount", "pattern"],
)
def test_frictionless_notices_a_wrong_value(release, tmp_path, table, old, new):
    """The hash would tell already: it is mended here, so that the value itself must be noticed."""
    folder = shutil.copytree(release.path, tmp_path / "release")
    path = folder / "data" / f"{table}.csv.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(old.encode(), new.encode(), 1)))
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        if resource["name"] == table:
            resource["hash"] = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
            resource["bytes"] = path.stat().st_size
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert not report.valid
    assert {task.name for task in report.tasks if task.errors} >= {table}


def test_every_file_stands_in_the_sums(release):
    ended = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=release.path, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr
    listed = {line.split("  ")[1] for line in read_sums(release.path).splitlines()}
    there = {path.relative_to(release.path).as_posix() for path in release.path.rglob("*") if path.is_file()}
    assert listed == there - {"SHA256SUMS"}


def test_the_same_warehouse_gives_the_same_bytes(warehouse, release, tmp_path):
    code = (
        "import sys; from warehouse.store import Warehouse; from warehouse.release import build_release; "
        "build_release(Warehouse.open(sys.argv[1]), sys.argv[2], version='1.0')"
    )
    subprocess.run([sys.executable, "-c", code, str(warehouse.root), str(tmp_path / "again")], check=True)
    again = tmp_path / "again" / "1.0"
    theirs, ours = (
        {line for line in read_sums(folder).splitlines() if DUCKDB_FILE not in line} for folder in (again, release.path)
    )
    assert theirs == ours
    for name, contents in read_manifest(release.path).tables.items():
        assert sum_contents(read_duckdb(again / DUCKDB_FILE, name, to_plain_schema(name))) == contents.sha256, name


def to_plain_schema(name):
    published = set(published_schema(name).names)
    return pa.schema([field for field in to_arrow_schema(name) if field.name in published])


def test_publishing_a_version_again_changes_nothing(warehouse, release):
    before = {path: path.stat().st_mtime_ns for path in release.path.rglob("*")}
    again = build_release(warehouse, release.path.parent, version="1.0")
    assert not again.is_new
    assert {path: path.stat().st_mtime_ns for path in release.path.rglob("*")} == before


def test_a_version_with_other_content_is_not_overwritten(warehouse, release, tmp_path):
    out = shutil.copytree(release.path.parent, tmp_path / "release", symlinks=True)
    other = Warehouse.open(shutil.copytree(warehouse.root, tmp_path / "warehouse"))
    other.withdraw([document_id_of("甲")], run_id="run")
    with pytest.raises(ReleaseExistsError, match="choose another version"):
        build_release(other, out, version="1.0")
    assert read_sums(out / "1.0") == read_sums(release.path)
    assert sorted(path.name for path in out.iterdir()) == ["1.0", "latest"]
    assert build_release(other, out, version="1.1").rows["core_budget_lines"] == 9
    assert (out / "latest").resolve() == out / "1.1"
    assert read_sums(out / "1.0") == read_sums(release.path)


def test_an_empty_warehouse_is_not_released(tmp_path):
    with pytest.raises(ReleaseError, match="no document"):
        build_release(Warehouse.open(tmp_path / "warehouse"), tmp_path / "out", version="1.0")


@pytest.mark.parametrize("version", ["", "latest", "../1", ".hidden", "a b"])
def test_a_version_that_is_no_folder_name_is_refused(warehouse, tmp_path, version):
    with pytest.raises(ReleaseError, match="version"):
        build_release(warehouse, tmp_path, version=version)


def test_parquet_has_the_columns_and_types_of_the_metadata(release):
    for name in release_resources():
        if name != "core_budget_lines":
            schema = pq.read_schema(release.path / "data" / f"{name}.parquet")
            assert schema.equals(published_schema(name), check_metadata=True), name
    lines = pq.read_schema(release.path / "data/core_budget_lines/fiscal_year=2020/part-0.parquet")
    assert lines.names == [name for name in published_schema("core_budget_lines").names if name != "fiscal_year"]
    assert all(lines.field(name).type == published_schema("core_budget_lines").field(name).type for name in lines.names)


def test_lines_have_a_bloom_filter_and_zstd(release):
    metadata = pq.read_metadata(release.path / "data/core_budget_lines/fiscal_year=2020/part-0.parquet").row_group(0)
    columns = {metadata.column(index).path_in_schema: metadata.column(index) for index in range(metadata.num_columns)}
    assert columns["document_id"].compression == "ZSTD"
    assert columns["line_id"].encodings[0] == "DELTA_BYTE_ARRAY" or "DELTA_BYTE_ARRAY" in columns["line_id"].encodings


class CountedFile(io.FileIO):
    """A file that says how much of it was read, as a server of ranges would."""

    read_bytes = 0

    def read(self, size=-1):
        content = super().read(size)
        self.read_bytes += len(content)
        return content


def test_a_question_about_one_year_and_region_reads_a_part_of_the_file(release, tmp_path):
    """Sorted by year and region, with statistics and a page index: a reader of ranges skips the other row groups."""
    lines = pq.ParquetFile(release.path / "data/core_budget_lines/fiscal_year=2020/part-0.parquet").read()
    many = decode(lines).take(pa.array([0] * 4 * ROW_GROUP))
    chance = random.Random(1)
    ids = [chance.randbytes(8).hex() for _ in range(many.num_rows)]
    regions = [f"{110000 + number // ROW_GROUP}" for number in range(many.num_rows)]
    for name, values in {"line_id": ids, "region_code": regions}.items():
        many = many.set_column(many.column_names.index(name), name, pa.array(values))
    write_parquet("core_budget_lines", many, tmp_path / "many.parquet")
    group = pq.read_metadata(tmp_path / "many.parquet").row_group(0)
    assert all(group.column(index).has_offset_index for index in range(group.num_columns))
    with CountedFile(str(tmp_path / "many.parquet")) as file:
        found = pq.read_table(
            file, columns=["region_code", "line_id"], filters=[("region_code", "=", "110002")], pre_buffer=False
        )
        assert found.num_rows == ROW_GROUP
        whole = pq.ParquetFile(tmp_path / "many.parquet").metadata
        read = [many.column_names.index(name) for name in ("region_code", "line_id")]
        needed = sum(whole.row_group(group).column(column).total_compressed_size for group in range(4) for column in read)
        assert file.read_bytes < needed / 2


def test_pandas_polars_and_duckdb_read_the_same_lines(release):
    folder = release.path / "data" / "core_budget_lines"
    by_pandas = pd.read_parquet(folder)
    by_polars = pl.scan_parquet(folder, hive_partitioning=True).collect()
    query = "select count(*), sum(amount_cny), sum(fiscal_year) from read_parquet(?, hive_partitioning = true)"
    by_duckdb = duckdb.execute(query, [f"{folder}/*/*.parquet"]).fetchone()
    assert len(by_pandas) == by_polars.height == by_duckdb[0] == 18
    assert sum(value for value in by_pandas.amount_cny if value is not None) == by_duckdb[1] == Decimal("2400000.00")
    assert sorted(set(by_pandas.fiscal_year.astype(int))) == sorted(by_polars["fiscal_year"].unique()) == [2020, 2021]


def test_the_csv_twin_holds_the_same_values(release):
    twin = pd.read_csv(release.path / "data" / "core_budget_lines.csv.gz", dtype=str)
    assert list(twin.columns) == [name for name in get_resource("core_budget_lines").field_names if name != "processing_id"]
    line = twin[(twin.function_code == "2010301") & (twin.fiscal_year == "2020")].iloc[0]
    assert (line.amount_cny, line.bbox, line.region_code) == ("155000.00", "10.5 20 60.25 30", "420103")
    blank = twin[twin.function_code == "2010302"]
    assert blank.amount_cny.isna().all()
    assert set(blank.amount_state) == {"blank"}


def test_lines_are_sorted_by_year_region_and_document(release):
    twin = pd.read_csv(release.path / "data" / "core_budget_lines.csv.gz", dtype=str)
    order = list(
        zip(twin.fiscal_year, twin.region_code, twin.document_id, twin.table_id, twin.line_number.astype(int), strict=True)
    )
    assert order == sorted(order)


def test_the_package_is_a_data_package_with_fiscal_types(release):
    package = json.loads((release.path / "datapackage.json").read_text(encoding="utf-8"))
    assert package["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert package["licenses"][0]["name"] == "CC-BY-4.0"
    assert {"title": "local", "path": "https://example.org/"} in package["sources"]
    lines = next(resource for resource in package["resources"] if resource["name"] == "core_budget_lines")
    types = {field["name"]: field.get("columnType") for field in lines["schema"]["fields"]}
    assert types["amount_cny"] == "value"
    assert types["function_code"] == "functional-classification:generic:code"
    assert types["fiscal_year"] == "date:fiscal-year"
    assert [key["reference"]["resource"] for key in lines["schema"]["foreignKeys"]] == ["core_disclosures", "core_tables"]
    parquet = [resource["path"] for resource in package["resources"] if resource["format"] == "parquet"]
    assert "data/core_budget_lines/fiscal_year=2020/part-0.parquet" in parquet
    assert all("bytes" not in resource for resource in package["resources"] if resource["format"] == "parquet")


def test_raw_text_and_numbers_of_processings_are_not_published(release):
    names = {path.name for path in release.path.rglob("*")}
    assert not [name for name in names if name.startswith("raw_")]
    assert "processing_id" not in (release.path / "datapackage.json").read_text(encoding="utf-8")


def test_the_dictionary_explains_every_published_column_in_both_languages(release):
    text = (release.path / "dictionary.md").read_text(encoding="utf-8")
    package = json.loads((release.path / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        if resource["type"] == "table":
            section = text.split(f"## `{resource['name']}`")[1].split("\n## ")[0]
            for column in resource["schema"]["fields"]:
                field = get_resource(resource["name"]).get_field(column["name"])
                assert f"| `{field.name}` |" in section
                assert field.zh in section
                assert field.en.split("|")[0] in section


def test_known_issues_come_from_the_findings(release):
    text = (release.path / "KNOWN-ISSUES.md").read_text(encoding="utf-8")
    assert "| warning | `unknown-header` | extraction | 1 |" in text
    assert "| `refused` | 1 |" in text
    assert "| economic | `no_table` | 2 |" in text


def test_licences_and_readme_are_there(release):
    assert "Apache License" in (release.path / "LICENSE-CODE").read_text(encoding="utf-8")
    assert "creativecommons.org/licenses/by/4.0" in (release.path / "LICENSE-DATA").read_text(encoding="utf-8")
    readme = (release.path / "README.md").read_text(encoding="utf-8")
    assert readme.startswith("# Yusuan 预算 1.0")
    assert "| `core_budget_lines` | 18 |" in readme


def test_a_word_that_the_metadata_does_not_list_is_no_empty_cell(tmp_path):
    """As a dictionary it would have become null in every file of the release."""
    table = pa.table({"direction": pa.array(["revenue", None, "increase"])})
    with pytest.raises(MetadataError, match=r"out_budget_lines, field direction, row 2: .*'increase'"):
        write_parquet("out_budget_lines", table, tmp_path / "x.parquet")
    assert "direction" in to_arrow_schema("out_budget_lines").names
