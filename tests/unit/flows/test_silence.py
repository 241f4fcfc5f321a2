"""A source that should have published and has not is found, and no other."""

from datetime import UTC, date, datetime

import pytest

from extractors.sources import Source
from flows.silence import find_season_start, find_silent


def make_source(*months: int) -> Source:
    return Source(
        id="yantai", region_code="370600", publisher="烟台市", landing_urls=("http://portal.example/",), season_months=months
    )


def sighting(day: str, source_id: str = "yantai") -> dict:
    return {"source_id": source_id, "fetched_at": datetime.fromisoformat(f"{day}T01:00:00").replace(tzinfo=UTC)}


@pytest.mark.parametrize(
    ("months", "today", "began"),
    [
        ((2, 3), date(2026, 3, 9), date(2026, 2, 1)),
        ((12, 1, 2), date(2026, 2, 9), date(2025, 12, 1)),
        ((2, 3), date(2026, 4, 1), None),
        ((), date(2026, 4, 1), None),
        (tuple(range(1, 13)), date(2026, 4, 1), None),
    ],
)
def test_the_season_begins_with_its_first_month(months, today, began):
    assert find_season_start(make_source(*months), today) == began


def test_last_years_documents_do_not_hide_a_silence():
    (found,) = find_silent([make_source(2, 3)], [sighting("2025-02-20")], date(2026, 2, 22), 21)
    assert (found["finding_kind"], found["source_id"]) == ("source-silent", "yantai")
    assert "2026-02-01" in found["message"]
    assert "2025-02-20" in found["message"]


def test_a_document_of_a_day_that_is_not_yet_hides_no_silence():
    (found,) = find_silent([make_source(2, 3)], [sighting("2025-02-20"), sighting("2027-03-29")], date(2026, 2, 22), 21)
    assert "2025-02-20" in found["message"]


def test_a_source_that_never_gave_anything_is_silent():
    (found,) = find_silent([make_source(2, 3)], [sighting("2026-02-20", "other")], date(2026, 2, 22), 21)
    assert found["message"].endswith("never")


@pytest.mark.parametrize(
    ("months", "sightings", "today"),
    [
        ((2, 3), [sighting("2026-02-02")], date(2026, 3, 30)),
        ((2, 3), [], date(2026, 2, 21)),
        ((8, 9), [], date(2026, 3, 30)),
    ],
)
def test_nothing_is_said_after_a_new_document_in_the_first_days_and_outside_the_season(months, sightings, today):
    assert find_silent([make_source(*months)], sightings, today, 21) == []
