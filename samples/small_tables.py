"""The tables that are not keyed by code: three public expenses, projects, procurement, performance targets.

Promise: the three public expenses are sums over the economic classes that the other tables print too.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial

from samples.budget import THREE_PUBLIC_CODES, Budget, Spending, ThreePublicKey
from samples.code_tables import measure_kind, spread_fund
from samples.layouts import ColumnWords, Layout
from samples.sheets import (
    Cell,
    GridRow,
    Heading,
    Meaning,
    MoneyColumn,
    Sheet,
    build_header,
    choose_basis,
    make_amount_cell,
    name_number,
    name_title,
    number_columns,
    squeeze,
)

VEHICLES: tuple[ThreePublicKey, ...] = ("vehicle_purchase", "vehicle_operation")
PURCHASE_NAMES = {"goods": "货物", "works": "工程", "services": "服务"}
TARGET_HEADS = ("一级指标", "指标类别", "三级指标", "指标值", "标准")


# --- three public expenses --------------------------------------------------------------------------------------------------


def build_three_public(budget: Budget, layout: Layout) -> Sheet:
    """The three public expenses, in rows or in one row of columns, this year alone or beside another column."""
    build = _build_as_rows if layout.three_public.startswith("rows") else _build_as_columns
    return build(budget, layout)


def measure_three_public(budget: Budget, key: str, basis: str) -> Decimal:
    """Yuan of one item. `basis` of the document's own column, of the other column, or `change` between the two."""
    if basis == "change":
        own, base = list_bases(budget)
        return measure_three_public(budget, key, own) - measure_three_public(budget, key, base)
    parts = _list_parts(key)
    if basis == choose_basis(budget):
        return sum((budget.sum_three_public(part) for part in parts), Decimal(0))
    if budget.three_public_base is None:
        raise ValueError(f"{budget.department} has no {basis} of the three public expenses")
    return sum((budget.three_public_base[part] for part in parts), Decimal(0))


def list_bases(budget: Budget) -> tuple[str, str]:
    """The document's own basis and the other column's."""
    return ("actual", "budget") if budget.phase == "final" else ("budget", "prior_year_budget")


def _list_parts(key: str) -> tuple[ThreePublicKey, ...]:
    if key == "three_public_total":
        return tuple(THREE_PUBLIC_CODES)
    if key == "official_vehicles":
        return VEHICLES
    return tuple(part for part in THREE_PUBLIC_CODES if part == key)


def _judge_row(key: str) -> str:
    return {"three_public_total": "total", "official_vehicles": "subtotal"}.get(key, "item")


def _mean(budget: Budget, layout: Layout, key: str, label: str, basis: str, kind: str = "total") -> Meaning:
    return Meaning.of(
        table_type="three_public_expenditure",
        line_label=squeeze(label),
        direction="expenditure",
        row_kind=_judge_row(key),
        item_key=key,
        fund_type=layout.words.three_public.fund,
        expenditure_kind=kind,
        amount_basis=basis,
    )


def _amount(budget: Budget, layout: Layout, key: str, label: str, basis: str) -> Cell:
    yuan = measure_three_public(budget, key, basis)
    return make_amount_cell(layout, yuan, _mean(budget, layout, key, label, basis), layout.three_public_unit)


def _year_columns(budget: Budget, layout: Layout) -> list[tuple[str, str]]:
    """(heading, basis) of the columns of one item."""
    words = layout.words.three_public
    own, base = list_bases(budget)
    years = {"year": str(budget.fiscal_year), "previous": str(budget.fiscal_year - 1)}
    columns = [(words.amount.format_map(years), own)]
    if layout.three_public.endswith("two_years") and words.base is not None:
        columns.insert(0, (words.base.format_map(years), base))
        if words.change is not None and layout.three_public.startswith("rows"):
            columns.append((words.change, "change"))
    return columns


