"""TRS WCM: articles `./YYYYMM/tYYYYMMDD_<id>.html`, attachments `P0….pdf` beside them, pages counted from 0 by a script."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from extractors.platforms.api_lists import ApiList
from extractors.platforms.generic import find_next_links, find_quoted_files
from extractors.platforms.page import Link, Page, find_mark, join_url

_MARKS = re.compile(r"TRS_Editor|TRS_UEDITOR|trs_editor_view|createPageHTML\s*\(", re.IGNORECASE)
_PAGES = re.compile(r"createPageHTML\s*\(\s*(\d{1,4})\s*,\s*(\d{1,4})\s*,\s*[\"']([\w-]+)[\"']\s*,\s*[\"'](\w+)[\"']")


@dataclass(frozen=True, slots=True)
class Trs:
    """拓尔思 WCM, the most frequent family."""

    name: str = "trs"

    def find_mark(self, page: Page) -> str | None:
        """By its editor's classes or its pagination script."""
        return find_mark(_MARKS, page.text)

    def find_scripted_files(self, page: Page) -> list[Link]:
        """`var hasFJ='<a …>'` and relatives."""
        return find_quoted_files(page)

    def find_next_pages(self, page: Page) -> list[str]:
        """The page after this one: `createPageHTML(4, 0, "index", "html")` has index.html and index_1.html to index_3.html."""
        match = _PAGES.search(page.scripts)
        if match is None:
            return find_next_links(page)
        count, current = int(match[1]), int(match[2])
        return [join_url(page.url, f"{match[3]}_{current + 1}.{match[4]}")] if current + 1 < count else []

    def find_lists(self, page: Page, is_column: Callable[[str], bool]) -> list[ApiList]:
        """None is known."""
        return []

    def find_missing_list(self, page: Page) -> str | None:
        """TRS writes its lists into the page."""
        return None
