"""Rows as they are published: labels, codes, units, items and kinds."""

import pytest
from inline_tables import get_findings, get_kinds, read_table, show

FINAL = {"year": 2023, "phase": "final"}


def test_final_account_with_line_numbers_and_balances() -> None:
    reading = read_table(
        "公开01表 收入支出决算总表",
        """
收入|<|<|支出|<|<
项目|行次|决算数|项目|行次|决算数
栏次||1|栏次||2
一、一般公共预算财政拨款收入|1|100.00|一、一般公共服务支出|32|80.00
五、事业收入|5|5.00|八、社会保障和就业支出|39|30.00
本年收入合计|27|115.00|本年支出合计|58|110.00
使用非财政拨款结余（含专用结余）|28|2.00|结余分配|59|1.00
年初结转和结余|29|3.00|年末结转和结余|60|9.00
总计|31|120.00|总计|62|120.00
""",
        year=2023,
        phase="final",
    )
    assert show(reading) == [
        "一、一般公共预算财政拨款收入 general_public_budget general_public_budget 100.00",
        "一、一般公共服务支出 201 80.00",
        "五、事业收入 institutional_revenue institutional_revenue 5.00",
        "八、社会保障和就业支出 208 30.00",
        "本年收入合计 total_revenue_current 115.00",
        "本年支出合计 total_expenditure_current 110.00",
        "使用非财政拨款结余(含专用结余) balance_use balance_use 2.00",
        "结余分配 balance_distribution balance_distribution 1.00",
        "年初结转和结余 carry_over carry_over 3.00",
        "年末结转和结余 carry_forward carry_forward 9.00",
        "总计 total_revenue 120.00",
        "总计 total_expenditure 120.00",
    ]
    assert get_findings(reading) == []


def test_old_final_account_with_kinds_and_classes_in_a_third_block() -> None:
    reading = read_table(
        "收入支出决算总表",
        """
收入|<|支出|<|<|<
项目|决算数|项目（按功能分类）|决算数|项目（按支出性质和经济分类）|决算数
一、财政拨款收入|100.00|五、教育支出|95.00|一、基本支出|60.00
其中：政府性基金预算财政拨款|10.00|||人员经费|40.00
二、上级补助收入|1.00|||日常公用经费|20.00
三、事业收入|4.00|||二、项目支出|40.00
||||基本建设类项目|10.00
||||三、上缴上级支出|1.00
||||支出经济分类|
||||工资福利支出|40.00
年初结转和结余|3.00|年末结转和结余|9.00||
基本支出结转|1.00|基本支出结转|1.00||
项目支出结转和结余|2.00|项目支出结转和结余|8.00||
总计|108.00|总计|104.00||
""",
        year=2015,
        phase="final",
    )
    shown = show(reading)
    assert "基本建设类项目 project 10.00" in shown
    assert "三、上缴上级支出 superior_remittance 1.00" in shown
    assert "工资福利支出 301 40.00" in shown  # not of the project rows above
    assert "基本支出结转 carry_over carry_over 1.00" in shown
    assert "基本支出结转 carry_forward carry_forward 1.00" in shown
    assert "项目支出结转和结余 carry_forward carry_forward 8.00" in shown


def test_parts_of_the_opening_balance_are_the_balance() -> None:
    reading = read_table(
        "财政拨款收入支出决算总表",
        """
收入|<|<|支出|<|<|<
项目|行次|金额|项目|行次|合计|一般公共预算财政拨款
一、一般公共预算财政拨款|1|100.00|一、一般公共服务支出|33|90.00|90.00
本年收入合计|27|100.00|本年支出合计|59|90.00|90.00
年初财政拨款结转和结余|28|5.00|年末财政拨款结转和结余|60|15.00|15.00
一般公共预算财政拨款|29|5.00||61||
总计|32|105.00|总计|64|105.00|105.00
""",
        year=2023,
        phase="final",
    )
    shown = show(reading)
    assert "一般公共预算财政拨款 carry_over carry_over 5.00" in shown
    assert "年末财政拨款结转和结余 carry_forward general_public_budget carry_forward 15.00" in shown


