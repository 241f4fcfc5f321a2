"""Which columns hold amounts, and which hold codes, names, counts and notes: by their words and by what stands in them.

Promise: amounts under words that are not understood are `unknown`, never taken for something else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from transforms.amounts import is_amount, parse_amount
from transforms.codes import COLUMN_BY_SCHEME, WHOLE, CodeBook, find_named, is_unlisted, scheme_of, split_fused
from transforms.columns import Column
from transforms.grid import TableGrid
from transforms.header_vocabulary import is_total_label, load_vocabulary, strip_addition
from transforms.measures import SUM_LEAVES, is_measure, is_understood, measure
from transforms.table_types import TableType
from transforms.text import split_mark

NEVER_ALONE = frozenset({"其他支出", "其他", "转移性支出", "预备费及预留"})  # class names that only count among other classes
CLASS_SCHEMES = ("econ_department", "econ_government")


def read_column(
    grid: TableGrid,
    index: int,
    path: tuple[str, ...],
    body: Sequence[int],
    table_type: TableType,
    book: CodeBook,
    fiscal_year: int,
    phase: str,
) -> Column:
    """The column with its role and, where it holds amounts, what they measure. `body`: the rows that are no header."""
    cells = _count_content(grid, index, body, book)
    role = _find_text_role(path)
    measures = is_measure(path, table_type)
    if not path:
        if cells.amounts:
            return Column(index, path, "unknown")
        return Column(index, path, "label" if cells.texts else "empty")
    if role in {"label", "unit_name", None} and cells.codes and cells.codes >= 0.8 * (cells.amounts + cells.texts):
        return Column(index, path, "code")
    if role in {"label", "unit_name"} and cells.unit_codes and cells.unit_codes >= 0.8 * (cells.amounts + cells.texts):
        return Column(index, path, "unit_code")
    if role in {"quantity", "serial", "unit_code", "code", "period"}:
        return Column(index, path, role)
    if role == "attribute" and not cells.money > cells.texts:
        return Column(index, path, role)
    if role in {"label", "unit_name"} and cells.texts >= cells.amounts and not (measures and not cells.texts):
        return Column(index, path, role)
    if not is_understood(path, table_type):
        if cells.texts > cells.amounts:
            return Column(index, path, role or "attribute")
        return Column(index, path, "unknown" if cells.amounts else "empty")
    return measure(Column(index, path, "amount"), table_type, fiscal_year, phase)


def name_classes(
    columns: tuple[Column, ...], grid: TableGrid, table_type: TableType, book: CodeBook, fiscal_year: int, phase: str
) -> tuple[Column, ...]:
    """Columns of amounts headed by economic classes (工资福利支出, 机关商品和服务支出) measure those classes.

    One classification for the whole table: the one that its words name, else the one that knows more of the headings. A name
    that could be anything (其他支出) is a class only among others.
    """
    if table_type.type in {"three_public_expenditure", "revenue_summary", "government_procurement", "purchased_services"}:
        return columns
    open_columns = [c for c in columns if c.path and (c.role == "unknown" or (c.role == "empty" and grid.n_rows))]
    known = {
        scheme: {c.index: code for c in open_columns if (code := _find_class(c.path, scheme, book, fiscal_year))}
        for scheme in CLASS_SCHEMES
    }
    scheme = max(CLASS_SCHEMES, key=lambda one: len(known[one]))
    codes = known[scheme]
    strong = [c for c in open_columns if c.index in codes and strip_addition(c.path[-1]) not in NEVER_ALONE]
    if not strong:
        return columns
    groups = {c.path[:-1] for c in strong if len(c.path) > 1}
    named = []
    for column in columns:
        if column.index in codes:
            measured = measure(replace(column, role="amount"), table_type, fiscal_year, phase)
            named.append(replace(measured, codes={COLUMN_BY_SCHEME[scheme]: codes[column.index]}))
        elif column.role == "unknown" and column.path[-1:] and column.path[-1] in SUM_LEAVES and column.path[:-1] in groups:
            # 工资津补贴/小计: a group of classes that is no class itself, a part of the total.
            measured = measure(replace(column, role="amount"), table_type, fiscal_year, phase)
            named.append(replace(measured, note=f"of which: {column.path[-2]}"))
        else:
            named.append(column)
    return tuple(named)


def _find_class(path: tuple[str, ...], scheme: str, book: CodeBook, year: int) -> str | None:
    """The class that a path names: by a code in a heading, or by its lowest name; 小计 under a class takes the class."""
    parts = [part for part in path if part not in SUM_LEAVES] if path[-1] in SUM_LEAVES else list(path)
    if not parts:
        return None
    fused, name = split_fused(parts[-1])
    if fused:
        return fused if scheme_of(fused) == scheme else None
    found = find_named(split_mark(name)[1], scheme, book, year)
    if len(found) > 1:
        parent = _find_class(tuple(parts[:-1]), scheme, book, year) if len(parts) > 1 else None
        length = len(parent) + 2 if parent else 3
        found = frozenset(code for code in found if code.startswith(parent or "") and len(code) == length)
    return next(iter(found)) if len(found) == 1 else None


@dataclass(slots=True)
class _Content:
    """What stands in a column below its header: numbers, of them with decimals, listed codes, codes of units, and other texts."""

    amounts: int = 0
    money: int = 0
    codes: int = 0
    unit_codes: int = 0
    texts: int = 0


def _count_content(grid: TableGrid, column: int, body: Sequence[int], book: CodeBook) -> _Content:
    content = _Content()
    for row in body:
        if not grid.begins(row, column):
            continue
        text = grid.text(row, column)
        if is_amount(text):
            content.amounts += 1
            content.money += "." in text
            content.codes += bool(WHOLE.match(text)) and not is_unlisted(text, book)
            content.unit_codes += bool(re.fullmatch(r"\d{6}|\d{9}|[1-9]\d{2}", text))
        elif text and parse_amount(text) is None and not (content.codes and is_total_label(text)):
            content.texts += 1
    return content


def _find_text_role(path: tuple[str, ...]) -> str | None:
    if not path:
        return None
    joined = "/".join(path)
    for subject in (path[-1], joined):
        for rule in load_vocabulary().text_roles:
            if re.search(rule.pattern, subject):
                return rule.role
    return None
