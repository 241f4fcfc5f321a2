"""What each row of a table is: its label, its codes, and what its words say about fund, kind and item.

Promise: rows keep their printed order; a code is printed, or inferred and marked so; words that are not in the vocabulary
(`layouts/rows.yml`) leave the table's defaults and are reported where the row carries an amount.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict

from transforms.amounts import parse_amount
from transforms.codes import (
    COLUMN_BY_SCHEME,
    WHOLE,
    CodeBook,
    SplitCode,
    complete_code,
    infer_code,
    is_listed,
    is_name_of,
    is_unlisted,
    scheme_of,
    split_fused,
    split_unpadded,
)
from transforms.grid import TableGrid
from transforms.headers import WIDER_FUNDS, Block, Column, Header, is_subtotal_label, is_total_label
from transforms.row_sums import find_heads
from transforms.table_types import TableType
from transforms.text import is_of_which, normalise, split_mark
from warehouse.records import RawTable

SCHEME_ORDER = ("function", "econ_department", "econ_government")
PERIOD_LABEL = 8  # characters: a longer name only speaks of change
SUMMARY_TYPES = frozenset({"revenue_expenditure_summary", "appropriation_summary"})
FUND_ITEMS = frozenset(
    {"general_public_budget", "government_fund", "state_capital", "special_account", "fiscal_appropriation", "unit_funds"}
)


PARTS_OF_APPROPRIATION = frozenset({"general_public_budget", "government_fund", "state_capital"})


class RowRule(BaseModel):
    """One rule of the vocabulary of rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pattern: str
    item: str | None = None
    fund: str | None = None
    kind: str | None = None
    basis: str | None = None


class RowVocabulary(BaseModel):
    """The vocabulary of rows as in the YAML file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    revenue: tuple[RowRule, ...]
    expenditure: tuple[RowRule, ...]
    three_public: tuple[RowRule, ...]
    procurement: tuple[RowRule, ...]
    kind_heads: str
    kind_heads_end: str
    revenue_parts: str
    closing_parts: str
    counts: str
    organisations: str
    periods: tuple[RowRule, ...]


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of one block: where it stands and what it is. `fund`, `kind`, `basis`, None: as the column says.

    `is_unit`: the row stands for a budget unit (101001 某局), not for a class of revenue or expenditure.
    """

    row: int
    block: Block
    label: str
    level: int | None
    codes: Mapping[str, str]
    code_source: str | None
    item_key: str | None = None
    fund: str | None = None
    kind: str | None = None
    basis: str | None = None
    unit_code: str | None = None
    unit_name: str | None = None
    is_unit: bool = False
    project_name: str | None = None
    row_kind: str = "item"
    note: str | None = None
    candidates: tuple[str, ...] = ()

    @property
    def is_named(self) -> bool:
        """Whether the row has a label or a code of its own."""
        return bool(self.label or self.codes)


@cache
def load_row_vocabulary() -> RowVocabulary:
    """The vocabulary of rows."""
    text = files("transforms").joinpath("layouts/rows.yml").read_text(encoding="utf-8")
    return RowVocabulary(**yaml.safe_load(text))


def read_rows(
    table: RawTable, grid: TableGrid, header: Header, table_type: TableType, book: CodeBook, year: int
) -> list[TableRow]:
    """All body rows of all blocks in printed order, block by block inside a row."""
    page_starts = frozenset(first for _, first in table.rows_of_page[1:])
    blocks = [_read_block(grid, header, block, table_type, book, year, page_starts) for block in header.blocks]
    return sorted((row for rows in blocks for row in rows), key=lambda row: (row.row, row.block.amounts[0].index))


def _read_block(
    grid: TableGrid, header: Header, block: Block, table_type: TableType, book: CodeBook, year: int, page_starts: frozenset[int]
) -> list[TableRow]:
    rows = _join_codes_above(list(_read_names(grid, header, block, table_type, book, year, page_starts)), grid, book)
    rows = [row for row in rows if not _is_count(row, table_type)]
    rows = _resolve_words(rows, block, table_type, _is_by_source(block, table_type, rows))
    rows = _infer_codes(rows, block, table_type, book, year)
    return _settle_by_sums(_set_kinds(rows), grid)


