"""The files that portals really sent: each ends in the finding that says what it is, or opens with all its pages."""

import csv
from pathlib import Path

import pytest

from extractors.pdf.opening import OpenedPdf, check_file, open_pdf
from transforms.document_facts import Verdict, is_disclosure
from warehouse.records import TextLine

ODD = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "odd"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not ODD.is_dir(), reason=f"the collection of odd files is not here: {ODD.name} beside the project"),
]

REFUSED = {
    "antibot_called.pdf": ("not-a-pdf", "challenge page"),
    "budget.xls": ("not-a-pdf", "a workbook"),
    "department_budget.xlsx": ("not-a-pdf", "a workbook"),
    "disclosure_gbk_names.zip": ("not-a-pdf", "an archive"),
    "empty.pdf": ("empty-file", "0 bytes"),
    "encrypted_user_password.pdf": ("encrypted-pdf", "password"),
    "full_budget_as_html_烟台.html": ("not-a-pdf", "烟台市退役军人事务局"),
    "html_article_called.pdf": ("not-a-pdf", "重庆市生态环境科学研究院"),
    "html_listing_called.pdf": ("not-a-pdf", "2026市级部门财政预算专题"),
    "html_table_called.xls": ("not-a-pdf", "an HTML page"),
    "meta_refresh_called.pdf": ("not-a-pdf", "sends the visitor on"),
    "scan_budget_北京.pdf": ("scanned", "8 of 8 pages"),
    "scan_notice_长沙.pdf": ("scanned", "4 of 4 pages"),
    "scan_performance_长沙.pdf": ("scanned", "6 of 6 pages"),
    "state_council_guide.docx": ("not-a-pdf", "a Word document"),
    "truncated.zip": ("not-a-pdf", "an archive"),
    "truncated_budget.pdf": ("damaged-pdf", "cut off"),
    "truncated_real.pdf": ("damaged-pdf", "cut off"),
    "zip_called.rar": ("not-a-pdf", "an archive"),
}
READ = {
    "encrypted_owner_only.pdf": ("上海市退役军人服务中心", []),
    "junk_before_header.pdf": ("上海市审计局", []),
    "no_xref.pdf": ("上海市退役军人服务中心", ["repaired-pdf"]),
}
OTHER_PAPERS = ("flowchart_not_budget.pdf", "form_not_budget.pdf", "statistics_not_budget.pdf", "website_report_not_budget.pdf")


def read_lines(path: Path) -> list[TextLine]:
    opened = open_pdf(path)
    assert isinstance(opened, OpenedPdf)
    with opened:
        texts = [opened.document[index].get_textpage().get_text_range() for index in range(opened.page_count)]
    return [TextLine(number, line, (0, 0, 0, 0)) for number, text in enumerate(texts, start=1) for line in text.splitlines()]


def test_every_file_of_the_manifest_is_expected_here() -> None:
    with (ODD / "manifest.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["file"] for row in csv.DictReader(file)} == {*REFUSED, *READ, *OTHER_PAPERS}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_one_finding_that_says_what_was_seen(name: str) -> None:
    kind, seen = REFUSED[name]
    (finding,) = check_file(ODD / name)
    assert (finding["finding_kind"], finding["severity"]) == (kind, "critical")
    assert seen in finding["message"]


@pytest.mark.parametrize("name", READ)
def test_opens_with_all_its_pages(name: str) -> None:
    issuer, findings = READ[name]
    lines = read_lines(ODD / name)
    assert [finding["finding_kind"] for finding in check_file(ODD / name)] == findings
    assert {line.page for line in lines} == set(range(1, 21))
    assert any(issuer in line.text for line in lines if line.page == 1)
    assert is_disclosure(lines).is_disclosure is True


@pytest.mark.parametrize("name", OTHER_PAPERS)
def test_other_papers_open_and_are_no_disclosures(name: str) -> None:
    assert check_file(ODD / name) == ()
    verdict = is_disclosure(read_lines(ODD / name))
    assert verdict == Verdict(False, verdict.seen, 1)
    assert verdict.seen
