"""What counts as right, and what the corpus run fails on."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from benchmarks.proof import VERDICTS, compare_verdicts, is_unsettled, judge, load_verdicts
from samples.errors import Harm
from warehouse.issues import make_finding
from warehouse.records import ProcessedDocument, RawDocument, Row

BOX, ELSEWHERE = (1.0, 2.0, 3.0, 4.0), (1.0, 8.0, 3.0, 9.0)
HARM = Harm(
    kind="cell-digit",
    whose="publisher",
    document=RawDocument("d", (), (), ()),
    table_id="d-1",
    boxes=frozenset({(1, BOX)}),
    true_yuan=Decimal("70000.00"),
    provable=True,
    told="",
)
CHECK = {"document_id": "d", "check_id": "row_sum", "check_subject": "s", "verdict": "publisher", "page": "1", "reason": "r"}


def make_document(*findings: Row) -> ProcessedDocument:
    return ProcessedDocument("d", "p", "loaded", {"core_findings": findings, "core_budget_lines": (), "core_checks": ()})


def diagnose(kind: str = "cell-digit", **changes: object) -> Row:
    finding = {
        **make_finding("no-pages", page=1, bbox=BOX, table_id="d-1", whose="publisher", fitting_value="70000"),
        "finding_kind": kind,
    }
    return {**finding, **changes}


SOUND = make_document()


def test_all_of_it_right_is_right() -> None:
    judgement = judge("e", HARM, SOUND, make_document(diagnose()))
    assert judgement.right
    assert judgement.alarms == 0


@pytest.mark.parametrize(
    ("changes", "lost"),
    [({"fitting_value": "70001"}, "value"), ({"fitting_value": None}, "value"), ({"whose": "undecided"}, "whose")],
)
def test_a_wrong_value_or_blame_is_not_right(changes: dict[str, object], lost: str) -> None:
    judgement = judge("e", HARM, SOUND, make_document(diagnose(**changes)))
    assert judgement.placed
    assert not getattr(judgement, lost)
    assert not judgement.right


def test_the_wrong_kind_is_not_right() -> None:
    judgement = judge("e", HARM, SOUND, make_document(diagnose("cell-sign")))
    assert judgement.placed
    assert not judgement.right


def test_another_place_is_a_false_alarm() -> None:
    judgement = judge("e", HARM, SOUND, make_document(diagnose(bbox=list(ELSEWHERE))))
    assert judgement.found
    assert not judgement.placed
    assert judgement.alarms == 1


def test_kind_and_blame_from_two_findings_make_no_right_one() -> None:
    said = make_document(diagnose(whose="undecided"), diagnose("cell-sign"))
    assert not judge("e", HARM, SOUND, said).right


def test_what_the_sound_document_reports_as_well_does_not_count() -> None:
    said = make_document(diagnose())
    assert not judge("e", HARM, said, said).found


def test_a_number_wrong_altogether_may_differ_in_one_digit() -> None:
    harm = replace(HARM, kind="cell-value")
    assert judge("e", harm, SOUND, make_document(diagnose())).right


def test_a_failing_identity_that_nobody_looked_at_fails_the_run() -> None:
    assert is_unsettled([CHECK], [])
    assert not is_unsettled([CHECK], [CHECK])


def test_the_same_subject_twice_needs_two_verdicts() -> None:
    unlisted, _ = compare_verdicts([CHECK, CHECK], [CHECK])
    assert sum(unlisted.values()) == 1


def test_a_verdict_on_what_no_longer_fails_is_named_and_fails_nothing() -> None:
    _, vanished = compare_verdicts([], [CHECK])
    assert sum(vanished.values()) == 1
    assert not is_unsettled([], [CHECK])


def test_too_many_false_alarms_fail_the_run() -> None:
    assert is_unsettled([CHECK], [{**CHECK, "verdict": "false-alarm"}])


def test_every_verdict_has_a_page_and_a_reason() -> None:
    verdicts = load_verdicts(VERDICTS)
    assert verdicts
    assert all(row["page"].isdigit() and row["reason"] for row in verdicts)


def test_a_verdict_that_is_none_does_not_load(tmp_path: Path) -> None:
    path = tmp_path / "violations.csv"
    path.write_text("document_id,check_id,check_subject,verdict,page,reason\nd,c,s,perhaps,1,r\n", encoding="utf-8")
    with pytest.raises(ValueError, match="perhaps"):
        load_verdicts(path)
