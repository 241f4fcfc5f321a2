"""Serial and column numbers: one that breaks the count is told, other ways of counting are not."""

import pytest
from inline_tables import get_findings, read_table

from transforms.counting import find_break
from warehouse.records import RawCell


def put_below(*texts: str) -> list[RawCell]:
    return [RawCell(1, row, 0, 1, 1, text, (0.0, 12.0 * row, 60.0, 12.0 * row + 12)) for row, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("texts", "row", "fitting"),
    [
        (("1", "2", "3", "4", "9", "6"), 4, 5),
        (("7", "2", "3", "4"), 0, 1),
        (("1", "2", "3", "5"), 3, 4),
        (("11", "12", "", "73", "14", "15"), 3, 13),
    ],
)
def test_the_one_number_out_of_the_count_is_told(texts, row, fitting):
    (found,) = find_break(put_below(*texts))
    assert (found.cell.row, found.fitting) == (row, fitting)


@pytest.mark.parametrize(
    "texts",
    [
        ("1", "2", "3", "4", "5"),
        ("1", "2", "3", "1", "2", "3"),
        ("1", "2", "3", "6", "7", "8"),
        ("1", "2", "9"),
        ("1", "5", "9", "2"),
        ("", "合计", "1", "2"),
        (),
    ],
)
def test_other_ways_of_counting_are_no_break(texts):
    assert list(find_break(put_below(*texts))) == []


TABLE = """
序号|科目编码|科目名称|合计|基本支出|项目支出
栏次|<|<|1|2|3
1|205|教育支出|300.00|100.00|200.00
2|20502|普通教育|300.00|100.00|200.00
3|2050201|学前教育|100.00|50.00|50.00
4|2050202|小学教育|200.00|50.00|150.00
"""


def test_serial_number_of_a_table_is_told_with_its_row():
    assert get_findings(read_table("部门支出总表", TABLE)) == []
    reading = read_table("部门支出总表", TABLE.replace("3|2050201", "8|2050201"))
    (told,) = reading.findings
    assert (told["finding_kind"], told["page"], told["severity"]) == ("serial-broken", 1, "info")
    assert "8 where 3" in told["message"]


def test_number_of_a_column_is_told():
    wide = """
科目编码|科目名称|合计|财政拨款收入|事业收入|其他收入
栏次|<|1|2|3|4
205|教育支出|300.00|100.00|100.00|100.00
"""
    assert get_findings(read_table("部门收入总表", wide)) == []
    assert get_findings(read_table("部门收入总表", wide.replace("2|3|4", "2|8|4"))) == ["serial-broken"]
