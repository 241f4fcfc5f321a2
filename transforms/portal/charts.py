"""Charts as Vega specifications, each with the figures that it shows.

Promise: what is drawn stands in the rows beside it, in yuan and in words; colours are names (`SENTINELS`) that the page's style
sheet gives a value in light, in dark and on paper.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from transforms.portal.addresses import Language
from transforms.portal.words import name_value, say
from warehouse.records import Row

WIDTH = 720
TREEMAP_WIDTH = 1080
"""As wide as a page on a desk: areas are compared, and names need room."""
SENTINELS = {f"#0000{number:02x}": f"--c{number}" for number in range(1, 11)}
"""Colours of series in a specification, and the variable of the style sheet that each stands for."""
INK, QUIET, GRID, ON_COLOUR = "#00000b", "#00000c", "#00000d", "#00000e"
ROLES = {INK: "--ink", QUIET: "--quiet", GRID: "--grid", ON_COLOUR: "--on-colour"}
SERIES = tuple(SENTINELS)
SHOWN_PARTS = 40
Spec = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: its name in addresses, its title, its specification, and its figures as a table."""

    name: str
    title: str
    spec: Spec
    columns: tuple[str, ...]
    rows: tuple[tuple[str | Decimal, ...], ...]


def draw_by_function(rows: Sequence[Row], language: Language) -> Chart:
    """A treemap of one document's spending: the classes by colour, their items by area. `rows` of `out_spending_by_function`."""
    shown = sorted((row for row in rows if row["amount_cny"] > 0), key=lambda row: -row["amount_cny"])
    classes = list(dict.fromkeys(row["class_code"] or "" for row in shown))
    leaves = [
        {
            "id": f"{index}",
            "parent": f"class {row['class_code'] or ''}",
            "name": row["name"] or row["code"] or "–",
            "amount": float(row["amount_cny"]),
            "words": say_wan(row["amount_cny"], language),
            "color": SERIES[classes.index(row["class_code"] or "") % len(SERIES)],
        }
        for index, row in enumerate(shown)
    ]
    nodes: list[Mapping[str, Any]] = [{"id": "all"}, *({"id": f"class {code}", "parent": "all"} for code in classes), *leaves]
    first = rows[0]
    return Chart(
        "function",
        say("chart_function", language, year=first["fiscal_year"], phase=name_value("phase", first["phase"], language)),
        _treemap(nodes),
        (say("code", language), say("function", language), say("yuan", language)),
        tuple((row["code"] or "", row["name"] or "", row["amount_cny"]) for row in rows),
    )


def draw_by_economic(rows: Sequence[Row], language: Language) -> Chart:
    """Bars of one document's basic expenditure, the largest classes first."""
    ordered = sorted(rows, key=lambda row: -row["amount_cny"])
    classes = list(dict.fromkeys(row["class_code"] for row in ordered))
    values = [
        {
            "name": _shorten(row["name"] or row["code"] or "–"),
            "amount": float(row["amount_cny"] / 10000),
            "color": SERIES[classes.index(row["class_code"]) % len(SERIES)],
            "words": say_wan(row["amount_cny"], language),
        }
        for row in ordered[:20]
    ]
    first = rows[0]
    return Chart(
        "economic",
        say("chart_economic", language, year=first["fiscal_year"], phase=name_value("phase", first["phase"], language)),
        _bars(values, language),
        (say("code", language), say("economic_class", language), say("yuan", language)),
        tuple((row["code"] or "", row["name"] or "", row["amount_cny"]) for row in ordered),
    )


def draw_years(totals: Iterable[tuple[int, str, str, Decimal]], language: Language) -> Chart:
    """Lines of a department's spending over the years, one a phase and fund: (year, phase, fund, yuan)."""
    named = [
        (year, f"{name_value('phase', phase, language)} · {name_value('fund_type', fund, language)}", amount)
        for year, phase, fund, amount in totals
    ]
    return Chart(
        "years",
        say("chart_years", language),
        _lines(named, language),
        (say("year", language), f"{say('kind', language)} · {say('fund', language)}", say("yuan", language)),
        tuple((str(year), kind, amount) for year, kind, amount in named),
    )


