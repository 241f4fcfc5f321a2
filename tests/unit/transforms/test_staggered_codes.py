"""Codes printed part by part down one column."""

from inline_tables import get_findings, get_kinds, read_table

TITLE = "一般公共预算支出明细表（按支出功能分类科目）"
HALF_STAGGERED = """
功能科目编码|功能科目名称|合计|基本支出|项目支出
|合计|60.00|50.00|10.00
208|社会保障和就业支出|50.00|40.00|10.00
01|人力资源和社会保障管理事务|20.00|10.00|10.00
2080110|劳动关系和维权|10.00||10.00
2080101|行政运行|10.00|10.00|
05|行政事业单位养老支出|17.00|17.00|
2080505|机关事业单位基本养老保险缴费支出|17.00|17.00|
99|其他社会保障和就业支出|13.00|13.00|
2089901|其他社会保障和就业支出|13.00|13.00|
221|住房保障支出|10.00|10.00|
02|住房改革支出|10.00|10.00|
2210203|购房补贴|10.00|10.00|
"""


def read_codes(table: str, year: int = 2020) -> list[tuple[str | None, str | None]]:
    lines = read_table(TITLE, table, year=year).lines
    return list(dict.fromkeys((line["function_code"], line["code_source"]) for line in lines))


def test_a_part_is_joined_to_the_code_above_it():
    codes = read_codes(HALF_STAGGERED)
    assert ("20801", "printed") in codes
    assert ("20805", "printed") in codes  # after the items of 20801
    assert ("20899", "printed") in codes  # 2080599 is listed too, under another name
    assert ("22102", "printed") in codes
    assert get_findings(read_table(TITLE, HALF_STAGGERED, year=2020)) == []


def test_the_joined_rows_are_subtotals():
    kinds = get_kinds(read_table(TITLE, HALF_STAGGERED, year=2020))
    assert kinds["人力资源和社会保障管理事务"] == "subtotal"
    assert kinds["行政运行"] == "item"


def test_every_level_may_be_a_part():
    table = HALF_STAGGERED
    for whole, part in (("2080110", "10"), ("2080101", "01"), ("2080505", "05"), ("2089901", "01"), ("2210203", "03")):
        table = table.replace(whole, part)
    codes = {code for code, _ in read_codes(table)}
    assert {"20801", "2080110", "2080101", "20805", "2080505", "20899", "2089901", "22102", "2210203"} <= codes
    assert {source for code, source in read_codes(table) if code} == {"printed"}


def test_a_part_under_an_unknown_name_is_proved_by_the_code_below():
    assert ("20801", "printed") in read_codes(HALF_STAGGERED.replace("人力资源和社会保障管理事务", "人社管理"))


def test_a_part_that_neither_name_nor_next_row_proves_is_told():
    table = HALF_STAGGERED.replace("02|住房改革支出", "77|住房改革支出")
    assert get_findings(read_table(TITLE, table, year=2020)) == ["unreadable-code"]


def test_numbers_without_a_code_above_are_not_joined():
    table = """
编码|名称|合计
01|人员经费|10.00
02|公用经费|5.00
"""
    assert {code for code, _ in read_codes(table)} == {None}
