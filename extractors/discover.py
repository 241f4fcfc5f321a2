"""Walking a source: listing, further pages, columns, articles, documents.

Promise: `discover` yields every disclosure once (one address, one disclosure) and a finding for everything that kept it from
looking: a page that did not come, a browser check, a list that only a script would fill, an article without its document. Finding
nothing in season is a finding, unless another one already says why. It never raises for what a portal does and never walks
without end.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Literal, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from extractors.fetch import Failure, Response
from extractors.platforms.api_lists import parse_answer
from extractors.platforms.obstacles import Obstacle
from extractors.platforms.page import MAX_DEPTH, MAX_LINKS, Page, parse_page
from extractors.platforms.reading import Entry, Reading, read_page
from extractors.sources import Source
from extractors.titles import TitleRules
from warehouse.archive import Archive, ArchiveError, ResponseRecord, detect_file_kind
from warehouse.issues import make_finding
from warehouse.records import Row

DocumentKind = Literal["file", "images", "page"]

MAX_PAGE_BYTES = 20 * 1024 * 1024
_MAX_JUMPS = 3
# More requests for pages than any portal of one government needs: a guard against pages that breed pages.
_MAX_REQUESTS = 5000
_FILE_ENDING = re.compile(r"(\.(pdf|docx?|xlsx?|zip|rar|7z|wps|et))+$", re.IGNORECASE)
_PREVIEW = re.compile(r"^(___sys_cms_preview___|jsessionid|_t|timestamp)$", re.IGNORECASE)
# A query without names is a signature: /attachment/….pdf?aNrfDG_N6prIHC…
_SIGNATURE = re.compile(r"[\w.-]{16,}={0,2}")
_SESSION = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)


class PageRenderer(Protocol):
    """What discovery needs of a browser."""

    def render(self, answer: Response) -> Response | Failure:
        """The page that was fetched, with what its scripts made of it."""


class PageGetter(Protocol):
    """What discovery needs of a fetcher."""

    def get(self, url: str, *, etag: str = "", last_modified: str = "", max_bytes: int | None = None) -> Response | Failure:
        """The answer to a GET."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A document that a source publishes. `key` is the identity of its address, without what changes from visit to visit.

    `kind`: a file, page images (`image_urls`, in their order), or an article whose tables are the document. `fiscal_year` and
    `phase` are what the title says, None where it does not.
    """

    source_id: str
    url: str
    key: str
    title: str
    kind: DocumentKind
    landing_url: str
    region_code: str
    department_name: str = ""
    fiscal_year: int | None = None
    phase: str | None = None
    published_on: str = ""
    image_urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CrawlFinding:
    """A finding about a page of a source; `finding` is a row as `make_finding` makes it."""

    source_id: str
    url: str
    finding: Row


@dataclass
class Trace:
    """What a visit looked at, filled while `discover` walks: keys of addresses. `linked`: on any page that was read; `read`:
    pages that were read; `unread`: pages that were not, or that did not show what they should. `is_complete`: every list was read
    to its end."""

    linked: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    is_complete: bool = True

    def miss(self, step_url: str, *, is_list: bool) -> None:
        """A page that could not be read; a list that could not be read hides what it lists."""
        self.unread.add(make_key(step_url))
        self.is_complete = self.is_complete and not is_list


@dataclass(frozen=True, slots=True)
class _Step:
    """A page to open. `role`: `landing` and `column` pages should hold lists, an `article` a document; `depth` counts clicks."""

    url: str
    role: Literal["landing", "column", "article"]
    landing_url: str
    title: str = ""
    depth: int = 0
    page_number: int = 1
    jumps: int = 0
    entry: Entry | None = None


@dataclass
class _Walk:
    """The state of one visit to a source."""

    source: Source
    rules: TitleRules
    steps: deque[_Step] = field(default_factory=deque)
    visited: set[str] = field(default_factory=set)
    yielded: dict[str, Disclosure] = field(default_factory=dict)
    n_requests: int = 0
    n_findings: int = 0
    trace: Trace = field(default_factory=Trace)
    api_lists: set[frozenset[str]] = field(default_factory=set)
    renderer: PageRenderer | None = None

    def plan(self, step: _Step) -> None:
        """Open the page later, once."""
        key = make_key(step.url)
        if key not in self.visited and step.depth <= self.source.max_depth:
            self.visited.add(key)
            self.steps.append(step)


def make_key(url: str) -> str:
    """The identity of an address: without session, preview and signature, scheme and host in lower case.

    http and https stay two addresses: what one of them answers says nothing of the other.
    """
    parts = urlsplit(url)
    query = parts.query
    if query and "=" not in query.rstrip("=") and _SIGNATURE.fullmatch(query):
        query = ""
    elif _needs_cleaning(query):
        query = urlencode([(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if not _PREVIEW.match(name)])
    path = _SESSION.sub("", parts.path) or "/"
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), path, query, parts.fragment))


def _needs_cleaning(query: str) -> bool:
    return any(_PREVIEW.match(name) for name, _ in parse_qsl(query, keep_blank_values=True))


def discover(
    source: Source,
    fetcher: PageGetter,
    archive: Archive | None = None,
    *,
    today: date | None = None,
    max_requests: int = _MAX_REQUESTS,
    trace: Trace | None = None,
    renderer: PageRenderer | None = None,
) -> Iterator[Disclosure | CrawlFinding]:
    """Walk the source. With an archive, pages are kept in it and asked for conditionally on the next visit; `trace` is filled;
    `renderer` shows pages whose lists only a script makes."""
    walk = _Walk(source, source.title_rules, trace=trace or Trace(), renderer=renderer)
    for url in source.landing_urls:
        walk.plan(_Step(url, "landing", url))
    while walk.steps:
        if walk.n_requests >= max_requests:
            walk.trace.is_complete = False
            yield _tell(walk, source.landing_urls[0], "too-many-pages", url=source.landing_urls[0], limit=max_requests)
            break
        yield from _take_step(walk, walk.steps.popleft(), fetcher, archive)
    yield from _judge_visit(walk, today or datetime.now(UTC).date())


def _take_step(walk: _Walk, step: _Step, fetcher: PageGetter, archive: Archive | None) -> Iterator[Disclosure | CrawlFinding]:
    """Open one page and do what it asks for."""
    walk.n_requests += 1
    answer = _get_page(walk.source, step, fetcher, archive)
    if isinstance(answer, Failure):
        walk.n_findings += 1
        walk.trace.miss(step.url, is_list=step.role != "article")
        yield CrawlFinding(walk.source.id, step.url, answer.finding)
        return
    walk.trace.read.update((make_key(step.url), make_key(answer.final_url)))
    if step.entry is not None and detect_file_kind(answer.content) not in ("html", "unknown"):
        # The address looked like an article's and is the file itself.
        yield from _yield_document(walk, step, step.entry, "file", step.url)
        return
    page = parse_answer(answer.content, answer.final_url)
    reading = _read(walk, step, page)
    if walk.renderer is not None and _is_script_only(step, reading):
        shown = _render(walk, step, answer, archive)
        if isinstance(shown, Failure):
            walk.n_findings += 1
            walk.trace.miss(step.url, is_list=step.role != "article")
            yield CrawlFinding(walk.source.id, step.url, shown.finding)
            return
        page = parse_page(shown.content, answer.final_url)
        reading = _read(walk, step, page)
        # What stands behind its buttons was not shown: such a list proves nothing gone.
        walk.trace.is_complete = False
    if reading.obstacle is not None:
        yield from _meet_obstacle(walk, step, reading.obstacle)
    else:
        walk.trace.linked.update(make_key(link.url) for link in page.links)
        walk.trace.linked.update(make_key(entry.url) for entry in reading.entries)
        if page.is_api_list and _is_repeated(walk, page, reading):
            if reading.next_pages:
                walk.trace.is_complete = False
                yield _tell(walk, step.url, "script-only", url=step.url, mark="its further pages")
            reading = replace(reading, next_pages=())
        yield from _follow_reading(walk, step, reading, answer.final_url)


def _read(walk: _Walk, step: _Step, page: Page) -> Reading:
    """The page, in the light of the link that led to it."""
    facts = step.entry.facts if step.entry else None
    return read_page(page, walk.rules, platform=walk.source.forced_platform, link_title=step.title, link_facts=facts)


def _is_script_only(step: _Step, reading: Reading) -> bool:
    """True for a page that says nothing without its scripts: a shell, a list to be filled, an article without its document."""
    if reading.obstacle is not None:
        return reading.obstacle.kind == "shell"
    return not reading.entries and not reading.lists and (bool(reading.missing_list) or step.role == "article")


def _render(walk: _Walk, step: _Step, answer: Response, archive: Archive | None) -> Response | Failure:
    """The page as the browser shows it, kept beside the page as it came."""
    assert walk.renderer is not None  # noqa: S101  # asked for by the caller
    shown = walk.renderer.render(answer)
    if archive is not None and isinstance(shown, Response):
        archive.put(
            shown.content, replace(_to_record(walk.source, step, f"shown:{make_key(step.url)}", shown), etag="", last_modified="")
        )
    return shown


def _is_repeated(walk: _Walk, page: Page, reading: Reading) -> bool:
    """True for a list that was given before: an API that knows no pages gives the first one for ever."""
    links = frozenset(link.url for link in page.links if link.url not in reading.next_pages)
    is_known = links in walk.api_lists
    walk.api_lists.add(links)
    return is_known


def _get_page(source: Source, step: _Step, fetcher: PageGetter, archive: Archive | None) -> Response | Failure:
    """The page, from the archive where the portal says that it did not change."""
    if archive is None:
        return fetcher.get(step.url, max_bytes=MAX_PAGE_BYTES)
    key = make_key(step.url)
    before = archive.previous(key)
    etag, last_modified = (before.etag, before.last_modified) if before else ("", "")
    answer = fetcher.get(step.url, etag=etag, last_modified=last_modified, max_bytes=MAX_PAGE_BYTES)
    if isinstance(answer, Response) and answer.is_not_modified and before is not None:
        try:
            kept = archive.read(before.sha256)
        except ArchiveError:
            # What it did not change from is lost or damaged here: ask for the whole page.
            answer = fetcher.get(step.url, max_bytes=MAX_PAGE_BYTES)
        else:
            archive.confirm(_to_record(source, step, key, answer))
            return replace(answer, content=kept)
    record = _to_record(source, step, key, answer)
    if isinstance(answer, Failure):
        archive.record_failure(record)
        return answer
    archive.put(answer.content, record)
    return answer


def _to_record(source: Source, step: _Step, key: str, answer: Response | Failure) -> ResponseRecord:
    """The journal's line for a page."""
    record = ResponseRecord(
        url=step.url,
        key=key,
        role="page",
        seen_at=answer.fetched_at,
        http_status=answer.status,
        source_id=source.id,
        landing_url=step.landing_url,
        title=step.title,
        region_code=source.region_code or "",
    )
    return add_answer(record, answer)


