"""Errors of publishers that are told, and what is told of nothing."""

import pytest

from benchmarks.told import CORPUS, compare, find_document, load_expected, read_findings


def make_error(words, kind="text-year-stale"):
    return {"document": "a.pdf", "page": "2", "words": words, "kind": kind, "note": ""}


def make_told(message, kind="text-year-stale", page=2):
    return {"finding_kind": kind, "page": page, "message": message}


def test_each_finding_tells_one_error_and_the_others_are_false():
    findings = {"a.pdf": [make_told("13.85"), make_told("13.85"), make_told("7", page=3)]}
    result = compare([make_error("13.85"), make_error("7"), make_error("8", kind="")], findings)
    assert [len(part) for part in (result.told, result.missed, result.false)] == [1, 2, 2]
    assert not result.is_good


def test_a_kind_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="no-such-kind"):
        compare([make_error("1", kind="no-such-kind")], {"a.pdf": []})


@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not here")
@pytest.mark.parametrize("name", sorted({row["document"] for row in load_expected()}))
def test_the_errors_seen_by_hand_are_told_and_nothing_else(name):
    expected = [row for row in load_expected() if row["document"] == name]
    result = compare(expected, {name: read_findings(find_document(name))})
    assert result.missed == tuple(row for row in expected if not row["kind"])
    assert not result.false
