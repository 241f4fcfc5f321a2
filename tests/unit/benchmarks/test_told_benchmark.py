"""Errors of publishers that are told, and what is told of nothing."""

import pytest

from benchmarks.told import CORPUS, compare, describe, find_document, load_expected, read_findings

READ = sorted({row["document"] for row in load_expected() if row["found_by"] == "reading"})


def make_error(words, kind="text-year-stale", found_by="reading", verdict="error"):
    return {"document": "a.pdf", "page": "2", "words": words, "kind": kind, "note": "", "found_by": found_by, "verdict": verdict}


def make_told(message, kind="text-year-stale", page=2):
    return {"finding_kind": kind, "page": page, "message": message}


def test_each_finding_tells_one_error_and_the_others_are_false():
    findings = {"a.pdf": [make_told("13.85"), make_told("13.85"), make_told("7", page=3)]}
    result = compare([make_error("13.85"), make_error("7"), make_error("8", kind="")], findings)
    assert [len(part) for part in (result.told, result.missed, result.false)] == [1, 2, 2]
    assert not result.is_good


def test_what_was_told_first_is_no_evidence_of_what_is_found_and_a_false_alarm_stays_one():
    findings = {"a.pdf": [make_told("13.85"), make_told("5"), make_told("6")]}
    expected = [
        make_error("13.85"),
        make_error("5", found_by="telling"),
        make_error("6", found_by="telling", verdict="false alarm"),
        make_error("9", found_by="telling"),
    ]
    result = compare(expected, findings)
    assert [len(part) for part in (result.told, result.missed, result.judged, result.gone, result.false)] == [1, 0, 1, 1, 1]
    assert next(describe(result)) == "1 of 1 errors that were read are told (100%)"
    assert list(describe(result))[1].startswith("1 of 3 findings are no errors (33.3%)")


def test_a_kind_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="no-such-kind"):
        compare([make_error("1", kind="no-such-kind")], {"a.pdf": []})


@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not here")
@pytest.mark.parametrize("name", READ)
def test_the_errors_seen_by_hand_are_told_and_nothing_else(name):
    expected = [row for row in load_expected() if row["document"] == name]
    result = compare(expected, {name: read_findings(find_document(name))})
    assert result.missed == tuple(row for row in expected if not row["kind"] and row["verdict"] == "error")
    assert not result.false