def add_answer(record: ResponseRecord, answer: Response | Failure) -> ResponseRecord:
    """The record with what the answer said of itself: its address after redirects and its validators, or why there was none."""
    if isinstance(answer, Failure):
        return replace(record, error=str(answer.finding["finding_kind"]))
    return replace(
        record,
        final_url=answer.final_url,
        etag=answer.etag,
        last_modified=answer.last_modified,
        headers=dict(answer.headers),
    )


def _meet_obstacle(walk: _Walk, step: _Step, obstacle: Obstacle) -> Iterator[CrawlFinding]:
    """Follow a redirect in disguise a few times; say what else stands in the way."""
    if obstacle.kind == "redirect":
        is_new = bool(obstacle.target) and make_key(obstacle.target) not in walk.visited
        if not is_new or step.jumps >= _MAX_JUMPS:
            walk.trace.miss(step.url, is_list=step.role != "article")
            yield _tell(walk, step.url, "redirect-loop", url=step.url)
            return
        walk.plan(_Step(obstacle.target, step.role, step.landing_url, step.title, step.depth, 1, step.jumps + 1, step.entry))
        return
    walk.trace.miss(step.url, is_list=step.role != "article")
    if obstacle.kind == "challenge":
        yield _tell(walk, step.url, "blocked", url=step.url, seen=obstacle.mark)
    else:
        yield _tell(walk, step.url, "script-only", url=step.url, mark=obstacle.mark)