def _build_as_rows(budget: Budget, layout: Layout) -> Sheet:
    words = layout.words.three_public
    columns = _year_columns(budget, layout)
    remark = [Heading((words.remark,), "text")] if words.remark else []
    headings = [Heading((words.item,), "name"), *(Heading((head,), "amount") for head, _ in columns), *remark]
    body: list[GridRow] = [
        (
            Cell(label, align="center" if key == "three_public_total" and "、" not in label else "left"),
            *(_amount(budget, layout, key, label, basis) for _, basis in columns),
            *(Cell() for _ in remark),
        )
        for key, label in words.labels.items()
    ]
    return _make_sheet(budget, layout, headings, body)


def _build_as_columns(budget: Budget, layout: Layout) -> Sheet:
    words = layout.words.three_public
    years = _year_columns(budget, layout)
    headings: list[Heading] = []
    cells: list[Cell] = []
    for head, basis in years:
        group = (head,) if len(years) > 1 else ((words.parent,) if words.parent else ())
        for key, label in words.labels.items():
            headings.append(Heading((*group, *_place_column(words.labels, key)), "amount"))
            cells.append(_amount(budget, layout, key, label, basis))
    for heading, cell in _extra_columns(budget, layout):
        headings.append(heading)
        cells.append(cell)
    return _make_sheet(budget, layout, headings, [tuple(cells)])


def _place_column(words: Mapping[str, str], key: str) -> tuple[str, ...]:
    if key == "official_vehicles":
        return (words[key], "小计")
    if key in VEHICLES:
        return (words["official_vehicles"], words[key])
    return (words[key],)


def _extra_columns(budget: Budget, layout: Layout) -> list[tuple[Heading, Cell]]:
    """Meetings, training, agency operating: where the place prints them beside the three public expenses."""
    words = layout.words.three_public
    extras = [
        ("meetings", words.meetings, "30215"),
        ("training", words.training, "30216"),
        ("agency_operating", words.agency_operating, ""),
    ]
    columns = []
    for key, label, code in extras:
        if label is None:
            continue
        kind = "operating" if key == "agency_operating" else "total"
        yuan = measure_kind(budget, spread_fund("general_public_budget"), kind, "economic")(code)
        meaning = _mean(budget, layout, key, label, choose_basis(budget), kind)
        columns.append((Heading((label,), "amount"), make_amount_cell(layout, yuan, meaning, layout.three_public_unit)))
    return columns


def _make_sheet(budget: Budget, layout: Layout, headings: list[Heading], body: Sequence[GridRow]) -> Sheet:
    return Sheet(
        table_type="three_public_expenditure",
        title=name_title(budget, layout, "three_public_expenditure"),
        number=name_number(layout, "three_public_expenditure"),
        unit_note=layout.words.unit + layout.three_public_unit,
        header=build_header(headings),
        body=tuple(body),
        kinds=tuple(heading.kind for heading in headings),
    )


# --- projects and procurement -----------------------------------------------------------------------------------------------


def build_projects(budget: Budget, layout: Layout) -> Sheet:
    """项目支出表: one row a project, its money by source."""
    with_carried = any(what == "carry_over" for _, what in layout.words.project_columns)
    columns = [_make_project_column(budget, words, with_carried) for words in layout.words.project_columns]
    headings = [Heading(("项目名称",), "name"), *(Heading(column.path, "amount") for column in columns)]
    kinds = tuple(heading.kind for heading in headings)
    body = [_build_project_row(layout, columns, "", "合计")]
    body += [_build_project_row(layout, columns, name, name) for name in budget.projects]
    return Sheet(
        table_type="project_expenditure",
        title=name_title(budget, layout, "project_expenditure"),
        number=name_number(layout, "project_expenditure"),
        unit_note=layout.words.unit + layout.unit,
        header=build_header(headings) + number_columns(layout, 1, kinds),
        body=tuple(body),
        kinds=kinds,
    )


def _make_project_column(budget: Budget, words: ColumnWords, with_carried: bool) -> MoneyColumn:
    path, what = words

    def measure(project: str) -> Decimal:
        facts = [fact for fact in budget.spending if fact.kind == "project" and project in {"", fact.project}]
        if what == "carry_over":
            return sum((fact.amount for fact in facts if fact.carried), Decimal(0))
        funds = spread_fund(what)
        return sum(
            (
                fact.amount
                for fact in facts
                if (funds is None or fact.fund in funds) and not (fact.carried and with_carried and what != "all")
            ),
            Decimal(0),
        )

    meaning = Meaning.of(fund_type=what, expenditure_kind="project", amount_basis=choose_basis(budget))
    return MoneyColumn(tuple(path), meaning, measure)


