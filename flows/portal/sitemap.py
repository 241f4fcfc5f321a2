"""The portal's sitemap (sitemaps.org 0.9), for search engines: a list of lists, so that any number of pages fits.

Promise: made only where the portal's web address is known: a sitemap has whole addresses. It names the first page of everything
that the portal has a unit of, in both languages; what leads on from there (tables, pictures of pages) is found from those.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as Tree

from transforms.portal.addresses import LANGUAGES, address_document, address_unit

NAME = "sitemap.xml"
# A list may have 50,000 addresses and 50 MB.
MOST = 40_000
# Of no unit.
_OWN = ("index.html", "about.html")
_FOLDERS = {"department": "departments", "datasets": "datasets"}
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


def make_sitemap(
    units: Iterable[str], changed_at: Mapping[str, datetime], portal: str, most: int = MOST
) -> Iterator[tuple[str, bytes]]:
    """The files by their addresses in the portal, the list of lists last. `changed_at`: of a disclosure, by its document_id;
    `portal`: the portal's web address, with its slash; `most`: addresses of one list.
    """
    pages = list(_list_pages(units, changed_at))
    lists = [pages[start : start + most] for start in range(0, len(pages), most)]
    names = [f"sitemap-{number}.xml" for number in range(1, len(lists) + 1)]
    for name, listed in zip(names, lists, strict=True):
        yield name, _write("urlset", "url", listed, portal)
    yield NAME, _write("sitemapindex", "sitemap", [(name, None) for name in names], portal)


def _list_pages(units: Iterable[str], changed_at: Mapping[str, datetime]) -> Iterator[tuple[str, datetime | None]]:
    """Addresses in the portal, with the moment of the last change where it is known."""
    for language in LANGUAGES:
        yield from ((f"{language}/{name}", None) for name in _OWN)
        for unit in units:
            kind, _, name = unit.partition(":")
            yield f"{language}/{_find_page(kind, name)}", changed_at[name] if kind == "document" else None


def _find_page(kind: str, name: str) -> str:
    if kind == "document":
        return address_document(name)
    if kind == "list":
        return f"{name}/index.html"
    # The list of all data sets has no name.
    return f"{address_unit(_FOLDERS[kind], name) if name else _FOLDERS[kind]}/index.html"


def _write(root_name: str, name: str, listed: Sequence[tuple[str, datetime | None]], portal: str) -> bytes:
    root = Tree.Element(root_name, {"xmlns": _SITEMAP})
    for address, changed in listed:
        element = Tree.SubElement(root, name)
        Tree.SubElement(element, "loc").text = f"{portal}{address}"
        if changed:
            Tree.SubElement(element, "lastmod").text = f"{changed.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    content: bytes = Tree.tostring(root, encoding="utf-8", xml_declaration=True)
    return content