def _follow_reading(walk: _Walk, step: _Step, reading: Reading, page_url: str) -> Iterator[Disclosure | CrawlFinding]:
    """Yield the page's documents, plan its articles, further pages and columns."""
    for entry in reading.entries:
        if walk.source.first_year and entry.facts.fiscal_year and entry.facts.fiscal_year < walk.source.first_year:
            continue
        if entry.kind == "article":
            depth = step.depth + 1
            walk.plan(_Step(entry.url, "article", page_url, entry.title, depth, entry=entry))
        else:
            yield from _yield_document(walk, step, entry, entry.kind, page_url, reading)
    yield from _tell_shared_addresses(walk, reading)
    if reading.is_cut:
        walk.trace.is_complete = False
        yield _tell(walk, step.url, "unreasonable-page", url=step.url, limit=f"{MAX_LINKS} links or {MAX_DEPTH} nested elements")
    if step.role == "article" and not reading.entries:
        walk.trace.miss(step.url, is_list=False)
        walk.trace.read.difference_update((make_key(step.url), make_key(page_url)))
        yield _tell(walk, step.url, "no-document-found", url=step.url, title=step.title)
        return
    if reading.missing_list and not reading.entries and not reading.lists:
        walk.trace.is_complete = False
        yield _tell(walk, step.url, "script-only", url=step.url, mark=reading.missing_list)
    yield from _plan_further_pages(walk, step, reading)
    for listed in reading.lists:
        walk.plan(_Step(listed.url, "column", step.landing_url, listed.title, step.depth + 1))
    for column in reading.columns:
        walk.plan(_Step(column.url, "column", step.landing_url, column.text, step.depth + 1))