def _build_project_row(layout: Layout, columns: Sequence[MoneyColumn], project: str, label: str) -> GridRow:
    meaning = Meaning.of(
        table_type="project_expenditure",
        line_label=squeeze(label),
        direction="expenditure",
        row_kind="item" if project else "total",
        project_name=project or None,
    )
    amounts = [make_amount_cell(layout, column.measure(project), meaning.merge(column.meaning)) for column in columns]
    return (Cell(label, align="left" if project else "center"), *amounts)


def build_procurement(budget: Budget, layout: Layout) -> Sheet:
    """政府采购预算表 by goods, works and services, all of it general budget money."""
    columns = [(("合计",), "all"), (("一般公共预算",), "general_public_budget")]
    headings = [Heading((layout.words.item,), "name"), *(Heading(path, "amount") for path, _ in columns)]
    body: list[GridRow] = []
    for key, label in {"": "合计", **PURCHASE_NAMES}.items():
        yuan = sum((purchase.amount for purchase in budget.purchases if key in {"", purchase.kind}), Decimal(0))
        meaning = Meaning.of(
            table_type="government_procurement",
            line_label=label,
            direction="expenditure",
            row_kind="item" if key else "total",
            item_key=key or None,
            expenditure_kind="total",
            amount_basis=choose_basis(budget),
        )
        cells = [make_amount_cell(layout, yuan, meaning.merge(Meaning.of(fund_type=fund))) for _, fund in columns]
        body.append((Cell(label, align="center"), *cells))
    return Sheet(
        table_type="government_procurement",
        title=name_title(budget, layout, "government_procurement"),
        number=name_number(layout, "government_procurement"),
        unit_note=layout.words.unit + layout.unit,
        header=build_header(headings),
        body=tuple(body),
        kinds=tuple(heading.kind for heading in headings),
    )


# --- performance targets ----------------------------------------------------------------------------------------------------


def build_targets(budget: Budget, layout: Layout) -> tuple[Sheet, ...]:
    """The performance tables: the department's own targets, then one table for each project that has any. No amounts."""
    sheets = []
    own = [target for target in budget.targets if target.project is None]
    if own:
        rows: list[GridRow] = [
            tuple(Cell(text) for text in (target.dimension, target.group, target.indicator, target.value, target.standard))
            for target in own
        ]
        sheets.append(_make_target_sheet(budget, layout, "overall_performance_targets", TARGET_HEADS, rows, ()))
    for project in dict.fromkeys(target.project for target in budget.targets if target.project is not None):
        amount = budget.sum_spending(partial(_is_of_project, project))
        rows = [
            tuple(Cell(text) for text in (target.dimension, target.indicator, target.value))
            for target in budget.targets
            if target.project == project
        ]
        captions = (
            f"项目名称：{project}",
            f"项目{budget.fiscal_year}年本级财拨预算金额：{layout.format_amount(amount)}（{layout.unit}）",
        )
        heads = ("一级目标", "明细指标内容", "指标值")
        sheets.append(_make_target_sheet(budget, layout, "project_performance_targets", heads, rows, captions))
    return tuple(sheets)


def _is_of_project(project: str, fact: Spending) -> bool:
    return fact.project == project


def _make_target_sheet(
    budget: Budget, layout: Layout, table_type: str, heads: Sequence[str], rows: Sequence[GridRow], captions: tuple[str, ...]
) -> Sheet:
    headings = [Heading((head,), "name") for head in heads]
    return Sheet(
        table_type=table_type,
        title=name_title(budget, layout, table_type),
        number=name_number(layout, table_type),
        unit_note="",
        header=build_header(headings),
        body=tuple(rows),
        kinds=tuple(heading.kind for heading in headings),
        captions=captions,
    )
