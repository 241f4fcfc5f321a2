"""A folder or a bucket of releases, for any web server.

Layout::

    VERSION/…        each release as it was built
    latest/release.json   the newest release's description, which says its version: what `yusuan subscribe` asks for first
    index.json       the newest version, all versions, and every data set there ever was with the version that has it last

Promise: `latest` and the index name a version only after all of its files are there; an earlier version is never touched, so a
data set that is no longer published is retired in the index and stays where it was.
"""

import json
from collections.abc import Mapping
from typing import Any

from warehouse.catalogue.release import SUMS, Catalogue, read_sums
from warehouse.portals.files import Ledger, holds, plan_files, plan_ledger, plan_removals
from warehouse.portals.plan import Plan, PublishError, Step
from warehouse.portals.stores import Content, FileStore, Stored
from warehouse.published import FILE_NAME as MANIFEST
from warehouse.release_check import DUCKDB_FILE, list_lasting_sums

INDEX = "index.json"
LATEST = f"latest/{MANIFEST}"
Index = dict[str, Any]


class ReleaseTarget:
    """Releases side by side in a store."""

    def __init__(self, store: FileStore) -> None:
        self._store = store

    def plan(self, catalogue: Catalogue) -> Plan:
        """Files first, then their sums, then the index that points to them. Raises PublishError."""
        there = self._store.list_files()
        ledger = Ledger.read(self._store, there)
        sums = read_sums(catalogue.root)
        # Built again, a release is the same but for the bytes of one file, and so of the sums: what is there stays.
        stays = self._find_staying(catalogue, there, ledger)
        # The sums close a release: they come last.
        order = sorted(sums, key=lambda path: (path == SUMS, path))
        listed = {f"{catalogue.version}/{path}": Content.of_file(catalogue.root / path, sums[path]) for path in order}
        release = {path: content for path, content in listed.items() if path not in stays}
        steps, unchanged = plan_files(self._store, release, there, ledger)
        foreign = {path for path in there if path.startswith(f"{catalogue.version}/")} - listed.keys()
        steps += plan_removals(self._store, foreign, "no file of this release")
        index = self._read_index(there)
        pointers = self._point_to(index, catalogue)
        retiring = self._plan_retirements(index, catalogue)
        moved, kept = plan_files(self._store, pointers, there, ledger)
        steps += [*retiring, *moved]
        ends = plan_ledger(self._store, {**release, **stays, **pointers}, ledger, has_steps=bool(steps))
        return Plan(self._store.name, catalogue.version, (*steps, *ends), unchanged + kept + len(stays))

    def _find_staying(self, catalogue: Catalogue, there: Mapping[str, Stored], ledger: Ledger) -> dict[str, Content]:
        """The sums that close this release there, and the file that they alone vouch for; nothing where it is not closed yet, or
        that file is not what they say: then both are put anew.
        """
        path, duckdb = f"{catalogue.version}/{SUMS}", f"{catalogue.version}/{DUCKDB_FILE}"
        if path not in there:
            return {}
        own, theirs = (catalogue.root / SUMS).read_text(encoding="utf-8"), self._store.read(path)
        if list_lasting_sums(own) != list_lasting_sums(theirs.decode(errors="replace")):
            raise PublishError(f"{self._store.name} has a release {catalogue.version} with other content; it is not overwritten")
        digests = [
            line.partition(b"  ")[0].decode() for line in theirs.splitlines() if line.endswith(f"  {DUCKDB_FILE}".encode())
        ]
        if duckdb not in there or not digests:
            return {}
        content = Content(digests[0], there[duckdb].bytes, b"")
        is_whole = holds(self._store, duckdb, there[duckdb], content, ledger)
        return {duckdb: content, path: Content.of_bytes(theirs)} if is_whole else {}

    def _read_index(self, there: Mapping[str, Stored]) -> Index:
        if INDEX not in there:
            return {"latest": None, "versions": {}, "data_sets": {}}
        try:
            index: Index = json.loads(self._store.read(INDEX))
            return {"latest": index["latest"], "versions": dict(index["versions"]), "data_sets": dict(index["data_sets"])}
        except (ValueError, LookupError, TypeError) as error:
            raise PublishError(f"{self._store.name}/{INDEX} is not an index of ours: {error}") from error

    def _point_to(self, index: Index, catalogue: Catalogue) -> dict[str, Content]:
        """The files that lead a reader to the newest release."""
        newest = max(index["versions"].values(), default="")
        if catalogue.version not in index["versions"] and catalogue.created < newest:
            raise PublishError(f"{self._store.name} has release {index['latest']}, newer than {catalogue.version}")
        changed = _add_release(index, catalogue)
        pointers = {INDEX: _write_index(changed)}
        if changed["latest"] == catalogue.version:
            return {LATEST: Content.of_file(catalogue.root / MANIFEST), **pointers}
        return pointers

    def _plan_retirements(self, index: Index, catalogue: Catalogue) -> list[Step]:
        return [
            Step("retire", name, _do_nothing, reason=f"stays in {entry['version']}")
            for name, entry in _add_release(index, catalogue)["data_sets"].items()
            if entry["status"] == "retired" and index["data_sets"].get(name, {}).get("status") == "published"
        ]


def _add_release(index: Index, catalogue: Catalogue) -> Index:
    versions = {**index["versions"], catalogue.version: catalogue.created}
    latest = max(versions, key=lambda version: (versions[version], version))
    if latest != catalogue.version:
        return {**index, "versions": versions}
    retired = {name: {**entry, "status": "retired"} for name, entry in index["data_sets"].items()}
    published = {
        data_set.name: {"title": data_set.title, "status": "published", "version": catalogue.version}
        for data_set in catalogue.data_sets
    }
    return {"latest": latest, "versions": versions, "data_sets": dict(sorted({**retired, **published}.items()))}


def _write_index(index: Index) -> Content:
    return Content.of_bytes(json.dumps(index, ensure_ascii=False, indent=1).encode() + b"\n")


def _do_nothing() -> None:
    """Being retired is said by the index."""
