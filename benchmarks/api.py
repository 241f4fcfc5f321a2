"""The query service under load on loopback: questions a second, how long the slowest hundredth takes, and memory.

Promise: the server is `yusuan serve --api` as a process of its own, over a warehouse of documents as `benchmarks.warehouse` makes
them; the readers, in processes of their own, have one kept connection each and ask again as soon as they have the answer. They
share the machine with the server, so that a machine of its own answers more; `cpu` is the server's processor time for an answer,
which does not depend on that. Every answer is looked at: another status than the expected ends the measurement.

    .venv/bin/python -m benchmarks.api [--documents 300] [--seconds 8] [--readers 4]
"""

import argparse
import http.client
import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.pool import Pool
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from benchmarks.warehouse import BATCH, load_batch
from flows.loading import split
from warehouse.store import Warehouse

CROWD = 96  # connections at once: more than may wait
PROCESSES = 4  # of readers; a reader is a thread of one


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `tag`: sent as `If-None-Match`."""

    name: str
    path: str
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What one reader met: by status how often, and the milliseconds of each answer."""

    statuses: Counter[int]
    milliseconds: list[float]
    size: int


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--readers", type=int, default=4)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yusuan-benchmark-") as folder:
        store = Warehouse.open(Path(folder) / "warehouse")
        for batch in split(range(chosen.documents), BATCH):
            load_batch(store, batch, 1, "new")
        with serve(Path(folder)) as (process, address), multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
            pool.map(time.sleep, [1] * PROCESSES, chunksize=1)  # until all have begun
            for line in measure_all(pool, process, address, chosen.seconds, chosen.readers):
                print(line, flush=True)
    return 0


@contextmanager
def serve(folder: Path) -> Iterator[tuple[int, str]]:
    """The server's process number and the address of the interface."""
    (folder / "portal").mkdir()
    command = [str(Path(sys.executable).with_name("yusuan")), "serve", "--api", "--no-build", "--port", "0"]
    command += ["--warehouse", str(folder / "warehouse"), "--into", str(folder / "portal")]
    surroundings = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=surroundings) as process:  # noqa: S603  # ours
        try:
            if process.stdout is None or not (found := re.search(r"http://\S+/api/v1(?=,)", process.stdout.readline())):
                raise RuntimeError("the server did not say where it is")
            yield process.pid, found[0]
        finally:
            process.send_signal(signal.SIGINT)


def measure_all(pool: Pool, process: int, address: str, seconds: float, readers: int) -> Iterator[str]:
    """The lines of the table, as they are measured."""
    questions = list(list_questions(address))
    yield f"memory once the newest state is open: {read_memory(process)['VmRSS']} MiB"
    yield f"{'question':44} {'readers':>7} {'a second':>9} {'p50 ms':>8} {'p99 ms':>8} {'cpu ms':>7} {'kB':>7}"
    for question in questions:
        before = read_processor(process)
        met = measure(pool, address, question, readers, seconds, {304} if question.tag else {200})
        yield describe(question.name, readers, seconds, met, read_processor(process) - before)
    before = read_processor(process)
    met = measure(pool, address, questions[1], CROWD, seconds, {200, 503})
    yield describe(f"{questions[1].name}, a crowd", CROWD, seconds, met, read_processor(process) - before)
    statuses = sum((one.statuses for one in met), Counter[int]())
    yield f"of the crowd answered {statuses[200]:,}, told to come again {statuses[503]:,}"
    yield f"memory afterwards: {read_memory(process)['VmRSS']} MiB, at most {read_memory(process)['VmHWM']} MiB"


