"""Tables with one row for each code of a classification: revenue, expenditure, basic expenditure, the funds' own tables.

Promise: a class is the sum of its items and the row 合计 the sum of everything, because both are measured in the same cube.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from samples.budget import APPROPRIATION_FUNDS, Budget, Spending
from samples.classification import expand_code, name_code
from samples.layouts import ColumnWords, Layout
from samples.sheets import (
    Cell,
    ColumnKind,
    GridRow,
    Heading,
    Meaning,
    MoneyColumn,
    Sheet,
    build_header,
    choose_basis,
    make_amount_cell,
    make_blank_cell,
    make_zero_cell,
    name_number,
    name_title,
    number_columns,
    squeeze,
)

Axis = Literal["function", "economic"]
# Where the total is printed again, so many codes stand in the table at least.
FEWEST_CODES = 6
BASIC_KINDS = frozenset({"personnel", "operating"})
UNIT_FUNDS: frozenset[str] = frozenset(
    {"institutional_revenue", "business_revenue", "superior_subsidy", "affiliate_remittance", "other_revenue"}
)
GROUPS = {"fiscal_appropriation": APPROPRIATION_FUNDS, "unit_funds": UNIT_FUNDS}
MONEY_NAMES = {"government_fund": "政府性基金预算", "state_capital": "国有资本经营预算"}


@dataclass(frozen=True, slots=True)
class CodeTable:
    """What one table shows: which codes on which axis, and which columns. `total_meaning` is what its row 合计 says of itself."""

    table_type: str
    axis: Axis
    codes: tuple[str, ...]
    columns: tuple[MoneyColumn, ...]
    direction: str = "expenditure"


def order_codes(codes: Sequence[str], *, late: bool) -> tuple[str, ...]:
    """Codes as printed; `late`: the last two leaves of each parent change places, as 30211 after 30299."""
    ordered = list(codes)
    if late:
        leaves = [code for code in codes if not any(other != code and other.startswith(code) for other in codes)]
        for parent in dict.fromkeys(code[:-2] for code in leaves):
            siblings = [code for code in leaves if code[:-2] == parent]
            if len(siblings) > 1 and len(siblings[0]) > 3:
                first, second = (ordered.index(code) for code in siblings[-2:])
                ordered[first], ordered[second] = ordered[second], ordered[first]
    return tuple(ordered)


def name_row(budget: Budget, axis: Axis, code: str, table_type: str) -> str:
    """The name that a table prints for a code: the budget's own word for it, else the year's list."""
    for key in (f"{table_type}/{code}", code):
        if key in budget.names:
            return budget.names[key]
    return name_code("function" if axis == "function" else "econ_department", code, budget.fiscal_year)


def build_code_sheet(budget: Budget, layout: Layout, table: CodeTable) -> Sheet:
    """The sheet of a table by codes, total row included."""
    labels = _head_labels(budget, layout, table)
    parent = layout.words.amount_parents.get(table.table_type)
    amounts = [Heading((parent, *column.path) if parent else column.path, "amount") for column in table.columns]
    remark = [Heading(("备注",), "text")] if layout.remark_column else []
    headings = [*labels, *amounts, *remark]
    kinds = tuple(heading.kind for heading in headings)
    body = _build_body(budget, layout, table, labels)
    again = _find_second_page(layout, table, body)
    return Sheet(
        table_type=table.table_type,
        title=name_title(budget, layout, table.table_type),
        number=name_number(layout, table.table_type),
        unit_note=layout.words.unit + layout.unit,
        header=build_header(headings) + number_columns(layout, len(labels), kinds),
        body=(*body[:again], _build_total_row(layout, table, labels, None), *body[again:]) if again else body,
        kinds=kinds,
        new_page_at=again,
        notes=_note_empty(budget, layout, table),
    )


def _find_second_page(layout: Layout, table: CodeTable, body: Sequence[GridRow]) -> int | None:
    """The row of the body before which a new page opens with the total again; None where the table has one page."""
    return len(body) // 2 if layout.repeat_total and len(table.codes) >= FEWEST_CODES else None


def _head_labels(budget: Budget, layout: Layout, table: CodeTable) -> list[Heading]:
    words = layout.words
    code_head, name_head = words.row_head[table.axis]
    if layout.code_style in {"fused", "above_name"}:
        heads = [Heading((words.fused_head.get(table.axis, name_head),), "name")]
    elif layout.code_style == "names_only":
        heads = [Heading((name_head,), "name")]
    elif layout.code_style == "one_column":
        heads = [Heading((code_head,), "code"), Heading((name_head,), "name")]
    else:
        parts = ("类", "款", "项") if table.axis == "function" else ("类", "款")
        heads = [*(Heading((code_head, part), "part") for part in parts), Heading((name_head,), "name")]
    if not table.codes:
        heads += [Heading((label,), "text") for label in words.empty_labels.get(table.table_type, ())]
    if words.row_head_parent is not None:
        heads = [Heading((words.row_head_parent, *head.path), head.kind) for head in heads]
    return [Heading(("序号",), "serial"), *heads] if layout.serial_column else heads


def _build_body(budget: Budget, layout: Layout, table: CodeTable, labels: Sequence[Heading]) -> tuple[GridRow, ...]:
    if not table.codes:
        return _build_empty_body(layout, table, labels)
    total = _build_total_row(layout, table, labels, None)
    codes = order_codes(table.codes, late=layout.late_codes)
    rows = [_build_row(budget, layout, table, code, serial) for serial, code in enumerate(codes, start=1)]
    template: list[GridRow] = [tuple(Cell() for _ in total)] * layout.template_rows
    return (total, *rows, *template) if layout.total_first else (*rows, total, *template)


def _build_row(budget: Budget, layout: Layout, table: CodeTable, code: str, serial: int) -> GridRow:
    has_children = any(other != code and other.startswith(code) for other in table.codes)
    suffix = layout.name_suffix if table.axis == "function" and not has_children else ""
    name = name_row(budget, table.axis, code, table.table_type) + suffix
    meaning = Meaning.of(
        table_type=table.table_type,
        line_label=squeeze(name),
        direction=table.direction,
        row_kind="subtotal" if has_children else "item",
        code_source="inferred" if layout.code_style == "names_only" else "printed",
        **{"function_code" if table.axis == "function" else "econ_department_code": code},
    )
    amounts = [make_amount_cell(layout, column.measure(code), meaning.merge(column.meaning)) for column in table.columns]
    serials = [Cell(str(serial), align="center")] if layout.serial_column else []
    remarks = [Cell()] if layout.remark_column else []
    return (*serials, *_label_cells(layout, table, code, name), *amounts, *remarks)


def _label_cells(layout: Layout, table: CodeTable, code: str, name: str) -> list[Cell]:
    level = len(expand_code(code)) - 1
    indent = level if layout.indented or layout.code_style == "names_only" else 0
    if layout.code_style == "fused":
        joint = "-" if layout.code_marks == "plain" else ""
        return [Cell(f"{_set_code(layout, code)}{joint}{name}", indent=indent)]
    if layout.code_style == "above_name":
        return [Cell(f"{_set_code(layout, code)}\n{name}", indent=indent)]
    if layout.code_style == "names_only":
        return [Cell(name, indent=indent)]
    if layout.code_style == "one_column":
        return [Cell(_set_code(layout, code), indent=indent), Cell(name)]
    parts = [code[:3], code[3:5], code[5:7]][: 3 if table.axis == "function" else 2]
    if not layout.pads_codes:
        parts = [str(int(part)) if part else "" for part in parts]
    if layout.code_style == "staggered" and table.axis == "function":
        parts = [part if position == level else "" for position, part in enumerate(parts)]
    return [*(Cell(part, align="center") for part in parts), Cell(name, indent=indent)]


def _set_code(layout: Layout, code: str) -> str:
    if layout.code_marks == "brackets":
        return f"[{code}]"
    return ".".join([code[:3], *(code[at : at + 2] for at in range(3, len(code), 2))]) if layout.code_marks == "points" else code


def _build_total_row(layout: Layout, table: CodeTable, labels: Sequence[Heading], state: str | None) -> GridRow:
    """The row 合计. `state` blank or zero for a table without money, None to measure."""
    meaning = Meaning.of(table_type=table.table_type, line_label="合计", direction=table.direction, row_kind="total")
    cells: list[Cell | None] = [Cell()] if layout.serial_column else []
    width = len(labels) - len(cells)
    if layout.total_place == "span" or width == 1:
        cells += [Cell("合计", columns=width, align="center"), *([None] * (width - 1))]
    else:
        kinds = [heading.kind for heading in labels[len(labels) - width :]]
        place = 0 if layout.total_place == "code" else kinds.index("name")
        cells += [Cell("合计" if position == place else "") for position in range(width)]
    for column in table.columns:
        merged = meaning.merge(column.meaning)
        if state == "blank":
            cells.append(make_blank_cell(layout, merged))
        elif state == "zero":
            cells.append(make_zero_cell(layout, merged))
        else:
            cells.append(make_amount_cell(layout, column.measure(""), merged))
    return (*cells, Cell()) if layout.remark_column else tuple(cells)


def _build_empty_body(layout: Layout, table: CodeTable, labels: Sequence[Heading]) -> tuple[GridRow, ...]:
    width = len(labels) + len(table.columns) + int(layout.remark_column)
    if layout.empty == "zeros":
        return (_build_total_row(layout, table, labels, "zero"),)
    if layout.empty == "template":
        blank: GridRow = tuple(Cell() for _ in range(width))
        return (_build_total_row(layout, table, labels, "blank"), blank, blank)
    return ()


def _note_empty(budget: Budget, layout: Layout, table: CodeTable) -> tuple[str, ...]:
    if table.codes or not layout.words.empty_note or layout.empty == "zeros":
        return ()
    money = next((name for fund, name in MONEY_NAMES.items() if table.table_type.startswith(fund)), "此项")
    return (layout.words.empty_note.format(year=budget.fiscal_year, money=money, department=budget.department),)


# --- the tables -------------------------------------------------------------------------------------------------------------


def list_codes(codes: Iterable[str], leaves_only: bool) -> tuple[str, ...]:
    """The rows of a table: the codes with their ancestors in printed order, or the leaves alone."""
    leaves = set(codes)
    if leaves_only:
        return tuple(sorted(leaves))
    return tuple(sorted({ancestor for code in leaves for ancestor in expand_code(code)}))


def measure_kind(budget: Budget, funds: frozenset[str] | None, kind: str, axis: Axis) -> Callable[[str], Decimal]:
    """How much a code prefix has of one kind of expenditure (total, basic, ...) from some funds (None: all)."""

    def is_kind(fact: Spending) -> bool:
        return kind in {"total", fact.kind} or (kind == "basic" and fact.kind in BASIC_KINDS)

    def measure(prefix: str) -> Decimal:
        if kind == "carry_forward":
            return budget.sum_unspent(lambda left: left.function_code.startswith(prefix)) if axis == "function" else Decimal(0)
        return budget.sum_spending(
            lambda fact: (
                (fact.function_code if axis == "function" else fact.econ_code).startswith(prefix)
                and (funds is None or fact.fund in funds)
                and is_kind(fact)
            )
        )

    return measure


def make_expenditure_columns(budget: Budget, words: Sequence[ColumnWords], fund_type: str, axis: Axis) -> tuple[MoneyColumn, ...]:
    """Columns by kind of expenditure, of one fund, the appropriation or all."""
    funds = spread_fund(fund_type)
    return tuple(
        MoneyColumn(
            path=tuple(path),
            meaning=Meaning.of(fund_type=fund_type, expenditure_kind=kind, amount_basis=choose_basis(budget)),
            measure=measure_kind(budget, funds, kind, axis),
        )
        for path, kind in words
    )


def spread_fund(fund_type: str) -> frozenset[str] | None:
    """The funds that a fund type of the data model stands for; None: all."""
    if fund_type == "all":
        return None
    return GROUPS.get(fund_type, frozenset({fund_type}))


def build_revenue_summary(budget: Budget, layout: Layout) -> Sheet:
    """收入总表 by function: this year's money by source, and where a column for it is printed, the money carried over."""
    columns = layout.words.revenue_columns
    with_carried = any(what == "carry_over" for _, what in columns)
    codes = {fact.function_code for fact in budget.spending if with_carried or not fact.carried}
    codes |= {left.function_code for left in budget.unspent}
    table = CodeTable(
        table_type="revenue_summary",
        axis="function",
        codes=list_codes(codes, layout.leaves_only),
        columns=tuple(make_revenue_column(budget, words, with_carried) for words in columns),
        direction="revenue",
    )
    return build_code_sheet(budget, layout, table)