def test_of_which_wider_than_its_fund_keeps_the_fund() -> None:
    reading = read_table(
        "部门收支总体情况表",
        """
收入|<|支出|<
项目|金额|项目|金额
一、一般公共预算|80.00|一、基本支出|60.00
其中：财政拨款|80.00|1、工资福利支出|60.00
二、政府性基金|10.00|二、项目支出|30.00
收入总计|90.00|支出总计|90.00
""",
    )
    assert "其中:财政拨款 general_public_budget 80.00" in show(reading)
    assert get_kinds(reading)["其中:财政拨款"] == "item"
    assert "1、工资福利支出 301 basic 60.00" in show(reading)


def test_unit_rows_among_class_rows_in_one_code_column() -> None:
    reading = read_table(
        "一般公共预算支出预算表",
        """
科目编码|科目名称|合计|基本支出|项目支出
|合计|100.00|70.00|30.00
101|某市某局|100.00|70.00|30.00
101001|某市某局本级|100.00|70.00|30.00
201|一般公共服务支出|100.00|70.00|30.00
20101|人大事务|100.00|70.00|30.00
2010101|行政运行|70.00|70.00|
2010102|一般行政管理事务|30.00||30.00
""",
    )
    units = {line["line_label"]: (line["function_code"], line["unit_code"], line["unit_name"]) for line in reading.lines}
    assert units["某市某局"] == (None, "101", "某市某局")
    assert units["行政运行"] == ("2010101", "101001", "某市某局本级")
    assert get_kinds(reading)["某市某局本级"] == "subtotal"


def test_department_whose_number_is_that_of_a_class() -> None:
    text = "科目编码|科目名称|合计\n301|某省某厅|9.00\n301001|某省某厅机关|9.00\n2010101|行政运行|9.00"
    reading = read_table("部门支出总表", text)
    assert [(line["econ_department_code"], line["function_code"], line["unit_code"]) for line in reading.lines] == [
        (None, None, "301"),
        (None, None, "301001"),
        (None, "2010101", "301001"),
    ]


def test_unit_codes_and_class_codes_in_columns_of_their_own() -> None:
    reading = read_table(
        "表1-2 部门支出总表",
        """
项目|<|<|<|<|合计|基本支出
科目编码|<|<|单位代码|单位名称（科目）|^|^
类|款|项|^|^|^|^
||||合计|70.00|70.00
|||101|某省某厅|70.00|70.00
|||101001|某省某厅机关|70.00|70.00
201|01|01|101001|行政运行|70.00|70.00
""",
    )
    last = reading.lines[-1]
    assert (last["line_label"], last["function_code"], last["unit_name"]) == ("行政运行", "2010101", "某省某厅机关")


def test_classes_in_the_column_of_unit_codes() -> None:
    reading = read_table(
        "部门支出总表",
        """
单位代码|单位名称（科目）|总计|基本支出|项目支出
|合计|100.00|60.00|40.00
101001|某市某局本级|100.00|60.00|40.00
2010101|行政运行|60.00|60.00|
2010102|一般行政管理事务|40.00||40.00
""",
    )
    assert [(x["function_code"], x["unit_code"]) for x in reading.lines if x["expenditure_kind"] == "total"][2:] == [
        ("2010101", "101001"),
        ("2010102", "101001"),
    ]


CODES = {
    "one column": ("2010101|行政运行", "2010101"),
    "unpadded with a blank": ("301 2|津贴补贴", "30102"),
    "unpadded and fused": ("|3012津贴补贴", "30102"),
    "fused with a dash": ("|2010101-行政运行", "2010101"),
    "fused in brackets": ("|[2010101]行政运行", "2010101"),
    "with points": ("201.01.01|行政运行", "2010101"),
    "of a spreadsheet": ("2010101.0|行政运行", "2010101"),
    "above the name in one cell": ("|2010101\\n行政运行", "2010101"),
    "leading blanks": ("　　2010101|行政运行", "2010101"),
    "local extension": ("3021101|差旅费", "3021101"),
}


@pytest.mark.parametrize(("cells", "code"), CODES.values(), ids=CODES.keys())
def test_codes_however_they_are_printed(cells: str, code: str) -> None:
    line = read_table("部门支出总表", f"科目编码|科目名称|合计\n{cells}|9.00").lines[0]
    assert code in {line["function_code"], line["econ_department_code"]}


