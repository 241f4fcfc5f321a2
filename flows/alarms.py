"""When people are told of a night: it failed, it did not leave what it promises, a source is silent in its season.

Promise: what a night can still say it says itself, by the web hook of the settings; that it was killed or never began is
told by the automations of a Prefect server (`flows.automations`) or by systemd (`yusuan notify`). A silence is told once,
when it begins.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flows.lock import WarehouseBusyError
from flows.notices import Notice, make_notice, send_notice
from flows.progress import get_reporter
from flows.runs import RunSummary
from flows.settings import Settings
from flows.silence import list_newly_silent


@contextmanager
def tell_failure(settings: Settings) -> Iterator[None]:
    """Send a notice of whatever ends the block, and let it go on. A warehouse that another night holds is no failure."""
    try:
        yield
    except WarehouseBusyError:
        raise
    except Exception as error:
        words = str(error).strip().splitlines()
        _tell(make_notice("night-failed", settings, reason=f"{type(error).__name__}: {words[0] if words else ''}"), settings)
        raise


def tell_night(summary: RunSummary, last_visits: Mapping[str, Mapping[str, Any]], settings: Settings) -> None:
    """Send the notices that a night's account gives rise to. `last_visits`: those before this night."""
    broken = [f"{entry.what} ({entry.detail})" if entry.detail else entry.what for entry in summary.promised if not entry.kept]
    if broken:
        _tell(make_notice("promise-broken", settings, run_id=summary.run_id, reason="; ".join(broken)), settings)
    for finding in list_newly_silent(summary.run_findings, last_visits):
        source, reason = str(finding["source_id"]), str(finding["message"])
        _tell(make_notice("source-silent", settings, run_id=summary.run_id, source=source, reason=reason), settings)


def _tell(notice: Notice, settings: Settings) -> None:
    if trouble := send_notice(notice, settings):
        get_reporter().say(trouble)
