import csv
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from samples.expected import expected_lines
from samples.library import sample_disclosures
from warehouse.codes import load_regions

SAMPLES = sample_disclosures()
GOLD = Path(__file__).parents[4] / "shared" / "gold" / "2020_江汉区大数据中心.csv"


def test_twelve_samples_with_ids_of_their_own():
    assert len({sample.id for sample in SAMPLES}) == len(SAMPLES) == 12


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.id)
def test_the_title_page_names_the_issuer_and_says_that_it_is_a_sample(sample):
    page = pdfium.PdfDocument(sample.draw())[0].get_textpage().get_text_bounded()
    text = "".join(page.split())
    assert sample.department in text
    assert str(sample.year) in text
    assert "示例文件" in text


@pytest.mark.parametrize("sample", SAMPLES[1:], ids=lambda sample: sample.id)
def test_made_departments_are_marked_as_fictitious(sample):
    assert "示例" in sample.department
    assert "虚构" in sample.small_print


def test_regions_are_real():
    assert {sample.region_code for sample in SAMPLES} <= {region.code for region in load_regions()}


def test_layouts_all_differ():
    assert len({sample.layout.model_dump_json() for sample in SAMPLES}) == len(SAMPLES)


def test_jianghan_says_what_the_gold_file_says():
    if not GOLD.exists():
        pytest.skip(f"{GOLD.name} stands beside the project on developers' machines only")
    sample = SAMPLES[0]
    columns = ("table_type", "item_key", "row_kind", "direction", "fund_type", "expenditure_kind", "amount_basis")
    with GOLD.open(encoding="utf-8-sig", newline="") as file:
        gold = Counter(
            (row["code"] or "", Decimal(row["amount_cny"]), *(row[column] or None for column in columns))
            for row in csv.DictReader(file)
        )
    drawn = Counter(
        (line["function_code"] or line["econ_department_code"] or "", line["amount_cny"], *(line[column] for column in columns))
        for line in expected_lines(sample.budget, sample.layout)
        if line["amount_cny"] is not None
    )
    assert drawn == gold
