"""A pool of reading processes that can be killed, each document with its own deadline.

Promise: `WorkerPool.read` always returns a ProcessedDocument: a reader that hangs is killed and the document refused with
`deadline-exceeded`; one whose process dies twice (memory, a fault in native code) with `worker-died`; one whose reader raises
with `internal-error`; the next document gets a new process. Thread-safe: call it from as many threads as there are workers.

Why not concurrent.futures: one dead child breaks that whole pool, and it cannot stop a running call. Why not
multiprocessing: its spawn imports the parent's main module again, and under Prefect that costs seconds in every child.
Results come back to the parent, which stages them: so the warehouse has one writing process, and a killed child can leave
nothing half written.
"""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import Pipe
from pathlib import Path
from typing import IO, Any, Self

from flows.child import Job, Setup
from flows.engine import get_document_version
from flows.errors import YusuanError
from flows.refusals import refuse_document
from flows.settings import Settings
from warehouse.issues import make_finding
from warehouse.records import ProcessedDocument, Row, Sighting

START_SECONDS = 120.0  # a child imports camelot, opencv and pandas before it is ready; on a loaded machine that takes a while


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost: time, memory, and for how many documents a process serves."""

    base_seconds: float = 120.0
    seconds_per_page: float = 10.0
    memory_bytes: int = 6 << 30
    recycle_after: int = 40


def make_limits(settings: Settings) -> Limits:
    """The limits that the settings name."""
    return Limits(
        base_seconds=settings.deadline_base_seconds,
        seconds_per_page=settings.deadline_seconds_per_page,
        memory_bytes=settings.worker_memory_mb << 20,
        recycle_after=settings.worker_documents,
    )


class WorkerStartError(YusuanError):
    """A reading process cannot even start: a broken installation, not a bad document. Ends the run."""


class PoolClosedError(RuntimeError):
    """The pool was closed while this document was waiting or in work: nothing is known about the document."""


class _ChildEndedError(Exception):
    """The child is gone; the message says how it ended."""


class _DeadlineError(Exception):
    """The child did not answer in time; `seconds` it had."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer within {seconds:g} seconds")
        self.seconds = seconds


class _Child:
    """One process, its pipe, and what it printed."""

    def __init__(self, setup: Setup) -> None:
        self._connection, theirs = Pipe()
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed by end()
        try:
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                [sys.executable, "-P", "-m", "flows.child", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                start_new_session=True,  # Ctrl-C is the parent's to handle; and the whole group can be killed
            )
        finally:
            theirs.close()
        self.documents = 0
        try:
            self._connection.send(setup)
            self.receive(START_SECONDS)
        except (_ChildEndedError, _DeadlineError, OSError) as error:
            reason = self.describe_end() if isinstance(error, OSError) else str(error)
            self.end()
            raise WorkerStartError(f"a reading process does not start: {reason}") from error

    def send(self, job: Job) -> None:
        try:
            self._connection.send(job)
        except OSError as error:
            raise _ChildEndedError(self.describe_end()) from error
        self.documents += 1

    def receive(self, seconds: float) -> tuple[str, Any]:
        """The child's next message. Raises _DeadlineError, _ChildEndedError."""
        try:
            if not self._connection.poll(max(seconds, 0)):
                raise _DeadlineError(seconds)
            message: tuple[str, Any] = self._connection.recv()
        except (EOFError, OSError) as error:
            raise _ChildEndedError(self.describe_end()) from error
        return message

    def describe_end(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        code = self._process.returncode
        how = "it closed its pipe" if code is None else f"exit code {code}"
        if code is not None and code < 0:
            how = f"killed by signal {signal.Signals(-code).name}"
        said = self._read_last_words()
        return f"{how}: {said}" if said else how

    def _read_last_words(self) -> str:
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, self._log.tell() - 2000))
        lines = [line.strip() for line in self._log.read().decode(errors="replace").splitlines() if line.strip()]
        return lines[-1][:200] if lines else ""

    def kill(self) -> None:
        """Kill the process and all that it started. Its pipe stays open for the thread that listens to it."""
        if self._process.returncode is not None:  # its number may be another's by now
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """Kill, and give back what the operating system holds. For the thread that uses the child only."""
        self.kill()
        self._process.wait()
        self._connection.close()
        self._log.close()


