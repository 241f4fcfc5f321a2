"""What a text states, held against itself and against the tables."""

from decimal import Decimal

import pytest
from inline_lines import make_frame, make_line

from transforms.line_roles import describe_lines
from transforms.narrative.listings import Listing
from transforms.stated.amounts import choose_lines
from transforms.stated.evaluate import evaluate_statements
from transforms.stated.links import Linked, load_links
from transforms.stated.numbers import Amount, Stated
from transforms.stated.told import Ground, tell_failures

UNITS = {
    "亿元": ("yuan", 100_000_000),
    "万元": ("yuan", 10_000),
    "%": ("percent", 1),
    "人": ("persons", 1),
    "辆": ("vehicles", 1),
    "条": ("count", 1),
}


def state(*stated):
    """Rows of core_statements from (key, printed, values)."""
    rows = []
    for number, (key, printed, values) in enumerate(stated, 1):
        digits = printed.rstrip("亿万元%人辆条")
        unit, factor = UNITS[printed.removeprefix(digits)]
        value = format((Decimal(digits) * factor).normalize(), "f")
        row = {"statement_number": number, "statement_key": key, "subject": None, "value": value, "unit": unit, "page": 1}
        row |= {"period": "current_vs_prior" if key.startswith("change") else "current", "direction": None, "reason": None}
        row |= {"value_reported": printed, "evidence": f"为{printed}", "bbox": [0.0, 0.0, 1.0, 1.0]}
        rows.append(row | {"text_start": number * 20, "text_end": number * 20 + 5} | values)
    return rows


TABLE = make_frame(
    make_line("T5", 1, 1, "230.20", line_label="合计", row_kind="total", expenditure_kind="basic"),
    make_line("T5", 2, 1, "200.20", line_label="教育支出", function_code="205", expenditure_kind="basic"),
    make_line("T5", 3, 1, "30.00", line_label="住房保障支出", function_code="221", expenditure_kind="basic"),
)


def check(statements, lines=(), targets=(), projects=(), numbers=(), phase="budget", listings=()):
    described = describe_lines(lines, ()) if len(lines) else None
    return evaluate_statements(statements, described, targets, projects, numbers, 2020, phase, listings)


def outcomes(result, check_id):
    return [row["outcome"] for row in result.checks if row["check_id"] == check_id]


def tell(result, projects=(), lines=()):
    return list(tell_failures(result.checks, Ground(result.book, projects, {}, {line["line_id"]: line for line in lines})))


def change(amount, percent, direction="decrease", current="1453.25万元", concept="project"):
    moved = {"direction": direction}
    return state(
        (f"amount.{concept}", current, {}),
        (f"change.{concept}.amount", amount, moved),
        (f"change.{concept}.percent", percent, moved),
    )


def test_a_percentage_divided_by_the_current_year_is_explained_so():
    result = check(change("3006.4万元", "206.87%"))
    assert outcomes(result, "stated_change") == ["violated"]
    assert outcomes(result, "decrease_bound") == ["violated"]
    (finding,) = tell(result)
    assert "3,006.4 万元 divided by the current year, 1,453.25 万元" in finding["message"]
    assert "4,459.65 万元, it is 67.41 %" in finding["message"]
    assert finding["fitting_value"] == "67.41"
    assert finding["severity"] == "info"
    assert len(finding["statement_check_numbers"]) == 2


@pytest.mark.parametrize(
    ("percent", "outcome"),
    [("67.41%", "rounding"), ("67.4%", "rounding"), ("67%", "rounding"), ("67.42%", "violated"), ("67.5%", "violated")],
)
def test_a_percentage_is_right_as_far_as_it_is_printed(percent, outcome):
    assert outcomes(check(change("3006.4万元", percent)), "stated_change") == [outcome]


def test_a_percentage_that_is_cut_off_is_told_from_a_wrong_one():
    cut, wrong = (check(change("184.96万元", percent, current="1836.22万元")) for percent in ("9.1%", "9.0%"))
    assert outcomes(cut, "stated_change") == ["truncation"]
    assert outcomes(wrong, "stated_change") == ["violated"]
    assert tell(cut)[0]["finding_kind"] == "text-digits-cut"
    assert tell(wrong)[0]["finding_kind"] == "text-percentage-wrong"


def test_a_misprinted_difference_is_named_by_the_one_digit_that_fits():
    (finding,) = tell(check(change("392.92万元", "5.95%", current="6049.97万元")))
    assert "would fit a difference of 382.92 万元" in finding["message"]


