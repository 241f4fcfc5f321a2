"""Boda (VSB), common at universities: articles `info/<column>/<N>.htm`, files behind `/system/_content/download.jsp`."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from extractors.platforms.api_lists import ApiList
from extractors.platforms.generic import find_next_links, find_quoted_files
from extractors.platforms.page import Link, Page, find_mark

_MARKS = re.compile(r"_sitegray|/system/_content/download\.jsp|vsb_content|v_news_content")


@dataclass(frozen=True, slots=True)
class Boda:
    """博达网站群."""

    name: str = "boda"

    def find_mark(self, page: Page) -> str | None:
        """By its style sheet for days of mourning, its download address or its editor's class."""
        return find_mark(_MARKS, page.text)

    def find_scripted_files(self, page: Page) -> list[Link]:
        """As anywhere; `showVsbpdfIframe` names the file in quotes."""
        return find_quoted_files(page)

    def find_next_pages(self, page: Page) -> list[str]:
        """By a link that says so: pages count downwards in folders."""
        return find_next_links(page)

    def find_lists(self, page: Page, is_column: Callable[[str], bool]) -> list[ApiList]:
        """None is known."""
        return []

    def find_missing_list(self, page: Page) -> str | None:
        """Boda writes its lists into the page."""
        return None