class WorkerPool:
    """`workers` processes, started when first needed. Use as a context manager; leaving it kills what still runs."""

    def __init__(
        self,
        workers: int,
        limits: Limits,
        *,
        engine_version: str,
        reader: str = "flows.process:read_document",
        counter: str = "flows.child:count_pages",
    ) -> None:
        self._limits = limits
        self._engine_version = engine_version
        self._setup = Setup(reader, counter, limits.memory_bytes, tuple(entry for entry in sys.path if entry))
        self._slots: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(workers):
            self._slots.put(None)
        self._alive: set[_Child] = set()
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill every process. A document in work, or waiting, raises PoolClosedError in its thread."""
        with self._lock:
            self._closed = True
            children = list(self._alive)
        for child in children:
            child.kill()
        with contextlib.suppress(queue.Empty):
            while True:  # those that nobody listens to; the others are ended by their threads
                self._end_child(self._slots.get_nowait())

    def read(self, path: Path, sighting: Sighting) -> ProcessedDocument:
        """One document, read in a child process. Waits for a free one. Raises PoolClosedError, WorkerStartError only."""
        limits = self._limits
        job = Job(path, sighting, limits.base_seconds, limits.seconds_per_page)
        started = time.monotonic()
        try:
            try:
                outcome = self._read_once(job)
            except _ChildEndedError:
                # It may have been killed from outside, or have died before it got this document: only a document that takes
                # a second process down as well is refused for it.
                outcome = self._read_once(job)
        except _DeadlineError as error:
            return self._refuse(sighting, started, make_finding("deadline-exceeded", seconds=f"{error.seconds:g}"))
        except _ChildEndedError as error:
            return self._refuse(sighting, started, make_finding("worker-died", reason=hide_path(str(error), path)))
        return outcome if isinstance(outcome, ProcessedDocument) else self._refuse(sighting, started, outcome)

    def _read_once(self, job: Job) -> ProcessedDocument | Row:
        """The answer of one child, which serves again if it gave a document."""
        with self._borrow_child() as (child, keep):
            try:
                outcome = _await_result(child, job)
            except _ChildEndedError as error:
                if self._closed:
                    raise PoolClosedError("the pool was closed while a document was in work") from error
                raise
            if isinstance(outcome, ProcessedDocument) and child.documents < self._limits.recycle_after:
                keep()
            return outcome

    def _refuse(self, sighting: Sighting, started: float, finding: Row) -> ProcessedDocument:
        seconds = {"read": time.monotonic() - started}
        version = get_document_version(self._engine_version, sighting.document_id)
        return refuse_document(sighting, finding, engine_version=version, seconds=seconds)

    @contextlib.contextmanager
    def _borrow_child(self) -> Iterator[tuple[_Child, Any]]:
        """A free child; it goes back to the pool only if `keep` was called, else it is killed."""
        if self._closed:
            raise PoolClosedError("the pool is closed")
        child = self._slots.get()
        kept: list[_Child] = []
        try:
            child = child or self._start_child()
            yield child, lambda: kept.append(child)
        finally:
            if not kept or self._closed:
                self._end_child(child)
                kept.clear()
            self._slots.put(kept[0] if kept else None)

    def _end_child(self, child: _Child | None) -> None:
        if child is None:
            return
        with self._lock:
            self._alive.discard(child)
        child.end()

    def _start_child(self) -> _Child:
        child = _Child(self._setup)
        with self._lock:
            if not self._closed:
                self._alive.add(child)
                return child
        child.end()
        raise PoolClosedError("the pool is closed")


def _await_result(child: _Child, job: Job) -> ProcessedDocument | Row:
    """The processed document, or the finding that says why there is none.

    The deadline grows once the child has told the page count.
    """
    begun = time.monotonic()
    child.send(job)
    allowed = job.base_seconds
    while True:
        kind, payload = _receive_until(child, begun, allowed)
        if kind == "pages":
            allowed = job.base_seconds + job.seconds_per_page * payload
        elif kind == "done" and isinstance(payload, ProcessedDocument):
            return payload
        elif kind == "raised":
            return make_finding("internal-error", reason=hide_path(payload, job.path))
        elif kind == "out of memory":
            return make_finding("worker-died", reason=payload)
        else:
            raise _ChildEndedError(f"it answered {kind!r} with a {type(payload).__name__}")


def hide_path(text: str, path: Path) -> str:
    """The text without the place of the file: findings are published, and where our files lie is nobody's business."""
    return text.replace(str(path.absolute()), "the file").replace(str(path), "the file")


def _receive_until(child: _Child, begun: float, allowed: float) -> tuple[str, Any]:
    try:
        return child.receive(begun + allowed - time.monotonic())
    except _DeadlineError as error:
        raise _DeadlineError(allowed) from error