def test_nothing_is_a_percentage_of_nothing():
    result = check(change("5万元", "100%", "increase", current="5万元"))
    assert outcomes(result, "decrease_bound") == ["violated"]
    assert outcomes(result, "stated_change") == ["not_computable"]


def test_a_percentage_without_amounts_is_not_computable():
    result = check(state(("change.basic.percent", "5%", {"direction": "increase"})))
    row = next(row for row in result.checks if row["check_id"] == "stated_change")
    assert row["outcome"] == "not_computable"
    assert "percentage could be of" in row["reason"]


@pytest.mark.parametrize(
    ("printed", "outcome"),
    [("230.2万元", "exact"), ("232.2万元", "violated"), ("0.02302亿元", "exact"), ("90万元", "not_computable")],
)
def test_an_amount_is_its_cell_and_one_far_from_it_is_another_thing(printed, outcome):
    result = check(state(("amount.general_public_budget.basic", printed, {})), TABLE)
    assert outcomes(result, "stated_amount") == [outcome]
    assert result.line_ids[1] == ("d1-T5-1-1",)
    (row,) = [row for row in result.checks if row["check_id"] == "stated_amount"]
    assert (row["left_statement_numbers"], row["right_line_ids"]) == ([1], ["d1-T5-1-1"])


def test_a_cell_that_prints_the_amount_is_what_is_stated_rather_than_sums_that_give_it():
    one = Stated({"statement_number": 1}, "amount", "government_fund.expenditure", 60_000_00, 100)
    total, again = (Linked((name,), Amount(60_000_00, 100, ())) for name in ("total", "again"))
    sums = [Linked((f"{name}-1", f"{name}-2"), Amount(60_000_00, 100, ())) for name in ("a", "b")]
    other = Linked(("other",), Amount(50_000_00, 100, ()))
    assert choose_lines([other, *sums, total, again], one) == ("total", "again")
    assert choose_lines([other, *sums], one) == ("a-1", "a-2")
    assert choose_lines([other], one) == ("other",)


def test_a_change_speaks_of_the_lines_of_the_thing_that_changed():
    rows = state(("change.general_public_budget.basic.amount", "5万元", {"direction": "increase"}))
    assert check(rows, TABLE).line_ids[1] == ("d1-T5-1-1",)


@pytest.mark.parametrize(
    ("key", "printed", "line_ids"),
    [
        ("agency_operating.total", "30万元", ("d1-T6-1-1",)),
        ("agency_operating.total", "30.1万元", ("d1-T6-1-1",)),
        ("agency_operating.total", "12万元", ()),
        ("change.agency_operating.total.amount", "30万元", ()),
    ],
)
def test_a_wider_line_is_what_is_stated_only_where_it_has_that_amount(key, printed, line_ids):
    line = make_line("T6", 1, 1, "30.00", line_label="公用经费", row_kind="total", expenditure_kind="operating")
    rows = state((key, printed, {"direction": "increase" if key.startswith("change") else None}))
    assert check(rows, make_frame(line)).line_ids.get(1, ()) == line_ids


def test_a_share_is_the_part_of_the_whole_named_for_it():
    right = state(
        ("amount.total_expenditure", "1683.45万元", {}), ("amount.basic", "230.2万元", {}), ("share.basic", "13.67%", {})
    )
    wrong = state(
        ("amount.total_expenditure", "1683.45万元", {}), ("amount.basic", "230.2万元", {}), ("share.basic", "15.84%", {})
    )
    assert outcomes(check(right), "stated_share") == ["rounding"]
    assert outcomes(check(wrong), "stated_share") == ["violated"]


def test_procurement_is_its_categories():
    parts = [("procurement.goods", "55.07万元", {}), ("procurement.services", "56.4万元", {}), ("procurement.works", "0万元", {})]
    assert outcomes(check(state(("procurement.total", "111.47万元", {}), *parts)), "procurement_sum_stated") == ["exact"]
    assert outcomes(check(state(("procurement.total", "121.47万元", {}), *parts)), "procurement_sum_stated") == ["violated"]


def test_a_number_that_was_not_understood_leaves_a_sum_open():
    stated = state(("vehicles.total", "41辆", {}), ("vehicles.emergency", "17辆", {}), ("vehicles.other", "6辆", {}))
    unread = [{"text_start": 30, "number_outcome": "unread", "ignored_because": None}]
    assert outcomes(check(stated), "vehicles_sum") == ["violated"]
    assert outcomes(check(stated, numbers=unread), "vehicles_sum") == ["not_computable"]


