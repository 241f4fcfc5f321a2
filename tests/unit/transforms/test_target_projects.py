"""Projects of a document, joined by name; and the profile that a department states of itself."""

import dataclasses
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from inline_tables import make_table, read_table

from transforms.targets.profile import read_profile
from transforms.targets.projects import ProjectReading, read_projects
from transforms.targets.reading import read_targets
from warehouse.records import RawDocument, RawTable

HEADER = "一级指标 | 二级指标 | 三级指标 | 指标值"
HEAD = "项目名称 | 道路养护 | 实施单位 | 甲所\n资金金额(万元) | 资金总额： | 12.50 | <"
SHEET = f"{HEAD}\n{HEADER}\n产出指标 | 数量指标 | 里程 | ≥30公里"


def read(tables: Sequence[RawTable], lines: Sequence[dict[str, Any]] = ()) -> ProjectReading:
    numbered = tuple(dataclasses.replace(table, ordinal=i) for i, table in enumerate(tables, 1))
    types = {table.ordinal: "project_performance_targets" for table in numbered}
    return read_projects(read_targets(RawDocument("0" * 16, (), (), numbered), types), lines, {"t": 9})


def make_lines(*rows: tuple[str, str | None, str]) -> list[dict[str, Any]]:
    """Lines of a project table: project, unit, amount in yuan."""
    return [
        {
            "line_id": f"l{number}",
            "table_type": "project_expenditure",
            "table_id": "t",
            "line_number": number,
            "project_name": project,
            "unit_name": unit,
            "row_kind": "item",
            "fund_type": "all",
            "amount_basis": "budget",
            "amount_cny": Decimal(amount),
            "amount_reported": amount,
            "unit_reported": "元",
            "function_code": "2140106",
            "page": 5,
            "bbox": [0.0, 0.0, 1.0, 1.0],
        }
        for number, (project, unit, amount) in enumerate(rows, 1)
    ]


def test_a_sheet_gives_a_project_with_unit_amount_and_the_number_of_its_targets() -> None:
    (project,) = read([make_table(SHEET)]).projects
    assert (project["project"], project["unit_name"], project["amount_cny"], project["target_count"]) == (
        "道路养护",
        "甲所",
        Decimal("125000.00"),
        1,
    )


def test_targets_carry_the_number_of_their_project() -> None:
    second = make_table(SHEET.replace("甲所", "乙所").replace("12.50", "3.00"))
    reading = read([make_table(SHEET), second])
    assert [target["project_number"] for target in reading.targets] == [1, 2]


def test_a_line_of_a_project_table_is_joined_by_name_and_unit() -> None:
    reading = read([make_table(SHEET), make_table(SHEET.replace("甲所", "乙所"))], make_lines(("道路养护", "乙所", "125000.00")))
    assert [project["line_ids"] for project in reading.projects] == [[], ["l1"]]
    assert [project["function_code"] for project in reading.projects] == [None, "2140106"]


def test_two_projects_of_one_name_are_told_apart_by_the_amount() -> None:
    second = make_table(SHEET.replace("甲所", "乙所").replace("12.50", "3.00"))
    reading = read([make_table(SHEET), second], make_lines(("道路养护", None, "30000.00")))
    assert [project["line_ids"] for project in reading.projects] == [[], ["l1"]]


def test_a_name_that_two_projects_share_is_joined_to_no_line() -> None:
    second = make_table(SHEET.replace("甲所", "乙所"))
    reading = read([make_table(SHEET), second], make_lines(("道路养护", None, "7.00")))
    assert [project["line_ids"] for project in reading.projects] == [[], []]


def test_a_project_that_only_the_table_names_takes_its_amount_from_there() -> None:
    (project,) = read([], make_lines(("桥梁检测", "甲所", "50000.00"))).projects
    assert (project["project_source"], project["amount_cny"], project["target_count"]) == (
        "project_table",
        Decimal("50000.00"),
        0,
    )


def test_amounts_of_several_rows_are_never_summed() -> None:
    (project,) = read([], make_lines(("桥梁检测", "甲所", "50000.00"), ("桥梁检测", "甲所", "20000.00"))).projects
    assert (project["amount_cny"], project["line_ids"]) == (None, ["l1", "l2"])


def test_an_amount_without_a_stated_unit_is_not_taken_for_yuan() -> None:
    (project,) = read([make_table(SHEET.replace("(万元)", ""))]).projects
    assert (project["amount_reported"], project["amount_cny"]) == ("12.50", None)


def test_a_profile_gives_each_value_under_the_keys_in_front_of_it() -> None:
    table = make_table("收入构成 | 财政拨款 | 1683.45\n | 合计 | 1700.00\n单位职能 | 拟订规划 | <", "基本信息表")
    assert [(entry["entry_key"], entry["entry_value"]) for entry in read_profile([table])] == [
        ("收入构成/财政拨款", "1683.45"),
        ("收入构成/合计", "1700.00"),
        ("单位职能", "拟订规划"),
    ]


def test_officers_and_telephone_numbers_are_no_entries_of_a_profile() -> None:
    table = make_table(
        "部门负责人 | 张三丰 | 联系电话 | 85790720\n编制人数 | 21 | 财务负责人 | 李四光\n内设机构 | 5 | |", "基本信息表"
    )
    entries = read_profile([table])
    kept = repr(entries)
    assert not any(planted in kept for planted in ("张三丰", "85790720", "李四光"))
    assert [(entry["entry_key"], entry["entry_value"]) for entry in entries] == [("编制人数", "21"), ("内设机构", "5")]


def test_what_stands_under_an_officer_is_no_entry() -> None:
    table = make_table("部门负责人 | 姓名 | 张三丰\n | 职务 | 局长\n编制 | 人数 | 21", "基本信息表")
    assert [(entry["entry_key"], entry["entry_value"]) for entry in read_profile([table])] == [("编制/人数", "21")]


def test_the_table_of_another_type_is_not_a_project_table() -> None:
    lines = [dict(line, table_type="government_procurement") for line in make_lines(("桥梁检测", "甲所", "50000.00"))]
    assert read([], lines).projects == ()
    assert read_table("收入预算总表", "项目 | 预算数\n合计 | 1.00").lines
