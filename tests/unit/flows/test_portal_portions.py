"""A disclosure far larger than any real one: no page of it is heavy, nothing of it is lost, every link leads to its mark."""

import csv
import dataclasses
import io
import re
from decimal import Decimal

import pytest
from made_release import commit
from made_rows import document_id_of, make_document, make_line, make_table
from made_stated import hold, plan, promise, state
from portal_links import Links

from flows.portal.documents import make_document_pages
from flows.portal.portions import cut_by_weight
from flows.portal.reading import read_disclosures, read_documents
from transforms.portal.addresses import LANGUAGES, address_document, address_page, address_sheet, address_table
from warehouse.issues import make_finding
from warehouse.store import Warehouse

NAME = "甲"
DOCUMENT = document_id_of(NAME)
MOST_BYTES = 270_000
"""Of a page's own: with the style sheet and the script it is below 300 kB, as the browser's tests measure."""
ROWS, COLUMNS, TABLES = 400, 12, 160
LABEL = "一般公共服务支出中的&“其他”<政府办公厅（室）>及相关机构事务"


def make_large_table():
    """Of 4,800 amounts, all of them on two pages of the PDF; one in five cells is blank."""
    for line in range(1, ROWS + 1):
        for column in range(3, 3 + COLUMNS):
            amount = None if (line + column) % 5 == 0 else f"{line * 1000 + column:,}.25"
            place = {"page": 1 if line <= 350 else 2, "contradicted_by": int(line % 9 == 0)}
            yield make_line(NAME, line, amount, column=column, line_label=f"{LABEL}{line}", **place)


def make_large_document():
    lines = [*make_large_table(), *(make_line(NAME, 1, "1.00", ordinal=ordinal, page=3) for ordinal in range(2, TABLES + 1))]
    text = "第七行的金额与上年相比增加的原因没有说明，" * 12
    kinds = [
        make_finding("unreadable-amount", page=1, table_id=f"{DOCUMENT}-01", text=f"{number}{text}") for number in range(700)
    ]
    findings = [{"document_id": DOCUMENT, "finding_number": number, **row} for number, row in enumerate(kinds, start=1)]
    sides = {"left_line_ids": [line["line_id"] for line in lines[:40]], "right_line_ids": [], "table_ids": [f"{DOCUMENT}-01"]}
    amounts = dict.fromkeys(("left_cny", "right_cny", "difference_cny", "envelope_cny"), Decimal(1))
    names = {"check_id": "row_sum", "outcome": "violated", "reason": text}
    checks = [
        {"document_id": DOCUMENT, "check_number": number, "check_subject": f"row {number}", **sides, **amounts, **names}
        for number in range(1, 301)
    ]
    made = make_document(
        NAME, lines=lines, tables=[make_table(NAME, ordinal) for ordinal in range(1, TABLES + 1)], findings=findings
    )
    stated = {
        "core_checks": checks,
        "core_statements": [state(number, evidence=text * 3, page=1) for number in range(1, 601)],
        "core_statement_checks": [
            hold(number, "1", "2", left_statement_numbers=[number, number + 1, number + 2], left_line_ids=sides["left_line_ids"])
            for number in range(1, 201)
        ],
        "core_projects": [plan(number, text * 8) for number in range(1, 201)],
        "core_performance_targets": [promise(number, number % 200 + 1) for number in range(1, 1001)],
    }
    return dataclasses.replace(made, rows={**made.rows, **stated})


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Its pages and files by address."""
    store = Warehouse.open(tmp_path_factory.mktemp("large") / "warehouse")
    commit(store, make_large_document())
    sequence = store.snapshot().sequence
    (rows,) = read_documents(store, sequence, read_disclosures(store, sequence))
    sizes = [{"page": page, "page_width": 595.0, "page_height": 842.0} for page in (1, 2, 3, 7, 8)]
    return make_document_pages(dataclasses.replace(rows, pages=sizes))


def read_numbered(pages, address, language="zh"):
    """The text of a page and of those that go on with it, in order."""
    stem = f"{language}/{address.removesuffix('.html')}"
    numbers = {1: f"{stem}.html"} | {
        int(found[1]): name for name in pages if (found := re.fullmatch(re.escape(stem) + r"-(\d+)\.html", name))
    }
    return [pages[numbers[number]].decode() for number in sorted(numbers)]


def test_no_page_is_heavy(pages):
    heavy = {name: len(page) for name, page in pages.items() if name.endswith(".html") and len(page) > MOST_BYTES}
    assert heavy == {}


def test_every_link_between_its_pages_leads_to_its_anchor(pages):
    links = {name: Links(page.decode()) for name, page in pages.items() if name.endswith(".html")}
    for name, page in links.items():
        folder = name.rpartition("/")[0]
        for address in page.addresses:
            target, _, anchor = address.partition("#")
            if "/" in target or (not target.endswith(".html") and target):
                continue
            found = links[f"{folder}/{target}" if target else name]
            assert not anchor or anchor in found.ids, f"{name} -> {address}"


def test_every_amount_stands_once_in_its_table_and_once_on_its_page(pages):
    table = read_numbered(pages, address_table(f"{DOCUMENT}-01"))
    assert len(table) > 3
    rows = [int(number) for part in table for number in re.findall(r'<tr id="l(\d+)"', part)]
    assert rows == list(range(1, ROWS + 1))
    assert sum(part.count('href="page-') for part in table) >= ROWS * COLUMNS
    marks = [
        mark
        for page in (1, 2)
        for part in read_numbered(pages, address_page(DOCUMENT, page))
        for mark in re.findall(r'<rect id="(m01-[\d-]+)"', part)
    ]
    assert len(marks) == len(set(marks)) == ROWS * COLUMNS


def test_every_finding_failing_sum_and_table_is_in_a_list_of_all(pages):
    for address, what, count in (
        ("findings.html", 'class="kind"', 700),
        ("failing.html", 'class="kind"', 300),
        ("tables.html", 'href="table-', TABLES),
    ):
        parts = read_numbered(pages, address_document(DOCUMENT).replace("index.html", address))
        assert sum(part.count(what) for part in parts) == count
        assert f'href="{address}"' in pages[f"zh/{address_document(DOCUMENT)}"].decode()


def test_the_whole_table_can_be_had_as_one_file(pages):
    for language in LANGUAGES:
        rows = list(csv.reader(io.StringIO(pages[f"{language}/{address_sheet(f'{DOCUMENT}-01')}"].decode("utf-8-sig"))))
        assert len(rows) == ROWS + 1
        assert rows[7][0] == f"{LABEL}7"
        assert rows[1][1:3] == ["10032500.00", ""]


def test_both_languages_have_the_same_pages(pages):
    chinese, english = ({name[3:] for name in pages if name.startswith(language)} for language in LANGUAGES)
    assert chinese == english


@pytest.mark.parametrize(
    ("weights", "portions"),
    [([], []), ([5], [(0, 1)]), ([50], [(0, 1)]), ([6, 4, 1], [(0, 2), (2, 3)]), ([3, 50, 3], [(0, 1), (1, 2), (2, 3)])],
)
def test_rows_are_cut_where_they_would_be_too_many(weights, portions):
    assert [(portion.start, portion.stop) for portion in cut_by_weight(weights, most=10)] == portions
