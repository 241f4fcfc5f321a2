from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from expectation_batches import GOOD, make_finding_row, make_rows, make_tables

from expectations.results import ValidationResult
from expectations.summary import _give_verdict, _name_file, link_documents, link_page, write_summary


@pytest.mark.parametrize(
    ("url", "page", "expected"),
    [
        ("https://portal.example/a.pdf", 3, "https://portal.example/a.pdf#page=3"),
        ("https://portal.example/a.pdf#top", 3, "https://portal.example/a.pdf#page=3"),
        ("https://portal.example/预算.pdf", None, "https://portal.example/%E9%A2%84%E7%AE%97.pdf"),
        ("https://portal.example/%E9%A2%84.pdf", None, "https://portal.example/%E9%A2%84.pdf"),
        ('https://portal.example/"><script>', None, "https://portal.example/%22%3E%3Cscript%3E"),
        ("2020_预算.pdf", 3, None),
        ("javascript:alert(1)", 3, None),
        (None, 3, None),
    ],
)
def test_a_page_is_linked_where_the_document_has_an_address(url: str | None, page: int | None, expected: str | None):
    assert link_page(url, page) == expected


@pytest.mark.parametrize(
    ("status", "verdict"), [("loaded", "clean"), ("doubtful", "doubtful"), ("refused", "refused"), (None, "clean")]
)
def test_a_document_without_failures_keeps_the_doubt_of_its_reading(status: str | None, verdict: str):
    passed = SimpleNamespace(rejected={}, flagged={})
    assert _give_verdict(passed, "0" * 16, status) == verdict


@pytest.mark.parametrize(
    ("address", "is_linked"),
    [
        (f"documents/{GOOD}.pdf", True),
        (f"documents/../{GOOD}.pdf", False),
        ("documents/x.pdf", False),
        (f"elsewhere/{GOOD}.pdf", False),
    ],
)
def test_only_documents_beside_the_report_are_linked_by_a_relative_address(address: str, is_linked: bool):
    assert (link_page(address, 3) is not None) is is_linked


def test_an_archived_pdf_is_linked_by_a_name_that_a_browser_opens(tmp_path: Path):
    file = tmp_path / "archive" / "ab" / "abcd"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"%PDF-1.7")
    docs = tmp_path / "runs" / "1" / "validation"
    address = link_documents({GOOD: file}, docs)[GOOD]
    assert address == f"documents/{GOOD}.pdf"
    assert (docs / address).read_bytes() == b"%PDF-1.7"
    assert not (docs / address).readlink().is_absolute()


def test_a_name_that_is_no_document_id_is_not_made_a_path(tmp_path: Path):
    with pytest.raises(ValueError, match="not a document_id"):
        link_documents({"../../x": tmp_path}, tmp_path / "docs")


def write_page(tmp_path: Path, **changed: Any) -> str:
    finding = make_finding_row(GOOD, message="合计 <b>31.50</b> against 30.50", fitting_value="305000.00", **changed)
    tables = make_tables(make_rows() | {"core_findings": [finding]})
    result = ValidationResult((), (), {}, {}, (), 1, {"rules": 0.0, "great_expectations": 0.0}, tmp_path / "index.html")
    write_summary(result, tables, tmp_path, {GOOD: f"documents/{GOOD}.pdf"})
    return (tmp_path / "index.html").read_text("utf-8")


def test_the_page_says_what_is_wrong_where_whose_and_what_would_fit(tmp_path: Path):
    page = write_page(tmp_path, whose="publisher")
    for words in (f'href="documents/{GOOD}.pdf#page=3"', "publisher 发布者", "305000.00", "合计 &lt;b&gt;31.50", "Score 1.000"):
        assert words in page
    assert "<b>31.50" not in page


def test_the_page_shows_the_grade_of_every_document(tmp_path: Path):
    assert '<span class="grade grade-A">A</span>' in write_page(tmp_path)


@pytest.mark.parametrize(
    ("changed", "is_told"), [({"severity": "info"}, False), ({"finding_kind": "expectation-failed"}, False), ({}, True)]
)
def test_what_is_only_for_the_record_is_not_told(tmp_path: Path, changed: dict[str, str], is_told: bool):
    assert ("31.50" in write_page(tmp_path, **changed)) is is_told


@pytest.mark.parametrize(
    ("url", "name"),
    [("https://portal.example/a/%E9%A2%84.pdf?x=1", "预.pdf"), ("北京/2026.pdf", "2026.pdf"), (None, ""), ("", "")],
)
def test_a_document_without_a_title_goes_by_its_file(url: str | None, name: str):
    assert _name_file(url) == name
