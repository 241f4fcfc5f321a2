"""The release of what is committed.

Promise: one release for each state of the warehouse: named after its last commit, built only when that one is not there yet.
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import YusuanError
from warehouse.store import Warehouse

if TYPE_CHECKING:
    from warehouse.catalogue.publisher import Publisher
    from warehouse.release import EarlierRelease


_VERSION = re.compile(r"[0-9]{4}\.[0-9]{2}\.[0-9]{2}-(?P<sequence>[0-9]+)")


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
    from warehouse.release import ReleaseError, build_release, point_to  # noqa: PLC0415  # most commands build none

    version = name_version(warehouse)
    folder = releases_dir / version
    if (folder / "datapackage.json").is_file():
        point_to(releases_dir, version)  # whoever built it may have been killed before that
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

    releases = list_releases(releases_dir)
    return EarlierRelease(releases[-1].name, read_sequence(releases[-1].name)) if releases else None


def read_sequence(version: str) -> int:
    """The number of the commit that a release's name says. Raises ValueError for what is no name of a release."""
    match = _VERSION.fullmatch(version)
    if match is None:
        raise ValueError(f"{version!r} is not named like a release")
    return int(match["sequence"])


def list_releases(releases_dir: Path) -> list[Path]:
    """Complete release folders, the oldest first: by the number of their commit, since a clock may have been wrong.

    What else lies there is none: the link, and what somebody is building or was killed while building.
    """
    folders = [path.parent for path in releases_dir.glob("*/datapackage.json") if _VERSION.fullmatch(path.parent.name)]
    return sorted(folders, key=lambda folder: read_sequence(folder.name))


def remove_old_releases(releases_dir: Path, keep: int, *, spare: Path) -> None:
    """Each release is whole, so that an old one can go without the others losing anything."""
    for folder in list_releases(releases_dir)[:-keep]:
        if folder != spare:
            shutil.rmtree(folder)
