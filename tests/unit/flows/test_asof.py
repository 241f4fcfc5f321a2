"""Which state a text means."""

from datetime import UTC, datetime, timedelta

import pytest

from flows.asof import UnknownStateError, find_state
from flows.publish import name_version
from warehouse.records import ProcessedDocument
from warehouse.store import Warehouse

REFUSED = {
    "source_id": "local",
    "url": "x.pdf",
    "fetched_at": "2026-03-01T00:00:00+00:00",
    "bytes": 1,
    "page_count": 0,
    "has_text_layer": False,
    "status": "refused",
    "refusal": "scanned",
    "organisation_scope": "department",
    "table_count": 0,
    "line_count": 0,
    "unread_count": 0,
    "tables_found": [],
    "tables_missing": [],
    "engine_version": "e",
}


@pytest.fixture
def store(tmp_path):
    store = Warehouse.open(tmp_path / "w")
    for digit in "12":
        sha256 = digit * 64
        document = ProcessedDocument(
            sha256[:16], f"{sha256[:16]}-e", "refused", {"core_disclosures": [REFUSED | {"sha256": sha256}]}
        )
        store.stage(document)
        store.commit([document.processing_id], run_id="r", reason="new")
    return store


def test_a_commit_number(store):
    assert find_state(store, "1") == 1


def test_a_release(store):
    assert find_state(store, name_version(store)) == 2


def test_today_means_the_end_of_the_day(store):
    assert find_state(store, f"{datetime.now(UTC):%Y-%m-%d}") == 2


def test_a_moment_between_two_commits(store):
    second = store.snapshot().committed_at
    assert find_state(store, (second - timedelta(microseconds=1)).isoformat()) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3", "its commits are 1 to 2"),
        ("0", "its commits are 1 to 2"),
        ("1999.01.01-1", "is not of this warehouse"),
        ("2001-01-01", "the warehouse was empty: its first commit is of"),
        ("yesterday", "'yesterday' is no date"),
    ],
)
def test_what_names_no_state_is_told(store, text, message):
    with pytest.raises(UnknownStateError, match=message):
        find_state(store, text)