def make_revenue_column(budget: Budget, words: ColumnWords, with_carried: bool) -> MoneyColumn:
    """One column of 收入总表."""
    path, what = words

    def measure(prefix: str) -> Decimal:
        carried = budget.sum_carried(budget.funds, prefix)
        if what == "carry_over":
            return carried
        if what == "all":
            return budget.sum_revenue(budget.funds, prefix) + (carried if with_carried else Decimal(0))
        if what == "total_revenue_current":
            return budget.sum_revenue(budget.funds - {"balance_use"}, prefix)
        return budget.sum_revenue(spread_fund(what) or (), prefix)

    is_total = what in {"all", "total_revenue_current"}
    meaning = Meaning.of(
        fund_type="all" if is_total else what,
        expenditure_kind="total",
        amount_basis=choose_basis(budget),
        item_key="total_revenue_current" if what == "total_revenue_current" else None,
    )
    return MoneyColumn(tuple(path), meaning, measure)


def build_function_table(budget: Budget, layout: Layout, table_type: str, fund_type: str, words: Sequence[ColumnWords]) -> Sheet:
    """Expenditure by function of one fund, the appropriation or all."""
    funds = spread_fund(fund_type)
    codes = {fact.function_code for fact in budget.spending if funds is None or fact.fund in funds}
    columns = make_expenditure_columns(budget, words, fund_type, "function")
    return build_code_sheet(budget, layout, CodeTable(table_type, "function", list_codes(codes, layout.leaves_only), columns))


