"""Sheets of performance targets: what their grids say, one layout each."""

import dataclasses

from inline_tables import make_table

from transforms.targets.reading import TargetReading, read_targets
from warehouse.records import RawDocument, RawTable, TextLine

HEADER = "一级指标 | 二级指标 | 三级指标 | 指标值"


def read(*tables: RawTable, lines: tuple[TextLine, ...] = ()) -> TargetReading:
    numbered = tuple(dataclasses.replace(table, ordinal=i) for i, table in enumerate(tables, 1))
    types = {table.ordinal: "project_performance_targets" for table in numbered}
    return read_targets(RawDocument("0" * 16, (), lines, numbered), types)


def show(reading: TargetReading) -> list[str]:
    """Targets as text: project, levels, indicator, operator, value, unit."""
    names = ("project", "level_1", "level_2", "level_3", "indicator", "operator", "value", "value_2", "unit")
    return [" ".join(str(target[name]) for name in names if target[name] is not None) for target in reading.targets]


def kinds(reading: TargetReading) -> list[str]:
    return [finding["finding_kind"] for finding in reading.findings]


def on_page(table: RawTable, page: int) -> RawTable:
    cells = tuple(dataclasses.replace(cell, page=page) for cell in table.cells)
    return dataclasses.replace(table, pages=(page,), cells=cells, rows_of_page=((page, 0),), captions=())


def over_pages(table: RawTable, *breaks: int) -> RawTable:
    """One stitched table: a new page begins at each of the rows."""
    starts = (0, *breaks)
    cells = tuple(dataclasses.replace(cell, page=sum(cell.row >= start for start in starts)) for cell in table.cells)
    pages = tuple(range(1, len(starts) + 1))
    return dataclasses.replace(table, pages=pages, cells=cells, rows_of_page=tuple(zip(pages, starts, strict=True)))


def test_merged_levels_count_for_every_row_they_span() -> None:
    table = make_table(
        f"""
        项目名称 | < | 道路养护 | <
        {HEADER}
        产出指标 | 数量指标 | 养护里程 | ≥30公里
        ^ | ^ | 巡查次数 | 12次
        ^ | 质量指标 | 合格率 | 100%
        """
    )
    assert show(read(table)) == [
        "道路养护 产出指标 数量指标 养护里程 ≥ 30 公里",
        "道路养护 产出指标 数量指标 巡查次数 = 12 次",
        "道路养护 产出指标 质量指标 合格率 = 100 %",
    ]


def test_levels_left_blank_below_their_first_row_are_filled_but_not_under_another_level_above() -> None:
    table = make_table(
        f"{HEADER}\n产出指标 | 数量指标 | 甲 | 1次\n | | 乙 | 2次\n效益指标 | | 丙 | 提升", "部门整体支出绩效目标表"
    )
    assert show(read(table)) == ["产出指标 数量指标 甲 = 1 次", "产出指标 数量指标 乙 = 2 次", "效益指标 丙 qualitative 提升"]


def test_template_rows_left_open_are_no_targets() -> None:
    table = make_table(
        f"""
        {HEADER}
        产出指标 | 数量指标 | 指标1： |
        产出指标 | 质量指标 | |
        效益指标 | 经济效益指标 | — | —
        可持续影响 | | 可持续影响 |
        """,
        "部门整体支出绩效目标表",
    )
    assert read(table).targets == ()
    assert kinds(read(table)) == []


def test_an_indicator_without_a_value_is_a_row_and_told() -> None:
    reading = read(make_table(f"{HEADER}\n产出指标 | 数量指标 | 培训人数 |", "部门整体支出绩效目标表"))
    assert [(target["indicator"], target["value"], target["operator"]) for target in reading.targets] == [
        ("培训人数", None, None)
    ]
    assert kinds(reading) == ["target-without-value"]


def test_a_number_that_no_rule_places_is_kept_and_told() -> None:
    reading = read(make_table(f"{HEADER}\n产出指标 | 数量指标 | 培训人数 | 约6类", "部门整体支出绩效目标表"))
    assert show(reading) == ["产出指标 数量指标 培训人数 qualitative 约6类"]
    assert kinds(reading) == ["target-number-in-text"]


def test_each_project_key_opens_a_sheet() -> None:
    table = make_table(
        f"""
        项目名称 | 甲项目 | 主管部门 | 某局
        {HEADER}
        产出指标 | 数量指标 | 次数 | 1次
        项目名称 | 乙项目 | 主管部门 | 某局
        {HEADER}
        产出指标 | 数量指标 | 次数 | 2次
        """
    )
    assert show(read(table)) == ["甲项目 产出指标 数量指标 次数 = 1 次", "乙项目 产出指标 数量指标 次数 = 2 次"]


