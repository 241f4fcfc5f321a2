"""Columns of header trees as they are published: of the centre, of provinces and of cities, budgets and final accounts."""

import pytest
from inline_tables import get_book, get_findings, make_table, read_table

from transforms.columns import Column, Header
from transforms.grid import make_grid
from transforms.header_rows import find_first_data_row, is_numbering_row
from transforms.header_vocabulary import find_nearest_terms
from transforms.headers import read_header
from transforms.table_types import classify_title, refine_by_title


def read_columns(title: str, text: str, *, year: int = 2024, phase: str = "budget") -> Header:
    table_type = classify_title(title)
    assert table_type is not None
    return read_header(make_grid(make_table(text)), refine_by_title(table_type, title), get_book(), year, phase)


def measure(column: Column) -> str:
    """What an amount column measures: fund, kind, basis and item, the usual values left out."""
    if column.role != "amount":
        return column.role
    shown = (
        column.fund if column.fund != "all" else None,
        column.kind if column.kind != "total" else None,
        column.basis if column.basis not in {"budget", "actual"} else None,
        column.item_key,
        *column.codes.values(),
    )
    return " ".join(part for part in shown if part) or "total"


def get_measures(title: str, text: str, **facts: object) -> list[str]:
    return [measure(column) for column in read_columns(title, text, **facts).columns]


