"""What documents say of each other, on documents a person can check."""

import random
from typing import Any

from inline_lines import make_line

from transforms.across import evaluate_across
from transforms.pairs import Comparison

Line = dict[str, Any]
YEARS = Comparison("consecutive_years", "b", ("a",))
FINAL = Comparison("budget_final", "b", ("a",))


def line(table: str, row: int, column: int, reported: str, **meaning: Any) -> Line:
    made = make_line(table, row, column, reported, **meaning)
    return made | {"page": row + 10, "bbox": [float(column), 1.0, 2.0, 3.0]}


def t5(document: str, basis: str, *rows: tuple[str, str], total: str = "", label: str = "科目", unit: str = "万元") -> list[Line]:
    """A T5 of codes with amounts, and its total row where one is given."""
    shared: dict[str, Any] = {"document": document, "amount_basis": basis, "unit": unit}
    lines = [
        line("T5", number, 2, amount, function_code=code, code_source="printed", line_label=f"{label}{code}", **shared)
        for number, (code, amount) in enumerate(rows, 1)
    ]
    if total:
        lines.append(line("T5", 9, 2, total, row_kind="total", line_label="合计", **shared))
    return lines


def disclosure(document_id: str, **values: Any) -> dict[str, Any]:
    year = 2020 if document_id == "b" else 2019
    return {
        "document_id": document_id, "processing_id": f"p-{document_id}", "department_name": "江汉区教育局", "fiscal_year": year,
        "phase": "budget", "organisation_scope": "department",
    } | values  # fmt: skip


def evaluate(comparison: Comparison, lines: list[Line], **phases: str) -> list[dict[str, Any]]:
    documents = [disclosure(one, phase=phases.get(one, "budget")) for one in sorted({row["document_id"] for row in lines})]
    owners = {row["table_id"]: "" for row in lines}
    return evaluate_across([comparison], documents, lines, [], owners)


def outcomes(rows: list[dict[str, Any]], check_id: str) -> list[tuple[str, str | None]]:
    return [(row["outcome"], row["reason"]) for row in rows if row["check_id"] == check_id]


def test_the_previous_year_as_stated_is_the_previous_year_as_published() -> None:
    lines = t5("a", "budget", ("2050201", "30.00"), total="30.00") + t5(
        "b", "prior_year_budget", ("2050201", "30.00"), total="30.00"
    )
    assert outcomes(evaluate(YEARS, lines), "prior_year") == [("exact", None), ("exact", None)]


def test_the_current_year_is_not_taken_for_the_previous_one() -> None:
    lines = t5("a", "budget", ("2050201", "30.00")) + t5("b", "budget", ("2050201", "40.00"))
    assert outcomes(evaluate(YEARS, lines), "prior_year") == [
        ("not_computable", "the later document prints no column of the previous year")
    ]


def test_a_difference_is_told_with_both_pages() -> None:
    lines = t5("a", "budget", ("2050201", "30.00"), total="30.00") + t5(
        "b", "prior_year_budget", ("2050201", "35.00"), total="35.00"
    )
    total, code = evaluate(YEARS, lines)[:2]
    assert (total["outcome"], code["outcome"]) == ("violated", "violated")
    assert (code["document_id"], code["processing_id"], code["page"], code["bbox"]) == ("b", "p-b", 11, [2.0, 1.0, 2.0, 3.0])
    assert (code["other_document_ids"], code["other_processing_ids"], code["other_document_id"]) == (["a"], ["p-a"], "a")
    assert (code["other_page"], code["left_line_ids"], code["right_line_ids"]) == (11, ["b-T5-1-2"], ["a-T5-1-2"])
    assert (
        "江汉区教育局 2020 budget prints 350,000.00 (page 11), 江汉区教育局 2019 budget 300,000.00 (page 11)" in code["message"]
    )


def test_documents_in_different_units_agree_within_the_coarser_rounding() -> None:
    lines = t5("a", "budget", ("2050201", "304999"), unit="元") + t5("b", "prior_year_budget", ("2050201", "30.50"))
    assert outcomes(evaluate(YEARS, lines), "prior_year")[0][0] == "rounding"


def test_an_amount_that_moved_to_another_code_is_no_error() -> None:
    lines = t5("a", "budget", ("2050201", "30.00"), ("2050202", "10.00"), total="40.00")
    lines += t5("b", "prior_year_budget", ("2050201", "25.00"), ("2050202", "15.00"), total="40.00")
    found = outcomes(evaluate(YEARS, lines), "prior_year")
    assert [outcome for outcome, _ in found] == ["exact", "not_computable", "not_computable"]
    assert "reclassified" in str(found[1][1])


