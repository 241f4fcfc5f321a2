"""What a column of amounts measures: fund, kind, basis and item, from the words above it.

Promise: the vocabulary is matched cell by cell from the top of the header to its bottom, so that a parent's meaning holds for its
children until one of them says something more precise; a word that is not understood gives no meaning.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from transforms.columns import Column
from transforms.header_vocabulary import find_value, load_vocabulary, strip_addition
from transforms.table_types import TableType
from transforms.text import is_of_which

SIDE_BY_SIDE = frozenset({"revenue_expenditure_summary", "appropriation_summary", "three_public_expenditure"})
PRINTED_YEAR = re.compile(r"(20\d{2})年?")
# What a measure is part of: a wider word below or above a narrower one does not widen it.
WIDER_FUNDS: Mapping[str, frozenset[str]] = {
    "fiscal_appropriation": frozenset({"general_public_budget", "government_fund", "state_capital"}),
    "unit_funds": frozenset(
        {"institutional_revenue", "business_revenue", "superior_subsidy", "affiliate_remittance", "other_revenue"}
    ),
}
SUM_LEAVES = frozenset({"小计", "合计", "总计"})


def is_measure(path: tuple[str, ...], table_type: TableType) -> bool:
    """Whether the lowest header cell names money of itself: a fund, a kind of expenditure, one of the three public expenses."""
    vocabulary = load_vocabulary()
    rules = [*vocabulary.fund, *vocabulary.kind]
    if table_type.type == "three_public_expenditure":
        rules.extend(vocabulary.three_public)
    return bool(path) and any(re.search(rule.pattern, strip_addition(path[-1])) for rule in rules)


def is_understood(path: tuple[str, ...], table_type: TableType) -> bool:
    """Whether the lowest word of the path is in the vocabulary."""
    vocabulary = load_vocabulary()
    rules = [*vocabulary.fund, *vocabulary.kind, *vocabulary.basis]
    if table_type.type == "three_public_expenditure":
        rules.extend(vocabulary.three_public)
    if not path:
        return False
    if path[-1] in SUM_LEAVES and len(path) > 1:
        return is_understood(path[:-1], table_type)  # the sum of a group is what the group is
    leaf, plain = path[-1], strip_addition(path[-1])
    if any(re.search(vocabulary.neutral, word) for word in (leaf, plain)) or any(
        re.search(rule.pattern, word) for rule in rules for word in (leaf, plain)
    ):
        return True
    # A part of its parent, or a memo, measures what the parent measures.
    is_part = len(path) > 1 and is_of_which(leaf) and is_understood(path[:-1], table_type)
    return is_part or is_memo(path, table_type) or is_share(path, table_type)


def find_share(path: tuple[str, ...]) -> str | None:
    """The word of the path that says of which part of a fund it is."""
    return next((part for part in path if re.search(load_vocabulary().part, strip_addition(part))), None)


def is_share(path: tuple[str, ...], table_type: TableType) -> bool:
    """A column that shows a part of a fund by where it comes from (经费拨款, 提前通知专项转移支付), where the fund is named."""
    if not re.search(load_vocabulary().part, strip_addition(path[-1])):
        return False
    return table_type.fund != "all" or any(find_value(load_vocabulary().fund, part) for part in path[:-1])


def is_memo(path: tuple[str, ...], table_type: TableType) -> bool:
    """Whether a column repeats a part of the amounts for another purpose (of which procurement) and is no part of the total."""
    if table_type.type in {"government_procurement", "purchased_services"}:
        return False
    return any(re.search(load_vocabulary().memo, part) for part in path)


def measure(column: Column, table_type: TableType, fiscal_year: int, phase: str) -> Column:
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
    # 其中：公务用车购置费 is an item of its own; 其中：外宾接待费 is a part of its parent's.
    names_item = item_key is not None and is_part(path) and item_key != _find_three_public(path[:-1])
    note = None if names_item else _find_note(path, table_type)
    return replace(column, fund=fund, kind=kind, basis=basis, item_key=item_key, note=note)


def _find_fund(path: tuple[str, ...], table_type: TableType) -> str:
    """The narrowest fund that the path names. Parts of a balance brought forward have funds of their own; it is what they are."""
    fund = table_type.fund
    words = path[:-1] if len(path) > 1 and is_part(path) else path
    for part in words:
        if (fund == "carry_over" and table_type.fund != "carry_over") or find_value(
            load_vocabulary().kind, part
        ) == "carry_forward":
            break
        found = find_value(load_vocabulary().fund, strip_addition(part))
        if found is not None and fund not in WIDER_FUNDS.get(found, frozenset()):
            fund = found
    return fund


def _find_kind(path: tuple[str, ...], table_type: TableType) -> str:
    """The lowest kind of expenditure that the path names; what is carried forward stays so, whatever it is divided into."""
    kind = table_type.kind
    if table_type.direction == "revenue" or is_memo(path, table_type):
        return kind
    words = path[:-1] if len(path) > 1 and is_part(path) else path
    for part in words:
        if kind == "carry_forward":
            break
        kind = find_value(load_vocabulary().kind, strip_addition(part)) or kind
    return kind


def is_part(path: tuple[str, ...]) -> bool:
    """其中：… says which part of the column's parent is shown; 其中： alone only groups."""
    # 其中：基本支出 is a kind of its own; 其中 only stands before the first of the parts.
    names_kind = find_value(load_vocabulary().kind, path[-1]) is not None
    return is_of_which(path[-1]) and len(path[-1]) > len("其中:") and not names_kind


def _find_note(path: tuple[str, ...], table_type: TableType) -> str | None:
    if is_memo(path, table_type):
        return f"memo: {path[-1]}"
    if len(path) > 1 and is_part(path):
        return f"of which: {path[-1]}"
    share = find_share(path) if table_type.type not in SIDE_BY_SIDE else None
    return f"of which: {share}" if share and is_share((share,) if path[0] == share else path, table_type) else None


def _find_basis(path: tuple[str, ...], fiscal_year: int, phase: str) -> str | None:
    """What the amounts are measured as, from words and years of the path; None for a year that is neither this nor the last."""
    said, offset = None, 0
    for part in path:
        if find_value(load_vocabulary().fund, strip_addition(part)) == "carry_over" or re.search(r"结转|结余", part):
            continue  # a balance of last year is money of this year
        years = {int(year) - fiscal_year for year in PRINTED_YEAR.findall(part)}
        found = find_value(load_vocabulary().basis, part)
        if found == "change" or len(years) > 1 or re.search(r"20\d{2}年.*比", part):
            return "change"
        if years:
            offset = years.pop()
        if found in {"prior_year_actual", "prior_year_budget"}:
            offset, found = -1, "actual" if found == "prior_year_actual" else "budget" if "预算" in part else None
        elif found is None and re.search(r"执行数?|实际数?|完成数?|实绩", strip_addition(part)):
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
        if key := find_value(rules, part):
            return key
        if part not in SUM_LEAVES and not re.search(r"预算|决算|基金|国有|拨款|年|执行|金额|增减|当年|上年|本年", part):
            return None
    return None
