"""What a row's words say: item, fund, kind.

Promise: words that are not in the vocabulary leave the table's defaults; what a row is may depend on the rows above (the parts
of a balance brought forward, classes below 基本支出), and on nothing else.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from transforms.columns import Block
from transforms.header_vocabulary import is_total_label
from transforms.measures import WIDER_FUNDS
from transforms.row_vocabulary import RowRule, load_row_vocabulary
from transforms.table_row import TableRow
from transforms.table_types import TableType
from transforms.text import is_of_which, split_mark

SUMMARY_TYPES = frozenset({"revenue_expenditure_summary", "appropriation_summary"})
FUND_ITEMS = frozenset(
    {"general_public_budget", "government_fund", "state_capital", "special_account", "fiscal_appropriation", "unit_funds"}
)
PARTS_OF_APPROPRIATION = frozenset({"general_public_budget", "government_fund", "state_capital"})


def is_count(row: TableRow, table_type: TableType) -> bool:
    """Rows that count vehicles, groups or guests beside the three public expenses: no money."""
    return table_type.type == "three_public_expenditure" and bool(re.search(load_row_vocabulary().counts, row.label))


def is_by_source(block: Block, table_type: TableType, rows: Sequence[TableRow]) -> bool:
    """A revenue table whose rows are sources of money: no codes, no units, one column that only says how much."""
    if table_type.type not in {"revenue_summary", "expenditure_summary"} or block.codes or any(row.codes for row in rows):
        return False
    if table_type.type == "revenue_summary" and len(block.amounts) == 1 and block.labels:
        return True
    vocabulary = load_row_vocabulary()
    rules = vocabulary.revenue if table_type.type == "revenue_summary" else vocabulary.expenditure
    found = {rule.item or rule.kind for row in rows for rule in rules if re.search(rule.pattern, strip_marks(row.label))}
    return len(found - {"total_revenue", "total_revenue_current", "total_expenditure", "total_expenditure_current"}) >= 2


def resolve_words(rows: Sequence[TableRow], block: Block, table_type: TableType, by_source: bool) -> list[TableRow]:
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
        resolved = [replace(row, item_key=None) if is_total_label(strip_marks(row.label)) else row for row in resolved]
    return [_apply(row, vocabulary.procurement) if row.item_key is None else row for row in resolved]


def _apply(row: TableRow, rules: Sequence[RowRule]) -> TableRow:
    words = strip_marks(row.label)
    for rule in rules:
        if re.search(rule.pattern, words):
            kind = "operating" if rule.item == "agency_operating" else rule.kind
            return replace(row, item_key=rule.item, fund=rule.fund or row.fund, kind=kind or row.kind)
    return row


def strip_marks(label: str) -> str:
    """A label without its mark: 一、 （一） 1. 其中：."""
    words = split_mark(label)[1]
    again = split_mark(words)[1]
    return again or words


def _strip_letter(label: str) -> str:
    """A-货物, 货物A: letters of the procurement catalogue are no part of the name."""
    words = strip_marks(label)
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
        if found.item_key == "total_revenue" and strip_marks(row.label) == "收入合计" and row is not last_total:
            found = replace(found, item_key="total_revenue_current")
        if is_of_which(row.label) and resolved and resolved[-1].fund in WIDER_FUNDS.get(found.fund or "", frozenset()):
            found = replace(found, item_key=None, fund=None)  # 一般公共预算, 其中：财政拨款
        source = next((above for above in reversed(resolved) if above.item_key in FUND_ITEMS), None)
        if source is not None and re.search(load_row_vocabulary().revenue_parts, strip_marks(row.label)):
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
    totals = [row for row in rows if re.search(r"^(收入|支出)?(总计|合计)$", strip_marks(row.label))]
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
        words = strip_marks(row.label)
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
    return deeper and bool(re.search(load_row_vocabulary().closing_parts, strip_marks(row.label)))
