"""Names of officers and telephone numbers of a document stay in `raw_`: planted in PDFs, looked for in every byte behind.

The documents are drawn, the pipeline is the real one: process, warehouse, release, exports, reports, and what the commands print.
"""

import gzip
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pypdfium2
import pytest
from worded_sheets import make_sheet

from samples.drawing import draw_disclosure
from samples.expected import build_sheets
from samples.library import SampleDisclosure, sample_disclosures
from samples.narrative import Paragraph
from samples.sheets import Sheet
from warehouse.store import Warehouse
from warehouse.views import connect

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

YUSUAN = Path(sys.executable).with_name("yusuan")
# Two, three and four characters, as officers are called; none of them is a word of a budget.
NAMES = (
    "欧阳建国",
    "钱桂芝",
    "诸葛文斌",
    "赵铁牛",
    "孙晓燕",
    "夏侯志强",
    "冯玉兰",
    "吕德明",
    "姚海涛",
    "谭秀英",
    "贺春梅",
    "龚勇",
)
LANDLINES = ("85790721", "027-85790722", "（0532）85790723", "010—85790724", "0535 6790725", "6790726")
MOBILES = ("13812345670", "159 1234 5671", "186-1234-5672", "13912345673")
MAIL = "planted.person@example.gov.cn"
DIGITS = (
    "85790721",
    "85790722",
    "85790723",
    "85790724",
    "6790725",
    "6790726",
    "13812345670",
    "1234 5671",
)
PLANTED = (*NAMES, *DIGITS, "1234-5672", "13912345673", "planted.person")


def name(place: int) -> str:
    """A name for one place of a document."""
    return NAMES[place]


def plant_sheets() -> tuple[Sheet, ...]:
    """Sheets that name officers as real ones do: in their keys, remarks, captions and notes."""
    return (
        make_sheet(
            "project_targets",
            "项目支出绩效目标表",
            ("项目名称", "文化惠民活动", "项目负责人", name(0)),
            ("主管部门", "示例市文化局", "联系电话", LANDLINES[0]),
            ("联系人", f"{name(1)} {MOBILES[0]}", "项目资金（万元）", "120.00"),
            ("一级指标", "二级指标", "三级指标", "指标值"),
            ("产出指标", "数量指标", "演出场次", "≥20场"),
            ("产出指标", "质量指标", "演出合格率", f"100%（联系人：{name(2)}）"),
            captions=(f"填报人：{name(3)}　　联系电话：{LANDLINES[1]}",),
            notes=(f"审核人：{name(4)}　填表人：{name(5)}　电话：{LANDLINES[2]}",),
        ),
        make_sheet(
            "project_list",
            "项目支出表",
            ("项目名称", "金额", "负责人", "备注"),
            ("合计", "120.00", "", ""),
            ("文化惠民活动", "120.00", name(6), f"联系人{name(7)}，手机{MOBILES[1]}"),
        ),
        make_sheet(
            "department_profile",
            "部门基本信息表",
            ("部门名称", "示例市文化局", "单位负责人", name(8)),
            ("编制人数", "25", "财务负责人", name(9)),
            ("联系电话", LANDLINES[3], "电子邮箱", MAIL),
            ("经办人", f"{name(10)} {MOBILES[2]}", "在职人数", "21"),
        ),
    )


def plant_paragraphs() -> tuple[Paragraph, ...]:
    """Running text that names officers and telephone numbers, alone and between amounts."""
    return (
        Paragraph("part", "收支情况说明"),
        Paragraph("heading", "一、收支总体情况"),
        Paragraph("body", f"收入总计1,234.56万元。联系人：{name(0)}，联系电话：{LANDLINES[4]}。"),
        Paragraph("body", f"财务科科长{name(1)}同志负责本项工作，安排经费5万元，手机{MOBILES[3]}。"),
        Paragraph(
            "body", f"公务接待费3万元，经办人：{name(2)}，比上年减少1万元，主要原因是厉行节约（{name(3)}，{LANDLINES[5]}）。"
        ),
        Paragraph("heading", "二、信息公开联系方式"),
        Paragraph("body", f"单位负责人：{name(11)}　电话：{LANDLINES[0]}　邮箱：{MAIL}"),
        Paragraph("body", f"本说明由{name(4)}编制，咨询电话{LANDLINES[1]}，经费8万元。"),
    )


def draw_planted(sample: SampleDisclosure) -> bytes:
    """A sample with names and numbers planted on its title page, in its text, tables, captions and notes."""
    sheets = build_sheets(sample.budget, sample.layout)
    first = replace(
        sheets[0],
        captions=(f"填报单位：示例市文化局　填报人：{name(5)}　联系电话：{LANDLINES[2]}",),
        notes=(f"单位负责人：{name(6)}　财务负责人：{name(7)}　经办人：{name(8)}　联系电话：{MOBILES[0]}",),
    )
    title = f"联系人：{name(9)}　联系电话：{LANDLINES[3]}　传真：{LANDLINES[5]}　{MAIL}"
    return draw_disclosure(
        sample.budget,
        sample.layout,
        small_print=title,
        narrative=plant_paragraphs(),
        sheets=(first, *sheets[1:], *plant_sheets()),
    )


