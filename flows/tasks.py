"""The tasks of the nightly flow: the only module with @task and @materialize.

Promise: each wraps one plain function and adds what Prefect is for: a name, a tag, retries, a state that tells. Prefect keeps
no results and nothing is cached by it: what is done is known from our own tables. There is no `timeout_seconds`: it stops nothing
in a thread or in native code; the pool of reading processes has the deadlines.
"""

from pathlib import Path
from typing import Any

from prefect import task
from prefect.assets import Asset, materialize
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.closing import Crawled
from flows.cluster import read_for_cluster
from flows.crawling import crawl_source
from flows.loading import Judgement, Load, judge_staged, load_staged
from flows.publish import Published, publish_release
from flows.publishing import publish_everywhere
from flows.reading import Pending, read_into_staging
from flows.runs import DocumentOutcome, Publication
from flows.settings import Settings
from flows.workers import WorkerPool
from warehouse.archive import Archive
from warehouse.store import Warehouse

# Where data come from and what is made of them, as the server draws it: archive → tables → release.
ARCHIVE, TABLES, RELEASE = (Asset(key=f"yusuan://{name}") for name in ("archive", "tables", "release"))


@task(task_run_name="crawl {source_id}", tags=["crawl"], cache_policy=NO_CACHE, persist_result=False)
def crawl_source_task(source_id: str, archive: Archive, settings: Settings, base_url: str | None) -> Crawled:
    """Discover and fetch one source. Retries are the fetcher's, request by request: no portal is crawled twice for one page."""
    return crawl_source(source_id, archive, settings, base_url=base_url)


@task(task_run_name="read {name}", tags=["document"], cache_policy=NO_CACHE, persist_result=False)
def read_document_task(name: str, pending: Pending, pool: WorkerPool, warehouse: Warehouse, archive: Archive) -> State[Any]:
    """Read and stage one document. A refused document fails its own task, and nothing else."""
    outcome = read_into_staging(pool, warehouse, archive, pending)
    return _tell_state(outcome, outcome)


@task(task_run_name="read {name}", tags=["document"], cache_policy=NO_CACHE, persist_result=False)
def read_for_cluster_task(name: str, pending: Pending, archive: str, engine_version: str) -> State[Any]:
    """Read one document on a worker of a cluster; what came of it travels back with the state."""
    reading = read_for_cluster(pending, archive, engine_version)
    return _tell_state(reading.outcome, reading)


def _tell_state(outcome: DocumentOutcome, data: Any) -> State[Any]:
    if outcome.status == "refused":
        return Failed(message=f"{outcome.name}: {outcome.reason}: {outcome.explanation}", data=data)
    return Completed(message=f"{outcome.name}: {outcome.tables} tables, {outcome.lines} rows", data=data)


@task(name="validate", cache_policy=NO_CACHE, persist_result=False)
def judge_staged_task(warehouse: Warehouse, docs_dir: Path, archive: Archive) -> Judgement:
    """Validate all that is staged."""
    return judge_staged(warehouse, docs_dir, archive)


@materialize(
    TABLES, asset_deps=[ARCHIVE], name="load", cache_policy=NO_CACHE, persist_result=False, retries=2, retry_delay_seconds=5
)
def load_staged_task(warehouse: Warehouse, archive: Archive, run_id: str, batch: int) -> Load:
    """Commit. Safe to repeat: what is committed is no longer staged."""
    return load_staged(warehouse, archive, run_id, batch)


@materialize(RELEASE, asset_deps=[TABLES], name="release", cache_policy=NO_CACHE, persist_result=False)
def publish_release_task(warehouse: Warehouse, settings: Settings) -> Published:
    """Build the release."""
    published = publish_release(warehouse, settings.releases_dir, settings.releases_kept, settings.publisher)
    RELEASE.add_metadata({"version": published.version, "is_new": published.is_new})
    return published


@task(name="publish", cache_policy=NO_CACHE, persist_result=False)
def publish_everywhere_task(settings: Settings, version: str) -> tuple[Publication, ...]:
    """Bring the release to every target of the settings. What a night could not do, the next one goes on with."""
    return publish_everywhere(settings, version)
