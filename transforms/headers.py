"""What each column of a table holds: from the header's tree of cells and the vocabulary in `layouts/columns.yml`.

Promise: a column of amounts either gets a meaning from words that were understood, or is reported with its words; it never gets a
guess. The vocabulary is matched cell by cell from the top of the header to its bottom, so that a parent's meaning holds for its
children until one of them says something more precise.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from itertools import pairwise

import yaml
from pydantic import BaseModel, ConfigDict

from transforms.amounts import is_amount, parse_amount
from transforms.codes import COLUMN_BY_SCHEME, CodeBook, infer_code, scheme_of, split_fused
from transforms.grid import TableGrid
from transforms.table_types import TableType
from transforms.text import is_of_which, normalise, split_mark

MAX_HEADER_ROWS = 8
CODE = re.compile(r"^[2-5]\d{2}(\d{2}){0,3}(\D|$)")
FUND_TABLES = frozenset({"government_fund_expenditure", "state_capital_expenditure"})
PRINTED_YEAR = re.compile(r"(20\d{2})年?")


class Rule(BaseModel):
    """One rule of the vocabulary."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pattern: str
    role: str | None = None
    value: str | None = None


class Vocabulary(BaseModel):
    """The vocabulary of headers as in the YAML file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text_roles: tuple[Rule, ...]
    fund: tuple[Rule, ...]
    kind: tuple[Rule, ...]
    basis: tuple[Rule, ...]
    three_public: tuple[Rule, ...]
    fund_revenue: tuple[Rule, ...]
    memo: str
    neutral: str
    current: str
    total_words: str
    subtotal_words: str
    numbering: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its header's path and what it holds.

    `role`: amount, unknown (amounts under words without a meaning), or one of the roles of text columns. For amounts: `fund`,
    `kind`, `basis`, `item_key` as in the data model. `note` says of which column it shows a part (其中), or that it is a memo;
    `direction` where the column's differs from its block's; `codes` where the heading is an economic class.
    """

    index: int
    path: tuple[str, ...]
    role: str
    fund: str = "all"
    kind: str = "total"
    basis: str = "budget"
    item_key: str | None = None
    note: str | None = None
    direction: str | None = None
    codes: Mapping[str, str] = field(default_factory=dict)

    @property
    def heading(self) -> str:
        """The lowest header cell that says what the column is; 小计 under a group takes the group's words."""
        words = [part for part in self.path if part]
        while len(words) > 1 and re.fullmatch(r"小计|预算数|决算数|金额", words[-1]):
            words.pop()
        return words[-1] if words else ""


