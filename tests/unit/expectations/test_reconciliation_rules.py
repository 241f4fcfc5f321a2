from decimal import Decimal
from typing import Any

import pytest
from expectation_batches import GOOD, change_line, make_check, make_disclosure, make_finding_row, make_loose_tables, make_rows

from expectations import reconciliation
from expectations.batch import open_batch
from expectations.rules import evaluate_rules
from warehouse.issues import load_finding_kinds

THREE_LINES = [f"{GOOD}-1-1-{column}" for column in (1, 2, 3)]


def find_broken(rows: dict[str, Any]) -> set[str]:
    return {name for name, violated in judge(rows).items() if violated}


def judge(rows: dict[str, Any]) -> dict[str, int]:
    connection = open_batch(make_loose_tables(rows))
    reconciliation.prepare_proof(connection)
    return {count.rule: count.violated for count in evaluate_rules(connection, reconciliation.RULES)[0]}


def make_checks(violated: int, of: int) -> list[dict[str, Any]]:
    wrong = {"outcome": "violated", "left_cny": Decimal(306000), "difference_cny": Decimal(1000)}
    return [make_check(GOOD, number, **(wrong if number <= violated else {})) for number in range(1, of + 1)]


def test_a_proved_document_breaks_nothing():
    assert find_broken(make_rows()) == set()


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        ({"whose": "extraction"}, True),
        ({"whose": "extraction", "line_ids": [f"{GOOD}-1-1-1", f"{GOOD}-1-1-2"]}, False),
        ({"whose": "publisher"}, False),
        ({"whose": "undecided"}, False),
        ({"whose": "extraction", "severity": "info"}, False),
        ({"whose": "extraction", "finding_kind": "readings-differ"}, False),
    ],
)
def test_a_contradicted_extraction_is_rejected_and_a_publishers_error_is_not(changed: dict[str, Any], broken: bool):
    accused = {"line_ids": THREE_LINES} | changed
    rows = make_rows() | {"core_findings": [make_finding_row(GOOD, **accused)]}
    assert ("extraction_not_contradicted" in find_broken(rows)) is broken


@pytest.mark.parametrize(("status", "broken"), [("loaded", True), ("doubtful", True), ("refused", False)])
def test_a_critical_finding_keeps_a_document_out_unless_it_is_refused_already(status: str, broken: bool):
    rows = make_rows() | {
        "core_disclosures": [make_disclosure(GOOD, status=status, refusal="no-tables")],
        "core_findings": [make_finding_row(GOOD, severity="critical", finding_kind="no-tables")],
    }
    assert ("no_critical_finding_in_loaded" in find_broken(rows)) is broken


@pytest.mark.parametrize(
    ("refusal", "kind", "lines", "broken"),
    [
        ("scanned", "scanned", 0, False),
        ("scanned", "no-tables", 0, True),
        (None, "scanned", 0, True),
        ("scanned", "scanned", 1, True),
    ],
)
def test_a_refused_document_has_a_reason_and_no_lines(refusal: str | None, kind: str, lines: int, broken: bool):
    rows = make_rows()
    rows |= {
        "core_disclosures": [make_disclosure(GOOD, status="refused", refusal=refusal)],
        "core_findings": [make_finding_row(GOOD, severity="critical", finding_kind=kind)],
        "core_budget_lines": rows["core_budget_lines"][:lines],
        "core_checks": [],
    }
    assert ("refused_document_has_a_reason_and_no_lines" in find_broken(rows)) is broken


def test_a_finding_outside_the_catalogue_is_broken():
    rows = make_rows() | {"core_findings": [make_finding_row(GOOD, finding_kind="no-such-kind")]}
    assert "finding_kind_in_catalogue" in find_broken(rows)


@pytest.mark.parametrize(
    ("violated", "of", "expected"),
    [
        (0, 20, set()),
        (1, 20, set()),
        (2, 20, {"few_checks_violated"}),
        (5, 20, {"few_checks_violated"}),
        (6, 20, {"few_checks_violated", "most_checks_hold"}),
        (6, 19, {"few_checks_violated"}),
    ],
)
def test_the_share_of_violated_checks_decides(violated: int, of: int, expected: set[str]):
    assert find_broken(make_rows() | {"core_checks": make_checks(violated, of)}) == expected


@pytest.mark.parametrize("checks", [[], [make_check(GOOD, outcome="not_computable", reason="no such table", left_cny=None)]])
def test_a_document_without_a_computed_check_is_flagged(checks: list[dict[str, Any]]):
    assert find_broken(make_rows() | {"core_checks": checks}) == {"something_is_proved"}


