"""Which family a page belongs to: by the source's word, else by the page's own marks."""

from collections.abc import Callable
from typing import Protocol

from extractors.platforms.api_lists import ApiList
from extractors.platforms.boda import Boda
from extractors.platforms.generic import Generic
from extractors.platforms.guangdong import Guangdong
from extractors.platforms.hanweb import Hanweb
from extractors.platforms.page import Link, Page
from extractors.platforms.trs import Trs
from extractors.platforms.uuid import UuidColumns


class Platform(Protocol):
    """What a family knows of its own pages. All methods are pure."""

    @property
    def name(self) -> str:
        """The name that a source's YAML uses."""

    def find_mark(self, page: Page) -> str | None:
        """What the page was known by; None for a page of another family."""

    def find_scripted_files(self, page: Page) -> list[Link]:
        """Links that only scripts or data islands hold."""

    def find_next_pages(self, page: Page) -> list[str]:
        """Further pages of this listing."""

    def find_lists(self, page: Page, is_column: Callable[[str], bool]) -> list[ApiList]:
        """Lists that the page's script would fetch; `is_column` tells a column of budgets by its name."""

    def find_missing_list(self, page: Page) -> str | None:
        """The mark of a list that a script would make and that is not in the page, or None."""


# More particular marks first; a page is of the first family that knows it.
PLATFORMS: tuple[Platform, ...] = (Guangdong(), UuidColumns(), Hanweb(), Boda(), Trs(), Generic())


class UnknownPlatformError(LookupError):
    """A platform name that no class has."""


def get_platform(name: str) -> Platform:
    """The family of this name. Raises UnknownPlatformError."""
    for platform in PLATFORMS:
        if platform.name == name:
            return platform
    raise UnknownPlatformError(f"no platform {name!r}; known: {', '.join(platform.name for platform in PLATFORMS)}")


def guess_platform(page: Page) -> Platform:
    """The first family that knows the page's marks; the generic one knows every page."""
    return find_marks(page)[0][0]


def find_marks(page: Page) -> list[tuple[Platform, str]]:
    """Every family that knows the page, with the mark it was known by, the more particular first, the generic one last."""
    found = ((platform, platform.find_mark(page)) for platform in PLATFORMS)
    return [(platform, mark) for platform, mark in found if mark is not None]
