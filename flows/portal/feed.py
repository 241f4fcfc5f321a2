"""The portal's feed (Atom, RFC 4287) in each language: disclosures that came in, and the newest release.

Promise: made only where the portal's web address is known, since an entry is known by it for good; an entry's moment is the one
at which the warehouse took the document in, so that the feed of an unchanged warehouse is the same bytes.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as Tree

from flows.portal.datasets import Publication
from flows.portal.reading import Survey
from transforms.plain_text import drop_steering
from transforms.portal.addresses import LANGUAGES, Language, address_document
from transforms.portal.disclosure_names import name_disclosure
from transforms.portal.words import name_value, say
from warehouse.catalogue.publisher import Publisher
from warehouse.records import Row

NAME = "feed.xml"
SHOWN = 50
_ATOM = "http://www.w3.org/2005/Atom"
# XML has no way to write these, and a title is whatever a publisher printed.
_UNWRITABLE = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


@dataclass(frozen=True, slots=True)
class _Entry:
    address: str
    title: str
    summary: str
    updated: datetime


def make_feeds(survey: Survey, publication: Publication | None, publisher: Publisher, portal: str) -> dict[str, bytes]:
    """The feed of each language by its address in the portal. `portal`: the portal's web address, with its slash."""
    return {
        f"{language}/{NAME}": _write_feed(list(_list_entries(survey, publication, portal, language)), publisher, portal, language)
        for language in LANGUAGES
    }


def _list_entries(survey: Survey, publication: Publication | None, portal: str, language: Language) -> Iterator[_Entry]:
    """The newest first."""
    entries = [_describe_disclosure(row, survey.committed_at[row["document_id"]], portal, language) for row in survey.disclosures]
    if publication:
        entries.append(_describe_release(publication, portal, language))
    yield from sorted(entries, key=lambda entry: (entry.updated, entry.address), reverse=True)[:SHOWN]


def _describe_disclosure(row: Row, taken_in: datetime, portal: str, language: Language) -> _Entry:
    facts = (
        row["department_name"],
        row["region_name"],
        row["fiscal_year"],
        row["phase"] and name_value("phase", row["phase"], language),
    )
    return _Entry(
        address=f"{portal}{language}/{address_document(row['document_id'])}",
        title=name_disclosure(row),
        summary=" · ".join(str(fact) for fact in facts if fact),
        updated=taken_in,
    )


def _describe_release(publication: Publication, portal: str, language: Language) -> _Entry:
    catalogue = publication.catalogue
    return _Entry(
        # Of this version: the page of the data sets is the next release's tomorrow.
        address=f"{portal}releases/{catalogue.version}/datapackage.json",
        title=f"{say('datasets', language)} {catalogue.version}",
        summary=catalogue.title,
        updated=datetime.fromisoformat(catalogue.created),
    )


def _write_feed(entries: Sequence[_Entry], publisher: Publisher, portal: str, language: Language) -> bytes:
    feed = Tree.Element("feed", {"xmlns": _ATOM, "xml:lang": "zh-CN" if language == "zh" else "en"})
    home = f"{portal}{language}/"
    _add(feed, "id", f"{home}{NAME}")
    _add(feed, "title", f"{say('site', language)} · {publisher.name}")
    # A portal of an empty warehouse is as old as nothing.
    _add(feed, "updated", _write_moment(max((entry.updated for entry in entries), default=datetime.fromtimestamp(0, UTC))))
    _add(feed, "link", rel="self", type="application/atom+xml", href=f"{home}{NAME}")
    _add(feed, "link", rel="alternate", type="text/html", href=f"{home}index.html")
    author = _add(feed, "author")
    _add(author, "name", publisher.name)
    if publisher.email:
        _add(author, "email", publisher.email)
    for entry in entries:
        _add_entry(feed, entry)
    content: bytes = Tree.tostring(feed, encoding="utf-8", xml_declaration=True)
    return content


def _add_entry(feed: Tree.Element, entry: _Entry) -> None:
    element = _add(feed, "entry")
    _add(element, "id", entry.address)
    _add(element, "title", entry.title)
    _add(element, "updated", _write_moment(entry.updated))
    _add(element, "link", rel="alternate", href=entry.address)
    _add(element, "summary", entry.summary)


def _add(parent: Tree.Element, name: str, text: str | None = None, **attributes: str) -> Tree.Element:
    element = Tree.SubElement(parent, name, attributes)
    element.text = None if text is None else _UNWRITABLE.sub("", drop_steering(text))
    return element


def _write_moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