@dataclass(frozen=True, slots=True)
class Block:
    """Columns that belong together side by side: those that name a row, and the amounts of that row."""

    codes: tuple[Column, ...]
    labels: tuple[Column, ...]
    amounts: tuple[Column, ...]
    others: tuple[Column, ...]
    direction: str


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a table: its rows, all columns, and the blocks side by side."""

    rows: frozenset[int]
    first_data_row: int
    columns: tuple[Column, ...]
    blocks: tuple[Block, ...]
    unknown: tuple[Column, ...] = field(default=())


@cache
def load_vocabulary() -> Vocabulary:
    """The vocabulary of headers."""
    text = files("transforms").joinpath("layouts/columns.yml").read_text(encoding="utf-8")
    return Vocabulary(**yaml.safe_load(text))


def read_header(grid: TableGrid, table_type: TableType, book: CodeBook, fiscal_year: int, phase: str) -> Header:
    """The header of a table whose type is known."""
    first = find_first_data_row(grid)
    paths = [_find_path(grid, column, first) for column in range(grid.n_columns)]
    columns = tuple(_read_column(grid, i, path, first, table_type, fiscal_year, phase) for i, path in enumerate(paths))
    columns = tuple(_name_class(column, table_type, book, fiscal_year, phase) for column in columns)
    columns = _settle_three_public(columns, table_type)
    repeated = _find_repeated(grid, first)
    return Header(
        rows=frozenset(range(first)) | repeated,
        first_data_row=first,
        columns=columns,
        blocks=tuple(_split_blocks(columns, table_type)),
        unknown=tuple(column for column in columns if column.role == "unknown"),
    )


def find_first_data_row(grid: TableGrid) -> int:
    """The first row below the header: the first that holds an amount, a code, a total or an enumerated name."""
    for row in range(min(grid.n_rows, MAX_HEADER_ROWS)):
        texts = grid.texts_of(row)
        if is_numbering_row(texts):
            continue
        if _is_data_row(grid, row, texts) and row > 0:
            return row
        if row == 0 and _is_data_row(grid, row, texts):
            return 0
    # No row says that it is data: a template without rows. What looks like words of a header is the header.
    return min(sum(1 for row in range(min(grid.n_rows, MAX_HEADER_ROWS)) if grid.texts_of(row)), grid.n_rows)


def is_numbering_row(texts: Sequence[str]) -> bool:
    """A row that only counts the columns: 栏次 1 2 3, ** 1 2."""
    if not texts:
        return False
    vocabulary = load_vocabulary()
    if not all(re.fullmatch(vocabulary.numbering, text) for text in texts):
        return False
    return any(re.match(r"栏次|行次|\*|列次", text) for text in texts) or _counts_up(texts)


def _counts_up(texts: Sequence[str]) -> bool:
    numbers = [int(match[0]) for text in texts if (match := re.match(r"\d+", text))]
    return len(numbers) >= 3 and numbers == list(range(numbers[0], numbers[0] + len(numbers))) and numbers[0] <= 2


def _is_data_row(grid: TableGrid, row: int, texts: Sequence[str]) -> bool:
    if not texts:
        # A blank row ends the header of a template; before any words it is nothing.
        return row > 0 and any(grid.texts_of(above) for above in range(row))
    if any(_is_amount_cell(text) for text in texts):
        return True
    if any(CODE.match(text) and len(text) <= 40 for text in texts[:3]):
        return True
    first = texts[0]
    level, rest = split_mark(first)
    if level is not None and rest and not re.match(r"\d", rest):
        return True
    is_total = bool(re.fullmatch(load_vocabulary().total_words, first))
    return is_total and len(texts) == 1 and row > 0


def _is_amount_cell(text: str) -> bool:
    amount = parse_amount(text)
    if amount is None or amount.state == "blank":
        return False
    if amount.state == "dash":
        return False
    # A year stands in headers, and small whole numbers count columns.
    return not re.fullmatch(r"20\d{2}", text) and not (re.fullmatch(r"\d{1,2}", text) and amount.state == "number")


def _find_path(grid: TableGrid, column: int, first: int) -> tuple[str, ...]:
    path: list[str] = []
    for row in range(first):
        text = grid.text(row, column)
        if text and not is_numbering_row(grid.texts_of(row)) and (not path or path[-1] != text):
            path.append(text)
    if first < grid.n_rows and grid.text(first, column) in {"类", "款", "项"}:
        # The last header row may share its line with the total.
        path.append(grid.text(first, column))
    return tuple(path)


def _find_repeated(grid: TableGrid, first: int) -> frozenset[int]:
    """Rows further down that repeat the header on a continuation page."""
    if first == 0:
        return frozenset()
    header = [tuple(grid.texts_of(row)) for row in range(first)]
    known = {texts for texts in header if texts}
    return frozenset(
        row for row in range(first, grid.n_rows) if tuple(grid.texts_of(row)) in known or is_numbering_row(grid.texts_of(row))
    )


def _read_column(
    grid: TableGrid, index: int, path: tuple[str, ...], first: int, table_type: TableType, fiscal_year: int, phase: str
) -> Column:
    amounts, texts = _count_content(grid, index, first)
    role = _find_text_role(path)
    if role is None and not path and not amounts:
        return Column(index, path, "label" if texts else "empty")
    if role in {"quantity", "serial", "unit_code", "code", "period", "attribute"}:
        return Column(index, path, role)
    if role in {"label", "unit_name"} and texts >= amounts:
        return Column(index, path, role)
    if not _is_understood(path, table_type) and not (path == () and amounts):
        if role is not None or texts > amounts:
            return Column(index, path, role or "attribute")
        return Column(index, path, "unknown" if amounts else "empty")
    if path == ():
        return Column(index, path, "unknown")
    return _measure(Column(index, path, "amount"), table_type, fiscal_year, phase)


def _name_class(column: Column, table_type: TableType, book: CodeBook, fiscal_year: int, phase: str) -> Column:
    """A column of amounts headed by an economic class (工资福利支出, 机关商品和服务支出) measures that class."""
    if column.role != "unknown" or not column.path:
        return column
    fused, name = split_fused(column.path[-1])
    for scheme in ("econ_department", "econ_government"):
        code = fused if fused and scheme_of(fused) == scheme else infer_code(name, scheme, None, book, fiscal_year)[0]
        if code:
            measured = _measure(replace(column, role="amount"), table_type, fiscal_year, phase)
            return replace(measured, codes={COLUMN_BY_SCHEME[scheme]: code})
    return column


def _count_content(grid: TableGrid, column: int, first: int) -> tuple[int, int]:
    """Cells of a column below the header that show an amount, and those that show other text."""
    amounts = texts = 0
    for row in range(first, grid.n_rows):
        if not grid.begins(row, column):
            continue
        text = grid.text(row, column)
        if is_amount(text):
            amounts += 1
        elif text and parse_amount(text) is None:
            texts += 1
    return amounts, texts


def _find_text_role(path: tuple[str, ...]) -> str | None:
    if not path:
        return None
    joined = "/".join(path)
    for subject in (path[-1], joined):
        for rule in load_vocabulary().text_roles:
            if re.search(rule.pattern, subject):
                return rule.role
    return None


def _is_understood(path: tuple[str, ...], table_type: TableType) -> bool:
    """Whether every word of the path is in the vocabulary."""
    vocabulary = load_vocabulary()
    rules = [*vocabulary.fund, *vocabulary.kind, *vocabulary.basis]
    if table_type.type == "three_public_expenditure":
        rules.extend(vocabulary.three_public)
    if not path:
        return False
    leaf = path[-1]
    if re.search(vocabulary.neutral, leaf) or any(re.search(rule.pattern, leaf) for rule in rules):
        return True
    # A part of its parent, or a memo, measures what the parent measures.
    is_part = len(path) > 1 and is_of_which(leaf) and _is_understood(path[:-1], table_type)
    return is_part or _is_memo(path, table_type)


def _is_memo(path: tuple[str, ...], table_type: TableType) -> bool:
    if table_type.type in {"government_procurement", "purchased_services"}:
        return False
    return any(re.search(load_vocabulary().memo, part) for part in path)


def _measure(column: Column, table_type: TableType, fiscal_year: int, phase: str) -> Column:
    """The column with what its path measures: the table's defaults, replaced from the top of the header to its bottom."""
    vocabulary = load_vocabulary()
    path = column.path
    fund, kind, basis = table_type.fund, table_type.kind, "actual" if phase == "final" else "budget"
    for part in path:
        if len(path) > 1 and _is_part(path) and part == path[-1]:
            continue  # a part of the column before it, of the same fund and kind
        # Parts of the balance brought forward are of one fund or another; the balance is what they are.
        if fund != "carry_over" or table_type.fund == "carry_over":
            fund = _first(vocabulary.fund, part) or fund
        if table_type.direction != "revenue" and not _is_memo(path, table_type):
            kind = _first(vocabulary.kind, part) or kind
        basis = _find_basis(part, fiscal_year, phase) or basis
    item_key, direction = None, None
    if table_type.type in FUND_TABLES and (item_key := _first(vocabulary.fund_revenue, path[0])):
        direction, kind = "revenue", "total"
    if table_type.type == "three_public_expenditure":
        item_key = _find_three_public(path)
        kind = "operating" if item_key == "agency_operating" else "total"
    elif table_type.direction == "revenue" and _is_current_total(path):
        item_key = "total_revenue_current"
    note = _find_note(path, table_type)
    return replace(column, fund=fund, kind=kind, basis=basis, item_key=item_key, note=note, direction=direction)