def test_a_line_above_the_grid_names_the_project() -> None:
    table = make_table("一级目标 | 明细指标内容 | 指标值\n01产出数量 | 次数 | 3次", "项目绩效目标评价指标表")
    captions = (*table.captions, TextLine(1, "单位名称：某局  项目名称：丙项目", (10.0, 42.0, 200.0, 48.0)))
    assert show(read(dataclasses.replace(table, captions=captions))) == ["丙项目 产出数量 次数 = 3 次"]


def test_the_title_names_the_project_where_nothing_else_does() -> None:
    table = make_table(f"{HEADER}\n产出指标 | 数量指标 | 次数 | 3次", "301007_某局某分局_办案业务绩效目标表")
    assert show(read(table)) == ["办案业务 产出指标 数量指标 次数 = 3 次"]


def test_a_sheet_without_a_project_is_told() -> None:
    reading = read(make_table(f"{HEADER}\n产出指标 | 数量指标 | 次数 | 3次", "项目支出绩效目标表"))
    assert kinds(reading) == ["target-without-project"]


def test_a_continuation_without_header_goes_on_in_the_same_columns() -> None:
    first = make_table(f"项目名称 | < | 甲项目 | <\n{HEADER}\n产出指标 | 数量指标 | 次数 | 1次")
    second = on_page(make_table("效益指标 | 社会效益指标 | 满意率 | ≥90%"), 2)
    assert show(read(first, second))[1] == "甲项目 效益指标 社会效益指标 满意率 ≥ 90 %"


def test_a_continuation_with_other_rules_is_read_by_the_order_of_its_cells() -> None:
    first = make_table(f"项目名称 | < | 甲项目 | <\n{HEADER}\n产出指标 | 数量指标 | 次数 | 1次")
    second = on_page(make_table("效益指标 | < | 社会效益指标 | < | 满意率 | ≥90%"), 2)
    assert show(read(first, second))[1] == "甲项目 效益指标 社会效益指标 满意率 ≥ 90 %"


def test_operator_unit_weight_and_core_have_columns_of_their_own() -> None:
    table = make_table(
        """
        绩效指标 | 指标名称 | 指标性质 | 指标值 | 计量单位 | 指标权重(%) | 是否核心
        ^ | 预报准确率 | ≥ | 68 | % | 12 | 是
        """,
        "部门整体绩效目标表",
    )
    (target,) = read(table).targets
    assert (target["operator"], target["value"], target["unit"], str(target["weight"]), target["note"]) == (
        "≥",
        "68",
        "%",
        "12",
        "核心指标",
    )


def test_an_evaluation_keeps_the_actual_value_and_the_score_in_the_note() -> None:
    table = make_table("三级指标 | 年度指标值 | 实际完成值 | 分值 | 得分\n覆盖率 | ≥90% | 95% | 10 | 9.5", "甲项目绩效自评表")
    (target,) = read(table).targets
    assert (target["value"], str(target["weight"]), target["note"]) == ("90", "10", "实际 95%; 得分 9.5")


def test_several_indicators_in_one_cell_are_several_rows() -> None:
    table = make_table(f"{HEADER}\n产出指标 | 数量指标 | 线路数量；坐席数量 | 1个；60个", "部门整体支出绩效目标表")
    assert show(read(table)) == ["产出指标 数量指标 线路数量 = 1 个", "产出指标 数量指标 坐席数量 = 60 个"]


def test_a_header_of_two_rows_is_one_header() -> None:
    table = make_table(
        """
        绩效指标 | < | < | 指标性质 | 指标值 | 度量单位
        一级指标 | 二级指标 | 三级指标 | ^ | ^ | ^
        产出指标 | 数量指标 | 培训次数 | ≥ | 4 | 次
        """,
        "部门整体支出绩效目标表",
    )
    assert show(read(table)) == ["产出指标 数量指标 培训次数 ≥ 4 次"]


def test_values_of_two_periods_side_by_side_are_two_targets_that_say_which() -> None:
    rows = "一级指标 | 三级指标 | 实施期指标值 | 年度指标值\n产出指标 | 里程 | 90公里 | 30公里"
    table = make_table(rows, "部门整体支出绩效目标表")
    assert show(read(table)) == ["产出指标 里程 = 90 公里", "产出指标 里程 = 30 公里"]
    assert [target["note"] for target in read(table).targets] == ["实施期指标值", "年度指标值"]


def test_two_sheets_side_by_side_are_read_each_with_its_own_indicators() -> None:
    header = "一级指标 | 二级指标 | 三级指标 | 指标值 | 二级指标 | 三级指标 | 指标值"
    table = make_table(f"{header}\n产出指标 | 数量指标 | 甲 | 9次 | 质量指标 | 乙 | 100%", "部门整体支出绩效目标表")
    assert show(read(table)) == ["产出指标 数量指标 甲 = 9 次", "产出指标 质量指标 乙 = 100 %"]


