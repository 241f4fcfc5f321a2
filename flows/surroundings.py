"""What stands around the program, as `yusuan doctor` looks at it: disk, memory, warehouse, storage, Prefect server, clock."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from flows.doctor import Check
from flows.installation import try_writing
from flows.settings import Settings
from flows.visits import find_last_visits
from transforms.plain_text import hide_in_addresses
from warehouse.object_storage import ObjectPlace, StorageError

_FREE_BYTES = 2 << 30
_FREE_FILES = 10_000
_WORKER_MEMORY_PER_PROCESS = 1 << 30
# Signatures of S3 are refused from five minutes on; schedules and conditional requests want less.
_SKEW = timedelta(seconds=60)
_ANSWER_SECONDS = 10.0
_SET_CLOCK = "set the clock: timedatectl set-ntp true"


def check_surroundings(settings: Settings) -> Iterator[Check]:
    """All of them. What cannot be reached costs seconds, never more."""
    yield check_writable(settings.warehouse)
    yield check_warehouse(settings)
    yield from check_space(settings.warehouse)
    yield check_memory(settings.workers)
    for what, place in (("archive", settings.archive_place), ("tables", settings.tables_place)):
        yield check_storage(what, place)
    yield from check_server(settings.prefect_api_url)
    yield check_future(settings.runs_dir)


def check_writable(warehouse: Path) -> Check:
    """A file can be made in the warehouse, or in the nearest folder above it that is there."""
    trouble = try_writing(warehouse)
    owner = f"chown -R {_name_user()} FOLDER"
    remedy = f"give the folder to the user that runs yusuan ({owner}), or make room, or name another: YUSUAN_WAREHOUSE"
    return Check("warehouse can be written", not trouble, trouble or str(warehouse), remedy)


def _name_user() -> str:
    import getpass  # noqa: PLC0415  # only here, and only when it is asked for

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def check_warehouse(settings: Settings) -> Check:
    """Where there is a warehouse, this version can continue it."""
    from flows.opened import check_version  # noqa: PLC0415  # loads Arrow and Delta

    what = "warehouse is of this version"
    try:
        trouble = check_version(settings)
    except StorageError as error:
        return Check(what, False, hide_in_addresses(str(error)), "mend the storage first")
    remedy = "go back to the version that wrote it, or see docs/operations.md (upgrade); nothing was changed"
    return Check(what, not trouble, trouble or "yes, or there is none yet", remedy)


def check_space(warehouse: Path) -> Iterator[Check]:
    """Room on the disk, for bytes and for files."""
    folder = next(path for path in (warehouse.resolve(), *warehouse.resolve().parents) if path.exists())
    free = shutil.disk_usage(folder).free
    remedy = (
        "make room or mount a larger disk; `yusuan maintain` removes rows nobody asks for, YUSUAN_RELEASES_KEPT fewer releases"
    )
    yield Check("room on the disk", free > _FREE_BYTES, f"{free / (1 << 30):.1f} GiB free at {folder}", remedy)
    files = os.statvfs(folder)
    # Some file systems count no files.
    is_enough = not files.f_files or files.f_favail > _FREE_FILES
    yield Check("room for files", is_enough, f"{files.f_favail:,} free inodes" if files.f_files else "not counted here", remedy)


def check_memory(workers: int) -> Check:
    """About a gibibyte for each reading process."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    enough = max(1, total // _WORKER_MEMORY_PER_PROCESS - 1)
    seen = f"{total / (1 << 30):.1f} GiB for {workers}"
    return Check(
        "memory for the workers", total > workers * _WORKER_MEMORY_PER_PROCESS, seen, f"YUSUAN_WORKERS={enough}, or more memory"
    )


def check_storage(what: str, place: Path | ObjectPlace) -> Check:
    """The archive's or the tables' place answers and can be read; a folder can be written."""
    if isinstance(place, Path):
        trouble = try_writing(place)
        return Check(
            f"{what} can be reached",
            not trouble,
            trouble or str(place),
            f"see the folder's owner and mount, or YUSUAN_{what.upper()}",
        )
    from warehouse.object_storage import open_filesystem  # noqa: PLC0415  # an extra

    remedy = "see YUSUAN_S3_ENDPOINT, YUSUAN_S3_REGION, YUSUAN_S3_ADDRESSING, the keys (AWS_…) and whether the bucket is there"
    try:
        system = open_filesystem(place.storage)
        system.ls(place.bucket)
    except StorageError as error:
        return Check(f"{what} can be reached", False, str(error), "pip install 'yusuan[s3]'")
    # What a client of S3 raises is of no common family; whatever it is, it is the answer that was asked for.
    except Exception as error:  # noqa: BLE001  # told with its name as what was found
        return Check(
            f"{what} can be reached", False, f"{place.url}: {hide_in_addresses(str(error) or type(error).__name__)}", remedy
        )
    return Check(f"{what} can be reached", True, place.url)


def check_server(url: str | None) -> Iterator[Check]:
    """The Prefect server that is named: it answers, is of our version, and its clock is ours."""
    if not url:
        yield Check("Prefect server", True, "PREFECT_API_URL is not set: each run starts its own")
        return
    shown = hide_in_addresses(url)
    try:
        answer = httpx.get(f"{url.rstrip('/')}/admin/version", timeout=_ANSWER_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        remedy = "start it (systemctl start yusuan-server; prefect server start), or unset PREFECT_API_URL"
        yield Check(
            "Prefect server", False, f"{shown} does not answer ({hide_in_addresses(str(error)) or type(error).__name__})", remedy
        )
        return
    if not answer.is_success:
        remedy = "PREFECT_API_URL is the API's address: http://HOST:4200/api"
        yield Check("Prefect server", False, f"{shown} answers {answer.status_code}: no Prefect API", remedy)
        return
    yield _check_server_version(shown, answer.text.strip('" \n'))
    yield check_clock(answer.headers.get("date", ""), shown)


def _check_server_version(shown: str, theirs: str) -> Check:
    import importlib.metadata  # noqa: PLC0415  # only here, and only when it is asked for

    ours = importlib.metadata.version("prefect")
    is_same = theirs.split(".")[:2] == ours.split(".")[:2]
    remedy = "run server and worker from one installation, then restart both (prefect server database upgrade)"
    return Check("Prefect server", is_same, f"{shown}, version {theirs[:40]}{'' if is_same else f', ours is {ours}'}", remedy)


def check_clock(date: str, whose: str, now: datetime | None = None) -> Check:
    """Our clock against the Date header of an answer."""
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return Check("clock", True, f"not compared: {whose} told no time")
    skew = (now or datetime.now(UTC)) - theirs
    seen = f"{abs(skew.total_seconds()):.0f} s {'ahead of' if skew > timedelta(0) else 'behind'} {whose}"
    return Check("clock", abs(skew) <= _SKEW, seen, f"{_SET_CLOCK}, here or there")


def check_future(runs_dir: Path) -> Check:
    """No run of this warehouse lies in the future: a clock that went back would have sources left out."""
    visits = [visit["at"] for visit in find_last_visits(runs_dir).values()] if runs_dir.is_dir() else []
    newest = max((datetime.fromisoformat(str(at)) for at in visits if at), default=None)
    if newest is None or newest <= datetime.now(UTC) + _SKEW:
        return Check(
            "no night lies in the future", True, f"the newest was {newest:%Y-%m-%d %H:%M} UTC" if newest else "there was none yet"
        )
    return Check(
        "no night lies in the future",
        False,
        f"one began at {newest:%Y-%m-%d %H:%M} UTC",
        f"{_SET_CLOCK}; once the clock is right, the next night visits every source",
    )
