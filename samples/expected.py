"""The round-trip oracle: which tables a budget makes in a layout, and which rows a correct reading of them yields.

Promise: every amount's cell of every table is one expected row, the blank ones included; a budget that a layout cannot print
in full is refused with ValueError before anything is drawn.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, get_args

from samples.budget import APPROPRIATION_FUNDS, Budget, Fund
from samples.code_tables import (
    build_basic_table,
    build_economic_classes,
    build_expenditure_by_unit,
    build_function_table,
    build_revenue_by_unit,
    build_revenue_summary,
    spread_fund,
)
from samples.dressing import dress_sheet
from samples.layouts import Layout
from samples.sheets import Sheet
from samples.small_tables import build_procurement, build_projects, build_targets, build_three_public
from samples.summaries import ECONOMIC_CLASSES, build_summary

Builder = Callable[[Budget, Layout], Sheet]


def _build_agency_operating(budget: Budget, layout: Layout) -> Sheet:
    column = layout.words.agency_column or layout.words.amount
    return build_basic_table(budget, layout, "agency_operating_expenditure", "general_public_budget", [((column,), "operating")])


BUILDERS: dict[str, Builder] = {
    "revenue_expenditure_summary": lambda budget, layout: build_summary(budget, layout, "revenue_expenditure_summary"),
    "revenue_summary": lambda budget, layout: (
        build_revenue_by_unit(budget, layout) if layout.revenue_by_unit else build_revenue_summary(budget, layout)
    ),
    "expenditure_summary": lambda budget, layout: (
        build_expenditure_by_unit(budget, layout)
        if layout.expenditure_by_unit
        else build_function_table(budget, layout, "expenditure_summary", "all", layout.words.expenditure_columns)
    ),
    "appropriation_summary": lambda budget, layout: build_summary(budget, layout, "appropriation_summary"),
    "appropriation_expenditure": lambda budget, layout: build_function_table(
        budget, layout, "appropriation_expenditure", "fiscal_appropriation", layout.words.general_columns
    ),
    "appropriation_basic_expenditure": lambda budget, layout: build_basic_table(
        budget, layout, "appropriation_basic_expenditure", "fiscal_appropriation", layout.words.basic_columns
    ),
    "general_budget_expenditure": lambda budget, layout: build_function_table(
        budget, layout, "general_budget_expenditure", "general_public_budget", layout.words.general_columns
    ),
    "general_budget_basic_expenditure": lambda budget, layout: build_basic_table(
        budget, layout, "general_budget_basic_expenditure", "general_public_budget", layout.words.basic_columns
    ),
    "general_budget_expenditure_by_economic": lambda budget, layout: build_economic_classes(budget, layout, ECONOMIC_CLASSES),
    "three_public_expenditure": build_three_public,
    "government_fund_expenditure": lambda budget, layout: build_function_table(
        budget,
        layout,
        "government_fund_expenditure",
        "government_fund",
        layout.words.fund_columns or layout.words.general_columns,
    ),
    "state_capital_expenditure": lambda budget, layout: build_function_table(
        budget, layout, "state_capital_expenditure", "state_capital", layout.words.general_columns
    ),
    "agency_operating_expenditure": _build_agency_operating,
    "project_expenditure": build_projects,
    "government_procurement": build_procurement,
}
TARGET_TABLES = ("overall_performance_targets", "project_performance_targets")


def build_sheets(budget: Budget, layout: Layout) -> tuple[Sheet, ...]:
    """The tables of a disclosure in printed order, those of the units after the department's own.

    Raises ValueError where the layout cannot print the budget.
    """
    check_printable(budget, layout)
    sheets = [BUILDERS[table](budget, layout) for table in list_tables(budget, layout)]
    own = [dress_sheet(sheet, layout) for sheet in (*sheets, *build_targets(budget, layout))]
    units = [replace(sheet, unit_name=unit.department) for unit in budget.units for sheet in build_sheets(unit, layout)]
    return (*own, *units)


def list_tables(budget: Budget, layout: Layout) -> tuple[str, ...]:
    """The table types that the layout prints for the budget, targets aside."""
    absent = set(layout.omits)
    if not budget.purchases:
        absent.add("government_procurement")
    if not budget.projects:
        absent.add("project_expenditure")
    return tuple(table for table in layout.words.titles if table not in absent | set(TARGET_TABLES))


def expected_lines(budget: Budget, layout: Layout) -> list[dict[str, Any]]:
    """What a correct reading of the drawn disclosure yields: `core_budget_lines` as far as the page decides them."""
    instances: dict[str, int] = defaultdict(int)
    lines: list[dict[str, Any]] = []
    for sheet in build_sheets(budget, layout):
        if sheet.table_type in layout.imaged:
            continue  # a picture is not read, and said not to be read
        instances[sheet.table_type] += 1
        place = {"table_instance": instances[sheet.table_type]}
        lines += [asdict(line) | place | {"unit_name": line.unit_name or sheet.unit_name} for line in sheet.lines]
    return lines


def supported_funds(layout: Layout) -> frozenset[str]:
    """The sources that every table of the layout has a row or a column for."""
    words = layout.words
    in_summary = {key for key, _, _ in words.revenue_rows} | set(words.totals)
    columns = {what for _, what in words.revenue_columns}
    if "fiscal_appropriation" in columns:
        columns |= APPROPRIATION_FUNDS
    funds = in_summary & columns
    if "project_expenditure" in words.titles:
        in_projects = {what for _, what in words.project_columns} | {"business_revenue"}
        funds &= {fund for what in in_projects for fund in spread_fund(what) or ()}
    if "business_operations" not in {what for _, what in words.expenditure_columns}:
        funds.discard("business_revenue")
    funds &= (APPROPRIATION_FUNDS & {key for key, _, _ in words.appropriation_rows}) | (funds - APPROPRIATION_FUNDS)
    return frozenset(funds & set(get_args(Fund)))


def supports_carry_over(layout: Layout) -> bool:
    """Whether money carried over has its row in both summaries."""
    words = layout.words
    rows = {key for key, _, _ in words.appropriation_rows}
    return "carry_over" in words.totals and "carry_over" in rows | set(words.appropriation_totals)


def names_units(layout: Layout) -> bool:
    """Whether the line above a table says whose table it is, which a department's document with units needs."""
    return bool(layout.words.issuer)


def check_printable(budget: Budget, layout: Layout) -> None:
    """Raise ValueError where the layout has no place for some of the budget's money, or prints it too coarsely."""
    homeless = budget.funds - supported_funds(layout)
    if homeless:
        raise ValueError(f"the dialect {layout.dialect} has no place for {', '.join(sorted(homeless))}")
    if any(fact.carried for fact in budget.spending) and not supports_carry_over(layout):
        raise ValueError(f"the dialect {layout.dialect} has no row for money carried over")
    if (layout.dialect == "final") != (budget.phase == "final"):
        raise ValueError("final accounts have words of their own")
    if budget.step % layout.step:
        raise ValueError(f"the layout prints steps of {layout.step} yuan, the budget has {budget.step}")
    if budget.units and not names_units(layout):
        raise ValueError(f"the dialect {layout.dialect} does not name the unit above a table")
    if layout.three_public.endswith("two_years") and budget.three_public_base is None:
        raise ValueError("the layout prints another year's three public expenses, the budget has none")