def _read_names(
    grid: TableGrid, header: Header, block: Block, table_type: TableType, book: CodeBook, year: int, page_starts: frozenset[int]
) -> Iterator[TableRow]:
    """Rows with label, codes and unit as printed; the tail of a name that a page break cut off is put back."""
    groups = _group_codes(block.codes)
    states = [SplitCode() for _ in groups]
    unit_codes = [c for c in block.others if c.role == "unit_code"]
    periods = [c for c in block.others if c.role == "period"]
    held: TableRow | None = None
    unit: tuple[str | None, str | None] = (None, None)
    project: str | None = None
    for row in range(header.first_data_row, grid.n_rows):
        if row in header.rows:
            continue
        codes, printed = _read_codes(grid, row, groups, states, book, year)
        label, fused, group = _read_label(grid, row, block, groups, codes, printed, book, year)
        codes = codes or _read_code_among_units(grid, row, unit_codes, label, book)
        codes, unit_printed = _part_units({**fused, **codes}, label, _find_unit_digits(grid, row, groups), book)
        if not label and periods and any(grid.text(row, column.index) for column in periods) and held is not None:
            label = held.label  # one unit's rows for several years: its name stands on the first of them
        if held is not None and row in page_starts and _is_tail(grid, row, block, codes, label):
            yield replace(held, label=held.label + label)
            held = None
            continue
        if held is not None:
            yield held
        own_unit = (unit_printed, label) if unit_printed else _read_unit(grid, row, block, unit_codes, codes)
        if own_unit[0] in codes.values():
            own_unit = (None, own_unit[1])
        unit = _keep_unit(unit, own_unit)
        project = _read_project(grid, row, block, table_type, label, codes) or project
        held = TableRow(
            row=row,
            block=block,
            label=label,
            level=split_mark(group or label)[0],
            codes={COLUMN_BY_SCHEME[scheme]: code for scheme, code in codes.items()},
            code_source=_source(codes, book, year),
            unit_code=unit[0],
            unit_name=unit[1],
            is_unit=not codes and bool(label) and any(own_unit) and not is_total_label(label),
            project_name=project,
            kind=table_type.kind if _reaches_over_blocks(grid, row, block) and is_total_label(label) else None,
            basis=_read_period(grid, row, periods, label, year),
            note=group if group and group != label else None,
        )
    if held is not None:
        yield held


def _group_codes(columns: Sequence[Column]) -> list[tuple[Column, ...]]:
    """Code columns that make one code together: neighbours 类 | 款 | 项 under one parent; any other stands alone."""
    groups: list[list[Column]] = []
    for column in columns:
        last = groups[-1][-1] if groups else None
        joins = (
            last is not None
            and last.index == column.index - 1
            and last.path[-1:] != column.path[-1:]
            and column.path[-1] in {"款", "项"}
            and last.path[:-1] == column.path[:-1]
        )
        if joins:
            groups[-1].append(column)
        else:
            groups.append([column])
    return [tuple(group) for group in groups]


def _read_codes(
    grid: TableGrid, row: int, groups: Sequence[tuple[Column, ...]], states: Sequence[SplitCode], book: CodeBook, year: int
) -> tuple[dict[str, str], list[str]]:
    """Codes by scheme, and the texts of code cells that are no codes (合计 over code and name; 类 款 项)."""
    codes: dict[str, str] = {}
    words: list[str] = []
    for group, state in zip(groups, states, strict=True):
        pieces = [grid.text(row, column.index) if grid.begins(row, column.index) else "" for column in group]
        if len(group) == 1:
            fused, name = split_fused(pieces[0])
            code = fused or complete_code(pieces[0], book, year)
            if fused and name:
                words.append(name)
        else:
            code = state.join([re.sub(r"\.0+$", "", piece) for piece in pieces])
        if code:
            codes.setdefault(scheme_of(code), code)
        else:
            words.extend(piece for piece in pieces if piece and not re.fullmatch(r"[类款项\d.]+", piece))
    return codes, words


