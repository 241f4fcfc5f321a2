"""A set of files brought to a folder or a bucket.

Promise: a file is written only where what is there is something else. A ledger at the target remembers what was written and how
the store marked it, which spares reading it back; whatever the ledger does not vouch for is read and hashed.
"""

import json
from collections.abc import Iterable, Mapping
from functools import partial

from warehouse.portals.plan import Step
from warehouse.portals.stores import Content, FileStore, Stored

LEDGER = ".yusuan-published.json"


class Ledger:
    """What publishing wrote at a target: SHA-256 and mark of each file by its path."""

    def __init__(self, entries: Mapping[str, Mapping[str, str]]) -> None:
        self.entries = dict(entries)

    @classmethod
    def read(cls, store: FileStore, there: Mapping[str, Stored]) -> "Ledger":
        """The target's ledger; an empty one where it has none, or one that is no ledger: then everything is read."""
        if LEDGER not in there:
            return cls({})
        try:
            entries = json.loads(store.read(LEDGER))["files"]
            return cls({path: {"sha256": entry["sha256"], "mark": entry["mark"]} for path, entry in entries.items()})
        except (ValueError, LookupError, TypeError, AttributeError):
            return cls({})

    def find_hash(self, path: str, stored: Stored) -> str | None:
        """The hash of what is there, if nobody wrote it since."""
        entry = self.entries.get(path)
        return entry["sha256"] if entry and entry["mark"] == stored.mark else None


def plan_files(
    store: FileStore, wanted: Mapping[str, Content], there: Mapping[str, Stored], ledger: Ledger
) -> tuple[list[Step], int]:
    """The steps that bring the wanted files there, in their order, and how many are there already."""
    steps, unchanged = [], 0
    for path, content in wanted.items():
        if path not in there:
            steps.append(Step("create", path, partial(store.put, path, content), bytes=content.size))
        elif holds(store, path, there[path], content, ledger):
            unchanged += 1
        else:
            steps.append(Step("update", path, partial(store.put, path, content), bytes=content.size))
    return steps, unchanged


def plan_ledger(store: FileStore, wanted: Mapping[str, Content], ledger: Ledger, *, has_steps: bool) -> list[Step]:
    """The step that writes the ledger, last of all; none where nothing was written and it knows every file."""
    hashes = {path: content.sha256 for path, content in wanted.items()}
    if not has_steps and hashes.items() <= {path: entry["sha256"] for path, entry in ledger.entries.items()}.items():
        return []
    return [Step("update" if ledger.entries else "create", LEDGER, partial(_write_ledger, store, hashes))]


def plan_removals(store: FileStore, paths: Iterable[str], reason: str) -> list[Step]:
    """Steps that remove files."""
    return [Step("remove", path, partial(store.delete, path), reason=reason) for path in sorted(paths)]


def holds(store: FileStore, path: str, stored: Stored, content: Content, ledger: Ledger) -> bool:
    """Whether what is there is the content."""
    if stored.bytes != content.size:
        return False
    return (ledger.find_hash(path, stored) or store.hash(path)) == content.sha256


def _write_ledger(store: FileStore, hashes: Mapping[str, str]) -> None:
    there = store.list_files()
    entries = {path: {"sha256": digest, "mark": there[path].mark} for path, digest in sorted(hashes.items())}
    store.put(LEDGER, Content.of_bytes(json.dumps({"files": entries}, indent=1).encode() + b"\n"))
