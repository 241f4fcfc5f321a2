"""Where each page of the portal stands.

Promise: an address depends on what the page is about and on nothing else, so that it stays from night to night; every address is
of letters, digits, dots and hyphens, whatever a document is called.
"""

import hashlib
import re
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
PAGE_ROWS = 200
"""Rows of one page of a list: the next ones stand on the next page."""

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,60}")


def make_slug(name: str) -> str:
    """A part of an address: the name itself where it is plain ASCII, else 16 hex digits of its SHA-256."""
    return name if _PLAIN.fullmatch(name) else hashlib.sha256(name.encode()).hexdigest()[:16]


def address_unit(kind: str, name: str) -> str:
    """The folder of everything that the portal says of one thing, such as `departments/1f…`."""
    return f"{kind}/{make_slug(name)}"


def address_document(document_id: str) -> str:
    """The page of a disclosure."""
    return f"{address_unit('documents', document_id)}/index.html"


def address_table(table_id: str, number: int = 1) -> str:
    """The page of a table as published; table_id is document_id and ordinal. `number`: which page of a long one, from 1."""
    document_id, _, ordinal = table_id.rpartition("-")
    return f"{address_unit('documents', document_id)}/{name_list_page(number, f'table-{make_slug(ordinal)}')}"


def address_sheet(table_id: str) -> str:
    """A table as a file of comma-separated values: all of it, whatever number of pages shows it."""
    return f"{address_table(table_id).removesuffix('.html')}.csv"


def address_page(document_id: str, page: int, anchor: str = "", number: int = 1) -> str:
    """The page with the picture of a PDF page, with one of its marks where `anchor` is given.

    `number`: which of several, from 1, where more is marked than one page may hold.
    """
    name = name_list_page(number, f"page-{page}")
    return f"{address_unit('documents', document_id)}/{name}{f'#{anchor}' if anchor else ''}"


def address_findings(document_id: str, number: int = 1) -> str:
    """All findings of a disclosure that has more than its own page shows; `number`: which page of them, from 1."""
    return f"{address_unit('documents', document_id)}/{name_list_page(number, 'findings')}"


def address_failing(document_id: str, number: int = 1) -> str:
    """All failing sums of a disclosure that has more than its own page shows; `number`: which page of them, from 1."""
    return f"{address_unit('documents', document_id)}/{name_list_page(number, 'failing')}"


def address_tables(document_id: str, number: int = 1) -> str:
    """All tables of a disclosure that has more than its own page shows; `number`: which page of them, from 1."""
    return f"{address_unit('documents', document_id)}/{name_list_page(number, 'tables')}"


def address_text(document_id: str, number: int = 1) -> str:
    """What the text of a disclosure states; `number`: which page of it, from 1."""
    return f"{address_unit('documents', document_id)}/{name_list_page(number, 'text')}"


def address_targets(document_id: str, number: int = 1) -> str:
    """The projects and performance targets of a disclosure; `number`: which page of them, from 1."""
    return f"{address_unit('documents', document_id)}/{name_list_page(number, 'targets')}"


def address_picture(document_id: str, page: int) -> str:
    """The picture of a PDF page; it is the same in both languages."""
    return f"pictures/{make_slug(document_id)}/{page}.webp"


def name_mark(line_id: str) -> str:
    """The anchor of an amount's mark on the picture of its page: `m01-12-3` for table 1, line 12, column 3."""
    return "m" + "-".join(line_id.split("-")[1:])


def name_row(line_number: int) -> str:
    """The anchor of a row of a table as published."""
    return f"l{line_number}"


def name_list_page(number: int, stem: str = "") -> str:
    """The file of one page of a list, from 1; `stem`: of a list that is not the only one of its folder."""
    return f"{stem or 'index'}.html" if number == 1 else f"{stem or 'list'}-{number}.html"
