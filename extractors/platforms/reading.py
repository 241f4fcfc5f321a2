"""What one page holds for a crawler: documents, articles to open, further pages, columns to follow, or what stands in the way.

Promise: pure; every entry has a title and what the title says. A link that is no disclosure by its own words is only taken where
the article around it is one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from selectolax.lexbor import LexborNode

from extractors.platforms.api_lists import ApiList
from extractors.platforms.obstacles import Obstacle, find_obstacle
from extractors.platforms.page import Link, Page, clean_text, join_url
from extractors.platforms.registry import Platform, guess_platform
from extractors.platforms.shown_amounts import shows_amounts
from extractors.titles import TitleFacts, TitleRules, read_title

Kind = Literal["article", "file", "images", "page"]

_FILE_NAME_ONLY = re.compile(r"[\x21-\x7e]+\.(pdf|docx?|xlsx?|zip|rar|7z|wps|et)", re.IGNORECASE)
_SITE_NAME = re.compile(r"\s*[-_|－–—]+\s*")
_PAGE_IMAGE = re.compile(r"\.(jpe?g|png|gif|bmp|tiff?)$", re.IGNORECASE)
# Fewer images are decoration; beside more text amounts that stand in it come first.
_MIN_PAGE_IMAGES = 3
_MAX_TEXT_BESIDE_IMAGES = 400
# So many tables are a document whatever stands in them; one or two may only lay the page out.
_MIN_BUDGET_TABLES = 3
_MIN_HUB_LINKS = 3
_MAX_NAMES = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """A document or the way to one. `kind`: article to open, file, page images (`image_urls`, in order), or the page itself."""

    url: str
    title: str
    kind: Kind
    facts: TitleFacts
    image_urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that a page says. `lists` are those that its script would fetch and that can be asked for; `missing_list` is the
    mark of a list that a script would have made; `is_cut`: the page is longer or deeper than is read."""

    platform: str
    heading: str
    entries: tuple[Entry, ...]
    next_pages: tuple[str, ...] = ()
    columns: tuple[Link, ...] = ()
    lists: tuple[ApiList, ...] = ()
    obstacle: Obstacle | None = None
    missing_list: str | None = None
    published_on: str = ""
    region_code: str = ""
    is_cut: bool = False


def read_page(
    page: Page,
    rules: TitleRules,
    *,
    platform: Platform | None = None,
    link_title: str = "",
    link_facts: TitleFacts | None = None,
) -> Reading:
    """Read a page. `link_title` is the text of the link that led here: the heading where the page has none of its own;
    `link_facts` is what that link said, its page included: a title joined from both can no longer be taken apart."""
    family = platform or guess_platform(page)
    obstacle = find_obstacle(page)
    if obstacle is not None:
        return Reading(family.name, "", (), obstacle=obstacle)
    heading = find_heading(page, rules, link_title)
    context = _read_heading(heading, rules, link_facts if heading == link_title else None)
    entries = _name_issuer(_find_entries(page, rules, family, heading, context), page, rules)
    return Reading(
        platform=family.name,
        heading=heading,
        entries=entries,
        next_pages=tuple(family.find_next_pages(page)),
        columns=() if page.article_title else _find_columns(page, rules),
        lists=() if page.article_title else tuple(family.find_lists(page, rules.is_column)),
        missing_list=None if entries else family.find_missing_list(page),
        published_on=page.published_on,
        region_code=page.region_code,
        is_cut=page.is_cut,
    )


def find_heading(page: Page, rules: TitleRules, link_title: str = "") -> str:
    """The article's title, by the first place where it says what the document is: meta tags, window title, link text.

    An article whose own title says that it is something else stays that.
    """
    own = page.article_title
    if own and rules.is_excluded(own):
        return own
    pieces = [page.window_title, *_SITE_NAME.split(page.window_title)] if page.window_title else []
    with_column = f"{own} {page.column_name}" if own and page.column_name else ""
    with_window = f"{own} {next((piece for piece in pieces if rules.is_disclosure(piece)), '')}".strip() if own else ""
    candidates = [own, *pieces[1:], pieces[0] if pieces else "", link_title, with_column, with_window]
    if own:
        # What the window says beside the article's title is the column: only together are they a title.
        candidates = [own, link_title, with_column, with_window]
    return next((title for title in candidates if title and rules.is_disclosure(title)), own or link_title)


def _read_heading(heading: str, rules: TitleRules, known: TitleFacts | None) -> TitleFacts | None:
    """What the heading says, `known` where that is known already; None where it is no disclosure's."""
    if not heading or not rules.is_disclosure(heading):
        return None
    return known or read_title(heading, rules)


def _find_entries(page: Page, rules: TitleRules, family: Platform, heading: str, context: TitleFacts | None) -> tuple[Entry, ...]:
    links = [*page.links, *family.find_scripted_files(page)]
    files = [entry for link in links if link.is_file if (entry := _to_file(link, rules, heading, context))]
    articles = _find_articles(page, links, rules, heading, context, has_files=bool(files))
    found = _drop_repeats([*files, *articles])
    if found or context is None:
        return found
    return _find_document_in_page(page, heading, context)


def _name_issuer(entries: tuple[Entry, ...], page: Page, rules: TitleRules) -> tuple[Entry, ...]:
    """A column that bears an office's name says whose the entries are that name none."""
    name = page.column_name
    if not name or not rules.is_organisation(name):
        return entries
    return tuple(
        entry if entry.facts.department_name else replace(entry, facts=replace(entry.facts, department_name=name))
        for entry in entries
    )


