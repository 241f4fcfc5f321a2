"""Nights that are disturbed, and what the next one makes of it: a table, a row for each kind of disturbance.

Promise: every night is a real one, a process of its own under a real Prefect server against a real portal on loopback; what is
killed is killed with SIGKILL; disks are full because they are small. `equal` means that the warehouse has, row for row in all
`core_` and `raw_` tables, what that of an undisturbed run has (the names of processings and the moments of fetching left out),
and that the archive verifies. Exit code 1 where one was not, or was not tried.

    .venv/bin/python -m benchmarks.survival [--part kills …] [--kills 50] [--in-a-row 1] [--documents 2000] [--seed 1]
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import httpx
import pyarrow as pa
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.clocks import FAKETIME, pretend_time, set_clock
from flows.publish import list_releases, read_sequence
from flows.server import SERVER_ENVIRONMENT, find_free_port
from samples.library import SampleDisclosure, sample_disclosures
from samples.portal import Portal, serve_portal
from warehouse.archive import Archive
from warehouse.metadata.models import list_resources
from warehouse.store import Warehouse
from warehouse.verification import verify_archive

NIGHT_DOCUMENTS = 3
VICTIMS = ("night", "server", "reading process")
# What differs from run to run and says nothing of what was published.
_OF_THE_RUN = frozenset({"processing_id", "other_processing_ids", "fetched_at"})
_NIGHT = """
import sys
from pathlib import Path
from flows.nightly import PromiseBrokenError, nightly
try:
    summary = nightly(sources=["demo"], warehouse_dir=Path(sys.argv[1]), base_urls={"demo": sys.argv[2]})
except PromiseBrokenError as error:
    summary = error.summary
