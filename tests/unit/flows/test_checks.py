"""One document's checks as a person reads them."""

import io
import json
from decimal import Decimal

import pytest
from rich.console import Console

from flows.checks import CheckChoice, DocumentChecks, UnknownIdentityError, check_identity, describe_checks, render_checks

DISCLOSURE = {"document_id": "a" * 16, "title": "某局2026年部门预算", "url": "a.pdf", "status": "loaded", "grade": "B"}


def make_line(number, label, amount, unit="万元", **values):
    named = {"fund_type": "all", "expenditure_kind": "total", "amount_basis": "budget", "function_code": None}
    rest = {"econ_department_code": None, "econ_government_code": None, "bbox": None, "confidence": 0.5, "page": 7}
    line = {"line_id": f"l{number}", "line_number": number, "line_label": label, "amount_cny": amount, "unit_reported": unit}
    return named | rest | line | {"amount_reported": str(amount)} | values


LINES = [
    make_line(1, "教育支出", Decimal("1234500.00"), function_code="205"),
    make_line(2, "普通教育", Decimal("1000000.00"), function_code="20502", expenditure_kind="basic"),
    make_line(3, "进修及培训", Decimal("200000.00"), function_code="20508"),
    make_line(4, "合计", None),
]


def make_check(number, outcome="exact", check_id="level_sum", left=("l1",), right=("l2", "l3"), **values):
    sides = {"left_cny": Decimal("1234500.00"), "right_cny": Decimal("1200000.00"), "difference_cny": Decimal("34500.00")}
    named = {
        "processing_id": "p",
        "check_number": number,
        "check_id": check_id,
        "outcome": outcome,
        "check_subject": "205 教育支出",
    }
    ids = {"left_line_ids": list(left), "right_line_ids": list(right), "table_ids": ["t"], "envelope_cny": Decimal("150.00")}
    return named | sides | ids | {"reason": None} | values


EXPLAINED = {
    "finding_number": 5,
    "finding_kind": "cell-digit",
    "whose": "undecided",
    "message": "one digit would mend it",
    "fitting_value": "120.00",
    "page": 7,
    "check_numbers": [2],
}
CHECKS = [
    make_check(1),
    make_check(2, "violated"),
    make_check(3, "rounding", "row_sum"),
    make_check(4, "not_computable", "t4_t8", reason="a table is missing", left=(), right=(), left_cny=None),
]
DOCUMENT = DocumentChecks(DISCLOSURE, CHECKS, LINES, [EXPLAINED])
EVERYTHING = CheckChoice(frozenset({"exact", "rounding", "truncation", "violated", "not_computable"}))


def print_checks(document=DOCUMENT, choice=None, width=120):
    output = io.StringIO()
    Console(file=output, width=width).print(render_checks(document, choice or CheckChoice()))
    return output.getvalue()


def test_both_sides_are_shown_in_the_printed_unit_with_their_lines():
    text = print_checks()
    assert "123.45 万元" in text
    assert "120.00 万元" in text
    assert "p. 7 row 2 20502 普通教育 · basic" in text
    assert "3.45" in text
    assert "rounding explains up to 0.015" in text


def test_what_could_not_be_made_is_not_among_what_holds():
    assert "2 of 3 checks hold; 1 do not; 1 could not be made" in print_checks()


def test_reasons_are_listed_when_asked_for():
    text = print_checks(choice=CheckChoice(frozenset({"not_computable"})))
    assert "a table is missing" in text
    assert "violated level_sum" not in text


def test_the_explanation_of_a_finding_stands_beside_its_check():
    text = print_checks()
    assert "one digit would mend it [not decided] Would fit: 120.00." in text


def test_lines_in_different_units_are_shown_in_yuan():
    document = DocumentChecks(DISCLOSURE, CHECKS, [*LINES[:2], LINES[2] | {"unit_reported": "元"}], [])
    assert "1,234,500.00 元" in print_checks(document)


def test_a_document_without_checks_says_so():
    assert "No identity was evaluated" in print_checks(DocumentChecks(DISCLOSURE, [], [], []))


def test_blank_amounts_are_called_blank():
    document = DocumentChecks(DISCLOSURE, [make_check(1, "violated", right=("l3", "l4"))], LINES, [])
    assert "blank" in print_checks(document)


def test_many_lines_are_cut_and_counted():
    lines = [make_line(number, f"行{number}", Decimal(1)) for number in range(1, 40)]
    check = make_check(1, "violated", right=[line["line_id"] for line in lines])
    assert "and 27 more (--json has all)" in print_checks(DocumentChecks(DISCLOSURE, [check], lines, []))


@pytest.mark.parametrize("width", [80, 120])
def test_it_fits_a_terminal_of(width):
    assert all(len(line) <= width for line in print_checks(choice=EVERYTHING, width=width).splitlines())


def test_json_has_counts_lines_and_findings_with_amounts_as_text():
    described = json.loads(json.dumps(describe_checks(DOCUMENT, CheckChoice()), default=str))
    assert described["document"]["grade"] == "B"
    counted = {entry["check_id"]: entry for entry in described["identities"]}
    assert (counted["level_sum"]["exact"], counted["level_sum"]["violated"], counted["t4_t8"]["not_computable"]) == (1, 1, 1)
    (check,) = described["checks"]
    assert check["difference_cny"] == "34500.00"
    assert [line["line_id"] for line in check["right"]] == ["l2", "l3"]
    assert check["findings"][0]["finding_kind"] == "cell-digit"


def test_only_one_identity():
    described = describe_checks(DOCUMENT, CheckChoice(EVERYTHING.outcomes, "row_sum"))
    assert [check["check_number"] for check in described["checks"]] == [3]


def test_an_identity_that_does_not_exist_is_told_with_the_nearest():
    with pytest.raises(UnknownIdentityError, match="no identity is called 'levelsum'; nearest: level_sum"):
        check_identity("levelsum")
