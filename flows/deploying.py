"""`yusuan deploy`: the nightly flow as a deployment of a Prefect server, scheduled by the seasons of the enabled sources.

Promise: run again after sources changed, it changes the same deployment; one night at a time, a second one is cancelled and loses
nothing; the flow is named by its module, so that it runs from a source tree and from an installed package alike.
"""

# ruff: noqa: PLC0415
# Prefect takes its settings from the environment when it is imported: that is set only when a server is there.

import contextlib
from dataclasses import dataclass
from pathlib import Path

from extractors.sources import SourceError, choose_sources
from flows.automations import make_automations
from flows.errors import UsageError
from flows.server import provide_server
from flows.settings import Settings
from flows.visits import ZONE, make_crons

DEPLOYMENT = "nightly"


@dataclass(frozen=True, slots=True)
class Deployed:
    """What was deployed: the crons are in China's time."""

    deployment_id: str
    work_pool: str
    crons: tuple[str, ...]
    sources: tuple[str, ...]
    automations: tuple[str, ...] = ()


def deploy_nightly(settings: Settings, *, work_pool: str, hour: int, minute: int) -> Deployed:
    """Make or change the deployment and its work pool. Raises UsageError without a server or an enabled source, ServerError."""
    if not settings.prefect_api_url:
        raise UsageError("PREFECT_API_URL names no server to deploy to; docs/operations.md says how to start one")
    try:
        sources = choose_sources(folder=settings.sources)
    except SourceError as error:
        raise UsageError(str(error)) from error
    if not sources:
        raise UsageError(f"no source is enabled, so there is nothing to schedule; yours stand in {settings.sources}")
    crons = make_crons(sources, hour, minute)
    with provide_server(settings):
        deployment_id = _deploy(work_pool, crons, settings)
        is_weekly = any(len(set(source.season_months)) < 12 for source in sources)
        automations = make_automations(settings, deployment_id, is_weekly=is_weekly)
    return Deployed(deployment_id, work_pool, tuple(crons), tuple(source.id for source in sources), automations)


def _deploy(work_pool: str, crons: list[str], settings: Settings) -> str:
    # Prefect takes its settings from the environment when it is imported: only now is that set.
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.exceptions import ObjectAlreadyExists
    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    from flows.nightly import nightly

    # It may be there, made by an earlier deployment, or by a person with settings of their own.
    with get_client(sync_client=True) as client, contextlib.suppress(ObjectAlreadyExists):
        client.create_work_pool(WorkPoolCreate(name=work_pool, type="process"))
    deployment_id = nightly.deploy(
        DEPLOYMENT,
        work_pool_name=work_pool,
        build=False,
        push=False,
        schedules=[Cron(cron, timezone=str(ZONE)) for cron in crons],
        parameters={"only_due": True, "warehouse_dir": str(Path(settings.warehouse).absolute())},
        job_variables={"env": {"YUSUAN_SOURCES": str(Path(settings.sources).absolute())}},
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        description="discover, fetch, read, validate, load and release what is new or changed",
        tags=["yusuan"],
        entrypoint_type=EntrypointType.MODULE_PATH,
        print_next_steps=False,
        # It would advise against the process pool, which is what one machine needs.
        ignore_warnings=True,
    )
    return str(deployment_id)