print(summary.exit_code)
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `is_equal` is None for what was not tried."""

    what: str
    times: int
    seen: str
    is_equal: bool | None


@dataclass
class Server:
    """A Prefect server that can be killed and started again on the same port, with the same database."""

    home: Path
    port: int = field(default_factory=find_free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its API."""
        return f"http://127.0.0.1:{self.port}/api"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.home.mkdir(parents=True, exist_ok=True)
        variables = SERVER_ENVIRONMENT | {"PREFECT_HOME": str(self.home), "PREFECT_API_URL": self.url}
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(self.port), "--no-ui"]
        with (self.home / "server.log").open("ab") as log:
            self._process = subprocess.Popen(command, env=os.environ | variables, stdout=log, stderr=log, start_new_session=True)  # noqa: S603
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/health", timeout=5, trust_env=False).is_success:
                    return
            time.sleep(0.2)
        raise TimeoutError("the Prefect server does not answer")

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@dataclass(frozen=True)
class Stage:
    """Where nights take place: a folder for their warehouses, a server, and the address of the portal."""

    folder: Path
    server: Server
    portal: Portal

    def start_night(
        self, name: str, url: str | None = None, prefix: Sequence[str] = (), **variables: str
    ) -> subprocess.Popen[str]:
        """A night on the warehouse of that name."""
        quiet = {"PREFECT_API_URL": self.server.url, "PREFECT_LOGGING_LEVEL": "CRITICAL", "YUSUAN_FETCH_TIMEOUT_SECONDS": "10"}
        command = [*prefix, sys.executable, "-c", _NIGHT, str(self.folder / name), url or self.portal.url]
        environment = os.environ | SERVER_ENVIRONMENT | quiet | variables
        return subprocess.Popen(  # noqa: S603  # ourselves
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    def run_night(self, name: str, url: str | None = None, prefix: Sequence[str] = (), **variables: str) -> str:
        """A whole night: its exit code, or the last words of one that did not end by itself."""
        return end_night(self.start_night(name, url, prefix, **variables))

    def read(self, name: str) -> dict[str, pa.Table]:
        """What the warehouse of that name shows."""
        return read_rows(self.folder / name)


def end_night(night: subprocess.Popen[str], timeout: float = 1800) -> str:
    """How a night ended. Raises subprocess.TimeoutExpired after so many seconds."""
    output, errors = night.communicate(timeout=timeout)
    if night.returncode == 0:
        return f"exit {output.split()[-1]}"
    if night.returncode < 0:
        return f"killed ({signal.Signals(-night.returncode).name})"
    return (errors.strip().splitlines() or ["failed"])[-1][:100]


def read_rows(folder: Path) -> dict[str, pa.Table]:
    """All visible rows by table, without what is of the run. Raises ValueError where the archive does not verify."""
    verified = verify_archive(Archive(folder / "archive"))
    if not verified.is_sound:
        raise ValueError(f"the archive of {folder.name} does not verify: {verified}")
    warehouse = Warehouse.open(folder)
    tables = {name: warehouse.read(name) for name in list_resources("core", "raw")}
    return {
        name: table.drop_columns([column for column in table.column_names if column in _OF_THE_RUN])
        for name, table in tables.items()
    }


def is_equal(rows: dict[str, pa.Table], others: dict[str, pa.Table]) -> bool:
    """Row for row."""
    return all(table.equals(others[name]) for name, table in rows.items())


# The parts


def survive_kills(stage: Stage, chance: random.Random, kills: int, in_a_row: int) -> Iterator[Row]:
    """Kill -9 at random moments of nights: the night itself, the server, a reading process; then a night that is left alone."""
    truth, seconds = _run_undisturbed(stage)
    killed: list[str] = []
    ends: list[str] = []
    equal = rounds = 0
    while len(killed) < kills:
        name = f"killed-{rounds}"
        for number in range(min(in_a_row, kills - len(killed))):
            victim = VICTIMS[(len(killed) + number) % len(VICTIMS)]
            # Most of the work is done in the first night: those after it are shorter.
            end = kill_in(stage, name, victim, chance.uniform(0.02, 1 if number == 0 else 0.7) * seconds)
            if end is not None:
                killed.append(victim)
                ends.append(end)
        end = stage.run_night(name)
        rounds += 1
        equal += is_equal(stage.read(name), truth)
        _say(f"{len(killed)} of {kills} killed ({', '.join(ends[-in_a_row:])}), then {end}; {equal} of {rounds} equal")
        shutil.rmtree(stage.folder / name)
    many = "" if in_a_row == 1 else f", {in_a_row} in a row"
    yield Row(
        f"kill -9 at random moments{many}, then one good night: {_count(killed)}",
        kills,
        f"{equal} of {rounds} warehouses equal; the nights ended with {_count(ends)}",
        equal == rounds,
    )


def kill_in(stage: Stage, name: str, victim: str, after: float) -> str | None:
    """A night, in which the victim is killed `after` seconds from its start; how it ended, None where it was over before."""
    night = stage.start_night(name)
    with contextlib.suppress(subprocess.TimeoutExpired):
        night.wait(after)
    is_over = night.poll() is not None
    child = find_child(night) if victim == "reading process" else None
    if victim == "night":
        night.kill()
    elif victim == "server" and not is_over:
        stage.server.kill()
    elif child is not None:
        os.kill(child, signal.SIGKILL)
    end = end_night(night)
    if victim == "server" and not is_over:
        stage.server.start()
    return None if is_over or (victim == "reading process" and child is None) else end


def find_child(night: subprocess.Popen[str]) -> int | None:
    """A reading process of the night; waits until there is one, or until the night is over."""
    while night.poll() is None:
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, IndexError):
                parent = (folder / "stat").read_text().rpartition(") ")[2].split()[1]
                if parent == str(night.pid) and b"flows.child" in (folder / "cmdline").read_bytes():
                    return int(folder.name)
        time.sleep(0.05)
    return None


def survive_portal(stage: Stage, chance: random.Random) -> Iterator[Row]:
    """A portal that fails 30 % of the requests and is slow, and one that changes a file while it is crawled."""
    with serve_unreliably(stage.portal.url, chance) as proxy:
        proxy.failing = 0.0
        stage.run_night("reliable", proxy.url)
        truth = stage.read("reliable")
        proxy.failing, proxy.slowest = 0.3, 0.5
        ends = [stage.run_night("unreliable", proxy.url) for _ in range(2)]
        proxy.failing = 0.0
        ends.append(stage.run_night("unreliable", proxy.url))
        equal = is_equal(stage.read("unreliable"), truth)
        yield Row(
            "portal fails 30 % of requests and is slow for two nights, then one good night",
            proxy.failed,
            f"nights: {', '.join(ends)}; {proxy.failed} of {proxy.asked} requests failed",
            equal,
        )
        changed = _pick_samples()[0]
        proxy.after(10, lambda: stage.portal.misbehave(changed.id, "changed"))
        ends = [stage.run_night("changing", proxy.url)]
        ends.append(stage.run_night("changing", proxy.url))
        stage.run_night("changed", proxy.url)
        equal = is_equal(_drop_superseded(stage.read("changing")), _drop_superseded(stage.read("changed")))
        stage.portal.misbehave(changed.id, None)
        yield Row("a file is replaced while the portal is crawled", 1, f"nights: {', '.join(ends)}", equal)


