"""The summary tables: revenue on the left, expenditure in one or two blocks beside it, totals at the foot.

Promise: both sides end in the same total, since the cube knows what was received, carried over, spent and left.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from samples.budget import APPROPRIATION_FUNDS, Budget
from samples.classification import expand_code, list_classes
from samples.code_tables import Axis, list_codes, measure_kind, name_row, spread_fund
from samples.layouts import ColumnWords, Layout
from samples.sheets import (
    Cell,
    GridRow,
    Heading,
    Meaning,
    Sheet,
    build_header,
    choose_basis,
    make_amount_cell,
    name_number,
    name_title,
    squeeze,
)

BlockAxis = Literal["function", "economic", "purpose"]
SummaryType = Literal["revenue_expenditure_summary", "appropriation_summary"]
# 合计 and the kinds beside it, where a summary splits its expenditure (Shanghai).
KIND_COLUMNS: tuple[ColumnWords, ...] = (
    (("合计",), "total"),
    (("人员经费",), "personnel"),
    (("公用经费",), "operating"),
    (("项目支出",), "project"),
)
PURPOSE = "支出用途"
PURPOSES = (
    ("一、基本支出", "basic"),
    ("二、项目支出", "project"),
    ("三、事业单位经营支出", "business_operations"),
    ("四、单位预留机动经费", "reserve"),
)
ECONOMIC_CLASSES = ("301", "302", "303", "307", "309", "310", "311", "312", "313", "399")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a summary is about: all money, or the appropriation alone; and the place's words for it."""

    table_type: SummaryType
    funds: frozenset[str]
    fund_type: str
    blocks: dict[str, str]
    revenue_rows: Sequence[tuple[str, str, int]]
    totals: dict[str, str]
    columns: Sequence[ColumnWords]


@dataclass(frozen=True, slots=True)
class ExpenditureColumn:
    """An amount column of an expenditure block: one fund or one kind."""

    path: tuple[str, ...]
    fund_type: str
    kind: str


def build_summary(budget: Budget, layout: Layout, table_type: SummaryType) -> Sheet:
    """部门收支总表 or 财政拨款收支总表."""
    scope = _choose_scope(budget, layout, table_type)
    columns = _list_expenditure_columns(layout, scope)
    axes = _list_axes(layout, table_type)
    foot = _build_foot(budget, layout, scope, columns, len(axes))
    blocks = [_build_revenue_rows(budget, layout, scope)]
    blocks += [_build_expenditure_rows(budget, layout, scope, axis, columns) for axis in axes]
    widths = [2, *([1 + len(columns)] * len(axes))]
    height = max(len(block) for block in blocks)
    body = [_join([_pad(block, row, width) for block, width in zip(blocks, widths, strict=True)]) for row in range(height)]
    headings = _head_blocks(layout, scope, columns, axes)
    return Sheet(
        table_type=table_type,
        title=name_title(budget, layout, table_type),
        number=name_number(layout, table_type),
        unit_note=layout.words.unit + layout.unit,
        header=build_header(headings),
        body=(*body, *foot),
        kinds=tuple(heading.kind for heading in headings),
    )


def _list_axes(layout: Layout, table_type: SummaryType) -> list[BlockAxis]:
    """The expenditure blocks from left to right."""
    if layout.purpose_block and table_type == "revenue_expenditure_summary":
        return ["function", "purpose"]
    return ["function", "economic"] if layout.economic_block else ["function"]


def _choose_scope(budget: Budget, layout: Layout, table_type: SummaryType) -> Scope:
    words = layout.words
    if table_type == "revenue_expenditure_summary":
        return Scope(
            table_type,
            budget.funds,
            "all",
            dict(words.blocks),
            words.revenue_rows,
            dict(words.totals),
            [((words.amount,), "all")],
        )
    return Scope(
        table_type,
        APPROPRIATION_FUNDS,
        "fiscal_appropriation",
        dict(words.appropriation_blocks),
        words.appropriation_rows,
        dict(words.appropriation_totals),
        words.appropriation_columns,
    )


def _list_expenditure_columns(layout: Layout, scope: Scope) -> list[ExpenditureColumn]:
    if scope.fund_type == "all" and layout.kinds_in_summary:
        return [ExpenditureColumn((layout.words.amount, *path), "all", kind) for path, kind in KIND_COLUMNS]
    return [ExpenditureColumn(tuple(path), fund, "total") for path, fund in scope.columns]


def _head_blocks(layout: Layout, scope: Scope, columns: Sequence[ExpenditureColumn], axes: Sequence[BlockAxis]) -> list[Heading]:
    item, amount = layout.words.item, layout.words.amount
    headings = [Heading((scope.blocks["revenue"], item), "name"), Heading((scope.blocks["revenue"], amount), "amount")]
    for axis in axes:
        head = PURPOSE if axis == "purpose" else scope.blocks["expenditure" if axis == "function" else "economic"]
        headings.append(Heading((head, item), "name"))
        headings += [Heading((head, *column.path), "amount") for column in columns]
    return headings


def _pad(block: Sequence[GridRow], row: int, width: int) -> GridRow:
    return block[row] if row < len(block) else tuple(Cell() for _ in range(width))


