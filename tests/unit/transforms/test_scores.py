from typing import Any

import pytest

from transforms.scores import find_doubts, give_grade, is_wrong_sum, score_document, score_tables, tally_lines


def make_line(name: str, **changed: Any) -> dict[str, Any]:
    line = {"line_id": name, "table_id": "t", "amount_cny": 1, "extractor": "camelot-lattice"}
    return line | {"verified_by": 1, "contradicted_by": 0} | changed


def make_check(number: int = 1, lines: tuple[str, ...] = ("a", "b"), **changed: Any) -> dict[str, Any]:
    check = {"check_number": number, "outcome": "violated", "reason": None}
    return check | {"left_line_ids": lines[:1], "right_line_ids": lines[1:]} | changed


def make_finding(
    whose: str, lines: tuple[str, ...] = (), checks: tuple[int, ...] = (), severity: str = "warning"
) -> dict[str, Any]:
    return {"whose": whose, "severity": severity, "line_ids": list(lines), "check_numbers": list(checks)}


A, B = make_line("a", contradicted_by=2), make_line("b", contradicted_by=2)


def score(lines: list[Any], checks: Any = (), findings: Any = (), disputed: Any = (), unread: int = 0) -> Any:
    return score_document(lines, checks, findings, disputed, unread)


@pytest.mark.parametrize(
    ("changed", "disputed", "expected"),
    [
        ({}, (), 1.0),
        ({"extractor": "pdfium-grid"}, ("a",), 1.0),
        ({"verified_by": 0}, (), 0.95),
        ({"verified_by": 0, "extractor": "pdfium-grid"}, (), 0.8),
        ({"verified_by": 0, "extractor": "pdfium-grid"}, ("a",), 0.5),
    ],
)
def test_an_amount_is_worth_what_supports_it(changed, disputed, expected):
    assert score([make_line("a", **changed)], disputed=disputed)["score"] == expected


def test_a_blank_is_no_amount():
    assert tally_lines([make_line("a", amount_cny=None)], find_doubts([], [], []), (), 0).printed_count == 0


def test_an_unread_amount_is_worth_nothing():
    assert score([make_line("a")], unread=1)["score"] == 0.5


def test_a_violated_check_that_nobody_explains_puts_all_its_amounts_in_question():
    assert find_doubts([A, B], [make_check()], []).open == {"a", "b"}


def test_an_amount_beside_a_violated_check_that_says_nothing_of_it_is_not_in_question():
    assert find_doubts([A, make_line("b")], [make_check()], []).open == {"a"}


def test_an_amount_for_which_as_many_identities_hold_as_fail_is_not_in_question_but_the_document_is_no_a():
    proved = [make_line(name, contradicted_by=1) for name in "ab"]
    scored = score(proved, [make_check()])
    assert (scored["contradicted_count"], scored["score"], scored["grade"]) == (0, 1.0, "B")


def test_the_publishers_error_says_nothing_of_the_reading_and_is_counted():
    scored = score([A, B], [make_check()], [make_finding("publisher", ("a",), (1,))])
    assert (scored["score"], scored["grade"]) == (1.0, "A")
    assert (scored["contradicted_count"], scored["violated_count"], scored["publisher_violated_count"]) == (0, 1, 1)


def test_an_undecided_diagnosis_leaves_only_the_amount_that_it_names_in_question():
    assert find_doubts([A, B], [make_check()], [make_finding("undecided", ("a",), (1,))]).open == {"a"}


def test_an_explanation_that_names_no_amount_clears_none():
    assert find_doubts([A, B], [make_check()], [make_finding("undecided", (), (1,))]).open == {"a", "b"}


def test_a_misread_amount_is_worth_nothing_and_keeps_the_document_from_a_good_grade():
    lines = [A, B, *(make_line(str(n)) for n in range(1000))]
    scored = score(lines, [make_check()], [make_finding("extraction", ("a",), (1,))])
    assert (scored["misread_count"], scored["contradicted_count"], scored["grade"]) == (1, 0, "C")


def test_what_is_told_for_the_record_accuses_nobody():
    assert not find_doubts([A], [], [make_finding("extraction", ("a",), severity="info")]).misread


def test_names_that_differ_are_no_wrong_sum():
    assert not is_wrong_sum(make_check(reason="甲 / 乙"))


def test_one_unread_amount_of_a_thousand_costs_the_best_grade():
    assert score([make_line(str(n)) for n in range(1000)], unread=1)["grade"] == "B"


def test_a_document_of_which_nothing_is_proved_is_no_better_than_c():
    assert score([make_line(str(n), verified_by=0) for n in range(50)])["grade"] == "C"


def test_a_document_half_unread_is_a_d():
    assert give_grade(tally_lines([make_line("a")], find_doubts([], [], []), (), 1)) == "D"


@pytest.mark.parametrize(
    ("lines", "unread", "understood", "expected"),
    [((make_line("a"),), 1, True, 0.5), ((), 0, True, 1.0), ((), 0, False, 0.0), ((), 3, False, 0.0)],
)
def test_a_table_is_scored_by_its_own_amounts(lines, unread, understood, expected):
    table = {"table_id": "t", "unread_count": unread, "understood": understood, "score": 0.3}
    (scored,) = score_tables([table], [*lines, make_line("z", table_id="other", verified_by=0)], (), (), ())
    assert scored["score"] == expected
