from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from inline_lines import make_frame, make_line, make_summary

from transforms.identities import Identities, load_identities
from transforms.reconcile import evaluate_identities


def check(lines: list[dict[str, Any]] | pd.DataFrame, check_id: str, tables: list[dict[str, Any]] | None = None) -> pd.DataFrame:
    frame = evaluate_identities(lines, tables or []).frame
    return frame[frame["check_id"] == check_id]


def outcomes(lines: list[dict[str, Any]] | pd.DataFrame, check_id: str, **options: Any) -> list[str]:
    return check(lines, check_id, **options)["outcome"].tolist()


def t3_row(row: int, code: str, *amounts: str, table: str = "T3", document: str = "d1", label: str = "") -> list[dict[str, Any]]:
    kinds = ("total", "basic", "project")
    shared = {"function_code": code, "code_source": "printed", "line_label": label or f"科目{code}", "document": document}
    return [
        make_line(table, row, column, amount, expenditure_kind=kind, **shared)
        for column, (kind, amount) in enumerate(zip(kinds, amounts, strict=False), start=2)
    ]


def total_row(table: str, row: int, *amounts: str, **meaning: Any) -> list[dict[str, Any]]:
    kinds = ("total", "basic", "project")
    return [
        make_line(table, row, column, amount, expenditure_kind=kind, row_kind="total", line_label="合计", **meaning)
        for column, (kind, amount) in enumerate(zip(kinds, amounts, strict=False), start=2)
    ]


def one_fund() -> list[dict[str, Any]]:
    return make_summary(general_public_budget="100.00") + make_summary(table="T4", general_public_budget="100.00")


def two_sources() -> list[dict[str, Any]]:
    return make_summary(general_public_budget="80.00", other_revenue="20.00") + make_summary(
        table="T4", total="80.00", general_public_budget="80.00"
    )


def test_summaries_agree_where_there_is_one_source() -> None:
    assert outcomes(one_fund(), "single_fund") == ["exact", "exact"]


def test_summaries_are_not_compared_where_there_are_other_sources() -> None:
    """The classic false alarm: T1 is larger than T4 by the other sources, and nothing is wrong."""
    found = check(two_sources(), "single_fund")
    assert found["outcome"].tolist() == ["not_computable"]
    assert found["reason"].tolist() == ["there are other sources of money than appropriations"]


def test_the_difference_of_summaries_is_violated_where_no_other_source_explains_it() -> None:
    lines = make_summary(general_public_budget="100.00") + make_summary(table="T4", total="80.00", general_public_budget="80.00")
    assert outcomes(lines, "single_fund") == ["violated", "violated"]


def test_a_row_is_the_sum_of_its_kinds() -> None:
    assert outcomes(t3_row(1, "2050201", "30.00", "10.00", "20.00"), "row_sum") == ["exact"]


def test_a_blank_counts_zero_in_a_sum() -> None:
    assert outcomes(t3_row(1, "2050201", "20.00", "", "20.00"), "row_sum") == ["exact"]


def test_a_blank_total_is_not_computable() -> None:
    found = check(t3_row(1, "2050201", "", "10.00", "20.00"), "row_sum")
    assert found[["outcome", "reason"]].to_numpy().tolist() == [["not_computable", "the left side is blank"]]


def test_rounding_inside_the_envelope() -> None:
    found = check(t3_row(1, "2050201", "30.01", "10.00", "20.00"), "row_sum").iloc[0]
    assert (found["outcome"], found["difference_fen"], found["envelope_fen"]) == ("rounding", 10_000, 15_000)


def test_violation_beyond_the_envelope_names_its_lines() -> None:
    found = check(t3_row(1, "2050201", "30.02", "10.00", "20.00"), "row_sum").iloc[0]
    assert found["outcome"] == "violated"
    assert found["left_line_ids"] == ["d1-T3-1-2"]
    assert found["right_line_ids"] == ["d1-T3-1-3", "d1-T3-1-4"]
    assert found["table_ids"] == ["d1-T3"]


def test_an_only_part_is_not_taken_for_the_whole() -> None:
    lines = [*t3_row(1, "2050201", "30.00"), make_line("T3", 1, 3, "10.00", expenditure_kind="project", function_code="2050201")]
    found = check(lines, "row_sum")
    assert found["outcome"].tolist() == ["not_computable"]
    assert "only one part" in found["reason"].iloc[0]


