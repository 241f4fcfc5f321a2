"""Sources that should have published and have not: in their season, and nothing new for long.

Promise: what counts is when the archive first had a document of the source, so a list that still shows last year's files
does not hide the silence. Nothing is said of a source without a season, in the first days of one, or after its first new
document.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from extractors.sources import Source
from flows.visits import ZONE
from warehouse.issues import make_finding
from warehouse.records import Row


def find_silent(sources: Iterable[Source], sightings: Iterable[Row], today: date, days: int) -> list[Row]:
    """A finding `source-silent` for each source that has been in season for `days` and has brought no new document in it.

    `sightings`: rows of `archive_documents`; `today` is China's day.
    """
    newest = _find_newest(sightings, today)
    findings: list[Row] = []
    for source in sources:
        began = find_season_start(source, today)
        if began is None or today - began < timedelta(days=days):
            continue
        last = newest.get(source.id)
        if last is None or last < began:
            finding = make_finding("source-silent", began=began.isoformat(), last=last.isoformat() if last else "never")
            findings.append({**finding, "source_id": source.id, "url": source.landing_urls[0]})
    return findings


def find_season_start(source: Source, today: date) -> date | None:
    """The first day of the season that today lies in; None outside, and where every month is one: such a season never begins."""
    if not source.is_in_season(today) or len(set(source.season_months)) == 12:
        return None
    first = today.replace(day=1)
    while source.is_in_season(before := (first - timedelta(days=1)).replace(day=1)):
        first = before
    return first


def list_newly_silent(findings: Iterable[Row], last_visits: Mapping[str, Mapping[str, object]]) -> list[Row]:
    """Of this night's findings those of a silence that the last visit of the source did not find yet: each is told once."""
    newly = []
    for finding in findings:
        kind = str(finding["finding_kind"])
        before = last_visits.get(str(finding.get("source_id")), {}).get("findings") or {}
        if kind in {"source-silent", "nothing-found"} and kind not in before:  # type: ignore[operator]  # read from JSON
            newly.append(finding)
    return newly


def _find_newest(sightings: Iterable[Row], today: date) -> dict[str, date]:
    """Source to the day of its newest document; one of a day that is not yet (a clock was ahead) would hide a later silence."""
    newest: dict[str, date] = {}
    for row in sightings:
        day = row["fetched_at"].astimezone(ZONE).date()
        if day <= today:
            newest[row["source_id"]] = max(day, newest.get(row["source_id"], day))
    return newest
