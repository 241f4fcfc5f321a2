"""Tables written as text: one line a row, cells parted by |, `<` merged with the cell on the left, `^` with the cell above."""

from collections.abc import Sequence
from functools import cache

from transforms.budget_lines import DocumentContext, TableReading, read_tables
from transforms.codes import CodeBook, make_code_book
from warehouse.codes import load_code_list
from warehouse.records import RawCell, RawTable, Row, TextLine

WIDTH, HEIGHT = 60.0, 12.0


@cache
def get_book() -> CodeBook:
    """The code lists of the project."""
    return make_code_book({scheme: load_code_list(scheme) for scheme in ("function", "econ_department", "econ_government")})


def make_table(text: str, title: str = "", unit: str = "万元") -> RawTable:
    """A raw table from text, under a title and a unit."""
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    n_columns = max(len(row) for row in rows)
    cells = tuple(_make_cell(rows, r, c) for r, row in enumerate(rows) for c, cell in enumerate(row) if cell not in {"<", "^"})
    captions = (
        TextLine(1, title, (10.0, 10.0, 300.0, 22.0)),
        TextLine(1, f"单位：{unit}", (10.0, 30.0, 60.0, 40.0)),
    )
    edges = tuple(WIDTH * i for i in range(n_columns + 1))
    box = (0.0, 50.0, WIDTH * n_columns, 50.0 + HEIGHT * len(rows))
    return RawTable(1, (1,), len(rows), n_columns, cells, edges, box, "text", captions if title else (), ((1, 0),))


def _make_cell(rows: Sequence[Sequence[str]], row: int, column: int) -> RawCell:
    right = column + 1
    while right < len(rows[row]) and rows[row][right] == "<":
        right += 1
    below = row + 1
    while below < len(rows) and column < len(rows[below]) and rows[below][column] == "^":
        below += 1
    box = (WIDTH * column, 50 + HEIGHT * row, WIDTH * right, 50 + HEIGHT * below)
    return RawCell(1, row, column, below - row, right - column, rows[row][column].replace("\\n", "\n"), box, agreed=True)


def read_table(title: str, text: str, *, year: int = 2024, phase: str = "budget") -> TableReading:
    """The interpretation of one table of a document of that year and phase."""
    context = DocumentContext("0" * 16, None, "某市某局", None, "department", year, phase)
    return read_tables([make_table(text, title)], context, get_book())[0]


def show(reading: TableReading) -> list[str]:
    """Lines with an amount: label, code or item, fund, kind, basis, amount (the usual values left out)."""
    return [_show_line(line) for line in reading.lines if line["amount_cny"] is not None]


def _show_line(line: Row) -> str:
    codes = [line[name] for name in ("function_code", "econ_department_code", "econ_government_code") if line[name]]
    shown = [
        line["line_label"],
        *codes,
        line["item_key"],
        line["fund_type"] if line["fund_type"] != "all" else None,
        line["expenditure_kind"] if line["expenditure_kind"] != "total" else None,
        line["amount_basis"] if line["amount_basis"] not in {"budget", "actual"} else None,
        line["amount_reported"],
    ]
    return " ".join(part for part in shown if part)


def get_kinds(reading: TableReading) -> dict[str, str]:
    """The row kind of each label with an amount."""
    return {line["line_label"]: line["row_kind"] for line in reading.lines if line["amount_cny"] is not None}


def get_findings(reading: TableReading) -> list[str]:
    """The kinds of findings."""
    return [finding["finding_kind"] for finding in reading.findings]
