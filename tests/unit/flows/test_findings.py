"""Findings as a person reads them: which are chosen, in which order, with what beside them."""

import io

import pytest
from rich.console import Console

from flows.findings import FindingChoice, UnknownKindError, check_kind, describe_findings, filter_findings, render_findings

DOCUMENTS = [
    {"document_id": "a" * 16, "title": "某局2026年部门预算", "url": "a.pdf", "status": "loaded"},
    {"document_id": "b" * 16, "title": None, "url": "b.pdf", "status": "refused"},
]


def make_finding_row(severity, number, kind="unknown-unit", document_id="a" * 16, whose="publisher", fitting_value=None):
    return {
        "document_id": document_id,
        "finding_number": number,
        "severity": severity,
        "finding_kind": kind,
        "page": number,
        "message": f"message {number}",
        "whose": whose,
        "hint": f"hint of {kind}",
        "fitting_value": fitting_value,
    }


FINDINGS = [
    make_finding_row("info", 1),
    make_finding_row("critical", 2, kind="scanned", document_id="b" * 16, whose="source"),
    make_finding_row("warning", 3, kind="cell-digit", fitting_value="82529.88"),
    make_finding_row("critical", 4, kind="scanned"),
]


def choose(**values):
    return [row["finding_number"] for row in filter_findings(FINDINGS, FindingChoice(**values))]


@pytest.mark.parametrize(
    ("choice", "numbers"),
    [
        ({}, [4, 3, 1, 2]),
        ({"severity": "warning"}, [4, 3, 2]),
        ({"severity": "critical"}, [4, 2]),
        ({"kind": "scanned"}, [4, 2]),
        ({"whose": "source"}, [2]),
        ({"document_id": "a" * 16}, [4, 3, 1]),
    ],
)
def test_findings_chosen_by(choice, numbers):
    assert choose(**choice) == numbers


def print_findings(rows, disclosures=(), width=120):
    output = io.StringIO()
    Console(file=output, width=width).print(render_findings(rows, disclosures))
    return output.getvalue()


def test_gravest_findings_come_first_in_their_document():
    text = print_findings(FINDINGS)
    assert text.index("message 4") < text.index("message 3") < text.index("message 1") < text.index("message 2")


def test_documents_are_named_by_title_or_address():
    text = print_findings(FINDINGS, DOCUMENTS)
    assert "某局2026年部门预算  aaaaaaaaaaaaaaaa · loaded · to look at: 3" in text
    assert "b.pdf  bbbbbbbbbbbbbbbb · refused · to look at: 1" in text


def test_a_finding_says_its_page_whose_it_is_and_what_would_fit():
    text = print_findings(FINDINGS)
    assert "p. 3  message 3  [the publisher's]  would fit: 82529.88" in text
    assert "hint of cell-digit" in text


@pytest.mark.parametrize("width", [60, 80, 200])
def test_nothing_is_cut_on_a_terminal_of(width):
    row = make_finding_row("warning", 1) | {"message": "字" * 150}
    assert print_findings([row], width=width).count("字") == 150


def test_nothing_in_doubt():
    assert print_findings([]).strip() == "Nothing in doubt."


def test_json_has_the_title_of_the_document():
    described = describe_findings(FINDINGS, DOCUMENTS)
    assert [row["document_title"] for row in described] == [
        "某局2026年部门预算",
        "b.pdf",
        "某局2026年部门预算",
        "某局2026年部门预算",
    ]


def test_a_kind_that_does_not_exist_is_told_with_the_nearest():
    with pytest.raises(UnknownKindError, match=r"no kind of finding is called 'unknown-headr'; nearest: unknown-header"):
        check_kind("unknown-headr")


def test_a_kind_that_exists_is_taken():
    check_kind("unknown-header")
    check_kind(None)
