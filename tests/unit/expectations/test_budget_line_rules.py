from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from expectation_batches import (
    GOOD,
    change_line,
    make_disclosure,
    make_line,
    make_lines,
    make_loose_tables,
    make_rows,
    make_table,
)

from expectations import budget_lines
from expectations.batch import load_vocabulary, open_batch
from expectations.rules import RuleCount, Violation, evaluate_rules
from warehouse.metadata.models import load_fields


def judge(rows: dict[str, Any], **more: pa.Table) -> tuple[dict[str, RuleCount], tuple[Violation, ...]]:
    connection = open_batch(make_loose_tables(rows) | more)
    budget_lines.prepare_lines(connection)
    counts, violations = evaluate_rules(connection, budget_lines.RULES)
    return {count.rule: count for count in counts}, violations


def breaks(name: str, rows: dict[str, Any], **more: pa.Table) -> bool:
    connection = open_batch(make_loose_tables(rows) | more)
    budget_lines.prepare_lines(connection)
    (rule,) = [rule for rule in budget_lines.RULES if rule.name == name]
    return any(count.violated for count in evaluate_rules(connection, [rule])[0])


def find_broken(rows: dict[str, Any], **more: pa.Table) -> set[str]:
    return {violation.expectation for violation in judge(rows, **more)[1]}


def test_a_consistent_table_breaks_nothing():
    counts, violations = judge(make_rows())
    assert violations == ()
    assert counts["amount_recomputed"].examined == 12
    assert counts["total_is_sum_of_level"].examined == 3
    assert counts["row_total_is_sum_of_kinds"].examined == 4


def test_a_violation_names_page_line_column_and_both_values():
    (violation,) = [v for v in judge(change_line(make_rows(), 2, 2, page=9))[1] if v.expectation == "page_in_document"]
    assert (violation.document_id, violation.page, violation.line_number, violation.column_number) == (GOOD, 9, 2, 2)
    assert (violation.expected, violation.seen) == ("page 1 to 5", "page 9")


@pytest.mark.parametrize(
    ("text", "unit", "amount", "broken"),
    [
        ("20.25", "万元", "202500.00", False),
        ("20.25", "元", "20.25", False),
        ("1,683.45", "万元", "16834500.00", False),
        ("１２．５０", "元", "12.50", False),
        ("(3.10)", "万元", "-31000.00", False),
        ("－3.10", "万元", "-31000.00", False),
        ("12,868.1\n0", "元", "12868.10", False),
        ("0.000001", "万元", "0.01", False),
        ("5万元", "万元", "50000.00", False),
        ("20.25", "万元", "20.25", True),
        ("20.25", "元", "202500.00", True),
        ("20.25", "万元", "-202500.00", True),
        ("20.25", "万元", "2025000.00", True),
        ("1,683.45", "元", "683.45", True),
    ],
)
def test_the_amount_is_recomputed_from_text_and_unit(text: str, unit: str, amount: str, broken: bool):
    rows = change_line(make_rows(), 2, 1, amount_reported=text, unit_reported=unit, amount_cny=Decimal(amount))
    assert breaks("amount_recomputed", rows) is broken
    assert not breaks("amount_readable_again", rows)


@pytest.mark.parametrize("text", ["12.3.4", "5元", "1.2万", "9" * 60])
def test_a_text_that_other_code_cannot_read_is_flagged_and_not_passed(text: str):
    assert breaks("amount_readable_again", change_line(make_rows(), 2, 1, amount_reported=text))


@pytest.mark.parametrize(
    ("state", "amount", "text", "broken"),
    [
        ("blank", None, "", False),
        ("dash", None, "—", False),
        ("zero", "0.00", "0.00", False),
        ("blank", None, "20.25", True),
        ("blank", "0.00", "", True),
        ("dash", "0.00", "-", True),
        ("dash", None, "", True),
        ("dash", None, "-3", True),
        ("zero", "202500.00", "20.25", True),
        ("zero", None, "0.00", True),
        ("number", None, "20.25", True),
        ("number", "0.00", "0.00", True),
    ],
)
def test_amount_state_and_amount_agree(state: str, amount: str | None, text: str, broken: bool):
    value = None if amount is None else Decimal(amount)
    rows = change_line(make_rows(), 2, 1, amount_state=state, amount_cny=value, amount_reported=text)
    assert breaks("amount_state_agrees", rows) is broken


