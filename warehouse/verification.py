"""Whether the archive still holds what its journal says: every file hashed again.

Promise: read only. A file that the journal names and the archive lacks is missing, one whose bytes are no longer those of
its name is changed, one that no line of the journal names is an orphan (what a crash between the file and its line leaves:
whole, and the next visit names it). Nothing is mended and nothing deleted here.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from warehouse.archive import Archive

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
    named, torn_lines = _read_journal(archive.read_lines())
    changed: list[NamedFile] = []
    orphans: list[str] = []
    seen: set[str] = set()
    n_bytes = 0
    for name in archive.list_names():
        size, digest = archive.hash(name)
        n_bytes += size
        tell(n_bytes)
        sha256 = name.rpartition("/")[2]
        if name != f"{sha256[:2]}/{sha256[2:4]}/{sha256}" or sha256 not in named:
            is_damaged = bool(_SHA256.fullmatch(sha256)) and digest != sha256
            orphans.append(f"{name}{' (its bytes are not those of its name)' if is_damaged else ''}")
            continue
        seen.add(sha256)
        if digest != sha256:
            changed.append(named[sha256])
    missing = tuple(named[sha256] for sha256 in sorted(named.keys() - seen))
    return Verification(len(seen) + len(orphans), n_bytes, missing, tuple(changed), tuple(orphans), torn_lines)


def _read_journal(lines: Iterable[bytes]) -> tuple[dict[str, NamedFile], int]:
    """Every file that a line names, whatever stands under its address today, and how many lines a crash tore."""
    named: dict[str, NamedFile] = {}
    torn_lines = 0
    for line in lines:
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
