"""The sheets of a document: which rows of which grids belong to one project, or to the whole department.

Promise: a sheet begins where its own words say so (a title, a project's name), and goes on over pages and grids until another
begins. Nothing of a head but project, amount and goal leaves this module: officers and telephone numbers stay in the raw tables.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from transforms.amounts import is_amount
from transforms.grid import TableGrid, make_grid
from transforms.targets.headings import (
    EDGE,
    Columns,
    assign_cells,
    find_inline_project,
    find_key,
    heads_levels,
    inherit_roles,
    is_whole_title,
    read_header,
    read_heading,
)
from transforms.targets.vocabulary import drop_personal
from transforms.text import normalise
from warehouse.records import Box, RawCell, RawTable, TextLine


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row under a header: its cells by role, merged ones included. `header`: the texts of its header by role; `blocks`: how
    many sets of values stand side by side."""

    page: int
    table: RawTable
    row: int
    cells: Mapping[str, RawCell]
    header: Mapping[str, str]
    blocks: int = 1

    def text(self, role: str) -> str:
        """A cell's text as printed, without white space; empty where there is no such column."""
        cell = self.cells.get(role)
        return re.sub(r"\s+", "", cell.text) if cell else ""

    def begins(self, role: str) -> bool:
        """Whether the cell of a role begins in this row."""
        cell = self.cells.get(role)
        return cell is not None and cell.row == self.row

    def identify(self, role: str) -> tuple[int, int, int] | None:
        """What tells the cell of a role from all others of the document."""
        cell = self.cells.get(role)
        return (self.table.ordinal, cell.row, cell.column) if cell else None


@dataclass(slots=True)
class Sheet:
    """One sheet: its head and its rows. `project` None: for the whole department, in a column of the rows, or unknown.

    `titled`: the project that its title seems to name, for want of a better one. `unit`: of the amount, where a line above
    states it. `unit_name`: who carries the project out.
    """

    page: int
    table: RawTable
    title: str | None = None
    project: str | None = None
    is_whole: bool = False
    is_prose: bool = False
    amount: str | None = None
    goal: str | None = None
    titled: str | None = None
    unit: str | None = None
    unit_name: str | None = None
    bbox: Box | None = None
    rows: list[SheetRow] = field(default_factory=list)


@dataclass(slots=True)
class _Reader:
    """Where the reading stands."""

    lines: Mapping[int, Sequence[TextLine]]
    sheets: list[Sheet] = field(default_factory=list)
    columns: Columns | None = None
    heads: set[tuple[int, int]] = field(default_factory=set)
    last_page: int = 0

    @property
    def sheet(self) -> Sheet | None:
        return self.sheets[-1] if self.sheets else None


def read_sheets(tables: Sequence[RawTable], lines: Sequence[TextLine]) -> list[Sheet]:
    """The sheets of a document's tables, which come in reading order; `lines` are what stands outside of all grids."""
    by_page: dict[int, list[TextLine]] = {}
    for line in lines:
        by_page.setdefault(line.page, []).append(line)
    reader = _Reader(by_page)
    for table in tables:
        _read_table(reader, table)
    return [sheet for sheet in reader.sheets if sheet.rows or sheet.project]


def _read_table(reader: _Reader, table: RawTable) -> None:
    if table.pages[0] not in {reader.last_page, reader.last_page + 1} and reader.sheet is not None:
        reader.columns = None
        reader.sheets.append(Sheet(table.pages[0], table))
    reader.last_page = table.pages[-1]
    grid = make_grid(table)
    pages = {first: page for page, first in table.rows_of_page}
    for row in range(table.n_rows):
        if row in pages:
            _enter_page(reader, table, row, pages[row])
        _read_row(reader, table, grid, row)


def _enter_page(reader: _Reader, table: RawTable, row: int, page: int) -> None:
    """Lines above the grid may open another sheet."""
    if row == 0:
        captions: Sequence[TextLine] = table.captions
    else:
        top = min((cell.bbox[1] for cell in table.cells if cell.row == row), default=0.0)
        captions = [line for line in reader.lines.get(page, ()) if line.bbox[3] <= top]
    heading = read_heading(captions)
    sheet = reader.sheet
    if heading.project is None and (heading.title is None or (sheet is not None and heading.title == sheet.title)):
        if sheet is None:
            reader.sheets.append(Sheet(page, table))
        return
    opened = Sheet(page, table, heading.title, heading.project, amount=heading.amount, titled=heading.titled, unit=heading.unit)
    _open_sheet(reader, opened)
    if heading.title and heading.project is None:
        _last(reader).is_whole = is_whole_title(heading.title)


def _open_sheet(reader: _Reader, sheet: Sheet) -> None:
    reader.columns = None
    reader.sheets.append(sheet)


def _last(reader: _Reader) -> Sheet:
    if reader.sheet is None:
        raise ValueError("a sheet is opened before the rows of a table are read")
    return reader.sheet


