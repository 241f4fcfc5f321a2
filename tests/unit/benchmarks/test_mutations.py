"""The judge of the mutation test, on documents of two cells: what counts as noticed, and what does not."""

from dataclasses import replace
from random import Random

import pytest

from benchmarks.mutations import (
    Verdict,
    change_digit,
    describe_account,
    draw_mutations,
    judge_reading,
    list_digits,
    swap_titles,
)
from samples.expected import build_sheets
from samples.library import sample_disclosures
from samples.sheets import Cell, ExpectedLine, Sheet
from warehouse.records import ProcessedDocument

LINE = ExpectedLine(
    table_type="expenditure_summary",
    line_label="办公费",
    direction="expenditure",
    row_kind="item",
    fund_type="all",
    expenditure_kind="total",
    amount_basis="budget",
    econ_department_code="30201",
    amount_reported="12.50",
)
SHEET = Sheet(
    table_type="expenditure_summary",
    title="表",
    number="",
    unit_note="",
    header=((Cell("编码"), Cell("名称"), Cell("2024年")),),
    body=((Cell("30201"), Cell("1.办公费"), Cell("12.50", line=LINE)),),
    kinds=("code", "name", "amount"),
)
AMOUNT_PLACE = next(place for place in list_digits([SHEET]) if (place.row, place.column) == (1, 2))


def make_document(amount="12.50", *, findings=(), outcome="exact", status="loaded", other_table=()):
    lines = [{"table_type": "expenditure_summary", "amount_reported": amount}]
    rows = {
        "core_tables": [
            {"table_id": "d-001", "table_type": "expenditure_summary"},
            {"table_id": "d-002", "table_type": "revenue_summary"},
        ],
        "raw_cells": [
            *({"table_id": "d-001", "text": text} for text in ("编码", "名称", "2024年", "30201", "1.办公费", amount)),
            *({"table_id": "d-002", "text": text} for text in other_table),
        ],
        "core_budget_lines": [] if status == "refused" else lines,
        "core_findings": [{"finding_kind": kind, "message": message} for kind, message in findings],
        "core_checks": [{"outcome": outcome}],
    }
    return ProcessedDocument("d", "p", status, rows)


@pytest.fixture
def mutation():
    return change_digit("sample", [SHEET], AMOUNT_PLACE, Random(1))


def judge(mutation, changed, sound=None):
    return judge_reading(mutation, sound or make_document(), changed).outcome


def test_every_digit_of_a_table_can_be_drawn():
    assert len(list_digits([SHEET])) == len("2024" + "30201" + "1" + "1250")


def test_exactly_one_digit_is_changed(mutation):
    assert mutation.old == "12.50"
    assert sum(a != b for a, b in zip(mutation.old, mutation.new, strict=True)) == 1
    assert mutation.sheets[0] == replace(SHEET, body=((*SHEET.body[0][:2], Cell(mutation.new, line=LINE)),))


@pytest.mark.parametrize(("cell", "kind"), [((0, 2), "other"), ((1, 0), "code"), ((1, 1), "label"), ((1, 2), "amount")])
def test_the_kind_of_a_digit_is_that_of_its_cell(cell, kind):
    place = next(place for place in list_digits([SHEET]) if (place.row, place.column) == cell)
    assert change_digit("sample", [SHEET], place, Random(1)).kind == kind


def test_the_last_digit_is_told(mutation):
    last = change_digit("sample", [SHEET], replace(AMOUNT_PLACE, position=4), Random(1))
    assert (mutation.is_last_digit, last.is_last_digit) == (False, True)


def test_a_new_violation_is_noticed(mutation):
    changed = make_document(mutation.new, findings=[("cell-digit", "12 against 13")])
    assert judge(mutation, changed) == "violated"


def test_a_new_finding_is_noticed(mutation):
    assert judge(mutation, make_document(mutation.new, findings=[("unknown-code", "30291")])) == "finding"


def test_a_finding_that_was_there_before_does_not_count(mutation):
    known = [("missing-table", "no projects")]
    assert judge(mutation, make_document(mutation.new, findings=known), make_document(findings=known)) == "silent"


def test_a_refused_document_is_noticed(mutation):
    assert judge(mutation, make_document(mutation.new, status="refused")) == "refused"


def test_what_passes_for_rounding_is_told_apart(mutation):
    assert judge(mutation, make_document(mutation.new, outcome="rounding")) == "rounding"


@pytest.mark.parametrize("amount", ["12.50", "99.99"])
def test_another_text_than_the_printed_one_is_misread_even_with_a_finding(mutation, amount):
    assert judge(mutation, make_document(amount, findings=[("cell-digit", "12 against 13")])) == "misread"


def test_a_cell_that_was_not_read_before_is_unread_and_not_noticed(mutation):
    # The same amount stands in another table, which is read.
    fused = make_document("12.50 13.50", findings=[("unreadable-amount", "12.50 13.50")], other_table=["12.50"])
    assert judge(mutation, fused, fused) == "unread"


def test_an_amount_that_became_no_line_is_misread(mutation):
    changed = make_document(mutation.new)
    changed.rows["core_budget_lines"].clear()
    assert judge(mutation, changed) == "misread"


def test_the_same_seed_draws_the_same_digits():
    sample = sample_disclosures()[0]
    first, second = (list(draw_mutations(sample, 5, Random(7))) for _ in range(2))
    assert first == second
    assert len({(m.row_label, m.old, m.new) for m in first}) > 1


def test_only_the_kind_asked_for_is_drawn():
    assert {m.kind for m in draw_mutations(sample_disclosures()[0], 5, Random(7), "code")} == {"code"}


def test_the_account_names_what_was_not_noticed(mutation):
    verdicts = [Verdict(mutation, "violated", ()), Verdict(mutation, "rounding", ())]
    account = "\n".join(describe_account(verdicts))
    assert "all digits: noticed 1 of 2 (50.0%)" in account
    assert f"rounding: sample expenditure_summary item 30201 all/total/budget: 12.50 -> {mutation.new}" in account


# --- Titles -------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def title_mutation():
    (found,) = swap_titles(sample_disclosures()[0], 1, Random(3))
    return found


def test_one_table_stands_under_the_title_of_another(title_mutation):
    sample = sample_disclosures()[0]
    sheets = build_sheets(sample.budget, sample.layout)
    ((old, new),) = [(one, other) for one, other in zip(sheets, title_mutation.sheets, strict=True) if one != other]
    assert (old.body, old.header, old.table_type) == (new.body, new.header, new.table_type)
    assert new.title != old.title
    assert new.title in {sheet.title for sheet in sheets}


@pytest.mark.parametrize(
    ("findings", "outcome"),
    [
        ([("title-contradicted", "it holds others")], "finding"),
        ([("unexplained-violation", "sums fail")], "violated"),
        ([("unknown-header", "column 3")], "finding"),
        ([("missing-table", "no revenue_summary")], "silent"),
        ([], "silent"),
    ],
)
def test_a_wrong_title_is_noticed_by_more_than_a_type_that_is_missing(title_mutation, findings, outcome):
    assert judge_reading(title_mutation, make_document(), make_document(findings=findings)).outcome == outcome
