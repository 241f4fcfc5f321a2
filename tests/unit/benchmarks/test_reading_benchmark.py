"""The benchmark counts what it says it counts: measured on one small page in real child processes."""

import io
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from reportlab.pdfgen.canvas import Canvas

from benchmarks import reading
from benchmarks.reading import Cost, Series, describe_costs, measure_apart, share_steps, touch_characters, touch_paths


@pytest.fixture
def small_pdf(tmp_path):
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(200, 200))
    canvas.drawString(20, 100, "12,345.67")
    canvas.line(20, 90, 120, 90)
    canvas.beginForm("form")
    canvas.line(20, 80, 120, 80)
    canvas.endForm()
    canvas.doForm("form")
    canvas.save()
    path = tmp_path / "small.pdf"
    path.write_bytes(target.getvalue())
    return path


def test_the_floor_touches_every_character(small_pdf):
    assert touch_characters(pdfium.PdfDocument(small_pdf)[0]) == len("12,345.67")


def test_the_floor_touches_every_segment_also_in_forms(small_pdf):
    assert touch_paths(pdfium.PdfDocument(small_pdf)[0]) == 4


@pytest.mark.parametrize("what", ["floor", "grids"])
def test_a_child_measures_time_and_memory(small_pdf, what):
    series = measure_apart(what, [small_pdf])
    [cost] = series.costs
    assert (cost.path, cost.pages) == (small_pdf, 1)
    assert 0 < cost.cpu_seconds < 60
    assert 5 < series.start_mb <= cost.peak_mb


def make_series(what, *seconds, statuses=("loaded", "refused", "doubtful")):
    costs = [
        Cost(Path(f"{number}.pdf"), 10, spent, 100.0, status if what == "reading" else "", {"read": 3.0, "prove": 1.0})
        for number, (spent, status) in enumerate(zip(seconds, statuses, strict=True))
    ]
    return Series(what, 50.0, tuple(costs))


def test_refused_documents_are_in_no_median():
    series = {
        "floor": make_series("floor", 0.1, 0.1, 0.1),
        "grids": make_series("grids", 0.5, 0.5, 0.5),
        "reading": make_series("reading", 1.0, 0.001, 3.0),
        "camelot": make_series("camelot", 10.0, 10.0, 10.0),
    }
    account = list(describe_costs(series))
    assert "reading / camelot: median 0.200 of 2 documents with rows (0.100 to 0.300)" in account


def test_steps_are_shares_of_the_whole_the_largest_first():
    assert share_steps(make_series("reading", 1, 1, 1).costs) == [("read", 0.75), ("prove", 0.25)]


def test_without_the_corpus_it_says_so_and_takes_the_samples(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(reading, "CORPUS", tmp_path / "absent")
    monkeypatch.setattr(reading, "DEFAULT_ISSUERS", 1)
    paths = reading.choose_documents(tmp_path, take_all=False)
    assert [path.name for path in paths] == ["jianghan-2020.pdf"]
    assert "NO CORPUS" in capsys.readouterr().err