def test_an_of_which_column_is_not_added() -> None:
    lines = t3_row(1, "2050201", "30.00", "10.00", "20.00")
    lines.append(make_line("T3", 1, 5, "5.00", expenditure_kind="project", function_code="2050201", note="of which"))
    assert outcomes(lines, "row_sum") == ["exact"]


def test_twin_columns_without_a_note_do_not_accuse() -> None:
    lines = t3_row(1, "2050201", "30.00", "10.00", "15.00")
    lines.append(make_line("T3", 1, 5, "5.00", expenditure_kind="project", function_code="2050201"))
    found = check(lines, "row_sum")
    assert found["outcome"].tolist() == ["not_computable"]
    assert "two printed columns" in found["reason"].iloc[0]


def test_levels_by_code_length() -> None:
    lines = t3_row(1, "205", "30.00") + t3_row(2, "20502", "30.00") + t3_row(3, "2050201", "21.00") + t3_row(4, "2050202", "9.00")
    assert outcomes(lines, "level_sum") == ["exact", "exact"]


def test_a_class_whose_sections_are_not_printed_is_the_sum_of_its_items() -> None:
    lines = t3_row(1, "205", "30.00") + t3_row(2, "2050201", "21.00") + t3_row(3, "2050999", "9.00")
    assert outcomes(lines, "level_sum") == ["exact"]


def test_children_out_of_order_and_side_by_side_find_their_parent() -> None:
    def econ(row: int, column: int, code: str, amount: str) -> dict[str, Any]:
        return make_line("T6", row, column, amount, econ_department_code=code, code_source="printed", line_label=f"科目{code}")

    lines = [econ(1, 3, "301", "3.00"), econ(1, 6, "302", "7.00"), econ(2, 3, "30101", "3.00"), econ(2, 6, "30299", "2.00")]
    lines.append(econ(3, 6, "30211", "5.00"))
    assert outcomes(lines, "level_sum") == ["exact", "exact"]


def test_a_code_that_comes_twice_keeps_its_own_children() -> None:
    """301 under 501 and again under 505: each is the sum of the rows below it."""
    shared = {"code_source": "printed", "line_label": "工资福利支出"}
    pairs = [("301", "3.00"), ("30101", "3.00"), ("301", "8.00"), ("30101", "8.00")]
    lines = [make_line("T6", n, 3, a, econ_department_code=c, **shared) for n, (c, a) in enumerate(pairs, start=1)]
    found = check(lines, "level_sum")
    assert found["outcome"].tolist() == ["exact", "exact"]


def test_a_row_without_a_code_among_the_children_leaves_a_failing_level_open() -> None:
    lines = t3_row(1, "205", "30.00") + t3_row(2, "20502", "21.00") + [make_line("T3", 3, 2, "9.00", line_label="其他教育")]
    found = check(lines, "level_sum")
    assert found["outcome"].tolist() == ["not_computable"]
    assert "without a code" in found["reason"].iloc[0]


def test_classes_beside_it_do_not_hide_a_row_without_a_code_from_its_parent() -> None:
    """A summary with economic classes beside the functions; the second item of 20601 has a name of the city's own."""
    functions = [("20601", "科学技术管理事务", "15.00"), ("2060101", "行政运行", "14.00"), (None, "地方专项业务", "1.00")]
    lines = [make_line("T1", n, 4, a, function_code=c, line_label=name) for n, (c, name, a) in enumerate(functions, start=1)]
    beside = [("301", "9.00"), ("302", "6.00")]
    lines += [make_line("T1", n, 6, a, econ_department_code=c, line_label=f"科目{c}") for n, (c, a) in enumerate(beside, start=1)]
    assert outcomes(lines, "level_sum") == ["not_computable"]


def test_a_total_is_the_sum_of_the_top_level_and_of_the_leaves() -> None:
    lines = total_row("T3", 1, "39.00") + t3_row(2, "205", "30.00") + t3_row(3, "20502", "30.00") + t3_row(4, "208", "9.00")
    assert outcomes(lines, "grand_sum") == ["exact", "exact"]


def test_a_table_that_lists_only_leaves_adds_up() -> None:
    lines = total_row("T5", 1, "39.00") + t3_row(2, "2050201", "30.00", table="T5") + t3_row(3, "2080505", "9.00", table="T5")
    assert outcomes(lines, "grand_sum") == ["exact"]


