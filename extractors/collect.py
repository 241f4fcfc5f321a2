"""Bringing a disclosure home: fetch it, look at its first bytes, archive it, say what changed.

Promise: every disclosure ends in exactly one `Collected`. Bytes go into the archive only where they are a document: a page of
HTML, a browser check or an empty answer under a file's address is a finding and never replaces the version that is there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

from extractors.discover import CrawlFinding, Disclosure, PageGetter, add_answer, discover, make_key
from extractors.fetch import Failure, Response
from extractors.platforms.obstacles import find_obstacle
from extractors.platforms.page import parse_page
from extractors.sources import Source
from warehouse.archive import Archive, ArchivedFile, ResponseRecord, detect_file_kind
from warehouse.issues import make_finding
from warehouse.records import Row, Sighting

State = Literal["new", "changed", "unchanged", "failed"]


@dataclass(frozen=True, slots=True)
class Collected:
    """What became of one disclosure, or of one page that could not be read (`disclosure` is None).

    `state`: new (bytes never seen), changed (other bytes than before at this address), unchanged (bytes that are known), failed.
    `files` are the archived files: one, or the page images in order. `sighting` is there for what can be processed: a PDF.
    `finding` says why it failed, or what a person should know about it.
    """

    source_id: str
    url: str
    state: State
    disclosure: Disclosure | None = None
    files: tuple[ArchivedFile, ...] = ()
    sighting: Sighting | None = None
    finding: Row | None = None


def collect(source: Source, fetcher: PageGetter, archive: Archive) -> Iterator[Collected]:
    """Discover and bring home everything that a source publishes; findings of discovery come as failed items."""
    for found in discover(source, fetcher, archive):
        if isinstance(found, CrawlFinding):
            yield Collected(found.source_id, found.url, "failed", finding=found.finding)
        else:
            yield collect_disclosure(found, fetcher, archive)


def collect_disclosure(disclosure: Disclosure, fetcher: PageGetter, archive: Archive) -> Collected:
    """Bring one disclosure home."""
    if disclosure.kind == "images":
        return _collect_images(disclosure, fetcher, archive)
    outcome = _bring(disclosure, disclosure.url, disclosure.title, fetcher, archive)
    if not isinstance(outcome, _Brought):
        return Collected(disclosure.source_id, disclosure.url, "failed", disclosure, finding=outcome)
    file = outcome.file
    is_readable = file.file_kind == "pdf"
    finding = None if is_readable else make_finding("unread-format", file_kind=file.file_kind, url=disclosure.url)
    sighting = _to_sighting(disclosure, outcome) if is_readable else None
    return Collected(disclosure.source_id, disclosure.url, outcome.state, disclosure, (file,), sighting, finding)


@dataclass(frozen=True, slots=True)
class _Brought:
    file: ArchivedFile
    state: State
    final_url: str
    fetched_at: str


def _collect_images(disclosure: Disclosure, fetcher: PageGetter, archive: Archive) -> Collected:
    """All page images in their order. One that is missing fails the document: a budget with a hole in it is none."""
    brought: list[_Brought] = []
    for number, url in enumerate(disclosure.image_urls, start=1):
        outcome = _bring(disclosure, url, f"{disclosure.title} ({number}/{len(disclosure.image_urls)})", fetcher, archive)
        if not isinstance(outcome, _Brought):
            return Collected(disclosure.source_id, disclosure.url, "failed", disclosure, _files(brought), finding=outcome)
        brought.append(outcome)
    states = {item.state for item in brought}
    state: State = (
        "changed" if "changed" in states or states == {"new", "unchanged"} else "new" if "new" in states else "unchanged"
    )
    finding = make_finding("unread-format", file_kind=f"{len(brought)} page images", url=disclosure.url)
    return Collected(disclosure.source_id, disclosure.url, state, disclosure, _files(brought), finding=finding)


def _files(brought: list[_Brought]) -> tuple[ArchivedFile, ...]:
    return tuple(item.file for item in brought)


def _bring(disclosure: Disclosure, url: str, title: str, fetcher: PageGetter, archive: Archive) -> _Brought | Row:
    """Fetch and archive one address, or the finding that says why not."""
    # An article that is the document itself is archived beside the page that discovery keeps.
    key = f"document:{make_key(url)}" if disclosure.kind == "page" else make_key(url)
    before = archive.previous(key)
    etag, last_modified = (before.etag, before.last_modified) if before else ("", "")
    answer = fetcher.get(url, etag=etag, last_modified=last_modified)
    record = _to_record(disclosure, url, key, title, answer)
    if isinstance(answer, Failure):
        archive.record_failure(record)
        return answer.finding
    if answer.is_not_modified and before is not None:
        return _Brought(archive.confirm(record), "unchanged", answer.final_url, answer.fetched_at)
    finding = _refuse(disclosure, answer)
    if finding is not None:
        archive.record_failure(replace(record, error=str(finding["finding_kind"])))
        return finding
    file = archive.put(answer.content, record)
    state: State = "changed" if file.supersedes else "new" if file.is_new else "unchanged"
    return _Brought(file, state, answer.final_url, answer.fetched_at)


def _refuse(disclosure: Disclosure, answer: Response) -> Row | None:
    """Why an answer with status 200 is no document, or None."""
    kind = detect_file_kind(answer.content)
    if kind == "empty":
        return make_finding("empty-file")
    if kind != "html":
        return None
    obstacle = find_obstacle(parse_page(answer.content, answer.final_url))
    if obstacle is not None and obstacle.kind == "challenge":
        return make_finding("blocked", url=answer.url, seen=obstacle.mark)
    # Many sites export an HTML table under the name of a workbook: that is a document, unlike a page under the name of a PDF.
    is_exported_table = (
        urlsplit(answer.url).path.lower().endswith((".xls", ".xlsx", ".et")) and b"<table" in answer.content.lower()
    )
    is_document = disclosure.kind == "page" or is_exported_table
    return None if is_document else make_finding("not-a-pdf", seen=f"a page of HTML at {answer.url}")


def _to_record(disclosure: Disclosure, url: str, key: str, title: str, answer: Response | Failure) -> ResponseRecord:
    """The journal's line for an answer."""
    record = ResponseRecord(
        url=url,
        key=key,
        seen_at=answer.fetched_at,
        http_status=answer.status,
        source_id=disclosure.source_id,
        landing_url=disclosure.landing_url,
        title=title,
        department_name=disclosure.department_name,
        region_code=disclosure.region_code,
    )
    return add_answer(record, answer)


def _to_sighting(disclosure: Disclosure, brought: _Brought) -> Sighting:
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
