"""A printed table before it is drawn: a grid of cells, where every amount's cell knows what it means.

Promise: drawing and expectation come from the same cells, so what the oracle expects is what the page shows. Positions that a
merged cell covers are None. Meanings follow the data model of `core_budget_lines`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from samples.budget import Budget
from samples.layouts import Layout, Unit

Align = Literal["left", "center", "right"]
ColumnKind = Literal["code", "part", "name", "amount", "text", "serial"]
AmountState = Literal["number", "blank", "dash", "zero"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedLine:
    """One row of `core_budget_lines` that a correct reading yields: the columns that the page decides."""

    table_type: str
    line_label: str
    direction: str
    row_kind: str
    fund_type: str
    expenditure_kind: str
    amount_basis: str
    function_code: str | None = None
    econ_department_code: str | None = None
    code_source: str | None = None
    item_key: str | None = None
    unit_name: str | None = None
    project_name: str | None = None
    amount_state: AmountState = "blank"
    amount_cny: Decimal | None = None
    amount_reported: str = ""
    unit_reported: str = ""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a row or a column says about its amounts; the two are merged, the row's label and code with the column's money."""

    values: tuple[tuple[str, str | None], ...] = ()

    @classmethod
    def of(cls, **values: str | None) -> "Meaning":
        """A meaning from named columns of the data model."""
        return cls(tuple(values.items()))

    def merge(self, other: "Meaning") -> "Meaning":
        """Both meanings; where both name a column, the other's value stands unless it is None."""
        merged = dict(self.values)
        merged.update({key: value for key, value in other.values if value is not None or key not in merged})
        return Meaning(tuple(merged.items()))


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with its spans; `indent` counts levels. `line` is there exactly for cells that hold or could hold an amount."""

    text: str = ""
    rows: int = 1
    columns: int = 1
    align: Align = "left"
    indent: int = 0
    line: ExpectedLine | None = None


GridRow = tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: header and body rows of equal length, the kinds of its columns, and the words around it.

    `unit_name`: the subordinate unit that the table is about, None where it is about the issuer.
    `new_page_at`: the row of the body that opens a new page however much room is left.
    """

    table_type: str
    title: str
    number: str
    unit_note: str
    header: tuple[GridRow, ...]
    body: tuple[GridRow, ...]
    kinds: tuple[ColumnKind, ...]
    notes: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()
    unit_name: str | None = None
    new_page_at: int | None = None

    @property
    def lines(self) -> tuple[ExpectedLine, ...]:
        """What a correct reading yields, in printed order."""
        return tuple(cell.line for row in self.body for cell in row if cell is not None and cell.line is not None)


@dataclass(frozen=True, slots=True)
class Heading:
    """One column: its headings from the top down and what kind of column it is."""

    path: tuple[str, ...]
    kind: ColumnKind


def build_header(headings: Sequence[Heading]) -> tuple[GridRow, ...]:
    """Header rows with merged parents: equal parents side by side become one cell, a short path spans the rows below it."""
    depth = max(len(heading.path) for heading in headings)
    return tuple(_build_header_row(headings, row, depth) for row in range(depth))


def _build_header_row(headings: Sequence[Heading], row: int, depth: int) -> GridRow:
    cells: list[Cell | None] = []
    for index, heading in enumerate(headings):
        path = heading.path
        if row >= len(path):
            cells.append(None)
        elif row == len(path) - 1:
            cells.append(Cell(path[row], rows=depth - row, align="center"))
        elif index and _shares_parent(headings[index - 1].path, path, row):
            cells.append(None)
        else:
            width = 1
            while index + width < len(headings) and _shares_parent(headings[index + width].path, path, row):
                width += 1
            cells.append(Cell(path[row], columns=width, align="center"))
    return tuple(cells)


def _shares_parent(left: tuple[str, ...], right: tuple[str, ...], row: int) -> bool:
    return min(len(left), len(right)) > row + 1 and left[: row + 1] == right[: row + 1]


def squeeze(label: str) -> str:
    """A label without white space, as the data model wants it."""
    return "".join(label.split())


def make_amount_cell(layout: Layout, yuan: Decimal | None, meaning: Meaning, unit: Unit | None = None) -> Cell:
    """The cell of an amount. None or no money prints what the layout prints for nothing."""
    unit = unit or layout.unit
    if yuan:
        return _make_line_cell(layout.format_amount(yuan, unit), "number", yuan, meaning, unit)
    if layout.nothing == "zero":
        return make_zero_cell(layout, meaning, unit)
    if layout.nothing == "stars":
        return _make_line_cell("**", "dash", None, meaning, unit)
    if layout.nothing == "dash":
        return _make_line_cell("-", "dash", None, meaning, unit)
    return make_blank_cell(layout, meaning, unit)


def make_zero_cell(layout: Layout, meaning: Meaning, unit: Unit | None = None) -> Cell:
    """A printed zero."""
    unit = unit or layout.unit
    sign = "-" if layout.minus_zero else ""
    return _make_line_cell(sign + layout.format_amount(Decimal(0), unit), "zero", Decimal(0), meaning, unit)


def make_blank_cell(layout: Layout, meaning: Meaning, unit: Unit | None = None) -> Cell:
    """An amount's cell with nothing in it."""
    return _make_line_cell("", "blank", None, meaning, unit or layout.unit)


def _make_line_cell(text: str, state: AmountState, yuan: Decimal | None, meaning: Meaning, unit: Unit) -> Cell:
    line = ExpectedLine(
        **dict(meaning.values),  # type: ignore[arg-type]  # names and types are checked by the frozen dataclass's users
        amount_state=state,
        amount_cny=None if yuan is None else yuan.quantize(Decimal("0.01")),
        amount_reported=text,
        unit_reported=unit,
    )
    return Cell(text, align="center" if state == "dash" else "right", line=line)


@dataclass(frozen=True, slots=True)
class MoneyColumn:
    """A column of amounts: headings, meaning, and how much of it a row has."""

    path: tuple[str, ...]
    meaning: Meaning
    measure: Callable[[str], Decimal | None]


def number_columns(layout: Layout, n_labels: int, kinds: Sequence[ColumnKind]) -> tuple[GridRow, ...]:
    """The row of column numbers under a header, or nothing."""
    if layout.column_numbers == "none":
        return ()
    mark = "**" if layout.column_numbers == "stars" else "栏次"
    cells: list[Cell | None] = [Cell(mark, columns=n_labels, align="center"), *([None] * (n_labels - 1))]
    for number, kind in enumerate(kinds[n_labels:], start=1):
        cells.append(Cell(str(number) if kind == "amount" else "", align="center"))
    return (tuple(cells),)


def name_title(budget: Budget, layout: Layout, table_type: str) -> str:
    """The table's title in this layout's words."""
    named = layout.mistitled.get(table_type, table_type)
    return layout.words.titles[named].format(year=budget.fiscal_year, previous=budget.fiscal_year - 1)


def name_number(layout: Layout, table_type: str) -> str:
    """The table's number by its place in the order of tables."""
    ordinal = list(layout.words.titles).index(table_type) + 1
    return layout.number_format.format(n=ordinal)


def choose_basis(budget: Budget) -> str:
    """What this year's amounts are measured as."""
    return "actual" if budget.phase == "final" else "budget"


def list_lines(sheets: Iterable[Sheet]) -> tuple[ExpectedLine, ...]:
    """The lines of all sheets, in printed order."""
    return tuple(line for sheet in sheets for line in sheet.lines)