def _to_file(link: Link, rules: TitleRules, heading: str, context: TitleFacts | None) -> Entry | None:
    """A link to a file as an entry, where its own text or its article makes it a disclosure."""
    text = "" if rules.says_nothing(link.text) or _FILE_NAME_ONLY.fullmatch(link.text) else link.text
    if text and rules.is_excluded(text):
        return None
    if text and rules.is_disclosure(text):
        facts = read_title(text, rules)
        return Entry(link.url, text, "file", facts if context is None else _complete(facts, context, rules))
    if context is None or not (link.is_content or link.is_scripted or text or not link.text):
        return None
    return Entry(link.url, _join_titles(text, heading), "file", _complete(read_title(text, rules), context, rules))


def name_part(text: str, heading: str, rules: TitleRules) -> tuple[str, TitleFacts] | None:
    """Title and facts of one document among several of an article or a bundle; `text` is its own name, `heading` that of the
    whole. None where the name says that it is something else."""
    own = "" if rules.says_nothing(text) or _FILE_NAME_ONLY.fullmatch(text) else text
    if own and rules.is_excluded(own):
        return None
    facts = _complete(read_title(own, rules), read_title(heading, rules), rules)
    return (own if own and rules.is_disclosure(own) else _join_titles(own, heading)), facts


def _find_articles(
    page: Page, links: Iterable[Link], rules: TitleRules, heading: str, context: TitleFacts | None, *, has_files: bool
) -> list[Entry]:
    """Links to other pages. An article's own links stand in its body; what stands beside it belongs to the site."""
    is_article = bool(page.article_title) or (context is not None and has_files)
    others = [link for link in links if not link.is_file and link.text and link.url != page.url]
    scope = [link for link in others if link.is_content] if is_article else others
    named = [
        Entry(link.url, link.text, "article", read_title(link.text, rules)) for link in scope if rules.is_disclosure(link.text)
    ]
    if context is None:
        return named
    known = {entry.url for entry in named}
    names = [link for link in scope if link.is_content and link.url not in known and rules.is_organisation(link.text)]
    if len(names) + len(named) < _MIN_HUB_LINKS:
        return named
    hub = [
        Entry(link.url, _join_titles(link.text, heading), "article", _complete(read_title(link.text, rules), context, rules))
        for link in names
        if not rules.is_excluded(link.text)
    ]
    return [*named, *hub]


def _complete(facts: TitleFacts, context: TitleFacts, rules: TitleRules) -> TitleFacts:
    """What the link's text leaves open, its article says."""
    is_named = bool(facts.department_name) and rules.is_organisation(facts.department_name)
    return replace(
        facts,
        title=facts.title or context.title,
        fiscal_year=facts.fiscal_year or context.fiscal_year,
        phase=facts.phase or context.phase,
        department_name=facts.department_name if is_named else context.department_name,
    )


def _join_titles(text: str, heading: str) -> str:
    return f"{text}（{heading}）" if text and text not in heading else heading


def _drop_repeats(entries: list[Entry]) -> tuple[Entry, ...]:
    """One entry an address, unless it stands under the names of different departments: then each, for a person to look at."""
    kept: list[Entry] = []
    by_url: dict[str, list[Entry]] = {}
    for entry in entries:
        known = by_url.setdefault(entry.url, [])
        # A dozen names for one address are told; more are a page made to be slow.
        if len(known) < _MAX_NAMES and all(_differs(other, entry) for other in known):
            known.append(entry)
            kept.append(entry)
    return tuple(kept)


def _differs(one: Entry, other: Entry) -> bool:
    """True where two links to one address name two departments."""
    first, second = one.facts.department_name, other.facts.department_name
    return bool(first) and bool(second) and first not in second and second not in first


def _find_document_in_page(page: Page, heading: str, context: TitleFacts) -> tuple[Entry, ...]:
    """The document is the page itself: its images in order, or the amounts that it shows."""
    body = page.content if page.content is not None else page.tree.body
    if body is None:
        return ()
    images = _find_page_images(page, body)
    if len(images) >= _MIN_PAGE_IMAGES and len(clean_text(body.text())) <= _MAX_TEXT_BESIDE_IMAGES:
        return (Entry(page.url, heading, "images", context, images),)
    is_full_of_tables = bool(page.article_title) and len(body.css("table")) >= _MIN_BUDGET_TABLES
    if is_full_of_tables or shows_amounts((page.tree.body or body).html or ""):
        return (Entry(page.url, heading, "page", context),)
    # Beside a text of any length the tables may be pictures; without an article of its own they are the page's decoration.
    if page.content is not None and len(images) >= _MIN_PAGE_IMAGES:
        return (Entry(page.url, heading, "images", context, images),)
    return ()


def _find_page_images(page: Page, body: LexborNode) -> tuple[str, ...]:
    sources = (node.attributes.get("src") or "" for node in body.css("img"))
    urls = (join_url(page.url, source) for source in sources if _PAGE_IMAGE.search(source))
    return tuple(dict.fromkeys(url for url in urls if url))


def _find_columns(page: Page, rules: TitleRules) -> tuple[Link, ...]:
    columns = {link.url: link for link in page.links if not link.is_file and link.url != page.url and rules.is_column(link.text)}
    return tuple(columns.values())
