"""Charts drawn ahead as SVG, by Vega inside this process: nothing is drawn in the reader's browser, nothing is loaded.

Promise: a drawing in a page takes its colours from the page's style sheet; one that is downloaded carries colours of its own.
Texts are escaped by Vega. No `style` attribute stays: the pages' policy forbids it. The same chart is the same bytes every time.
"""

import re
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any

from flows.portal.measuring_font import find_measuring_font
from flows.portal.sheets import write_sheet
from transforms.portal.charts import ROLES, SENTINELS, Chart

_LIGHT = {
    "--c1": "#2f6f8f",
    "--c2": "#b0572d",
    "--c3": "#5d7f3b",
    "--c4": "#7a5296",
    "--c5": "#9a7b1f",
    "--c6": "#3f7f78",
    "--c7": "#a24a66",
    "--c8": "#5a6b9a",
    "--c9": "#7d6a55",
    "--c10": "#557a55",
    "--ink": "#1f2328",
    "--quiet": "#5b6169",
    "--grid": "#dedbd3",
    "--on-colour": "#ffffff",
}
_COLOUR = re.compile(r"#0000[0-9a-f]{2}")
# Styles, and roles of the parts: the whole is one picture with a name, and its figures stand as a table below it.
_ATTRIBUTES = re.compile(r' (?:style|role|aria-[a-z]+)="[^"]*"')
# Vega counts what it cuts off through all drawings of a process: the same chart would never be the same twice.
_CLIP = re.compile(r'( id="|url\(#)clip([0-9]+)')
_SIZE = re.compile(r'viewBox="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with its SVG for a page, its SVG for a download, and its figures as CSV."""

    chart: Chart
    inline: str
    svg: bytes
    csv: bytes


def draw_chart(chart: Chart) -> Drawing:
    """Draw a chart. Raises ValueError where Vega cannot."""
    raw = _name_clips(_ATTRIBUTES.sub("", _draw(chart.spec)), chart.name)
    found = _SIZE.search(raw)
    if found is None:
        raise ValueError(f"the drawing of {chart.name} has no size")
    body = raw[raw.index(">", raw.index("<svg")) + 1 :]
    title = f"<title>{escape(chart.title)}</title>"
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{found[1]}" role="img"'
    variables = {**SENTINELS, **ROLES}
    inline = _COLOUR.sub(lambda match: f"var({variables[match[0]]})", body)
    alone = _COLOUR.sub(lambda match: _LIGHT[variables[match[0]]], body)
    return Drawing(
        chart,
        f'{opening} aria-label="{escape(chart.title)}">{inline}',
        f"{opening}>{title}{alone}".encode(),
        write_sheet(chart.columns, chart.rows),
    )


def _draw(spec: dict[str, Any]) -> str:
    vega = _open_vega()
    draw = vega.vega_to_svg if "/vega/" in spec["$schema"] else vega.vegalite_to_svg
    drawn: str = draw(spec)
    return drawn


def _name_clips(drawn: str, name: str) -> str:
    numbers: dict[str, int] = {}
    return _CLIP.sub(lambda match: f"{match[1]}{name}-clip-{numbers.setdefault(match[2], len(numbers) + 1)}", drawn)


@cache
def _open_vega() -> Any:
    """Vega with the font that measures Chinese text on every machine alike."""
    import vl_convert  # noqa: PLC0415  # a second, that only who draws pays

    vl_convert.register_font_directory(str(find_measuring_font()))
    return vl_convert
