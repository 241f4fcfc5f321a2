"""The header of a table: its rows, its columns with their meaning, its blocks.

Promise: a column of amounts either gets a meaning from words that were understood, or is reported with its words; it never gets
a guess.
"""

from transforms.blocks import split_blocks
from transforms.codes import CodeBook
from transforms.column_groups import settle_grouped_parts, settle_project_classes, settle_revenue, settle_three_public
from transforms.column_roles import name_classes, read_column
from transforms.columns import Header
from transforms.grid import TableGrid
from transforms.header_rows import find_first_data_row, find_path, find_repeated
from transforms.table_types import TableType


def read_header(grid: TableGrid, table_type: TableType, book: CodeBook, fiscal_year: int, phase: str) -> Header:
    """The header of a table whose type is known."""
    first = find_first_data_row(grid)
    paths = [find_path(grid, column, first) for column in range(grid.n_columns)]
    repeated = find_repeated(grid, first)
    body = [row for row in range(first, grid.n_rows) if row not in repeated]
    columns = tuple(read_column(grid, i, path, body, table_type, book, fiscal_year, phase) for i, path in enumerate(paths))
    columns = name_classes(columns, grid, table_type, book, fiscal_year, phase)
    columns = settle_three_public(columns, table_type)
    columns = settle_grouped_parts(columns)
    columns = settle_project_classes(columns)
    columns = settle_revenue(columns, table_type)
    return Header(
        rows=frozenset(range(first)) | repeated,
        first_data_row=first,
        columns=columns,
        blocks=tuple(split_blocks(columns, table_type)),
        unknown=tuple(column for column in columns if column.role == "unknown"),
    )