def yusuan(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """One command, as a person gives it."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("YUSUAN_")} | {"COLUMNS": "400"}
    command = [str(YUSUAN), *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, check=False, timeout=600)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose warehouse, release and exports were made from planted documents."""
    folder = tmp_path_factory.mktemp("planted")
    (folder / "in").mkdir()
    samples = {sample.id: sample for sample in sample_disclosures()}
    chosen = sorted(samples.values(), key=lambda sample: len(sample.draw()))[:2]
    for sample in chosen:
        (folder / f"in/{sample.id}.pdf").write_bytes(draw_planted(sample))
    done = yusuan("process", "in", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "printed").mkdir()
    (folder / "printed/process.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    return folder


def read_rows(folder: Path, layer: str) -> Iterator[tuple[str, str]]:
    """Every table of a layer with every value of it, as text."""
    warehouse = Warehouse.open(folder / "data/warehouse")
    with connect(warehouse) as connection:
        known = {row[0] for row in connection.sql("SELECT table_name FROM information_schema.tables").fetchall()}
        for resource in sorted(table for table in known if table.startswith(layer)):
            for row in connection.sql(f"SELECT * FROM {resource}").fetchall():  # noqa: S608 - its own tables
                yield resource, "␟".join(str(value) for value in row)


def find_planted(text: str) -> list[str]:
    """What was planted and stands in a text."""
    return [planted for planted in PLANTED if planted in text]


def test_what_was_planted_is_in_the_documents(office: Path) -> None:
    for path in (office / "in").glob("*.pdf"):
        with pypdfium2.PdfDocument(path) as document:
            text = re.sub(r"\s", "", "".join(page.get_textpage().get_text_range() for page in document))
        assert not [planted for planted in PLANTED if re.sub(r"\s", "", planted) not in text]


def test_what_was_planted_in_tables_is_in_raw(office: Path) -> None:
    raw = "\n".join(text for _, text in read_rows(office, "raw_"))
    for planted in (name(0), name(1), name(2), name(6), name(8), name(9), name(10), "85790721", "85790724", "planted.person"):
        assert planted in raw


@pytest.mark.parametrize("layer", ["core_", "out_"])
def test_nothing_planted_is_in_any_row(office: Path, layer: str) -> None:
    rows = list(read_rows(office, layer))
    assert len(rows) > 100
    found = {
        (resource, planted, text[max(0, text.find(planted) - 80) : text.find(planted) + 40])
        for resource, text in rows
        for planted in find_planted(text)
    }
    assert not found


def test_the_amounts_around_them_are_there(office: Path) -> None:
    rows = "\n".join(text for _, text in read_rows(office, "core_"))
    assert "文化惠民活动" in rows
    assert "amount.total_revenue" in rows


def unfold(path: Path) -> Iterator[str]:
    """All text of a file, unpacked: every value of a table, every member of an archive."""
    data = path.read_bytes()
    if path.suffix == ".parquet":
        table = pq.read_table(path, partitioning=None)
        yield str(table.schema) + str(table.schema.metadata)
        for batch in table.to_batches():
            yield str(batch.to_pylist())
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            for (table,) in connection.sql("SELECT table_name FROM information_schema.tables").fetchall():
                yield str(connection.sql(f"SELECT * FROM {table}").fetchall())  # noqa: S608 - its own tables
    elif path.suffix == ".gz":
        yield gzip.decompress(data).decode("utf-8")
    elif path.suffix in {".xlsx", ".zip"}:
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(member).decode("utf-8", errors="replace") for member in archive.namelist())
    yield data.decode("utf-8", errors="replace")
    yield data.decode("gb18030", errors="replace")


def look_through(*roots: Path) -> dict[str, list[str]]:
    """Files below some folders in which something planted stands."""
    found: dict[str, list[str]] = {}
    for root in roots:
        for path in sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink()):
            planted = sorted({hit for text in unfold(path) for hit in find_planted(text)})
            if planted:
                found[str(path.relative_to(root))] = planted
    return found


def test_nothing_planted_is_in_a_release(office: Path) -> None:
    done = yusuan("release", cwd=office)
    assert done.returncode == 0, done.stdout + done.stderr
    releases = office / "data/warehouse/releases"
    assert len(list(releases.rglob("*.parquet"))) > 10
    assert list(releases.rglob("*.duckdb"))
    assert look_through(releases) == {}


@pytest.mark.parametrize("form", ["csv", "duckdb", "sqlite", "excel", "parquet"])
def test_nothing_planted_is_in_an_export(office: Path, form: str) -> None:
    (office / "exports").mkdir(exist_ok=True)
    target = office / "exports" / {"duckdb": "all.duckdb", "sqlite": "all.sqlite", "excel": "all.xlsx"}.get(form, form)
    done = yusuan("export", target, "--format", form, cwd=office)
    assert done.returncode == 0, done.stdout + done.stderr
    assert look_through(office / "exports") == {}


def test_nothing_planted_is_on_a_page_of_the_reports(office: Path) -> None:
    runs = office / "data/warehouse/runs"
    assert list(runs.rglob("*.html"))
    assert look_through(runs) == {}


def test_nothing_planted_is_printed(office: Path) -> None:
    printed = office / "printed"
    for number, path in enumerate(sorted((office / "in").glob("*.pdf"))):
        for command in (("show", path), ("show", path, "--text"), ("show", path, "--text", "--json"), ("checks", path)):
            done = yusuan(*command, cwd=office)
            file = printed / f"{number}-{'-'.join(str(part) for part in command if part != path)}.txt"
            file.write_text(done.stdout + done.stderr, encoding="utf-8")
            assert len(done.stdout) > 100
    for command in (("findings",), ("findings", "--json")):
        done = yusuan(*command, cwd=office)
        (printed / f"{'-'.join(command)}.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    assert look_through(printed) == {}