def test_staff_is_the_sum_of_its_kinds_whether_or_not_one_includes_another():
    kinds = [("headcount.authorised.administrative", "0人", {}), ("headcount.authorised.institutional", "21人", {})]
    managed = ("headcount.authorised.civil_service_managed", "5人", {})
    assert outcomes(check(state(("headcount.authorised.total", "21人", {}), *kinds, managed)), "headcount_sum") == ["exact"]
    assert outcomes(check(state(("headcount.authorised.total", "26人", {}), *kinds, managed)), "headcount_sum") == ["exact"]
    assert outcomes(check(state(("headcount.authorised.total", "23人", {}), *kinds, managed)), "headcount_sum") == ["violated"]


def test_amounts_in_the_same_words_that_lie_far_apart_are_not_one_thing():
    near = state(("amount.basic", "230.2万元", {}), ("amount.basic", "232.2万元", {}))
    far = state(("amount.basic", "230.2万元", {}), ("amount.basic", "50万元", {}))
    assert outcomes(check(near), "repeated_value") == ["violated"]
    assert outcomes(check(far), "repeated_value") == ["not_computable"]


def test_two_directions_are_a_template_that_was_not_filled_in():
    rows = state(("change.basic.percent", "5%", {"direction": "decrease", "evidence": "下降(增长)5%"}))
    assert outcomes(check(rows), "direction_word") == ["violated"]


def test_the_word_of_the_direction_is_held_against_both_amounts():
    years = [("amount.basic", "90万元", {}), ("amount.basic", "100万元", {"period": "prior"})]
    rows = state(*years, ("change.basic.amount", "10万元", {"direction": "increase"}))
    assert outcomes(check(rows), "direction_word") == ["violated"]
    assert outcomes(check(rows), "stated_change") == ["violated"]


def test_a_completion_names_its_budget():
    done = {"period": "current_vs_budget"}
    years = [("amount.basic", "100万元", {"period": "current_budget"}), ("amount.basic", "90万元", {})]
    assert outcomes(check(state(*years, ("completion.basic.percent", "90%", done)), phase="final"), "completion") == ["exact"]
    assert outcomes(check(state(*years, ("completion.basic.percent", "95%", done)), phase="final"), "completion") == ["violated"]


def make_sheet(number, name, amount, source="target_sheet"):
    row = {"project_number": number, "project": name, "amount_cny": Decimal(amount) * 10_000, "amount_reported": amount}
    return row | {"unit_reported": "万元", "target_count": 5, "project_source": source, "line_ids": []}


def test_a_project_without_a_sheet_is_named():
    sheets = [make_sheet(1, "运行费", "60.00"), make_sheet(2, "服装费", "30.00")]
    rows = state(
        ("amount.project", "10万元", {"subject": "不可预见费"}),
        ("amount.project", "60万元", {"subject": "运行费"}),
        ("performance.projects.amount", "100万元", {}),
    )
    result = check(rows, projects=sheets)
    assert outcomes(result, "target_coverage") == ["violated"]
    (finding,) = tell(result, sheets)
    assert "without a sheet: 不可预见费 10万元" in finding["message"]
    assert outcomes(check(rows[1:], projects=sheets), "target_coverage") == ["not_computable"]


def make_target(number, **values):
    row = {"target_number": number, "project": "某项目", "indicator": "次数", "value": "4", "note": None, "is_prose": False}
    return row | {"value_reported": "4次", "operator": "=", "value_2": None, "unit": "次"} | values


def test_stated_numbers_of_indicators_are_the_filled_rows():
    rows = state(("performance.projects.indicators", "2条", {}))
    assert outcomes(check(rows, targets=[make_target(1), make_target(2)]), "target_counts") == ["exact"]
    assert outcomes(check(rows, targets=[make_target(1)]), "target_counts") == ["violated"]


@pytest.mark.parametrize(("amount", "outcome"), [("51.6436", "exact"), ("51.64", "rounding"), ("52.6436", "violated")])
def test_quantity_times_price_is_the_amount(amount, outcome):
    target = make_target(1, note=f"164人监督员服装费{amount}万元,每人3149元/套。")
    found = outcomes(check(state(("amount.basic", "1万元", {})), targets=[target]), "quantity_price")
    assert found == [outcome]


def test_every_link_names_tables_that_identities_know():
    links = load_links()
    assert {"total_revenue", "general_public_budget.function", "three_public.hospitality", "revenue.other_revenue"} <= set(links)
    assert not any(word in key for key in links for word in ("FUND", "KIND", "SOURCE", "ITEM", "CATEGORY"))


