"""Loading against a real warehouse and archive, with documents that need no reading."""

import pytest

from flows.attempts import load_attempts
from flows.loading import (
    REJECTED,
    WORSE_READING,
    Judgement,
    Load,
    amend_document,
    apply_verdict,
    explain_worsening,
    load_staged,
    select_rows,
    split,
)
from flows.reading import find_finished, find_staged
from flows.refusals import refuse_document
from flows.runs import DocumentOutcome, Expectations
from warehouse.archive import Archive, ResponseRecord
from warehouse.issues import make_finding
from warehouse.records import ProcessedDocument, Sighting
from warehouse.store import Warehouse

SCANNED = make_finding("scanned", pages=1, total=1)
FAILED = make_finding("empty-file")


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse.open(tmp_path / "warehouse")


@pytest.fixture
def archive(tmp_path):
    return Archive(tmp_path / "archive")


def put(archive, content, url="http://x/a.pdf", at="2026-01-01T00:00:00+00:00"):
    file = archive.put(content, ResponseRecord(url=url, seen_at=at, source_id="demo"))
    return archive.sighting_of(file.sha256)


def make_refused(sighting, engine="1"):
    return refuse_document(sighting, SCANNED, engine_version=engine)


def make_loaded(sighting, engine="1"):
    refused = make_refused(sighting, engine)
    disclosure = refused.rows["core_disclosures"][0] | {"status": "loaded", "refusal": None, "line_count": 5, "table_count": 1}
    return ProcessedDocument(sighting.document_id, refused.processing_id, "loaded", {"core_disclosures": [disclosure]})


def load(warehouse, archive):
    return load_staged(warehouse, archive, "run", 100)


def read_disclosures(warehouse):
    return {row["document_id"]: row for row in warehouse.read("core_disclosures").to_pylist()}


def test_first_loading_is_new(warehouse, archive):
    sighting = put(archive, b"1")
    warehouse.stage(make_loaded(sighting))
    assert len(load(warehouse, archive).committed) == 1
    assert warehouse.committed()[sighting.document_id].commit_reason == "new"


def test_newer_engine_replaces_the_rows(warehouse, archive):
    sighting = put(archive, b"1")
    for engine in ("1", "2"):
        warehouse.stage(make_loaded(sighting, engine))
        load(warehouse, archive)
    assert read_disclosures(warehouse)[sighting.document_id]["engine_version"] == "2"
    assert warehouse.committed()[sighting.document_id].commit_reason == "engine"


def test_refusal_does_not_replace_good_rows_and_is_not_repeated(warehouse, archive):
    sighting = put(archive, b"1")
    warehouse.stage(make_loaded(sighting, "1"))
    load(warehouse, archive)
    warehouse.stage(make_refused(sighting, "2"))
    result = load(warehouse, archive)
    assert result == Load((), {sighting.document_id: "scanned"})
    assert read_disclosures(warehouse)[sighting.document_id]["status"] == "loaded"
    assert load_attempts(warehouse.root)[sighting.document_id].reason == "scanned"
    assert find_finished(warehouse, "2") == {sighting.document_id}
    assert warehouse.staged() == ()


def test_refusal_of_a_document_without_rows_is_committed(warehouse, archive):
    sighting = put(archive, b"1")
    warehouse.stage(make_refused(sighting))
    load(warehouse, archive)
    assert read_disclosures(warehouse)[sighting.document_id]["refusal"] == "scanned"


def test_replaced_file_marks_the_older_document(warehouse, archive):
    old = put(archive, b"1")
    warehouse.stage(make_loaded(old))
    load(warehouse, archive)
    new = put(archive, b"2", at="2026-02-01T00:00:00+00:00")
    warehouse.stage(make_loaded(new))
    load(warehouse, archive)
    rows = read_disclosures(warehouse)
    assert rows[old.document_id]["superseded_by"] == new.document_id
    assert rows[new.document_id]["superseded_by"] is None
    assert warehouse.committed()[new.document_id].commit_reason == "superseded"


def test_document_that_is_still_at_another_address_is_not_superseded(warehouse, archive):
    old = put(archive, b"1")
    put(archive, b"1", url="http://x/copy.pdf")
    warehouse.stage(make_loaded(old))
    warehouse.stage(make_loaded(put(archive, b"2", at="2026-02-01T00:00:00+00:00")))
    load(warehouse, archive)
    assert read_disclosures(warehouse)[old.document_id]["superseded_by"] is None


def test_supersession_waits_for_the_newer_document(warehouse, archive):
    old = put(archive, b"1")
    put(archive, b"2", at="2026-02-01T00:00:00+00:00")
    warehouse.stage(make_loaded(old))
    load(warehouse, archive)
    assert read_disclosures(warehouse)[old.document_id]["superseded_by"] is None


def test_loading_twice_changes_nothing(warehouse, archive):
    warehouse.stage(make_loaded(put(archive, b"1")))
    load(warehouse, archive)
    before = warehouse.snapshot()
    assert load(warehouse, archive) == Load((), {})
    assert warehouse.snapshot() == before


def test_staged_document_of_this_engine_is_known(warehouse, archive):
    sighting = put(archive, b"1")
    warehouse.stage(make_loaded(sighting, "1"))
    assert find_staged(warehouse, "1") == {sighting.document_id}
    assert find_staged(warehouse, "2") == set()


