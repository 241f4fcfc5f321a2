"""One source's visit: what it publishes, brought into the archive and counted.

Promise: whatever the portal does, the visit ends in counts and findings; the documents' bytes are in the archive before they are
counted.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from extractors.browser import open_renderer
from extractors.collect import collect
from extractors.collected import Collected
from extractors.fetch import FetchLimits
from extractors.sources import SourceError, choose_sources, load_source, load_sources, open_fetcher
from extractors.titles import TitleRules, load_title_rules
from extractors.unpacking import open_left
from flows.closing import Crawled
from flows.errors import UsageError
from flows.progress import get_reporter
from flows.settings import Settings
from flows.silence import find_silent
from flows.visits import ZONE, choose_due
from warehouse.archive import Archive
from warehouse.records import Row


class UnknownSourceError(UsageError):
    """A source that is not in the registry, or that cannot be visited like this; the message names those that can."""


def list_source_ids(wanted: Sequence[str], base_urls: Iterable[str] = (), folder: Path | None = None) -> list[str]:
    """The sources to visit: those wanted, else all enabled ones. `folder`: the user's own sources.

    Raises UnknownSourceError before anything is visited.
    """
    located = set(base_urls)
    try:
        chosen = choose_sources((source_id for source_id in wanted if source_id not in located), folder)
    except SourceError as error:
        raise UnknownSourceError(str(error)) from error
    if wanted and all(source_id in located for source_id in wanted):
        chosen = []  # without names, choose_sources gives all that are enabled
    return [source_id for source_id in wanted if source_id in located] + [source.id for source in chosen]


def list_due_ids(settings: Settings) -> list[str]:
    """The enabled sources that are due tonight. Raises UnknownSourceError for a source's YAML that is wrong."""
    try:
        enabled = choose_sources(folder=settings.sources)
    except SourceError as error:
        raise UnknownSourceError(str(error)) from error
    return [source.id for source in choose_due(enabled, settings.runs_dir, datetime.now(UTC))]


def crawl_source(source_id: str, archive: Archive, settings: Settings, *, base_url: str | None = None) -> Crawled:
    """Visit one source."""
    source = load_source(source_id, base_url=base_url, folder=settings.sources)
    limits = FetchLimits(
        read_seconds=settings.fetch_timeout_seconds,
        total_seconds=settings.fetch_total_seconds,
        max_bytes=settings.max_file_mb << 20,
    )
    with open_fetcher(source, limits=limits) as fetcher, open_renderer(source, fetcher) as renderer:
        crawled = count_visit(source_id, _watch(collect(source, fetcher, archive, renderer)))
    archive.flush()
    return crawled


def open_left_bundles(archive: Archive, settings: Settings) -> Crawled:
    """The documents in bundles that an interrupted night archived and did not open. It is no visit: no source is named.

    Before the sources are visited: what they publish now supersedes what they published then.
    """
    left = archive.unopened()
    if not left:
        return Crawled()
    rules = _read_title_rules(settings)
    crawls = [
        count_visit(record.source_id, _watch(open_left(record, archive, rules.get(record.source_id) or load_title_rules())))
        for record in left
    ]
    archive.flush()
    return replace(add_crawls(crawls), sources=())


def _read_title_rules(settings: Settings) -> dict[str, TitleRules]:
    """Source to its title patterns. Raises UnknownSourceError."""
    try:
        return {source.id: source.title_rules for source in load_sources(settings.sources).values()}
    except SourceError as error:
        raise UnknownSourceError(str(error)) from error


def list_silent(source_ids: Iterable[str], archive: Archive, settings: Settings) -> list[Row]:
    """Findings on those of the sources that are silent in their season."""
    sources = [load_source(source_id, folder=settings.sources) for source_id in sorted(source_ids)]
    return find_silent(sources, archive.sightings(), datetime.now(ZONE).date(), settings.silent_days)


def _watch(items: Iterable[Collected]) -> Iterable[Collected]:
    for item in items:
        name = item.disclosure.title if item.disclosure else item.url
        trouble = f" ({item.finding['finding_kind']})" if item.finding else ""
        get_reporter().advance(f"{name}: {describe_change(item)}{trouble}")
        yield item


def describe_change(item: Collected) -> str:
    """new, changed, unchanged or failed. Known bytes under a new address are unchanged: nothing is new to read in them."""
    # An article that is the document was archived as a page a moment before: its bytes are always known.
    is_page = item.disclosure is not None and item.disclosure.kind == "page"
    if item.state == "new" and not is_page and not any(file.is_new for file in item.files):
        return "unchanged"
    return item.state


def count_visit(source_id: str, items: Iterable[Collected]) -> Crawled:
    """The counts of a visit. Pages that could not be read are findings; only documents count as failed."""
    counts: Counter[str] = Counter()
    findings, document_ids = [], []
    for item in items:
        if item.disclosure is not None and not item.is_bundle:
            counts[describe_change(item)] += 1
            counts["not yet read"] += item.state != "failed" and item.sighting is None
        if item.finding is not None:
            findings.append({**item.finding, "source_id": item.source_id, "url": item.url})
        if item.sighting is not None:
            document_ids.append(item.sighting.document_id)
    return Crawled(
        sources=(source_id,),
        new=counts["new"],
        changed=counts["changed"],
        unchanged=counts["unchanged"],
        failed=counts["failed"],
        not_yet_read=counts["not yet read"],
        findings=tuple(findings),
        document_ids=tuple(document_ids),
    )


def add_crawls(crawls: Iterable[Crawled]) -> Crawled:
    """Several visits as one."""
    parts = list(crawls)
    return Crawled(
        sources=tuple(name for part in parts for name in part.sources),
        new=sum(part.new for part in parts),
        changed=sum(part.changed for part in parts),
        unchanged=sum(part.unchanged for part in parts),
        failed=sum(part.failed for part in parts),
        not_yet_read=sum(part.not_yet_read for part in parts),
        findings=tuple(finding for part in parts for finding in part.findings),
        document_ids=tuple(name for part in parts for name in part.document_ids),
    )