def test_staggered_codes_inherit_what_stands_above() -> None:
    reading = read_table(
        "部门支出总表",
        """
科目编码|<|<|科目名称|合计
类|款|项|^|^
201|||一般公共服务支出|9.00
|01||人大事务|9.00
||01|行政运行|4.00
||02|一般行政管理事务|5.00
""",
    )
    assert [line["function_code"] for line in reading.lines] == ["201", "20101", "2010101", "2010102"]


def test_code_on_the_row_above_the_name() -> None:
    text = "科目编码|科目名称|合计\n2010101||\n|行政运行|9.00\n2010102||\n|一般行政管理事务|5.00"
    shown = show(read_table("部门支出总表", text))
    assert shown == ["行政运行 2010101 9.00", "一般行政管理事务 2010102 5.00"]


def test_two_classifications_on_one_row() -> None:
    text = """
部门预算支出经济分类科目|政府预算支出经济分类科目|2024年预算
[301]工资福利支出||9.00
[30101]基本工资|[50101]工资奖金津补贴|9.00
"""
    line = read_table("一般公共预算基本支出情况表(按支出经济分类科目)", text).lines[1]
    assert (line["line_label"], line["econ_department_code"], line["econ_government_code"]) == ("基本工资", "30101", "50101")


def test_names_only_take_codes_from_their_place() -> None:
    reading = read_table(
        "部门支出总表",
        """
功能分类科目名称|合计
一般公共服务支出|15.00
人大事务|9.00
行政运行|9.00
政协事务|6.00
行政运行（市政协）|6.00
""",
    )
    assert [line["function_code"] for line in reading.lines] == ["201", "20101", "2010101", "20102", "2010201"]
    assert {line["code_source"] for line in reading.lines} == {"inferred"}
    assert get_kinds(reading)["人大事务"] == "subtotal"


def test_names_without_their_last_word() -> None:
    reading = read_table(
        "收支总表", "收入|预算数|支出|预算数\n财政拨款|9.00|18、援助其他地区|1.00\n||20、住房保障|3.00\n||21、金融|5.00"
    )
    assert [line["function_code"] for line in reading.lines if line["direction"] == "expenditure" and line["amount_cny"]] == [
        "219",
        "221",
        "217",
    ]


def test_a_name_that_was_taken_is_the_next_level() -> None:
    reading = read_table(
        "部门支出总表",
        """
功能分类科目名称|合计
交通运输支出|300.00
超长期特别国债安排的支出|100.00
其他交通运输支出|100.00
其他交通运输支出|200.00
公共交通运营补助|200.00
""",
        year=2026,
    )
    assert [line["function_code"] for line in reading.lines] == ["214", "21498", "2149899", "21499", "2149901"]


def test_expenditure_by_kind_rows() -> None:
    reading = read_table(
        "支出总体情况表",
        """
支出项目类别|2024年预算
一、基本支出|60.00
工资福利支出|60.00
二、项目支出|40.00
日常运转类项目|40.00
本年支出合计|100.00
结转下年|0.00
支出总计|100.00
""",
    )
    assert show(reading) == [
        "一、基本支出 basic 60.00",
        "工资福利支出 301 basic 60.00",
        "二、项目支出 project 40.00",
        "日常运转类项目 project 40.00",
        "本年支出合计 total_expenditure_current 100.00",
        "结转下年 carry_forward carry_forward 0.00",
        "支出总计 total_expenditure 100.00",
    ]


def test_revenue_by_source_rows() -> None:
    text = """
收入项目类别|2024年预算
一、财政拨款|90.00
一般公共预算拨款|80.00
政府性基金预算拨款|10.00
二、财政专户拨款|5.00
收入总计|95.00
"""
    reading = read_table("收入总体情况表", text)
    assert [line["fund_type"] for line in reading.lines] == [
        "fiscal_appropriation",
        "general_public_budget",
        "government_fund",
        "special_account",
        "all",
    ]
    assert get_kinds(reading)["一、财政拨款"] == "subtotal"


