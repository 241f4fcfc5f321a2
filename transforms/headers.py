"""What each column of a table holds: from the header's tree of cells and the vocabulary in `layouts/columns.yml`.

Promise: a column of amounts either gets a meaning from words that were understood, or is reported with its words; it never gets a
guess. The vocabulary is matched cell by cell from the top of the header to its bottom, so that a parent's meaning holds for its
children until one of them says something more precise.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from itertools import pairwise

import yaml
from pydantic import BaseModel, ConfigDict

from transforms.amounts import is_amount, parse_amount
from transforms.codes import COLUMN_BY_SCHEME, WHOLE, CodeBook, find_named, is_unlisted, scheme_of, split_fused
from transforms.grid import TableGrid
from transforms.table_types import TableType
from transforms.text import is_of_which, normalise, split_mark

MAX_HEADER_ROWS = 8
CODE = re.compile(r"^[\[(【]?[2-5]\d{2}(\d{2}){0,3}(\D|$)")
BLOCK_TABLES = frozenset(
    {
        "revenue_expenditure_summary",
        "appropriation_summary",
        "government_fund_expenditure",
        "state_capital_expenditure",
    }
)
SIDE_BY_SIDE = frozenset({"revenue_expenditure_summary", "appropriation_summary", "three_public_expenditure"})
PRINTED_YEAR = re.compile(r"(20\d{2})年?")
PERIOD_WORDS = re.compile(r"20\d{2}年?(度)?|[((](单位[::])?(人民币)?[万千亿]?元[))]|^\d{1,2}[.、]")
# (不含教育收费), (含上年结转): what is in or out does not say what the column is.
ADDITION = re.compile(r"\((不?含|不?包括|不?包含|扣除)[^()]*\)")
# What a measure is part of: a wider word below or above a narrower one does not widen it.
WIDER_FUNDS: Mapping[str, frozenset[str]] = {
    "fiscal_appropriation": frozenset({"general_public_budget", "government_fund", "state_capital"}),
    "unit_funds": frozenset(
        {"institutional_revenue", "business_revenue", "superior_subsidy", "affiliate_remittance", "other_revenue"}
    ),
}
NEVER_ALONE = frozenset({"其他支出", "其他", "转移性支出", "预备费及预留"})  # class names that only count among other classes
SUM_LEAVES = frozenset({"小计", "合计", "总计"})
CLASS_SCHEMES = ("econ_department", "econ_government")


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
    part: str
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
    columns = tuple(_read_column(grid, i, path, first, table_type, book, fiscal_year, phase) for i, path in enumerate(paths))
    columns = _name_classes(columns, grid, table_type, book, fiscal_year, phase)
    columns = _settle_three_public(columns, table_type)
    columns = _settle_grouped_parts(columns)
    columns = _settle_revenue(columns, table_type)
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
        if _is_data_row(grid, row, texts):
            return row
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
    numbers = [int(match[1]) for text in texts if (match := re.match(r"\(?(\d+)", text))]
    return len(numbers) >= 3 and numbers == list(range(numbers[0], numbers[0] + len(numbers))) and numbers[0] <= 2


def _is_data_row(grid: TableGrid, row: int, texts: Sequence[str]) -> bool:
    if not texts:
        # A blank row ends the header of a template; before any words it is nothing.
        return row > 0 and any(grid.texts_of(above) for above in range(row))
    if any(_is_amount_cell(text) for text in texts):
        return True
    if row > 0 and grid.rows[row][0] is not None and not grid.begins(row, 0) and not _has_data_above(grid, row):
        return False  # the first column's heading reaches down to here: codes and totals beside it are headings too
    if any(CODE.match(text) and len(text) <= 40 for text in texts[:3]):
        return True
    first = texts[0]
    level, rest = split_mark(first)
    if level is not None and rest and not re.match(r"\d", rest):
        return True
    is_total = bool(re.fullmatch(load_vocabulary().total_words, first))
    return is_total and len(texts) == 1 and row > 0


def _has_data_above(grid: TableGrid, row: int) -> bool:
    """Whether the cell that covers the first column begins in a row of data (a unit's cell merged over its rows)."""
    cell = grid.rows[row][0]
    return cell is not None and any(_is_amount_cell(text) for text in grid.texts_of(cell.row))


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
        cell = grid.rows[row][column]
        if cell is not None and cell.column_span >= grid.n_columns > 1:
            continue  # a title, a note or a unit over the whole table says nothing about one column
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
    grid: TableGrid,
    index: int,
    path: tuple[str, ...],
    first: int,
    table_type: TableType,
    book: CodeBook,
    fiscal_year: int,
    phase: str,
) -> Column:
    cells = _count_content(grid, index, first, book)
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
    if not _is_understood(path, table_type):
        if cells.texts > cells.amounts:
            return Column(index, path, role or "attribute")
        return Column(index, path, "unknown" if cells.amounts else "empty")
    return _measure(Column(index, path, "amount"), table_type, fiscal_year, phase)


