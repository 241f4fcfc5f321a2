"""A subscriber's copy brought up to date, and the account of it in a line or two."""

from pathlib import Path

from flows.errors import YusuanError
from warehouse.mirror import CURRENT, MirrorError, Update, update_mirror
from warehouse.release_source import SourceError, open_source


class SubscriptionError(YusuanError):
    """The copy could not be brought up to date; the old one stands."""


def bring_up_to_date(address: str, target: Path, *, full: bool = False) -> Update:
    """Bring the copy in `target` up to the newest release at `address`. Raises SubscriptionError."""
    try:
        with open_source(address) as source:
            return update_mirror(source, target, full=full)
    except (SourceError, MirrorError) as error:
        raise SubscriptionError(f"{error}; the copy in {target} is as it was") from error


def render_update(update: Update, target: Path) -> str:
    """What was done, why, at what cost, and what was proved."""
    proved = f"{update.tables} tables, {update.rows:,} rows: contents equal to the full release, table by table"
    if update.way == "unchanged":
        return f"{update.after} is the newest release and is here\n{proved}"
    costs = f"{update.fetched_bytes:,} bytes fetched"
    if update.way == "deltas":
        count = f"{update.steps} deltas" if update.steps > 1 else "1 delta"
        done = f"{update.before} -> {update.after} by {count}: {costs}, the full release has {update.full_bytes:,}"
    else:
        done = f"{update.before or 'nothing'} -> {update.after} in full, because {update.reason}: {costs}"
    return f"{done}\n{proved}\n{target / CURRENT}"