def build_basic_table(budget: Budget, layout: Layout, table_type: str, fund_type: str, words: Sequence[ColumnWords]) -> Sheet:
    """Expenditure by economic class, of the kinds that the columns name (basic, or operating alone)."""
    funds = spread_fund(fund_type) or budget.funds
    kinds = BASIC_KINDS if any(kind == "basic" for _, kind in words) else frozenset({"operating"})
    codes = {fact.econ_code for fact in budget.spending if fact.fund in funds and fact.kind in kinds}
    columns = make_expenditure_columns(budget, words, fund_type, "economic")
    return build_code_sheet(budget, layout, CodeTable(table_type, "economic", list_codes(codes, False), columns))


def build_economic_classes(budget: Budget, layout: Layout, classes: Sequence[str]) -> Sheet:
    """General budget expenditure by economic class, classes without money included."""
    words: list[ColumnWords] = [((layout.words.economic_column or layout.words.amount,), "total")]
    columns = make_expenditure_columns(budget, words, "general_public_budget", "economic")
    table = CodeTable("general_budget_expenditure_by_economic", "economic", tuple(classes), columns)
    return build_code_sheet(budget, layout, table)


def build_revenue_by_unit(budget: Budget, layout: Layout) -> Sheet:
    """收入总表 with the units as its rows."""
    return _build_by_unit(
        budget,
        layout,
        "revenue_summary",
        lambda unit: [make_revenue_column(unit, words, True) for words in layout.words.revenue_columns],
    )


