"""Which sources are due tonight, and on what schedule nights begin."""

import json
from datetime import UTC, date, datetime

import pytest

from extractors.sources import parse_source
from flows.visits import choose_due, find_last_visits, is_due, make_crons

MARCH, JUNE = date(2026, 3, 10), date(2026, 6, 10)


def source(name="sample", months=(2, 3)):
    text = (
        f"id: {name}\nregion_code: null\npublisher: 示例\nlanding_urls: [http://portal.example/]\nseason_months: {list(months)}\n"
    )
    return parse_source(text, name)


def write_run(folder, name, started_at, *sources):
    (folder / name).mkdir(parents=True)
    (folder / name / "run.json").write_text(json.dumps({"started_at": started_at, "sources": sources, "run_findings": []}))


def test_in_season_a_source_is_due_every_night():
    assert is_due(source(), MARCH, MARCH)


@pytest.mark.parametrize(("last_visit", "due"), [(date(2026, 6, 9), False), (date(2026, 6, 4), False), (date(2026, 6, 3), True)])
def test_outside_its_season_a_source_is_due_after_a_week(last_visit, due):
    assert is_due(source(), JUNE, last_visit) is due


def test_a_source_that_was_never_visited_is_due():
    assert is_due(source(), JUNE, None)


def test_a_visit_in_the_future_keeps_no_source_waiting():
    assert is_due(source(), JUNE, date(2027, 1, 1))


def test_a_source_without_a_season_is_due_weekly():
    assert not is_due(source(months=()), MARCH, date(2026, 3, 9))


def test_the_last_visit_is_read_from_the_accounts_of_the_runs(tmp_path):
    write_run(tmp_path, "20260608T183000Z-aaaa", "2026-06-08T18:30:00+00:00", "fresh")
    write_run(tmp_path, "20260501T183000Z-bbbb", "2026-05-01T18:30:00+00:00", "fresh", "stale")
    (tmp_path / "20260609T183000Z-cccc").mkdir()
    (tmp_path / "20260609T183000Z-cccc" / "run.json").write_text('{"sources": ["st')
    chosen = choose_due([source("fresh"), source("stale"), source("never")], tmp_path, datetime(2026, 6, 10, 1, tzinfo=UTC))
    assert [item.id for item in chosen] == ["stale", "never"]


def test_a_night_whose_clock_was_ahead_hides_no_later_visit(tmp_path):
    write_run(tmp_path, "20270713T183000Z-aaaa", "2027-07-13T18:30:00+00:00", "both", "once")
    write_run(tmp_path, "20260608T183000Z-bbbb", "2026-06-08T18:30:00+00:00", "both")
    now = datetime(2026, 6, 10, 1, tzinfo=UTC)
    assert find_last_visits(tmp_path, now)["both"]["run_id"] == "20260608T183000Z-bbbb"
    assert [item.id for item in choose_due([source("both"), source("once")], tmp_path, now)] == ["once"]


def test_the_day_is_one_of_china(tmp_path):
    last_of_february_in_utc = datetime(2026, 1, 31, 18, 30, tzinfo=UTC)
    write_run(tmp_path, "20260130T183000Z-aaaa", "2026-01-30T18:30:00+00:00", "sample")
    assert [item.id for item in choose_due([source()], tmp_path, last_of_february_in_utc)] == ["sample"]


def test_the_schedule_is_daily_in_any_season_and_weekly_outside():
    crons = make_crons([source(months=(2, 3)), source("other", months=(9,))], hour=2, minute=30)
    assert crons == ["30 2 * 2,3,9 *", "30 2 * 1,4,5,6,7,8,10,11,12 1"]


def test_a_season_of_the_whole_year_has_one_schedule():
    assert make_crons([source(months=range(1, 13))], hour=0, minute=5) == ["5 0 * * *"]


def test_without_seasons_nights_are_weekly():
    assert make_crons([source(months=())], hour=2, minute=30) == ["30 2 * * 1"]


def test_without_sources_there_is_nothing_to_schedule():
    assert make_crons([], hour=2, minute=30) == []