def is_measure(path: tuple[str, ...], table_type: TableType) -> bool:
    """Whether the lowest header cell names money of itself: a fund, a kind of expenditure, one of the three public expenses."""
    vocabulary = load_vocabulary()
    rules = [*vocabulary.fund, *vocabulary.kind]
    if table_type.type == "three_public_expenditure":
        rules.extend(vocabulary.three_public)
    return bool(path) and any(re.search(rule.pattern, _plain(path[-1])) for rule in rules)


def _name_classes(
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
    strong = [c for c in open_columns if c.index in codes and _plain(c.path[-1]) not in NEVER_ALONE]
    if not strong:
        return columns
    groups = {c.path[:-1] for c in strong if len(c.path) > 1}
    named = []
    for column in columns:
        if column.index in codes:
            measured = _measure(replace(column, role="amount"), table_type, fiscal_year, phase)
            named.append(replace(measured, codes={COLUMN_BY_SCHEME[scheme]: codes[column.index]}))
        elif column.role == "unknown" and column.path[-1:] and column.path[-1] in SUM_LEAVES and column.path[:-1] in groups:
            # 工资津补贴/小计: a group of classes that is no class itself, a part of the total.
            measured = _measure(replace(column, role="amount"), table_type, fiscal_year, phase)
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


def _count_content(grid: TableGrid, column: int, first: int, book: CodeBook) -> _Content:
    content = _Content()
    for row in range(first, grid.n_rows):
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


def _plain(part: str) -> str:
    """A header cell without what does not name its measure: year, unit in brackets, number in front, what is in or out."""
    plain = ADDITION.sub("", PERIOD_WORDS.sub("", part))
    return plain or part


def _is_understood(path: tuple[str, ...], table_type: TableType) -> bool:
    """Whether the lowest word of the path is in the vocabulary."""
    vocabulary = load_vocabulary()
    rules = [*vocabulary.fund, *vocabulary.kind, *vocabulary.basis]
    if table_type.type == "three_public_expenditure":
        rules.extend(vocabulary.three_public)
    if not path:
        return False
    if path[-1] in SUM_LEAVES and len(path) > 1:
        return _is_understood(path[:-1], table_type)  # the sum of a group is what the group is
    leaf, plain = path[-1], _plain(path[-1])
    if any(re.search(vocabulary.neutral, word) for word in (leaf, plain)) or any(
        re.search(rule.pattern, word) for rule in rules for word in (leaf, plain)
    ):
        return True
    # A part of its parent, or a memo, measures what the parent measures.
    is_part = len(path) > 1 and is_of_which(leaf) and _is_understood(path[:-1], table_type)
    return is_part or _is_memo(path, table_type) or _is_share(path, table_type)


def _find_share(path: tuple[str, ...]) -> str | None:
    """The word of the path that says of which part of a fund it is."""
    return next((part for part in path if re.search(load_vocabulary().part, _plain(part))), None)


def _is_share(path: tuple[str, ...], table_type: TableType) -> bool:
    """A column that shows a part of a fund by where it comes from (经费拨款, 提前通知专项转移支付), where the fund is named."""
    if not re.search(load_vocabulary().part, _plain(path[-1])):
        return False
    return table_type.fund != "all" or any(_first(load_vocabulary().fund, part) for part in path[:-1])


def _is_memo(path: tuple[str, ...], table_type: TableType) -> bool:
    if table_type.type in {"government_procurement", "purchased_services"}:
        return False
    return any(re.search(load_vocabulary().memo, part) for part in path)


def _measure(column: Column, table_type: TableType, fiscal_year: int, phase: str) -> Column:
    """The column with what its path measures: the table's defaults, replaced from the top of the header to its bottom."""
    path = column.path
    basis = _find_basis(path, fiscal_year, phase)
    if basis is None:
        return replace(column, role="unknown")
    fund, kind, item_key = _find_fund(path, table_type), _find_kind(path, table_type), None
    if table_type.type == "three_public_expenditure":
        item_key = _find_three_public(path)
        kind = "operating" if item_key == "agency_operating" else "total"
    elif table_type.direction == "revenue" and _is_current_total(path):
        item_key = "total_revenue_current"
    note = _find_note(path, table_type)
    return replace(column, fund=fund, kind=kind, basis=basis, item_key=item_key, note=note)


def _find_fund(path: tuple[str, ...], table_type: TableType) -> str:
    """The narrowest fund that the path names. Parts of a balance brought forward have funds of their own; it is what they are."""
    fund = table_type.fund
    is_part = len(path) > 1 and _is_part(path)
    for part in path[:-1] if is_part else path:
        if (fund == "carry_over" and table_type.fund != "carry_over") or _first(load_vocabulary().kind, part) == "carry_forward":
            break
        found = _first(load_vocabulary().fund, _plain(part))
        if found is not None and fund not in WIDER_FUNDS.get(found, frozenset()):
            fund = found
    return fund


def _find_kind(path: tuple[str, ...], table_type: TableType) -> str:
    """The lowest kind of expenditure that the path names; what is carried forward stays so, whatever it is divided into."""
    kind = table_type.kind
    if table_type.direction == "revenue" or _is_memo(path, table_type):
        return kind
    is_part = len(path) > 1 and _is_part(path)
    for part in path[:-1] if is_part else path:
        if kind == "carry_forward":
            break
        kind = _first(load_vocabulary().kind, _plain(part)) or kind
    return kind


def _is_part(path: tuple[str, ...]) -> bool:
    """其中：… says which part of the column's parent is shown; 其中： alone only groups."""
    # 其中：基本支出 is a kind of its own; 其中 only stands before the first of the parts.
    names_kind = _first(load_vocabulary().kind, path[-1]) is not None
    return is_of_which(path[-1]) and len(path[-1]) > len("其中:") and not names_kind


def _find_note(path: tuple[str, ...], table_type: TableType) -> str | None:
    if _is_memo(path, table_type):
        return f"memo: {path[-1]}"
    if len(path) > 1 and _is_part(path):
        return f"of which: {path[-1]}"
    share = _find_share(path) if table_type.type not in SIDE_BY_SIDE else None
    return f"of which: {share}" if share and _is_share((share,) if path[0] == share else path, table_type) else None


def _first(rules: Sequence[Rule], part: str) -> str | None:
    for rule in rules:
        if re.search(rule.pattern, part):
            return rule.value
    return None


def _find_basis(path: tuple[str, ...], fiscal_year: int, phase: str) -> str | None:
    """What the amounts are measured as, from words and years of the path; None for a year that is neither this nor the last."""
    said, offset = None, 0
    for part in path:
        if _first(load_vocabulary().fund, _plain(part)) == "carry_over" or re.search(r"结转|结余", part):
            continue  # a balance of last year is money of this year
        years = {int(year) - fiscal_year for year in PRINTED_YEAR.findall(part)}
        found = _first(load_vocabulary().basis, part)
        if found == "change" or len(years) > 1 or re.search(r"20\d{2}年.*比", part):
            return "change"
        if years:
            offset = years.pop()
        if found in {"prior_year_actual", "prior_year_budget"}:
            offset, found = -1, "actual" if found == "prior_year_actual" else "budget" if "预算" in part else None
        elif found is None and re.search(r"执行数?|实际数?|完成数?|实绩", _plain(part)):
            found = "actual"
        said = found or said
    if said is None:
        said = "actual" if phase == "final" else "budget"
    if offset == 0:
        return said
    if offset == -1:
        return "prior_year_actual" if said == "actual" else "prior_year_budget"
    return None


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
        if part not in SUM_LEAVES and not re.search(r"预算|决算|基金|国有|拨款|年|执行|金额|增减|当年|上年|本年", part):
            return None
    return None


def _settle_grouped_parts(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Columns under a bare 其中: parts of the total where all parts stand there; beside basic and project, parts of those."""
    parts = [c for c in columns if c.role == "amount" and c.kind != "total"]
    grouped = {c.index for c in parts if any(re.fullmatch(r"其中:?", word) for word in c.path[:-1])}
    beside = {c.kind for c in parts if c.index not in grouped}
    if not grouped or not {"basic", "project"} <= beside:
        return columns
    return tuple(replace(c, note=c.note or f"of which: {c.path[-1]}") if c.index in grouped else c for c in columns)


def _settle_three_public(columns: tuple[Column, ...], table_type: TableType) -> tuple[Column, ...]:
    """合计 and 小计 are the total of the three; where the three have a group with a 小计, 合计 is wider (meetings, training)."""
    if table_type.type != "three_public_expenditure":
        return columns
    if not any(column.role == "amount" and column.item_key for column in columns):
        return columns  # its rows are the items
    has_group_total = any(c.role == "amount" and _is_group_total(c.path) for c in columns)
    settled = []
    for column in columns:
        if column.role == "amount" and column.item_key is None:
            leaf = next((part for part in reversed(column.path) if part in SUM_LEAVES), None)
            if leaf is not None and (_is_group_total(column.path) or not has_group_total):
                settled.append(_with_item(column, "three_public_total"))
                continue
        settled.append(column)
    return tuple(settled)


def _settle_revenue(columns: tuple[Column, ...], table_type: TableType) -> tuple[Column, ...]:
    """Tables of one fund may show its revenue and its opening balance beside its expenditure.

    Without a column for the year's revenue an opening balance is one of the sources of what is spent.
    """
    rules = load_vocabulary().fund_revenue
    amounts = [c for c in columns if c.role == "amount" and c.path]
    shows_revenue = any(_first(rules, c.path[0]) == "total_revenue_current" for c in amounts)
    if table_type.direction != "expenditure" or table_type.type in SIDE_BY_SIDE or not shows_revenue:
        return columns
    return tuple(_as_revenue(c) if c in amounts and _first(rules, c.path[0]) else c for c in columns)


def _as_revenue(column: Column) -> Column:
    """A column of revenue: its divisions by kind (本年收入/项目支出) keep their kind, the whole carries the item."""
    kind = (_first(load_vocabulary().kind, column.path[-1]) if len(column.path) > 1 else None) or "total"
    item_key = _first(load_vocabulary().fund_revenue, column.path[0]) if kind == "total" else None
    return replace(column, direction="revenue", kind=kind, item_key=item_key)


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
    for group in (_promote_label(group) for group in groups):
        amounts = tuple(c for c in group if c.role == "amount")
        if not amounts:
            if blocks:
                # Codes, notes and attributes to the right of the last amounts.
                last = blocks.pop()
                codes = (*last.codes, *(c for c in group if c.role == "code"))
                others = (*last.others, *(c for c in group if c.role != "code"))
                blocks.append(Block(codes, last.labels, last.amounts, others, last.direction))
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


def _promote_label(group: list[Column]) -> list[Column]:
    """Where no heading says that a column names the rows, the first column of text before the amounts does."""
    if any(c.role in {"code", "label", "unit_name"} for c in group) or not any(c.role == "amount" for c in group):
        return group
    first = next((i for i, column in enumerate(group) if column.role == "amount"), len(group))
    for i, column in enumerate(group[:first]):
        if column.role == "attribute":
            return [*group[:i], replace(column, role="label"), *group[i + 1 :]]
    return group


def _find_direction(group: Sequence[Column], table_type: TableType, position: int) -> str:
    if table_type.type not in BLOCK_TABLES:
        return table_type.direction or "expenditure"
    words = "/".join(part for column in group for part in column.path)
    if "支出" in words and "收入" not in words:
        return "expenditure"
    if "收入" in words and "支出" not in words:
        return "revenue"
    if table_type.type in {"government_fund_expenditure", "state_capital_expenditure"}:
        return "expenditure"
    return "revenue" if position == 0 else "expenditure"


def is_total_label(text: str) -> bool:
    """合计, 总计 and the like."""
    return bool(re.fullmatch(load_vocabulary().total_words, normalise(text)))


def is_subtotal_label(text: str) -> bool:
    """小计, 本年收入合计 and the like."""
    return bool(re.fullmatch(load_vocabulary().subtotal_words, normalise(text)))


def find_nearest_terms(text: str, count: int = 3) -> list[str]:
    """The words of the vocabulary that look most like a header's: what a person may have meant, never what is taken."""
    return get_close_matches(_plain(text), _list_terms(), n=count, cutoff=0.3)


@cache
def _list_terms() -> list[str]:
    vocabulary = load_vocabulary()
    rules = (*vocabulary.fund, *vocabulary.kind, *vocabulary.basis, *vocabulary.three_public, *vocabulary.text_roles)
    patterns = [*(rule.pattern for rule in rules), vocabulary.neutral, vocabulary.part]
    return sorted({term for pattern in patterns for term in re.findall(r"[\u4e00-\u9fff]{2,}", pattern)})