def _reaches_over_blocks(grid: TableGrid, row: int, block: Block) -> bool:
    """Whether the cell that names the row begins in a block to the left: its amount is then the sum over the blocks."""
    columns = (*block.codes, *block.labels)
    first = min((column.index for column in columns), default=0)
    cell = grid.rows[row][first]
    return cell is not None and cell.column < first and bool(normalise(cell.text))


def _find_unit_digits(grid: TableGrid, row: int, groups: Sequence[tuple[Column, ...]]) -> str | None:
    """The code of a budget unit printed where classification codes stand: 101, 101001, 101001001."""
    for group in groups:
        pieces = [text for column in group if grid.begins(row, column.index) and (text := grid.text(row, column.index))]
        if len(pieces) == 1 and re.fullmatch(r"\d{3}|\d{6}|\d{9}|\d{12}", pieces[0]):
            return pieces[0]
    return None


def _read_code_among_units(grid: TableGrid, row: int, unit_codes: Sequence[Column], label: str, book: CodeBook) -> dict[str, str]:
    """A classification code in the column of unit codes (单位代码: 101001, then 2010101), where the row has the class's name."""
    for column in unit_codes:
        code = grid.text(row, column.index)
        if label and WHOLE.match(code) and is_name_of(code, label, book):
            return {scheme_of(code): code}
    return {}


def _part_units(codes: Mapping[str, str], label: str, digits: str | None, book: CodeBook) -> tuple[dict[str, str], str | None]:
    """Classification codes of a row, and the code of the unit that it stands for.

    301 某某局 is a unit: the digits are those of a class, but the name is an organisation's and not the class's.
    """
    name = re.sub(r"\(.*\)$", "", label)
    is_organisation = bool(re.search(load_row_vocabulary().organisations, name))
    kept = {
        scheme: code
        for scheme, code in codes.items()
        if not (len(code) == 9 and is_unlisted(code, book) and is_unlisted(code[:7], book))
        and not (len(code) == 3 and is_organisation and not is_name_of(code, label, book))
    }
    if kept or not label:
        return kept, None
    dropped = next(iter(codes.values()), None)
    return kept, dropped or (digits if digits and (is_organisation or len(digits) > 3) else None)


def _keep_unit(unit: tuple[str | None, str | None], own: tuple[str | None, str | None]) -> tuple[str | None, str | None]:
    """The unit of a row: its own, with the name that the same code had above; else the one of the rows above."""
    if not any(own):
        return unit
    if own[0] and not own[1] and own[0] == unit[0]:
        return unit
    return own


def _join_codes_above(rows: Sequence[TableRow], grid: TableGrid, book: CodeBook) -> list[TableRow]:
    """A code printed on a row of its own above the name that it belongs to."""
    joined: list[TableRow] = []
    for row in rows:
        above = joined[-1] if joined else None
        fits = (
            above is not None
            and above.codes
            and not above.label
            and not row.codes
            and row.label
            and not any(grid.text(above.row, column.index) for column in above.block.amounts)
            and all(is_name_of(code, row.label, book) for code in above.codes.values())
        )
        if fits and above is not None:
            joined[-1] = replace(row, codes=above.codes, code_source=above.code_source)
        else:
            joined.append(row)
    return joined


def _is_count(row: TableRow, table_type: TableType) -> bool:
    """Rows that count vehicles, groups or guests beside the three public expenses: no money."""
    return table_type.type == "three_public_expenditure" and bool(re.search(load_row_vocabulary().counts, row.label))