@pytest.mark.parametrize(
    ("code", "year", "source", "expected"),
    [
        ("2010301", 2024, "printed", None),
        ("2019876", 2024, "printed", "printed_code_in_year_list"),
        ("2019876", 2024, "inferred", "inferred_code_in_year_list"),
        ("2019876", 2024, None, "inferred_code_in_year_list"),
        ("2019876", 2024, "local", None),
    ],
)
def test_codes_stand_in_their_years_list(code: str, year: int, source: str | None, expected: str | None):
    rows = change_line(make_rows(), 3, 1, function_code=code, code_source=source, fiscal_year=year)
    broken = {name for name in find_broken(rows) if "code" in name}
    assert broken == ({expected} if expected else set())


def test_a_code_that_ended_is_not_in_a_later_years_list():
    def broken_in(year: int) -> bool:
        rows = make_rows()
        lines = [
            line | {"econ_department_code": "30401", "function_code": None}
            for line in make_lines(GOOD, 5, "x", "304", ("1", "1", "0"))
        ]
        rows["core_budget_lines"] = [line | {"fiscal_year": year} for line in lines]
        return breaks("printed_code_in_year_list", rows)

    assert (broken_in(2017), broken_in(2024)) == (False, True)


@pytest.mark.parametrize(
    "line_id", [f"{GOOD}-1-3-1", f"{GOOD}-1-2-2", f"{GOOD}-2-2-1", "2-1", f"{GOOD}-1", f"{GOOD}-1-2-1-1", f"{GOOD}-1-12-1"]
)
def test_a_line_id_that_is_not_its_table_line_and_column_is_broken(line_id: str):
    assert breaks("line_id_derivable", change_line(make_rows(), 2, 1, line_id=line_id))


def test_two_lines_with_one_id_are_both_named():
    rows = make_rows()
    rows["core_budget_lines"].append(rows["core_budget_lines"][0])
    assert sum(v.expectation == "line_id_unique" for v in judge(rows)[1]) == 2


@pytest.mark.parametrize("changed", [{"fiscal_year": 2023}, {"phase": "final"}, {"organisation_scope": "unit"}])
def test_a_line_that_contradicts_its_document_is_broken(changed: dict[str, Any]):
    assert breaks("line_agrees_with_document", change_line(make_rows(), 2, 1, **changed))


def test_lines_without_their_document_are_broken():
    assert {"line_agrees_with_document", "page_in_document"} <= find_broken(make_rows() | {"core_disclosures": []})


@pytest.mark.parametrize(
    "changed",
    [{"table_type": "revenue_summary"}, {"table_instance": 2}, {"first_page": 4, "last_page": 4}, {"is_declared_empty": True}],
)
def test_a_line_that_contradicts_its_table_is_broken(changed: dict[str, Any]):
    assert breaks("line_agrees_with_table", make_rows() | {"core_tables": [make_table(GOOD, **changed)]})


def test_lines_without_their_table_are_broken():
    assert breaks("line_agrees_with_table", make_rows() | {"core_tables": []})


def test_lines_of_a_table_that_is_not_understood_are_flagged():
    assert find_broken(make_rows() | {"core_tables": [make_table(GOOD, understood=False)]}) == {"table_of_lines_understood"}


def test_an_unknown_page_count_does_not_pass():
    assert breaks("page_in_document", make_rows() | {"core_disclosures": [make_disclosure(GOOD, page_count=None)]})


@pytest.mark.parametrize(
    "bbox",
    [
        [90.0, 20.0, 80.0, 35.0],
        [10.0, 35.0, 80.0, 35.0],
        [-9.0, 20.0, 80.0, 35.0],
        [1.0, 2.0, 3.0],
        [1.0, 2.0, float("nan"), 4.0],
    ],
)
def test_a_box_that_is_no_box_is_broken(bbox: list[float]):
    assert breaks("bbox_is_a_box", change_line(make_rows(), 2, 1, bbox=bbox))


