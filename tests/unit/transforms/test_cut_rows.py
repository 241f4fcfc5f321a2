"""Rows cut by a page break: texts of one row, not rows of their own."""

from dataclasses import replace

import pytest
from inline_tables import get_book, make_table, show

from transforms.budget_lines import DocumentContext, TableReading, read_tables

UNITS = """
单位名称|总计|一般公共预算
合计|30.00|30.00
某市道路运输管理服务中心|10.00|10.00
{}|20.00|20.00
{}|{}|{}
"""


def read_cut(title: str, text: str, first_row: int) -> TableReading:
    """The interpretation of a table whose second page begins at a row."""
    table = replace(make_table(text, title), rows_of_page=((1, 0), (2, first_row)), pages=(1, 2))
    context = DocumentContext("0" * 16, None, "某市某局", None, "department", 2026, "budget")
    return read_tables([table], context, get_book())[0]


def test_end_of_an_organisation_in_a_table_of_names_alone() -> None:
    reading = read_cut("收入总表", UNITS.format("某市综合交通运输研究", "中心", "", ""), 4)
    assert {(line["line_label"], line["unit_name"]) for line in reading.lines if line["amount_reported"] == "20.00"} == {
        ("某市综合交通运输研究中心", "某市综合交通运输研究中心")
    }
    assert "中心" not in {line["line_label"] for line in reading.lines}


@pytest.mark.parametrize(
    ("above", "below", "amount"),
    [("某市公路局", "港航管理中心", ""), ("某市综合交通运输研究", "中心", "5.00")],
    ids=["a whole organisation above", "a row with an amount"],
)
def test_rows_of_their_own_at_the_head_of_a_page(above: str, below: str, amount: str) -> None:
    labels = [line["line_label"] for line in read_cut("收入总表", UNITS.format(above, below, amount, amount), 4).lines]
    assert above in labels
    assert f"{above}{below}" not in labels


def test_each_piece_joins_the_text_of_its_own_column() -> None:
    reading = read_cut(
        "政府采购支出预算表",
        """
采购品目大类|专项名称|经济科目|采购品目名称|采购组织形式|总计
合计|||||5.00
|商品和服务支出（公用经费|办公费|复印纸|集中采购|3.00
|定额）||||
|商品和服务支出|办公费|墨盒|集中采购|2.00
""",
        3,
    )
    assert show(reading)[1:] == ["复印纸 3.00", "墨盒 2.00"]
    assert [line["project_name"] for line in reading.lines if line["amount_cny"] is not None][1:] == [
        "商品和服务支出(公用经费定额)",
        "商品和服务支出",
    ]


def test_same_row_inside_a_page_is_no_rest() -> None:
    reading = read_cut("收入总表", UNITS.format("某市综合交通运输研究", "中心", "", ""), 3)
    assert "某市综合交通运输研究" in {line["line_label"] for line in reading.lines}