def draw_three_public(rows: Iterable[tuple[int, str, str, Decimal]], language: Language) -> Chart:
    """Bars of overseas travel, vehicles and hospitality over the years: (year, phase, item, yuan)."""
    named = [
        (f"{year} {name_value('phase', phase, language)}", name_value("item_key", item, language), amount)
        for year, phase, item, amount in rows
    ]
    items = tuple(dict.fromkeys(item for _, item, _ in named))
    values = [{"name": year, "item": item, "amount": float(amount / 10000)} for year, item, amount in named]
    return Chart(
        "three-public",
        say("chart_three_public", language),
        _grouped_bars(values, items, language, "item"),
        (say("year", language), say("item", language), say("yuan", language)),
        tuple(named),
    )


def draw_final(pairs: Sequence[tuple[int, str, Decimal, Decimal]], language: Language) -> Chart:
    """Budget beside final account of the same year and fund: (year, fund, budget, final)."""
    phases = tuple(name_value("phase", phase, language) for phase in ("budget", "final"))
    values = [
        {"name": f"{year} {name_value('fund_type', fund, language)}", "phase": phases[index], "amount": float(amount / 10000)}
        for year, fund, *amounts in pairs
        for index, amount in enumerate(amounts)
    ]
    return Chart(
        "final",
        say("chart_final", language),
        _grouped_bars(values, phases, language, "phase"),
        (say("year", language), say("fund", language), *phases),
        tuple((str(year), name_value("fund_type", fund, language), budget, final) for year, fund, budget, final in pairs),
    )


def say_wan(amount: Decimal, language: Language) -> str:
    """Yuan as 万元 in words."""
    return f"{amount / 10000:,.2f} {say('in_wan', language)}" if language == "zh" else f"{amount:,.0f} {say('yuan', language)}"


def _shorten(name: str) -> str:
    return name if len(name) <= 18 else f"{name[:17]}…"


def _config() -> Spec:
    return {
        "background": None,
        "view": {"stroke": None},
        "font": "Noto Sans SC, PingFang SC, Microsoft YaHei, sans-serif",
        "axis": {
            "labelColor": QUIET,
            "titleColor": QUIET,
            "gridColor": GRID,
            "domainColor": GRID,
            "tickColor": GRID,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "labelLimit": 260,
        },
        "legend": {
            "labelColor": INK,
            "titleColor": QUIET,
            "labelFontSize": 12,
            "labelLimit": 300,
            "orient": "bottom",
            "columns": 2,
        },
        "text": {"color": INK},
    }


def _lite(spec: Mapping[str, Any]) -> Spec:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "config": _config(),
        "width": WIDTH - 160,
        "autosize": {"type": "pad"},
        "padding": 6,
        **spec,
    }


def _bars(values: Sequence[Mapping[str, Any]], language: Language) -> Spec:
    y = {"field": "name", "type": "nominal", "sort": None, "title": None}
    x = {"field": "amount", "type": "quantitative", "title": say("in_wan", language), "axis": {"format": ",~f", "tickCount": 5}}
    return _lite(
        {
            "height": {"step": 24},
            "data": {"values": list(values)},
            "encoding": {"y": y, "x": x},
            "layer": [
                {
                    "mark": {"type": "bar", "cornerRadiusEnd": 2},
                    "encoding": {"color": {"field": "color", "type": "nominal", "scale": None}},
                },
                {
                    "mark": {"type": "text", "align": "left", "dx": 4, "color": QUIET, "fontSize": 11},
                    "encoding": {"text": {"field": "words"}},
                },
            ],
        }
    )


