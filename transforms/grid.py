"""A raw table as a matrix: which cell covers a row and a column.

Promise: every position is covered by at most one cell; nothing is interpreted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from transforms.text import normalise
from warehouse.records import RawCell, RawTable


@dataclass(frozen=True, slots=True)
class TableGrid:
    """The matrix of a table's cells; `None` where no cell lies (a narrower continuation)."""

    n_rows: int
    n_columns: int
    rows: tuple[tuple[RawCell | None, ...], ...]

    def text(self, row: int, column: int) -> str:
        """The text of the cell that covers a position, without white space; empty where there is none."""
        cell = self.rows[row][column]
        return normalise(cell.text) if cell else ""

    def begins(self, row: int, column: int) -> bool:
        """Whether a cell begins (has its top left corner) at a position."""
        cell = self.rows[row][column]
        return cell is not None and cell.row == row and cell.column == column

    def cells_of(self, row: int) -> list[RawCell]:
        """The cells that begin in a row, from left to right."""
        return [cell for column, cell in enumerate(self.rows[row]) if cell is not None and self.begins(row, column)]

    def texts_of(self, row: int) -> list[str]:
        """The texts of the cells that begin in a row, blanks left out."""
        return [text for cell in self.cells_of(row) if (text := normalise(cell.text))]


def make_grid(table: RawTable) -> TableGrid:
    """The matrix of a raw table."""
    matrix: list[list[RawCell | None]] = [[None] * table.n_columns for _ in range(table.n_rows)]
    for cell in table.cells:
        for row in range(cell.row, min(cell.row + cell.row_span, table.n_rows)):
            for column in range(cell.column, min(cell.column + cell.column_span, table.n_columns)):
                matrix[row][column] = cell
    return TableGrid(table.n_rows, table.n_columns, _freeze(matrix))


def _freeze(matrix: Sequence[Sequence[RawCell | None]]) -> tuple[tuple[RawCell | None, ...], ...]:
    return tuple(tuple(row) for row in matrix)
