"""What a chart shows stands in its rows; no colour is a fixed one."""

import json
import re
import subprocess
import sys
from decimal import Decimal

from flows.portal.drawing import _draw as draw
from flows.portal.drawing import _name_clips, draw_chart
from transforms.portal.charts import draw_by_economic, draw_by_function, draw_final, draw_three_public, draw_years

ROWS = [
    {"code": code, "name": name, "class_code": code[:3], "amount_cny": Decimal(amount), "fiscal_year": 2026, "phase": "budget"}
    for code, name, amount in (
        ("2010301", "行政运行", "15000000.00"),
        ("2210201", "住房公积金<script>alert(1)</script>&", "2000000.55"),
        ("2080505", "=HYPERLINK(1)", "1000000.00"),
    )
]


def make_charts(language):
    yield draw_by_function(ROWS, language)
    yield draw_by_economic(ROWS, language)
    yield draw_years([(2025, "budget", "all", Decimal(10**7)), (2026, "budget", "all", Decimal(2 * 10**7))], language)
    yield draw_three_public([(2026, "budget", "hospitality", Decimal(5000))], language)
    yield draw_final([(2024, "all", Decimal(10**7), Decimal(9 * 10**6))], language)


def test_every_chart_draws_in_both_languages():
    for language in ("zh", "en"):
        drawings = [draw_chart(chart) for chart in make_charts(language)]
        assert [drawing.chart.name for drawing in drawings] == ["function", "economic", "years", "three-public", "final"]
        for drawing in drawings:
            assert 'role="img"' in drawing.inline
            assert " style=" not in drawing.inline
            assert not re.search(r"#0000[0-9a-f]{2}", drawing.inline + drawing.svg.decode())
            assert drawing.csv.startswith(b"\xef\xbb\xbf")


def test_a_page_gives_the_colours_and_a_download_has_its_own():
    drawing = draw_chart(draw_by_economic(ROWS, "zh"))
    assert "var(--c1)" in drawing.inline
    assert b"var(" not in drawing.svg


def test_text_of_a_document_is_never_markup():
    drawing = draw_chart(draw_by_economic(ROWS, "zh"))
    assert "<script" not in drawing.inline
    assert "&lt;script" in drawing.inline


def test_the_figures_are_exact_and_no_formula():
    text = draw_chart(draw_by_function(ROWS, "zh")).csv.decode("utf-8-sig")
    assert "2000000.55" in text
    assert "'=HYPERLINK(1)" in text


def test_a_chart_is_the_same_every_time():
    for first, again in zip(make_charts("zh"), make_charts("zh"), strict=True):
        assert draw_chart(first) == draw_chart(again)


def test_words_are_as_wide_as_in_the_whole_font():
    """Beside a process of its own that lays the same charts out with all of Noto Sans SC."""
    specs = [chart.spec for language in ("zh", "en") for chart in make_charts(language)]
    command = (
        "import json, sys, pathlib, pylopdf_fonts_zh_cn, vl_convert as vega\n"
        "vega.register_font_directory(str(pathlib.Path(pylopdf_fonts_zh_cn.sans_path()).parent))\n"
        "draw = lambda spec: vega.vega_to_svg(spec) if '/vega/' in spec['$schema'] else vega.vegalite_to_svg(spec)\n"
        "json.dump([draw(spec) for spec in json.load(sys.stdin)], sys.stdout)"
    )
    whole = subprocess.run([sys.executable, "-c", command], input=json.dumps(specs), capture_output=True, text=True, check=True)
    assert [_name_clips(draw(spec), "") for spec in specs] == [_name_clips(text, "") for text in json.loads(whole.stdout)]
