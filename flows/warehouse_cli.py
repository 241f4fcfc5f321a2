"""`yusuan export`, `subscribe` and `maintain`: the command line of `warehouse.export`, of copies of releases, of maintenance."""

# ruff: noqa: PLC0415
# Imports stand inside the commands, as in flows.cli: `--help` answers at once.

from enum import StrEnum
from pathlib import Path
from typing import Annotated, get_args

import typer

from flows.proof_cli import WarehouseOption
from flows.terminal import fail, tell_errors


class ExportKind(StrEnum):
    """What is written."""

    PARQUET = "parquet"
    CSV = "csv"
    DUCKDB = "duckdb"
    SQLITE = "sqlite"
    EXCEL = "excel"


AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="STATE", help="An earlier state: a date, a moment, a release (2026.11.25-7), a commit number."
    ),
]


@tell_errors
def export(
    target: Annotated[Path, typer.Argument(help="A folder for parquet and csv, else a file.")],
    export_format: Annotated[ExportKind, typer.Option("--format", "-f", help="What is written.")] = ExportKind.PARQUET,
    table: Annotated[
        list[str] | None,
        typer.Option("--table", "-t", help="Only this table or view; may be repeated.", show_default="all core_, out_ and ref_"),
    ] = None,
    as_of: AsOfOption = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    warehouse: WarehouseOption = None,
) -> None:
    """Write tables for other programs: Parquet, CSV, DuckDB, SQLite or Excel. Amounts arrive exactly, or as text."""
    from flows.asof import find_state
    from flows.opened import open_warehouse
    from warehouse.export import ExportExistsError, ExportFormat, export_tables
    from warehouse.metadata.models import UnknownResourceError, list_resources
    from warehouse.reader import Reader

    store = open_warehouse(warehouse)
    formats: dict[str, ExportFormat] = {name: name for name in get_args(ExportFormat)}
    with Reader(store, find_state(store, as_of) if as_of else None) as reader:
        try:
            tables = {name: reader.arrow(name) for name in table or list_resources("core", "out", "ref")}
        except UnknownResourceError as error:
            fail(f"{error}; there are {', '.join(reader.tables)}", 2)
        try:
            export_tables(tables, target, formats[export_format.value], overwrite=overwrite)
        except ExportExistsError as error:
            fail(f"{error}; --overwrite replaces it", 2)
    rows = sum(part.num_rows for part in tables.values())
    typer.echo(f"{len(tables)} tables, {rows:,} rows, state {reader.sequence}: {target}")


@tell_errors
def maintain(
    keep: Annotated[int, typer.Option(min=1, help="Newest processings of each document whose rows stay.")] = 2,
    retention_hours: Annotated[
        int, typer.Option(min=0, help="Files replaced less than this long ago stay for readers that have them open.")
    ] = 24,
    warehouse: WarehouseOption = None,
) -> None:
    """Delete rows that nobody asks for, make large files of small ones, remove files that are no longer needed.

    Stays: the newest processings of every document, and whatever a release that is still there shows. An earlier state that
    lost rows cannot be asked for any more: `--as-of` says so.
    """
    from flows.lock import hold_warehouse
    from flows.opened import open_warehouse
    from flows.publish import list_releases, read_sequence
    from flows.settings import load_settings

    settings = load_settings(warehouse)
    store = open_warehouse(warehouse)
    with hold_warehouse(settings.warehouse):
        protect = [read_sequence(folder.name) for folder in list_releases(settings.releases_dir)]
        report = store.maintain(keep=keep, protect=protect, retention_hours=retention_hours)
    typer.echo(
        f"{report.rows_deleted:,} rows of {len(report.purged)} earlier processings deleted, "
        f"{report.files_removed:,} files removed; "
        f"{len(protect)} releases keep their state"
    )


@tell_errors
def subscribe(
    source: Annotated[str, typer.Argument(help="Where releases are published: https://…, or a folder with `latest` in it.")],
    target: Annotated[Path, typer.Argument(help="Folder of the copy; `current` in it leads to the newest.", file_okay=False)],
    full: Annotated[bool, typer.Option("--full", help="Fetch the whole release, whatever is there already.")] = False,
) -> None:
    """Keep a copy of the newest release: fetch what changed, apply it, and prove that the copy equals the full release.

    Run it as often as you like. Interrupted, it leaves the old copy or the new one; a release that was missed is caught up with,
    or the whole is fetched, and the reason told. Needs no warehouse.
    """
    from flows.subscribing import bring_up_to_date, render_update

    typer.echo(render_update(bring_up_to_date(source, target, full=full), target))
