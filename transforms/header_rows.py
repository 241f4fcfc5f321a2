"""Which rows of a table are its header, and the path of header cells above each column.

Promise: rows that count the columns, and headers repeated on later pages, are neither data nor words.
"""

import re
from collections.abc import Sequence

from transforms.amounts import parse_amount
from transforms.grid import TableGrid
from transforms.header_vocabulary import load_vocabulary
from transforms.text import split_mark

MAX_HEADER_ROWS = 8
CODE = re.compile(r"^[\[(【]?[2-5]\d{2}(\d{2}){0,3}(\D|$)")


def find_first_data_row(grid: TableGrid) -> int:
    """The first row below the header: the first that holds an amount, a code, a total or an enumerated name."""
    for row in range(min(grid.n_rows, MAX_HEADER_ROWS)):
        texts = grid.texts_of(row)
        if is_numbering_row(texts):
            continue
        if _is_data_row(grid, row, texts):
            return row
    # No row says that it is data: a template without rows. What looks like words of a header is the header.
    return min(sum(1 for row in range(min(grid.n_rows, MAX_HEADER_ROWS)) if grid.texts_of(row)), grid.n_rows)


def is_numbering_row(texts: Sequence[str]) -> bool:
    """A row that only counts the columns: 栏次 1 2 3, ** 1 2."""
    if not texts:
        return False
    vocabulary = load_vocabulary()
    if not all(re.fullmatch(vocabulary.numbering, text) for text in texts):
        return False
    return any(re.match(r"栏次|行次|\*|列次", text) for text in texts) or _counts_up(texts)


def _counts_up(texts: Sequence[str]) -> bool:
    numbers = [int(match[1]) for text in texts if (match := re.match(r"\(?(\d+)", text))]
    return len(numbers) >= 3 and numbers == list(range(numbers[0], numbers[0] + len(numbers))) and numbers[0] <= 2


def _is_data_row(grid: TableGrid, row: int, texts: Sequence[str]) -> bool:
    if not texts:
        # A blank row ends the header of a template; before any words it is nothing.
        return row > 0 and any(grid.texts_of(above) for above in range(row))
    if any(_is_amount_cell(text) for text in texts):
        return True
    if row > 0 and grid.rows[row][0] is not None and not grid.begins(row, 0) and not _has_data_above(grid, row):
        return False  # the first column's heading reaches down to here: codes and totals beside it are headings too
    if any(CODE.match(text) and len(text) <= 40 for text in texts[:3]):
        return True
    first = texts[0]
    level, rest = split_mark(first)
    if level is not None and rest and not re.match(r"\d", rest):
        return True
    is_total = bool(re.fullmatch(load_vocabulary().total_words, first))
    return is_total and len(texts) == 1 and row > 0


def _has_data_above(grid: TableGrid, row: int) -> bool:
    """Whether the cell that covers the first column begins in a row of data (a unit's cell merged over its rows)."""
    cell = grid.rows[row][0]
    return cell is not None and any(_is_amount_cell(text) for text in grid.texts_of(cell.row))


def _is_amount_cell(text: str) -> bool:
    amount = parse_amount(text)
    if amount is None or amount.state == "blank":
        return False
    if amount.state == "dash":
        return text.startswith("*")  # an amount that is withheld; a dash may stand in a header
    # A year stands in headers, and small whole numbers count columns.
    return not re.fullmatch(r"20\d{2}", text) and not (re.fullmatch(r"\d{1,2}", text) and amount.state == "number")


def find_path(grid: TableGrid, column: int, first: int) -> tuple[str, ...]:
    """The header cells above a column from top to bottom, each once; `first`: the first row of data."""
    path: list[str] = []
    for row in range(first):
        cell = grid.rows[row][column]
        if cell is not None and cell.column_span >= grid.n_columns > 1:
            continue  # a title, a note or a unit over the whole table says nothing about one column
        text = grid.text(row, column)
        if text and not is_numbering_row(grid.texts_of(row)) and (not path or path[-1] != text):
            path.append(text)
    if first < grid.n_rows and grid.text(first, column) in {"类", "款", "项"}:
        # The last header row may share its line with the total.
        path.append(grid.text(first, column))
    return tuple(path)


def find_repeated(grid: TableGrid, first: int) -> frozenset[int]:
    """Rows further down that repeat the header on a continuation page."""
    if first == 0:
        return frozenset()
    header = [tuple(grid.texts_of(row)) for row in range(first)]
    known = {texts for texts in header if texts}
    return frozenset(
        row for row in range(first, grid.n_rows) if tuple(grid.texts_of(row)) in known or is_numbering_row(grid.texts_of(row))
    )