CASES: dict[str, tuple[str, str, dict[str, object], list[str]]] = {
    "ministry, budget against last year's execution": (
        "一般公共预算支出表",
        """
功能分类科目|<|2023年执行数|2024年预算数|<|<|2024年预算数比2023年执行数|<
科目编码|科目名称|^|小计|基本支出|项目支出|增减额|增减%
2010101|行政运行|60.00|70.00|70.00||10.00|16.67%
""",
        {},
        [
            "code",
            "label",
            "general_public_budget prior_year_actual",
            "general_public_budget",
            "general_public_budget basic",
            "general_public_budget project",
            "general_public_budget change",
            "quantity",
        ],
    ),
    "ministry, revenue with an of-which of institutional revenue": (
        "部门收入总表",
        """
科目|<|合计|上年结转|一般公共预算拨款收入|政府性基金预算拨款收入|国有资本经营预算拨款收入|事业收入|<|事业单位经营收入|上级补助收入|附属单位上缴收入|其他收入|使用非财政拨款结余
科目编码|科目名称|^|^|^|^|^|金额|其中：教育收费|^|^|^|^|^
205|教育支出|100.00|5.00|60.00|1.00|2.00|20.00|10.00|3.00|4.00|1.00|2.00|2.00
""",
        {},
        [
            "code",
            "label",
            "total",
            "carry_over",
            "general_public_budget",
            "government_fund",
            "state_capital",
            "institutional_revenue",
            "institutional_revenue",
            "business_revenue",
            "superior_subsidy",
            "affiliate_remittance",
            "other_revenue",
            "balance_use",
        ],
    ),
    "three public expenses of two years side by side": (
        "一般公共预算“三公”经费支出表",
        """
2023年预算数|<|<|<|<|<|2024年预算数|<|<|<|<|<
合计|因公出国（境）费|公务用车购置及运行费|<|<|公务接待费|合计|因公出国（境）费|公务用车购置及运行费|<|<|公务接待费
^|^|小计|公务用车购置费|公务用车运行费|^|^|^|小计|公务用车购置费|公务用车运行费|^
10.00|1.00|8.00|3.00|5.00|1.00|11.00|1.00|9.00|4.00|5.00|1.00
""",
        {},
        [
            f"general_public_budget {basis}{item}"
            for basis in ("prior_year_budget ", "")
            for item in (
                "three_public_total",
                "overseas_travel",
                "official_vehicles",
                "vehicle_purchase",
                "vehicle_operation",
                "hospitality",
            )
        ],
    ),
    "final account, last year, budget, adjusted budget and actual": (
        "一般公共预算财政拨款支出决算表",
        """
项目|<|上年决算数|年初预算数|调整预算数|本年决算数|<|完成年初预算的%
科目编码|科目名称|^|^|^|合计|基本支出|^
201|一般公共服务支出|90.00|95.00|99.00|100.00|70.00|105.26
""",
        {"year": 2023, "phase": "final"},
        [
            "code",
            "label",
            "general_public_budget prior_year_actual",
            "general_public_budget",
            "general_public_budget adjusted_budget",
            "general_public_budget",
            "general_public_budget basic",
            "quantity",
        ],
    ),
    "final account, balances and revenue beside expenditure": (
        "一般公共预算财政拨款支出决算表",
        """
项目|<|年初结转和结余|<|<|本年收入|<|<|本年支出|<|<|年末结转和结余|<|<
科目编码|科目名称|合计|基本支出结转|项目支出结转和结余|合计|基本支出|项目支出|合计|基本支出|项目支出|合计|基本支出结转|项目支出结转和结余
201|一般公共服务支出|5.00|2.00|3.00|100.00|60.00|40.00|98.00|60.00|38.00|7.00|2.00|5.00
""",
        {"year": 2018, "phase": "final"},
        [
            "code",
            "label",
            "carry_over carry_over",
            "carry_over basic",
            "carry_over project",
            "general_public_budget total_revenue_current",
            "general_public_budget basic",
            "general_public_budget project",
            "general_public_budget",
            "general_public_budget basic",
            "general_public_budget project",
            "general_public_budget carry_forward",
            "general_public_budget carry_forward",
            "general_public_budget carry_forward",
        ],
    ),
    "province, economic classes as columns, government classification": (
        "支出预算分类汇总表（按政府预算经济分类）",
        """
科目编码|科目名称|总计|机关工资福利支出|机关商品和服务支出|机关资本性支出（一）|对个人和家庭的补助|其他支出
2010101|行政运行|90.00|40.00|30.00|5.00|10.00|5.00
""",
        {},
        ["code", "label", "total", "501", "502", "503", "509", "599"],
    ),
    "province, economic classes under kinds, department classification": (
        "支出预算分类汇总表（按部门预算经济分类）",
        """
科目编码|科目名称|总计|基本支出|<|<|项目支出|<|<
^|^|^|合计|工资福利支出|对个人和家庭的补助|合计|按项目管理的商品和服务支出|资本性支出
2010101|行政运行|90.00|60.00|40.00|20.00|30.00|20.00|10.00
""",
        {},
        ["code", "label", "total", "basic", "basic 301", "basic 303", "project", "project 302", "project 310"],
    ),
    "national template of projects, balances by fund": (
        "项目支出表",
        """
类型|项目名称|项目单位|合计|本年拨款|<|财政拨款结转结余|<|财政专户管理资金|单位资金
^|^|^|^|一般公共预算|政府性基金预算|一般公共预算|政府性基金预算|^|^
其他运转类|物业|某局本级|50.00|30.00||10.00|||10.00
""",
        {},
        [
            "attribute",
            "label",
            "unit_name",
            "project",
            "general_public_budget project",
            "government_fund project",
            "carry_over project",
            "carry_over project",
            "special_account project",
            "unit_funds project",
        ],
    ),
    "what is left out in brackets is not the fund": (
        "部门收入总表",
        """
科目编码|科目名称|合计（含上年结转）|事业收入（不含教育收费）|非同级财政拨款收入|非财政拨款收入
205|教育支出|40.00|20.00|10.00|10.00
""",
        {},
        ["code", "label", "total", "institutional_revenue", "other_revenue", "unit_funds"],
    ),
    "year above, word below": (
        "一般公共预算支出表",
        """
科目编码|科目名称|2023年|<|2024年
^|^|预算数|执行数|预算数
201|一般公共服务支出|80.00|70.00|90.00
""",
        {},
        [
            "code",
            "label",
            "general_public_budget prior_year_budget",
            "general_public_budget prior_year_actual",
            "general_public_budget",
        ],
    ),
    "one heading over codes and names": (
        "一般公共预算支出表",
        """
科目|<|本年支出
201|一般公共服务支出|100.00
2010101|行政运行|100.00
合计|<|100.00
""",
        {},
        ["code", "label", "general_public_budget"],
    ),
    "the month of a purchase is no money, its sum is": (
        "政府采购预算表",
        """
采购项目名称|实施采购时间|数量|采购金额
办公设备|6|10|60.00
""",
        {},
        ["label", "attribute", "quantity", "total"],
    ),
    "empty columns of a template measure what they are headed": (
        "政府性基金预算支出表",
        """
科目编码|科目名称|本年政府性基金预算支出|<|<
^|^|合计|基本支出|项目支出
合计|<|||
""",
        {},
        ["code", "label", "government_fund", "government_fund basic", "government_fund project"],
    ),
}


@pytest.mark.parametrize(("title", "text", "facts", "expected"), CASES.values(), ids=CASES.keys())
def test_columns_mean_what_their_headings_say(title: str, text: str, facts: dict[str, object], expected: list[str]) -> None:
    assert get_measures(title, text, **facts) == expected


def test_revenue_columns_of_a_fund_table_are_revenue() -> None:
    header = read_columns(
        "政府性基金预算财政拨款收入支出决算表",
        """
项目|<|年初结转和结余|本年收入|本年支出|<|<|年末结转和结余
科目代码|科目名称|^|^|小计|基本支出|项目支出|^
212|城乡社区支出|1.00|10.00|9.00||9.00|2.00
""",
        phase="final",
    )
    assert [c.direction for c in header.columns[2:]] == ["revenue", "revenue", None, None, None, None]