def test_letters_parted_by_marks_are_no_indicators() -> None:
    table = make_table(f"{HEADER}\n产出指标 | 数量指标 | 指标3：A、B类人才补贴人数 | ≧2人、≧13人", "部门整体支出绩效目标表")
    assert show(read(table)) == ["产出指标 数量指标 A、B类人才补贴人数 ≥ 2 13 人"]


def test_a_word_of_comparison_at_the_end_of_an_indicator_is_the_operator() -> None:
    table = make_table(f"{HEADER}\n产出指标 | 质量指标 | 丢失率平均值≤ | 2%", "部门整体支出绩效目标表")
    assert show(read(table)) == ["产出指标 质量指标 丢失率平均值 ≤ 2 %"]


def test_the_unit_may_stand_in_brackets_behind_the_indicator() -> None:
    table = make_table(f"{HEADER}\n产出指标 | 数量指标 | 调解案件数(件) | ≥1000", "部门整体支出绩效目标表")
    assert show(read(table)) == ["产出指标 数量指标 调解案件数(件) ≥ 1000 件"]


LIST = "项目名称 | 项目总额 | 三级指标 | 指标值"


def test_a_list_of_projects_gives_each_row_its_project_without_its_number() -> None:
    table = make_table(f"{LIST}\n11000021Y000000390843-信息系统运维类项目 | 68.9 | 故障修复率 | ≥99%\n^ | ^ | 巡检 | 22次")
    reading = read(table)
    assert [(target["project_code"], target["project"]) for target in reading.targets] == [
        ("11000021Y000000390843", "信息系统运维类项目")
    ] * 2


def test_a_name_that_a_page_break_cuts_in_two_is_joined_because_its_halves_share_one_amount() -> None:
    table = over_pages(
        make_table(f"{LIST}\n办公设备 | 5.0 | 甲 | 1次\n^ | ^ | 乙 | 2次\n购置类 | | 丙 | 3次\n^ | ^ | 丁 | 4次"), 3
    )
    assert {target["project"] for target in read(table).targets} == {"办公设备购置类"}


def test_a_name_printed_on_the_next_page_counts_for_the_blank_part_before_the_break() -> None:
    rows = f"{LIST}\n甲项目 | 5.0 | 甲 | 1次\n^ | ^ | 乙 | 2次\n | | 丙 | 3次\n乙项目 | 7.0 | 丁 | 4次\n^ | ^ | 戊 | 5次"
    assert [target["project"] for target in read(over_pages(make_table(rows), 4)).targets] == ["甲项目"] * 2 + ["乙项目"] * 3


def test_a_name_printed_under_a_repeated_header_is_found_there() -> None:
    first = f"{LIST}\n甲项目 | 5.0 | 甲 | 1次\n^ | ^ | 乙 | 2次"
    again = "1100项00目23名T000称002068400-来信业务 | 项目总额 | 三级指标 | 指标值"
    table = over_pages(make_table(f"{first}\n{again}\n | 7.0 | 丙 | 3次\n^ | ^ | 丁 | 4次"), 3)
    assert [target["project"] for target in read(table).targets] == ["甲项目", "甲项目", "来信业务", "来信业务"]


def test_prose_gives_targets_with_a_number_and_a_project() -> None:
    table = make_table(
        "单位名称 | 项目名称 | 预算数(万元) | 绩效目标\n某局 | 值班 | 24.67 | 本年度计划安排值班人数大于等于3人/天，按时完成。"
    )
    assert show(read(table)) == ["值班 值班人数 ≥ 3 人/天"]
    assert read(table).targets[0]["note"] == "prose"


def test_officers_and_telephone_numbers_never_leave_the_sheet() -> None:
    table = make_table(
        f"""
        项目名称 | 甲项目 | 项目负责人 | 张三丰
        联系人 | 李四光 | 联系电话 | 13812345678
        年度目标 | 联系人：王五，电话：010-87654321，完成建设 | < | <
        {HEADER}
        产出指标 | 数量指标 | 热线接通率 | 100%（联系人：赵六 13912345678）
        产出指标 | 数量指标 | 咨询次数（联系人：周九） |
        填报人：钱七 | | 联系电话：027-85790720 |
        填报人 | 孙八 | 联系电话 | 85790720
        """
    )
    reading = read(table)
    kept = repr(reading.targets) + repr(reading.findings) + repr([(s.project, s.goal, s.amount) for s in reading.sheets])
    for planted in (
        "张三丰",
        "李四光",
        "王五",
        "赵六",
        "钱七",
        "孙八",
        "周九",
        "13812345678",
        "13912345678",
        "87654321",
        "85790720",
    ):
        assert planted not in kept
    assert [target["indicator"] for target in reading.targets] == ["热线接通率", "咨询次数"]


def test_a_sheet_with_values_and_no_known_header_is_told() -> None:
    reading = read(make_table("内容 | 目标值\n覆盖 | 95%", "甲项目绩效目标表"))
    assert kinds(reading) == ["target-sheet-unread"]
