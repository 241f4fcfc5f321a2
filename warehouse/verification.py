"""Whether the archive still holds what its journal says: every file hashed again.

Promise: read only. A file that the journal names and the folder lacks is missing, one whose bytes are no longer those of its name
is changed, one that no line of the journal names is an orphan (what a crash between the file and its line leaves: whole, and the
next visit names it). Nothing is mended and nothing deleted here.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from warehouse.archive import JOURNAL, Archive

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that the journal names: its SHA-256, its size by the journal, and the addresses that gave it."""

    sha256: str
    bytes: int
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found. `changed` and `missing` are damage; `orphans` (paths below the archive) and `torn_lines` are not."""

    n_files: int
    n_bytes: int
    missing: tuple[NamedFile, ...]
    changed: tuple[NamedFile, ...]
    orphans: tuple[str, ...]
    torn_lines: int

    @property
    def is_sound(self) -> bool:
        """Every byte that the journal names is there and is what it was."""
        return not self.missing and not self.changed


def verify_archive(archive: Archive, tell: Callable[[int], None] = lambda _: None) -> Verification:
    """Hash every file; `tell` is called after each with the bytes read so far."""
    named, torn_lines = _read_journal(archive.root / JOURNAL)
    changed: list[NamedFile] = []
    orphans: list[str] = []
    seen: set[str] = set()
    n_bytes = 0
    for path in _list_files(archive.root):
        size, digest = _hash(path)
        n_bytes += size
        tell(n_bytes)
        is_placed = path == archive.root / path.name[:2] / path.name[2:4] / path.name
        if not is_placed or path.name not in named:
            is_damaged = bool(_SHA256.fullmatch(path.name)) and digest != path.name
            orphans.append(f"{path.relative_to(archive.root)}{' (its bytes are not those of its name)' if is_damaged else ''}")
            continue
        seen.add(path.name)
        if digest != path.name:
            changed.append(named[path.name])
    missing = tuple(named[sha256] for sha256 in sorted(named.keys() - seen))
    return Verification(len(seen) + len(orphans), n_bytes, missing, tuple(changed), tuple(orphans), torn_lines)


def _read_journal(path: Path) -> tuple[dict[str, NamedFile], int]:
    """Every file that a line names, whatever stands under its address today, and how many lines a crash tore."""
    named: dict[str, NamedFile] = {}
    torn_lines = 0
    for line in _read_lines(path):
        try:
            values = json.loads(line)
            sha256, size, url = str(values.get("sha256") or ""), int(values.get("bytes") or 0), str(values.get("url") or "")
        except (ValueError, AttributeError):
            torn_lines += 1
            continue
        if sha256:
            before = named[sha256].urls if sha256 in named else ()
            named[sha256] = NamedFile(sha256, size, before if url in before else (*before, url))
    return named, torn_lines


def _read_lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from (line for line in file if line.strip())


def _list_files(root: Path) -> Iterator[Path]:
    """Files in the order of their names; what is being written now (`incoming`) and the journal are no archived files."""
    beside = {root / "incoming", root / JOURNAL}
    for entry in sorted(root.iterdir()):
        if entry in beside:
            continue
        yield from sorted(path for path in entry.rglob("*") if path.is_file()) if entry.is_dir() else [entry]


def _hash(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()
