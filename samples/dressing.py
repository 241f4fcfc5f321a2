"""How words are set in the cells of a table, which changes what a page shows and not what it means.

Promise: a dressed sheet has the same cells and the same expected lines as the plain one, only other texts in its labels.
"""

from dataclasses import replace

from samples.layouts import Layout
from samples.sheets import Cell, GridRow, Sheet

# Words that publishers stretch with spaces to fill their cell.
STRETCHED = frozenset({"合计", "总计", "小计", "项目", "收入", "支出", "备注", "序号", "预算数", "决算数"})
WIDE = {ord(narrow): chr(ord(narrow) + 0xFEE0) for narrow in "0123456789()."}


def dress_sheet(sheet: Sheet, layout: Layout) -> Sheet:
    """The sheet with its words set as the layout says."""
    if not (layout.spaced_words or layout.wide_characters):
        return sheet
    return replace(
        sheet,
        header=tuple(_dress_row(row, sheet, layout) for row in sheet.header),
        body=tuple(_dress_row(row, sheet, layout) for row in sheet.body),
    )


def _dress_row(row: GridRow, sheet: Sheet, layout: Layout) -> GridRow:
    return tuple(
        cell if cell is None or cell.line is not None else replace(cell, text=_dress_text(cell, kind == "name", layout))
        for cell, kind in zip(row, sheet.kinds, strict=True)
    )


def _dress_text(cell: Cell, is_name: bool, layout: Layout) -> str:
    text = cell.text
    if layout.wide_characters and is_name:
        text = text.translate(WIDE)
    return " ".join(text) if layout.spaced_words and text in STRETCHED else text
