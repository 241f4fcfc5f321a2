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
    from flows.portal.build import build_portal
    from flows.settings import load_settings

    settings = load_settings(warehouse)
    store = open_warehouse(warehouse)
    root = into or settings.warehouse / "portal"
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