def _read_label(
    grid: TableGrid,
    row: int,
    block: Block,
    groups: Sequence[tuple[Column, ...]],
    codes: Mapping[str, str],
    words: Sequence[str],
    book: CodeBook,
    year: int,
) -> tuple[str, dict[str, str], str | None]:
    """The row's label, codes fused with names, and the group that a merged cell to the left names."""
    fused: dict[str, str] = {}
    names: list[tuple[str | None, str]] = []
    units: list[str] = []
    for column in block.labels:
        cell = grid.rows[row][column.index]
        if cell is None or (cell.column < column.index and any(c.index == cell.column for c in block.labels)):
            continue
        text = normalise(cell.text)
        if not text or text in {"类", "款", "项"}:
            continue
        if column.role == "unit_name":
            units.append(text)
            continue
        code, name = split_fused(text)
        if code is None:
            code, name = split_unpadded(text, book, year)
        if code:
            fused.setdefault(scheme_of(code), code)
            names.append((scheme_of(code), name))
        else:
            names.append((_scheme_left_of(column, groups, grid, row, codes), text))
    if not names:
        totals = [text for c in block.others if is_total_label(text := grid.text(row, c.index))]
        return next(iter((*units, *words, *totals)), ""), fused, None
    label = _choose_name(names)
    group = names[0][1] if len(names) > 1 and names[0][0] is None else None
    return label, fused, group


def _scheme_left_of(
    column: Column, groups: Sequence[tuple[Column, ...]], grid: TableGrid, row: int, codes: Mapping[str, str]
) -> str | None:
    """The scheme of the code that stands nearest to the left of a name, where a row carries several classifications."""
    if len(groups) < 2:
        return None
    left = [group for group in groups if group[-1].index < column.index]
    if not left:
        return None
    pieces = "".join(grid.text(row, c.index) for c in left[-1])
    if pieces and pieces[0] in "235":
        scheme = scheme_of(pieces)
        return scheme if scheme in codes else None
    return None


def _choose_name(names: Sequence[tuple[str | None, str]]) -> str:
    """The name of the first classification in order (function, department, government), else the last name printed."""
    for scheme in SCHEME_ORDER:
        for owner, name in names:
            if owner == scheme:
                return name
    return names[-1][1]


def _is_tail(grid: TableGrid, row: int, block: Block, codes: Mapping[str, str], label: str) -> bool:
    """The rest of a row that a page break cut: no code, no amount, a piece of a name, in a table whose rows have more to show."""
    if codes or not label or is_total_label(label) or split_mark(label)[0] is not None:
        return False
    has_more = bool(block.codes) or len(block.labels) > 1
    return has_more and not any(grid.text(row, column.index) for column in block.amounts)


def _read_unit(
    grid: TableGrid, row: int, block: Block, unit_codes: Sequence[Column], codes: Mapping[str, str]
) -> tuple[str | None, str | None]:
    code = next((text for c in unit_codes if (text := grid.text(row, c.index)) and re.fullmatch(r"\d{3,12}", text)), None)
    names = [grid.text(row, c.index) for c in block.labels if c.role == "unit_name"]
    if code and not names and not codes:
        names = [grid.text(row, c.index) for c in block.labels[:1]]
    name = next((text for text in names if text and not is_total_label(text)), None)
    return code, name


def _read_project(
    grid: TableGrid, row: int, block: Block, table_type: TableType, label: str, codes: Mapping[str, str]
) -> str | None:
    """The project that a row names, in project and procurement tables."""
    if table_type.type == "project_expenditure":
        return None if is_total_label(label) or codes else label or None
    if table_type.type in {"government_procurement", "carry_over_expenditure"}:
        for column in block.labels:
            if re.search(r"专项|项目名称|采购项目$", "/".join(column.path)) and (text := grid.text(row, column.index)):
                return None if is_total_label(text) else text
    return None


