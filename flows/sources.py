"""The bodies of `yusuan sources`: what the registry holds, what a source would give, and a new source from a page.

Promise: nothing here writes into the warehouse; a dry run asks a portal for pages only, never for the documents, as politely as
a night does. A YAML is never overwritten.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from rich.markup import escape
from rich.table import Table

from extractors.addresses import Resolve, resolve_host
from extractors.browser import open_renderer
from extractors.discover import MAX_PAGE_BYTES, CrawlFinding, Disclosure, discover
from extractors.fetch import Failure, Fetcher, FetchLimits, host_port
from extractors.platforms.page import parse_page
from extractors.proposal import Proposal, propose_source
from extractors.sources import Source, SourceError, choose_sources, load_source, load_sources, open_fetcher
from flows.crawling import UnknownSourceError
from flows.errors import UsageError
from flows.settings import Settings
from flows.visits import find_last_visits
from warehouse.archive import Archive
from warehouse.codes import load_regions
from warehouse.records import Row

DRY_RUN_PAGES = 20
_SHOWN = 40


class SourceExistsError(UsageError):
    """The registry has a source of this name already."""


class FolderNotWritableError(UsageError):
    """A source's YAML cannot be written there."""


class PageNotFetchedError(UsageError):
    """The page that a source should be made from did not come; the message is the finding's."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """What a dry run saw. `is_partial`: it stopped at the limit of pages, so there may be more."""

    source: Source
    disclosures: tuple[Disclosure, ...]
    findings: tuple[CrawlFinding, ...]
    is_partial: bool = False

    @property
    def is_good(self) -> bool:
        """Documents were found, and nothing kept the crawler from looking."""
        return bool(self.disclosures) and not any(entry.finding["severity"] == "critical" for entry in self.findings)


def list_sources(settings: Settings, today: date) -> list[dict[str, Any]]:
    """One record a source of the registry, with what the warehouse knows of its last visit. Raises UnknownSourceError."""
    try:
        sources = load_sources(settings.sources).values()
    except SourceError as error:
        raise UnknownSourceError(str(error)) from error
    regions = {region.code: region.name for region in load_regions()}
    archived = _count_archived(settings)
    visits = find_last_visits(settings.runs_dir)
    return [
        {
            "id": source.id,
            "publisher": source.publisher,
            "region_code": source.region_code,
            "region": regions.get(source.region_code or "", ""),
            "platform": source.platform,
            "season_months": list(source.season_months),
            "is_in_season": source.is_in_season(today),
            "enabled": source.enabled,
            "file": str(find_file(source.id, settings.sources)),
            "expected_count": source.expected_count,
            "archived_count": archived.get(source.id, 0),
            "last_visit": visits.get(source.id),
        }
        for source in sources
    ]


def find_file(source_id: str, folder: Path) -> Path:
    """The YAML that counts: the user's own where there is one."""
    own = folder / f"{source_id}.yml"
    return own if own.is_file() else registry_folder() / own.name


def is_known(source_id: str, folder: Path) -> bool:
    """Whether there is a source of this name."""
    return find_file(source_id, folder).is_file()


def _count_archived(settings: Settings) -> Counter[str]:
    """Archived addresses by source; nothing where there is no archive."""
    rows = Archive(settings.archive_place).sightings()
    return Counter(row["source_id"] for row in rows if row["superseded_by"] is None)


def render_sources(rows: Iterable[Row]) -> Table:
    """The registry as a table."""
    table = Table("source", "region", "family", "season", "enabled", "expected", "archived", "last visit")
    for row in rows:
        visit = row["last_visit"]
        told = "never" if visit is None else f"{str(visit['at'])[:16]}: {_tell_counts(visit['findings']) or 'no findings'}"
        region = f"{row['region']} {row['region_code']}" if row["region_code"] else "each page's own"
        season = ",".join(map(str, row["season_months"])) + (" (now)" if row["is_in_season"] else "")
        cells = (
            row["id"],
            region,
            row["platform"],
            season,
            "yes" if row["enabled"] else "no",
            "" if row["expected_count"] is None else str(row["expected_count"]),
            str(row["archived_count"]),
            told,
        )
        table.add_row(*map(escape, cells))
    return table


def _tell_counts(counts: Row) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())


def pick_sources(names: Sequence[str], base_url: str | None, folder: Path | None = None) -> list[Source]:
    """The sources to look at: those named, else all enabled. `folder`: the user's own. Raises UnknownSourceError."""
    try:
        named = [load_source(name, base_url=base_url, folder=folder) for name in names]
        chosen = named or choose_sources(folder=folder)
    except SourceError as error:
        raise UnknownSourceError(str(error)) from error
    if not chosen:
        raise UnknownSourceError(f"no source is enabled; name one: {', '.join(load_sources(folder))}")
    return chosen


