"""One page of a portal, decoded and parsed, without an opinion about it.

Promise: bytes are decoded before they are parsed, by what they are rather than by what a header says; links are absolute.
"""

import html
import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urljoin, urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from transforms.plain_text import drop_steering

_MIN_READ_PER_BROKEN = 10
MAX_LINKS = 20_000
MAX_DEPTH = 2000
# Elements that stay open until they are closed; br, img, p, li, td and their like do not nest by being left open.
_NESTING_TAG = re.compile(
    r"<(/?)(?!(?:br|img|input|meta|link|hr|col|area|base|embed|param|source|wbr|p|li|td|th|tr|option|dt|dd|tbody|thead)\b)[a-z]",
    re.IGNORECASE,
)
_MAX_TITLE = 500
_SPACE = re.compile(r"[\s\u200b\ufeff]+")
# A document's type by its name, or an address that hands out files whatever its name.
_FILE_URL = re.compile(
    r"\.(pdf|docx?|xlsx?|zip|rar|7z|wps|et)$|/download\.jsp$|/filedown$|/download\.do$|/downloadfile|/filemanager/.+\.\w+$",
    re.IGNORECASE,
)
_FILE_IN_QUERY = re.compile(r"\.(pdf|docx?|xlsx?|zip|rar|7z|wps|et)(&|$)", re.IGNORECASE)
_SCRIPTED_TARGET = re.compile(
    r"(?:location(?:\.href)?\s*=|window\.open\s*\(|encodeURI\s*\()\s*(?:encodeURI\s*\(\s*)?[\"']([^\"']{1,2000})[\"']"
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a page. `text` is the whole text: the `title` attribute where the visible text is cut. `is_content`: it stands
    in the article's body. `is_scripted`: a script would have made it."""

    url: str
    text: str
    is_content: bool = False
    is_scripted: bool = False

    @property
    def is_file(self) -> bool:
        """True where the address is that of a file, by its name."""
        return is_file_url(self.url)


@dataclass(frozen=True)
class Page:
    """A page as fetched from `url` (after redirects: relative links need that). `is_api_list`: made of a list in JSON."""

    url: str
    text: str
    size: int
    is_api_list: bool = False

    @cached_property
    def tree(self) -> LexborHTMLParser:
        """The parsed page, up to where it is nested deeper than any real one."""
        return LexborHTMLParser(self.text[: self._depth_limit])

    @cached_property
    def _depth_limit(self) -> int:
        """Where the nesting gets deeper than MAX_DEPTH: a parser's time grows with the square of the depth."""
        if self.text.count("<") <= MAX_DEPTH:
            return len(self.text)
        depth = 0
        for tag in _NESTING_TAG.finditer(self.text):
            depth = max(depth - 1, 0) if tag[1] else depth + 1
            if depth > MAX_DEPTH:
                return tag.start()
        return len(self.text)

    @cached_property
    def meta(self) -> dict[str, str]:
        """Meta tags by lower-case name, the first of each name that says something."""
        found: dict[str, str] = {}
        for node in self.tree.css("meta[name]"):
            name = (node.attributes.get("name") or "").lower()
            content = (node.attributes.get("content") or "").strip()
            if content:
                found.setdefault(name, content)
        return found

    @property
    def article_title(self) -> str:
        """Meta ArticleTitle, or nothing."""
        return clean_title(self.meta.get("articletitle", ""))

    @property
    def column_name(self) -> str:
        """Meta ColumnName, or nothing."""
        return clean_title(self.meta.get("columnname", ""))

    @property
    def published_on(self) -> str:
        """Meta PubDate as YYYY-MM-DD, or nothing. It is no fiscal year."""
        match = re.match(r"(20\d\d)[-/年.](\d{1,2})[-/月.](\d{1,2})", self.meta.get("pubdate", ""))
        return f"{match[1]}-{int(match[2]):02d}-{int(match[3]):02d}" if match else ""

    @property
    def region_code(self) -> str:
        """The first six of the ten digits of meta SiteIDCode, or nothing: central bodies and companies have other codes."""
        code = self.meta.get("siteidcode", "")
        return code[:6] if re.fullmatch(r"\d{10}", code) else ""

    @cached_property
    def window_title(self) -> str:
        """Text of <title>, often with the site's name behind it."""
        node = self.tree.css_first("title")
        return clean_title(node.text()) if node else ""

    @cached_property
    def content(self) -> LexborNode | None:
        """The article's body, by the marks that editors of content systems leave; None where there is none."""
        for selector in _CONTENT_SELECTORS:
            node = self.tree.css_first(selector)
            if node is not None:
                return node
        return None

    @cached_property
    def scripts(self) -> str:
        """The text of all scripts in the page, one after the other."""
        return "\n".join(node.text() for node in self.tree.css("script"))

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """All links in the order of the page, with those that an `onclick` makes."""
        inside = {node.mem_id for node in self.content.css("a")} if self.content is not None else set()
        anchors = self.tree.css("a")[:MAX_LINKS]
        found = (self._read_anchor(node, is_content=node.mem_id in inside) for node in anchors)
        return tuple(link for link in found if link is not None)

    @property
    def is_cut(self) -> bool:
        """True where the page has more links or deeper nesting than is read: no real page has so many."""
        return self._depth_limit < len(self.text) or len(self.tree.css("a")) > MAX_LINKS

    def _read_anchor(self, node: LexborNode, *, is_content: bool) -> Link | None:
        target = (node.attributes.get("href") or "").strip()
        is_scripted = not target or target.lower().startswith("javascript:") or target == "#"
        if is_scripted:
            match = _SCRIPTED_TARGET.search(html.unescape(node.attributes.get("onclick") or ""))
            target = match[1] if match else ""
        url = join_url(self.url, target)
        return Link(url, _read_link_text(node), is_content, is_scripted) if url else None


_CONTENT_SELECTORS = (
    ".trs_editor_view",
    ".TRS_UEDITOR",
    ".TRS_Editor",
    "#UCAP-CONTENT",
    "#zoom",
    "#Zoom",
    ".v_news_content",
    ".article-content",
    ".pages_content",
    ".content-wrap",
)


def find_mark(marks: re.Pattern[str], *texts: str) -> str | None:
    """The first mark in the first text that has one, or None."""
    return next((match[0] for text in texts if (match := marks.search(text))), None)


def parse_page(content: bytes, url: str) -> Page:
    """Bytes as fetched from `url` to a page."""
    return Page(url=url, text=decode_page(content), size=len(content))


def decode_page(content: bytes) -> str:
    """Text of a page. UTF-8 where the bytes are that; else GB 18030, also for pages that declare gb2312 or gbk."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    as_utf8 = content.decode("utf-8", errors="replace")
    # A page of UTF-8 with a few broken characters is not a page of GBK, which has hardly a character that UTF-8 can read.
    n_broken, n_read = as_utf8.count("\ufffd"), sum(character > "\x7f" for character in as_utf8)
    return as_utf8 if n_broken * _MIN_READ_PER_BROKEN < n_read else content.decode("gb18030", errors="replace")


def join_url(base: str, target: str) -> str:
    """The absolute http(s) address of a link as it stands in a page, or nothing where it leads nowhere a crawler can go."""
    cleaned = re.sub(r"[\t\r\n]", "", target.strip())
    if not cleaned or cleaned.startswith("#") or re.match(r"(?!https?:)[a-z][a-z0-9+.-]*:", cleaned, re.IGNORECASE):
        return ""
    path, mark, query = cleaned.partition("?")
    try:
        parts = urlsplit(urljoin(base, path.replace("\\", "/") + mark + query))
    except ValueError:
        return ""
    # A hash route names another page of an application; any other fragment only a place on the same one.
    fragment = parts.fragment if parts.fragment.startswith(("/", "!/")) else ""
    return urlunsplit(parts._replace(fragment=fragment))


def is_file_url(url: str) -> bool:
    """True for the address of a file: by its ending, a file name in the query, or a well-known download address."""
    parts = urlsplit(url)
    return bool(_FILE_URL.search(parts.path) or _FILE_IN_QUERY.search(parts.query))


def clean_text(text: str) -> str:
    """Text on one line, without what would steer the terminal that shows it."""
    return drop_steering(_SPACE.sub(" ", text)).strip()


def clean_title(text: str) -> str:
    """Text on one line, cut to what a title can be."""
    return clean_text(text[: 4 * _MAX_TITLE])[:_MAX_TITLE]


def _read_link_text(node: LexborNode) -> str:
    """The longer of visible text and title attribute where the text is cut; a file's name is no better than a text."""
    text = clean_title(node.text())
    title = clean_title(node.attributes.get("title") or "")
    is_cut = not text or text.endswith(("...", "…", "．．．", ".."))
    return title if title and (is_cut or (len(title) > len(text) and text[:6] in title)) else text
