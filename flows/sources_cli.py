"""`yusuan sources list | check | add`: the command line of `flows.sources`."""

# ruff: noqa: PLC0415
# Imports stand inside the commands, as in flows.cli: `--help` answers at once.

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.terminal import echo, echo_json, make_console, tell_errors

app = typer.Typer(name="sources", help="The portals: list them, try them, add one.", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")]
PagesOption = Annotated[int, typer.Option("--pages", min=1, help="Pages asked for at most.")]


@app.command("list")
@tell_errors
def list_command(as_json: JsonOption = False, warehouse: Annotated[Path | None, typer.Option("--warehouse")] = None) -> None:
    """All sources, ours and your own (YUSUAN_SOURCES), and what the warehouse knows of their last visit."""
    from flows.settings import load_settings
    from flows.sources import list_sources, render_sources

    rows = list_sources(load_settings(warehouse), datetime.now(UTC).date())
    if as_json:
        echo_json(rows)
    else:
        make_console().print(render_sources(rows))


@app.command("check")
@tell_errors
def check_command(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Sources; none: all that are enabled.")] = None,
    base_url: Annotated[str | None, typer.Option(help="Address of a portal that has no fixed one.")] = None,
    pages: PagesOption = 20,
    as_json: JsonOption = False,
) -> None:
    """Dry run: ask for a source's pages and show what a night would fetch. Nothing is kept.

    Exit code 0: every source shows documents; 3: one shows none, or something stands in the way.
    """
    from flows.settings import load_settings
    from flows.sources import check_source, describe_check, pick_sources, render_check

    chosen = pick_sources(names or [], base_url, load_settings().sources)
    checks = [check_source(source, pages=pages) for source in chosen]
    if as_json:
        echo_json([describe_check(check) for check in checks])
    else:
        for check in checks:
            make_console().print(render_check(check))
    raise typer.Exit(0 if all(check.is_good for check in checks) else 3)


@app.command("add")
@tell_errors
def add_command(
    url: Annotated[str, typer.Argument(help="The page that lists the disclosures.")],
    source_id: Annotated[str | None, typer.Option("--id", help="Name of the source.", show_default="from the host")] = None,
    folder: Annotated[
        Path | None, typer.Option("--into", file_okay=False, help="Folder for the YAML.", show_default="YUSUAN_SOURCES")
    ] = None,
    allow_private: Annotated[bool, typer.Option("--allow-private", help="The host may have a private address.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the YAML, write nothing.")] = False,
    pages: PagesOption = 5,
    as_json: JsonOption = False,
) -> None:
    """Look at a page, guess what kind of portal it is, show what it would give, and write the source's YAML."""
    from dataclasses import asdict

    from flows.settings import load_settings
    from flows.sources import (
        SourceExistsError,
        check_source,
        describe_check,
        is_known,
        propose_from_page,
        render_check,
        write_source,
    )

    own = load_settings().sources
    proposal = propose_from_page(url, source_id=source_id, allow_private_addresses=allow_private, folder=own)
    target = folder or own
    if is_known(proposal.source.id, own) or (target / f"{proposal.source.id}.yml").exists():
        raise SourceExistsError(f"source {proposal.source.id!r} exists and is not overwritten; choose another name with --id")
    check = check_source(proposal.source, pages=pages)
    path = None if dry_run else write_source(proposal, target)
    guesses = {"platform": proposal.platform, "region_code": proposal.region, "publisher": proposal.publisher}
    if as_json:
        told = {name: asdict(guess) for name, guess in guesses.items()}
        echo_json(
            {"yaml": proposal.yaml_text, "path": str(path) if path else None, "guesses": told, "check": describe_check(check)}
        )
    else:
        for name, guess in guesses.items():
            echo(f"{name}: {guess.value or '?'} ({guess.reason})")
        make_console().print(render_check(check))
        echo(proposal.yaml_text if path is None else f"written: {path} (enabled: false; try it, then enable it)")
        if path is not None and target.resolve() != own.resolve():
            typer.echo(f"It is used where YUSUAN_SOURCES={target}, or once it stands in {own}.")
    raise typer.Exit(0 if check.is_good else 3)
