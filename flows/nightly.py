"""The nightly flow: discover → fetch → archive → read → validate → load → release → publish where the settings say so.

Promise: driven by a watermark from our own tables (every archived document that this engine version has not finished, every
archived bundle that nobody has opened), so that a night that died is made up for by the next one; one task a document; one
validation; a few commits. It reports to whatever Prefect server PREFECT_API_URL names, and needs that one to be there:
`flows.running` and `prefect.yaml` see to it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.futures import PrefectFuture, as_completed
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows.across import follow_load
from flows.alarms import tell_failure, tell_night
from flows.artifacts import show_progress, show_summary
from flows.closing import Crawled, RunStart, close_run, promise_release, start_run
from flows.cluster import RemoteReading, open_cluster, submit_all
from flows.crawling import add_crawls, list_due_ids, list_silent, list_source_ids, open_left_bundles
from flows.engine import get_engine_version
from flows.loading import apply_verdict
from flows.local import describe_briefly
from flows.lock import hold_warehouse
from flows.opened import open_or_make
from flows.progress import get_reporter
from flows.publishing import list_targets
from flows.reading import Pending, list_pending
from flows.runs import (
    EXIT_BROKEN_PROMISE,
    DocumentOutcome,
    Expectations,
    Promised,
    Publication,
    RunSummary,
    conclude,
)
from flows.settings import Settings, load_settings
from flows.tasks import (
    crawl_source_task,
    judge_staged_task,
    load_staged_task,
    publish_everywhere_task,
    publish_release_task,
    read_document_task,
    read_for_cluster_task,
)
from flows.visits import find_last_visits
from flows.workers import WorkerPool, make_limits
from warehouse.archive import Archive
from warehouse.store import Warehouse


class PromiseBrokenError(RuntimeError):
    """The run ended without something that it promises; `summary` is its account. It fails the flow run in Prefect."""

    def __init__(self, summary: RunSummary) -> None:
        super().__init__(conclude(summary))
        self.summary = summary


# The threads only wait: for portals, and for our reading processes, of which there are as many as the settings say.
_RUNNER: TaskRunner[Any] = ThreadPoolTaskRunner(max_workers=16)


@flow(name="nightly", task_runner=_RUNNER, validate_parameters=True, persist_result=False)
def nightly(
    sources: Sequence[str] = (),
    warehouse_dir: Path | None = None,
    base_urls: Mapping[str, str] | None = None,
    with_release: bool = True,
    workers: int | None = None,
    only_due: bool = False,
) -> RunSummary:
    """One night. `sources`: ids, none for all enabled; `base_urls`: where a source stands that has no fixed address; `only_due`:
    of all enabled sources those that are in season or were not visited for a week (for deployments).

    Raises PromiseBrokenError, WarehouseBusyError.
    """
    settings = load_settings(warehouse_dir, workers=workers)
    with tell_failure(settings):
        last_visits = find_last_visits(settings.runs_dir, datetime.now(UTC))
        summary = run_night(settings, sources, base_urls or {}, with_release=with_release, only_due=only_due)
        tell_night(summary, last_visits, settings)
    show_summary(summary)
    if summary.exit_code == EXIT_BROKEN_PROMISE:
        raise PromiseBrokenError(summary)
    return summary


def run_night(
    settings: Settings, sources: Sequence[str], located: Mapping[str, str], *, with_release: bool, only_due: bool
) -> RunSummary:
    """The night itself, with the warehouse held."""
    run = start_run("run", settings)
    with hold_warehouse(settings.warehouse):
        warehouse, archive = open_or_make(settings), Archive(settings.archive_place)
        with run.stopwatch.measure("discover and fetch"):
            wanted = list_due_ids(settings) if only_due and not sources else list_source_ids(sources, located, settings.sources)
            left = open_left_bundles(archive, settings)
            crawled = add_crawls([left, crawl_sources(wanted, archive, settings, located)])
        silent = list_silent(set(wanted) - set(located), archive, settings)
        crawled = replace(crawled, findings=(*crawled.findings, *silent))
        return process_archive(run, warehouse, archive, settings, crawled, with_release=with_release)


def crawl_sources(source_ids: Iterable[str], archive: Archive, settings: Settings, base_urls: Mapping[str, str]) -> Crawled:
    """All sources at the same time: each has its own hosts, and is polite to them by itself."""
    futures = [crawl_source_task.submit(source_id, archive, settings, base_urls.get(source_id)) for source_id in source_ids]
    return add_crawls(future.result() for future in futures)


def process_archive(
    run: RunStart, warehouse: Warehouse, archive: Archive, settings: Settings, crawled: Crawled, *, with_release: bool
) -> RunSummary:
    """From the archived bytes to the release."""
    engine_version = get_engine_version()
    pending = list_pending(warehouse, archive, engine_version)
    outcomes: tuple[DocumentOutcome, ...] = ()
    if pending:
        with run.stopwatch.measure("read", len(pending)):
            outcomes = read_documents(pending, warehouse, archive, settings, engine_version)
    expectations: Expectations | None = None
    if warehouse.staged():
        with run.stopwatch.measure("validate"):
            judgement = judge_staged_task(warehouse, run.docs_dir, archive)
        with run.stopwatch.measure("load"):
            load = load_staged_task(warehouse, archive, run.run_id, settings.commit_batch)
        outcomes = apply_verdict(outcomes, judgement, load)
        expectations = judgement.expectations
    follow_load(warehouse, run.stopwatch)
    release, promised, published = None, list[Promised](), tuple[Publication, ...]()
    if with_release and warehouse.committed():
        with run.stopwatch.measure("release"):
            release = publish_release_task(warehouse, settings).folder
        promised.append(promise_release(release))
        if promised[-1].kept and list_targets(settings):
            with run.stopwatch.measure("publish"):
                published = publish_everywhere_task(settings, release.name)
    return close_run(
        run,
        settings,
        warehouse,
        engine_version=engine_version,
        outcomes=outcomes,
        expectations=expectations,
        crawled=crawled,
        wanted=crawled.document_ids,
        release=release,
        promised=promised,
        published=published,
    )


def read_documents(
    pending: Sequence[Pending], warehouse: Warehouse, archive: Archive, settings: Settings, engine_version: str
) -> tuple[DocumentOutcome, ...]:
    """One task a document, in our own processes or on a cluster. What Prefect runs here are threads that wait for them."""
    outcomes, progress = [], show_progress(len(pending))
    for outcome in _read_each(pending, warehouse, archive, settings, engine_version):
        outcomes.append(outcome)
        progress.step()
    return tuple(outcomes)


def _read_each(
    pending: Sequence[Pending], warehouse: Warehouse, archive: Archive, settings: Settings, engine_version: str
) -> Iterator[DocumentOutcome]:
    if settings.task_runner != "threads":
        yield from read_on_cluster(pending, warehouse, settings, engine_version)
        return
    with WorkerPool(settings.workers, make_limits(settings), engine_version=engine_version) as pool:
        futures = [read_document_task.submit(document.name, document, pool, warehouse, archive) for document in pending]
        yield from (collect_outcome(future) for future in as_completed(futures))


def read_on_cluster(
    pending: Sequence[Pending], warehouse: Warehouse, settings: Settings, engine_version: str
) -> Iterator[DocumentOutcome]:
    """One task a document, on the workers of a cluster; what they send back is staged here."""
    with open_cluster(settings) as runner:
        for future in submit_all(runner, read_for_cluster_task, pending, settings, engine_version):
            reading: RemoteReading = collect_result(future)
            if reading.document is not None:
                warehouse.stage(reading.document)
            get_reporter().advance(describe_briefly(reading.outcome))
            yield reading.outcome


def collect_outcome(future: PrefectFuture[Any]) -> DocumentOutcome:
    """A task's outcome, told."""
    outcome: DocumentOutcome = collect_result(future)
    get_reporter().advance(describe_briefly(outcome))
    return outcome


def collect_result(future: PrefectFuture[Any]) -> Any:
    """What a task gave, whether it counts as failed in Prefect or not. A defect of ours raises here."""
    result = future.result(raise_on_failure=False)
    if isinstance(result, BaseException):
        raise result
    return result
