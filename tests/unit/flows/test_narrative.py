"""What a document's text states, as a person reads it."""

import io
import json

from rich.cells import cell_len
from rich.console import Console

from flows.narrative import describe_text, render_statements, sort_text

DISCLOSURE = {"document_id": "a" * 16, "title": "某局2026年部门预算", "url": "a.pdf", "status": "loaded", "grade": "B"}
LONG = "change.general_public_budget.project.function.amount"


def make_statement(number, key, printed, **values):
    named = {"subject": None, "direction": None, "reason": None, "period": "current", "page": 3}
    row = {"processing_id": "p", "document_id": "a" * 16, "statement_number": number, "statement_key": key}
    named["line_ids"] = []
    place = {"text_start": number * 10, "text_end": number * 10 + 4, "value_reported": printed, "evidence": f"某费{printed}"}
    return row | named | place | values


def make_number(start, printed, outcome, reason=None, page=3):
    named = {"processing_id": "p", "document_id": "a" * 16, "page": page, "evidence": f"神秘{printed}"}
    row = {"text_start": start, "text_end": start + len(printed), "value_reported": printed, "number_outcome": outcome}
    return named | row | {"ignored_because": reason}


def make_check(number, outcome, left=(), right=(), **values):
    named = {"check_number": number, "check_id": "stated_change", "check_subject": "项目支出", "outcome": outcome, "reason": None}
    return named | {"left_statement_numbers": list(left), "right_statement_numbers": list(right)} | values


STATEMENTS = [
    make_statement(
        3, LONG, "2%", subject="其他政府办公厅(室)及相关机构事务支出", direction="decrease", page=4, reason="因" * 120
    ),
    make_statement(1, "amount.project", "90万元"),
    make_statement(2, "change.project.amount", None, direction="unchanged"),
]
NUMBERS = [
    make_number(10, "90万元", "statement"),
    make_number(15, "7万元", "unread"),
    make_number(1, "2026", "ignored", "date"),
    make_number(30, "2%", "statement", page=4),
]
FAILED = {"left_cny": 3, "right_cny": 2}
CHECKS = [make_check(1, "exact", [1]), make_check(2, "violated", [3], [1], **FAILED), make_check(3, "not_computable", [2])]
LINE = {"page": 7, "table_type": "expenditure_summary", "line_label": "合计", "amount_reported": "90.00"}
LINES = [LINE | {"line_id": name} for name in "abc"]
FINDINGS = [
    {"statement_check_numbers": [2], "message": "it was divided by the current year"},
    {"statement_check_numbers": None, "message": "other"},
]


def make_text(checks=CHECKS, statements=STATEMENTS, numbers=NUMBERS):
    rows = {
        "core_statements": statements,
        "raw_narrative_numbers": numbers,
        "core_statement_checks": checks,
        "core_findings": FINDINGS,
        "core_budget_lines": LINES,
    }
    return sort_text(DISCLOSURE, rows)


def show(text, width=100):
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(render_statements(text))
    return console.file.getvalue()


def test_statements_and_what_was_not_understood_stand_in_reading_order():
    shown = show(make_text())
    places = [shown.index(words) for words in ("p. 3", "amount.project", "神秘7万元", "change.project.amount", "p. 4", "2%")]
    assert places == sorted(places)
    assert "4 numbers in the text: 2 state something, 1 nothing (date 1), 1 not understood." in " ".join(shown.split())


def test_a_word_without_a_number_is_shown_as_its_direction():
    assert "= 持平" in show(make_text())


def test_checks_stand_beside_what_they_compare_with_the_reasoning():
    shown = show(make_text())
    first, last = shown.split("p. 4")
    assert "✓ stated_change 项目支出" in first
    assert "· stated_change" in first
    assert "✗ stated_change 项目支出: 3 and 2 — it was divided by the current year" in last
    assert "other" not in shown


def test_nothing_is_wider_than_the_terminal_and_nothing_is_cut():
    shown = show(make_text())
    assert max(cell_len(line) for line in shown.splitlines()) <= 100
    assert LONG in shown
    assert shown.count("因") == 120


def test_checks_of_tables_alone_name_no_statements():
    shown = show(make_text(checks=[{"check_number": 1, "check_id": "row_sum", "outcome": "exact", "check_subject": "合计"}]))
    assert "row_sum" not in shown


def test_the_json_has_statements_with_their_checks_reasons_and_unread_numbers():
    told = json.loads(json.dumps(describe_text(make_text())))
    assert [row["statement_number"] for row in told["statements"]] == [1, 2, 3]
    assert [check["check_number"] for check in told["statements"][0]["checks"]] == [1, 2]
    assert told["ignored"] == {"date": 1}
    assert [row["value_reported"] for row in told["unread"]] == ["7万元"]
    assert "processing_id" not in told["statements"][0]


def test_a_document_without_text_says_so():
    assert "No running text was read" in show(make_text(statements=[], numbers=[]))


def test_the_lines_that_a_statement_speaks_of_stand_beside_it():
    one = make_statement(1, "amount.project", "90万元", line_ids=["a"])
    many = make_statement(2, "amount.project", "90万元", line_ids=["a", "b", "c"])
    shown = show(make_text(statements=[one, many]))
    assert "→ p. 7 expenditure_summary · 合计 90.00" in shown
    assert "1 more" in " ".join(shown.split())
