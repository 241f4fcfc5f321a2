"""The body of a table as rows: cut ones joined, names, then words, then codes, then kinds.

Promise: rows keep their printed order; a code is printed, or inferred and marked so; words that are not in the vocabulary
(`layouts/rows.yml`) leave the table's defaults and are reported where the row carries an amount.
"""

from transforms.codes import CodeBook
from transforms.columns import Block, Header
from transforms.cut_rows import join_cut_rows, list_page_starts
from transforms.grid import TableGrid
from transforms.misprinted_codes import part_misprints
from transforms.row_codes import infer_codes
from transforms.row_kinds import set_kinds, settle_by_sums
from transforms.row_names import join_codes_above, read_names
from transforms.row_words import is_by_source, is_count, resolve_words
from transforms.staggered_codes import join_staggered_codes
from transforms.table_row import TableRow
from transforms.table_types import TableType
from warehouse.records import RawTable


def read_rows(
    table: RawTable, grid: TableGrid, header: Header, table_type: TableType, book: CodeBook, year: int
) -> list[TableRow]:
    """All body rows of all blocks in printed order, block by block inside a row."""
    page_starts = list_page_starts(table.rows_of_page)
    blocks = [_read_block(grid, header, block, table_type, book, year, page_starts) for block in header.blocks]
    return sorted((row for rows in blocks for row in rows), key=lambda row: (row.row, row.block.amounts[0].index))


def _read_block(
    grid: TableGrid, header: Header, block: Block, table_type: TableType, book: CodeBook, year: int, page_starts: frozenset[int]
) -> list[TableRow]:
    whole, tails = join_cut_rows(grid, header, block, page_starts)
    rows = join_codes_above(list(read_names(whole, header, block, table_type, book, year, tails)), grid, book)
    rows = part_misprints(join_staggered_codes(rows, grid, book, year), grid, book, year)
    rows = [row for row in rows if not is_count(row, table_type)]
    rows = resolve_words(rows, block, table_type, is_by_source(block, table_type, rows))
    rows = infer_codes(rows, block, table_type, book, year)
    return settle_by_sums(set_kinds(rows), grid)
