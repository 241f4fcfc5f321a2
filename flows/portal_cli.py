"""`yusuan portal build` and `yusuan serve`: the command line of `flows.portal`."""

# ruff: noqa: PLC0415
# Imports stand inside the commands, as in flows.cli: `--help` answers at once.

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.proof_cli import WarehouseOption
from flows.terminal import tell_errors

if TYPE_CHECKING:
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
    warehouse: WarehouseOption = None,
) -> None:
    """Serve the portal until Ctrl-C. Without a portal there it is made first."""
    from flows.opened import open_warehouse
    from flows.portal.listening import listen
    from flows.portal.serve import make_app
    from flows.settings import load_settings

    settings = load_settings(warehouse)
    store = open_warehouse(warehouse)
    root = into or settings.warehouse / "portal"
    if build:
        bring_up_to_date(store, settings, root, pictures=False)
    listen(make_app(root, open_pictures(store, settings, root)), host, port, typer.echo)


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