def amend(warehouse, document, *, is_rejected):
    staged = warehouse.stage(document)
    rows = select_rows(warehouse.read_staged([staged.processing_id]), staged.processing_id)
    amended = amend_document(staged, rows, [{**FAILED, "document_id": document.document_id}], is_rejected=is_rejected)
    warehouse.stage(amended)  # the strict schema is the judge of its shape
    return amended


def test_flagged_document_is_doubtful_and_carries_its_finding(warehouse, archive):
    amended = amend(warehouse, make_loaded(put(archive, b"1")), is_rejected=False)
    assert amended.status == "doubtful"
    assert amended.rows["core_findings"][0]["finding_kind"] == "empty-file"


def test_rejected_document_keeps_no_amounts(warehouse, archive):
    amended = amend(warehouse, make_loaded(put(archive, b"1")), is_rejected=True)
    disclosure = amended.rows["core_disclosures"][0]
    assert (disclosure["status"], disclosure["refusal"], disclosure["line_count"]) == ("refused", REJECTED, 0)
    assert "core_budget_lines" not in amended.rows


def test_refused_document_keeps_its_own_reason(warehouse, archive):
    amended = amend(warehouse, make_refused(put(archive, b"1")), is_rejected=True)
    assert amended.rows["core_disclosures"][0]["refusal"] == "scanned"
    assert [row["finding_number"] for row in amended.rows["core_findings"]] == [1, 2]


def make_outcome(status):
    return DocumentOutcome(document_id="a", processing_id="p", name="n", source_id="s", status=status)


@pytest.mark.parametrize(
    ("status", "rejected", "flagged", "kept_out", "after"),
    [
        ("loaded", {}, {}, {}, "loaded"),
        ("loaded", {}, {"a": ("x",)}, {}, "doubtful"),
        ("doubtful", {"a": ("x",)}, {}, {}, "kept_out"),
        ("refused", {"a": ("x",)}, {}, {}, "refused"),
        ("refused", {}, {}, {"a": "scanned"}, "kept_out"),
    ],
)
def test_outcome_after_the_verdict(status, rejected, flagged, kept_out, after):
    (outcome,) = apply_verdict([make_outcome(status)], Judgement(Expectations(), rejected, flagged), Load((), kept_out))
    assert outcome.status == after


def test_split():
    assert list(split("abcde", 2)) == [["a", "b"], ["c", "d"], ["e"]]


def test_sighting_without_title_is_no_problem(warehouse):
    warehouse.stage(make_refused(Sighting("a" * 16, "a" * 64, 1, "local", "x.pdf")))
    assert len(warehouse.staged()) == 1


def make_scored(sighting, engine, **scores):
    document = make_loaded(sighting, engine)
    disclosure = {**document.rows["core_disclosures"][0], "score": 0.99, "grade": "A", "proved_count": 5} | scores
    return ProcessedDocument(sighting.document_id, document.processing_id, "loaded", {"core_disclosures": [disclosure]})


def test_clearly_worse_reading_leaves_the_earlier_rows_and_says_so(warehouse, archive):
    sighting = put(archive, b"1")
    warehouse.stage(make_scored(sighting, "1"))
    load(warehouse, archive)
    warehouse.stage(make_scored(sighting, "2", score=0.7, grade="D", proved_count=3))
    result = load(warehouse, archive)
    assert (result.committed, result.kept_out) == ((), {sighting.document_id: WORSE_READING})
    assert read_disclosures(warehouse)[sighting.document_id]["engine_version"] == "1"
    assert load_attempts(warehouse.root)[sighting.document_id].reason == WORSE_READING
    assert warehouse.staged() == ()
    (outcome,) = apply_verdict(
        [make_outcome("doubtful").model_copy(update={"document_id": sighting.document_id})],
        Judgement(Expectations(), {}, {}),
        result,
    )
    assert (outcome.status, outcome.reason) == ("kept_out", WORSE_READING)
    assert "from 0.990 (A) to 0.700 (D), the proved amounts from 5 to 3" in outcome.explanation


def test_rejected_reading_leaves_the_earlier_rows(warehouse, archive):
    sighting = put(archive, b"1")
    warehouse.stage(make_scored(sighting, "1"))
    load(warehouse, archive)
    amend(warehouse, make_scored(sighting, "2"), is_rejected=True)
    assert load(warehouse, archive).kept_out == {sighting.document_id: REJECTED}
    row = read_disclosures(warehouse)[sighting.document_id]
    assert (row["engine_version"], row["grade"], row["proved_count"]) == ("1", "A", 5)


def test_rejected_document_has_no_score(warehouse, archive):
    amended = amend(warehouse, make_scored(put(archive, b"1"), "1"), is_rejected=True)
    assert amended.rows["core_disclosures"][0]["score"] is None


def test_first_reading_of_a_document_is_loaded_whatever_its_score(warehouse, archive):
    warehouse.stage(make_scored(put(archive, b"1"), "1", score=0.6, grade="D"))
    assert len(load(warehouse, archive).committed) == 1


@pytest.mark.parametrize(
    ("score", "proved", "is_worse"),
    [
        (0.9, 4, True),
        (0.98, 4, False),  # a little lower
        (0.9, 5, False),  # sees more of the page that it cannot read, proves no less
        (0.9, 9, False),
        (None, None, False),
        (0.995, 3, False),
    ],
)
def test_what_a_worse_reading_is(score, proved, is_worse):
    earlier = {"score": 0.99, "grade": "A", "proved_count": 5}
    later = {"score": score, "grade": "C", "proved_count": proved}
    assert (explain_worsening(earlier, later) is not None) is is_worse