def test_an_opening_balance_among_sources_of_expenditure_is_a_source() -> None:
    text = "项目名称|合计|一般公共预算|上年结转\n物业|30.00|20.00|10.00"
    column = read_columns("项目支出表", text).columns[3]
    assert (measure(column), column.direction) == ("carry_over project", None)


def test_headers_repeated_on_later_pages_are_no_texts_of_a_column_with_few_amounts() -> None:
    header = "项目名称|合计|项目\n"
    text = header + "一、教育支出|9.00|-\n" + (header + "二、科学技术支出|9.00|-\n") * 3 + "三、国防支出|5.00|5.00"
    assert read_columns("支出总表", text).columns[2].role == "amount"


def test_a_row_of_withheld_amounts_is_no_header() -> None:
    header = read_columns("支出总表", "项目|合计|项目支出\n一般公共服务支出|**|**\n一、教育支出|9.00|9.00")
    assert (header.first_data_row, header.columns[1].path) == (1, ("合计",))


def test_part_of_a_fund_is_noted() -> None:
    text = (
        "科目编码|科目名称|合计|当年财政拨款安排|中央提前通知专项转移支付|上年结转安排\n201|一般公共服务支出|9.00|4.00|3.00|2.00"
    )
    columns = read_columns("一般公共预算支出预算表", text).columns
    assert [c.note for c in columns[2:]] == [None, "of which: 当年财政拨款安排", "of which: 中央提前通知专项转移支付", None]
    assert [measure(c) for c in columns[3:]] == ["general_public_budget", "general_public_budget", "carry_over"]


def test_group_of_classes_that_is_no_class_is_a_noted_part() -> None:
    text = """
科目编码|科目名称|总计|工资津补贴|<|<|住房公积金
^|^|^|小计|基本工资|津贴补贴|^
2010101|行政运行|80.00|70.00|40.00|30.00|10.00
"""
    columns = read_columns("一般公共预算基本支出表--人员经费(工资福利支出)(按部门预算经济分类)", text).columns
    assert [tuple(c.codes.values()) for c in columns[2:]] == [(), (), ("30101",), ("30102",), ("30113",)]
    assert columns[3].note == "of which: 工资津补贴"


def test_header_with_codes_in_its_second_row_is_still_header() -> None:
    text = """
科目编码|科目名称|合计|基本支出|<
^|^|^|301工资福利支出|302商品和服务支出
2010101|行政运行|80.00|50.00|30.00
"""
    grid = make_grid(make_table(text))
    assert find_first_data_row(grid) == 2
    assert [measure(c) for c in read_columns("部门支出总表", text).columns[3:]] == ["basic 301", "basic 302"]


def test_title_inside_the_frame_says_nothing_about_a_column() -> None:
    text = "2024年基本支出预算表|<|<\n科目编码|科目名称|合计\n2010101|行政运行|80.00"
    assert read_columns("部门支出总表", text).columns[2].path == ("合计",)


@pytest.mark.parametrize(
    "heading",
    ["2021年决算数", "2026年预算数", "奇怪的钱", "某市某中心", "其他支出"],
    ids=["three years ago", "two years ahead", "unknown word", "a unit", "a class that is alone"],
)
def test_column_without_a_known_meaning_is_loud(heading: str) -> None:
    reading = read_table("一般公共预算支出表", f"科目编码|科目名称|合计|{heading}\n201|一般公共服务支出|9.00|3.00")
    assert "unknown-header" in get_findings(reading)
    assert [line["amount_reported"] for line in reading.lines] == ["9.00"]


def test_sum_under_an_unknown_group_is_loud() -> None:
    text = "科目编码|科目名称|合计|奇怪的钱|<\n^|^|^|小计|其中：基本支出\n201|一般公共服务支出|9.00|3.00|1.00"
    assert "unknown-header" in get_findings(read_table("一般公共预算支出表", text))


def test_performance_pay_is_a_class_and_no_remark() -> None:
    text = "科目编码|科目名称|合计|基本工资|绩效工资\n2010101|行政运行|100.00|40.00|60.00"
    assert [measure(c) for c in read_columns("部门支出总表", text).columns[3:]] == ["30101", "30107"]


def test_nearest_terms_are_offered() -> None:
    assert "政府性基金" in find_nearest_terms("政府性基全预算")


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["栏次", "1", "2"], True),
        (["栏次", "1=2+3", "2", "3"], True),
        (["**", "1", "2"], True),
        (["1", "2", "3"], True),
        (["(1)", "(2)", "(3)"], True),
        (["栏次", "A=B+C", "B", "C"], True),
        (["3", "8", "12"], False),
        (["合计", "1.00"], False),
        ([], False),
    ],
)
def test_rows_that_only_count_columns(texts: list[str], expected: bool) -> None:
    assert is_numbering_row(texts) is expected


