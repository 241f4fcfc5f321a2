"""Hostile input: what becomes of spoilt PDF files, of portals that want harm, and of script in titles.

Promise: everything is run for real. `files`: a folder of mutated PDFs through the whole of `yusuan process`, each within its
deadline. `pages`: portals on a real server, visited one by one, while canaries see every request that must not be. `titles`: a
night under a real Prefect server over titles and documents with script in them; every report that it leaves is parsed for what
is still alive.

    .venv/bin/python -m benchmarks.hostile [--part files] [--files 300] [--seed 1] [--trap NAME]
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from benchmarks.hostile_pages import Trap, make_traps, serve_traps
from benchmarks.hostile_pdfs import WAYS, load_sound_files, mutate_files, write_files
from benchmarks.unescaped import PLANTED, find_in_answers, find_steering, inspect_files
from extractors.addresses import resolve_host
from extractors.collect import collect
from extractors.fetch import FetchLimits, Politeness
from extractors.sources import Source, open_fetcher
from flows.crawling import count_visit
from flows.local import process_paths
from flows.runs import DocumentOutcome, RunSummary
from flows.server import run_server
from flows.settings import Settings
from samples.library import SampleDisclosure, sample_disclosures
from samples.portal import serve_portal
from warehouse.archive import Archive

BASE_SECONDS, SECONDS_PER_PAGE = 60.0, 5.0
# No sound file has more; a page tells its own time.
MOST_PAGES = 100
# What a child may take to be killed and told of, on a busy machine.
SLACK_SECONDS = 30.0
TRAP_LIMITS = FetchLimits(
    connect_seconds=2,
    read_seconds=3,
    total_seconds=5,
    max_bytes=30 << 20,
    attempts=2,
    backoff_seconds=0.1,
    max_retry_after_seconds=1,
)
TRAP_SECONDS = 120.0
TRAP_REQUESTS = 300
_SOURCE = """
id: {name}
region_code: "420100"
publisher: 示例
landing_urls: {urls}
allow_private_addresses: true
politeness: {{delay_seconds: 0, respect_robots: false}}
max_pages: 10
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    times: int
    seen: str
    is_good: bool


# Spoilt files


def is_defect(outcome: DocumentOutcome) -> bool:
    """A refusal that is a defect of ours, contained as it is; that the bound on memory ended a bomb is none."""
    is_bomb = outcome.reason == "worker-died" and "memory" in (outcome.explanation or "")
    return outcome.reason in {"internal-error", "worker-died"} and not is_bomb


def try_files(folder: Path, count: int, seed: int) -> Iterator[Row]:
    """Mutated PDFs through the whole of `yusuan process`."""
    files = list(mutate_files(load_sound_files(), count, seed))
    write_files(files, folder / "files")
    settings = Settings(
        warehouse=folder / "warehouse",
        workers=2,
        deadline_base_seconds=BASE_SECONDS,
        deadline_seconds_per_page=SECONDS_PER_PAGE,
        worker_memory_mb=4096,
    )
    begun = time.monotonic()
    summary = process_paths([folder / "files"], settings)
    seconds = time.monotonic() - begun
    for way in WAYS:
        yield _describe_way(way, [outcome for outcome in summary.documents if f"-{way}-" in outcome.name[: len(way) + 5]])
    yield _describe_whole(summary, len({content for _, content in files}), seconds)
    yield _describe_reports(folder / "warehouse", "reports of the mutated files")


def _describe_way(way: str, outcomes: Sequence[DocumentOutcome]) -> Row:
    ends = Counter(outcome.reason or outcome.status for outcome in outcomes)
    slowest = max((outcome.seconds for outcome in outcomes), default=0.0)
    defects = [f"{outcome.name}: {outcome.explanation}" for outcome in outcomes if is_defect(outcome)]
    for defect in defects:
        _say(defect)
    return Row(f"PDF: {way}", len(outcomes), f"{_list(ends)}; slowest {slowest:.0f} s", not defects)


def _describe_whole(summary: RunSummary, expected: int, seconds: float) -> Row:
    broken = [entry.what for entry in summary.promised if not entry.kept]
    allowed = BASE_SECONDS + MOST_PAGES * SECONDS_PER_PAGE + SLACK_SECONDS
    late = [outcome.name for outcome in summary.documents if outcome.seconds > allowed]
    is_good = len(summary.documents) == expected and not broken and not late
    ended = f"{len(summary.documents)} of {expected} ended, {len(late)} over their time"
    seen = f"{ended}, promises broken: {len(broken)}, {seconds:.0f} s"
    return Row("PDF: all of them in one run", expected, seen, is_good)


# Hostile portals