def test_a_code_with_another_name_is_no_error() -> None:
    lines = t5("a", "budget", ("2050201", "30.00"), label="旧") + t5("b", "prior_year_budget", ("2050201", "25.00"), label="新")
    codes = [row for row in evaluate(YEARS, lines) if row["check_subject"].startswith("functions")]
    assert [(row["outcome"], "classification changed" in str(row["reason"])) for row in codes] == [("not_computable", True)]


def test_a_name_that_is_cut_is_the_same_name() -> None:
    lines = t5("a", "budget", ("2050201", "30.00"), label="科目") + t5(
        "b", "prior_year_budget", ("2050201", "25.00"), label="科目"
    )
    lines[0]["line_label"] = "科目20502"
    codes = [row for row in evaluate(YEARS, lines) if row["check_subject"].startswith("functions")]
    assert [row["outcome"] for row in codes] == ["violated"]


def test_a_merged_organisation_is_not_accused() -> None:
    lines = t5("a", "budget", ("2050201", "30.00")) + t5("b", "prior_year_budget", ("2050201", "35.00"))
    found = evaluate(Comparison("consecutive_years", "b", ("a",), is_restructured=True), lines)
    assert {row["outcome"] for row in found} == {"not_computable"}
    assert "merged or renamed" in found[0]["reason"]


def test_a_code_that_the_other_document_does_not_print_is_told() -> None:
    lines = t5("a", "budget", ("2050201", "30.00")) + t5("b", "prior_year_budget", ("2050201", "30.00"), ("2050202", "1.00"))
    assert ("not_computable", "the other document prints no such row") in outcomes(evaluate(YEARS, lines), "prior_year")


def test_a_final_accounts_budget_column_is_the_budget() -> None:
    lines = t5("a", "budget", ("2050201", "30.00")) + t5("b", "budget", ("2050201", "31.00"))
    codes = [row for row in evaluate(FINAL, lines, b="final") if row["check_subject"].startswith("functions")]
    assert [row["outcome"] for row in codes] == ["violated"]


def test_an_adjusted_budget_is_another_thing() -> None:
    lines = t5("a", "budget", ("2050201", "30.00")) + t5("b", "adjusted_budget", ("2050201", "31.00"))
    assert outcomes(evaluate(FINAL, lines, b="final"), "final_budget") == [
        ("not_computable", "the final account prints no budget column")
    ]


def closing(document: str, amount: str) -> Line:
    return line(
        "T1",
        5,
        4,
        amount,
        document=document,
        amount_basis="actual",
        expenditure_kind="carry_forward",
        line_label="年末结转和结余",
    )


def opening(document: str, amount: str) -> Line:
    money: dict[str, Any] = {"direction": "revenue", "fund_type": "carry_over", "item_key": "carry_over"}
    return line("T1", 5, 2, amount, document=document, amount_basis="actual", **money)


def test_the_closing_balance_is_the_next_years_opening_balance() -> None:
    found = evaluate(YEARS, [closing("a", "7.00"), opening("b", "7.00")], a="final", b="final")
    assert outcomes(found, "opening_closing") == [("exact", None)]


def test_a_balance_that_changed_overnight_is_violated() -> None:
    found = evaluate(YEARS, [closing("a", "7.00"), opening("b", "8.00")], a="final", b="final")
    assert outcomes(found, "opening_closing") == [("violated", None)]


def test_balances_of_budgets_are_not_compared() -> None:
    lines = [closing("a", "7.00") | {"amount_basis": "budget"}, opening("b", "8.00") | {"amount_basis": "budget"}]
    assert [outcome for outcome, _ in outcomes(evaluate(YEARS, lines), "opening_closing")] == ["not_computable"]


def family(own: str = "10.00", school: str = "20.00", whole: str = "30.00") -> list[Line]:
    return [*t5("d", "budget", ("2050201", whole)), *t5("u", "budget", ("2050201", own)), *t5("v", "budget", ("2050201", school))]


def test_a_department_is_the_sum_of_all_its_units() -> None:
    complete = Comparison("department_units", "d", ("u", "v"), is_complete=True)
    assert {row["outcome"] for row in evaluate(complete, family())} == {"exact"}
    assert {row["outcome"] for row in evaluate(complete, family(whole="31.00"))} == {"violated"}


