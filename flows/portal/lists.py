"""Lists to browse by: regions, departments, years, functions, economic classes, findings, identities.

Promise: every page of a list has a bounded number of rows; what a list leads to has a page.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flows.portal.rendering import format_money, render_page
from transforms.portal.addresses import LANGUAGES, PAGE_ROWS, Language, name_list_page
from transforms.portal.words import say
from warehouse.records import Row

Trail = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list. `is_long`: it holds sentences."""

    words: str
    is_number: bool = False
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A value in words, and the address within the language where it leads. `is_english`: whatever the page's language."""

    words: str
    address: str = ""
    is_english: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A list in one language: either rows of cells or disclosures. `trail`: the pages above it."""

    heading: str
    lead: str = ""
    trail: Trail = ()
    columns: Sequence[Column] = ()
    rows: Sequence[Sequence[Cell]] = ()
    disclosures: Sequence[Row] = ()


def make_list_pages(folder: str, describe: Callable[[Language], Listing]) -> dict[str, bytes]:
    """The pages of a list in every language, by their addresses; `folder` such as `years/2026`."""
    pages: dict[str, bytes] = {}
    for language in LANGUAGES:
        listing = describe(language)
        for number, count, values in _cut_into_pages(listing):
            address = f"{folder}/{name_list_page(number)}"
            shown = {"heading": listing.heading, "lead": listing.lead, "trail": list(listing.trail), "columns": listing.columns}
            pages[f"{language}/{address}"] = render_page(
                language, address, "list.html.j2", {**shown, **values, "number": number, "count": count}
            )
    return pages


def _cut_into_pages(listing: Listing) -> Iterable[tuple[int, int, Mapping[str, Any]]]:
    whole = listing.rows or listing.disclosures
    count = max(1, -(-len(whole) // PAGE_ROWS))
    for number in range(1, count + 1):
        part = whole[(number - 1) * PAGE_ROWS : number * PAGE_ROWS]
        yield number, count, {"rows": part if listing.rows else (), "disclosures": () if listing.rows else part}


def show_count(number: int) -> Cell:
    """A number of things."""
    return Cell(f"{number:,}")


def show_amount(amount: Decimal | None) -> Cell:
    """Yuan; a dash for what is not known."""
    return Cell(format_money(amount))


def list_under(word: str, folder: str, language: Language) -> Trail:
    """The trail of a page that one of the main lists leads to."""
    return ((say(word, language), f"{folder}/index.html"),)
