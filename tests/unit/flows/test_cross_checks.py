"""What documents say of each other, as a person reads it."""

import io
from decimal import Decimal

import pytest
from rich.console import Console

from flows.cross_checks import describe_cross_checks, render_cross_checks, select_cross_checks

LATER, EARLIER, THIRD = "a" * 16, "b" * 16, "c" * 16
TITLES = {LATER: "某局2026年预算", EARLIER: "某局2025年预算"}


def make_cross_check(number, outcome="exact", document_id=LATER, other=EARLIER, **values):
    amounts = {"left_cny": Decimal("100.00"), "right_cny": Decimal("90.00"), "difference_cny": Decimal("10.00")}
    owner = {"document_id": document_id, "other_document_ids": [other], "other_document_id": other, "cross_check_number": number}
    check = {
        "check_id": "prior_year",
        "comparison_kind": "consecutive_years",
        "check_subject": "205 教育支出",
        "outcome": outcome,
    }
    rest = {"reason": None, "message": None, "page": 3, "other_page": 4, "processing_id": "p", "other_processing_ids": ["q"]}
    return owner | check | amounts | rest | values


ROWS = [
    make_cross_check(2, "violated", message="the later document states another amount"),
    make_cross_check(1),
    make_cross_check(3, "not_computable", reason="no column of the previous year"),
    make_cross_check(1, document_id=THIRD, other=THIRD),
]


def render(rows, *outcomes, width=120):
    output = io.StringIO()
    Console(file=output, width=width).print(render_cross_checks(rows, TITLES, frozenset(outcomes)))
    return output.getvalue()


@pytest.mark.parametrize(("document_id", "numbers"), [(LATER, [1, 2, 3]), (EARLIER, [1, 2, 3]), (THIRD, [1])])
def test_checks_in_which_a_document_takes_part_on_either_side(document_id, numbers):
    assert [row["cross_check_number"] for row in select_cross_checks(ROWS, document_id)] == numbers


def test_a_violated_one_shows_both_documents_with_their_pages():
    text = render(ROWS[:3], "violated")
    assert "100.00 元  某局2026年预算, p. 3" in text
    assert "90.00 元  某局2025年预算, p. 4" in text
    assert "the later document states another amount" in text


def test_reasons_are_shown_when_asked_for():
    assert "no column of the previous year" not in render(ROWS[:3], "violated")
    assert "no column of the previous year" in render(ROWS[:3], "not_computable")


def test_nothing_to_compare_with():
    assert "No other document" in render([], "violated")


def test_it_fits_a_narrow_terminal():
    assert all(len(line) <= 80 for line in render(ROWS[:3], "violated", "not_computable", width=80).splitlines())


def test_json_has_titles_and_no_numbers_of_processings():
    (described, *_) = describe_cross_checks(ROWS)
    assert described["title_zh"] == "上年数一致"
    assert "other_processing_ids" not in described
