"""The long round trip's own promises: a seed is an example, and what does not come back is told."""

from dataclasses import replace

from benchmarks.round_trip import Trip, describe_trip, find_untold, make_trip, make_trips, read_pdf
from samples.comparison import Difference
from samples.drawing import draw_files
from samples.library import sample_disclosures

LOST = Difference(
    missing=(("expenditure_summary", 1, "201"),), surplus=(), wrong_codes=(("revenue_summary", "行政运行", "2010601"),)
)


def test_a_seed_gives_one_example_again():
    first, again = make_trip(1), make_trip(1)
    assert first == again
    assert first.is_same
    assert first.n_lines > 50


def test_trips_come_in_the_order_of_their_seeds():
    assert [trip.seed for trip in make_trips((3, 2), processes=1)] == [3, 2]


def test_what_is_lost_is_told_with_its_seed():
    told = "\n".join(describe_trip(Trip(7, "dialect=wuhan", 12, LOST)))
    assert told.startswith("seed 7: 1 of 12 missing, 0 surplus, 1 wrong codes")
    assert "missing: expenditure_summary 1 201" in told
    assert "wrong code: revenue_summary 行政运行 2010601" in told


def test_a_broken_pipeline_is_no_success():
    trip = Trip(7, "", 0, Difference((), (), ()), error="Traceback: …")
    assert not trip.is_same
    assert "Traceback" in "\n".join(describe_trip(trip))


def test_what_the_reading_keeps_to_itself_is_no_success():
    """Another issuer and a picture that nobody tells of: found by asking a sound reading for what it does not say."""
    sample = sample_disclosures()[0]
    (pdf,) = draw_files(sample.budget, sample.layout, small_print="示例文件")
    read = read_pdf(pdf, "sound.pdf")
    assert list(find_untold([read], sample.budget, sample.layout)) == []
    other = sample.budget.model_copy(update={"department": "某市另一个局"})
    imaged = sample.layout.model_copy(update={"imaged": ("three_public_expenditure",)})
    untold = list(find_untold([read, read], other, imaged))
    assert [line.split()[0] for line in untold] == ["department_name", "three_public_expenditure", "the"]
    assert not replace(Trip(7, "", 0, Difference((), (), ())), untold=tuple(untold)).is_same
