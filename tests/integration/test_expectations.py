"""Great Expectations itself, on small batches: what it judges, and the pages that it leaves."""

import json
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "expectations"))

from expectation_batches import (
    GOOD,
    OTHER,
    change_line,
    make_disclosure,
    make_loose_tables,
    make_rows,
    make_tables,
)

from expectations.data_docs import find_foreign_references
from expectations.results import ValidationResult
from expectations.rules import NAMED_ROWS
from expectations.run import validate, validate_batches

pytestmark = pytest.mark.integration

HOSTILE = "<script>document.title='owned'</script>"
BROKEN, DOUBTFUL = "c" * 16, "d" * 16


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> ValidationResult:
    """A good document, one with a slip of unit, one that breaks the metadata, one whose total does not add up."""
    slipped = change_line(make_rows(OTHER), 2, 1, amount_cny=Decimal("20.25"), line_label=HOSTILE)
    broken = change_line(make_rows(BROKEN), 3, 2, phase=HOSTILE, amount_cny=None, region_code="420103\n")
    broken["core_disclosures"] = [make_disclosure(BROKEN, title=HOSTILE, url='https://portal.example/"onload="x.pdf')]
    doubtful = change_line(make_rows(DOUBTFUL), 1, 1, amount_reported="31.50", amount_cny=Decimal(315000))
    documents = (make_rows(), slipped, broken, doubtful)
    tables = make_loose_tables({name: [row for rows in documents for row in rows[name]] for name in documents[0]})
    return validate(tables, tmp_path_factory.mktemp("docs"))


def test_critical_failures_reject_their_documents_and_no_others(result: ValidationResult):
    assert set(result.rejected) == {OTHER, BROKEN}
    assert set(result.flagged) == {DOUBTFUL}


def test_the_reason_names_page_line_and_both_values(result: ValidationResult):
    assert any(
        "amount_recomputed: 1 row; page 3, line 2, column 1" in reason
        and reason.endswith("expected 202500.00 yuan (20.25 万元), saw 20.25 yuan")
        for reason in result.rejected[OTHER]
    )


def test_great_expectations_names_the_rows_that_break_the_metadata(result: ValidationResult):
    broken = {violation.expectation: violation for violation in result.violations if violation.document_id == BROKEN}
    enum = broken["core_budget_lines.phase.enum"]
    assert (enum.page, enum.line_number, enum.column_number, enum.seen) == (3, 3, 2, HOSTILE)
    assert broken["core_budget_lines.region_code.pattern"].seen == "420103\n"
    assert broken["core_budget_lines.amount_cny.null_explained"].seen == "nothing"


def test_findings_are_rows_of_the_catalogue_with_their_document(result: ValidationResult):
    findings = [finding for finding in result.findings if finding["document_id"] == DOUBTFUL]
    assert {finding["finding_kind"] for finding in findings} == {"expectation-failed"}
    assert all(finding["page"] == 3 and finding["bbox"] and finding["table_id"] == f"{DOUBTFUL}-1" for finding in findings)
    numbered = [dict(f, finding_number=n, processing_id="p") for n, f in enumerate(result.findings, 1)]
    assert make_tables({"core_findings": numbered})["core_findings"].num_rows == len(numbered)


def test_passed_failed_and_not_examined_are_told_apart(result: ValidationResult):
    verdicts = {outcome.name: outcome.verdict for outcome in result.expectations}
    assert verdicts["direction_agrees_with_table"] == "passed"
    assert verdicts["amount_recomputed"] == "failed"
    assert verdicts["bbox_in_page"] == "not_examined"
    assert result.passed + result.failed + result.not_examined == len(result.expectations)


def test_the_batch_is_accepted_by_the_strict_schema_before_it_is_broken():
    assert make_tables(make_rows())["core_budget_lines"].num_rows == 12


def test_every_suite_has_a_page_and_the_first_page_leads_there(result: ValidationResult):
    docs = result.docs_index.parent
    links = set(re.findall(r'href="(gx/[^"]+)"', result.docs_index.read_text("utf-8")))
    assert {outcome.suite for outcome in result.expectations} == {link.split("/")[2] for link in links if "validations" in link}
    assert all((docs / link).is_file() for link in links)


def test_no_page_loads_anything_from_elsewhere(result: ValidationResult):
    pages = list(result.docs_index.parent.rglob("*.html"))
    assert len(pages) >= 15
    assert {page.name: find_foreign_references(page.read_text("utf-8")) for page in pages} == {page.name: () for page in pages}


def test_no_foreign_address_stands_in_any_page_but_the_documents_own(result: ValidationResult):
    addresses = {
        address
        for page in result.docs_index.parent.rglob("*.html")
        for address in re.findall(r"https?://[^\s\"'<>)]+", page.read_text("utf-8"))
    }
    assert {address.split("/")[2] for address in addresses} == {"portal.example"}


def test_everything_that_a_page_loads_lies_beside_it(result: ValidationResult):
    for page in result.docs_index.parent.rglob("*.html"):
        for address in re.findall(r"<(?:script|link|img)\b[^>]*\b(?:src|href)=\"([^\"]+)\"", page.read_text("utf-8")):
            assert (page.parent / address).resolve().is_file(), (page, address)


def test_text_from_a_document_is_never_markup(result: ValidationResult):
    for page in result.docs_index.parent.rglob("*.html"):
        assert HOSTILE not in page.read_text("utf-8"), page