def test_three_public_expenses_by_rows_with_change() -> None:
    reading = read_table(
        "“三公”经费情况表",
        """
项目|上年预算数|本年预算数|增减额|增减率（%）
合计|10.00|11.00|1.00|10.00
一、“三公”经费小计|8.00|9.00|1.00|12.50
（一）因公出国（境）费|1.00|1.00|0.00|0.00
（二）公务用车购置及运行维护费|7.00|8.00|1.00|14.28
其中：1.公务用车购置|3.00|3.00|0.00|0.00
2.公务用车运行维护费|4.00|5.00|1.00|25.00
二、会议费|2.00|2.00|0.00|0.00
""",
    )
    items = [line["item_key"] for line in reading.lines if line["amount_basis"] == "budget"]
    assert items == [
        None,
        "three_public_total",
        "overseas_travel",
        "official_vehicles",
        "vehicle_purchase",
        "vehicle_operation",
        "meetings",
    ]
    assert {line["amount_basis"] for line in reading.lines} == {"prior_year_budget", "budget", "change"}


def test_counts_of_vehicles_and_guests_are_no_money() -> None:
    reading = read_table(
        "机构运行信息表",
        """
项目|行次|预算数|决算数
（一）支出合计|2|10.00|9.00
1．公务接待费|7|10.00|9.00
（1）国内接待费|8|—|8.00
（二）相关统计数|12|—|—
1．公务用车保有量（辆）|16|—|12
2．国内公务接待批次（个）|17|—|30
二、机关运行经费|22|—|100.00
""",
        year=2023,
        phase="final",
    )
    labels = [line["line_label"] for line in reading.lines if line["amount_basis"] == "actual" and line["amount_cny"]]
    assert labels == ["(一)支出合计", "1.公务接待费", "(1)国内接待费", "二、机关运行经费"]
    assert [line["item_key"] for line in reading.lines if line["line_label"] == "(1)国内接待费"] == [None, None]


def test_rows_of_several_years_keep_the_units_name() -> None:
    reading = read_table(
        "财政拨款“三公”经费支出表",
        """
预算单位|年度|“三公”经费合计|公务接待费
某局|2023年|9.00|9.00
|2024年|8.00|8.00
|增减变化|-1.00|-1.00
""",
    )
    assert {line["line_label"] for line in reading.lines} == {"某局"}
    assert [line["amount_basis"] for line in reading.lines][::2] == ["prior_year_budget", "budget", "change"]


def test_levels_of_names_are_read_from_the_sums() -> None:
    reading = read_table(
        "项目支出表",
        """
单位（项目）名称|项目金额
合计|100.00
某市某局|100.00
通用项目|60.00
印刷|60.00
专用项目|40.00
信息化|30.00
宣传|10.00
""",
    )
    assert get_kinds(reading) == {
        "合计": "total",
        "某市某局": "subtotal",
        "通用项目": "subtotal",
        "印刷": "item",
        "专用项目": "subtotal",
        "信息化": "item",
        "宣传": "item",
    }


def test_first_row_that_is_the_sum_of_all_is_the_total() -> None:
    text = "支出项目类别|总计\n某市某局|9.00\n工资福利支出|5.00\n商品和服务支出|4.00"
    assert get_kinds(read_table("基本支出总表", text)) == {
        "某市某局": "total",
        "工资福利支出": "item",
        "商品和服务支出": "item",
    }


def test_total_first_last_or_twice() -> None:
    text = "科目编码|科目名称|合计\n|合计|9.00\n201|一般公共服务支出|9.00\n2010101|行政运行|9.00\n合计|<|9.00"
    kinds = [line["row_kind"] for line in read_table("部门支出总表", text).lines]
    assert kinds == ["total", "subtotal", "item", "total"]


def test_total_in_a_cell_over_columns_that_name_no_row() -> None:
    text = "类型|项目名称|项目单位|合计\n合计|<|<|9.00\n特定目标类|信息化|某局本级|9.00"
    reading = read_table("项目支出表", text)
    assert get_kinds(reading) == {"合计": "total", "信息化": "item"}
    assert reading.lines[1]["unit_name"] == "某局本级"