def _read_period(grid: TableGrid, row: int, periods: Sequence[Column], label: str, year: int) -> str | None:
    """What the row's amounts are measured as, where a column for the year or the row's own name says so."""
    for text in (*(grid.text(row, column.index) for column in periods), label):
        for rule in load_row_vocabulary().periods:
            if re.search(rule.pattern, text) and (text != label or len(label) <= PERIOD_LABEL):
                return rule.basis
        if match := re.match(r"(20\d{2})年?(度)?(预算数?)?$", text):
            return {0: "budget", -1: "prior_year_budget"}.get(int(match[1]) - year)
    return None


def _source(codes: Mapping[str, str], book: CodeBook, year: int) -> str | None:
    """`local` where a printed code extends the national list below its last level."""
    if not codes:
        return None
    local = any(
        not is_listed(code, book, year) and is_listed(code[:-2], book, year) and len(code) >= 7 for code in codes.values()
    )
    return "local" if local else "printed"


def _is_by_source(block: Block, table_type: TableType, rows: Sequence[TableRow]) -> bool:
    """A revenue table whose rows are sources of money: no codes, no units, one column that only says how much."""
    if table_type.type not in {"revenue_summary", "expenditure_summary"} or block.codes or any(row.codes for row in rows):
        return False
    if table_type.type == "revenue_summary" and len(block.amounts) == 1 and block.labels:
        return True
    vocabulary = load_row_vocabulary()
    rules = vocabulary.revenue if table_type.type == "revenue_summary" else vocabulary.expenditure
    found = {rule.item or rule.kind for row in rows for rule in rules if re.search(rule.pattern, _words(row.label))}
    return len(found - {"total_revenue", "total_revenue_current", "total_expenditure", "total_expenditure_current"}) >= 2


def _resolve_words(rows: Sequence[TableRow], block: Block, table_type: TableType, by_source: bool) -> list[TableRow]:
    """Item, fund and kind of rows by their words, each in the place where it stands."""
    if table_type.type == "three_public_expenditure":
        by_row = all(column.item_key is None for column in block.amounts)
        return _resolve_three_public(rows) if by_row else list(rows)
    if table_type.type in {"government_procurement", "purchased_services"}:
        return [_apply(replace(row, label=_strip_letter(row.label)), load_row_vocabulary().procurement) for row in rows]
    is_fund_revenue = table_type.type == "government_fund_expenditure" and block.direction == "revenue"
    if table_type.type in SUMMARY_TYPES or by_source or is_fund_revenue:
        if block.direction == "revenue":
            return _resolve_revenue(rows, block)
        return _resolve_expenditure(rows)
    return [_apply_kind_total(row) for row in rows]


def _resolve_three_public(rows: Sequence[TableRow]) -> list[TableRow]:
    """Items by rows. 合计 is the total of the three, unless they have their own and 合计 is wider (meetings, training)."""
    vocabulary = load_row_vocabulary()
    resolved = [_apply(row, vocabulary.three_public) for row in rows]
    own_total = any(row.item_key == "three_public_total" and not is_total_label(row.label) for row in resolved)
    wider = any(row.item_key in {"meetings", "training", "agency_operating"} for row in resolved)
    if own_total and wider:
        resolved = [replace(row, item_key=None) if is_total_label(_words(row.label)) else row for row in resolved]
    return [_apply(row, vocabulary.procurement) if row.item_key is None else row for row in resolved]


def _apply(row: TableRow, rules: Sequence[RowRule]) -> TableRow:
    words = _words(row.label)
    for rule in rules:
        if re.search(rule.pattern, words):
            kind = "operating" if rule.item == "agency_operating" else rule.kind
            return replace(row, item_key=rule.item, fund=rule.fund or row.fund, kind=kind or row.kind)
    return row


def _words(label: str) -> str:
    """A label without its mark: 一、 （一） 1. 其中：."""
    words = split_mark(label)[1]
    again = split_mark(words)[1]
    return again or words


def _strip_letter(label: str) -> str:
    """A-货物, 货物A: letters of the procurement catalogue are no part of the name."""
    words = _words(label)
    match = re.fullmatch(r"[ABC]-?(货物|工程|服务)(类)?", words)
    return match[1] + (match[2] or "") if match else label