def _plan_further_pages(walk: _Walk, step: _Step, reading: Reading) -> Iterator[CrawlFinding]:
    """Lists go on; an article's `next` is its neighbour."""
    if not reading.next_pages or (step.role == "article" and len(reading.entries) <= 1):
        return
    if step.page_number >= walk.source.max_pages:
        walk.trace.is_complete = False
        yield _tell(walk, step.url, "too-many-pages", url=step.url, limit=walk.source.max_pages)
        return
    for url in reading.next_pages:
        walk.plan(_Step(url, step.role, step.landing_url, step.title, step.depth, step.page_number + 1))


def _yield_document(
    walk: _Walk, step: _Step, entry: Entry, kind: DocumentKind, page_url: str, reading: Reading | None = None
) -> Iterator[Disclosure]:
    """The document, once. What its own link leaves open, the link that led to the article says."""
    key = make_key(entry.url)
    if key in walk.yielded:
        return
    known = step.entry.facts if step.entry else entry.facts
    disclosure = Disclosure(
        source_id=walk.source.id,
        url=entry.url,
        key=key,
        title=_FILE_ENDING.sub("", entry.title),
        kind=kind,
        landing_url=page_url,
        region_code=_choose_region(walk.source, reading),
        department_name=entry.facts.department_name or known.department_name,
        fiscal_year=entry.facts.fiscal_year or known.fiscal_year,
        phase=entry.facts.phase or known.phase,
        published_on=reading.published_on if reading else "",
        image_urls=entry.image_urls,
    )
    walk.yielded[key] = disclosure
    yield disclosure


def _choose_region(source: Source, reading: Reading | None) -> str:
    """The page's own region where it lies in the source's province: it is nearer to the issuer. Else the source's, or nothing."""
    of_page, of_source = reading.region_code if reading else "", source.region_code or ""
    is_inside = of_page[:2] == of_source[:2] or not of_source
    return of_page if of_page and is_inside else of_source


def _tell_shared_addresses(walk: _Walk, reading: Reading) -> Iterator[CrawlFinding]:
    """One address under two departments' names on one page: the publisher's error, by the look of it."""
    titles: dict[str, list[str]] = {}
    for entry in reading.entries:
        titles.setdefault(entry.url, []).append(entry.facts.department_name)
    for url, names in titles.items():
        if len(names) > 1:
            # For the record only: it does not explain an empty visit.
            finding = make_finding("same-address", url=url, titles=", ".join(names))
            yield CrawlFinding(walk.source.id, url, finding)


def _judge_visit(walk: _Walk, today: date) -> Iterator[CrawlFinding]:
    """Zero in season is an error, told once; too few is a warning."""
    url, found, expected = walk.source.landing_urls[0], len(walk.yielded), walk.source.expected_count
    if found == 0 and walk.n_findings == 0 and walk.source.is_in_season(today):
        yield _tell(walk, url, "nothing-found", url=url)
    elif expected is not None and 0 < found < expected:
        yield _tell(walk, url, "fewer-than-expected", url=url, found=found, expected=expected)


def _tell(walk: _Walk, page_url: str, kind: str, **values: Any) -> CrawlFinding:
    walk.n_findings += 1
    return CrawlFinding(walk.source.id, page_url, make_finding(kind, **values))
