"""What the text states and the sheets promise, on the portal's pages."""

import dataclasses
import re

import pytest
from made_release import commit
from made_rows import document_id_of, make_document
from made_stated import hold, plan, promise, state

from flows.portal.build import build_portal
from transforms.portal.addresses import address_document, address_page, address_targets, address_text, address_unit
from warehouse.catalogue.publisher import Publisher
from warehouse.store import Warehouse


@pytest.fixture
def read(tmp_path):
    """The pages of a portal of one document, as text by address."""
    store = Warehouse.open(tmp_path / "warehouse")
    made = make_document("甲")
    stated = {
        "core_statements": [
            state(1),
            state(2, "vehicles.total", value="3", unit="vehicles", value_reported="3辆", period="2024-12-31"),
            state(3, "vehicles.total", value="4", unit="vehicles", value_reported="4辆", period="2025-12-31"),
            *(state(number, "share.project", unit="percent", value="5", value_reported="5%") for number in range(4, 151)),
        ],
        "core_statement_checks": [
            hold(1, "120000", "130000.5", left_statement_numbers=[1]),
            hold(2, "1", "-1", unit="direction", check_id="direction_word", left_statement_numbers=[4]),
            hold(3, "2025", "2026", unit="year", check_id="stated_year", left_statement_numbers=[5]),
            hold(4, "5", "5", unit="percent", outcome="exact", left_statement_numbers=[6]),
        ],
        "core_projects": [plan(1, "保障运行"), plan(2, "联系人张三，电话87654321")],
        "core_performance_targets": [*(promise(number) for number in range(1, 301)), promise(301, None)],
    }
    commit(store, dataclasses.replace(made, rows={**made.rows, **stated}))
    root = tmp_path / "portal"
    build_portal(store, tmp_path / "none", root, pictures=None, publisher=Publisher(), tell=print)
    return lambda address, language="en": (root / language / address.partition("#")[0]).read_text("utf-8")


DOCUMENT = document_id_of("甲")


def name_file(address):
    """How the pages of one disclosure lead to each other: they stand in one folder."""
    return address.rpartition("/")[2]


def test_a_contradiction_stands_on_the_disclosure_with_its_sentence_and_its_place(read):
    page = read(address_document(DOCUMENT))
    assert "120,000 ≠ 130,000.5 yuan" in page
    assert "第1句：“三公”经费12万元" in page
    assert f'href="{name_file(address_page(DOCUMENT, 7, "s1"))}"' in page
    assert 'id="s1"' in read(address_page(DOCUMENT, 7))


def test_what_is_no_figure_is_not_shown_as_one(read):
    page = read(address_text(DOCUMENT))
    assert "1 ≠ -1" not in page
    assert "2025 ≠ 2026" in page
    assert "不是数值" in read(address_text(DOCUMENT), "zh")


def test_every_statement_stands_once_with_what_came_of_it(read):
    pages = [read(address_text(DOCUMENT, number)) for number in (1, 2)]
    assert [int(number) for page in pages for number in re.findall(r'<tr id="s(\d+)"', page)] == list(range(1, 151))
    rows = dict(re.findall(r'<tr id="s(\d+)">(.*?)</tr>', "".join(pages), re.DOTALL))
    assert "contradicted" in rows["1"]
    assert "agrees" in rows["6"]
    assert "nothing to hold it against" in rows["7"]


def test_every_target_stands_once_below_its_project(read):
    pages = [read(address_targets(DOCUMENT, number)) for number in (1, 2, 3)]
    assert [int(number) for page in pages for number in re.findall(r'<tr id="t(\d+)"', page)] == list(range(1, 302))
    assert "工程1" in pages[1] and "(continued)" in pages[1]
    assert "Targets of no single project" in pages[2]
    assert f'href="{name_file(address_page(DOCUMENT, 8, "t300"))}"' in "".join(pages)


def test_a_purpose_with_a_person_is_not_shown(read):
    text = "".join(read(address_targets(DOCUMENT, number), "zh") for number in (1, 2, 3))
    assert "保障运行" in text
    assert "张三" not in text and "87654321" not in text


def test_a_department_shows_what_one_number_is_and_where_there_are_several(read):
    page = read(f"{address_unit('departments', make_document('甲').rows['core_disclosures'][0]['department_id'])}/index.html")
    assert "three public expenses" in page and "12万元" in page and "≠" in page
    assert "several values" in page and "3辆" not in page
    assert "3 contradictions" in page


def test_no_page_of_what_is_stated_is_heavy(read):
    for address in (address_text(DOCUMENT), address_targets(DOCUMENT), address_page(DOCUMENT, 8)):
        assert len(read(address).encode()) < 250_000
