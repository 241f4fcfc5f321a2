"""A source for a page that nobody has described yet: what the page itself says, each guess with its reason.

Promise: pure; what cannot be known from the page is left for the person who adds the source, and every guess says what it rests
on. The YAML is one that the registry accepts.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import yaml

from extractors.platforms.page import Page
from extractors.platforms.registry import find_marks
from extractors.sources import Source, SourceError, parse_source
from warehouse.codes import Region

_HOST_WORDS = frozenset({"www", "gov", "cn", "com", "org", "edu", "net"})
# Budgets follow the people's congress in spring, final accounts come in late summer and autumn.
_SEASON = [2, 3, 8, 9, 10]


@dataclass(frozen=True, slots=True)
class Guess:
    """A value and what it rests on."""

    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A source as the page suggests it. An empty `region` value means that the page does not tell."""

    source: Source
    yaml_text: str
    platform: Guess
    region: Guess
    publisher: Guess


def propose_source(
    page: Page,
    url: str,
    regions: Iterable[Region],
    known: Iterable[Source] = (),
    *,
    source_id: str | None = None,
    allow_private_addresses: bool = False,
) -> Proposal:
    """The source for a page at `url`. Raises SourceError where the id is none or no name can be made from the host."""
    names = {region.code: region for region in regions}
    platform, region = guess_family(page), guess_region(page, names, known)
    publisher = guess_publisher(page, url)
    name = source_id or make_source_id(url)
    values = {
        "id": name,
        "region_code": region.value or None,
        "publisher": publisher.value,
        "landing_urls": [url],
        "platform": platform.value if platform.value != "generic" else "auto",
        "season_months": _SEASON,
        "politeness": {"delay_seconds": 3, "concurrency": 1},
        "allow_private_addresses": allow_private_addresses,
        "enabled": False,
        "notes": f"Proposed from the page itself. Family: {platform.reason}. Region: {region.reason}. Check before enabling it.",
    }
    text = yaml.safe_dump(values, allow_unicode=True, sort_keys=False, width=120)
    return Proposal(parse_source(text, name), text, platform, region, publisher)


def guess_family(page: Page) -> Guess:
    """The most particular family that knows the page, and the other ones that would."""
    (first, mark), *others = find_marks(page)
    if not mark:
        return Guess(first.name, "no mark of a known family")
    named = ", ".join(other.name for other, other_mark in others if other_mark)
    return Guess(first.name, f"the page has {mark[:60]!r}" + (f"; it also has marks of {named}" if named else ""))


def guess_region(page: Page, regions: dict[str, Region], known: Iterable[Source] = ()) -> Guess:
    """By the site's own code, else by a region's full name in the titles, else by a known source of the same domain."""
    if page.region_code in regions:
        return Guess(page.region_code, f"SiteIDCode begins with it ({regions[page.region_code].name})")
    texts = (page.meta.get("sitename", ""), page.window_title, page.article_title, page.column_name)
    named = [region for region in regions.values() if any(region.name in text for text in texts)]
    longest = [region for region in named if len(region.name) == max(len(one.name) for one in named)]
    if len(longest) == 1:
        return Guess(longest[0].code, f"the page is titled with {longest[0].name}")
    if longest:
        return Guess("", f"{longest[0].name} is the name of {len(longest)} regions: fill it in")
    domain = _domain_of(page.url)
    for source in known:
        if source.region_code and domain and any(_domain_of(url) == domain for url in source.landing_urls):
            return Guess(source.region_code, f"source {source.id} stands under the same domain {domain}")
    return Guess("", "the page does not tell: fill it in, unless each page says its own")


def guess_publisher(page: Page, url: str) -> Guess:
    """The site's name by its meta tags, else the last part of the window's title, else the host."""
    site = page.meta.get("sitename", "")
    if site:
        return Guess(site[:60], "meta SiteName")
    pieces = [piece for piece in re.split(r"\s*[-_|－–—]+\s*", page.window_title) if piece]
    return Guess(pieces[-1][:60], "the window's title") if pieces else Guess(urlsplit(url).hostname or url, "the host")


def make_source_id(url: str) -> str:
    """A name from the host, the domain first: jncz.jinan.gov.cn is jinan-jncz. Raises SourceError where the host has no words."""
    labels = [label for label in reversed((urlsplit(url).hostname or "").split(".")) if label not in _HOST_WORDS]
    name = re.sub(r"[^a-z0-9]+", "-", "-".join(labels).lower()).strip("-")
    if not re.match(r"[a-z]", name):
        raise SourceError(f"the host of {url} gives no name; name the source with --id")
    return name


def _domain_of(url: str) -> str:
    """jinan.gov.cn of any host below it; nothing for a host that is no government's."""
    match = re.search(r"([\w-]+\.gov\.cn)$", urlsplit(url).hostname or "")
    return match[1] if match else ""
