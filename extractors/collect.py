"""Bringing a disclosure home: fetch it, look at its first bytes, archive it, say what changed.

Promise: every disclosure ends in exactly one `Collected`, and an archive file in one more for each document in it. Bytes go into
the archive only where they are a document: a page of HTML, a browser check or an empty answer under a file's address is a finding
and never replaces the version that is there. A document that the source no longer shows is recorded as withdrawn and stays.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from extractors.collected import Brought, Collected, State, files_of, join_states, to_sighting
from extractors.discover import CrawlFinding, Disclosure, PageGetter, PageRenderer, Trace, add_answer, discover, make_key
from extractors.fetch import Failure, Response
from extractors.platforms.obstacles import find_obstacle
from extractors.platforms.page import parse_page
from extractors.sources import Source
from extractors.titles import TitleRules
from extractors.unpacking import is_uncertain, unpack
from extractors.withdrawals import find_withdrawn
from warehouse.archive import Archive, ResponseRecord, detect_file_kind
from warehouse.issues import make_finding
from warehouse.records import Row


@dataclass
class _Visit:
    """What a visit has met: keys of documents, and of archive files of whose content nothing certain is known."""

    seen: set[str] = field(default_factory=set)
    uncertain_bundles: set[str] = field(default_factory=set)


def collect(source: Source, fetcher: PageGetter, archive: Archive, renderer: PageRenderer | None = None) -> Iterator[Collected]:
    """Discover and bring home everything that a source publishes; findings of discovery come as failed items."""
    visit, trace, rules = _Visit(), Trace(), source.title_rules
    for found in discover(source, fetcher, archive, trace=trace, renderer=renderer):
        if isinstance(found, CrawlFinding):
            yield Collected(found.source_id, found.url, "failed", finding=found.finding)
        else:
            yield from _collect_all(found, fetcher, archive, rules, visit)
    for record in find_withdrawn(source, archive, trace, visit.seen, visit.uncertain_bundles):
        archive.record_withdrawal(record.key, datetime.now(UTC).isoformat())
        finding = make_finding("document-withdrawn", title=record.title or record.url, url=record.url)
        yield Collected(source.id, record.url, "withdrawn", finding=finding)


def _collect_all(
    disclosure: Disclosure, fetcher: PageGetter, archive: Archive, rules: TitleRules, visit: _Visit
) -> Iterator[Collected]:
    """The disclosure, and where it is an archive file the documents in it."""
    visit.seen.update(_keys_of(disclosure))
    item = collect_disclosure(disclosure, fetcher, archive)
    is_bundle = bool(item.files) and item.files[0].file_kind == "archive"
    for part in unpack(item, disclosure, archive, rules) if is_bundle else [item]:
        if part.disclosure is not None:
            visit.seen.update(_keys_of(part.disclosure))
        if (part.state == "failed" and part.disclosure is not None) or is_uncertain(part):
            visit.uncertain_bundles.add(disclosure.key)
        yield part


def _keys_of(disclosure: Disclosure) -> list[str]:
    """The keys under which the journal knows what a disclosure consists of."""
    if disclosure.kind == "images":
        return [make_key(url) for url in disclosure.image_urls]
    return [f"document:{disclosure.key}" if disclosure.kind == "page" else disclosure.key]


def collect_disclosure(disclosure: Disclosure, fetcher: PageGetter, archive: Archive) -> Collected:
    """Bring one disclosure home."""
    if disclosure.kind == "images":
        return _collect_images(disclosure, fetcher, archive)
    outcome = _bring(disclosure, disclosure.url, disclosure.title, fetcher, archive)
    if not isinstance(outcome, Brought):
        return Collected(disclosure.source_id, disclosure.url, "failed", disclosure, finding=outcome)
    file = outcome.file
    is_readable = file.file_kind == "pdf"
    finding = None if is_readable else make_finding("unread-format", file_kind=file.file_kind, url=disclosure.url)
    sighting = to_sighting(disclosure, outcome) if is_readable else None
    return Collected(disclosure.source_id, disclosure.url, outcome.state, disclosure, (file,), sighting, finding)


def _collect_images(disclosure: Disclosure, fetcher: PageGetter, archive: Archive) -> Collected:
    """All page images in their order. One that is missing fails the document, a budget with a hole in it is none, and the others
    are kept all the same."""
    outcomes = [
        _bring(disclosure, url, f"{disclosure.title} ({number}/{len(disclosure.image_urls)})", fetcher, archive)
        for number, url in enumerate(disclosure.image_urls, start=1)
    ]
    brought = [outcome for outcome in outcomes if isinstance(outcome, Brought)]
    missing = next((outcome for outcome in outcomes if not isinstance(outcome, Brought)), None)
    if missing is not None:
        return Collected(disclosure.source_id, disclosure.url, "failed", disclosure, files_of(brought), finding=missing)
    finding = make_finding("unread-format", file_kind=f"{len(brought)} page images", url=disclosure.url)
    return Collected(disclosure.source_id, disclosure.url, join_states(brought), disclosure, files_of(brought), finding=finding)


def _bring(disclosure: Disclosure, url: str, title: str, fetcher: PageGetter, archive: Archive) -> Brought | Row:
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
        return Brought(archive.confirm(record), "unchanged", answer.final_url, answer.fetched_at)
    finding = _refuse(disclosure, answer)
    if finding is not None:
        archive.record_failure(replace(record, error=str(finding["finding_kind"])))
        return finding
    file = archive.put(answer.content, record)
    # Discovery archived an article that is the document a moment before: its bytes are known on the first night too.
    is_new = file.is_new or (disclosure.kind == "page" and before is None)
    state: State = "changed" if file.supersedes else "new" if is_new else "unchanged"
    return Brought(file, state, answer.final_url, answer.fetched_at)


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
