"""What hardly any publisher does, one choice a case: drawn, and read back by the whole pipeline."""

from collections import Counter
from decimal import Decimal
from random import Random

import pytest

from benchmarks.round_trip import find_untold, read_pdf
from samples.comparison import compare_lines
from samples.drawing import draw_files
from samples.draws import RULED, draw_disclosure_facts, draw_layout
from samples.expected import build_sheets, expected_lines
from samples.generation import BudgetOptions, make_budget
from samples.layouts import Layout
from warehouse.records import ProcessedDocument

# Tables enough to prove each other; few, so that a case takes a second.
OMITTED = (
    "general_budget_expenditure", "general_budget_basic_expenditure", "government_fund_expenditure", "state_capital_expenditure",
    "appropriation_expenditure", "appropriation_basic_expenditure", "agency_operating_expenditure", "project_expenditure",
    "government_procurement",
)  # fmt: skip
DEPARTMENT = "武汉市示例管理局"


def make(**choices: object) -> tuple[object, Layout]:
    layout = Layout(**({"omits": OMITTED} | choices))
    options = BudgetOptions(
        department=DEPARTMENT,
        region_code="420100",
        archetype="commerce",
        fiscal_year=2026,
        step=layout.step,
        n_projects=2,
        n_details=2,
    )
    return make_budget(Random(5), options), layout


def read(**choices: object) -> tuple[list[ProcessedDocument], list[str]]:
    """The documents of the disclosure; everything that did not come back."""
    budget, layout = make(**choices)
    pdfs = draw_files(budget, layout, small_print="示例文件")
    documents = [read_pdf(pdf, f"{number}.pdf") for number, pdf in enumerate(pdfs)]
    difference = compare_lines(documents[0].rows["core_budget_lines"], expected_lines(budget, layout))
    lost = [str(line) for line in (*difference.missing, *difference.surplus, *difference.wrong_codes)]
    return documents, [*lost, *find_untold(documents, budget, layout)]


def find_kinds(document: ProcessedDocument) -> Counter[str]:
    return Counter(finding["finding_kind"] for finding in document.rows["core_findings"] if finding["severity"] != "info")


@pytest.mark.parametrize(
    "choices",
    [
        {"unit": "千元", "decimals": 1, "three_public_unit": "万元"},
        {"unit": "亿元", "decimals": 6, "three_public_unit": "万元"},
        {"unit": "万元", "decimals": 1},
        {"unit": "千元", "decimals": 1, "three_public_unit": "千元", "wraps_amounts": True, "thousands": False},
        {"nothing": "zero", "minus_zero": True},
        {"code_style": "one_column", "code_marks": "brackets"},
        {"code_style": "one_column", "code_marks": "points"},
        {"code_style": "fused", "code_marks": "brackets"},
        {"code_style": "fused", "code_marks": "joined"},
        {"code_style": "above_name", "code_marks": "brackets"},
        {"repeat_total": True, "repeat_header": True},
        {"issuer_spellings": True, "page_header": True},
        {"mixed_fonts": True},
        {"trims_text": True},
    ],
    ids=lambda choices: "-".join(f"{value}" for value in choices.values()),
)
def test_choice_comes_back_without_a_warning(choices):
    (document,), lost = read(**choices)
    assert lost == []
    assert find_kinds(document) == Counter()


def test_unit_and_decimals_are_read_as_printed():
    (document,), lost = read(unit="亿元", decimals=6, three_public_unit="万元")
    assert lost == []
    units = {line["table_type"]: line["unit_reported"] for line in document.rows["core_budget_lines"]}
    assert (units["revenue_summary"], units["three_public_expenditure"]) == ("亿元", "万元")


def test_minus_before_a_zero_is_nothing_below_zero():
    (document,), _ = read(nothing="zero", minus_zero=True)
    zeros = [line for line in document.rows["core_budget_lines"] if line["amount_state"] == "zero"]
    assert {line["amount_reported"] for line in zeros} >= {"-0.00"}
    assert {str(line["amount_cny"]) for line in zeros} == {"0.00"}


