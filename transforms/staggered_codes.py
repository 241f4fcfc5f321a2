"""Codes that are printed part by part down one column: 208, below it 01, below that 10 or 2080110.

Promise: a part is joined only to a code that stands above it in the same column, and only where the list has the result under
the row's own name, or where the next whole code in the column begins with it. Anything else stays unjoined, and is told.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from transforms.codes import COLUMN_BY_SCHEME, CodeBook, complete_code, cut_code, is_listed, is_name_of, scheme_of, split_fused
from transforms.grid import TableGrid
from transforms.table_row import TableRow

PART = re.compile(r"^\d{1,2}$")
ITEM_LENGTH = 7  # digits of the lowest national level


def join_staggered_codes(rows: Sequence[TableRow], grid: TableGrid, book: CodeBook, year: int) -> list[TableRow]:
    """The rows, with whole codes where their code column holds one part a row."""
    joined = list(rows)
    columns = rows[0].block.codes if rows else ()
    for column in columns:
        above: str | None = None
        seen: set[str] = set()
        for place, row in enumerate(joined):
            text = grid.text(row.row, column.index) if grid.begins(row.row, column.index) else ""
            code = _read_whole(text, book, year)
            if code is None and above is not None and PART.match(text) and not row.codes and row.label:
                below = _find_next(joined[place + 1 :], grid, column.index, book, year)
                code = _join(text.zfill(2), above, row.label, below, seen, book, year)
                if code is not None:
                    joined[place] = replace(row, codes={COLUMN_BY_SCHEME[scheme_of(code)]: code}, code_source="printed")
            if code is not None:
                above = code
                seen.add(code)
    return joined


def _read_whole(text: str, book: CodeBook, year: int) -> str | None:
    return split_fused(text)[0] or complete_code(text, book, year)


def _join(part: str, above: str, label: str, below: str | None, seen: set[str], book: CodeBook, year: int) -> str | None:
    """The one code that the part makes with a code above it, by the row's name, else by the code of the row below."""
    makes = [code for code in _extend(part, above) if is_listed(code, book, year) and code not in seen]
    for fitting in (
        [code for code in makes if is_name_of(code, label, book)],
        [code for code in makes if below is not None and below != code and below.startswith(code)],
    ):
        if len(fitting) == 1:
            return fitting[0]
    return None


def _extend(part: str, above: str) -> Iterator[str]:
    """What the part may complete, nearest first: the code above, then its parents."""
    parts = cut_code(above)
    for length in range(len(parts), 0, -1):
        code = "".join(parts[:length]) + part
        if len(code) <= ITEM_LENGTH:
            yield code


def _find_next(rows: Sequence[TableRow], grid: TableGrid, column: int, book: CodeBook, year: int) -> str | None:
    """The code of the next row that prints anything in the column; None where that is no whole one."""
    texts = (text for row in rows if grid.begins(row.row, column) and (text := grid.text(row.row, column)))
    return _read_whole(next(texts, ""), book, year)
