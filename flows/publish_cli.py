"""`yusuan publish plan` and `yusuan publish apply`: the command line of `flows.publishing`."""

# ruff: noqa: PLC0415
# Imports stand inside the commands, as in flows.cli: `--help` answers at once.

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.proof_cli import WarehouseOption
from flows.terminal import make_console, tell_errors

if TYPE_CHECKING:
    from warehouse.portals.plan import Plan

app = typer.Typer(name="publish", help="Publish a release: to a folder, a bucket, CKAN, Hugging Face.", no_args_is_help=True)

TargetArgument = Annotated[
    str,
    typer.Argument(
        metavar="TARGET",
        help="A folder, s3://bucket/prefix, huggingface:FOLDER, "
        "or ckan+https://portal?organisation=NAME (token: YUSUAN_CKAN_TOKEN).",
    ),
]
ReleaseOption = Annotated[
    str | None, typer.Option("--release", metavar="VERSION", help="Which release.", show_default="the newest")
]


@app.command()
@tell_errors
def plan(target: TargetArgument, release: ReleaseOption = None, warehouse: WarehouseOption = None) -> None:
    """Show what publishing would change at the target. Nothing is written."""
    from flows.publishing import choose_release, open_target
    from flows.settings import load_settings

    settings = load_settings(warehouse)
    catalogue = choose_release(settings, release)
    with open_target(target, settings) as opened:
        made = opened.plan(catalogue)
    make_console().print(render_plan(made))


@app.command("apply")
@tell_errors
def apply_(target: TargetArgument, release: ReleaseOption = None, warehouse: WarehouseOption = None) -> None:
    """Show the plan and carry it out. A second run has nothing to do; one that was cut off is gone on with."""
    from flows.publishing import publish
    from flows.settings import load_settings

    console = make_console()
    steps = publish(load_settings(warehouse), target, release, lambda made: console.print(render_plan(made)), typer.echo)
    typer.echo(f"Published: {steps} steps" if steps else "Nothing was written")


def render_plan(made: "Plan") -> Any:
    """A plan for a terminal: every step, then the sum."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    styles = {"create": "green", "update": "yellow", "restore": "yellow", "remove": "red", "retire": "red"}
    for step in made.steps:
        size = f"{step.bytes:,} B" if step.bytes else ""
        grid.add_row(Text(f"  {step.verb}", styles[step.verb]), Text(step.subject), Text(size), Text(step.reason, "dim"))
    return Group(Text(f"Release {made.version} to {made.target}", "bold"), grid, Text(describe_plan(made)))


def describe_plan(made: "Plan") -> str:
    """How many changes of each kind, in one line."""
    verbs = ("create", "update", "restore", "remove", "retire")
    counts = {verb: sum(step.verb == verb for step in made.steps) for verb in verbs}
    told = [f"{count} to {verb}" for verb, count in counts.items() if count]
    return f"Plan: {', '.join(told) or 'nothing to do'}; {made.unchanged} unchanged"
