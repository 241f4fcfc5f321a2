"""What titles say, and what only looks like a budget."""

import pytest

from extractors.titles import load_title_rules, read_title

RULES = load_title_rules()


@pytest.mark.parametrize(
    ("title", "year", "phase", "department"),
    [
        ("示例市审计局2026年部门预算", 2026, "budget", "示例市审计局"),
        ("2026年度示例市审计局部门预算公开", 2026, "budget", "示例市审计局"),
        ("示例市商务局（本级）2024年度单位决算公开", 2024, "final", "示例市商务局（本级）"),
        ("2025年示例市卫生健康委员会属各单位预算公开", 2025, "budget", "示例市卫生健康委员会"),
        ("国务院示例委部门预算（2026年）", 2026, "budget", "国务院示例委"),
        ("000-418-示例市规划局-2026年部门预算情况说明.pdf", 2026, "budget", "示例市规划局"),
        ("一、示例局2024年决算", 2024, "final", "示例局"),
        ("2026 年示例市 卫生健康委员会\u200b部门预算", 2026, "budget", "示例市卫生健康委员会"),
        ("2025年度部门预算公开", 2025, "budget", ""),
        ("示例市交通运输局2019年调整预算公开(债券）", 2019, "budget", "示例市交通运输局"),
        ("示例市审计局2026年度部门预算及绩效目标公开", 2026, "budget", "示例市审计局"),
        ("关于公开2026年示例局部门预算的说明", 2026, "budget", "示例局"),
    ],
)
def test_a_disclosure_says_year_phase_and_department(title, year, phase, department):
    facts = read_title(title, RULES)
    assert (facts.fiscal_year, facts.phase, facts.department_name) == (year, phase, department)
    assert RULES.is_disclosure(title)


@pytest.mark.parametrize(
    "title",
    [
        "示例市2025年度市本级预算执行和其他财政收支审计工作报告",
        "关于示例局2024年度决算审计结果的公告",
        "关于下达2026年文旅发展专项资金预算的通知",
        "示例局2026年部门预算项目绩效目标表",
        "示例局2025年度部门决算绩效评价报告",
        "关于示例局2026年部门预算的批复",
        "示例市2026年三公经费预算统计表",
        "示例市2026年政府预算公开",
        "示例工程2025年竣工决算审核报告",
        "示例大学财务信息公开实施细则（2023年预算修订）",
        "示例局召开2026年部门预算编制工作会议",
        "部门预算公开",
        "示例局2026年工作总结",
        "2026年政府专项资金明细项目表",
    ],
)
def test_what_only_looks_like_a_budget_is_none(title):
    assert not RULES.is_disclosure(title)


@pytest.mark.parametrize(
    "title",
    ["示例市新闻工作者协会2026年部门预算", "示例市培训管理服务中心2025年部门预算", "政协示例市委员会办公厅2026年度部门预算"],
)
def test_a_name_with_a_suspicious_word_in_it_still_has_a_budget(title):
    assert RULES.is_disclosure(title)


@pytest.mark.parametrize("text", ["部门预决算公开", "财政预决算", "预算公开", "[政府部门财政预决算]", "部门预算", "市级部门预算"])
def test_columns_are_known_by_their_names(text):
    assert RULES.is_column(text)


@pytest.mark.parametrize("text", ["示例局2026年部门预算", "预算法", "财政新闻"])
def test_documents_and_news_are_no_columns(text):
    assert not RULES.is_column(text)


@pytest.mark.parametrize("text", ["", "请详见附件", "附件", "附件1：", "点击下载", "查看"])
def test_link_texts_that_say_nothing(text):
    assert RULES.says_nothing(text)


def test_a_source_adds_patterns_of_its_own():
    rules = load_title_rules(include=["收支情况表"], exclude=["示例乙局"])
    assert rules.is_disclosure("示例甲局收支情况表")
    assert not rules.is_disclosure("示例乙局2026年部门预算")


def test_a_title_of_a_megabyte_costs_no_time():
    assert read_title("预算" * 500_000, RULES).fiscal_year is None