@pytest.mark.parametrize(("height", "broken"), [(842.0, False), (54.0, False), (40.0, True)])
def test_a_box_lies_inside_the_page_where_its_size_is_known(height: float, broken: bool):
    pages = pa.Table.from_pylist(
        [{"document_id": GOOD, "page": page, "page_width": 595.0, "page_height": height} for page in range(1, 6)]
    )
    rows = make_rows()
    rows["core_budget_lines"] = [line for line in rows["core_budget_lines"] if line["line_number"] == 2]
    assert breaks("bbox_in_page", rows, raw_pages=pages) is broken


def test_without_page_sizes_no_box_is_said_to_be_inside():
    assert "bbox_in_page" not in judge(make_rows())[0]


@pytest.mark.parametrize(
    ("table_type", "direction", "broken"),
    [
        ("revenue_summary", "revenue", False),
        ("revenue_summary", "expenditure", True),
        ("project_expenditure", "revenue", True),
        ("appropriation_summary", "revenue", False),
        ("appropriation_summary", "expenditure", False),
    ],
)
def test_direction_agrees_with_table(table_type: str, direction: str, broken: bool):
    rows = change_line(make_rows(), 2, 1, table_type=table_type, direction=direction)
    assert breaks("direction_agrees_with_table", rows) is broken


def test_every_table_type_is_judged_by_direction_or_holds_both_sides():
    words = load_vocabulary()
    judged = {table for tables in words.directions.values() for table in tables}
    both = {
        "revenue_expenditure_summary",
        "appropriation_summary",
        "government_fund_expenditure",
        "state_capital_expenditure",
    }
    without_amounts = {"department_profile", "overall_performance_targets", "project_performance_targets", "unknown"}
    assert judged | both | without_amounts == set(load_fields()["table_type"].enum)
    assert set(words.units) == set(load_fields()["unit_reported"].enum)
    assert set(words.coded_tables) <= judged | both


# The table's total stands over two top-level rows: three numbers rounded to 0.01 万元, so 150 yuan at most.
@pytest.mark.parametrize(
    ("total", "broken"), [("30.50", False), ("30.51", False), ("30.49", False), ("30.52", True), ("30.48", True), ("305", True)]
)
def test_the_total_is_the_sum_of_the_top_level_within_the_rounding_envelope(total: str, broken: bool):
    rows = change_line(make_rows(), 1, 1, amount_reported=total, amount_cny=Decimal(total) * 10000)
    assert breaks("total_is_sum_of_level", rows) is broken


def test_a_missing_row_breaks_the_total():
    rows = make_rows()
    rows["core_budget_lines"] = [line for line in rows["core_budget_lines"] if line["line_number"] != 4]
    assert breaks("total_is_sum_of_level", rows)


def test_leaves_without_their_class_are_the_top_level():
    rows = make_rows()
    lines = [line | {"function_code": {"201": "2010301", "208": "2080501"}.get(line["function_code"], line["function_code"])}
             for line in rows["core_budget_lines"] if line["line_number"] != 3]  # fmt: skip
    counts, violations = judge(rows | {"core_budget_lines": lines})
    assert counts["total_is_sum_of_level"].examined == 3
    assert "total_is_sum_of_level" not in {violation.expectation for violation in violations}


def test_a_blank_total_is_not_judged():
    rows = change_line(make_rows(), 1, 1, amount_state="blank", amount_cny=None, amount_reported="")
    assert judge(rows)[0]["total_is_sum_of_level"].examined == 2