def test_many_contradicted_amounts_are_flagged_and_few_are_not():
    def broken_with(contradicted: int) -> bool:
        rows = make_rows()
        lines = [
            line | {"line_number": number, "verified_by": 1, "contradicted_by": 2 if number <= contradicted else 0}
            for number, line in enumerate(rows["core_budget_lines"] * 4, 1)
        ]
        return "few_amounts_contradicted" in find_broken(rows | {"core_budget_lines": lines})

    assert (broken_with(2), broken_with(3)) == (False, True)


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        ({}, False),
        ({"outcome": "rounding", "right_cny": Decimal(304900), "difference_cny": Decimal(100)}, False),
        ({"outcome": "violated", "right_cny": Decimal(304000), "difference_cny": Decimal(1000)}, False),
        ({"outcome": "rounding", "right_cny": Decimal(304000), "difference_cny": Decimal(1000)}, True),
        ({"outcome": "violated", "right_cny": Decimal(304900), "difference_cny": Decimal(100)}, True),
        ({"outcome": "violated", "reason": "222: two names"}, False),
        ({"outcome": "violated"}, True),
        ({"right_cny": Decimal(304000)}, True),
        ({"difference_cny": None}, True),
        ({"outcome": "not_computable", "left_cny": None, "difference_cny": None, "reason": None}, True),
    ],
)
def test_a_checks_outcome_follows_from_its_numbers(changed: dict[str, Any], broken: bool):
    rows = make_rows() | {"core_checks": [make_check(GOOD, **changed)]}
    assert ("check_outcome_follows_from_its_numbers" in find_broken(rows)) is broken


def test_a_check_that_names_unknown_lines_is_broken():
    rows = change_line(make_rows(), 2, 1, line_id="another")
    assert "check_names_known_lines" in find_broken(rows)


def test_every_limit_has_a_reason_and_every_contradiction_kind_exists():
    limits = reconciliation.load_thresholds()
    assert all(len(limit.reason) > 30 for limit in limits.thresholds.values())
    assert set(limits.contradiction_kinds) <= set(load_finding_kinds())


def judge_scored(**changed: Any) -> set[str]:
    counts = {"line_count": 100, "proved_count": 100, "proved_twice_count": 90, "agreed_count": 100} | changed
    return find_broken(make_rows() | {"core_disclosures": [make_disclosure(GOOD, **counts)]})


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        ({}, set()),
        ({"proved_count": 70, "proved_twice_count": 0}, set()),
        ({"proved_count": 69, "proved_twice_count": 0}, {"most_amounts_proved"}),
        ({"grade": "B", "unread_count": 1}, {"few_amounts_unread"}),
        ({"grade": "B", "line_count": 999, "unread_count": 1, "proved_count": 990}, set()),
        ({"grade": "D", "unread_count": 60}, {"few_amounts_unread", "not_a_quarter_unread", "most_amounts_proved"}),
        ({"grade": "C", "score": 0.9699}, {"score_is_good"}),
        ({"grade": "B", "score": 0.97}, set()),
        ({"grade": "D", "score": 0.4}, {"score_is_good", "score_is_not_hopeless"}),
        # Too few amounts for shares.
        ({"grade": "B", "line_count": 12, "proved_count": 0, "proved_twice_count": 0, "agreed_count": 12}, set()),
    ],
)
def test_limits_of_ledger_proof_and_score(changed: dict[str, Any], broken: set[str]):
    assert judge_scored(**changed) == broken


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        ({}, False),
        ({"score": None}, True),
        ({"grade": None}, True),
        ({"proved_count": 101}, True),
        ({"proved_twice_count": 101}, True),
        ({"contradicted_count": 1}, True),
        ({"contradicted_count": 1, "grade": "B"}, False),
        ({"violated_count": 2}, True),
        ({"status": "refused", "refusal": "scanned"}, True),
    ],
)
def test_a_score_fits_its_counts(changed: dict[str, Any], broken: bool):
    assert ("score_rests_on_its_counts" in judge_scored(**changed)) is broken


@pytest.mark.parametrize(
    ("changed", "broken"),
    [({"check_numbers": [1]}, True), ({"check_numbers": []}, False), ({"check_numbers": [1], "whose": "publisher"}, False)],
)
def test_a_diagnosis_that_blames_the_reading_for_a_failing_check_rejects(changed: dict[str, Any], broken: bool):
    accused = {"whose": "extraction", "line_ids": THREE_LINES} | changed
    rows = make_rows() | {"core_findings": [make_finding_row(GOOD, finding_kind="readings-differ", **accused)]}
    assert ("extraction_not_contradicted" in find_broken(rows)) is broken


@pytest.mark.parametrize(("amounts", "broken"), [(299, True), (300, False)])
def test_a_large_document_is_not_rejected_for_few_misread_amounts(amounts: int, broken: bool):
    rows = make_rows() | {
        "core_disclosures": [make_disclosure(GOOD, line_count=amounts)],
        "core_findings": [
            make_finding_row(
                GOOD, finding_number=n, finding_kind="cell-digit", whose="extraction", check_numbers=[1], line_ids=[line]
            )
            for n, line in enumerate(THREE_LINES, 1)
        ],
    }
    assert ("extraction_not_contradicted" in find_broken(rows)) is broken
