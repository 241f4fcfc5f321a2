"""`yusuan portal build` and `yusuan serve`: the command line of `flows.portal`."""

# ruff: noqa: PLC0415
# Imports stand inside the commands, as in flows.cli: `--help` answers at once.

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.proof_cli import WarehouseOption
from flows.terminal import fail, tell_errors

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from flows.api.limits import Limits
    from flows.portal.pictures import Pictures
    from flows.settings import Settings
    from warehouse.store import Warehouse

app = typer.Typer(
    name="portal", help="The static portal: web pages of everything that is in the warehouse.", no_args_is_help=True
)

FolderOption = Annotated[
    Path | None,
    typer.Option("--into", metavar="FOLDER", help="Folder of the portal.", show_default="WAREHOUSE/portal", file_okay=False),
]


@app.command()
@tell_errors
def build(
    into: FolderOption = None,
    pictures: Annotated[
        bool, typer.Option("--pictures/--no-pictures", help="Draw the pictures of pages now; without, `yusuan serve` draws them.")
    ] = True,
    warehouse: WarehouseOption = None,
) -> None:
    """Make the portal, or bring it up to date: only what depends on changed documents is written again."""
    from flows.opened import open_warehouse
    from flows.settings import load_settings

    settings = load_settings(warehouse)
    root = into or settings.warehouse / "portal"
    bring_up_to_date(open_warehouse(warehouse), settings, root, pictures=pictures)


@tell_errors
def serve(
    into: FolderOption = None,
    host: Annotated[str, typer.Option(help="Address to listen on; 127.0.0.1: this machine alone.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0: any free one.")] = 8650,
    build: Annotated[
        bool,
        typer.Option("--build/--no-build", help="Bring the pages up to date first (pictures are drawn as they are asked for)."),
    ] = True,
    api: Annotated[
        bool, typer.Option("--api", help="Also answer questions for rows, as JSON, CSV and Parquet, below /api/v1 (docs/api.md).")
    ] = False,
    release: Annotated[
        str | None,
        typer.Option(metavar="VERSION", help="The API answers from this release, or from `latest`, instead of the tables."),
    ] = None,
    rows: Annotated[int, typer.Option(min=1, max=100_000, help="API: most rows of one page.")] = 10_000,
    seconds: Annotated[float, typer.Option(min=0.1, max=600, help="API: longest time for one question.")] = 10.0,
    parallel: Annotated[int | None, typer.Option(min=1, help="API: questions at a time.", show_default="one a processor")] = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Serve the portal until Ctrl-C; with --api the query service too. Without a portal there it is made first."""
    import os

    from flows.api.limits import Limits
    from flows.opened import open_warehouse
    from flows.portal.listening import listen
    from flows.portal.serve import make_app
    from flows.settings import load_settings

    if release is not None and not api:
        fail("--release is a question to the query service: add --api", 2)
    settings = load_settings(warehouse)
    store = open_warehouse(warehouse)
    root = into or settings.warehouse / "portal"
    limits = Limits(rows=rows, seconds=seconds, parallel=parallel or os.cpu_count() or 1)
    with make_mounts(store, settings, limits if api else None, release) as mounts:
        if build:
            bring_up_to_date(store, settings, root, pictures=False)
        listen(
            make_app(root, open_pictures(store, settings, root), mounts),
            host,
            port,
            lambda address: typer.echo(_say_address(address, api=api)),
        )


@contextmanager
def make_mounts(
    store: "Warehouse", settings: "Settings", limits: "Limits | None", release: str | None
) -> "Iterator[list[tuple[str, Starlette]]]":
    """The query service as the portal takes it, or nothing without limits. Raises UsageError where there is no such release."""
    if limits is None:
        yield []
        return
    from flows.api.app import PLACE, make_api
    from flows.api.sources import open_source

    with open_source(store, settings.releases_dir, release) as source:
        yield [(PLACE, make_api(source, limits))]


def _say_address(address: str, *, api: bool) -> str:
    asked = f"; the query service at {address}api/v1, described by {address}api/v1/openapi.json" if api else ""
    return f"The portal is at {address}{asked} (Ctrl-C ends it)"


def bring_up_to_date(store: "Warehouse", settings: "Settings", root: Path, *, pictures: bool) -> None:
    """Build, and say what was done."""
    from flows.lock import hold_warehouse
    from flows.portal.build import build_portal

    with hold_warehouse(root):
        report = build_portal(
            store,
            settings.releases_dir,
            root,
            pictures=open_pictures(store, settings, root) if pictures else None,
            publisher=settings.publisher,
            tell=lambda words: typer.echo(words, err=True),
            address=settings.portal_url,
        )
    done = report.written
    for document_id, reason in report.without_pictures.items():
        typer.secho(f"yusuan: no pictures of {document_id}: {reason}", err=True, fg=typer.colors.YELLOW)
    typer.echo(
        f"Portal of {report.documents:,} disclosures in {root}: {len(done.made):,} parts made, {done.kept:,} unchanged; "
        f"{done.written:,} files written, {done.removed:,} removed, {report.pictures:,} pictures drawn"
    )


def open_pictures(store: "Warehouse", settings: "Settings", root: Path) -> "Pictures":
    """The pictures of a portal folder, drawn from the settings' archive."""
    from flows.portal.pictures import Pictures
    from warehouse.archive import Archive

    def find_sha256(document_id: str) -> str | None:
        rows = store.read("core_disclosures", document_ids=(document_id,)).to_pylist()
        return str(rows[0]["sha256"]) if rows else None

    return Pictures(root, Archive(settings.archive_place), find_sha256)