def _apply_kind_total(row: TableRow) -> TableRow:
    """人员经费合计, 公用经费合计: sums over kinds in a table by economic class."""
    if re.fullmatch(r"人员经费(合计|小计)", row.label):
        return replace(row, kind="personnel")
    if re.fullmatch(r"(日常)?公用经费(合计|小计)", row.label):
        return replace(row, kind="operating")
    return row


def _resolve_revenue(rows: Sequence[TableRow], block: Block) -> list[TableRow]:
    resolved: list[TableRow] = []
    carry: TableRow | None = None
    last_total = _last_total(rows)
    for row in rows:
        found = _apply(row, load_row_vocabulary().revenue)
        if row.note and found.item_key is None:
            found = replace(_apply(replace(row, label=row.note), load_row_vocabulary().revenue), label=row.label)
        if found.item_key == "total_revenue" and _words(row.label) == "收入合计" and row is not last_total:
            found = replace(found, item_key="total_revenue_current")
        if is_of_which(row.label) and resolved and resolved[-1].fund in WIDER_FUNDS.get(found.fund or "", frozenset()):
            found = replace(found, item_key=None, fund=None)  # 一般公共预算, 其中：财政拨款
        source = next((above for above in reversed(resolved) if above.item_key in FUND_ITEMS), None)
        if source is not None and re.search(load_row_vocabulary().revenue_parts, _words(row.label)):
            resolved.append(replace(row, fund=source.fund, note=row.note or f"of which of {source.label}"))
            continue
        carry = _keep_carry(carry, found)
        if carry is not None and carry is not found and found.item_key in FUND_ITEMS:
            found = replace(found, item_key="carry_over", fund="carry_over", note=row.note or f"of {carry.label}")
        elif found.item_key is None and is_of_which(row.label) and resolved:
            found = replace(found, fund=resolved[-1].fund, note=row.note or f"of which of {resolved[-1].label}")
        resolved.append(found)
    return resolved


def _keep_carry(carry: TableRow | None, row: TableRow) -> TableRow | None:
    """The balance brought forward whose parts are being listed: until a row of its own level, a total, or another source."""
    if row.item_key == "carry_over" and (carry is None or row.level == carry.level or row.level is None):
        return row
    if carry is None or row.item_key in {"total_revenue", "total_revenue_current"}:
        return None
    if row.item_key is not None and row.item_key not in FUND_ITEMS | {"carry_over"}:
        return None
    if carry.level is not None and row.level is not None and row.level <= carry.level:
        return None
    return carry


def _last_total(rows: Sequence[TableRow]) -> TableRow | None:
    totals = [row for row in rows if re.search(r"^(收入|支出)?(总计|合计)$", _words(row.label))]
    return totals[-1] if totals else None


def _resolve_expenditure(rows: Sequence[TableRow]) -> list[TableRow]:
    vocabulary = load_row_vocabulary()
    resolved: list[TableRow] = []
    head: str | None = None
    last_total = _last_total(rows)
    for row in rows:
        if row.codes:
            resolved.append(replace(row, kind=head) if head and "econ_department_code" in row.codes else row)
            continue
        words = _words(row.label)
        found = _apply(row, vocabulary.expenditure)
        if is_of_which(row.label) and found.kind is None and resolved:
            resolved.append(replace(found, kind=resolved[-1].kind, note=row.note or f"of which of {resolved[-1].label}"))
            continue
        if resolved and _is_closing_part(found, resolved[-1]):
            found = replace(found, item_key="carry_forward", kind="carry_forward", note=row.note or "of the closing balance")
        if found.item_key == "total_expenditure" and words == "支出合计" and row is not last_total:
            found = replace(found, item_key="total_expenditure_current")
        if re.search(vocabulary.kind_heads, words):
            head = found.kind
        elif found.item_key is not None or re.search(vocabulary.kind_heads_end, words):
            head = None
        elif found.kind is None and head is not None:
            found = replace(found, kind=head)
        resolved.append(found)
    return resolved


