"""What a sentence states: one case for each structure that the grammar knows."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from transforms.codes import make_code_book
from transforms.narrative.concepts import Names
from transforms.narrative.reading import NarrativeReading, Statement, read_narrative
from warehouse.codes import load_code_list

BOOK = make_code_book({scheme: load_code_list(scheme) for scheme in ("function", "econ_department", "econ_government")})


def read(*paragraphs: str, year: int = 2025, phase: str = "budget") -> NarrativeReading:
    """What a text states."""
    return read_narrative("\n".join(paragraphs), year, phase, Names(BOOK, year))


def state(*paragraphs: str, year: int = 2025, phase: str = "budget") -> list[tuple[str, str | None]]:
    """Keys and values in wan yuan or as counted, of a text that is understood whole."""
    reading = read(*paragraphs, year=year, phase=phase)
    assert not reading.unread
    return [(s.statement_key, show(s)) for s in reading.statements]


def show(statement: Statement) -> str | None:
    """The value in the unit that people print."""
    if statement.value is None:
        return None
    value = statement.value / 10000 if statement.unit == "yuan" else statement.value
    return format(value.normalize() + 0, "f")


def only(statements: Sequence[Statement], key: str) -> Statement:
    """The one statement with a key."""
    [found] = [s for s in statements if s.statement_key == key]
    return found


def test_totals_of_revenue_and_its_sources_with_their_shares() -> None:
    assert state(
        "二、收入预算情况说明", "甲局2025年收入预算合计80万元,其中:一般公共预算收入60万元,占75%;其他收入20万元,占25%。"
    ) == [
        ("amount.total_revenue", "80"),
        ("amount.revenue.general_public_budget", "60"),
        ("share.revenue.general_public_budget", "75"),
        ("amount.revenue.other_revenue", "20"),
        ("share.revenue.other_revenue", "25"),
    ]


def test_a_fund_in_a_chapter_of_that_fund_is_the_funds_own_side() -> None:
    assert state("三、财政拨款情况说明", "2025年一般公共预算财政拨款收入50万元,一般公共预算财政拨款支出50万元。") == [
        ("amount.general_public_budget.revenue", "50"),
        ("amount.general_public_budget.expenditure", "50"),
    ]


def test_a_chapter_lends_its_fund_to_the_parts_below() -> None:
    assert state("六、一般公共预算基本支出情况", "(一)人员经费30万元。", "(二)公用经费8万元。") == [
        ("amount.general_public_budget.personnel", "30"),
        ("amount.general_public_budget.operating", "8"),
    ]


def test_a_change_is_of_the_thing_spoken_of_and_has_the_reason() -> None:
    reading = read("一、机关运行经费", "甲局机关运行经费预算90万元,比上年预算减少10万元,下降10%,主要原因是压减办公费。")
    for measure in ("amount", "percent"):
        change = only(reading.statements, f"change.agency_operating.total.{measure}")
        assert (change.direction, change.period, change.reason) == ("decrease", "current_vs_prior", "压减办公费")


def test_a_reason_in_a_sentence_of_its_own_belongs_to_the_change_before() -> None:
    reading = read("一、收支", "甲局支出预算总计90万元,与上年相比增加10万元。主要原因是新增一个项目。")
    assert only(reading.statements, "change.total_expenditure.amount").reason == "新增一个项目"


def test_what_it_was_spent_on_is_no_reason() -> None:
    reading = read("一、三公", "公务接待费7万元,比上年增加1万元,主要是用于接待外省来访。")
    assert only(reading.statements, "change.three_public.hospitality.amount").reason is None


def test_amounts_inside_a_reason_are_changes_of_their_own() -> None:
    reading = read("一、收支", "甲局支出预算总计90万元,比上年增加7万元,主要原因是基本支出增加9万元、项目支出安排减少2万元。")
    parts = [(s.statement_key, show(s), s.direction) for s in reading.statements[2:]]
    assert parts == [("change.basic.amount", "9", "increase"), ("change.project.amount", "2", "decrease")]


def test_unchanged_has_a_direction_and_no_value() -> None:
    reading = read("一、三公", "因公出国(境)费6万元,与上年预算数相同。")
    change = only(reading.statements, "change.three_public.overseas_travel.amount")
    assert (change.value, change.unit, change.direction) == (None, None, "unchanged")


def test_nothing_more_is_unchanged_in_direction_with_its_printed_zero() -> None:
    change = only(read("一、三公", "公务接待费7万元,较上年增加0万元。").statements, "change.three_public.hospitality.amount")
    assert (change.value, change.direction) == (Decimal(0), "unchanged")


def test_a_change_after_a_list_is_of_the_whole() -> None:
    keys = state("一、收支", "甲局收入预算9万元,其中:一般公共预算拨款5万元、其他收入4万元,较上年减少2万元,下降20%。")
    assert keys[-2:] == [("change.total_revenue.amount", "2"), ("change.total_revenue.percent", "20")]


def test_the_other_side_ends_a_list() -> None:
    keys = state("一、收支", "甲局收入预算9万元,其中:其他收入4万元;支出预算9万元,其中:一般公共预算拨款9万元。")
    assert keys[2:] == [("amount.total_expenditure", "9"), ("amount.general_public_budget.expenditure", "9")]


def test_the_base_of_a_comparison_is_the_year_before() -> None:
    reading = read("一、收入", "2025年度收入预算12万元,比2024年年初预算数10万元增加2万元,增长20%。")
    assert [(s.statement_key, show(s), s.period) for s in reading.statements][1] == ("amount.total_revenue", "10", "prior")


def test_an_estimate_of_the_year_before_is_told_from_its_budget() -> None:
    change = only(read("一、收入", "2025年收入预算12万元,比上年执行数增加2万元。").statements, "change.total_revenue.amount")
    assert change.period == "current_vs_prior_estimate"


def test_a_final_account_has_budget_actual_and_completion() -> None:
    reading = read(
        "五、一般公共预算财政拨款支出决算情况说明",
        "1、教育支出(类)普通教育(款)小学教育(项)。年初预算为10万元,支出决算为9万元,完成年初预算的90%。"
        "决算数小于预算数的主要原因:人员减少。",
        phase="final",
    )
    key = "general_public_budget.function"
    assert [(s.statement_key, show(s), s.period) for s in reading.statements] == [
        (f"amount.{key}", "10", "current_budget"),
        (f"amount.{key}", "9", "current"),
        (f"completion.{key}.percent", "90", "current_vs_budget"),
    ]
    completion = reading.statements[-1]
    assert (completion.direction, completion.reason) == ("decrease", "人员减少")
    assert completion.subject == "教育支出/普通教育/小学教育"


def test_a_class_named_in_the_heading_stands_in_front_of_the_item() -> None:
    reading = read("五、财政拨款支出", "(一)教育支出(类)", "1.普通教育(款)小学教育(项)支出5万元。")
    assert (reading.statements[0].statement_key, reading.statements[0].subject) == (
        "amount.appropriation.function",
        "教育支出/普通教育/小学教育",
    )


@pytest.mark.parametrize(
    ("phrase", "key", "subject"),
    [
        ("2050202-小学教育", "amount.general_public_budget.function", "小学教育"),
        ("小学教育(2050202)", "amount.general_public_budget.function", "小学教育"),
        ("“教育支出-普通教育-小学教育”科目", "amount.general_public_budget.function", "教育支出/普通教育/小学教育"),
        ("“教育支出”科目", "amount.general_public_budget.function", "教育支出"),
        ("工资福利支出(301)", "amount.general_public_budget.economic", "工资福利支出"),
        ("商品和服务支出", "amount.general_public_budget.economic", "商品和服务支出"),
    ],
)
def test_a_class_is_known_by_its_code_or_name(phrase: str, key: str, subject: str) -> None:
    [statement] = read("三、一般公共预算支出情况", f"(一){phrase}5万元。").statements
    assert (statement.statement_key, statement.subject) == (key, subject)


def test_projects_are_named_where_the_text_lists_them() -> None:
    reading = read(
        "(五)项目支出1,030万元,具体包括:",
        "1.路灯维护1,000万元,主要包括:巡检400万元,更换灯具600万元。较2024年年初预算增加30万元。",
    )
    assert [(s.statement_key, s.subject) for s in reading.statements] == [
        ("amount.project", None),
        ("amount.project", "路灯维护"),
        ("amount.project", "路灯维护/巡检"),
        ("amount.project", "路灯维护/更换灯具"),
        ("change.project.amount", "路灯维护"),
    ]


def test_three_public_expenses_in_sentences_and_under_headings() -> None:
    assert state(
        "九、“三公”经费情况",
        "2025年“三公”经费预算9万元。",
        "(一)因公出国(境)费",
        "预算控制数为2万元。",
        "(二)公务用车购置及运行维护费7万元,其中:公务用车购置费0万元;公务用车运行维护费7万元,公务用车保有量为6辆。",
    ) == [
        ("three_public.total", "9"),
        ("three_public.overseas_travel", "2"),
        ("three_public.official_vehicles", "7"),
        ("three_public.vehicle_purchase", "0"),
        ("three_public.vehicle_operation", "7"),
        ("three_public.vehicle_operation.vehicles", "6"),
    ]


def test_procurement_and_its_kinds() -> None:
    assert state("三、政府采购情况", "政府采购预算总额9万元,其中:货物类5万元、工程类0万元、服务类4万元。") == [
        ("procurement.total", "9"),
        ("procurement.goods", "5"),
        ("procurement.works", "0"),
        ("procurement.services", "4"),
    ]


def test_staff_authorised_and_there() -> None:
    assert state(
        "(三)人员情况", "甲局共有编制21人,其中:行政编制8人、事业编制13人。实有人员20人,其中:行政7人、事业13人。退休9人。"
    ) == [
        ("headcount.authorised.total", "21"),
        ("headcount.authorised.administrative", "8"),
        ("headcount.authorised.institutional", "13"),
        ("headcount.actual.total", "20"),
        ("headcount.actual.administrative", "7"),
        ("headcount.actual.institutional", "13"),
        ("headcount.actual.retired", "9"),
    ]


def test_a_stock_has_the_date_and_what_is_to_be_bought_has_none() -> None:
    reading = read(
        "(四)国有资产占用情况", "截至2024年12月31日,甲局共有车辆6辆,其中机要通信用车2辆。2025年安排购置车辆1辆、20万元。"
    )
    assert [(s.statement_key, show(s), s.period) for s in reading.statements] == [
        ("vehicles.total", "6", "2024-12-31"),
        ("vehicles.confidential_communication", "2", "2024-12-31"),
        ("vehicles.planned_purchase.total", "1", "current"),
        ("vehicles.planned_purchase.amount", "20", "current"),
    ]


def test_a_noun_behind_the_number_tells_what_is_counted() -> None:
    assert state("二、机构设置", "本部门包括9个内设机构、1个派出机构。") == [
        ("organisation.internal_divisions", "9"),
        ("organisation.subordinate_units", "1"),
    ]


def test_targets_overall_and_of_projects() -> None:
    assert state(
        "十五、预算绩效目标设置情况",
        "本部门整体支出纳入绩效目标管理,涉及财政性资金9万元;共3个项目纳入绩效目标管理,涉及财政性资金5万元。",
    ) == [
        ("performance.overall.amount", "9"),
        ("performance.projects.count", "3"),
        ("performance.projects.amount", "5"),
    ]


def test_a_percentage_in_brackets_is_the_same_change() -> None:
    reading = read("一、三公", "公务接待费9万元,较上年增加1万元(12.5%)。")
    assert show(only(reading.statements, "change.three_public.hospitality.percent")) == "12.5"


def test_a_percentage_without_its_sign_is_read_and_marked() -> None:
    reading = read("一、机关运行经费", "机关运行经费9万元,比上年减少1万元,减少9.52,主要原因是压减。")
    change = only(reading.statements, "change.agency_operating.total.percent")
    assert (change.unit, change.is_unit_missing) == ("percent", True)


def test_nothing_needs_no_unit() -> None:
    assert state("一、收支", "甲局一般公共预算拨款支出预算9万元;政府性基金拨款支出预算为0。") == [
        ("amount.general_public_budget.expenditure", "9"),
        ("amount.government_fund.expenditure", "0"),
    ]


def test_parts_of_the_operating_cost_are_economic_classes() -> None:
    reading = read("一、机关运行经费", "甲局机关运行经费预算9万元,其中:差旅费5万元,公务用车运行维护费4万元。")
    assert [(s.statement_key, s.subject) for s in reading.statements[1:]] == [
        ("amount.basic.economic", "差旅费"),
        ("amount.basic.economic", "公务用车运行维护费"),
    ]


def test_the_glossary_and_the_duties_state_nothing() -> None:
    reading = read("一、部门职责", "新建路灯300套,投资5亿元。", "四、名词解释", "(一)基本支出:指5万元以内的支出。")
    assert not reading.statements
    assert not reading.unread
    assert [ignored.reason for ignored in reading.ignored[:2]] == ["duties", "duties"]


def test_what_is_not_understood_is_unread_and_lends_its_name_to_nothing() -> None:
    paragraphs = ("三、其他", "公务接待费5万元。", "神秘款项7万元,比上年增加2万元。")
    reading, text = read(*paragraphs), "\n".join(paragraphs)
    assert [s.statement_key for s in reading.statements] == ["three_public.hospitality"]
    assert [text[u.start : u.end] for u in reading.unread] == ["7万元", "2万元"]


def test_every_number_with_a_unit_is_accounted_for() -> None:
    text = "单价100万元以上设备2台,神秘款项7万元,公务接待费5万元,完成调研4次。"
    reading = read("三、其他", text)
    assert len(reading.statements) + len(reading.unread) + len(reading.ignored) == 5


@pytest.mark.parametrize(
    "sentence",
    [
        "联系人:王小明,电话:010-66668888,经费5万元。",
        "局长:李大力,分管经费5万元。",
        "经办人王小明手机13900001111,公务接待费5万元。",
        "由党组书记张建国同志负责,公务接待费5万元。",
    ],
)
def test_personal_details_never_become_statements(sentence: str) -> None:
    reading = read("三、其他", sentence)
    assert not reading.statements
    assert not reading.unread
    assert "personal" in {ignored.reason for ignored in reading.ignored}


def test_the_budget_in_a_funds_name_is_no_version_of_a_final_account() -> None:
    reading = read("一、收支", "收入决算总计9万元,其中:一般公共预算6万元,政府性基金预算3万元。", phase="final")
    assert {s.period for s in reading.statements} == {"current"}


@pytest.mark.parametrize(
    "sentence",
    [
        "2010350事业运行2025年预算数为9万元。",
        "事业运行(2010350)2025年预算数9万元。",
        "2010350事业运行:支出9万元。",
        "事业运行(2010350):2025年预算9万元。",
        "一般公共服务支出(类)事业运行(项):2025年预算支出合计9万元。",
    ],
)
def test_a_class_is_known_by_its_label_whatever_stands_between_it_and_its_amount(sentence: str) -> None:
    [found] = read("四、一般公共预算支出情况", sentence).statements
    assert (found.statement_key, show(found)) == ("amount.general_public_budget.function", "9")
    assert found.subject is not None
    assert found.subject.split("/")[-1] == "事业运行"


def test_a_name_of_the_list_is_whole_with_the_commas_and_quotes_of_its_own() -> None:
    paragraphs = ("环境保护法规、规划及标准(2110105)9万元。", "公共安全支出(类)法院(款)“两庭”建设(项)7万元。")
    found = read("四、一般公共预算支出情况", *paragraphs).statements
    assert [s.subject for s in found] == ["环境保护法规、规划及标准", "公共安全支出/法院/“两庭”建设"]


def test_a_reason_ends_where_a_list_of_parts_begins() -> None:
    reading = read(
        "三、一般公共预算基本支出", "基本支出9万元,比上年增加1万元,主要原因是人员增加,其中:人员经费6万元,公用经费3万元。"
    )
    assert [s.statement_key.split(".")[-1] for s in reading.statements] == ["basic", "amount", "personnel", "operating"]
    assert reading.statements[1].reason == "人员增加"


def test_totals_of_a_sides_chapter_of_one_fund_are_that_funds() -> None:
    keys = state("四、财政拨款收支预算情况", "财政拨款收支总计9万元。", "收入预算总计9万元,支出预算总计9万元。")
    assert [key for key, _ in keys[1:]] == ["amount.appropriation.revenue", "amount.appropriation.expenditure"]


def test_the_actual_expenditure_after_a_revenue_is_the_other_side_and_below_an_item_the_items() -> None:
    reading = read(
        "七、政府性基金预算财政拨款收入支出决算情况",
        "2025年度政府性基金预算财政拨款收入决算9万元,支出决算8万元。",
        "1.其他支出(类)其他安排的支出(款)。本年支出决算8万元。",
        phase="final",
    )
    keys = [s.statement_key.removeprefix("amount.government_fund.") for s in reading.statements]
    assert keys == ["revenue", "expenditure", "function"]


@pytest.mark.parametrize("aside", ["(王建国,6790726)", ",咨询王建国85790726", ",问王建国6790726,面谈"])
def test_a_local_telephone_number_is_in_no_reason_and_no_evidence(aside: str) -> None:
    reading = read(
        "一、三公", f"公务接待费3万元,比上年减少1万元,主要原因是厉行节约{aside}。", f"王建国6790726。培训费{aside}2万元。"
    )
    kept = "".join(f"{s.reason} {s.evidence}" for s in reading.statements)
    assert reading.statements
    assert not any(planted in kept for planted in ("王建国", "6790726", "85790726"))


def test_codes_and_dates_are_no_telephone_numbers() -> None:
    reading = read("一、三公", "公务接待费3万元,比上年减少1万元,主要原因是2010301科目自20250101起调整。")
    assert only(reading.statements, "change.three_public.hospitality.amount").reason == "2010301科目自20250101起调整"


def test_a_code_before_a_name_that_begins_with_a_units_word_is_no_count() -> None:
    [found] = read("四、一般公共预算支出情况", "2010109人大信访工作2025年预算数为9万元。").statements
    assert (found.subject, show(found)) == ("人大信访工作", "9")


def test_the_name_of_a_class_keeps_what_reads_like_a_version() -> None:
    [found] = read("四、一般公共预算支出情况", "2040506“两庭”建设9万元。").statements
    assert found.subject == "“两庭”建设"
    [found] = read("四、一般公共预算支出情况", "案件执行(2040505)9万元。").statements
    assert found.subject == "案件执行"


def test_a_comparison_alone_behind_the_semicolon_of_a_list_is_of_the_whole() -> None:
    keys = state("一、收支", "甲局预算收入9万元,其中:一般公共预算拨款收入6万元,上年结转3万元;比2024年增加2万元。")
    assert keys[-1] == ("change.total_revenue.amount", "2")


def test_the_amount_of_the_year_before_in_a_bracket_is_that_years() -> None:
    reading = read("一、收支", "2025年度部门支出预算安排与2024年度相比(2024年度部门支出预算安排为8万元),增加1万元。")
    assert [(s.statement_key, s.period) for s in reading.statements] == [
        ("amount.total_expenditure", "prior"),
        ("change.total_expenditure.amount", "current_vs_prior"),
    ]


@pytest.mark.parametrize(
    ("noun", "key"),
    [("部门支出预算安排", "total_expenditure"), ("部门收入预算", "total_revenue"), ("", "total_revenue_expenditure")],
)
def test_a_comparison_is_of_the_noun_before_it_and_not_of_the_heading(noun: str, key: str) -> None:
    assert state("一、收支", f"2025年度{noun}与2024年度相比,增加1万元。") == [(f"change.{key}.amount", "1")]


def test_a_comparison_behind_an_amount_is_of_that_amount() -> None:
    keys = state("一、收支", "部门支出预算9万元与2024年度相比,增加1万元。")
    assert keys == [("amount.total_expenditure", "9"), ("change.total_expenditure.amount", "1")]


def test_posts_of_a_kind_without_a_key_are_not_all_posts() -> None:
    reading = read("二、人员情况", "甲局编制33名,其中行政编制20名、行政附属编制10名、政法专项编制3名。")
    assert [(s.statement_key, show(s)) for s in reading.statements] == [
        ("headcount.authorised.total", "33"),
        ("headcount.authorised.administrative", "20"),
    ]
    assert len(reading.unread) == 2


def test_an_unknown_noun_before_a_comparison_is_not_what_the_heading_is_about() -> None:
    text = "“三公”经费预算9万元。某某平台费与上年相比,增加3万元。"
    reading = read("一、“三公”经费", text)
    assert [s.statement_key for s in reading.statements] == ["three_public.total"]
    assert len(reading.unread) == 1


def test_a_part_of_a_named_project_is_a_project_whatever_its_name() -> None:
    paragraphs = ("(五)项目支出9万元,具体包括:", "1.轨道管理6万元,主要用于监管。其中,评估经费4万元,上年结转项目2万元。")
    reading = read("一、支出", *paragraphs)
    assert (reading.statements[-1].statement_key, reading.statements[-1].subject) == ("amount.project", "轨道管理/上年结转项目")


def test_who_came_and_went_is_no_stock_of_staff() -> None:
    reading = read("一、收支", "支出预算9万元,比上年减少2万元,主要原因是调出14人,退休1人,新招3人。")
    assert not [s for s in reading.statements if s.statement_key.startswith("headcount.")]
    assert [one.reason for one in reading.ignored] == ["staff_flow", "staff_flow"]
    assert state("二、人员情况", "甲局在职人员20人,退休1人。")[-1] == ("headcount.actual.retired", "1")
    reading = read("二、人员情况", "甲局在职人员20人。本年调入2人,去世1人、退休3人。")
    assert [one.reason for one in reading.ignored] == ["staff_flow", "staff_flow"]


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("截至2021年12月31日,甲局人员编制30人。", "2021-12-31"),
        ("截止2021年底,甲局人员编制30人。", "2021-12-31"),
        ("截至上年底,甲局人员编制30人。", "2024-12-31"),
        ("甲局人员编制30人。", "current"),
        ("2018年3月经批准,甲局人员编制30人。", "current"),
        ("截至2021年底,甲局在职人员28人。甲局人员编制30人。", "current"),
    ],
)
def test_posts_are_of_a_day_only_where_their_sentence_says_so(text: str, period: str) -> None:
    assert only(read("二、人员情况", text).statements, "headcount.authorised.total").period == period


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("一是机构改革;二是压减会议。", "一是机构改革;二是压减会议"),
        ("退役军人保障为阶段性工作;创业服务由各区推进。", "退役军人保障为阶段性工作;创业服务由各区推进"),
        ("人员减少;公用经费9万元,与上年持平。", "人员减少"),
        ("人员减少;公用经费与上年持平。", "人员减少"),
        ("人员减少;2.公用经费减少。", "人员减少"),
        ("人员减少;另一方面,2026年业务增加。", "人员减少;另一方面,2026年业务增加"),
    ],
)
def test_a_reason_goes_on_until_something_new_is_stated(told: str, reason: str) -> None:
    reading = read("一、收支", f"支出预算9万元,比上年减少2万元,主要原因是{told}")
    assert only(reading.statements, "change.total_expenditure.amount").reason == reason


@pytest.mark.parametrize(
    ("text", "told"),
    [
        # The issuer by its name, and nobody else: its own staff.
        ("甲市某研究中心共有编制21人,其中行政编制8人。", [("total", "21", None), ("administrative", "8", None)]),
        # Two units by name: each its own, and the numbers behind belong to the name before.
        (
            "本预算包含办公厅本级和某省联谊俱乐部在职7名,退休2名,甲地博物馆管理建设办公室在职10名。",
            [("active", "7", "某省联谊俱乐部"), ("retired", "2", "某省联谊俱乐部"), ("active", "10", "甲地博物馆管理建设办公室")],
        ),
        # The issuer and one unit of it, of which the same is told.
        ("本部门人员编制30人。甲市信息中心人员编制5人。", [("total", "30", None), ("total", "5", "甲市信息中心")]),
        # A name with 和 in it is one name.
        (
            "甲市住房和城乡建设局行政编制9人。乙区工业和信息化局行政编制4人。",
            [("administrative", "9", "甲市住房和城乡建设局"), ("administrative", "4", "乙区工业和信息化局")],
        ),
        # The same said twice is not of another.
        ("甲市信息中心人员编制5人。人员编制5人。", [("total", "5", None), ("total", "5", None)]),
    ],
)
def test_staff_of_a_named_unit_is_not_the_issuers(text: str, told: list[tuple[str, str, str | None]]) -> None:
    found = read("二、人员情况", text).statements
    assert [(s.statement_key.rsplit(".", 1)[1], show(s), s.subject) for s in found] == told
