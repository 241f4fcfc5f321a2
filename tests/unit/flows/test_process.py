"""One disclosure from its bytes to rows: it ends loaded, doubtful or refused, and never with an error."""

import hashlib
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from flows.process import read_document
from samples.expected import build_sheets
from samples.library import SampleDisclosure, sample_disclosures
from transforms.scores import is_wrong_sum
from warehouse.metadata.schema import to_arrow_table
from warehouse.records import ProcessedDocument, Sighting

SAMPLE = sample_disclosures()[0]  # the true one: 江汉区大数据中心 2020


@cache
def draw_sample() -> bytes:
    return SAMPLE.draw()


def draw_with_a_wrong_amount(sample: SampleDisclosure, table_type: str) -> bytes:
    """The sample with the first amount above zero of one table read 1 more at its first digit."""
    sheets = []
    for sheet in build_sheets(sample.budget, sample.layout):
        if sheet.table_type == table_type:
            row, column = next(
                (r, c)
                for r, cells in enumerate(sheet.body)
                for c, cell in enumerate(cells)
                if cell is not None and cell.line is not None and cell.line.amount_cny
            )
            cells = list(sheet.body[row])
            cell = cells[column]
            assert cell is not None
            cells[column] = replace(cell, text=f"{int(cell.text[0]) % 9 + 1}{cell.text[1:]}")
            changed = replace(sheet, body=(*sheet.body[:row], tuple(cells), *sheet.body[row + 1 :]))
            sheets.append(changed)
        else:
            sheets.append(sheet)
    return sample.draw(sheets)


def read(folder: Path, content: bytes, **sighting: str) -> ProcessedDocument:
    path = folder / "document.pdf"
    path.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    return read_document(path, Sighting(sha256[:16], sha256, len(content), "local", "document.pdf", **sighting))


def draw_text(*lines: str) -> bytes:
    canvas = Canvas("")
    for number, line in enumerate(lines):
        canvas.drawString(72, 700 - 20 * number, line)
    return canvas.getpdfdata()


@pytest.fixture(scope="module")
def jianghan(tmp_path_factory: pytest.TempPathFactory) -> ProcessedDocument:
    return read(tmp_path_factory.mktemp("jianghan"), draw_sample())


def test_disclosure_of_the_true_budget_is_loaded(jianghan: ProcessedDocument) -> None:
    (disclosure,) = jianghan.rows["core_disclosures"]
    assert jianghan.status == disclosure["status"] == "loaded"
    assert (disclosure["department_name"], disclosure["fiscal_year"], disclosure["phase"]) == ("江汉区大数据中心", 2020, "budget")
    assert disclosure["line_count"] == sum(line["amount_cny"] is not None for line in jianghan.rows["core_budget_lines"])


def test_total_of_the_true_budget(jianghan: ProcessedDocument) -> None:
    totals = {
        line["amount_cny"]
        for line in jianghan.rows["core_budget_lines"]
        if line["table_type"] == "expenditure_summary" and line["row_kind"] == "total" and line["expenditure_kind"] == "total"
    }
    assert totals == {sum(fact.amount for fact in SAMPLE.budget.spending)}


def test_no_identity_of_the_true_budget_fails(jianghan: ProcessedDocument) -> None:
    failed = [check for check in jianghan.rows["core_checks"] if check["outcome"] == "violated"]
    assert all(check["reason"] for check in failed)  # 222 has two names in the document, as it was published
    lines = [line for line in jianghan.rows["core_budget_lines"] if line["amount_cny"]]
    assert all(line["contradicted_by"] == 0 for line in lines)
    assert sum(line["verified_by"] > 0 for line in lines) > 0.8 * len(lines)


def test_rows_are_as_the_metadata_says(jianghan: ProcessedDocument) -> None:
    for name, rows in jianghan.rows.items():
        assert to_arrow_table(name, rows).num_rows == len(rows)


def test_every_line_is_traced_to_a_raw_cell(jianghan: ProcessedDocument) -> None:
    cells = {(cell["table_id"], cell["page"], *cell["bbox"]): cell["text"] for cell in jianghan.rows["raw_cells"]}
    for line in jianghan.rows["core_budget_lines"]:
        text = cells[line["table_id"], line["page"], *line["bbox"]]
        assert "".join(text.split()) == line["amount_reported"]


def test_same_bytes_give_the_same_rows(tmp_path: Path, jianghan: ProcessedDocument) -> None:
    again = read(tmp_path, draw_sample())
    assert again.processing_id != jianghan.processing_id
    for name, rows in jianghan.rows.items():
        without = [{key: value for key, value in row.items() if key != "processing_id"} for row in rows]
        assert without == [{key: value for key, value in row.items() if key != "processing_id"} for row in again.rows[name]]


def test_findings_are_numbered(jianghan: ProcessedDocument) -> None:
    numbers = [finding["finding_number"] for finding in jianghan.rows["core_findings"]]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(
    ("content", "finding"),
    [
        (b"", "empty-file"),
        (b"<html><body>404</body></html>", "not-a-pdf"),
        (draw_text("Minutes of a meeting of 12 March"), "not-a-disclosure"),
    ],
    ids=["empty", "HTML", "another paper"],
)
def test_what_is_no_disclosure_is_refused_and_told(tmp_path: Path, content: bytes, finding: str) -> None:
    document = read(tmp_path, content)
    assert document.status == "refused"
    assert document.rows["core_findings"][0]["finding_kind"] == finding
    assert not document.rows.get("core_budget_lines")
    assert document.rows["core_disclosures"][0]["refusal"] == finding


def test_cut_off_file_is_refused(tmp_path: Path) -> None:
    assert read(tmp_path, draw_sample()[:20_000]).status == "refused"


def test_what_the_portal_says_helps_only_where_the_document_is_silent(tmp_path: Path) -> None:
    document = read(tmp_path, draw_sample(), department_name="别的局", region_code="110000")
    assert document.rows["core_disclosures"][0]["department_name"] == "江汉区大数据中心"


def test_one_wrong_digit_is_doubtful_and_named(tmp_path: Path) -> None:
    document = read(tmp_path, draw_with_a_wrong_amount(SAMPLE, "revenue_summary"))
    assert document.status == "doubtful"
    accused = [finding for finding in document.rows["core_findings"] if finding["check_numbers"]]
    assert {finding["whose"] for finding in accused} <= {"publisher", "undecided"}
    violated = [check["check_number"] for check in document.rows["core_checks"] if is_wrong_sum(check)]
    assert sorted(number for finding in accused for number in finding["check_numbers"]) == violated
