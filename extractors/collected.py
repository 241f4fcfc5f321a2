"""What becomes of a disclosure that was brought home: its files in the archive, what changed, and what can be processed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from extractors.discover import Disclosure
from warehouse.archive import ArchivedFile
from warehouse.records import Row, Sighting

State = Literal["new", "changed", "unchanged", "failed", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Collected:
    """What became of one disclosure, or of one page that could not be read (`disclosure` is None).

    `state`: new (bytes never seen), changed (other bytes than before at this address), unchanged (bytes that are known), failed,
    withdrawn (no longer published; `disclosure` is None). `files` are the archived files: one, or the page images in order.
    `sighting` is there for what can be processed: a PDF. `finding` says why it failed, or what a person should know about it.
    `is_bundle`: an archive file that was opened; the documents in it follow as items of their own.
    """

    source_id: str
    url: str
    state: State
    disclosure: Disclosure | None = None
    files: tuple[ArchivedFile, ...] = ()
    sighting: Sighting | None = None
    finding: Row | None = None
    is_bundle: bool = False


@dataclass(frozen=True, slots=True)
class Brought:
    """One file in the archive, and what that changed."""

    file: ArchivedFile
    state: State
    final_url: str
    fetched_at: str


def join_states(brought: Iterable[Brought]) -> State:
    """The state of a document of several files: one that gained a file has changed."""
    states = {item.state for item in brought}
    if "changed" in states or states == {"new", "unchanged"}:
        return "changed"
    return "new" if "new" in states else "unchanged"


def files_of(brought: list[Brought]) -> tuple[ArchivedFile, ...]:
    """The archived files, in order."""
    return tuple(item.file for item in brought)


def to_sighting(disclosure: Disclosure, brought: Brought) -> Sighting:
    """What travels with the document into its processing."""
    return Sighting(
        document_id=brought.file.document_id,
        sha256=brought.file.sha256,
        bytes=brought.file.bytes,
        source_id=disclosure.source_id,
        url=brought.final_url,
        landing_url=disclosure.landing_url,
        title=disclosure.title,
        department_name=disclosure.department_name,
        region_code=disclosure.region_code,
        fetched_at=brought.fetched_at,
    )
