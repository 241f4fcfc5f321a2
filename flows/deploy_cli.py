"""`yusuan deploy`: the command line of `flows.deploying`."""

# ruff: noqa: PLC0415
# Imports stand inside the command, as in flows.cli: `--help` answers at once.

import re
from pathlib import Path
from typing import Annotated

import typer

from flows.terminal import fail, tell_errors


@tell_errors
def deploy(
    pool: Annotated[str, typer.Option("--pool", help="Work pool of the Prefect server; made where it is not there.")] = "yusuan",
    at: Annotated[str, typer.Option("--at", metavar="HH:MM", help="When the night begins, China's time.")] = "02:30",
    warehouse: Annotated[Path | None, typer.Option("--warehouse", help="Folder of the warehouse.")] = None,
) -> None:
    """Deploy the nightly flow to the Prefect server that PREFECT_API_URL names, on the schedule of the sources' seasons.

    Every night in the months in which an enabled source publishes, once a week in the others. Run it again after enabling one.
    """
    from flows.deploying import deploy_nightly
    from flows.settings import load_settings

    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", at)
    if match is None:
        fail(f"--at {at} is no time of the day; write it as 02:30", 2)
    deployed = deploy_nightly(load_settings(warehouse), work_pool=pool, hour=int(match[1]), minute=int(match[2]))
    typer.echo(f"deployed: nightly/nightly in work pool {deployed.work_pool}, for {', '.join(deployed.sources)}")
    for cron in deployed.crons:
        typer.echo(f"  {cron}  (Asia/Shanghai)")
    for name in deployed.automations:
        typer.echo(f"automation: {name}")
    typer.echo(f"next: prefect worker start --pool {deployed.work_pool}")