def test_the_sum_is_not_claimed_where_a_unit_is_missing() -> None:
    found = evaluate(Comparison("department_units", "d", ("u",)), family())
    assert [(row["outcome"], "not every unit" in row["reason"]) for row in found] == [("not_computable", True)]


def test_a_unit_is_within_its_department() -> None:
    within = Comparison("department_unit", "u", ("d",))
    assert {row["outcome"] for row in evaluate(within, family())} == {"exact"}
    assert {row["outcome"] for row in evaluate(within, family(own="31.00"))} == {"violated"}


def test_units_with_tables_of_their_own_in_the_departments_document() -> None:
    lines = [line("T5", 1, 2, "30.00", function_code="2050201", document="d")]
    for instance, amount in ((2, "10.00"), (3, "21.00")):
        lines.append(line(f"T5#{instance}", 1, 2, amount, function_code="2050201", document="d"))
    owners = {"d-T5": "", "d-T5#2": "本级", "d-T5#3": "小学"}
    complete = Comparison("department_units", "d", ("d",), is_complete=True)
    found = evaluate_across([complete], [disclosure("d")], lines, [], owners)
    codes = [row for row in found if row["check_subject"].startswith("functions")]
    assert [(row["outcome"], row["left_line_ids"], len(row["right_line_ids"])) for row in codes] == [
        ("violated", ["d-T5-1-2"], 2)
    ]


def t7(document: str, basis: str, *rows: tuple[str, str, str]) -> list[Line]:
    """The three public expenses side by side: (row kind, overseas travel, hospitality) for the total and for each unit."""
    items = ("overseas_travel", "hospitality")
    return [
        line("T7", number, column, amount, document=document, amount_basis=basis, row_kind=kind, item_key=item, line_label=kind)
        for number, (kind, *amounts) in enumerate(rows, 1)
        for column, (item, amount) in enumerate(zip(items, amounts, strict=True), 2)
    ]


def test_rows_of_units_are_not_added_to_the_total_of_the_three_public_expenses() -> None:
    lines = t7("d", "budget", ("total", "3.00", "5.00"), ("item", "1.00", "2.00"), ("item", "2.00", "3.00"))
    lines += t7("u", "budget", ("total", "4.00", "5.00"))
    found = evaluate(Comparison("department_unit", "u", ("d",)), lines)
    told = {row["check_subject"].split(" · ")[0]: [] for row in found}
    for row in found:
        told[row["check_subject"].split(" · ")[0]].append((row["outcome"], row["right_cny"]))
    assert sorted(told["three public expenses"]) == [("exact", 50_000), ("violated", 30_000)]


def test_what_was_published_twice_and_differs_is_told_and_not_accused() -> None:
    lines = t5("a", "budget", ("2050201", "30.00")) + t5("b", "budget", ("2050201", "31.00"))
    found = evaluate(Comparison("same_year", "a", ("b",)), lines)
    assert {row["outcome"] for row in found} == {"not_computable"}
    assert {row["difference_cny"] for row in found} == {-10_000}


def test_tables_that_are_nobodys_take_no_part() -> None:
    lines = t5("a", "budget", ("2050201", "30.00")) + t5("b", "prior_year_budget", ("2050201", "35.00"))
    assert evaluate_across([YEARS], [disclosure("a"), disclosure("b")], lines, [], {"b-T5": ""})[0]["reason"] is not None
    assert evaluate_across([YEARS], [disclosure("a"), disclosure("b")], lines, [], {}) == []


def test_the_order_of_lines_and_comparisons_changes_nothing() -> None:
    lines = (
        family()
        + t5("a", "budget", ("2050201", "30.00"))
        + t5("b", "prior_year_budget", ("2050201", "35.00"), ("2050202", "1.00"))
    )
    comparisons = [
        YEARS,
        Comparison("department_unit", "u", ("d",)),
        Comparison("department_units", "d", ("u", "v"), is_complete=True),
    ]
    documents = [disclosure(one) for one in "abduv"]
    owners = {row["table_id"]: "" for row in lines}
    shuffled = list(lines)
    random.Random(3).shuffle(shuffled)
    rows = evaluate_across(comparisons, documents, lines, [], owners)
    assert evaluate_across(comparisons[::-1], documents[::-1], shuffled, [], owners) == rows
    assert [row["cross_check_number"] for row in rows if row["document_id"] == "b"] == list(range(1, 5))


def test_nothing_to_compare_gives_nothing() -> None:
    assert evaluate_across([], [], [], [], {}) == []