@pytest.mark.parametrize(
    "more",
    [
        make_lines(GOOD, 5, "合计", None, ("1.00", "1.00", "0.00")),
        make_lines(GOOD, 5, "一般公共服务支出", "201", ("1.00", "1.00", "0.00")),
        [line | {"row_kind": "item"} for line in make_lines(GOOD, 5, "其他", None, ("1.00", "1.00", "0.00"))],
        [line | {"econ_department_code": "301"} for line in make_lines(GOOD, 5, "教育支出", "205", ("1.00", "1.00", "0.00"))],
    ],
    ids=["two totals", "a code twice", "an item without a code", "a row of two classifications"],
)
def test_a_column_whose_sum_says_nothing_is_not_judged(more: list[dict[str, Any]]):
    rows = make_rows()
    rows["core_budget_lines"] += more
    assert "total_is_sum_of_level" not in judge(rows)[0]


@pytest.mark.parametrize(("project", "broken"), [("5.20", False), ("5.21", False), ("5.22", True), ("52.0", True)])
def test_a_rows_total_is_the_sum_of_its_kinds(project: str, broken: bool):
    rows = change_line(make_rows(), 2, 3, amount_reported=project, amount_cny=Decimal(project) * 10000)
    assert breaks("row_total_is_sum_of_kinds", rows) is broken


def make_row_of(measure: str, cells: dict[str, str], other: dict[str, str]) -> dict[str, Any]:
    lines = [
        make_line(GOOD, 1, column, "行政运行", "2010301", "total", text, **(other | {measure: name}))
        for column, (name, text) in enumerate(cells.items(), 1)
    ]
    return make_rows() | {"core_budget_lines": lines}


@pytest.mark.parametrize(
    ("cells", "broken"),
    [
        ({"total": "10", "basic": "6", "personnel": "4", "operating": "2", "project": "4"}, False),
        ({"total": "10", "personnel": "4", "operating": "2", "project": "4"}, False),
        ({"total": "10", "basic": "6", "personnel": "4", "operating": "1", "project": "4"}, False),  # within (2 + 1) / 2
        ({"total": "10", "basic": "6", "personnel": "4", "operating": "0", "project": "4"}, True),
        ({"total": "10", "basic": "6", "project": "1", "reserve": "3"}, False),
    ],
)
def test_parts_below_a_part_are_not_added_twice(cells: dict[str, str], broken: bool):
    assert breaks("row_total_is_sum_of_kinds", make_row_of("expenditure_kind", cells, {})) is broken


@pytest.mark.parametrize(
    ("cells", "broken"),
    [
        ({"all": "10", "general_public_budget": "7", "government_fund": "1", "other_revenue": "2"}, False),
        (
            {"all": "10", "fiscal_appropriation": "8", "general_public_budget": "7", "government_fund": "1", "carry_over": "2"},
            False,
        ),
        ({"all": "10", "general_public_budget": "70", "government_fund": "1", "other_revenue": "2"}, True),
    ],
)
def test_a_rows_total_is_the_sum_of_its_funds(cells: dict[str, str], broken: bool):
    rows = make_row_of("fund_type", cells, {"table_type": "revenue_summary", "direction": "revenue"})
    assert breaks("row_total_is_sum_of_funds", rows) is broken


def test_a_row_with_one_measure_twice_is_not_judged():
    rows = make_row_of("expenditure_kind", {"total": "10", "basic": "6", "project": "4"}, {})
    rows["core_budget_lines"].append(make_line(GOOD, 1, 4, "行政运行", "2010301", "project", "1"))
    assert "row_total_is_sum_of_kinds" not in judge(rows)[0]


def test_whole_yuan_tables_have_an_envelope_of_half_yuan_each():
    rows = make_rows()
    rows["core_budget_lines"] = [
        line | {"unit_reported": "元", "amount_reported": text, "amount_cny": Decimal(text)}
        for line, text in zip(make_lines(GOOD, 1, "行政运行", "2010301", ("0", "0", "0")), ("10", "6", "3"), strict=True)
    ]
    assert not breaks("row_total_is_sum_of_kinds", rows)  # 1 yuan off, (2 + 1) * 0.5 allowed
    rows["core_budget_lines"][2] |= {"amount_reported": "2", "amount_cny": Decimal(2)}
    assert breaks("row_total_is_sum_of_kinds", rows)