def _join(rows: Sequence[GridRow]) -> GridRow:
    return tuple(cell for row in rows for cell in row)


# --- revenue ----------------------------------------------------------------------------------------------------------------


def _build_revenue_rows(budget: Budget, layout: Layout, scope: Scope) -> list[GridRow]:
    return [_build_revenue_row(budget, layout, scope, key, label, indent) for key, label, indent in scope.revenue_rows]


def _build_revenue_row(budget: Budget, layout: Layout, scope: Scope, key: str, label: str, indent: int = 0) -> GridRow:
    fund = scope.fund_type if key.startswith("total_") else key
    meaning = Meaning.of(
        table_type=scope.table_type,
        line_label=squeeze(label),
        direction="revenue",
        row_kind=_judge_revenue_row(key),
        item_key=key,
        fund_type=fund,
        expenditure_kind="total",
        amount_basis=choose_basis(budget),
    )
    centred = key in {"total_revenue", "total_revenue_current"} and indent == 0 and "、" not in label
    cell = make_amount_cell(layout, measure_revenue(budget, scope.funds, key), meaning)
    return (Cell(label, indent=indent, align="center" if centred else "left"), cell)


def _judge_revenue_row(key: str) -> str:
    if key == "total_revenue":
        return "total"
    return "subtotal" if key in {"total_revenue_current", "fiscal_appropriation"} else "item"


def measure_revenue(budget: Budget, funds: frozenset[str], key: str) -> Decimal:
    """Yuan of one row of a summary's revenue side; `funds` is what the summary is about."""
    current = budget.sum_revenue(funds - {"balance_use"})
    if key == "total_revenue_current":
        return current
    if key == "carry_over":
        return budget.sum_carried(funds)
    if key == "total_revenue":
        return budget.sum_revenue(funds) + budget.sum_carried(funds)
    return budget.sum_revenue((spread_fund(key) or frozenset()) & funds)


# --- expenditure ------------------------------------------------------------------------------------------------------------


def _build_expenditure_rows(
    budget: Budget, layout: Layout, scope: Scope, axis: BlockAxis, columns: Sequence[ExpenditureColumn]
) -> list[GridRow]:
    if axis == "purpose":
        return [_build_purpose_row(budget, layout, scope, columns, label, kind) for label, kind in PURPOSES]
    rows = []
    heading = layout.words.appropriation_expenditure_heading if scope.table_type == "appropriation_summary" else None
    if heading and axis == "function":
        rows.append(_build_foot_row(budget, layout, scope, columns, "total_expenditure_current", heading))
    if axis == "economic":
        block_heading = layout.words.economic_heading.get(scope.table_type)
        if block_heading is not None:
            rows.append(_build_heading_row(budget, layout, scope, columns, block_heading))
        return rows + [_build_class_row(budget, layout, scope, axis, code, code, columns) for code in ECONOMIC_CLASSES]
    codes = _list_functions(budget, layout, scope)
    marks = _mark_classes(layout, codes, nested=heading is not None)
    return rows + [
        _build_class_row(budget, layout, scope, axis, code, mark, columns) for code, mark in zip(codes, marks, strict=True)
    ]


def _list_functions(budget: Budget, layout: Layout, scope: Scope) -> tuple[str, ...]:
    spent = {fact.function_code for fact in budget.spending if fact.fund in scope.funds}
    if layout.class_marks == "tree":
        return list_codes(spent, leaves_only=False)
    with_money = {code[:3] for code in spent}
    if not layout.lists_all_classes:
        return tuple(sorted(with_money))
    listed = set(list_classes("function", budget.fiscal_year)) - set(layout.words.skipped_classes)
    return tuple(sorted(listed | with_money))


def _mark_classes(layout: Layout, codes: Sequence[str], nested: bool) -> list[str]:
    """What stands before each name: a running Chinese number, the code, or nothing."""
    if layout.class_marks == "numbered":
        numbers = [write_chinese_number(position) for position in range(1, len(codes) + 1)]
        return [f"（{number}）" if nested else f"{number}、" for number in numbers]
    return list(codes) if layout.class_marks == "code" else [""] * len(codes)


def write_chinese_number(number: int) -> str:
    """1 to 99 in Chinese: 一, 十, 十一, 二十三."""
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else digits[tens] + "十") + (digits[ones] if ones or not tens else "")


def _build_class_row(
    budget: Budget, layout: Layout, scope: Scope, axis: Axis, code: str, mark: str, columns: Sequence[ExpenditureColumn]
) -> GridRow:
    name = name_row(budget, axis, code, scope.table_type)
    is_class_of_tree = layout.class_marks == "tree" and axis == "function" and len(code) < 7
    meaning = Meaning.of(
        table_type=scope.table_type,
        line_label=squeeze(name if mark == code else mark + name),
        direction="expenditure",
        row_kind="subtotal" if is_class_of_tree else "item",
        amount_basis=choose_basis(budget),
        code_source="printed" if mark == code else "inferred",
        **{"function_code" if axis == "function" else "econ_department_code": code},
    )
    measure = [_measure_column(budget, scope, column, axis) for column in columns]
    indent = len(expand_code(code)) - 1
    return (
        Cell(mark + name, indent=indent),
        *_fill_columns(layout, columns, meaning, [measure_code(code) for measure_code in measure]),
    )