def test_blocks_of_a_summary_have_their_directions() -> None:
    header = read_columns("收支总表", "项目|预算数|项目|预算数\n一、财政拨款收入|9.00|一、教育支出|9.00")
    assert [block.direction for block in header.blocks] == ["revenue", "expenditure"]


def test_codes_behind_the_amount_belong_to_the_row() -> None:
    text = "预算项目名称|金额|功能分类科目代码|功能分类科目名称\n维修|9.00|2010102|一般行政管理事务"
    reading = read_table("财政拨款上年结转资金支出表", text)
    assert [(line["line_label"], line["function_code"]) for line in reading.lines] == [("维修", "2010102")]


def test_finding_of_an_unknown_column_names_the_nearest_terms() -> None:
    reading = read_table("一般公共预算支出表", "科目编码|科目名称|合计|政府性基全\n201|一般公共服务支出|9.00|3.00")
    message = next(x["message"] for x in reading.findings if x["finding_kind"] == "unknown-header")
    assert "政府性基全" in message
    assert "政府性基金" in message


def test_of_which_before_a_kind_only_groups() -> None:
    text = "科目编码|科目名称|本年预算数|<|<\n^|^|小计|其中：基本支出|项目支出\n201|一般公共服务支出|8.00|7.00|1.00"
    columns = read_columns("一般公共预算支出表", text).columns
    assert [(measure(c), c.note) for c in columns[3:]] == [
        ("general_public_budget basic", None),
        ("general_public_budget project", None),
    ]


def test_of_which_before_an_item_of_the_three_public_expenses_is_that_item() -> None:
    text = """
公务用车购置及运行费|其中：（1）公务用车购置费|（2）公务用车运行费|公务接待费|<
^|^|^|小计|其中：外宾接待费
7.00|3.20|3.80|2.00|1.00
"""
    columns = read_columns("“三公”经费支出表", text).columns
    assert [(c.item_key, c.note) for c in columns] == [
        ("official_vehicles", None),
        ("vehicle_purchase", None),
        ("vehicle_operation", None),
        ("hospitality", None),
        ("hospitality", "of which: 其中:外宾接待费"),
    ]


def get_notes(text: str) -> list[str | None]:
    return [column.note for column in read_columns("支出总表", text).columns if column.role == "amount"]


def test_columns_under_a_bare_of_which_beside_basic_and_project_are_parts_of_those():
    table = """
支出功能分类科目|合计|基本支出|项目支出|其中|<
^|^|^|^|事业单位经营支出|上缴上级支出
2050101-行政运行|9.00|6.00|3.00|1.00|
"""
    assert get_notes(table) == [None, None, None, "of which: 事业单位经营支出", "of which: 上缴上级支出"]


def test_columns_under_a_bare_of_which_that_make_up_the_total_are_its_parts():
    table = """
科目编码|科目名称|小计|其中：|<
^|^|^|基本支出|项目支出
2013850|事业运行|9.00|6.00|3.00
"""
    assert get_notes(table) == [None, None, None]


@pytest.mark.parametrize(
    "header",
    [
        "科目编码|科目名称|合计|基本支出|<|项目支出|<|<\n^|^|^|人员类|公用经费|小计|其他运转类|特定目标类\n201|一般公共服务支出|9.00|4.00|2.00|3.00|1.00|2.00",
        "科目编码|科目名称|合计|人员类项目|公用经费项目|项目支出|其他运转类项目|特定目标类项目\n201|一般公共服务支出|9.00|4.00|2.00|3.00|1.00|2.00",
    ],
    ids=["in groups", "flat"],
)
def test_classes_of_projects_are_parts_of_the_projects_beside_them(header):
    assert get_measures("支出总表", header)[2:] == ["total", "personnel", "operating", "project", "project", "project"]
    assert get_notes(header)[3:] == [None, *(f"of which: {part}" for part in header.splitlines()[-2].split("|")[-2:])]


def test_classes_of_projects_alone_are_the_projects():
    table = """
科目编码|科目名称|合计|基本支出|其他运转类|特定目标类
201|一般公共服务支出|9.00|6.00|1.00|2.00
"""
    assert get_measures("支出总表", table)[3:] == ["basic", "project", "project"]
    assert get_notes(table) == [None, None, None, None]


def test_years_of_quick_reports_and_appropriations_of_other_levels_are_known():
    assert get_measures("一般公共预算支出表", "科目编码|科目名称|2023年快报数|2024年预算数\n201|一般公共服务支出|9.00|3.00")[
        2:
    ] == [
        "general_public_budget prior_year_actual",
        "general_public_budget",
    ]
    assert get_measures("收入总表", "单位名称|合计|非本级财政拨款收入|历年结余\n某局|9.00|3.00|6.00")[1:] == [
        "total",
        "other_revenue",
        "carry_over",
    ]
