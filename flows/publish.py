"""The release of what is committed.

Promise: one release for each state of the warehouse: named after its last commit, built only when that one is not there yet.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import YusuanError
from warehouse.store import Warehouse

if TYPE_CHECKING:
    from warehouse.catalogue.publisher import Publisher
    from warehouse.release import EarlierRelease


class NothingToReleaseError(YusuanError):
    """The warehouse holds no committed document."""


class UnpublishedError(YusuanError):
    """What was built did not hold what it should, or its version is there with other content: the release before stays."""


@dataclass(frozen=True, slots=True)
class Published:
    """A release folder. `is_new`: it was built just now."""

    version: str
    folder: Path
    is_new: bool


def publish_release(warehouse: Warehouse, releases_dir: Path, keep: int, publisher: "Publisher | None" = None) -> Published:
    """Build the release of the newest commit where it is not there, and remove releases beyond the `keep` newest.

    Raises NothingToReleaseError, UnpublishedError.
    """
    from warehouse.release import ReleaseError, build_release  # noqa: PLC0415  # most commands build none

    version = name_version(warehouse)
    folder = releases_dir / version
    if (folder / "datapackage.json").is_file():
        return Published(version, folder, is_new=False)
    try:
        build_release(warehouse, releases_dir, version=version, earlier=_find_earlier(releases_dir), publisher=publisher)
    except ReleaseError as error:
        raise UnpublishedError(str(error)) from error
    remove_old_releases(releases_dir, keep, spare=folder)
    return Published(version, folder, is_new=True)


def name_version(warehouse: Warehouse) -> str:
    """The date and the number of the newest commit: `2026.11.25-7`."""
    commits = warehouse.committed().values()
    if not commits:
        raise NothingToReleaseError("the warehouse holds no document yet")
    newest = max(commits, key=lambda commit: commit.commit_sequence)
    return f"{newest.committed_at:%Y.%m.%d}-{newest.commit_sequence}"


def _find_earlier(releases_dir: Path) -> "EarlierRelease | None":
    """The newest release that is there, for the list of changes."""
    from warehouse.release import EarlierRelease  # noqa: PLC0415  # most commands build none

    versions = [folder.name for folder in list_releases(releases_dir)]
    newest = max(versions, key=read_sequence, default=None)
    return EarlierRelease(newest, read_sequence(newest)) if newest else None


def read_sequence(version: str) -> int:
    """The number of the commit that a release's name says."""
    return int(version.rpartition("-")[2])


def list_releases(releases_dir: Path) -> list[Path]:
    """Complete release folders, the oldest first."""
    folders = [path.parent for path in releases_dir.glob("*/datapackage.json") if not path.parent.is_symlink()]
    return sorted(folders, key=lambda folder: (folder / "datapackage.json").stat().st_mtime)


def remove_old_releases(releases_dir: Path, keep: int, *, spare: Path) -> None:
    """Each release is whole, so that an old one can go without the others losing anything."""
    for folder in list_releases(releases_dir)[:-keep]:
        if folder != spare:
            shutil.rmtree(folder)
