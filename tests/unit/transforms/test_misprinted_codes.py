"""Digits before a class's name that make no code."""

import pytest
from inline_tables import read_table

TITLE = "财政拨款收支预算总表"
TABLE = """
收入|<|支出|<
项目|预算数|项目|预算数
一、一般公共预算拨款|300.00|201一般公共服务支出|100.00
||204公共安全支出|150.00
||221住房保障支出|50.00
收入总计|300.00|支出总计|300.00
"""


def read(table: str) -> tuple[dict[str, tuple[str | None, str | None]], list[tuple[str, str]]]:
    reading = read_table(TITLE, table)
    codes = {line["line_label"]: (line["function_code"], line["code_source"]) for line in reading.lines}
    return codes, [(finding["finding_kind"], finding["message"]) for finding in reading.findings]


def test_right_fused_codes_are_not_told():
    codes, findings = read(TABLE)
    assert codes["公共安全支出"] == ("204", "printed")
    assert findings == []


@pytest.mark.parametrize("printed", ["104", "004", "904", "20"], ids=["another digit", "zero", "nine", "a digit lost"])
def test_a_misprinted_fused_code_is_told_with_the_code_that_fits(printed):
    codes, findings = read(TABLE.replace("204公共", f"{printed}公共"))
    assert codes["公共安全支出"] == ("204", "inferred")
    assert [kind for kind, _ in findings] == ["unreadable-code"]
    assert f"{printed}公共安全支出" in findings[0][1]
    assert "204 would fit" in findings[0][1]


@pytest.mark.parametrize("printed", ["304", "504"], ids=["a code that was withdrawn", "a code of another classification"])
def test_a_code_of_another_classification_is_told(printed):
    _, findings = read(TABLE.replace("204公共", f"{printed}公共"))
    assert [kind for kind, _ in findings] in (["unknown-code"], ["code-name-mismatch"])


def test_a_name_that_begins_with_a_number_stays_whole():
    codes, findings = read(TABLE.replace("204公共安全支出", "110指挥中心运行"))
    assert "110指挥中心运行" in codes
    assert "unreadable-code" not in {kind for kind, _ in findings}
