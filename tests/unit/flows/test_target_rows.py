"""Targets, projects and profile of a document as rows that the metadata accepts."""

from flows.targets import read_target_rows
from transforms.budget_lines import DocumentContext, read_tables
from transforms.codes import make_code_book
from warehouse.codes import load_code_list
from warehouse.metadata.schema import to_arrow_table
from warehouse.records import RawCell, RawDocument, RawTable, TextLine

DOCUMENT = "0" * 16
SHEET = [
    "项目名称|道路养护|实施单位|甲所",
    "资金金额（万元）|资金总额：|12.50|",
    "一级指标|二级指标|三级指标|指标值",
    "产出指标|数量指标|里程|≥30公里",
]
PROFILE = ["部门负责人|张三丰", "编制人数|21"]


def make_table(ordinal: int, title: str, rows: list[str]) -> RawTable:
    """A table without merged cells on page 1, under its title."""
    texts = [row.split("|") for row in rows]
    width = len(texts[0])
    cells = tuple(
        RawCell(1, r, c, 1, 1, text, (60.0 * c, 50.0 + 12 * r, 60.0 * c + 60, 62.0 + 12 * r), agreed=True)
        for r, row in enumerate(texts)
        for c, text in enumerate(row)
    )
    edges = tuple(60.0 * i for i in range(width + 1))
    box = (0.0, 50.0, 60.0 * width, 50.0 + 12 * len(rows))
    caption = (TextLine(1, title, (10.0, 10.0, 300.0, 22.0)),)
    return RawTable(ordinal, (1,), len(rows), width, cells, edges, box, "text", caption, ((1, 0),))


def test_rows_fit_the_metadata_and_name_their_table() -> None:
    raw = RawDocument(DOCUMENT, (), (), (make_table(1, "项目支出绩效目标表", SHEET), make_table(2, "基本信息表", PROFILE)))
    schemes = {scheme: load_code_list(scheme) for scheme in ("function", "econ_department", "econ_government")}
    context = DocumentContext(DOCUMENT, None, "某局", None, "department", 2024, "budget")
    readings = read_tables(raw.tables, context, make_code_book(schemes))
    found = read_target_rows(raw, readings, [], DOCUMENT)
    owner = {"processing_id": "p", "document_id": DOCUMENT}
    counts = {name: to_arrow_table(name, [owner | dict(row) for row in rows]).num_rows for name, rows in found.rows.items()}
    assert counts == {"core_performance_targets": 1, "core_projects": 1, "core_department_profile": 1}
    assert {row["table_id"] for rows in found.rows.values() for row in rows} == {
        reading.table["table_id"] for reading in readings
    }
    assert found.rows["core_performance_targets"][0]["project_number"] == found.rows["core_projects"][0]["project_number"]
    assert "张三丰" not in repr(found)
