"""Published titles and the tables that they name."""

import pytest

from transforms.table_types import classify_title, find_title, find_unit, get_table_type, refine_by_title
from warehouse.records import TextLine


def find(*lines: str) -> tuple[str | None, str | None, str | None]:
    """Type, text and number of the title in lines one under the other."""
    captions = [TextLine(1, line, (10.0, 10.0 + 20 * i, 300.0, 22.0 + 20 * i)) for i, line in enumerate(lines)]
    title = find_title(captions)
    if title is None:
        return None, None, None
    return title.table_type.type if title.table_type else None, title.text, title.number


TITLES = """
部门收支总体情况表=revenue_expenditure_summary
收支总表=revenue_expenditure_summary
部门公开表1 部门收支总表=revenue_expenditure_summary
部门收支总表单位:万元=revenue_expenditure_summary
表1-1部门收入总表=revenue_summary
表1-2 部门支出总表=expenditure_summary
表2-1 财政拨款支出预算表(部门经济分类科目)=appropriation_expenditure
财政拨款收支预算总表=appropriation_summary
表3 一般公共预算支出预算表=general_budget_expenditure
一般公共预算基本支出预算表=general_budget_basic_expenditure
一般公共预算项目支出预算表=project_expenditure
一般公共预算“三公”经费支出预算表=three_public_expenditure
政府性基金支出预算表=government_fund_expenditure
政府性基金预算“三公”经费支出预算表=three_public_expenditure
国有资本经营预算支出预算表=state_capital_expenditure
支出预算分类汇总表(按政府预算经济分类)=expenditure_summary
支出预算分类汇总表(按部门预算经济分类)=expenditure_summary
一般公共预算基本支出表--人员经费(工资福利支出)(按政府预算经济分类)=general_budget_basic_expenditure
一般公共预算基本支出表-公用经费(商品和服务支出)=general_budget_basic_expenditure
一般公共预算基本支出表—人员经费=general_budget_basic_expenditure
政府性基金预算支出分类汇总表(按政府预算经济分类)=government_fund_expenditure
财政专户管理资金预算支出表=None
非税收入计划表=None
非税收入征收计划表=None
省级专项资金预算汇总表=project_expenditure
收入支出决算总表=revenue_expenditure_summary
收入决算表=revenue_summary
支出决算表=expenditure_summary
财政拨款收入支出决算总表=appropriation_summary
一般公共预算财政拨款支出决算表=general_budget_expenditure
一般公共预算财政拨款收入支出决算表=general_budget_expenditure
一般公共预算财政拨款基本支出决算表=general_budget_basic_expenditure
一般公共预算财政拨款基本支出决算明细表=general_budget_basic_expenditure
一般公共预算财政拨款“三公”经费支出决算表=three_public_expenditure
财政拨款“三公”经费支出决算表=three_public_expenditure
政府性基金预算财政拨款收入支出决算表=government_fund_expenditure
国有资本经营预算财政拨款支出决算表=state_capital_expenditure
机构运行信息表=three_public_expenditure
机构运行信息决算表=three_public_expenditure
国有资产占用情况表=None
一般公共预算支出情况表(按功能分类科目)=general_budget_expenditure
一般公共预算基本支出情况表(按支出经济分类科目)=general_budget_basic_expenditure
一般公共预算项目支出情况表(按支出经济分类科目)=project_expenditure
一般公共预算安排的行政经费及“三公”经费预算表=three_public_expenditure
政府性基金预算支出情况表=government_fund_expenditure
部门预算基本支出预算表=basic_expenditure
部门预算项目支出及其他支出预算表=project_expenditure
高等学校收支预算总表=revenue_expenditure_summary
高等学校收入预算表=revenue_summary
高等学校支出预算表=expenditure_summary
高等学校财政拨款支出预算表=appropriation_expenditure
部门财务收支预算总表=revenue_expenditure_summary
部门收入预算表=revenue_summary
部门支出预算表=expenditure_summary
部门财政拨款收支预算总表=appropriation_summary
一般公共预算支出预算表(按功能科目分类)=general_budget_expenditure
一般公共预算“三公”经费支出预算表=three_public_expenditure
部门基本支出预算表(人员类、运转类公用经费项目)=basic_expenditure
部门项目支出预算表(其他运转类、特定目标类项目)=project_expenditure
部门项目支出绩效目标表=project_performance_targets
部门政府采购预算表=government_procurement
部门政府购买服务预算表=purchased_services
市对下转移支付预算表=None
市对下转移支付绩效目标表=project_performance_targets
新增资产配置表=None
上级转移支付补助项目支出预算表=project_expenditure
部门项目支出中期规划预算表=project_expenditure
2024年部门预算收支总表=revenue_expenditure_summary
部门收入总体情况表=revenue_summary
部门支出总体情况表=expenditure_summary
财政拨款收支总体情况表=appropriation_summary
一般公共预算支出情况表=general_budget_expenditure
一般公共预算基本支出情况表=general_budget_basic_expenditure
项目支出表=project_expenditure
本年项目支出明细表=project_expenditure
部门综合预算收支总表=revenue_expenditure_summary
一般公共预算机关运行经费预算表=agency_operating_expenditure
一般公共预算拨款支出预算表=general_budget_expenditure
财政拨款预算支出明细表(按支出功能分类)=appropriation_expenditure
项目经费支出预算表=project_expenditure
一般公共预算财政拨款支出明细表(按经济分类科目)=general_budget_expenditure_by_economic
一般公共预算支出明细表(按政府经济科目)=general_budget_expenditure_by_economic
单位收入总表=revenue_summary
单位支出总表=expenditure_summary
单位收支总表=revenue_expenditure_summary
2023年度部门决算公开表=None
部门预算公开表=None
政府采购支出表=government_procurement
部门收支预算总表(批复)=revenue_expenditure_summary
收入预算总表=revenue_summary
支出预算总表=expenditure_summary
公共预算收支总表=revenue_expenditure_summary
一般公共预算收支总表=appropriation_summary
财政拨款基本支出预算表=appropriation_basic_expenditure
部门支出总表(按经济分类)=expenditure_summary
部门预算支出经济分类汇总表=expenditure_summary
债务收支预算表=None
社会保险基金预算收支表=None
一般公共预算“三公”经费、会议费、培训费支出情况表=three_public_expenditure
行政事业性国有资产情况表=None
会议费、培训费支出情况表=None
某局公用经费支出预算表=None
人员类项目支出预算表=None
对个人和家庭的补助支出预算表=None
本级财力安排支出预算表=None
债务还本付息支出表=None
基本支出预算表(人员类、公用经费项目)=basic_expenditure
项目支出预算表(其他运转类、特定目标类项目)=project_expenditure
"""


