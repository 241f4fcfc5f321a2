"""Guangdong's two platforms: the portal (`content/post_<N>.html`, pages from 1) and gkmlpt, whose lists come from an API."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from extractors.platforms.api_lists import GKMLPT_API, ApiList, find_gkmlpt_lists
from extractors.platforms.generic import find_next_links, find_quoted_files
from extractors.platforms.page import Link, Page, find_mark, join_url

_MARKS = re.compile(r"[/\"']content/post_\d+|window\._CONFIG|gkmlpt|/postmeta/i/\d+")
_GKMLPT = re.compile(r"window\._CONFIG|/gkmlpt/(?:js|css|gkml)")
_COUNT = re.compile(r"Math\.ceil\(\s*(\d{1,6})\s*/\s*(\d{1,4})\s*\)")
_CURRENT = re.compile(r"/index(?:_(\d+))?\.html?$|/$")


@dataclass(frozen=True, slots=True)
class Guangdong:
    """广东省集约化平台 and gkmlpt."""

    name: str = "guangdong"

    def find_mark(self, page: Page) -> str | None:
        """By its addresses or gkmlpt's configuration."""
        return find_mark(_MARKS, page.text, page.url)

    def find_scripted_files(self, page: Page) -> list[Link]:
        """As anywhere."""
        return find_quoted_files(page)

    def find_next_pages(self, page: Page) -> list[str]:
        """`page_count=Math.ceil(29/20)` has index.html and index_2.html; at most 20 pages are kept by the platform."""
        match, place = _COUNT.search(page.scripts), _CURRENT.search(page.url)
        if match is None or place is None or int(match[2]) == 0:
            return find_next_links(page)
        count, current = min(math.ceil(int(match[1]) / int(match[2])), 20), int(place[1] or 1)
        return [join_url(page.url, f"index_{current + 1}.html")] if current < count else []

    def find_lists(self, page: Page, is_column: Callable[[str], bool]) -> list[ApiList]:
        """The columns of budgets in gkmlpt's tree."""
        return [] if page.is_api_list else find_gkmlpt_lists(page, is_column)

    def find_missing_list(self, page: Page) -> str | None:
        """gkmlpt's pages have no entries: the API that `_CONFIG` names has them; or an answer of the API that is no list."""
        if GKMLPT_API in page.url:
            return None if page.is_api_list else "gkmlpt/api"
        return "window._CONFIG" if _GKMLPT.search(page.text) else None
