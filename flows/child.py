"""The reading process: reads one document after another for its parent, and owns nothing that matters.

Promise: imports neither Prefect nor Great Expectations; writes no file; ends by itself when its parent is gone or when a
document takes longer than its deadline and the parent did not stop it. The parent (`flows.workers`) judges everything else.

Protocol, over one pipe: the parent sends `Setup` once and then `Job`s; for each job the child answers `("pages", n)` as
soon as it knows how long the document is, and then `("done", ProcessedDocument)`, `("raised", what and where)` or
`("out of memory", reason)`.
"""

import importlib
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from warehouse.records import ProcessedDocument, Sighting

Reader = Callable[[Path, Sighting], ProcessedDocument]


@dataclass(frozen=True, slots=True)
class Setup:
    """What a child needs to know once. `reader` and `counter` are `module:function`; `path` is the parent's sys.path."""

    reader: str
    counter: str
    memory_bytes: int
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """One document: `base_seconds` bounds the look at its length, then `seconds_per_page` comes on top."""

    path: Path
    sighting: Sighting
    base_seconds: float
    seconds_per_page: float


def count_pages(path: Path) -> int:
    """Pages of a PDF; 0 for what cannot be opened: the reader will say what is wrong with it."""
    import pypdfium2  # noqa: PLC0415  # a child that serves another kind of document need not load it

    try:
        with pypdfium2.PdfDocument(path) as document:
            return len(document)
    except (pypdfium2.PdfiumError, OSError):
        return 0


def resolve_function(name: str) -> Callable[..., object]:
    """The function named `module:function`."""
    module, _, function = name.partition(":")
    found: Callable[..., object] = getattr(importlib.import_module(module), function)
    return found


def serve_parent(connection: Connection) -> None:
    """Read what the parent sends until it closes the pipe."""
    setup: Setup = connection.recv()
    sys.path[:] = list(dict.fromkeys([*sys.path, *setup.path]))
    limit_memory(setup.memory_bytes)
    reader, counter = resolve_function(setup.reader), resolve_function(setup.counter)
    connection.send(("ready", os.getpid()))
    while True:
        try:
            job: Job = connection.recv()
        except EOFError:
            return
        answer = read_one(job, reader, counter, connection)
        connection.send(answer)
        signal.setitimer(signal.ITIMER_REAL, 0)
        if answer[0] != "done":  # after a failure nothing in this process is trusted any more
            return


def read_one(
    job: Job, reader: Callable[..., object], counter: Callable[..., object], connection: Connection
) -> tuple[str, object]:
    """The answer for one job. A reader that raises is a defect; it is told, and costs this process only."""
    set_alarm(job.base_seconds)
    try:
        pages = counter(job.path)
        connection.send(("pages", pages))
        set_alarm(job.base_seconds + job.seconds_per_page * int(str(pages)))
        return "done", reader(job.path, job.sighting)
    except MemoryError:
        return "out of memory", "it asked for more memory than YUSUAN_WORKER_MEMORY_MB allows"
    except Exception as error:  # noqa: BLE001  # it does not go on: the parent makes a finding of it and the process ends
        return "raised", describe_error(error)


def describe_error(error: Exception) -> str:
    """What was raised, and in which line of which module: enough to find the defect."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})"


def limit_memory(limit: int) -> None:
    """Bound the address space, so that a bomb fails here and takes nothing else along."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def set_alarm(seconds: float) -> None:
    """End this process, even inside native code, well after the parent should have done so: it may have been killed itself."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds * 1.5 + 10)


def main() -> None:
    """Entry of the process: the pipe's file descriptor is the only argument."""
    # The pool is parallel over documents; threads inside one document would fight for the same processors.
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", OMP_THREAD_LIMIT="1")
    # Through the imported module, so that the pipe's Setup and Job are the classes that this code knows.
    served = importlib.import_module("flows.child")
    served.serve_parent(Connection(int(sys.argv[1])))


if __name__ == "__main__":
    main()