def survive_full_disk(stage: Stage) -> Iterator[Row]:
    """A disk that is full in the middle of the night, and has room the night after."""
    truth, _ = _run_undisturbed(stage)
    folder = stage.folder / "small"
    folder.mkdir()
    for size in ("1m", "3m"):
        if not _call("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)):
            yield Row(f"disk of {size} is full in the middle of the night", 0, "not run: no right to mount a small disk", None)
            continue
        try:
            ends = [stage.run_night("small")]
            _call("mount", "-o", "remount,size=500m", str(folder))
            ends.append(stage.run_night("small"))
            equal = is_equal(stage.read("small"), truth) and ends[0] != "exit 0"
        finally:
            _call("umount", str(folder))
        yield Row(f"disk of {size} is full in the middle of the night, room in the next", 1, f"nights: {', '.join(ends)}", equal)


def survive_each_other(stage: Stage) -> Iterator[Row]:
    """Two nights at once."""
    truth, _ = _run_undisturbed(stage)
    ends = [end_night(night) for night in [stage.start_night("both"), stage.start_night("both")]]
    yield Row(
        "two nights at once", 1, f"nights: {', '.join(sorted(ends))}", is_equal(stage.read("both"), truth) and "exit 0" in ends
    )


# What the clock of each night is off by; with a second value the clock jumps there in the middle of the night. A file is replaced
# on the portal after the first night.
CLOCKS = {
    "clock 400 days ahead for a night, then right again": (("+400d",), ("+0",)),
    "clock 400 days behind for a night, then right again": (("-400d",), ("+0",)),
    "clock jumps 400 days ahead in the middle of a night, back in the middle of the next": (("+0", "+400d"), ("+400d", "+0")),
}


def survive_clock(stage: Stage) -> Iterator[Row]:
    """Two nights with wrong clocks, a file replaced between them, against the same two with a right clock."""
    if FAKETIME is None:
        yield Row("clock 400 days ahead or behind", 0, "not run: libfaketime is not installed", None)
        return
    _, seconds = _run_undisturbed(stage)
    if set(ends := _run_by_clocks(stage, "right", (("+0",), ("+0",)), seconds)) != {"exit 0"}:
        raise RuntimeError(f"the nights with a right clock ended with {', '.join(ends)}")
    truth = stage.read("right")
    for number, (what, clocks) in enumerate(CLOCKS.items()):
        name = f"clock-{number}"
        ends = _run_by_clocks(stage, name, clocks, seconds)
        disorder = find_disorder(stage.folder / name)
        seen = f"nights: {', '.join(ends)}; {'; '.join(disorder) or 'commits and releases in order'}"
        yield Row(what, 1, seen, is_equal(stage.read(name), truth) and not disorder)


def _run_by_clocks(stage: Stage, name: str, clocks: Sequence[Sequence[str]], seconds: float) -> list[str]:
    """A night for each clock; how they ended."""
    changed, clock = _pick_samples()[0], stage.folder / f"{name}.clock"
    ends = []
    for first, *then in clocks:
        night = stage.start_night(name, **pretend_time(clock, first))
        if then:
            time.sleep(seconds / 2)
            set_clock(clock, then[0])
        ends.append(end_night(night))
        stage.portal.misbehave(changed.id, "changed")
    stage.portal.misbehave(changed.id, None)
    return ends


def find_disorder(folder: Path) -> list[str]:
    """What a wrong clock has put out of order in a warehouse: moments of commits, the newest release, the newest night."""
    commits = Warehouse.open(folder).read("commits").sort_by("commit_sequence").to_pylist()
    if not commits:
        return ["nothing was committed"]
    moments, last = [row["committed_at"] for row in commits], commits[-1]["commit_sequence"]
    releases = list_releases(folder / "releases")
    disorder = [] if moments == sorted(moments) else ["moments of commits do not rise"]
    if not releases or read_sequence(releases[-1].name) != last:
        disorder.append("the newest release is not that of the last commit")
    elif (folder / "releases" / "latest").resolve() != releases[-1].resolve():
        disorder.append("the link does not lead to the newest release")
    return disorder


def survive_restart(stage: Stage, chance: random.Random, times: int = 3) -> Iterator[Row]:
    """The Prefect server is killed in the middle of a night and started again at once."""
    truth, seconds = _run_undisturbed(stage)
    ends: list[str] = []
    equal = 0
    for number in range(times):
        name = f"restart-{number}"
        night = stage.start_night(name)
        time.sleep(chance.uniform(0.3, 0.8) * seconds)
        stage.server.kill()
        stage.server.start()
        ends.append(end_night(night))
        stage.run_night(name)
        equal += is_equal(stage.read(name), truth)
        _say(f"restart {number + 1}/{times}: {ends[-1]}; {equal} equal")
    yield Row(
        "Prefect server killed and started again in the middle",
        times,
        f"{equal} equal after the next night; {_count(ends)}",
        equal == times,
    )


def survive_many(stage: Stage, documents: int) -> Iterator[Row]:
    """Many documents in one night, and a second night in which nothing has changed."""
    published = [reprint(_pick_samples()[number % NIGHT_DOCUMENTS], number) for number in range(documents)]
    with serve_portal(documents=published, per_page=100) as portal:
        begun = time.monotonic()
        night = stage.start_night("many", portal.url)
        memory = watch_memory(night, stage.folder / "many" / "staging", documents)
        end = end_night(night, timeout=6 * 3600)
        first = time.monotonic() - begun
        peaks = memory()
        begun = time.monotonic()
        again = stage.run_night("many", portal.url)
        second = time.monotonic() - begun
    _say(f"next night {again}: {second:.0f} s after {first:.0f} s")
    shown = stage.read("many")["core_disclosures"].num_rows
    seen = (
        f"{shown:,} loaded, {end}, {documents / first * 60:.0f} documents a minute",
        f"most memory of all its processes, MiB: {', '.join(f'{peak:,.0f} {until}' for until, peak in peaks.items())}",
        f"next night {again}, {second:.0f} s after {first:.0f} s ({second / first:.1%})",
    )
    yield Row(f"{documents:,} documents in one night, then nothing new", 1, "; ".join(seen), shown == documents)


@dataclass(frozen=True, slots=True)
class Reprint:
    """A sample disclosure with other bytes: a comment behind the end of a PDF is allowed."""

    id: str
    title: str
    department: str
    year: int
    phase: str
    region_code: str
    sample_id: str

    def draw(self) -> bytes:
        """The sample's file, drawn once, with the id behind it."""
        return _draw(self.sample_id) + f"\n% {self.id}\n".encode()


def reprint(sample: SampleDisclosure, number: int) -> Reprint:
    """The sample once more, as another document of the portal."""
    facts = (sample.title, sample.department, sample.year, sample.phase, sample.region_code)
    return Reprint(f"{sample.id}-{number}", *facts, sample.id)


@cache
def _draw(sample_id: str) -> bytes:
    return next(sample for sample in sample_disclosures() if sample.id == sample_id).draw()


def watch_memory(night: subprocess.Popen[str], staging: Path, documents: int) -> Callable[[], dict[str, float]]:
    """Looks at the resident memory of a night and its children until it ends; the peaks in MiB by how many documents were read.

    The folder of staged documents tells how many that are; it is emptied when they are loaded.
    """
    quarters = [documents * quarter // 4 for quarter in range(1, 5)]
    peaks = (
        {"while the portal is crawled": 0.0} | {f"up to {count:,}": 0.0 for count in quarters} | {"loading and releasing": 0.0}
    )
    marks = list(peaks)

    def look() -> None:
        most = 0
        while night.poll() is None:
            there = sum(1 for path in staging.glob("[!.]*")) if staging.is_dir() else 0
            most = max(most, there)
            passed = len(marks) - 1 if there < most or most == documents else sum(most > count for count in [0, *quarters[:-1]])
            peaks[marks[passed]] = max(peaks[marks[passed]], _sum_memory(night.pid))
            time.sleep(1)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()

    def finish() -> dict[str, float]:
        thread.join()
        return peaks

    return finish


def _sum_memory(pid: int) -> float:
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            values = (folder / "stat").read_text().rpartition(") ")[2].split()
            if folder.name == str(pid) or values[1] == str(pid):
                total += int(values[21])
    return total * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


# What they share


@dataclass
class Proxy:
    """A way to the portal that loses requests. `failing`: the share of them; `slowest`: seconds that one may be held."""

    url: str
    failing: float = 0.0
    slowest: float = 0.0
    asked: int = 0
    failed: int = 0
    _then: tuple[int, Callable[[], None]] | None = None

    def after(self, requests: int, act: Callable[[], None]) -> None:
        """Act when so many more requests have been answered."""
        self._then = self.asked + requests, act

    def count(self) -> None:
        """One more request."""
        self.asked += 1
        if self._then is not None and self.asked >= self._then[0]:
            self._then[1]()
            self._then = None


@contextlib.contextmanager
def serve_unreliably(upstream: str, chance: random.Random) -> Iterator[Proxy]:
    """A proxy on loopback before the portal."""
    import asyncio  # noqa: PLC0415  # only here

    listener = socket.create_server(("127.0.0.1", 0))
    proxy = Proxy(f"http://127.0.0.1:{listener.getsockname()[1]}")

    async def answer(request: Request) -> Response:
        proxy.count()
        await asyncio.sleep(chance.uniform(0, proxy.slowest))
        if chance.random() < proxy.failing:
            proxy.failed += 1
            return Response("busy", status_code=503)
        headers = {name: value for name, value in request.headers.items() if name.startswith("if-")}
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            got = await client.get(f"{upstream}{request.url.path}", headers=headers)
        kept = {name: value for name, value in got.headers.items() if name in ("content-type", "etag", "last-modified")}
        return Response(got.content, status_code=got.status_code, headers=kept)

    app = Starlette(routes=[Route("/{path:path}", answer)])
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    # It listens before its thread runs: who asks at once waits for an answer instead of being refused.
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


_undisturbed: dict[Path, tuple[dict[str, pa.Table], float]] = {}


def _run_undisturbed(stage: Stage) -> tuple[dict[str, pa.Table], float]:
    """What an undisturbed night leaves, and how long one takes."""
    if stage.folder not in _undisturbed:
        begun = time.monotonic()
        end = stage.run_night("undisturbed")
        if end != "exit 0":
            raise RuntimeError(f"the undisturbed night ended with {end}")
        _undisturbed[stage.folder] = stage.read("undisturbed"), time.monotonic() - begun
        _say(f"an undisturbed night takes {_undisturbed[stage.folder][1]:.0f} s")
    return _undisturbed[stage.folder]


def _drop_superseded(rows: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Rows of the documents that stand on the portal now: those that were seen before it changed are history."""
    disclosures = rows["core_disclosures"].to_pylist()
    newest = {row["document_id"] for row in disclosures if row["superseded_by"] is None}
    mask = {name: [document in newest for document in table["document_id"].to_pylist()] for name, table in rows.items()}
    return {name: table.filter(pa.array(mask[name], pa.bool_())) for name, table in rows.items()}


@cache
def _pick_samples() -> tuple[SampleDisclosure, ...]:
    """The smallest samples: a night of them is short."""
    return tuple(sorted(sample_disclosures(), key=lambda sample: len(sample.draw()))[:NIGHT_DOCUMENTS])


def _call(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0  # noqa: S603  # mount and umount


def _count(ends: Sequence[str]) -> str:
    return ", ".join(f"{ends.count(end)} × {end}" for end in sorted(set(ends)))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Run the parts that are asked for and print the table."""
    arguments = _parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended
    chance = random.Random(arguments.seed)  # noqa: S311  # repeatable, not secret
    folder = Path(tempfile.mkdtemp(prefix="yusuan-survival-"))
    server = Server(folder / "prefect")
    rows: list[Row] = []
    try:
        server.start()
        with serve_portal(documents=_pick_samples()) as portal:
            stage = Stage(folder, server, portal)
            parts: dict[str, Callable[[], Iterator[Row]]] = {
                "kills": lambda: survive_kills(stage, chance, arguments.kills, arguments.in_a_row),
                "portal": lambda: survive_portal(stage, chance),
                "disk": lambda: survive_full_disk(stage),
                "two": lambda: survive_each_other(stage),
                "clock": lambda: survive_clock(stage),
                "restart": lambda: survive_restart(stage, chance),
                "many": lambda: survive_many(stage, arguments.documents),
            }
            for part in arguments.part or parts:
                for row in parts[part]():
                    rows.append(row)
                    _say(render(row))
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
    print("| disturbance | times | seen | equal |\n|---|---|---|---|")
    print("\n".join(render(row) for row in rows))
    return 0 if all(row.is_equal for row in rows) else 1


def render(row: Row) -> str:
    """The row as a line of Markdown."""
    equal = {True: "yes", False: "**NO**", None: "**not tried**"}[row.is_equal]
    return f"| {row.what} | {row.times:,} | {row.seen} | {equal} |"


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = ("kills", "portal", "disk", "two", "clock", "restart", "many")
    parser.add_argument("--part", action="append", choices=parts, help="only this part; may be repeated")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--in-a-row", type=int, default=1, help="kills before each night that is left alone")
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