def test_repeated_header_of_a_continuation_is_no_row() -> None:
    text = "科目编码|科目名称|合计\n201|一般公共服务支出|9.00\n科目编码|科目名称|合计\n2010101|行政运行|9.00"
    assert [line["line_label"] for line in read_table("部门支出总表", text).lines] == ["一般公共服务支出", "行政运行"]


def test_total_of_the_three_under_a_wider_total_is_a_subtotal() -> None:
    text = """
合计|“三公”经费|<|<|会议费
^|小计|因公出国（境）费|公务接待费|^
12.00|10.00|4.00|6.00|2.00
"""
    reading = read_table("“三公”经费、会议费支出预算表", text)
    assert [(x["item_key"], x["row_kind"]) for x in reading.lines] == [
        (None, "total"),
        ("three_public_total", "subtotal"),
        ("overseas_travel", "item"),
        ("hospitality", "item"),
        ("meetings", "item"),
    ]


def test_total_over_two_blocks_is_of_neither_kind() -> None:
    reading = read_table(
        "一般公共预算财政拨款基本支出决算表",
        """
人员经费|<|<|公用经费|<|<
科目编码|科目名称|金额|科目编码|科目名称|金额
301|工资福利支出|80.00|302|商品和服务支出|20.00
合计|<|<|<|<|100.00
""",
        year=2022,
        phase="final",
    )
    assert [(x["line_label"], x["expenditure_kind"]) for x in reading.lines if x["amount_cny"]] == [
        ("工资福利支出", "personnel"),
        ("商品和服务支出", "operating"),
        ("合计", "basic"),
    ]


def test_three_classifications_of_expenditure_beside_the_sources() -> None:
    reading = read_table(
        "部门收支总表",
        """
收入|<|支出|<|<|<
项目|本年预算|项目（按部门预算经济分类）|本年预算|项目（按政府预算经济分类）|本年预算
一、一般公共预算拨款收入|80.00|一、基本支出|60.00|一、机关工资福利支出|50.00
经费拨款|70.00|工资福利支出|60.00|二、机关商品和服务支出|30.00
纳入一般公共预算管理的非税收入拨款|10.00|二、项目支出|20.00||
||按项目管理的商品和服务支出|20.00||
""",
    )
    shown = show(reading)
    assert "一、机关工资福利支出 501 50.00" in shown
    assert "按项目管理的商品和服务支出 302 project 20.00" in shown
    assert "经费拨款 general_public_budget 70.00" in shown  # a part of the row above: no item of its own
    assert next(x["note"] for x in reading.lines if x["line_label"] == "经费拨款").startswith("of which")


def test_group_unit_and_item_under_one_code() -> None:
    reading = read_table(
        "政府采购预算表",
        """
科目编码|采购项目|部门预算支出经济分类科目编码|预算金额
|合计||9.00
2010301|全额||9.00
2010301|某市某局||9.00
2010301|体检|30299|4.00
2010301|印刷|30202|5.00
""",
    )
    assert get_kinds(reading) == {"合计": "total", "全额": "subtotal", "某市某局": "subtotal", "体检": "item", "印刷": "item"}


def test_classes_units_and_totals_of_procurement_have_no_project() -> None:
    reading = read_table(
        "政府采购支出预算表",
        """
采购品目大类|专项名称|经济科目|采购品目名称|采购组织形式|总计
合计|||||20.00
货物|||||8.00
某市某中心|||||3.00
|公用经费定额|办公费|复印纸|集中采购|3.00
某市某站|||||5.00
|设备购置费|办公设备购置|||5.00
|||台式计算机|集中采购|4.00
||办公费|打印机|集中采购|1.00
服务|||||12.00
某市某局|||||12.00
|业务经费|委托业务费|印刷服务|分散采购|12.00
合计|||||20.00
""",
    )
    projects = [(line["line_label"], line["project_name"]) for line in reading.lines if line["amount_cny"] is not None]
    assert projects == [
        ("合计", None),
        ("货物", None),
        ("某市某中心", None),
        ("复印纸", "公用经费定额"),
        ("某市某站", None),
        ("办公设备购置", "设备购置费"),
        ("台式计算机", "设备购置费"),
        ("打印机", "设备购置费"),
        ("服务", None),
        ("某市某局", None),
        ("印刷服务", "业务经费"),
        ("合计", None),
    ]
    items = {label for label, kind in get_kinds(reading).items() if kind == "item"}
    assert items == {"复印纸", "台式计算机", "打印机", "印刷服务"}


