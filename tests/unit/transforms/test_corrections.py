"""A declared correction changes one line, or says why not."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from inline_lines import make_frame, make_line
from pydantic import ValidationError

from transforms.corrections import (
    Correction,
    apply_corrections,
    digest_corrections,
    load_corrections,
    read_corrections,
    report_worsening,
    select_corrections,
    write_as_printed,
)
from transforms.reconcile import evaluate_identities

DOCUMENT = "0123456789abcdef"
NO_TABLES = pd.DataFrame()
KINDS = ("total", "basic", "project")


def declare(**changes: Any) -> dict[str, Any]:
    """The correction of 教育支出's total, misread 13.00, to 12.00 万元; `changes` replace its entries."""
    return {
        "id": "education-total",
        "document_id": DOCUMENT,
        "line": {"table_type": "expenditure_summary", "page": 7, "column": 2, "label": "教育支出"},
        "expect": {"amount_reported": "13.00", "amount_cny": "130000.00"},
        "amount": {"value": "12.00", "unit": "万元"},
        "evidence": {"page": 7, "shows": "the page shows 12.00", "mends": ["row_sum"]},
        "author": "a test",
        "date": "2026-11-25",
        "reason": "the 2 is printed over a rule",
    } | changes


def correct(**changes: Any) -> Correction:
    return Correction.model_validate(declare(**changes))


def make_lines(*amounts: str, label: str = "教育支出") -> list[dict[str, Any]]:
    """One row: total, basic, project."""
    return [
        make_line("T3", 1, column, amount, expenditure_kind=kind, function_code="205", code_source="printed", line_label=label)
        | {"page": 7, "bbox": [1.0, 2.0, 3.0, 4.0]}
        for column, (kind, amount) in enumerate(zip(KINDS, amounts, strict=True), start=2)
    ]


def tell_violated(lines: list[dict[str, Any]]) -> list[str]:
    checks = evaluate_identities(make_frame(*lines), NO_TABLES).to_rows()
    return [check["check_id"] for check in checks if check["outcome"] == "violated"]


def test_a_correction_changes_its_line_and_keeps_what_was_read() -> None:
    applied = apply_corrections(make_lines("13.00", "10.00", "2.00"), [correct()])
    total, basic, _ = applied.lines
    assert (total["amount_cny"], total["amount_as_read_cny"]) == (Decimal("120000.00"), Decimal("130000.00"))
    assert (total["amount_reported"], total["correction_id"]) == ("13.00", "education-total")
    assert (basic["amount_cny"], basic["correction_id"], basic["amount_as_read_cny"]) == (Decimal("100000.00"), None, None)
    (finding,) = applied.findings
    assert (finding["finding_kind"], finding["severity"], finding["page"]) == ("corrected", "info", 7)
    assert finding["line_ids"] == [total["line_id"]]


def test_the_identities_judge_the_corrected_amount() -> None:
    lines = make_lines("13.00", "10.00", "2.00")
    applied = apply_corrections(lines, [correct()])
    assert tell_violated(lines) == ["row_sum"]
    assert tell_violated(write_as_printed(applied.lines, applied.corrections)) == []


def test_a_blank_can_be_corrected() -> None:
    blank = correct(expect={"amount_reported": "", "amount_cny": None})
    (total, *_) = apply_corrections(make_lines("", "10.00", "2.00"), [blank]).lines
    assert (total["amount_cny"], total["amount_state"], total["amount_as_read_cny"]) == (Decimal("120000.00"), "number", None)