@pytest.mark.parametrize(("title", "expected"), [line.rsplit("=", 1) for line in TITLES.strip().splitlines()])
def test_title_names_its_table(title: str, expected: str) -> None:
    assert str(find(title)[0]) == expected


@pytest.mark.parametrize(
    ("line", "text", "number"),
    [
        ("表3 一般公共预算支出预算表", "一般公共预算支出预算表", "表3"),
        ("表五 一般公共预算支出表", "一般公共预算支出表", "表五"),
        ("表十一般公共预算支出表", "一般公共预算支出表", "表十"),
        ("表十一政府采购预算表", "政府采购预算表", "表十一"),
        ("公开05表 一般公共预算支出表", "一般公共预算支出表", "公开05表"),
        ("部门公开表6 一般公共预算支出表", "一般公共预算支出表", "部门公开表6"),
        ("表2-1 财政拨款支出预算表", "财政拨款支出预算表", "表2-1"),
        ("部门收支总表 单位：万元", "部门收支总表", None),
        ("部门收支总表 编制单位：某市某局", "部门收支总表", None),
    ],
)
def test_number_and_unit_beside_a_title_are_no_part_of_it(line: str, text: str, number: str | None) -> None:
    assert find(line)[1:] == (text, number)


def test_title_over_two_lines() -> None:
    found = find("公开09表：一般公共预算“三公”经费、会议费、培训费", "支出预算表", "部门：", "单位：万元")
    assert found[:2] == ("three_public_expenditure", "一般公共预算“三公”经费、会议费、培训费支出预算表")


def test_title_broken_inside_a_word() -> None:
    """Set alike, and another table together than the second half alone (which would be the expenditure of all funds)."""
    lines = [TextLine(1, text, (50.0, top, 250.0, top + 14)) for text, top in (("表10 政府", 10.0), ("性基金预算支出表", 32.0))]
    found = find_title(lines)
    assert found is not None
    assert (found.table_type.type, found.text) == ("government_fund_expenditure", "政府性基金预算支出表")


def test_number_above_the_unit_and_both_halves_of_a_title() -> None:
    found = find("公开06表", "金额单位：万元", "一般公共预算拨款支出及", "基本支出表")
    assert found == ("general_budget_basic_expenditure", "一般公共预算拨款支出及基本支出表", "公开06表")


def test_a_short_first_half_with_digits_of_another_font_is_an_eighth_higher():
    lines = [TextLine(1, "2024年一般", (384.4, 407.3, 457.5, 423.0)), TextLine(1, "公共预算支出表", (371.9, 429.3, 469.9, 443.3))]
    found = find_title(lines)
    assert (found.table_type.type, found.text) == ("general_budget_expenditure", "2024年一般公共预算支出表")


def test_small_line_above_a_title_is_no_half_of_it() -> None:
    lines = [TextLine(1, "政府", (50.0, 22.0, 70.0, 31.0)), TextLine(1, "性基金预算支出表", (50.0, 32.0, 250.0, 46.0))]
    found = find_title(lines)
    assert found is not None
    assert found.text == "性基金预算支出表"


def test_sentence_about_a_table_is_no_title() -> None:
    assert find("收入预算总表的情况如下：") == (None, None, None)
    assert find("以上见一般公共预算支出表。") == (None, None, None)


def test_number_on_the_line_above() -> None:
    assert find("预算05表", "一般公共预算支出表") == ("general_budget_expenditure", "一般公共预算支出表", "预算05表")


def test_title_narrows_the_fund_of_an_open_type() -> None:
    title = "一般公共预算项目支出预算表"
    table_type = classify_title(title)
    assert table_type is not None
    assert refine_by_title(table_type, title).fund == "general_public_budget"


@pytest.mark.parametrize(
    ("line", "unit"),
    [("单位：万元", "万元"), ("金额单位：人民币元", "元"), ("（亿元）", "亿元"), ("单位名称：某局", None), ("元旦", None)],
)
def test_unit_of_amounts(line: str, unit: str | None) -> None:
    assert find_unit([line]) == unit


def test_type_outside_the_catalogue_is_an_error() -> None:
    with pytest.raises(LookupError, match="not a table type"):
        get_table_type("everything")