def test_class_section_and_item_under_a_heading_that_was_not_merged() -> None:
    """西安市人力资源和社会保障局 2020, 1bfd0c page 46: 科目 stands over 类 alone."""
    reading = read_table(
        "政府采购（资产配置、购买服务）预算表",
        """
科目|||单位编码|采购项目|采购目录|部门经济科目|<|采购时间|预算金额|说明
类|款|项||||类|款|||
||||合计|||||63.00|
208|01|09|242001|全民参保计划工作经费|专业咨询|302|99|1月-12月|28.00|
208|01|02|242001|工资福利工作经费|其他货物|302|13|1月-12月|35.00|
""",
    )
    codes = [(line["function_code"], line["econ_department_code"], line["unit_code"]) for line in reading.lines]
    assert codes == [(None, None, None), ("2080109", "30299", "242001"), ("2080102", "30213", "242001")]


def test_items_keep_their_names_beside_a_heading_that_lost_its_last_character() -> None:
    """江苏 2019, 56249d page 12: 采购组织形, and 式 in the row below."""
    reading = read_table(
        "政府采购支出预算表",
        """
采购品目大类|专项名称|经济科目|采购物品名称|采购组织形|总计
合计||||式|5.00
|业务费|办公设备购置|台式计算机|分散自行组织|2.00
|业务费|办公设备购置|家具用具|部门集中采购|3.00
""",
    )
    assert show(reading) == ["合计 5.00", "台式计算机 2.00", "家具用具 3.00"]


def test_projects_under_classes_units_and_forms_of_payment() -> None:
    """西安市科学技术局 2022, 3f525e page 57: what is a sum of projects is no project, and 全额 is neither unit nor project."""
    reading = read_table(
        "部门综合预算专项业务经费支出表",
        """
序号|单位编码|单位（项目）名称|项目金额
1||合计|100.00
2|1|全额|70.00
3|204001|某市某局|60.00
4||专用项目|60.00
5||评审经费|25.00
6||宣传经费|35.00
7|204003|某市某中心|10.00
8||专用项目|10.00
9||设备购置费|10.00
10|3|自收自支|30.00
11|204017|某市促进中心|30.00
12||通用项目|30.00
13||维修费|30.00
""",
    )
    rows = [(line["line_label"], line["row_kind"], line["project_name"], line["unit_code"]) for line in reading.lines]
    assert rows == [
        ("合计", "total", None, None),
        ("全额", "subtotal", None, None),
        ("某市某局", "subtotal", None, "204001"),
        ("专用项目", "subtotal", "专用项目", "204001"),
        ("评审经费", "item", "评审经费", "204001"),
        ("宣传经费", "item", "宣传经费", "204001"),
        ("某市某中心", "subtotal", None, "204003"),
        ("专用项目", "subtotal", "专用项目", "204003"),
        ("设备购置费", "item", "设备购置费", "204003"),
        ("自收自支", "subtotal", None, None),
        ("某市促进中心", "subtotal", None, "204017"),
        ("通用项目", "subtotal", "通用项目", "204017"),
        ("维修费", "item", "维修费", "204017"),
    ]


def test_a_project_over_goods_named_to_the_right_of_it_is_a_subtotal() -> None:
    """江苏省人民检察院 2017, cd1485 page 16: of equal amounts no sum tells which is the project and which its one item."""
    reading = read_table(
        "政府采购预算表",
        """
采购品目大类|专项名称|经济科目|采购物品名称|采购组织形式|总计
合计|||||60.00
货物A|||||60.00
|设备购置费|办公设备购置|||12.00
|||台式计算机|集中采购|12.00
|车辆购置|公务用车购置|||48.00
^|^|^|客车|集中采购|24.00
^|^|^|轿车|集中采购|24.00
""",
    )
    assert [line["row_kind"] for line in reading.lines] == ["total", "subtotal", "subtotal", "item", "subtotal", "item", "item"]
    assert reading.lines[-1]["project_name"] == "车辆购置"
