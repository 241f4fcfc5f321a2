"""Tables as published, laid out from lines."""

from itertools import count

from made_rows import make_line

from transforms.portal.published_table import lay_out_table


def line(row, column, label, amount="1.00", **values):
    box = [column * 100.0, row * 20.0, column * 100.0 + 60, row * 20.0 + 15]
    named = {"line_label": label, "function_code": None, "econ_department_code": None, "bbox": box}
    made = make_line("甲", row, amount, column=column, **{**named, **values})
    empty = dict.fromkeys(("econ_government_code", "project_name", "unit_name", "correction_id"))
    return {**empty, **made}


def test_columns_of_the_same_rows_make_one_block():
    lines = [
        line(row, column, label, expenditure_kind=kind)
        for row, label in ((1, "合计"), (2, "教育支出"))
        for column, kind in ((2, "total"), (3, "basic"), (4, "project"))
    ]
    table = lay_out_table(lines, "zh")
    assert [block.headings for block in table.blocks] == [("支出合计", "基本支出", "项目支出")]
    assert [parts[0].label for _, parts in table.rows] == ["合计", "教育支出"]


def test_blocks_side_by_side_keep_their_own_rows():
    left = [line(row, 2, label, direction="revenue") for row, label in ((1, "财政拨款"), (2, "其他收入"))]
    right = [line(row, 4, label) for row, label in ((1, "教育支出"), (3, "支出总计"))]
    table = lay_out_table(left + right, "zh")
    assert [block.direction for block in table.blocks] == ["revenue", "expenditure"]
    assert [(number, [part and part.label for part in parts]) for number, parts in table.rows] == [
        (1, ["财政拨款", "教育支出"]),
        (2, ["其他收入", None]),
        (3, [None, "支出总计"]),
    ]


def test_blocks_that_are_printed_level_share_a_row_though_their_lines_are_numbered_on():
    def cell(number, column, label, top, page=1, **values):
        return line(number, column, label, bbox=[column * 100.0, top, column * 100.0 + 60, top + 12], page=page, **values)

    lines = [
        cell(1, 2, "财政拨款", 100, direction="revenue"),
        cell(2, 4, "教育支出", 100),
        cell(3, 6, "工资福利支出", 101),
        cell(4, 2, "其他收入", 112, direction="revenue"),
        cell(5, 4, "农林水支出", 124),
        cell(6, 2, "收入总计", 124, page=2, direction="revenue"),
        cell(7, 4, "支出总计", 124),
    ]
    table = lay_out_table(lines, "zh")
    assert [block.columns for block in table.blocks] == [(2,), (4,), (6,)]
    assert [(number, [part and part.label for part in parts]) for number, parts in table.rows] == [
        (1, ["财政拨款", "教育支出", "工资福利支出"]),
        (4, ["其他收入", None, None]),
        (5, [None, "农林水支出", None]),
        (6, ["收入总计", None, None]),
        (7, [None, "支出总计", None]),
    ]
    assert table.first_of[3] == 1


def test_every_amount_stands_in_the_table_once():
    number = count(1)
    lines = [
        line(row, column, f"行{row}", f"{next(number)}.00") for row in range(1, 8) for column in (2, 3, 5) if (row + column) % 4
    ]
    table = lay_out_table(lines, "en")
    assert sorted(amount.line_id for amount in table.list_amounts()) == sorted(entry["line_id"] for entry in lines)


def test_a_heading_says_what_tells_a_column_from_the_others():
    lines = [
        line(1, 2, "合计", fund_type="all"),
        line(1, 3, "合计", fund_type="general_public_budget"),
        line(1, 4, "合计", fund_type="government_fund"),
    ]
    assert lay_out_table(lines, "en").blocks[0].headings == ("all funds", "general public budget", "government fund")


def test_codes_and_projects_stand_beside_the_name():
    lines = [line(1, 3, "行政运行", function_code="2010301", project_name="信息化运维")]
    table = lay_out_table(lines, "zh")
    part = table.rows[0][1][0]
    assert (part.codes, part.extra, table.blocks[0].width) == (("2010301",), ("信息化运维",), 3)


def test_what_speaks_for_an_amount_is_one_word():
    lines = [
        line(1, 3, "甲", verified_by=2, contradicted_by=0),
        line(2, 3, "乙", verified_by=0, contradicted_by=0),
        line(3, 3, "丙", verified_by=1, contradicted_by=1),
    ]
    assert [amount.trust for amount in lay_out_table(lines, "zh").list_amounts()] == ["proved", "read", "contradicted"]