def test_levels_that_the_row_kinds_do_not_tell_apart_do_not_accuse() -> None:
    rows = [("货物", "12.00"), ("服务", "30.00"), ("电脑", "12.00"), ("物业", "30.00")]
    lines = total_row("procurement", 1, "42.00")
    lines += [make_line("procurement", n, 2, amount, line_label=label) for n, (label, amount) in enumerate(rows, start=2)]
    found = check(lines, "grand_sum")
    assert found["outcome"].tolist() == ["not_computable"]
    assert "several levels" in found["reason"].iloc[0]


def test_a_missing_row_of_a_flat_list_is_violated() -> None:
    lines = total_row("procurement", 1, "42.00")
    lines += [
        make_line("procurement", 2, 2, "12.00", line_label="电脑"),
        make_line("procurement", 3, 2, "25.00", line_label="物业"),
    ]
    assert outcomes(lines, "grand_sum") == ["violated"]


def test_sources_printed_under_fiscal_appropriation_are_not_added_twice() -> None:
    lines = make_summary(fiscal_appropriation="100.00", general_public_budget="90.00", government_fund="10.00")
    assert outcomes(lines, "t1_revenue") == ["exact", "exact"]


def test_balances_add_to_the_years_revenue() -> None:
    lines = make_summary(general_public_budget="80.00", carry_over="20.00")
    current = {"row_kind": "subtotal", "direction": "revenue", "item_key": "total_revenue_current", "line_label": "本年收入合计"}
    lines.append(make_line("T1", 8, 2, "80.00", **current))
    assert outcomes(lines, "t1_revenue") == ["exact", "exact"]


def test_both_sides_of_a_summary_are_compared() -> None:
    lines = make_summary(general_public_budget="100.00")
    lines[-1]["amount_cny"] = Decimal("990000.00")
    assert outcomes(lines, "t1_balance") == ["violated"]


def test_a_summary_class_without_a_code_is_matched_by_its_name() -> None:
    lines = make_summary(general_public_budget="100.00")
    entry = next(line for line in lines if line["function_code"] == "205")
    entry.update(function_code=None, code_source=None, line_label="一、教育支出")
    lines += t3_row(1, "205", "100.00", label="教育支出")
    found = check(lines, "t1_t3")
    assert [subject.split(" · ")[0] for subject in found["check_subject"]] == ["total", "classes"]
    assert found["outcome"].tolist() == ["exact", "exact"]


def test_units_of_different_tables_are_compared_in_yuan() -> None:
    t6 = {"econ_department_code": "30217", "code_source": "printed", "line_label": "公务接待费", "unit": "元"}
    lines = [make_line("T6", 1, 3, "50000.00", **t6), make_line("T7", 1, 2, "5.00", item_key="hospitality")]
    found = check(lines, "three_public_economic")
    assert found["outcome"].tolist() == ["exact"]
    # Half of 0.01 yuan and half of 0.01 万元, in whole fen.
    assert found["envelope_fen"].tolist() == [5_000]


def test_less_than_the_bound_is_fine_and_more_is_not() -> None:
    def outcome(basic: str) -> list[str]:
        t6 = {"econ_department_code": "30217", "code_source": "printed", "line_label": "公务接待费"}
        return outcomes(
            [make_line("T6", 1, 3, basic, **t6), make_line("T7", 1, 2, "5.00", item_key="hospitality")], "three_public_economic"
        )

    assert (outcome("4.00"), outcome("6.00")) == (["exact"], ["violated"])


def three_public(total: str, **more: str) -> list[dict[str, Any]]:
    parts = {"overseas_travel": "2.00", "official_vehicles": "3.00", "vehicle_operation": "3.00", "hospitality": "1.00"} | more
    lines = [make_line("T7", 1, 2, total, item_key="three_public_total", row_kind="total")]
    return lines + [make_line("T7", 1, n, amount, item_key=key) for n, (key, amount) in enumerate(parts.items(), start=3)]


def test_three_public_expenses_add_up() -> None:
    lines = three_public("6.00")
    assert (outcomes(lines, "t7_sum"), outcomes(lines, "t7_vehicles")) == (["exact"], ["exact"])


def test_a_total_with_meetings_and_training_is_understood() -> None:
    assert outcomes(three_public("10.00", meetings="1.50", training="2.50"), "t7_sum") == ["exact"]