def _is_part(path: tuple[str, ...]) -> bool:
    """其中：… says which part of the column's parent is shown; 其中： alone only groups."""
    return is_of_which(path[-1]) and len(path[-1]) > len("其中:")


def _find_note(path: tuple[str, ...], table_type: TableType) -> str | None:
    if _is_memo(path, table_type):
        return f"memo: {path[-1]}"
    if len(path) > 1 and _is_part(path):
        return f"of which: {path[-1]}"
    return None


def _first(rules: Sequence[Rule], part: str) -> str | None:
    for rule in rules:
        if re.search(rule.pattern, part):
            return rule.value
    return None


def _find_basis(part: str, fiscal_year: int, phase: str) -> str | None:
    basis = _first(load_vocabulary().basis, part)
    if year := PRINTED_YEAR.search(part):
        offset = int(year[1]) - fiscal_year
        if basis == "change":
            return basis
        if offset == -1:
            return "prior_year_actual" if "决算" in part or "执行" in part else "prior_year_budget"
        if offset == 0:
            return basis or ("actual" if phase == "final" else "budget")
    return basis


def _is_current_total(path: tuple[str, ...]) -> bool:
    """本年收入/小计, or a column headed 本年收入合计 beside a total: the revenue of the year itself."""
    current = load_vocabulary().current
    if len(path) >= 2:
        return bool(re.search(current, path[-2])) and path[-1] in {"小计", "合计"}
    return False