def test_whole_amounts_in_a_row_were_rounded_though_the_text_prints_decimals_elsewhere():
    other = [("amount.total_revenue", f"{number}.25万元", {"period": "prior"}) for number in range(11, 19)]
    classes = [("amount.function", f"{number}万元", {"subject": f"某{number}"}) for number in (21, 33, 47)]
    stated = ("amount.general_public_budget.basic", "230万元", {})
    assert outcomes(check(state(*other, stated), TABLE), "stated_amount") == ["violated"]
    run = state(*other, stated, *classes, ("amount.function", "58万元", {"subject": "某"}))
    assert outcomes(check(run, TABLE), "stated_amount") == ["rounding"]


@pytest.mark.parametrize(("words", "outcome"), [("占本年支出预算73.15%", "rounding"), ("占总支出73.15%", "violated")])
def test_a_share_of_the_years_own_expenditure_is_of_the_sum_of_its_kinds(words, outcome):
    rows = state(
        ("amount.total_expenditure", "529260.34万元", {}),
        ("amount.basic", "376567.92万元", {}),
        ("share.basic", "73.15%", {"evidence": words}),
        ("amount.project", "138255.42万元", {}),
    )
    assert outcomes(check(rows), "stated_share") == [outcome]


@pytest.mark.parametrize(("phase", "outcome"), [("final", "violated"), ("budget", "not_computable")])
def test_a_budget_may_pay_for_vehicles_that_another_body_keeps(phase, outcome):
    rows = state(("three_public.vehicle_operation", "3.5万元", {}), ("vehicles.total", "0辆", {}))
    assert outcomes(check(rows, phase=phase), "vehicles_cost") == [outcome]


@pytest.mark.parametrize(("whole", "outcome"), [("618人", "not_computable"), ("588人", "violated"), ("598人", "exact")])
def test_kinds_of_staff_may_be_left_unnamed(whole, outcome):
    kinds = [("headcount.authorised.administrative", "150人", {}), ("headcount.authorised.institutional", "448人", {})]
    assert outcomes(check(state(("headcount.authorised.total", whole, {}), *kinds)), "headcount_sum") == [outcome]


def test_a_part_of_nothing_without_a_change_of_its_own_may_be_what_is_gone():
    item = "three_public.{}".format
    down, up = {"direction": "decrease"}, {"direction": "increase"}
    stated = [
        (item("total"), "18.6万元", {}),
        ("change.three_public.total.amount", "24.5万元", down),
        (item("hospitality"), "8.6万元", {}),
        ("change.three_public.hospitality.amount", "1.5万元", up),
        (item("official_vehicles"), "10万元", {}),
        ("change.three_public.official_vehicles.amount", "1万元", down),
    ]
    assert outcomes(check(state(*stated)), "change_parts") == ["violated"]
    gone = (item("overseas_travel"), "0万元", {})
    assert outcomes(check(state(*stated, gone)), "change_parts") == ["not_computable"]


def test_a_year_before_below_zero_is_no_base():
    rows = state(
        ("three_public.vehicle_operation", "2.5万元", {}),
        ("change.three_public.vehicle_operation.amount", "2.5万元", {"direction": "increase"}),
        ("change.three_public.vehicle_operation.percent", "100%", {"direction": "increase"}),
        ("three_public.vehicle_operation", "0万元", {}),
    )
    assert outcomes(check(rows), "decrease_bound") == ["violated"]


def test_more_sheets_than_projects_are_counted_are_of_others_too():
    sheets = [make_sheet(1, "运行费", "60.00"), make_sheet(2, "服装费", "42.00")]
    money = ("performance.projects.amount", "100万元", {})
    for count, outcome in (("2条", "violated"), ("1条", "not_computable")):
        rows = state(("performance.projects.count", count, {}), money)
        assert outcomes(check(rows, projects=sheets), "target_coverage") == [outcome]


ITEMS = make_frame(
    make_line("T6", 1, 1, "60.00", line_label="合计", row_kind="total", expenditure_kind="basic"),
    make_line("T6", 2, 1, "30.00", line_label="基本工资", econ_department_code="30101", expenditure_kind="basic"),
    make_line("T6", 3, 1, "10.00", line_label="津贴补贴", econ_department_code="30102", expenditure_kind="basic"),
    make_line("T6", 4, 1, "0.00", line_label="奖金", econ_department_code="30103", expenditure_kind="basic"),
    make_line("T6", 5, 1, "10.00", line_label="其他工资福利支出", econ_department_code="30199", expenditure_kind="basic"),
    make_line("T6", 6, 1, "6.00", line_label="退休费", econ_department_code="30302", expenditure_kind="basic"),
    make_line("T6", 7, 1, "4.00", line_label="办公费", econ_department_code="30201", expenditure_kind="basic"),
)
ALL = ("基本工资", "津贴补贴", "其他工资福利", "退休费")