def _measure_column(budget: Budget, scope: Scope, column: ExpenditureColumn, axis: Axis) -> Callable[[str], Decimal]:
    funds = scope.funds if column.fund_type == scope.fund_type else spread_fund(column.fund_type)
    return measure_kind(budget, funds, column.kind, axis)


def _build_heading_row(budget: Budget, layout: Layout, scope: Scope, columns: Sequence[ExpenditureColumn], label: str) -> GridRow:
    """A row that only heads the block below it: a name, and amount cells that nobody filled."""
    meaning = Meaning.of(
        table_type=scope.table_type,
        line_label=squeeze(label),
        direction="expenditure",
        row_kind="item",
        amount_basis=choose_basis(budget),
    )
    return (Cell(label), *_fill_columns(layout, columns, meaning, [None] * len(columns)))


def _build_purpose_row(
    budget: Budget, layout: Layout, scope: Scope, columns: Sequence[ExpenditureColumn], label: str, kind: str
) -> GridRow:
    """A row of the block by kind of expenditure (基本支出, 项目支出, …)."""
    columns = [ExpenditureColumn(column.path, column.fund_type, kind) for column in columns]
    meaning = Meaning.of(
        table_type=scope.table_type,
        line_label=squeeze(label),
        direction="expenditure",
        row_kind="item",
        amount_basis=choose_basis(budget),
    )
    amounts = [_measure_column(budget, scope, column, "function")("") for column in columns]
    return (Cell(label), *_fill_columns(layout, columns, meaning, amounts))


def _fill_columns(
    layout: Layout, columns: Sequence[ExpenditureColumn], meaning: Meaning, amounts: Sequence[Decimal | None]
) -> list[Cell]:
    return [
        make_amount_cell(layout, amount, Meaning.of(fund_type=column.fund_type, expenditure_kind=column.kind).merge(meaning))
        for column, amount in zip(columns, amounts, strict=True)
    ]


# --- the foot ---------------------------------------------------------------------------------------------------------------


def _build_foot(
    budget: Budget, layout: Layout, scope: Scope, columns: Sequence[ExpenditureColumn], n_blocks: int
) -> list[GridRow]:
    """The closing rows: current totals, what is carried over and forward, totals; the two sides aligned from below."""
    left = ("total_revenue_current", ["balance_use", "carry_over"], "total_revenue")
    right = ("total_expenditure_current", ["balance_distribution", "carry_forward"], "total_expenditure")
    middles = [[key for key in side[1] if key in scope.totals] for side in (left, right)]
    height = max(len(middle) for middle in middles)
    keys = [
        (left[0], right[0]),
        *zip(*([""] * (height - len(middle)) + middle for middle in middles), strict=True),
        (left[2], right[2]),
    ]
    rows = []
    for revenue_key, expenditure_key in keys:
        if not {revenue_key, expenditure_key} & set(scope.totals):
            continue
        revenue = (
            _build_revenue_row(budget, layout, scope, revenue_key, scope.totals[revenue_key])
            if revenue_key in scope.totals
            else (Cell(), Cell())
        )
        expenditure = (
            _build_foot_row(budget, layout, scope, columns, expenditure_key, scope.totals[expenditure_key])
            if expenditure_key in scope.totals
            else tuple(Cell() for _ in range(1 + len(columns)))
        )
        rows.append((*revenue, *(expenditure * n_blocks)))
    return rows


def _build_foot_row(
    budget: Budget, layout: Layout, scope: Scope, columns: Sequence[ExpenditureColumn], key: str, label: str
) -> GridRow:
    meaning = Meaning.of(
        table_type=scope.table_type,
        line_label=squeeze(label),
        direction="expenditure",
        row_kind={"total_expenditure": "total", "total_expenditure_current": "subtotal"}.get(key, "item"),
        item_key=key,
        amount_basis=choose_basis(budget),
    )
    if key in {"carry_forward", "balance_distribution"}:
        meaning = Meaning.of(expenditure_kind=key).merge(meaning)
        columns = [ExpenditureColumn(column.path, column.fund_type, key) for column in columns]
    amounts = [_measure_foot(budget, scope, column, key) for column in columns]
    centred = key.startswith("total_") and "、" not in label
    return (Cell(label, align="center" if centred else "left"), *_fill_columns(layout, columns, meaning, amounts))


def _measure_foot(budget: Budget, scope: Scope, column: ExpenditureColumn, key: str) -> Decimal:
    funds = (scope.funds if column.fund_type == scope.fund_type else spread_fund(column.fund_type)) or frozenset()
    left_over = budget.sum_unspent(lambda left: left.fund in funds)
    if key == "carry_forward":
        return left_over
    if key == "balance_distribution":
        return Decimal(0)
    kind = column.kind
    spent = measure_kind(budget, funds, kind, "function")("")
    return spent + left_over if key == "total_expenditure" else spent