def test_the_first_page_says_which_document_what_and_where(result: ValidationResult):
    page = result.docs_index.read_text("utf-8")
    article = page[page.index(f'id="{OTHER}"') : page.index("</article>", page.index(f'id="{OTHER}"'))]
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", article))
    for words in ("某局2024年部门预算", "rejected", "page 3, line 2, column 1", "202500.00 yuan (20.25 万元)", "20.25 yuan"):
        assert words in text
    assert f'href="http://portal.example/{OTHER}.pdf#page=3"' in article


def test_a_browser_asks_no_host_for_anything(result: ValidationResult, tmp_path: Path):
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on this machine: the pages were read, not opened")
    pages = [result.docs_index, *sorted(result.docs_index.parent.rglob("gx/**/batch-budget_lines.html"))]
    for number, page in enumerate(pages):
        log = tmp_path / f"net{number}.json"
        flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --dump-dom"
        quiet = "--disable-component-update --disable-sync --virtual-time-budget=3000"
        command = [chromium, *flags.split(), *quiet.split(), f"--user-data-dir={tmp_path / f'p{number}'}", f"--log-net-log={log}"]
        dom = subprocess.run([*command, page.as_uri()], capture_output=True, check=True, timeout=120).stdout.decode("utf-8")
        assert "owned" not in re.findall(r"<title>(.*?)</title>", dom)
        events = json.loads(log.read_text("utf-8"))["events"]
        asked = [event["params"]["url"] for event in events if "url" in event.get("params", {})]
        assert [url for url in asked if url.startswith("http") and "portal.example" in url] == []
        assert [url for url in asked if any(host in url for host in ("cdn", "unpkg", "jquery", "greatexpectations"))] == []


def test_several_batches_are_judged_as_one(tmp_path: Path):
    slipped = change_line(make_rows(OTHER), 2, 1, amount_cny=Decimal("20.25"))
    both = {name: [*make_rows()[name], *slipped[name]] for name in slipped}
    whole = validate(make_loose_tables(both), tmp_path / "one")
    parts = validate_batches([make_loose_tables(make_rows()), make_loose_tables(slipped)], tmp_path / "two")
    assert [(each.name, each.examined, each.by_document) for each in parts.expectations] == [
        (each.name, each.examined, each.by_document) for each in whole.expectations
    ]
    assert parts.rejected == whole.rejected
    assert set(parts.rejected) == {OTHER}
    assert (parts.findings, parts.documents) == (whole.findings, 2)
    page = parts.docs_index.read_text("utf-8")
    shown = {suite: sorted((tmp_path / "two" / "gx" / "validations" / suite).rglob("*.html")) for suite in ("core_budget_lines",)}
    assert len(shown["core_budget_lines"]) == 2
    assert all(path.relative_to(tmp_path / "two").as_posix() in page for path in shown["core_budget_lines"])


def test_no_batch_is_no_judgement(tmp_path: Path):
    with pytest.raises(ValueError, match="no batch"):
        validate_batches([], tmp_path)


def test_an_empty_batch_is_valid(tmp_path: Path):
    result = validate({}, tmp_path)
    assert (result.passed, result.failed, result.rejected, result.findings) == (0, 0, {}, ())
    assert result.not_examined == len(result.expectations)
    assert "no document" in result.docs_index.read_text("utf-8")


def test_rows_beyond_the_named_ones_are_counted_in_one_finding(tmp_path: Path):
    rows = make_rows()
    first = rows["core_budget_lines"][0]
    rows["core_budget_lines"] = [
        first | {"line_number": number, "line_id": f"{GOOD}-1-{number}-1", "amount_cny": Decimal(1)} for number in range(1, 31)
    ]
    result = validate(make_loose_tables(rows), tmp_path)
    named = [f for f in result.findings if "amount_recomputed" in f["message"]]
    assert [f["finding_kind"] for f in named].count("expectation-failed-critical") == NAMED_ROWS
    assert f"{30 - NAMED_ROWS} more rows" in named[-1]["message"]
    assert any(reason.startswith("amount_recomputed: 30 rows") for reason in result.rejected[GOOD])


def test_pages_of_an_earlier_batch_are_replaced(tmp_path: Path):
    validate(make_loose_tables(make_rows()), tmp_path)
    before = {path.relative_to(tmp_path) for path in (tmp_path / "gx" / "validations").rglob("*.html")}
    validate(make_loose_tables(make_rows()), tmp_path)
    after = {path.relative_to(tmp_path) for path in (tmp_path / "gx" / "validations").rglob("*.html")}
    assert len(after) == len(before)
    assert before != after


def test_nothing_is_sent_while_a_batch_is_judged(tmp_path: Path):
    """In a process of its own that may not open a connection, from the import of Great Expectations on."""
    code = """
import socket, sys
from pathlib import Path
def refuse(self, address, *rest):
    if self.family != socket.AF_UNIX:
        print("connection to", address); sys.stdout.flush(); import os; os._exit(9)
socket.socket.connect = socket.socket.connect_ex = refuse
socket.getaddrinfo = lambda host, *rest, **more: refuse(socket.socket(), host)
from expectations.run import validate, validate_batches
print(validate({}, Path(sys.argv[1])).failed)
"""
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout.strip()) == (0, "0"), run.stderr[-2000:]
