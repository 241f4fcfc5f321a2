"""A table whose title is lost is recognised by its own words, or stays unknown."""

from dataclasses import replace

import pytest
from inline_tables import get_book, make_table

from transforms.budget_lines import DocumentContext, read_tables
from transforms.table_marks import find_contradiction, recognise_table
from transforms.table_types import get_table_type

THREE_PUBLIC = """
合计 | 因公出国（境）费 | 公务用车购置及运行费 | < | < | 公务接待费
^ | ^ | 小计 | 购置费 | 运行费 | ^
13.85 | | 13.55 | | 13.55 | 0.30
"""
SUMMARY = """
收入 | < | 支出 | <
项目 | 预算数 | 项目 | 预算数
一、一般公共预算拨款收入 | 100.00 | 一、一般公共服务支出 | 120.00
二、事业收入 | 20.00 | |
收入总计 | 120.00 | 支出总计 | 120.00
"""
APPROPRIATION = """
收入 | < | 支出 | <
项目 | 预算数 | 项目 | 预算数
一、一般公共预算 | 100.00 | 一、一般公共服务支出 | 100.00
二、政府性基金预算 | | |
收入总计 | 100.00 | 支出总计 | 100.00
"""
REVENUE = """
科目编码 | 科目名称 | 合计 | 财政拨款收入 | 事业收入 | 其他收入
201 | 一般公共服务支出 | 120.00 | 100.00 | 20.00 |
| 合计 | 120.00 | 100.00 | 20.00 |
"""
EXPENDITURE = """
科目编码 | 科目名称 | 合计 | 基本支出 | 项目支出 | 上缴上级支出
201 | 一般公共服务支出 | 120.00 | 100.00 | 20.00 |
"""
AMBIGUOUS = """
科目编码 | 科目名称 | 合计 | 基本支出 | 项目支出
201 | 一般公共服务支出 | 120.00 | 100.00 | 20.00
"""
PROCUREMENT = """
项目 | 合计 | 一般公共预算
合计 | 15.00 | 15.00
货物 | 7.00 | 7.00
工程 | 2.00 | 2.00
服务 | 6.00 | 6.00
"""
TARGETS = """
一级指标 | 二级指标 | 三级指标 | 指标值
产出指标 | 数量指标 | 培训人次 | ≥200
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (THREE_PUBLIC, "three_public_expenditure"),
        (SUMMARY, "revenue_expenditure_summary"),
        (APPROPRIATION, "appropriation_summary"),
        (REVENUE, "revenue_summary"),
        (EXPENDITURE, "expenditure_summary"),
        (PROCUREMENT, "government_procurement"),
        (TARGETS, "project_performance_targets"),
    ],
    ids=["three public", "summary", "appropriation", "revenue", "expenditure", "procurement", "targets"],
)
def test_words_tell_the_type(text, expected):
    assert recognise_table(make_table(text)).type == expected


def test_words_that_fit_several_types_tell_none():
    assert recognise_table(make_table(AMBIGUOUS)) is None


def read(*tables):
    context = DocumentContext("0" * 16, None, "某市某局", None, "department", 2024, "budget")
    return read_tables(tables, context, get_book())


def test_an_untitled_table_is_read_and_told():
    named = make_table(REVENUE, "部门收入总表")
    (_, reading) = read(named, make_table(SUMMARY))
    assert reading.table["table_type"] == "revenue_expenditure_summary"
    assert [finding["finding_kind"] for finding in reading.findings] == ["type-from-words"]
    assert len([line for line in reading.lines if line["amount_cny"] is not None]) == 5


def test_an_untitled_table_that_repeats_a_titled_one_stays_unknown():
    (_, reading) = read(make_table(SUMMARY, "部门收支总表"), make_table(SUMMARY))
    assert reading.table["table_type"] == "unknown"
    assert reading.lines == ()


TRAVEL = """
项目 | 预算数
合计 | 3.54
因公出国（境）费 | 3.54
公务接待费 |
公务用车购置及运行费 |
"""


@pytest.mark.parametrize(("above", "expected"), [("（三）", "three_public_expenditure"), ("具体如下。", "unknown")])
def test_few_amounts_make_a_table_where_no_sentence_stands_above(above, expected):
    (_, reading) = read(make_table(REVENUE, "部门收入总表"), make_table(TRAVEL, above))
    assert reading.table["table_type"] == expected


def test_what_follows_a_sheet_of_targets_without_a_title_is_one():
    plain = make_table("项目 | 金额\n某项目 | 12.00")
    (_, reading) = read(make_table(TARGETS, "项目支出绩效目标表"), plain)
    assert reading.table["table_type"] == "project_performance_targets"


# --- Titles that the words contradict -------------------------------------------------------------------------------------------

BASIC = """
科目编码 | 科目名称 | 合计 | 人员经费 | 公用经费
301 | 工资福利支出 | 100.00 | 100.00 |
30101 | 基本工资 | 100.00 | 100.00 |
"""
CAPITAL = """
科目编码 | 科目名称 | 合计 | 基本支出 | 项目支出
223 | 国有资本经营预算支出 | 20.00 | | 20.00
"""
ECONOMIC_THREE_PUBLIC = """
科目编码 | 科目名称 | 合计
30201 | 办公费 | 1.00
30212 | 因公出国（境）费用 | 1.00
30217 | 公务接待费 | 1.00
30231 | 公务用车运行维护费 | 1.00
"""


@pytest.mark.parametrize(
    ("text", "titled", "is_contradicted"),
    [
        (THREE_PUBLIC, "general_budget_expenditure", True),
        (THREE_PUBLIC, "three_public_expenditure", False),
        (ECONOMIC_THREE_PUBLIC, "general_budget_basic_expenditure", False),
        (SUMMARY, "revenue_summary", True),
        (SUMMARY, "appropriation_summary", False),
        (APPROPRIATION, "general_budget_expenditure", True),
        (REVENUE, "general_budget_expenditure", True),
        (REVENUE, "revenue_summary", False),
        (REVENUE, "expenditure_summary", False),
        (EXPENDITURE, "revenue_summary", True),
        (EXPENDITURE, "expenditure_summary", False),
        (AMBIGUOUS, "government_fund_expenditure", True),
        (AMBIGUOUS, "state_capital_expenditure", True),
        (AMBIGUOUS, "general_budget_expenditure", False),
        (BASIC, "general_budget_expenditure", True),
        (BASIC, "general_budget_basic_expenditure", False),
        (AMBIGUOUS, "general_budget_basic_expenditure", True),
        (CAPITAL, "general_budget_expenditure", True),
        (CAPITAL, "state_capital_expenditure", False),
    ],
)
def test_title_is_contradicted_only_by_words_that_no_such_table_holds(text: str, titled: str, is_contradicted: bool) -> None:
    assert (find_contradiction(make_table(text), get_table_type(titled)) is not None) is is_contradicted


def test_contradicted_title_stands_and_is_told() -> None:
    context = DocumentContext("0" * 16, None, "某市某局", None, "department", 2024, "budget")
    (reading,) = read_tables([make_table(REVENUE, "一般公共预算支出表")], context, get_book())
    assert reading.table["table_type"] == "general_budget_expenditure"
    (told,) = [finding for finding in reading.findings if finding["finding_kind"] == "title-contradicted"]
    assert "事业收入" in told["message"]
    assert told["page"] == 1


def test_unit_that_only_a_table_without_title_states_holds_for_the_others() -> None:
    context = DocumentContext("0" * 16, None, "某市某局", None, "department", 2024, "budget")
    lost, other = make_table(SUMMARY, "某某", unit="千元"), make_table(AMBIGUOUS, "部门支出总表")
    bare = replace(other, captions=other.captions[:1])
    readings = read_tables([lost, replace(bare, ordinal=2)], context, get_book())
    assert [reading.table["unit_reported"] for reading in readings] == ["千元", "千元"]
