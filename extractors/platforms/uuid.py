"""UUID columns (truecms and relatives): `/columns/<uuid>/…/<uuid>.html`, paging facts as JSON in a hidden input."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from extractors.platforms.api_lists import ApiList
from extractors.platforms.generic import find_next_links, find_quoted_files
from extractors.platforms.page import Link, Page, find_mark, join_url

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_MARKS = re.compile(rf"/columns/{_UUID}/")


@dataclass(frozen=True, slots=True)
class UuidColumns:
    """Sites whose columns and articles are named by UUIDs."""

    name: str = "uuid"

    def find_mark(self, page: Page) -> str | None:
        """By its addresses."""
        return find_mark(_MARKS, page.text, page.url)

    def find_scripted_files(self, page: Page) -> list[Link]:
        """As anywhere."""
        return find_quoted_files(page)

    def find_next_pages(self, page: Page) -> list[str]:
        """The hidden `pagingProp_<uuid>` tells page and totalPages; further pages stand beside the first as index_<n>.html."""
        node = page.tree.css_first("input[id^=pagingProp_]")
        facts = _read_json(node.attributes.get("value") or "") if node is not None else {}
        current, total = facts.get("page"), facts.get("totalPages")
        if not isinstance(current, int) or not isinstance(total, int):
            return find_next_links(page)
        return [join_url(page.url, f"index_{current + 1}.html")] if current < total else []

    def find_lists(self, page: Page, is_column: Callable[[str], bool]) -> list[ApiList]:
        """None is known."""
        return []

    def find_missing_list(self, page: Page) -> str | None:
        """The first page is in the served HTML."""
        return None


def _read_json(text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
