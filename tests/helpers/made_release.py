"""A small release, and its next version, for the tests of what is published."""

import json
from pathlib import Path

from made_rows import FUNCTION_ROWS, make_coded_table, make_document

from warehouse.catalogue.publisher import Publisher
from warehouse.datapackage import hash_file
from warehouse.release import EarlierRelease, build_release
from warehouse.store import Warehouse

PUBLISHER = Publisher("示例数据中心 Example Data Centre", "data@example.org", "https://data.example.org/yusuan")


def make_warehouse(folder: Path) -> Warehouse:
    """Two departments, one of 2020 and one of 2021."""
    warehouse = Warehouse.open(folder)
    commit(warehouse, make_document("甲"))
    next_year = [{**line, "fiscal_year": 2021} for line in make_coded_table("乙", FUNCTION_ROWS)]
    commit(warehouse, make_document("乙", lines=next_year, disclosure={"fiscal_year": 2021}))
    return warehouse


def commit(warehouse: Warehouse, document) -> None:
    warehouse.stage(document)
    warehouse.commit([document.processing_id], run_id="run", reason="new")


def make_release(folder: Path, publisher: Publisher | None = PUBLISHER) -> Path:
    return build_release(make_warehouse(folder / "warehouse"), folder / "releases", version="1.0", publisher=publisher).path


def make_next_release(folder: Path) -> Path:
    """The version after `make_release` of the same folder, with one document more."""
    warehouse = Warehouse.open(folder / "warehouse")
    commit(warehouse, make_document("丙", lines=make_coded_table("丙", FUNCTION_ROWS)))
    earlier = EarlierRelease("1.0", 2)
    return build_release(warehouse, folder / "releases", version="1.1", earlier=earlier, publisher=PUBLISHER).path


def drop_table(release: Path, name: str) -> None:
    """The release as if the table had never been in it; its sums fit."""
    package = json.loads((release / "datapackage.json").read_text("utf-8"))
    gone = [entry for entry in package["resources"] if entry["name"] == name or entry["name"].startswith(f"{name}-parquet")]
    for entry in gone:
        (release / entry["path"]).unlink()
        package["resources"].remove(entry)
    (release / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    write_sums(release)


def write_sums(release: Path) -> None:
    names = sorted(path.relative_to(release).as_posix() for path in release.rglob("*") if path.is_file())
    lines = [f"{hash_file(release / name)}  {name}\n" for name in names if name != "SHA256SUMS"]
    (release / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