def _lines(named: Sequence[tuple[int, str, Decimal]], language: Language) -> Spec:
    kinds = list(dict.fromkeys(kind for _, kind, _ in named))
    values = [{"year": str(year), "kind": kind, "amount": float(amount / 10000)} for year, kind, amount in named]
    return _lite(
        {
            "height": 260,
            "data": {"values": values},
            "mark": {"type": "line", "point": {"size": 60, "filled": True}, "strokeWidth": 2.5},
            "encoding": {
                "x": {"field": "year", "type": "ordinal", "title": None, "axis": {"labelAngle": 0}},
                "y": {
                    "field": "amount",
                    "type": "quantitative",
                    "title": say("in_wan", language),
                    "axis": {"format": ",~f", "tickCount": 5},
                },
                "color": _color("kind", kinds),
            },
        }
    )


def _grouped_bars(values: Sequence[Mapping[str, Any]], series: Sequence[str], language: Language, field: str) -> Spec:
    return _lite(
        {
            "height": {"step": 18},
            "data": {"values": list(values)},
            "mark": {"type": "bar", "cornerRadiusEnd": 2},
            "encoding": {
                "y": {"field": "name", "type": "nominal", "sort": None, "title": None},
                "yOffset": {"field": field, "sort": list(series)},
                "x": {
                    "field": "amount",
                    "type": "quantitative",
                    "title": say("in_wan", language),
                    "axis": {"format": ",~f", "tickCount": 5},
                },
                "color": _color(field, series),
            },
        }
    )


def _color(field: str, domain: Sequence[str]) -> Spec:
    colors = [SERIES[index % len(SERIES)] for index in range(len(domain))]
    return {"field": field, "type": "nominal", "title": None, "scale": {"domain": list(domain), "range": colors}}


def _treemap(nodes: Sequence[Mapping[str, Any]]) -> Spec:
    """A Vega specification: Vega-Lite has no hierarchies."""
    label = {"x": {"signal": "datum.x0 + 7"}, "limit": {"signal": "datum.x1 - datum.x0 - 12"}, "fill": {"value": ON_COLOUR}}
    fits = "datum.x1 - datum.x0 > 44 && datum.y1 - datum.y0 > {height}"
    area = {"x": {"field": "x0"}, "x2": {"field": "x1"}, "y": {"field": "y0"}, "y2": {"field": "y1"}, "fill": {"field": "color"}}
    text = {"fontSize": {"value": 12}, "baseline": {"value": "top"}}
    stratify = {"type": "stratify", "key": "id", "parentKey": "parent"}
    treemap = {
        "type": "treemap",
        "field": "amount",
        "sort": {"field": "value", "order": "descending"},
        "round": True,
        "ratio": 1.8,
    }
    leaves = [{"type": "filter", "expr": "!datum.children"}]
    return {
        "$schema": "https://vega.github.io/schema/vega/v5.json",
        "width": TREEMAP_WIDTH,
        "height": 440,
        "padding": 2,
        "autosize": "none",
        "config": {"background": None, "text": {"font": "Noto Sans SC, PingFang SC, Microsoft YaHei, sans-serif"}},
        "data": [
            {
                "name": "tree",
                "values": list(nodes),
                "transform": [
                    stratify,
                    {**treemap, "paddingInner": 2, "paddingOuter": 1, "size": [{"signal": "width"}, {"signal": "height"}]},
                ],
            },
            {"name": "leaves", "source": "tree", "transform": leaves},
            {"name": "named", "source": "leaves", "transform": [{"type": "filter", "expr": fits.format(height=20)}]},
            {"name": "valued", "source": "leaves", "transform": [{"type": "filter", "expr": fits.format(height=40)}]},
        ],
        "marks": [
            {"type": "rect", "from": {"data": "leaves"}, "encode": {"enter": area}},
            {
                "type": "text",
                "from": {"data": "named"},
                "encode": {
                    "enter": {
                        **label,
                        **text,
                        "y": {"signal": "datum.y0 + 6"},
                        "text": {"field": "name"},
                        "fontWeight": {"value": 600},
                    }
                },
            },
            {
                "type": "text",
                "from": {"data": "valued"},
                "encode": {"enter": {**label, **text, "y": {"signal": "datum.y0 + 23"}, "text": {"field": "words"}}},
            },
        ],
    }
