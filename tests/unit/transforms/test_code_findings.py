"""A printed code that is none, or that stands beside another code's name, is told."""

import pytest
from inline_tables import read_table

TABLE = """
科目编码|科目名称|合计|基本支出|项目支出
221|住房保障支出|33.46|33.46|
22102|住房改革支出|33.46|33.46|
2210201|住房公积金|20.89|20.89|
2210203|购房补贴|12.57|12.57|
"""


def tell(text: str) -> list[tuple[str, str]]:
    reading = read_table("一般公共预算支出表", text)
    return [(finding["finding_kind"], finding["message"]) for finding in reading.findings]


def test_right_codes_are_not_told():
    assert tell(TABLE) == []


@pytest.mark.parametrize(
    ("printed", "kind"),
    [
        ("8210203", "unreadable-code"),
        ("2210202", "code-name-mismatch"),
        ("2210293", "code-name-mismatch"),
        ("2990203", "unknown-code"),
    ],
    ids=["no class begins so", "another code's number", "an unlisted sibling", "a class that no list has"],
)
def test_a_misprinted_code_is_told(printed, kind):
    found = tell(TABLE.replace("2210203", printed))
    assert [found_kind for found_kind, _ in found] == [kind]
    assert printed in found[0][1]


def test_a_misprinted_class_is_told_by_the_name_that_has_the_code_one_digit_away():
    table = """科目编码|科目名称|合计|基本支出|项目支出
2060506|机关事业单位职业年金缴费支出|20.00|20.00|
2210201|住房公积金|20.89|20.89|"""
    assert tell(table) == [
        ("code-name-mismatch", "code 2060506 stands beside 机关事业单位职业年金缴费支出, which is 2080506 in that year's list")
    ]


def test_unit_rows_are_not_misprinted_codes():
    table = TABLE.replace("221|住房保障支出", "101001|某市某局|33.46|33.46|\n221|住房保障支出")
    assert "unreadable-code" not in {kind for kind, _ in tell(table)}
