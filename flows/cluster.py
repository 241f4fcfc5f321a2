"""Documents read on a cluster: Dask or Ray, which Prefect's task runners speak to, in the place of this machine's processes.

Promise: the same reading as here. A worker borrows the archived bytes, reads them in a process of its own that can be killed, and
sends back checked tables; it writes into no warehouse, so that this machine stays the one that stages and commits. A worker whose
code reads differently refuses. Keys do not travel: each worker has its own environment.
"""

import contextlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.engine import get_engine_version
from flows.errors import UsageError, YusuanError
from flows.reading import Pending, read_archived
from flows.runs import DocumentOutcome
from flows.settings import Settings, load_settings
from flows.workers import Limits, WorkerPool, make_limits
from warehouse.archive import Archive
from warehouse.staging import CheckedDocument, check_document

if TYPE_CHECKING:
    from prefect import Task
    from prefect.futures import PrefectFuture
    from prefect.task_runners import TaskRunner

# Enough to keep every reading process busy while results come back; more would only fill the cluster's memory with them.
_TASKS_A_WORKER = 3
_CONNECT_SECONDS = 20


class NoClusterError(UsageError):
    """The cluster that the settings name cannot be used from here."""


class OtherEngineError(YusuanError):
    """A worker of the cluster has another version of the reading code."""


@dataclass(frozen=True, slots=True)
class RemoteReading:
    """What a worker sends back; no document where the archive has lost the bytes."""

    outcome: DocumentOutcome
    document: CheckedDocument | None


def read_for_cluster(pending: Pending, archive: str, engine_version: str) -> RemoteReading:
    """What a worker does with one document. Raises OtherEngineError."""
    if (own := get_engine_version()) != engine_version:
        raise OtherEngineError(
            f"a worker of the cluster reads with {own}, and this run with {engine_version}: install the same there"
        )
    settings = load_settings(archive=archive)
    pool = _share_pool(settings.workers, make_limits(settings), engine_version)
    reading = read_archived(pool, Archive(settings.archive_place), pending)
    return RemoteReading(reading.outcome, check_document(reading.document) if reading.document else None)


@cache
def _share_pool(workers: int, limits: Limits, engine_version: str) -> WorkerPool:
    """The reading processes of this worker; they are started when needed and end with it."""
    return WorkerPool(workers, limits, engine_version=engine_version)


@contextlib.contextmanager
def open_cluster(settings: Settings) -> Iterator["TaskRunner[Any]"]:
    """The runner of Prefect that the settings name, ready for tasks; without an address a cluster on this machine.

    Raises NoClusterError.
    """
    with contextlib.ExitStack() as stack:
        try:
            runner = stack.enter_context(_open_dask(settings) if settings.task_runner == "dask" else _open_ray(settings))
        except ImportError as error:
            raise NoClusterError(
                f"YUSUAN_TASK_RUNNER={settings.task_runner} needs the extra: pip install 'yusuan[{settings.task_runner}]'"
            ) from error
        except OSError as error:
            raise NoClusterError(f"no {settings.task_runner} cluster answers at {settings.cluster_address} ({error})") from error
        yield runner


@contextlib.contextmanager
def _open_dask(settings: Settings) -> "Iterator[TaskRunner[Any]]":
    from prefect_dask.task_runners import DaskTaskRunner  # noqa: PLC0415  # an extra

    here = {"n_workers": settings.workers, "threads_per_worker": 1, "dashboard_address": None}
    runner = (
        DaskTaskRunner(address=settings.cluster_address, client_kwargs={"timeout": _CONNECT_SECONDS})
        if settings.cluster_address
        else DaskTaskRunner(cluster_kwargs=here)
    )
    with runner:
        assert runner.client  # noqa: S101  # connects now, and not with the first document
        yield runner


@contextlib.contextmanager
def _open_ray(settings: Settings) -> "Iterator[TaskRunner[Any]]":
    from prefect_ray import RayTaskRunner  # noqa: PLC0415  # an extra

    here = {"num_cpus": settings.workers, "include_dashboard": False}
    with (
        RayTaskRunner(address=settings.cluster_address) if settings.cluster_address else RayTaskRunner(init_kwargs=here) as runner
    ):
        yield runner


def submit_all(
    runner: "TaskRunner[Any]", task: "Task[Any, Any]", pending: Sequence[Pending], settings: Settings, engine_version: str
) -> Iterator["PrefectFuture[Any]"]:
    """The futures of all documents in their order, of which only a few are at work at a time."""
    place = settings.archive_place
    archive = str(place.absolute()) if isinstance(place, Path) else place.url
    at_work: deque[PrefectFuture[Any]] = deque()
    for document in pending:
        if len(at_work) >= settings.workers * _TASKS_A_WORKER:
            yield at_work.popleft()
        parameters = {"name": document.name, "pending": document, "archive": archive, "engine_version": engine_version}
        at_work.append(runner.submit(task, parameters))
    while at_work:
        yield at_work.popleft()