def test_an_amount_in_another_unit_is_written_in_the_tables() -> None:
    applied = apply_corrections(make_lines("13.00", "10.00", "2.00"), [correct(amount={"value": "120000", "unit": "元"})])
    assert Decimal(write_as_printed(applied.lines, applied.corrections)[0]["amount_reported"]) == 12


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"expect": {"amount_reported": "14.00", "amount_cny": "130000.00"}}, "the cell reads '13.00', expected '14.00'"),
        ({"expect": {"amount_reported": "13.00", "amount_cny": "13.00"}}, "the value read is 130000.00 yuan, expected 13.00"),
        ({"line": {"table_type": "expenditure_summary", "page": 8, "column": 2, "label": "教育支出"}}, "no lines fit it"),
        ({"line": {"table_type": "expenditure_summary", "page": 7, "column": 2, "label": "科学技术支出"}}, "no lines fit it"),
        ({"line": {"table_type": "expenditure_summary", "page": 7, "column": 2, "code": "206"}}, "no lines fit it"),
    ],
)
def test_a_correction_that_does_not_fit_is_told_and_changes_nothing(changes: dict[str, Any], reason: str) -> None:
    lines = make_lines("13.00", "10.00", "2.00")
    applied = apply_corrections(lines, [correct(**changes)])
    assert [line["amount_cny"] for line in applied.lines] == [line["amount_cny"] for line in lines]
    assert not applied.corrections
    (finding,) = applied.findings
    assert (finding["finding_kind"], finding["severity"]) == ("correction-stale", "warning")
    assert reason in finding["message"]


def test_a_correction_that_fits_several_lines_changes_none() -> None:
    twice = [*make_lines("13.00", "10.00", "2.00"), *make_lines("13.00", "10.00", "2.00")]
    applied = apply_corrections([line | {"line_id": str(number)} for number, line in enumerate(twice)], [correct()])
    assert "2 lines fit it" in applied.findings[0]["message"]
    assert not applied.corrections


def test_two_corrections_of_one_line_change_nothing() -> None:
    applied = apply_corrections(make_lines("13.00", "10.00", "2.00"), [correct(), correct(id="again")])
    assert [finding["finding_kind"] for finding in applied.findings] == ["correction-stale"] * 2
    assert not applied.corrections


def test_a_correction_that_breaks_a_sum_is_told() -> None:
    lines = make_lines("12.00", "10.00", "2.00")
    wrong = correct(expect={"amount_reported": "12.00", "amount_cny": "120000.00"}, amount={"value": "99.00", "unit": "万元"})
    applied = apply_corrections(lines, [wrong])
    before = evaluate_identities(make_frame(*lines), NO_TABLES).to_rows()
    after = evaluate_identities(make_frame(*write_as_printed(applied.lines, applied.corrections)), NO_TABLES).to_rows()
    (finding,) = report_worsening(before, after, applied.corrections.values())
    assert finding["finding_kind"] == "correction-worsens"
    assert "row_sum 1 instead of 0" in finding["message"]
    assert report_worsening(after, before, applied.corrections.values()) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"surprise": 1},
        {"document_id": "0123"},
        {"amount": {"value": 12.5, "unit": "万元"}},
        {"amount": {"value": "0.0000001", "unit": "万元"}},
        {"amount": {"value": "13.00", "unit": "万元"}},
        {"evidence": {"page": 7, "shows": "12.00", "mends": ["no_such_identity"]}},
        {"line": {"table_type": "expenditure_summary", "page": 7, "column": 2}},
    ],
)
def test_a_wrong_declaration_does_not_load(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        correct(**changes)


def test_files_are_read_in_order_and_ids_are_unique(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text(yaml.safe_dump({"corrections": [declare(id="b")]}), encoding="utf-8")
    (tmp_path / "a.yml").write_text(yaml.safe_dump({"corrections": [declare(id="a")]}), encoding="utf-8")
    assert [one.id for one in read_corrections(tmp_path)] == ["a", "b"]
    (tmp_path / "c.yml").write_text(yaml.safe_dump({"corrections": [declare(id="a")]}), encoding="utf-8")
    with pytest.raises(ValueError, match="same id: a"):
        read_corrections(tmp_path)


def test_only_the_documents_own_corrections_are_selected_and_digested() -> None:
    other = correct(id="other", document_id="f" * 16)
    assert select_corrections(DOCUMENT, [correct(), other]) == (correct(),)
    assert digest_corrections([]) == ""
    assert digest_corrections([correct()]) != digest_corrections([correct(reason="another reason")])


def test_the_projects_own_corrections_load() -> None:
    assert all(isinstance(one, Correction) for one in load_corrections())