def _is_closing_part(row: TableRow, above: TableRow) -> bool:
    """基本支出结转, 项目支出结转和结余 or a fund below the closing balance: its parts."""
    if above.kind != "carry_forward" or row.item_key not in {None, "carry_forward"}:
        return False
    deeper = row.level is None or above.level is None or row.level >= above.level
    return deeper and bool(re.search(load_row_vocabulary().closing_parts, _words(row.label)))


def _infer_codes(rows: Sequence[TableRow], block: Block, table_type: TableType, book: CodeBook, year: int) -> list[TableRow]:
    """Codes of rows that only have names, from the year's list and the rows above."""
    if not _has_classes(table_type, block):
        return list(rows)
    resolved: list[TableRow] = []
    above: dict[str, str | None] = dict.fromkeys(SCHEME_ORDER)
    seen: set[str] = set()
    places: dict[int, str | None] = {}
    schemes = _schemes_of(block, table_type)
    for index, row in enumerate(rows):
        following = rows[index + 1] if index + 1 < len(rows) else None
        if row.codes or not row.label or row.item_key or row.is_unit or is_total_label(row.label) or is_subtotal_label(row.label):
            resolved.append(row)
        else:
            # A row with the mark of a row above is its sibling, never its child.
            nearest = {**above, schemes[0]: places[row.level]} if row.level in places else above
            resolved.append(_infer_code(row, schemes, nearest, book, year, seen, _words(following.label) if following else ""))
        for column, code in resolved[-1].codes.items():
            above[column.removesuffix("_code")] = code
            seen.add(code)
            if row.level is not None and scheme_of(code) == schemes[0].removesuffix("_code"):
                places[row.level] = code[:-2] if len(code) > 3 else None
    return resolved


def _infer_code(
    row: TableRow, schemes: Sequence[str], above: Mapping[str, str | None], book: CodeBook, year: int, seen: set[str], below: str
) -> TableRow:
    """The row with the code of the first scheme in which its name has one, else with the candidates."""
    open_candidates: tuple[str, ...] = ()
    for scheme in schemes:
        found, candidates = infer_code(_words(row.label), scheme, above[scheme], book, year, seen, below)
        if found:
            return replace(row, codes={COLUMN_BY_SCHEME[scheme]: found}, code_source="inferred")
        open_candidates = open_candidates or candidates
    return replace(row, candidates=open_candidates)


def _has_classes(table_type: TableType, block: Block) -> bool:
    if block.direction == "revenue" and table_type.type in SUMMARY_TYPES:
        return False
    return table_type.type not in {
        "three_public_expenditure",
        "government_procurement",
        "purchased_services",
        "project_expenditure",
    }


def _schemes_of(block: Block, table_type: TableType) -> tuple[str, ...]:
    words = "/".join(part for column in (*block.labels, *block.amounts) for part in column.path)
    if re.search(r"政府(预算)?(支出)?经济", words):
        return ("econ_government",)
    if "经济" in words or table_type.type in {
        "general_budget_basic_expenditure",
        "appropriation_basic_expenditure",
        "basic_expenditure",
        "general_budget_expenditure_by_economic",
        "agency_operating_expenditure",
    }:
        return ("econ_department",)
    if "功能" in words:
        return ("function",)
    return ("function", "econ_department")


def _set_kinds(rows: Sequence[TableRow]) -> list[TableRow]:
    """total, subtotal (something of this table is below it), item."""
    prefixes: set[tuple[str, str]] = set()
    for row in rows:
        for column, code in row.codes.items():
            prefixes.update((column, code[:length]) for length in range(3, len(code), 2))
    return [replace(row, row_kind=_find_kind(rows, index, prefixes)) for index, row in enumerate(rows)]


