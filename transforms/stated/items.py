"""Items that a text lists against the rows of the table that it describes.

Promise: an item has a row where its name is in the row's or the row's in its own; a list of which many items have no row is the
list of a template, and one of the main items need not have all: neither is called an error.
"""

from collections.abc import Iterator, Sequence

from transforms.narrative.listings import Listing
from transforms.stated.amounts import name_subject
from transforms.stated.book import StatedBook
from transforms.stated.facts import OTHER_SCALE, Claim, Fact, Source
from transforms.stated.links import Item, name_key
from transforms.stated.numbers import Stated

ONE = 10**OTHER_SCALE
TEMPLATE = 4  # one item in so many may have no row before a list is taken for a template's


def claim_named_items(book: StatedBook, listings: Sequence[Listing]) -> Iterator[Claim]:
    """Each list of items: what is listed has a row that is not zero, and each such row is listed."""
    statements = {one.number: one for one in book.statements}
    for listing in listings:
        one = statements[listing.statement_number]
        fund, _, kind = one.concept.rpartition(".")
        rows = book.board.list_items(fund, kind) if book.board else []
        if rows:
            yield from _claim_list(book, listing, one, rows)


def _claim_list(book: StatedBook, listing: Listing, one: Stated, rows: Sequence[Item]) -> Iterator[Claim]:
    found = {item: row for item in listing.items if (row := next((row for row in rows if _is_meant(item, row)), None))}
    missing = [item for item in listing.items if item not in found]
    unlisted = [row for row in rows if not any(_is_meant(item, row) for item in listing.items)]
    doubts = {"doubt_units"} if book.board and book.board.has_several_sets else set()
    if len(missing) * TEMPLATE > len(listing.items):
        doubts.add("doubt_template")
    listed = [Fact("listed", ONE, 0, (one.source,)) for _ in listing.items]
    with_row = [Fact("found", ONE, 0, (Source("line", row.line_id),)) for row in found.values()]
    nothing = [] if with_row else [Fact("found", 0, 0, (one.source,))]
    yield Claim("items", "count", _name(one, missing), (*listed, *with_row, *nothing), frozenset(doubts))
    if listing.is_main or listing.others:
        doubts.add("doubt_main")
    all_rows = [Fact("row", ONE, 0, (Source("line", row.line_id),)) for row in rows]
    named = [Fact("named", ONE, 0, (one.source,)) for row in rows if row not in unlisted]
    nothing = [] if named else [Fact("named", 0, 0, (one.source,))]
    yield Claim("rows", "count", _name(one, [row.label for row in unlisted]), (*all_rows, *named, *nothing), frozenset(doubts))


def _is_meant(item: str, row: Item) -> bool:
    name, label = name_key(item), name_key(row.label)
    return name in label or label in name


def _name(one: Stated, names: Sequence[str]) -> str:
    """What the check is about, and the items that do not meet."""
    return f"{name_subject(one)}: {'、'.join(names)}" if names else name_subject(one)