def _find_three_public(path: tuple[str, ...]) -> str | None:
    rules = load_vocabulary().three_public
    for part in reversed(path):
        if key := _first(rules, part):
            return key
        if part not in {"小计", "合计", "总计"} and not re.search(r"预算|决算|基金|国有|拨款|年", part):
            return None
    return None


def _settle_three_public(columns: tuple[Column, ...], table_type: TableType) -> tuple[Column, ...]:
    """合计 and 小计 are the total of the three; where the three have a group with a 小计, 合计 is wider (meetings, training)."""
    if table_type.type != "three_public_expenditure":
        return columns
    has_group_total = any(c.role == "amount" and _is_group_total(c.path) for c in columns)
    settled = []
    for column in columns:
        if column.role == "amount" and column.item_key is None:
            leaf = next((part for part in reversed(column.path) if re.fullmatch(r"小计|合计|总计", part)), None)
            if leaf is not None and (_is_group_total(column.path) or not has_group_total):
                settled.append(_with_item(column, "three_public_total"))
                continue
        settled.append(column)
    return tuple(settled)


def _is_group_total(path: tuple[str, ...]) -> bool:
    """小计 right under a group headed 三公经费."""
    return len(path) >= 2 and any("三公" in parent and re.fullmatch(r"小计|合计", child) for parent, child in pairwise(path))


def _with_item(column: Column, item_key: str) -> Column:
    return replace(column, item_key=item_key)


def _split_blocks(columns: Sequence[Column], table_type: TableType) -> list[Block]:
    """A column that names rows begins a new block where amounts stand before it."""
    groups: list[list[Column]] = [[]]
    for column in columns:
        starts = column.role in {"label", "code"} and any(c.role in {"amount", "unknown"} for c in groups[-1])
        if starts and groups[-1]:
            groups.append([])
        groups[-1].append(column)
    blocks: list[Block] = []
    for group in groups:
        amounts = tuple(c for c in group if c.role == "amount")
        if not amounts:
            if blocks:
                # Notes and attributes to the right of the last amounts.
                last = blocks.pop()
                blocks.append(Block(last.codes, last.labels, last.amounts, (*last.others, *group), last.direction))
            continue
        blocks.append(
            Block(
                codes=tuple(c for c in group if c.role == "code"),
                labels=tuple(c for c in group if c.role in {"label", "unit_name"}),
                amounts=amounts,
                others=tuple(c for c in group if c.role not in {"code", "label", "unit_name", "amount"}),
                direction=_find_direction(group, table_type, len(blocks)),
            )
        )
    return blocks


def _find_direction(group: Sequence[Column], table_type: TableType, position: int) -> str:
    if table_type.type not in {"revenue_expenditure_summary", "appropriation_summary", "government_fund_expenditure"}:
        return table_type.direction or "expenditure"
    words = "/".join(part for column in group for part in column.path)
    if "支出" in words and "收入" not in words:
        return "expenditure"
    if "收入" in words and "支出" not in words:
        return "revenue"
    if table_type.type == "government_fund_expenditure":
        return "expenditure"
    return "revenue" if position == 0 else "expenditure"


def is_total_label(text: str) -> bool:
    """合计, 总计 and the like."""
    return bool(re.fullmatch(load_vocabulary().total_words, normalise(text)))


def is_subtotal_label(text: str) -> bool:
    """小计, 本年收入合计 and the like."""
    return bool(re.fullmatch(load_vocabulary().subtotal_words, normalise(text)))
