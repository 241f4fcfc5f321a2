"""hanweb (jcms, jpaas): columns `/col/col<N>/`, articles `art_<id>.html`, PDFs in `sPdfUrl`, lists in data islands or by API."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

from extractors.platforms.api_lists import JPAAS_API, ApiList, find_jpaas_lists
from extractors.platforms.generic import find_next_links, find_quoted_files
from extractors.platforms.page import Link, Page, clean_text, find_mark, join_url

_MARKS = re.compile(r"/col/col\d+/|/art/\d{4}/|art_[0-9a-f]{32}|cms_files/|jpaas-publish-server")
_ISLAND = ("<datastore>", "</datastore>")
_ESCAPED_ISLAND = ("&lt;datastore&gt;", "&lt;/datastore&gt;")
_API = re.compile(r"jpaas-publish-server/front/page/build/unit")
_API_LIST = re.compile(
    r"doLayPageRender\s*\(|_pagination[\"']|tagId\s*[:=]?\s*[\"']?(?:检索|列表|当前栏目)|class=[\"'][^\"']*list"
)


@dataclass(frozen=True, slots=True)
class Hanweb:
    """大汉 jcms and jpaas."""

    name: str = "hanweb"

    def find_mark(self, page: Page) -> str | None:
        """By its addresses."""
        return find_mark(_MARKS, page.text, page.url)

    def find_scripted_files(self, page: Page) -> list[Link]:
        """`sPdfUrl` (several joined by #) and the links of a data island."""
        return [*find_quoted_files(page), *_read_islands(page)]

    def find_next_pages(self, page: Page) -> list[str]:
        """By a link that says so, also after a list from the API."""
        return find_next_links(page)

    def find_lists(self, page: Page, is_column: Callable[[str], bool]) -> list[ApiList]:
        """The units of a jpaas page that its script would fill."""
        return [] if page.is_api_list else find_jpaas_lists(page)

    def find_missing_list(self, page: Page) -> str | None:
        """An empty block that the jpaas API would fill, or an answer of the API that is no list."""
        if JPAAS_API in page.url:
            return None if page.is_api_list else "jpaas-publish-server/front/page/build/unit"
        is_made_by_api = _API.search(page.text) and _API_LIST.search(page.text)
        return "jpaas-publish-server/front/page/build/unit" if is_made_by_api else None


def _read_islands(page: Page) -> list[Link]:
    """Records of `<datastore>`: HTML inside CDATA, sometimes escaped once more."""
    islands = [*_find_between(page.text, *_ISLAND), *map(html.unescape, _find_between(page.text, *_ESCAPED_ISLAND))]
    found = []
    for island in islands:
        records = re.sub(r"<!\[CDATA\[|\]\]>", "", island)
        for node in LexborHTMLParser(records).css("a[href]"):
            url = join_url(page.url, node.attributes.get("href") or "")
            title = clean_text(node.attributes.get("title") or node.text())
            if url:
                found.append(Link(url, title, is_content=True, is_scripted=True))
    return found


def _find_between(text: str, opening: str, closing: str) -> list[str]:
    """What stands between the marks. By hand: a regular expression would search to the end again for every mark left open."""
    found, start = [], text.find(opening)
    while start >= 0:
        end = text.find(closing, start)
        if end < 0:
            break
        found.append(text[start + len(opening) : end])
        start = text.find(opening, end)
    return found