def try_pages(folder: Path, names: Sequence[str]) -> Iterator[Row]:
    """Every trap visited once, a kind a row."""
    traps = [trap for trap in make_traps() if not names or trap.name in names]
    with serve_traps(traps) as (url, canary, log):
        visits = [visit_trap(trap, url, folder / trap.name, log) for trap in traps]
    for kind in dict.fromkeys(trap.kind for trap in traps):
        of_kind = [visit for visit in visits if visit.trap.kind == kind]
        ends = Counter(end for visit in of_kind for end in visit.ends)
        slowest, most = max(visit.seconds for visit in of_kind), max(visit.requests for visit in of_kind)
        bad = [visit for visit in of_kind if not visit.is_good]
        for visit in bad:
            _say(f"{visit.trap.name}: {visit.trouble or 'too many requests'} ({visit.seconds:.0f} s, {visit.requests} requests)")
        yield Row(f"pages: {kind}", len(of_kind), f"{_list(ends)}; slowest {slowest:.0f} s, most requests {most}", not bad)
    for asked in canary.asked:
        _say(f"the canary was asked: {asked}")
    yield Row(
        "requests that left the allowed hosts (canaries on another port and address)",
        len(traps),
        f"{len(canary.asked)}",
        not canary.asked,
    )


@dataclass(frozen=True, slots=True)
class Visit:
    """What one trap did."""

    trap: Trap
    ends: tuple[str, ...]
    seconds: float
    requests: int
    trouble: str = ""

    @property
    def is_good(self) -> bool:
        """It ended by itself, in time, and did not have us ask for ever."""
        return not self.trouble and self.requests <= TRAP_REQUESTS


def visit_trap(trap: Trap, url: str, folder: Path, log: list[str]) -> Visit:
    """One visit, given up after TRAP_SECONDS."""
    source = Source(
        id="trap",
        region_code="420100",
        publisher="示例",
        landing_urls=(f"{url}/{trap.name}/",),
        allow_private_addresses=True,
        politeness=Politeness(delay_seconds=0.0),
        max_pages=10,
    )
    ends: list[str] = []
    trouble: list[str] = ["it did not end"]

    def run() -> None:
        try:
            with open_fetcher(source, limits=TRAP_LIMITS, resolve=resolve_traps) as fetcher:
                items = list(collect(source, fetcher, Archive(folder)))
            count_visit(source.id, items)
            ends.extend(str(item.finding["finding_kind"]) if item.finding else item.state for item in items)
            trouble.clear()
        except BaseException as error:  # noqa: BLE001  # told as what the trap did
            trouble[:] = [f"{type(error).__name__}: {str(error)[:200]}"]

    before, begun = len(log), time.monotonic()
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(TRAP_SECONDS)
    return Visit(trap, tuple(ends), time.monotonic() - begun, len(log) - before, "; ".join(trouble))


def resolve_traps(host: str, port: int) -> list[str]:
    """Names of the traps: one that is inside, one that has an address outside and one inside."""
    if host == "rebind.example":
        return ["203.0.113.7", "127.0.0.1"]
    return ["127.0.0.1"] if host.endswith(".example") else resolve_host(host, port)


# Script in titles


def try_titles(folder: Path) -> Iterator[Row]:
    """A night over planted titles, and everything that it leaves or prints."""
    warehouse = folder / "warehouse"
    traps = [
        trap
        for trap in make_traps()
        if trap.kind in ("script in titles", "entity and markup tricks") or trap.name == "file-script-zip"
    ]
    with (
        serve_traps(traps) as (url, canary, _),
        serve_portal(documents=plant_documents()) as portal,
        _listen_for_notices() as (hook, told),
    ):
        (folder / "sources").mkdir()
        urls = [f"{url}/{trap.name}/" for trap in traps]
        (folder / "sources" / "hostile.yml").write_text(_SOURCE.format(name="hostile", urls=json.dumps(urls)))
        (folder / "sources" / "planted.yml").write_text(
            _SOURCE.format(name="planted", urls=json.dumps([f"{portal.url}/zwgk/czyjs/"]))
        )
        run = _make_runner(folder, warehouse, hook)
        night = run("run", "hostile", "planted")
        outputs = {"run": night, **{name: run(*arguments) for name, arguments in _QUESTIONS.items()}}
        outputs["show"] = "\n".join(run("show", document) for document in _list_documents(run)[:20])
        # Who is told: of a failed night with such a message.
        run("notify", PLANTED[9])
    yield Row(
        "titles: the night",
        len(traps) + len(PLANTED),
        next((line for line in night.splitlines() if "Exit code" in line), "it did not end")[:120],
        "Exit code" in night,
    )
    yield _describe_reports(warehouse, "titles: run account, validation report, Great Expectations' pages, release")
    steered = [f"{name}: {seen}" for name, text in outputs.items() for seen in find_steering(text)]
    yield _describe_alive("titles: what the commands print", len(outputs), steered)
    notices = [seen for body in told for seen in find_steering("".join(map(str, json.loads(body).values())))]
    yield _describe_alive("titles: notices", len(told), notices)
    answers = ask_server(warehouse)
    yield _describe_alive("titles: artifacts in Prefect", len(answers), list(find_in_answers(answers)))
    yield Row("titles: canaries", 2, f"{len(canary.asked)} requests", not canary.asked)


_QUESTIONS = {
    "findings": ("findings",),
    "sources": ("sources", "list"),
    "titles": ("query", "SELECT title, department_name, url FROM core_disclosures"),
    "archive": ("query", "SELECT title, department_name, url FROM archive_documents"),
    "messages": ("query", "SELECT message FROM core_findings"),
    "csv": ("query", "SELECT title FROM archive_documents", "--format", "csv"),
    "unknown": ("show", PLANTED[9]),
}