def build_expenditure_by_unit(budget: Budget, layout: Layout) -> Sheet:
    """支出总表 with the units as its rows."""
    return _build_by_unit(
        budget,
        layout,
        "expenditure_summary",
        lambda unit: make_expenditure_columns(unit, layout.words.expenditure_columns, "all", "function"),
    )


def _build_by_unit(
    budget: Budget, layout: Layout, table_type: str, make_columns: Callable[[Budget], Sequence[MoneyColumn]]
) -> Sheet:
    headings = [Heading(("单位名称",), "name"), *(Heading(column.path, "amount") for column in make_columns(budget))]
    kinds: tuple[ColumnKind, ...] = tuple(heading.kind for heading in headings)
    rows = [_build_unit_row(layout, table_type, make_columns(budget), "合计", None)]
    rows += [
        _build_unit_row(layout, table_type, make_columns(unit), unit.department, unit.department)
        for unit in budget.units or (budget,)
    ]
    return Sheet(
        table_type=table_type,
        title=name_title(budget, layout, table_type),
        number=name_number(layout, table_type),
        unit_note=layout.words.unit + layout.unit,
        header=build_header(headings) + number_columns(layout, 1, kinds),
        body=tuple(rows),
        kinds=kinds,
    )


def _build_unit_row(layout: Layout, table_type: str, columns: Sequence[MoneyColumn], label: str, unit: str | None) -> GridRow:
    meaning = Meaning.of(
        table_type=table_type,
        line_label=label,
        direction="revenue" if table_type == "revenue_summary" else "expenditure",
        row_kind="item" if unit else "total",
        unit_name=unit,
    )
    amounts = [make_amount_cell(layout, column.measure(""), meaning.merge(column.meaning)) for column in columns]
    return (Cell(label, align="left" if unit else "center"), *amounts)
