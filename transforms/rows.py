"""What each row of a table is: its label, its codes, and what its words say about fund, kind and item.

Promise: rows keep their printed order; a code is printed, or inferred and marked so; words that are not in the vocabulary
(`layouts/rows.yml`) leave the table's defaults and are reported where the row carries an amount.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict

from transforms.codes import (
    COLUMN_BY_SCHEME,
    CodeBook,
    SplitCode,
    complete_code,
    infer_code,
    is_listed,
    scheme_of,
    split_fused,
)
from transforms.grid import TableGrid
from transforms.headers import Block, Column, Header, is_subtotal_label, is_total_label
from transforms.table_types import TableType
from transforms.text import is_of_which, normalise, split_mark
from warehouse.records import RawTable

SCHEME_ORDER = ("function", "econ_department", "econ_government")
PERIOD_LABEL = 8  # characters: a longer name only speaks of change
SUMMARY_TYPES = frozenset({"revenue_expenditure_summary", "appropriation_summary"})
FUND_ITEMS = frozenset(
    {"general_public_budget", "government_fund", "state_capital", "special_account", "fiscal_appropriation", "unit_funds"}
)


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
    periods: tuple[RowRule, ...]


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of one block: where it stands and what it is. `fund`, `kind`, `basis`, None: as the column says."""

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
    rows = list(_read_names(grid, header, block, table_type, book, year, page_starts))
    rows = _resolve_words(rows, block, table_type, _is_by_source(block, table_type, rows))
    rows = _infer_codes(rows, block, table_type, book, year)
    return _set_kinds(rows)


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
        label, fused, group = _read_label(grid, row, block, groups, codes, printed)
        codes = {**fused, **codes}
        if held is not None and row in page_starts and _is_tail(grid, row, block, codes, label):
            yield replace(held, label=held.label + label)
            held = None
            continue
        if held is not None:
            yield held
        own_unit = _read_unit(grid, row, block, unit_codes)
        unit = own_unit if any(own_unit) else unit
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
            project_name=project,
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


def _read_label(
    grid: TableGrid, row: int, block: Block, groups: Sequence[tuple[Column, ...]], codes: Mapping[str, str], words: Sequence[str]
) -> tuple[str, dict[str, str], str | None]:
    """The row's label, codes fused with names, and the group that a merged cell to the left names."""
    fused: dict[str, str] = {}
    names: list[tuple[str | None, str]] = []
    for column in block.labels:
        cell = grid.rows[row][column.index]
        if cell is None or (cell.column < column.index and any(c.index == cell.column for c in block.labels)):
            continue
        text = normalise(cell.text)
        if not text or text in {"类", "款", "项"}:
            continue
        code, name = split_fused(text)
        if code:
            fused.setdefault(scheme_of(code), code)
            names.append((scheme_of(code), name))
        else:
            names.append((_scheme_left_of(column, groups, grid, row, codes), text))
    if not names:
        return (words[0] if words else ""), fused, None
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


def _read_unit(grid: TableGrid, row: int, block: Block, unit_codes: Sequence[Column]) -> tuple[str | None, str | None]:
    code = next((text for c in unit_codes if (text := grid.text(row, c.index)) and re.fullmatch(r"\d{3,12}", text)), None)
    names = [grid.text(row, c.index) for c in block.labels if c.role == "unit_name"]
    if code and not names:
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
    if table_type.type != "revenue_summary" or block.codes or any(row.codes for row in rows):
        return False
    return len(block.amounts) == 1 and bool(block.labels)


def _resolve_words(rows: Sequence[TableRow], block: Block, table_type: TableType, by_source: bool) -> list[TableRow]:
    """Item, fund and kind of rows by their words, each in the place where it stands."""
    if table_type.type == "three_public_expenditure":
        by_row = all(column.item_key is None for column in block.amounts)
        return [_apply(row, load_row_vocabulary().three_public) if by_row else row for row in rows]
    if table_type.type in {"government_procurement", "purchased_services"}:
        return [_apply(replace(row, label=_strip_letter(row.label)), load_row_vocabulary().procurement) for row in rows]
    is_fund_revenue = table_type.type == "government_fund_expenditure" and block.direction == "revenue"
    if table_type.type in SUMMARY_TYPES or by_source or is_fund_revenue:
        if block.direction == "revenue":
            return _resolve_revenue(rows, block)
        return _resolve_expenditure(rows)
    return [_apply_kind_total(row) for row in rows]


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
        if found.item_key == "total_expenditure" and words == "支出合计" and row is not last_total:
            found = replace(found, item_key="total_expenditure_current")
        if re.search(vocabulary.kind_heads, words):
            head = found.kind
        elif found.item_key is not None:
            head = None
        elif found.kind is None and head is not None:
            found = replace(found, kind=head)
        resolved.append(found)
    return resolved


def _infer_codes(rows: Sequence[TableRow], block: Block, table_type: TableType, book: CodeBook, year: int) -> list[TableRow]:
    """Codes of rows that only have names, from the year's list and the rows above."""
    if not _has_classes(table_type, block):
        return list(rows)
    resolved: list[TableRow] = []
    above: dict[str, str | None] = dict.fromkeys(SCHEME_ORDER)
    schemes = _schemes_of(block, table_type)
    for row in rows:
        if row.codes or not row.label or row.item_key or is_total_label(row.label) or is_subtotal_label(row.label):
            resolved.append(row)
        else:
            resolved.append(_infer_code(row, schemes, above, book, year))
        for column, code in resolved[-1].codes.items():
            above[column.removesuffix("_code")] = code
    return resolved


def _infer_code(row: TableRow, schemes: Sequence[str], above: Mapping[str, str | None], book: CodeBook, year: int) -> TableRow:
    """The row with the code of the first scheme in which its name has one, else with the candidates."""
    open_candidates: tuple[str, ...] = ()
    for scheme in schemes:
        found, candidates = infer_code(_words(row.label), scheme, above[scheme], book, year)
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
    if "政府预算支出经济" in words or "政府经济" in words:
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
    if row.codes:
        column, code = next(iter(row.codes.items()))
        return "subtotal" if (column, code) in prefixes else "item"
    following = rows[index + 1] if index + 1 < len(rows) else None
    if row.unit_name and row.label == row.unit_name and index == 0 and following is not None and following.codes:
        return "total"  # the department's own row heads its table and carries the total
    if following is not None and _is_below(following, row):
        return "subtotal"
    return "item"


def _is_below(lower: TableRow, upper: TableRow) -> bool:
    """Whether the row after is a part of the row: a lower mark, of which, a unit of the department."""
    if is_of_which(lower.label):
        return True
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