def _find_kind(rows: Sequence[TableRow], index: int, prefixes: set[tuple[str, str]]) -> str:
    row = rows[index]
    words = _words(row.label)
    if row.item_key in {"total_revenue", "total_expenditure"} or is_total_label(words) or is_total_label(row.label):
        return "total"
    if row.item_key in {"total_revenue_current", "total_expenditure_current"} or is_subtotal_label(words):
        return "subtotal"
    if re.search(r"(合计|小计)$", row.label):
        return "subtotal"
    following = rows[index + 1] if index + 1 < len(rows) else None
    if row.is_unit and following is not None and following.codes and not row.codes and index > 0:
        return "subtotal"  # a unit over the classes of its money
    if row.codes:
        column, code = next(iter(row.codes.items()))
        return "subtotal" if (column, code) in prefixes else "item"
    if row.unit_name and row.label == row.unit_name and index == 0 and following is not None and following.codes:
        return "total"  # the department's own row heads its table and carries the total
    if following is not None and _is_below(following, row):
        return "subtotal"
    return "item"


def _is_below(lower: TableRow, upper: TableRow) -> bool:
    """Whether the row after is a part of the row: a lower mark, of which, a unit of the department."""
    if is_of_which(lower.label) or (lower.note or "").startswith(f"of {upper.label}"):
        return True
    if upper.item_key == lower.item_key == "carry_over" and upper.level is None and lower.level is not None:
        return True
    if upper.item_key == "fiscal_appropriation" and lower.item_key in PARTS_OF_APPROPRIATION and not upper.level:
        return lower.level is None or upper.level is None or lower.level > upper.level
    if lower.level is not None and upper.level is not None:
        return lower.level > upper.level
    if upper.level is not None and lower.level is None and lower.label and lower.item_key in FUND_ITEMS:
        return True
    return bool(
        upper.unit_code
        and lower.unit_code
        and len(lower.unit_code) > len(upper.unit_code)
        and lower.unit_code.startswith(upper.unit_code)
    )


def _settle_by_sums(rows: Sequence[TableRow], grid: TableGrid) -> list[TableRow]:
    """Rows that neither a code nor a mark places: what is the sum of the rows below it is a subtotal, and where no row is named
    a total, the first row that is the sum of all is the total. Only where the whole column adds up that way."""
    if not any(_is_open(rows, index) for index in range(len(rows))):
        return list(rows)
    values = [_read_values(row, grid) for row in rows]
    depths = [_find_depth(row, grid) for row in rows]
    body = [i for i, row in enumerate(rows) if row.row_kind != "total" and not is_subtotal_label(_words(row.label))]
    totals = [i for i, row in enumerate(rows) if row.row_kind == "total"]
    heads = find_heads([values[i] for i in body], [depths[i] for i in body], values[totals[0]] if totals else None)
    settled = list(rows)
    for place in heads:
        index = body[place]
        if _is_open(rows, index):
            settled[index] = replace(rows[index], row_kind="total" if place == 0 and not totals else "subtotal")
    return settled


def _is_open(rows: Sequence[TableRow], index: int) -> bool:
    """An item by default: no code, or the code of the row below it as well (group, unit and item of one class)."""
    row = rows[index]
    if row.row_kind != "item" or not row.is_named or row.item_key in {"carry_forward", "carry_over"}:
        return False
    following = rows[index + 1] if index + 1 < len(rows) else None
    return not row.codes or (following is not None and row.codes.items() <= following.codes.items())


def _read_values(row: TableRow, grid: TableGrid) -> tuple[Decimal, ...]:
    values = []
    for column in row.block.amounts:
        amount = parse_amount(cell.text) if (cell := grid.rows[row.row][column.index]) else None
        values.append(amount.value if amount is not None and amount.value is not None else Decimal(0))
    return tuple(values)


def _find_depth(row: TableRow, grid: TableGrid) -> int:
    """The rightmost label column that the row fills itself: in tables with a column per level, its level."""
    filled = [
        n for n, column in enumerate(row.block.labels) if grid.begins(row.row, column.index) and grid.text(row.row, column.index)
    ]
    return filled[-1] if filled else 0