def test_a_wrong_three_public_total_is_violated() -> None:
    assert outcomes(three_public("7.00", meetings="1.50", training="2.50"), "t7_sum") == ["violated"]


def test_each_sub_unit_is_compared_with_its_own_tables() -> None:
    lines = make_summary(general_public_budget="100.00") + make_summary(
        table="T1#2", total="40.00", general_public_budget="40.00"
    )
    lines += total_row("T3", 1, "100.00") + total_row("T3#2", 1, "40.00")
    found = check(lines, "t1_t3")
    assert found["left_fen"].tolist() == [100_000_000, 40_000_000]
    assert found["outcome"].tolist() == ["exact", "exact"]


def test_sub_units_are_matched_by_name_where_their_tables_have_one() -> None:
    """The department prints no T3 of its own: its units' T3 are the first and second of their type."""
    lines = total_row("T3", 1, "60.00") + total_row("T3#2", 1, "40.00") + make_summary(general_public_budget="100.00")
    lines += make_summary(table="T1#2", total="60.00", general_public_budget="60.00")
    lines += make_summary(table="T1#3", total="40.00", general_public_budget="40.00")
    units = {"T1": "局", "T1#2": "甲", "T1#3": "乙", "T3": "甲", "T3#2": "乙"}
    tables = [
        {"document_id": "d1", "table_id": f"d1-{name}", "table_type": "", "unit_name": unit, "is_declared_empty": False}
        for name, unit in units.items()
    ]
    found = check(lines, "t1_t3", tables=tables)
    assert sorted(found["left_fen"]) == [40_000_000, 60_000_000]
    assert found["outcome"].tolist() == ["exact", "exact"]


def empty_table(is_declared_empty: bool = True) -> list[dict[str, Any]]:
    table = {"document_id": "d1", "table_id": "d1-T8", "table_type": "government_fund_expenditure", "unit_name": None}
    return [table | {"is_declared_empty": is_declared_empty}]


def test_a_fund_whose_table_is_empty_is_zero() -> None:
    lines = make_summary(table="T4", general_public_budget="100.00", government_fund="0.00")
    assert outcomes(lines, "declared_empty", tables=empty_table()) == ["exact"]


def test_a_fund_with_money_and_an_empty_table_is_violated() -> None:
    lines = make_summary(table="T4", general_public_budget="90.00", government_fund="10.00")
    assert outcomes(lines, "declared_empty", tables=empty_table()) == ["violated"]


def test_final_accounts_are_compared_basis_by_basis() -> None:
    lines = t3_row(1, "2050201", "30.00", "10.00", "20.00")
    actual = [line | {"amount_basis": "actual", "column_number": line["column_number"] + 3} for line in lines]
    for line in actual:
        line["line_id"] += "-actual"
    found = check(lines + actual, "row_sum")
    assert found["outcome"].tolist() == ["exact", "exact"]


def test_one_code_two_names_is_violated_with_both_names() -> None:
    lines = t3_row(1, "222", "1.00", label="粮油物资储备支出") + t3_row(1, "222", "1.00", table="T5", label="粮油物资管理支出")
    found = check(lines, "code_name")
    assert found[["outcome", "reason"]].to_numpy().tolist() == [["violated", "粮油物资储备 / 粮油物资管理"]]


def test_numbering_brackets_and_the_word_expenditure_make_no_other_name() -> None:
    lines = t3_row(1, "201", "1.00", label="一、一般公共服务支出") + t3_row(
        1, "201", "1.00", table="T5", label="一般公共服务（类）"
    )
    assert outcomes(lines, "code_name") == ["exact"]


def test_every_identity_speaks_in_every_document() -> None:
    lines = one_fund() + make_summary(document="d2", general_public_budget="7.00", total="7.00")
    frame = evaluate_identities(lines, []).frame
    spoken = frame.groupby("document_id")["check_id"].agg(set)
    every = {identity.id for identity in load_identities().identities}
    assert spoken.to_dict() == {"d1": every, "d2": every}
    silent = frame[frame["outcome"] == "not_computable"]
    assert (silent["reason"] != "").all()


def test_what_is_missing_is_named() -> None:
    found = check(one_fund(), "t7_sum")
    assert found["reason"].tolist() == ["no amounts of three_public_expenditure"]


