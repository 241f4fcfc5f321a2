"""How much of something stands on one page: rows are cut by what they weigh.

Promise: whatever a document brings, each of its pages stays below `PAGE_BYTES` of rows, unless one row alone is more; rows keep
their order, and each stands on one page. What a row weighs is the same in both languages, so that both have the same pages.
"""

from collections.abc import Sequence

from markupsafe import escape

from transforms.portal.published_table import Amount, RowPart
from warehouse.records import Row

PAGE_BYTES = 215_000
"""Of rows. The rest of a page with what it loads is less than the remaining third of 300 kB."""
# Bytes of markup around the texts, in the language that needs more; tests hold them against pages as they are made.
_ROW, _PART, _AMOUNT, _BLANK = 40, 80, 125, 90
_MARKED, _MARKED_BLANK = 430, 130
_STATED, _FINDING, _FAILING, _SIDE = 460, 900, 900, 260
_TABLE, _STATEMENT, _PROJECT, _TARGET = 420, 620, 640, 380


def cut_by_weight(weights: Sequence[int], most: int = PAGE_BYTES) -> list[slice]:
    """The portions of a sequence, each of no more than `most`; none for an empty one."""
    portions: list[slice] = []
    start = total = 0
    for index, weight in enumerate(weights):
        if index > start and total + weight > most:
            portions.append(slice(start, index))
            start, total = index, 0
        total += weight
    return [*portions, slice(start, len(weights))] if weights else []


def weigh_texts(*texts: str | None) -> int:
    """Bytes of some texts on a page."""
    return sum(len(str(escape(text)).encode()) for text in texts if text)


def weigh_table_row(parts: Sequence[RowPart | None]) -> int:
    """A row of a table as published."""
    return _ROW + sum(_weigh_part(part) for part in parts if part)


def _weigh_part(part: RowPart) -> int:
    amounts = sum(_AMOUNT + 2 * weigh_texts(one.text) if one.text else _BLANK for one in part.amounts if one)
    return _PART + weigh_texts(*part.codes, part.label, *part.extra) + 30 * len(part.extra) + amounts


def weigh_marked(label: str, measure: str, amount: Amount) -> int:
    """An amount on the picture of its page, and its row beside the picture where it has one."""
    if not amount.is_figure:
        return _MARKED_BLANK
    return _MARKED + weigh_texts(label, measure) + 3 * weigh_texts(amount.text)


def weigh_stated(label: str, printed: str) -> int:
    """What is stated on a page of the PDF: its mark and its row."""
    return _STATED + 2 * weigh_texts(label, printed)


def weigh_finding(finding: Row) -> int:
    """A finding with its sentence and its place."""
    return _FINDING + 2 * weigh_texts(finding["message"], finding["fitting_value"])


def weigh_failing(subject: str, reason: str | None, sides: int) -> int:
    """A failing sum with the amounts or statements that are shown of it."""
    return _FAILING + weigh_texts(subject, reason) + _SIDE * sides


def weigh_table(table: Row) -> int:
    """A table in the list of a disclosure's tables."""
    return _TABLE + weigh_texts(table["table_number"], table["table_title"], table["unit_name"])


def weigh_statement(row: Row) -> int:
    """A statement with its sentence."""
    return _STATEMENT + weigh_texts(row["subject"], row["value_reported"], row["evidence"], row["reason"])


def weigh_project(row: Row | None, purpose: str | None) -> int:
    """The head of a project above its targets."""
    return _PROJECT + (3 * weigh_texts(row["project"]) + weigh_texts(row["unit_name"], purpose) if row else 0)


def weigh_target(row: Row) -> int:
    """A performance target."""
    return _TARGET + weigh_texts(row["indicator"], row["value_reported"] or row["value"], row["level_1"], row["level_2"])
