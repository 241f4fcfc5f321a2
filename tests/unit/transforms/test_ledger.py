"""Every number-like token is accounted for."""

from dataclasses import replace

import pytest
from inline_tables import make_table, read_table

from transforms.ledger import account_lines, account_other_table, count_tokens, is_printed_amount, stands_in_narrative
from warehouse.records import PageFacts, RawDocument, TextLine

TABLE = """
科目编码 | 科目名称 | 合计 | 基本支出 | 项目支出 | 备注
201 | 一般公共服务支出 | 120.00 | 100.00 | 20.00 | 2024年12项
20103 | 政府办公厅事务 | 120.00 | 100.00 | 20.00 |
| 合计 | 120.00 | 100.00 | 20.00 |
"""


def counts(ledger):
    return {kind: ledger.total(kind) for kind in {kind for _, kind in ledger.counts}}


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("1,234.56", 1), ("2024年12月", 2), ("合计", 0), ("12,868.1\n9", 1), ("3-5", 2), ("", 0)],
)
def test_tokens_are_counted(text, tokens):
    assert count_tokens(text) == tokens


@pytest.mark.parametrize(("text", "expected"), [("120.00", True), ("1,200", True), ("201", False), ("120.00元整", False)])
def test_a_printed_amount_has_decimals_or_separators(text, expected):
    assert is_printed_amount(text) is expected


def test_a_table_that_is_read_leaves_nothing_unread():
    reading = read_table("一般公共预算支出表", TABLE)
    assert counts(reading.ledger) == {"amount": 9, "code": 2, "text": 2}
    assert reading.table["unread_count"] == 0


def test_an_amount_in_a_column_of_unknown_meaning_is_counted_unread_and_told():
    reading = read_table("一般公共预算支出表", TABLE.replace("项目支出", "某某某某"))
    assert reading.ledger.total("unread") == 3
    assert sum(finding["finding_kind"] == "unread-amount" for finding in reading.findings) == 3
    assert reading.table["unread_count"] == 3


def test_an_amount_among_the_names_is_unread():
    reading = read_table("一般公共预算支出表", TABLE.replace("政府办公厅事务", "88.00"))
    assert reading.ledger.total("unread") == 1


def test_an_unknown_table_counts_its_amounts_as_unread():
    ledger = account_other_table(make_table("名称 | 金额\n甲 | 12.00\n乙 | 3"), "unknown")
    assert counts(ledger) == {"unread": 1, "text": 1}


def test_targets_are_no_amounts():
    ledger = account_other_table(make_table("指标 | 值\n培训 | 12.00"), "project_performance_targets")
    assert counts(ledger) == {"target": 1}


def test_a_table_under_a_sentence_belongs_to_the_narrative():
    under = replace(make_table("年度 | 金额\n上年 | 12.00"), captions=(TextLine(1, "具体情况如下：", (0, 0, 90, 12)),))
    assert stands_in_narrative(under)
    assert counts(account_other_table(under, "unknown")) == {"narrative": 1}


def make_document(*rows):
    """A page of lines; pieces of a line that stand apart are parted by |."""
    lines = tuple(
        TextLine(1, piece.strip(), (100.0 * j, 20.0 * i, 100.0 * j + 90, 20.0 * i + 12))
        for i, row in enumerate(rows)
        for j, piece in enumerate(row.split("|"))
    )
    return RawDocument("0" * 16, (PageFacts(1, 595, 842, "narrative", 100, 0, 0, False),), lines, ())


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("— 12 —", {"page_number": 1}),
        ("2024年收入1,234.56万元，比上年增加34.56万元。", {"narrative": 3}),
        ("表5 | 单位：万元 | 第12页", {"narrative": 1, "page_number": 1}),
        ("20103行政运行 | 1,234.56 | 1,000.00 | 234.56", {"unread": 3, "text": 1}),
        ("合计 | 1,234.56 | 1,000.00", {"narrative": 2}),
    ],
    ids=["page number", "sentence", "head of a page", "row without rules", "two amounts are no row"],
)
def test_lines_outside_of_tables(row, expected):
    found = {kind: count for kind, count in counts(account_lines(make_document(row))).items() if count}
    assert found == expected


def test_rows_of_the_ledger_add_up_to_all_tokens():
    ledger = account_lines(make_document("— 3 —", "一般公共服务支出 | 1.00 | 2.00 | 3.00", "见2024年。"))
    assert sum(row["token_count"] for row in ledger.to_rows()) == 5
