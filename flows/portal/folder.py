"""The portal's folder on disk: what is written there, and what it was made from.

Promise: a file is whole or the one before; one that would be the same is not written; what no longer belongs to anything is
removed. `portal.json` says for each unit (a document, a department, …) what it was made from: whoever is cut off leaves units to
make again, never units that are taken for made.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flows.errors import UsageError

MANIFEST = "portal.json"
FORM = 1


@dataclass(slots=True)
class Written:
    """What a build did, in files and units."""

    written: int = 0
    unchanged: int = 0
    removed: int = 0
    made: list[str] = field(default_factory=list)
    kept: int = 0


class PortalFolder:
    """A folder that holds a portal, or nothing. Raises NotAPortalError for a folder with other things in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.done = Written()
        self._digests = self._read_manifest()
        self._seen: set[str] = set()

    def is_current(self, unit: str, digest: str) -> bool:
        """Whether the unit was made from the same; counts it among those that stay."""
        self._seen.add(unit)
        if self._digests.get(unit) != digest:
            return False
        self.done.kept += 1
        return True

    def write_unit(self, unit: str, digest: str, files: Mapping[str, bytes], folders: Collection[str] = ()) -> None:
        """Write the files of a unit and note what it was made from. `folders` are its alone: what else lies there is removed."""
        self._seen.add(unit)
        for name, content in files.items():
            self.write_file(name, content)
        for folder in folders:
            self.keep_only(folder, files)
        self._digests[unit] = digest
        self.done.made.append(unit)

    def write_file(self, name: str, content: bytes) -> None:
        """One file, unless it is there with the same bytes."""
        path = self.root / name
        if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
            self.done.unchanged += 1
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            Path(scratch).chmod(0o644)
            Path(scratch).replace(path)
        except BaseException:
            Path(scratch).unlink(missing_ok=True)
            raise
        self.done.written += 1

    def remove_folder(self, name: str) -> None:
        """Remove a folder of the portal that belongs to nothing any more."""
        if (self.root / name).is_dir():
            self.done.removed += sum(path.is_file() for path in (self.root / name).rglob("*"))
            shutil.rmtree(self.root / name)

    def find_gone(self, kind: str) -> list[str]:
        """Units of a kind that an earlier build made and this one has not asked for."""
        return sorted(unit for unit in self._digests if unit.startswith(f"{kind}:") and unit not in self._seen)

    @property
    def units(self) -> list[str]:
        """The units that this build made or left as they were."""
        return sorted(self._seen)

    def forget(self, unit: str) -> None:
        """Take a unit out of the list of what was made."""
        del self._digests[unit]

    def save(self) -> None:
        """Write down what was made from what."""
        content = json.dumps({"form": FORM, "units": dict(sorted(self._digests.items()))}, ensure_ascii=False, indent=0)
        self.write_file(MANIFEST, content.encode())

    def keep_only(self, folder: str, files: Collection[str]) -> None:
        """Remove what lies in a folder of the portal beside these files."""
        for path in sorted((self.root / folder).rglob("*")):
            if path.is_file() and path.relative_to(self.root).as_posix() not in files:
                path.unlink()
                self.done.removed += 1

    def remove_files(self, pattern: str, files: Collection[str]) -> None:
        """Remove what fits the pattern beside these files."""
        for path in sorted(self.root.glob(pattern)):
            if path.relative_to(self.root).as_posix() not in files:
                path.unlink()
                self.done.removed += 1

    def _read_manifest(self) -> dict[str, str]:
        path = self.root / MANIFEST
        if not path.is_file():
            if self.root.is_dir() and any(not path.name.startswith(".") for path in self.root.iterdir()):
                raise NotAPortalError(
                    f"{self.root} holds other things and no {MANIFEST}; name an empty folder or one that a build made"
                )
            return {}
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
            return dict(manifest["units"]) if manifest["form"] == FORM else {}
        except (ValueError, KeyError, TypeError) as error:
            raise NotAPortalError(
                f"{path} is no list of a portal ({error}); remove the folder, the next build makes it anew"
            ) from error


class NotAPortalError(UsageError):
    """The folder is not one that a portal may be written into."""