def _read_row(reader: _Reader, table: RawTable, grid: TableGrid, row: int) -> None:
    covering = _list_covering(grid, row)
    own = [cell for cell in covering if cell.row == row]
    if not any(normalise(cell.text) for cell in own):
        return
    # A header of two rows: the lower one has 一级指标, 二级指标 under a common 绩效指标, beside cells that span both.
    is_second = (table.ordinal, row - 1) in reader.heads and heads_levels(own) and any(cell.row < row for cell in covering)
    if columns := read_header(covering if is_second else own):
        reader.columns = inherit_roles(columns, reader.columns)
        reader.heads = {(table.ordinal, row), *(reader.heads if is_second else ())}
        _last(reader).is_prose = columns.is_prose
    elif _is_head(reader, covering, row):
        _read_head(reader, table, own)
    elif reader.columns:
        _add_row(reader, table, covering, row)


def _list_covering(grid: TableGrid, row: int) -> list[RawCell]:
    """The cells that lie in a row, those merged from above included, from left to right."""
    found: list[RawCell] = []
    for cell in grid.rows[row]:
        if cell is not None and (not found or found[-1] is not cell):
            found.append(cell)
    return found


def _is_head(reader: _Reader, covering: Sequence[RawCell], row: int) -> bool:
    """Whether a row is one of keys and values: its first text is a key. Under a header nothing may stand left of it."""
    texts = [cell for cell in covering if normalise(cell.text)]
    first = next(cell for cell in texts if cell.row == row)
    key = find_key(first.text)
    if key is None:
        return find_inline_project(first.text) is not None
    return reader.columns is None or key[0] in {"project", "personal"} or texts[0] is first


def _read_head(reader: _Reader, table: RawTable, own: Sequence[RawCell]) -> None:
    position = 0
    while position < len(own):
        cell = own[position]
        position += 1
        found = find_key(cell.text)
        if found is None:
            if project := find_inline_project(cell.text):
                _take_key(reader, table, cell, "project", project)
            continue
        key, value = found
        if not value and position < len(own) and not _is_key_after(key, own[position]):
            value = re.sub(r"\s+", "", own[position].text)
            position += 1
        _take_key(reader, table, cell, key, value)


def _is_key_after(key: str, cell: RawCell) -> bool:
    """Whether the cell behind a key is a key itself. A project may be called 专项资金, which is a key elsewhere."""
    found = find_key(cell.text)
    return found is not None and (key != "project" or found[0] in {"whole", "personal"} or normalise(cell.text).endswith("部门"))


def _take_key(reader: _Reader, table: RawTable, cell: RawCell, key: str, value: str) -> None:
    """Keep what a key introduces. A project's or a department's name behind rows opens the next sheet."""
    sheet = _last(reader)
    if key == "project":
        if sheet.rows or sheet.project or reader.columns:
            _open_sheet(reader, Sheet(cell.page, table, sheet.title, unit=sheet.unit))
        sheet = _last(reader)
        sheet.project, sheet.is_whole, sheet.bbox = value or None, False, cell.bbox
    elif key == "whole" and sheet.project is None and cell.column == min(c.column for c in table.cells if normalise(c.text)):
        if sheet.rows:
            _open_sheet(reader, Sheet(cell.page, table))
        _last(reader).is_whole = True
    elif key == "amount" and not sheet.amount and is_amount(value):
        sheet.amount = value
    elif key == "unit" and not sheet.unit_name:
        sheet.unit_name = value or None
    elif key in {"goal", "purpose"} and not sheet.goal:
        sheet.goal = drop_personal(value) or None


def _add_row(reader: _Reader, table: RawTable, covering: Sequence[RawCell], row: int) -> None:
    columns = reader.columns
    if columns is None:
        return
    for block in columns.blocks:
        cells = assign_cells(columns, covering, block)
        page = next((cell.page for cell in covering if cell.row == row), table.pages[0])
        cells |= _find_loose_cells(reader, table, columns, cells, page)
        header = {c.role: c.text for c in columns.columns if c.role and c.block in {0, block}}
        if any((table.ordinal, cell.row) in reader.heads for cell in cells.values()):
            continue
        _last(reader).rows.append(SheetRow(page, table, row, cells, header, len(columns.blocks)))


def _find_loose_cells(
    reader: _Reader, table: RawTable, columns: Columns, cells: Mapping[str, RawCell], page: int
) -> dict[str, RawCell]:
    """Cells that go on over the whole page have no rule above or below and are in no grid: their text stands loose beside it."""
    found: dict[str, RawCell] = {}
    for number, column in enumerate(columns.columns):
        if column.role not in {"project", "amount", "goal"} or column.role in cells or column.right > table.bbox[0] + EDGE:
            continue
        inside = [line for line in reader.lines.get(page, ()) if column.left < (line.bbox[0] + line.bbox[2]) / 2 < column.right]
        text = "\n".join(line.text for line in inside)
        box = (column.left, table.bbox[1], column.right, table.bbox[3])
        found[column.role] = RawCell(page, -page, number, table.n_rows + 1, 1, text, box)
    return found


def iterate_pairs(rows: Sequence[SheetRow]) -> Iterator[tuple[SheetRow | None, SheetRow]]:
    """Each row with the one before it."""
    before: SheetRow | None = None
    for row in rows:
        yield before, row
        before = row
