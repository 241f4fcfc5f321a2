"""`yusuan archive verify`: the archived bytes hashed again."""

# ruff: noqa: PLC0415
# Imports stand inside the command, as in flows.cli: `--help` answers at once.

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.terminal import echo_json, make_console, tell_errors

if TYPE_CHECKING:
    from warehouse.verification import Verification

app = typer.Typer(name="archive", help="The bytes as published.", no_args_is_help=True)

_SHOWN = 20


@app.callback()
def archive() -> None:
    """The bytes as published: each file under its SHA-256, and the journal of how they came."""


@app.command("verify")
@tell_errors
def verify_command(
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of text.")] = False,
    warehouse: Annotated[Path | None, typer.Option("--warehouse", help="Folder of the warehouse.")] = None,
) -> None:
    """Hash every archived file again and compare it with the journal. Reads only.

    Exit code 0: all bytes are there and are what they were; 1: some are missing or changed. Files that no line of the journal
    names (orphans) are told and are no damage.
    """
    from flows.errors import NoWarehouseError
    from flows.settings import load_settings
    from warehouse.archive import Archive
    from warehouse.verification import verify_archive

    archive = Archive(load_settings(warehouse).archive_place)
    if not archive.exists():
        raise NoWarehouseError(
            f"there is no archive at {archive.place}; --warehouse, YUSUAN_WAREHOUSE or YUSUAN_ARCHIVE names another"
        )
    verification = verify_archive(archive)
    if as_json:
        echo_json(describe_verification(verification))
    else:
        make_console().print(render_verification(verification), markup=False, highlight=False)
    raise typer.Exit(0 if verification.is_sound else 1)


def describe_verification(verification: "Verification") -> dict[str, Any]:
    """A verification as data."""
    from dataclasses import asdict

    return {"is_sound": verification.is_sound, **asdict(verification)}


def render_verification(verification: "Verification") -> str:
    """A verification as text: the numbers, then what is wrong, by its address."""
    damage = [
        *(f"missing: {file.sha256} from {file.urls[0]}" for file in verification.missing),
        *(f"changed: {file.sha256} from {file.urls[0]}" for file in verification.changed),
    ]
    beside = [f"orphan: {name}" for name in verification.orphans]
    if verification.torn_lines:
        beside.append(f"journal: {verification.torn_lines} torn lines, left out")
    end = "All bytes are there and are what they were."
    if damage:
        end = (
            f"{len(damage)} files are damaged: bring them back from a back-up. Of those that are missing (remove what changed), "
            "the next night fetches what is still published."
        )
    head = f"{verification.n_files} files, {verification.n_bytes:,} bytes"
    return "\n".join([head, *_shorten(damage), *_shorten(beside), end])


def _shorten(lines: list[str]) -> list[str]:
    return lines if len(lines) <= _SHOWN else [*lines[:_SHOWN], f"… and {len(lines) - _SHOWN} more (--json lists all)"]