def list_items(*items, others=0, is_main=False):
    rows = state(("amount.general_public_budget.personnel", "56万元", {}))
    result = check(rows, ITEMS, listings=(Listing(1, items, others, is_main),))
    return outcomes(result, "named_items"), result


def test_the_items_listed_are_the_rows_that_are_not_zero():
    assert list_items(*ALL)[0] == ["exact", "exact"]
    outcome, result = list_items(*ALL, "奖金")
    assert outcome == ["violated", "exact"]
    assert [finding["finding_kind"] for finding in tell(result)] == ["text-items-differ"]
    assert "listed without an amount in the table: 奖金" in tell(result)[0]["message"]


def test_only_a_list_of_all_items_lacks_one():
    assert list_items(*ALL[:3])[0] == ["exact", "violated"]
    assert list_items(*ALL[:3], is_main=True)[0] == ["exact", "not_computable"]
    assert list_items(*ALL[:3], others=1)[0] == ["exact", "not_computable"]


def test_a_list_of_which_much_has_no_row_is_a_templates():
    assert list_items(*ALL[:3], "奖金", "绩效工资")[0] == ["not_computable", "not_computable"]


PROJECTS = make_frame(
    make_line("projects", 1, 1, "90.00", line_label="合计", row_kind="total", fund_type="all", expenditure_kind="project"),
    make_line("projects", 2, 1, "90.00", line_label="某项", fund_type="all", expenditure_kind="project"),
)


@pytest.mark.parametrize(
    ("amount", "outcome"), [("90.00", "exact"), ("89.00", "violated"), ("93.00", "not_computable"), ("9.99", "not_computable")]
)
def test_a_sheet_has_the_amount_of_its_projects_rows(amount, outcome):
    sheet = make_sheet(1, "某项", amount) | {"line_ids": ["d1-projects-2-1"], "page": 7, "bbox": [0, 0, 1, 1]}
    result = check(state(("amount.basic", "1万元", {})), PROJECTS, projects=[sheet])
    assert outcomes(result, "target_coverage") == [outcome]
    told = tell(result, [sheet])
    assert [(finding["finding_kind"], finding["page"]) for finding in told] == [("targets-differ", 7)] * (outcome == "violated")


@pytest.mark.parametrize(
    ("value", "unit", "outcome"),
    [("4", "次", "exact"), ("5", "次", "violated"), ("3", "次", "not_computable"), ("5", "%", "not_computable")],
)
def test_an_indicator_of_the_department_has_the_same_value_in_its_project(value, unit, outcome):
    own, other = make_target(1, project=None, unit=unit), make_target(2, value=value, unit=unit)
    assert outcomes(check([], targets=[own, other]), "target_repeated") == [outcome]


@pytest.mark.parametrize(
    ("text", "outcome"),
    [("聘请6名保安4.08万×6人=24.48万元。", "exact"), ("经费630*1500=94.5万元", "exact"), ("经费630*1500=95.4万元", "violated")],
)
def test_a_product_is_read_in_what_a_project_is_for(text, outcome):
    project = make_sheet(1, "某项", "90.00") | {"purpose": text}
    result = check([], projects=[project])
    assert outcomes(result, "quantity_price") == [outcome]
    (row,) = [row for row in result.checks if row["check_id"] == "quantity_price"]
    assert row["left_project_numbers"] == [1]


def test_a_change_stated_twice_beside_the_same_amount_is_the_same():
    def repeat(current, changed):
        down = {"direction": "decrease"}
        first = [("amount.basic", "9.15万元", {}), ("change.basic.amount", "2.15万元", down)]
        return check(state(*first, ("amount.basic", current, {}), ("change.basic.amount", changed, down)))

    assert outcomes(repeat("9.15万元", "2.15万元"), "repeated_value") == ["exact", "exact"]
    assert outcomes(repeat("9.15万元", "3.15万元"), "repeated_value") == ["exact", "violated"]
    assert outcomes(repeat("50.4万元", "3.15万元"), "repeated_value") == ["not_computable"]
    (finding,) = tell(repeat("9.15万元", "3.15万元"))
    assert "-2.15 万元 here and -3.15 万元 on page 1" in finding["message"]