@dataclass(frozen=True, slots=True)
class Planted:
    """A sample whose issuer's name, in the PDF and on the portal, is a planted text."""

    sample: SampleDisclosure
    number: int

    @property
    def id(self) -> str:
        """Its own."""
        return f"{self.sample.id}-{self.number}"

    @property
    def title(self) -> str:
        """With the planted text."""
        return self.sample.title

    @property
    def department(self) -> str:
        """With the planted text."""
        return self.sample.department

    @property
    def year(self) -> int:
        """The sample's."""
        return self.sample.year

    @property
    def phase(self) -> str:
        """The sample's."""
        return self.sample.phase

    @property
    def region_code(self) -> str:
        """The sample's."""
        return self.sample.region_code

    def draw(self) -> bytes:
        """The PDF, and bytes that no other has."""
        return self.sample.draw() + f"\n% {self.number}\n".encode()


def plant_documents() -> list[Planted]:
    """Small samples, one a planted text."""
    smallest = sorted(sample_disclosures(), key=lambda sample: len(sample.draw()))[:3]
    planted = []
    for number, text in enumerate(PLANTED):
        sample = smallest[number % len(smallest)]
        # What steers a terminal has no picture in a font, so the PDF has only what can be printed.
        name = f"{sample.department}{''.join(letter for letter in text if letter.isprintable())}"
        budget = sample.budget.model_copy(update={"department": name})
        planted.append(
            Planted(
                replace(sample, department=f"{sample.department}{text}", title=f"{sample.title}{text}", budget=budget), number
            )
        )
    return planted


def _make_runner(folder: Path, warehouse: Path, hook: str) -> Callable[..., str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "YUSUAN_"))}
    environment |= {
        "YUSUAN_SOURCES": str(folder / "sources"),
        "YUSUAN_NOTIFY_URL": hook,
        "YUSUAN_WAREHOUSE": str(warehouse),
        "YUSUAN_WORKERS": "2",
        "YUSUAN_SERVER_START_SECONDS": "900",
    }

    def run(*arguments: str) -> str:
        """Everything that the command printed."""
        command = [sys.executable, "-m", "flows.cli", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=1800)  # noqa: S603  # ours
        return (done.stdout + done.stderr).decode(errors="replace")

    return run


def _list_documents(run: Callable[..., str]) -> list[str]:
    with contextlib.suppress(ValueError):
        return [
            row["document_id"] for row in json.loads(run("query", "SELECT document_id FROM core_disclosures", "--format", "json"))
        ]
    return []


@contextlib.contextmanager
def _listen_for_notices() -> Iterator[tuple[str, list[bytes]]]:
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer  # noqa: PLC0415  # only here

    told: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", told
    finally:
        server.shutdown()
        server.server_close()


def ask_server(warehouse: Path) -> list[dict[str, object]]:
    """The artifacts that the night left in the database of its own Prefect server, and its task runs' messages."""
    with run_server(warehouse / "prefect", 900) as server:
        server.wait()
        answers: list[dict[str, object]] = httpx.post(
            f"{server.url}/artifacts/filter", json={}, timeout=60, trust_env=False
        ).json()
    return answers


# What they share


def _describe_reports(warehouse: Path, what: str) -> Row:
    read, alive = inspect_files(warehouse / "runs")
    more, alive_too = inspect_files(warehouse / "releases")
    return _describe_alive(what, read + more, alive + alive_too)


def _describe_alive(what: str, read: int, alive: Sequence[str]) -> Row:
    for seen in alive[:20]:
        _say(f"alive: {seen}")
    return Row(what, read, f"{len(alive)} alive", not alive and read > 0)


def _list(ends: Counter[str]) -> str:
    return ", ".join(f"{end} {count}" for end, count in ends.most_common()) or "nothing"


def _say(text: str) -> None:
    print(text.encode("ascii", "backslashreplace").decode(), file=sys.stderr, flush=True)


def main() -> int:
    """Run the parts that are asked for and print the table."""
    arguments = _parse_arguments()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="yusuan-hostile-") as name:
        parts: dict[str, Callable[[Path], Iterator[Row]]] = {
            "files": lambda folder: try_files(folder, arguments.files, arguments.seed),
            "pages": lambda folder: try_pages(folder, arguments.trap),
            "titles": try_titles,
        }
        for part in arguments.part or parts:
            folder = Path(name) / part
            folder.mkdir()
            for row in parts[part](folder):
                rows.append(row)
                _say(_render(row))
    print("| hostile input | times | seen | good |\n|---|---|---|---|")
    print("\n".join(_render(row) for row in rows))
    return 0 if all(row.is_good for row in rows) else 1


def _render(row: Row) -> str:
    return f"| {row.what} | {row.times:,} | {row.seen} | {'yes' if row.is_good else '**NO**'} |"


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", action="append", choices=("files", "pages", "titles"), help="only this part; may be repeated")
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trap", action="append", default=[], help="only the trap of this name; may be repeated")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
