"""The pages of one department: its disclosures over the years, what their texts state, and charts of what can safely be added up.

Promise: a chart shows rows of one fund and phase together, never sums of several; the same figures stand as a table and as CSV
beside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flows.portal.drawing import Drawing, draw_chart
from flows.portal.headlines import Headlines, lay_out_stated
from flows.portal.rendering import render_page
from flows.portal.spending import group_rows
from transforms.portal.addresses import LANGUAGES, Language, address_unit
from transforms.portal.charts import (
    Chart,
    draw_by_economic,
    draw_by_function,
    draw_final,
    draw_three_public,
    draw_years,
)
from warehouse.records import Row

_THREE_ITEMS = ("overseas_travel", "official_vehicles", "hospitality")
# What a document says of its own year; a final account prints the budget again, a budget the year before.
_OWN_BASIS = {"budget": "budget", "final": "actual"}


@dataclass(frozen=True, slots=True)
class DepartmentRows:
    """A department's disclosures, and its rows of the views."""

    department_id: str
    disclosures: Sequence[Row]
    by_function: Sequence[Row]
    by_economic: Sequence[Row]
    three_public: Sequence[Row]
    headlines: Headlines


def make_department_pages(rows: DepartmentRows) -> dict[str, bytes]:
    """The page in every language with the charts' files beside it, by their addresses in the portal."""
    folder = address_unit("departments", rows.department_id)
    made: dict[str, bytes] = {}
    for language in LANGUAGES:
        drawings = [draw_chart(chart) for chart in list_charts(rows, language)]
        made |= name_chart_files(f"{language}/{folder}", drawings)
        newest = rows.disclosures[0]
        values = {"disclosures": rows.disclosures, "newest": newest, "name": newest["department_name"] or rows.department_id}
        values |= {"stated": lay_out_stated(rows.disclosures, rows.headlines), "counts": rows.headlines.counts}
        address = f"{folder}/index.html"
        made[f"{language}/{address}"] = render_page(language, address, "department.html.j2", {**values, "drawings": drawings})
    return made


def name_chart_files(folder: str, drawings: Sequence[Drawing]) -> dict[str, bytes]:
    """The downloads of some charts by their addresses."""
    files = {f"{folder}/{drawing.chart.name}.svg": drawing.svg for drawing in drawings}
    return files | {f"{folder}/{drawing.chart.name}.csv": drawing.csv for drawing in drawings}


def list_charts(rows: DepartmentRows, language: Language) -> Iterator[Chart]:
    """The charts that a department has rows for."""
    if rows.by_function:
        yield draw_by_function(_take_newest(rows.by_function), language)
    totals = _add_up(rows.by_function)
    if len({year for year, _, _ in totals}) > 1:
        yield draw_years([(*key, amount) for key, amount in totals.items()], language)
    pairs = [
        (year, fund, totals[year, "budget", fund], amount)
        for (year, phase, fund), amount in totals.items()
        if phase == "final" and (year, "budget", fund) in totals
    ]
    if pairs:
        yield draw_final(pairs, language)
    if rows.by_economic:
        yield draw_by_economic(_take_newest(rows.by_economic), language)
    three = sorted(
        {
            (row["fiscal_year"], row["phase"], row["item_key"], row["amount_cny"])
            for row in rows.three_public
            if row["item_key"] in _THREE_ITEMS and row["amount_basis"] == _OWN_BASIS[row["phase"]]
        }
    )
    if three:
        yield draw_three_public(three, language)


def _add_up(rows: Sequence[Row]) -> dict[tuple[int, str, str], Decimal]:
    """Spending by year, phase and fund, of the one document that the view has for them; where it has several nothing is added."""
    grouped = group_rows(rows, lambda row: (row["fiscal_year"], row["phase"], row["fund_type"]))
    whole = {key: group for key, group in grouped.items() if len({row["document_id"] for row in group}) == 1}
    return {key: sum((row["amount_cny"] for row in whole[key]), Decimal()) for key in sorted(whole)}


def _take_newest(rows: Sequence[Row]) -> list[Row]:
    """The rows of one document: of the newest year, its budget before its final account."""
    newest = max(rows, key=lambda row: (row["fiscal_year"], row["phase"] == "budget", row["document_id"]))
    return [row for row in rows if row["document_id"] == newest["document_id"]]