def test_total_again_on_the_next_page_is_counted_once():
    (document,), lost = read(repeat_total=True)
    assert lost == []
    totals = [
        line
        for line in document.rows["core_budget_lines"]
        if line["table_type"] == "revenue_summary" and line["row_kind"] == "total" and line["fund_type"] == "all"
    ]
    assert len({line["line_number"] for line in totals}) == 2
    assert len({line["amount_cny"] for line in totals if line["column_number"] == totals[0]["column_number"]}) == 1


def test_spellings_of_the_issuer_are_one_issuer():
    (document,), lost = read(issuer_spellings=True)
    assert lost == []
    assert {line["department_name"] for line in document.rows["core_budget_lines"]} == {DEPARTMENT}
    assert {line["unit_name"] for line in document.rows["core_budget_lines"]} == {None}


def test_tables_and_text_in_two_files_give_each_amount_once():
    (tables, text), lost = read(split_files=True)
    assert lost == []
    assert tables.status == "loaded"
    assert text.status == "refused"
    assert text.rows["core_budget_lines"] == []


@pytest.mark.parametrize("page_header", [False, True])
def test_table_that_is_a_picture_is_told(page_header):
    (document,), lost = read(imaged=("three_public_expenditure",), page_header=page_header)
    assert lost == []
    assert document.status == "doubtful"
    assert find_kinds(document)["scanned-page"] >= 1
    assert "three_public_expenditure" in document.rows["core_disclosures"][0]["tables_missing"]


@pytest.mark.parametrize("table_type", ["revenue_expenditure_summary", "appropriation_summary", "three_public_expenditure"])
def test_table_without_title_is_known_by_its_words(table_type):
    (document,), lost = read(untitled=(table_type,))
    assert lost == []
    assert find_kinds(document) == Counter({"type-from-words": 1})


@pytest.mark.parametrize(
    ("table_type", "titled"),
    [
        ("three_public_expenditure", "expenditure_summary"),
        ("expenditure_summary", "revenue_summary"),
    ],
)
def test_title_of_another_table_is_told(table_type, titled):
    (document,), _ = read(mistitled={table_type: titled})
    assert find_kinds(document)["title-contradicted"] == 1
    assert document.status == "doubtful"


def test_every_rare_choice_is_drawn():
    layouts = [draw_layout(Random(seed), RULED, rare=0.5) for seed in range(60)]
    plain = Layout()
    for name in (
        "repeat_total",
        "issuer_spellings",
        "mixed_fonts",
        "split_files",
        "trims_text",
        "minus_zero",
        "untitled",
        "imaged",
    ):
        assert {getattr(layout, name) for layout in layouts} > {getattr(plain, name)}, name
    assert {layout.unit for layout in layouts} == {"元", "千元", "万元", "亿元"}
    assert {layout.decimals for layout in layouts} == {0, 1, 2, 6}
    assert {layout.code_marks for layout in layouts} == {"plain", "joined", "brackets", "points"}


def test_what_is_drawn_can_be_printed():
    for seed in range(40):
        budget, layout = draw_disclosure_facts(Random(seed), RULED, rare=0.5)
        assert any(Decimal(line["amount_cny"] or 0) for line in expected_lines(budget, layout))


def test_without_rare_choices_none_is_drawn():
    layouts = [draw_layout(Random(seed), RULED, rare=0) for seed in range(20)]
    assert {(layout.untitled, layout.imaged, layout.split_files, layout.code_marks) for layout in layouts} == {
        ((), (), False, "plain")
    }


def test_department_has_as_many_units_as_are_asked_for():
    budget, layout = draw_disclosure_facts(Random(1), n_units=5)
    assert len({unit.department for unit in budget.units}) == 5
    assert sum(sheet.table_type == "revenue_summary" for sheet in build_sheets(budget, layout)) == 6
    with pytest.raises(ValueError, match="have names"):
        draw_disclosure_facts(Random(1), n_units=1_000)