def check_source(
    source: Source, *, pages: int = DRY_RUN_PAGES, limits: FetchLimits | None = None, resolve: Resolve = resolve_host
) -> SourceCheck:
    """Walk at most `pages` pages of a source without keeping anything."""
    with open_fetcher(source, limits=limits, resolve=resolve) as fetcher, open_renderer(source, fetcher) as renderer:
        found = list(discover(source, fetcher, max_requests=pages, renderer=renderer))
    disclosures = tuple(entry for entry in found if isinstance(entry, Disclosure))
    findings = tuple(entry for entry in found if isinstance(entry, CrawlFinding))
    is_partial = any(entry.finding["finding_kind"] == "too-many-pages" for entry in findings)
    return SourceCheck(source, disclosures, findings, is_partial)


def guess_file_kind(disclosure: Disclosure) -> str:
    """What the address promises; the bytes decide when it is fetched."""
    if disclosure.kind == "images":
        return f"{len(disclosure.image_urls)} page images"
    if disclosure.kind == "page":
        return "HTML tables"
    return PurePosixPath(urlsplit(disclosure.url).path).suffix.lower().lstrip(".") or "file"


def describe_check(check: SourceCheck) -> dict[str, Any]:
    """A dry run as data."""
    return {
        "id": check.source.id,
        "is_good": check.is_good,
        "is_partial": check.is_partial,
        "disclosures": [
            {
                "title": entry.title,
                "fiscal_year": entry.fiscal_year,
                "phase": entry.phase,
                "department_name": entry.department_name,
                "file_kind": guess_file_kind(entry),
                "url": entry.url,
            }
            for entry in check.disclosures
        ],
        "findings": [{**entry.finding, "url": entry.url} for entry in check.findings],
    }


def render_check(check: SourceCheck) -> Table:
    """A dry run as a table, the first documents and every finding."""
    more = "; stopped at the limit of pages, there may be more" if check.is_partial else ""
    title = f"{check.source.id}: {len(check.disclosures)} disclosures{more}"
    table = Table("title", "year", "phase", "department", "kind", title=escape(title), title_justify="left")
    for entry in check.disclosures[:_SHOWN]:
        cells = (entry.title, str(entry.fiscal_year or ""), entry.phase or "", entry.department_name, guess_file_kind(entry))
        table.add_row(*map(escape, cells))
    if len(check.disclosures) > _SHOWN:
        table.add_row(f"… and {len(check.disclosures) - _SHOWN} more (--json lists all)")
    for found in check.findings:
        table.add_row(escape(f"{found.finding['severity']}: {found.finding['message']}"), style="yellow")
    return table


def propose_from_page(
    url: str,
    *,
    source_id: str | None = None,
    allow_private_addresses: bool = False,
    folder: Path | None = None,
    limits: FetchLimits | None = None,
    resolve: Resolve = resolve_host,
) -> Proposal:
    """Fetch the page and propose a source for it. Raises PageNotFetchedError, UnknownSourceError."""
    private = frozenset({host_port(url)}) if allow_private_addresses else frozenset()
    with Fetcher(limits=limits, private_hosts=private, resolve=resolve) as fetcher:
        answer = fetcher.get(url, max_bytes=MAX_PAGE_BYTES)
    if isinstance(answer, Failure):
        raise PageNotFetchedError(f"{answer.finding['message']} ({answer.finding['hint']})")
    page = parse_page(answer.content, answer.final_url)
    try:
        known = load_sources(folder).values()
        return propose_source(
            page, url, load_regions(), known, source_id=source_id, allow_private_addresses=allow_private_addresses
        )
    except SourceError as error:
        raise UnknownSourceError(str(error)) from error


def write_source(proposal: Proposal, folder: Path) -> Path:
    """Write the YAML into a folder. Raises SourceExistsError: nothing is overwritten; FolderNotWritableError."""
    path = folder / f"{proposal.source.id}.yml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(proposal.yaml_text)
    except FileExistsError:
        raise SourceExistsError(f"{path} exists and is not overwritten; choose another name with --id") from None
    except OSError as error:
        raise FolderNotWritableError(f"{path} cannot be written ({error.strerror}); name another folder with --into") from error
    return path


def registry_folder() -> Path:
    """Where our own files stand: in the installed package."""
    return Path(str(files("extractors").joinpath("sources")))
