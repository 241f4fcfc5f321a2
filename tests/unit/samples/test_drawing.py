from collections import Counter
from dataclasses import replace

import pypdfium2 as pdfium
import pytest

from samples.drawing import draw_disclosure
from samples.expected import build_sheets, expected_lines
from samples.generation import join_units
from samples.layouts import Layout
from samples.library import sample_disclosures

SAMPLES = {sample.id: sample for sample in sample_disclosures()}


def read_pages(pdf):
    return ["".join(page.get_textpage().get_text_bounded().split()) for page in pdfium.PdfDocument(pdf)]


def draw(sample, **choices):
    sample = replace(sample, layout=sample.layout.model_copy(update=choices))
    return sample.draw()


def test_the_same_sample_gives_the_same_bytes():
    sample = SAMPLES["jianghan-2020"]
    assert sample.draw() == sample.draw()


def test_other_sheets_are_printed_instead_of_the_budgets():
    sample = SAMPLES["jianghan-2020"]
    first, *others = build_sheets(sample.budget, sample.layout)
    misprinted = replace(first, title="另一张表")
    assert sum("另一张表" in page for page in read_pages(sample.draw([misprinted, *others]))) >= 1
    assert sample.draw([first, *others]) == sample.draw()


def test_rotated_pages_are_displayed_upright_and_wide():
    document = pdfium.PdfDocument(SAMPLES["yantai-2026-environment"].draw())
    page = document[len(document) - 1]
    assert page.get_rotation() == 90
    assert page.get_width() > page.get_height()


@pytest.mark.parametrize("repeats", [False, True])
def test_continued_tables_repeat_their_header_or_not(repeats):
    pages = read_pages(draw(SAMPLES["suzhou-2026-science"], repeat_header=repeats, page_header=False))
    # The basic expenditure goes over two pages; 30399 stands on the second.
    continued = [page for page in pages if "30399" in page and "30101" not in page]
    assert continued
    assert all(("科目编码" in page) == repeats for page in continued)


def test_packed_tables_share_pages():
    sample = SAMPLES["wuxi-2025-justice"]
    assert len(read_pages(draw(sample, packed=True))) < len(read_pages(draw(sample, packed=False)))


def test_narrow_columns_break_amounts():
    text = pdfium.PdfDocument(SAMPLES["hangzhou-2026-culture"].draw())[5].get_textpage().get_text_bounded()
    printed = {
        line["amount_reported"]
        for line in expected_lines(SAMPLES["hangzhou-2026-culture"].budget, SAMPLES["hangzhou-2026-culture"].layout)
    }
    assert any(amount and amount not in text.split() and amount in "".join(text.split()) for amount in printed)


@pytest.mark.parametrize("rules", ["full", "filled"])
def test_rules_are_seen_by_a_line_reader(rules, tmp_path):
    camelot = pytest.importorskip("camelot")
    sample = SAMPLES["shanghai-putuo-2026-commerce"]
    path = tmp_path / "sample.pdf"
    path.write_bytes(draw(sample, rules=rules))
    tables = camelot.read_pdf(str(path), flavor="lattice", engine="vector", split_text=True, pages="all", suppress_stdout=True)
    seen = Counter("".join(cell.split()) for table in tables for row in table.df.values.tolist() for cell in row)
    wanted = Counter(line["amount_reported"] for line in expected_lines(sample.budget, sample.layout) if line["amount_reported"])
    assert wanted - seen == Counter()


def test_the_narrative_can_be_given():
    sample = SAMPLES["suzhou-2026-science"]
    pdf = draw_disclosure(sample.budget, sample.layout, small_print="", narrative=())
    assert "收支情况说明" not in "".join(read_pages(pdf)[2:])


def test_the_last_row_may_stand_alone():
    pages = read_pages(draw(SAMPLES["wuxi-2025-justice"], packed=False, lone_last_row=True, total_first=False, page_header=False))
    plain = read_pages(draw(SAMPLES["wuxi-2025-justice"], packed=False, total_first=False, page_header=False))
    assert len(pages) > len(plain)
    assert any(page.startswith("合计") for page in pages)


def test_a_blank_page_stands_where_a_table_goes_on():
    pages = read_pages(draw(SAMPLES["suzhou-2026-science"], blank_pages=True))
    assert "" in pages
    assert "" not in read_pages(draw(SAMPLES["suzhou-2026-science"]))


def test_units_have_their_tables_again_under_their_own_name():
    sample = SAMPLES["quanzhou-2026-transport"]
    layout = Layout(dialect="yantai")
    units = [sample.budget.model_copy(update={"department": name}) for name in ("甲示例局本级", "甲示例局信息中心")]
    pdf = draw_disclosure(join_units("甲示例局", units), layout, small_print="", narrative=())
    pages = [
        page for page in read_pages(pdf) if "收支总体情况表" in page and "部门（单位）" in page and "财政拨款收支" not in page
    ]
    assert [page.split("部门（单位）：")[1].split("单位：")[0] for page in pages] == [
        "甲示例局",
        "甲示例局本级",
        "甲示例局信息中心",
    ]