def list_questions(address: str) -> Iterator[Question]:
    """Those of readers: a document, a region and year, a view, a large page in each form, a place far behind, an answer known."""
    row = fetch(address, "/core_disclosures?limit=1")["rows"][0]
    document, region, year = row["document_id"], row["region_code"], row["fiscal_year"]
    yield Question("lines of a document (100)", f"/core_budget_lines?document_id={document}")
    yield Question("lines of a region and a year (100)", f"/core_budget_lines?region_code={region}&fiscal_year={year}")
    yield Question("totals since a year, counted", f"/core_budget_lines?row_kind=total&total=true&fiscal_year.min={year}")
    spending = f"/out_spending_by_function?function_code.prefix=208&region_code={region}"
    yield Question("spending by function, by code and region", spending)
    for written in ("json", "csv", "parquet"):
        yield Question(f"1,000 lines as {written}", f"/core_budget_lines?limit=1000&format={written}")
    far = str(fetch(address, "/core_budget_lines?limit=10000")["next"]).replace("limit=10000", "limit=100")
    yield Question("the page behind 10,000 lines (100)", far.removeprefix(urlsplit(address).path))
    with connect(address) as connection:
        tag = ask(connection, address, Question("", "/core_budget_lines?limit=1000")).getheader("ETag")
    yield Question("1,000 lines, unchanged (304)", "/core_budget_lines?limit=1000", tag)


def fetch(address: str, path: str) -> dict[str, Any]:
    """One answer in JSON."""
    with connect(address) as connection:
        # JSON has no types.
        return json.loads(ask(connection, address, Question("", path)).read())  # type: ignore[no-any-return]


@contextmanager
def connect(address: str) -> Iterator[http.client.HTTPConnection]:
    """A connection that is kept."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    try:
        yield connection
    finally:
        connection.close()


def ask(connection: http.client.HTTPConnection, address: str, question: Question) -> http.client.HTTPResponse:
    """Send it; the answer is still to be read."""
    headers = {"If-None-Match": question.tag} if question.tag else {}
    connection.request("GET", urlsplit(address).path + question.path, headers=headers)
    return connection.getresponse()


def measure(pool: Pool, address: str, question: Question, readers: int, seconds: float, expected: set[int]) -> list[Asked]:
    """Let the readers ask all at once for so long. Raises RuntimeError for a status that is not expected."""
    shares = [readers // PROCESSES + (number < readers % PROCESSES) for number in range(PROCESSES)]
    begin = time.time() + 0.5
    met = pool.starmap(read_together, [(address, question, share, begin, seconds) for share in shares if share], chunksize=1)
    if strange := {status for one in met for status in one.statuses} - expected:
        raise RuntimeError(f"{question.path} was answered with {sorted(strange)}")
    return met


def read_together(address: str, question: Question, readers: int, begin: float, seconds: float) -> Asked:
    """Some readers of one process, a thread each."""
    with ThreadPoolExecutor(readers) as threads:
        met = list(threads.map(lambda _: read_on(address, question, begin, seconds), range(readers)))
    statuses = sum((one.statuses for one in met), Counter[int]())
    return Asked(statuses, [moment for one in met for moment in one.milliseconds], max(one.size for one in met))


def read_on(address: str, question: Question, begin: float, seconds: float) -> Asked:
    """Ask again and again, from a moment on that all readers have in common."""
    statuses, milliseconds, size = Counter[int](), list[float](), 0
    time.sleep(max(0.0, begin - time.time()))
    with connect(address) as connection:
        while time.time() < begin + seconds:
            sent = time.perf_counter()
            answer = ask(connection, address, question)
            size = max(size, len(answer.read()))
            milliseconds.append((time.perf_counter() - sent) * 1000)
            statuses[answer.status] += 1
    return Asked(statuses, milliseconds, size)


def describe(name: str, readers: int, seconds: float, met: Sequence[Asked], spent: float) -> str:
    """A line of the table. `spent`: seconds of the server's processor time, which a busy machine does not change."""
    waited = sorted(moment for one in met for moment in one.milliseconds)
    slowest = waited[min(len(waited) - 1, len(waited) * 99 // 100)]
    size = max(one.size for one in met) / 1000
    rate, each = len(waited) / seconds, spent * 1000 / len(waited)
    return f"{name:44} {readers:7} {rate:9.1f} {median(waited):8.1f} {slowest:8.1f} {each:7.1f} {size:7.1f}"


def read_processor(process: int) -> float:
    """Seconds of processor time that a process has taken."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def read_memory(process: int) -> dict[str, int]:
    """MiB that a process holds and held at most."""
    lines = Path(f"/proc/{process}/status").read_text("ascii").splitlines()
    return {
        name: int(rest.split()[0]) // 1024 for name, _, rest in (line.partition(":") for line in lines) if name.startswith("Vm")
    }


if __name__ == "__main__":
    sys.exit(main())
