"""Any portal: what links, scripts and pagination bars have in common, whatever made the page.

Promise: the functions here are pure; a family's class uses them and adds only what is truly its own.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from extractors.platforms.api_lists import ApiList
from extractors.platforms.page import Link, Page, clean_text, is_file_url, join_url

_FILE_ENDING = r"\.(?:pdf|docx?|xlsx?|zip|rar|7z|wps|et)"
_QUOTED_FILE = re.compile(rf"[\"'=#]([^\"'<>=#\s]{{0,500}}?[^/\"'<>=\s.,(]{_FILE_ENDING})(?=[\"'#])", re.IGNORECASE)
_QUOTED_ANCHOR = re.compile(
    r"<a\b[^<>]{0,500}?href\s*=\s*\\?[\"']([^\"'<>]{1,500}?)\\?[\"'][^<>]{0,500}>(.{0,300}?)<\\?/a>", re.IGNORECASE | re.DOTALL
)
_NEXT_TEXT = re.compile(r"^(下一页|下页|下一頁|后一页|后页|>|>>|›|»|next)$", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,500}>")


@dataclass(frozen=True, slots=True)
class Generic:
    """A page of no known family."""

    name: str = "generic"

    def find_mark(self, page: Page) -> str | None:
        """Nothing in particular, which every page has: the last to be asked."""
        return ""

    def find_scripted_files(self, page: Page) -> list[Link]:
        """Files that only scripts name."""
        return find_quoted_files(page)

    def find_next_pages(self, page: Page) -> list[str]:
        """The next page, by a link that says so."""
        return find_next_links(page)

    def find_lists(self, page: Page, is_column: Callable[[str], bool]) -> list[ApiList]:
        """None is known."""
        return []

    def find_missing_list(self, page: Page) -> str | None:
        """Nothing is known of lists that scripts would make."""
        return None


def find_quoted_files(page: Page) -> list[Link]:
    """Anchors and file addresses in the strings of scripts: `var hasFJ='<a href="./P0….pdf">…'`, `var sPdfUrl="a.pdf#b.pdf"`."""
    anchors = [
        Link(join_url(page.url, target), clean_text(_TAG.sub("", text)), is_content=True, is_scripted=True)
        for target, text in _QUOTED_ANCHOR.findall(page.scripts)
    ]
    named = {link.url for link in anchors}
    quoted = [join_url(page.url, target) for target in _QUOTED_FILE.findall(page.scripts)]
    bare = [Link(url, "", is_content=True, is_scripted=True) for url in dict.fromkeys(quoted) if url not in named]
    return [link for link in [*anchors, *bare] if link.url and is_file_url(link.url)]


def find_next_links(page: Page) -> list[str]:
    """Addresses behind 下一页 and the like, at most one."""
    targets = [link.url for link in page.links if _NEXT_TEXT.match(link.text.replace(" ", "")) and link.url != page.url]
    return targets[:1]