def test_documents_are_judged_apart() -> None:
    good = t3_row(1, "2050201", "30.00", "10.00", "20.00", document="good")
    bad = t3_row(1, "2050201", "31.00", "10.00", "20.00", document="bad")
    found = check(good + bad, "row_sum").set_index("document_id")
    assert found["outcome"].to_dict() == {"bad": "violated", "good": "exact"}
    assert found["check_number"].nunique() <= 2


def test_the_order_of_lines_does_not_matter() -> None:
    lines = make_frame(*(two_sources() + t3_row(1, "205", "100.00", "40.00", "60.00") + three_public("7.00")))
    shuffled = lines.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(evaluate_identities(lines, []).frame, evaluate_identities(shuffled, []).frame)


def test_rows_have_the_columns_of_core_checks() -> None:
    row = next(r for r in evaluate_identities(two_sources(), []).to_rows() if r["check_id"] == "t1_balance")
    assert row["left_cny"] == Decimal("1000000.00")
    assert row["envelope_cny"] == Decimal("100.00")
    assert (row["reason"], row["outcome"]) == (None, "exact")
    assert set(row) == {
        "document_id", "check_number", "check_id", "check_subject", "left_cny", "right_cny", "difference_cny", "envelope_cny",
        "outcome", "reason", "left_line_ids", "right_line_ids", "table_ids",
    }  # fmt: skip


def test_a_check_that_was_not_run_has_no_amounts() -> None:
    row = next(r for r in evaluate_identities(two_sources(), []).to_rows() if r["check_id"] == "t7_sum")
    assert (row["left_cny"], row["difference_cny"], row["left_line_ids"]) == (None, None, [])


def test_no_lines_give_no_checks() -> None:
    assert evaluate_identities(make_frame(*one_fund()).iloc[:0], []).to_rows() == []


def test_a_missing_column_raises() -> None:
    with pytest.raises(KeyError, match="fund_type"):
        evaluate_identities(make_frame(*one_fund()).drop(columns="fund_type"), [])


@pytest.mark.parametrize(
    ("slip", "message"),
    [
        ({"tables": ["T99"]}, "unknown tables"),
        ({"key": {"column": "row"}}, "key is not among by"),
    ],
)
def test_a_slip_in_the_declarations_does_not_load(slip: dict[str, Any], message: str) -> None:
    formula = {"name": "x", "by": ["basis"], "left": [slip], "right": []}
    text = {"zh": "", "en": ""}
    identity = {"id": "x", "group": "A", "title": text, "explanation": text, "formulas": [formula]}
    with pytest.raises(ValueError, match=message):
        Identities.model_validate({"tables": {"T1": "a"}, "doubts": {}, "identities": [identity]})


def test_every_declared_column_exists() -> None:
    """A selection on a column that lines do not have would raise here, not in the field."""
    assert len(evaluate_identities(one_fund(), []).frame) > 0


def test_sources_below_the_years_revenue_are_added_to_it() -> None:
    """Yantai prints 上级补助收入 between 本年收入合计 and 收入总计."""
    lines = make_summary(general_public_budget="80.00", total="100.00")
    current = {"row_kind": "subtotal", "direction": "revenue", "item_key": "total_revenue_current", "line_label": "本年收入合计"}
    subsidy = {
        "direction": "revenue",
        "fund_type": "superior_subsidy",
        "item_key": "superior_subsidy",
        "line_label": "上级补助收入",
    }
    lines += [make_line("T1", 3, 2, "80.00", **current), make_line("T1", 5, 2, "20.00", **subsidy)]
    assert outcomes(lines, "t1_revenue") == ["exact", "exact"]


def test_a_unit_above_its_projects_is_a_level_that_the_row_kinds_do_not_tell() -> None:
    rows = [("甲", "30.00"), ("修缮", "10.00"), ("设备", "20.00"), ("乙", "15.00"), ("培训", "15.00"), ("其他", "5.00")]
    lines = total_row("procurement", 1, "50.00")
    lines += [make_line("procurement", n, 2, amount, line_label=label) for n, (label, amount) in enumerate(rows, start=2)]
    assert outcomes(lines, "grand_sum") == ["not_computable"]


def test_a_name_cut_to_its_column_is_the_same_name() -> None:
    lines = t3_row(1, "20801", "1.00", label="人力资源和社会保障管")
    lines += t3_row(1, "20801", "1.00", table="T5", label="人力资源和社会保障管理事务")
    assert outcomes(lines, "code_name") == ["exact"]
