"""When each source was last visited, and which sources are due: every night in their season, once a week outside it.

Promise: what was visited is read back from the accounts of the runs, so a night that was missed is made up for by the next one;
a source that was never visited, or whose season nobody told, is due at once and then weekly.
"""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from extractors.sources import Source

ZONE = ZoneInfo("Asia/Shanghai")
_WEEK = timedelta(days=7)


def find_last_visits(runs_dir: Path, now: datetime | None = None) -> dict[str, dict[str, Any]]:
    """Source to the newest run that visited it: when, and its findings by kind.

    A run that lies after `now` counts as the oldest: a clock was wrong, and it would be the newest for as long as it was ahead.
    """
    visits: dict[str, dict[str, Any]] = {}
    limit = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}~" if now else "~"
    paths = runs_dir.glob("*/run.json")
    for path in sorted(paths, key=lambda path: (path.parent.name <= limit, path.parent.name), reverse=True):
        run = _read_run(path)
        for source_id in run.get("sources", ()):
            kinds = Counter(row["finding_kind"] for row in run.get("run_findings", ()) if row.get("source_id") == source_id)
            visits.setdefault(source_id, {"run_id": path.parent.name, "at": run.get("started_at"), "findings": dict(kinds)})
    return visits


def _read_run(path: Path) -> dict[str, Any]:
    """A run's account; empty where a crash left half a file."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def choose_due(sources: Iterable[Source], runs_dir: Path, now: datetime) -> list[Source]:
    """The sources to visit tonight. `now` carries its time zone; a day is one of China's."""
    visits = find_last_visits(runs_dir, now)
    today = now.astimezone(ZONE).date()
    return [source for source in sources if is_due(source, today, _read_day(visits.get(source.id)))]


def is_due(source: Source, today: date, last_visit: date | None) -> bool:
    """True in season; outside it a week after the last visit, or after a visit that lies in the future (a clock that jumped)."""
    if source.is_in_season(today) or last_visit is None:
        return True
    return today - last_visit >= _WEEK or last_visit > today


def _read_day(visit: dict[str, Any] | None) -> date | None:
    try:
        return datetime.fromisoformat(str(visit["at"])).astimezone(ZONE).date() if visit else None
    except ValueError:
        return None


def make_crons(sources: Iterable[Source], hour: int, minute: int) -> list[str]:
    """The schedule of the sources' seasons: daily in the months in which any of them publishes, on Mondays in the others.

    Which source is visited on which night is told by `choose_due`; without a source there is nothing to schedule.
    """
    chosen = list(sources)
    if not chosen:
        return []
    daily = sorted({month for source in chosen for month in source.season_months})
    weekly = [month for month in range(1, 13) if month not in daily]
    crons = [f"{minute} {hour} * {_list_months(daily)} *"] if daily else []
    return crons + ([f"{minute} {hour} * {_list_months(weekly)} 1"] if weekly else [])


def _list_months(months: list[int]) -> str:
    return "*" if len(months) == 12 else ",".join(map(str, months))
