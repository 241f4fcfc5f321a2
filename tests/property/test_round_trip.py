"""Budget to PDF to pipeline and back: the same amounts, each in its table, row and column (see `samples.comparison`)."""

import hashlib
import importlib
import importlib.util

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from strategies import printed_budgets

from samples.comparison import PRINTED, compare_lines
from samples.drawing import draw_disclosure
from samples.expected import expected_lines
from samples.library import sample_disclosures
from warehouse.records import Sighting

pytestmark = pytest.mark.skipif(importlib.util.find_spec("flows.process") is None, reason="flows.process is not built yet")
NOTHING_LOST = ((), (), ())


def read(pdf, path):
    read_document = importlib.import_module("flows.process").read_document
    path.write_bytes(pdf)
    sha256 = hashlib.sha256(pdf).hexdigest()
    sighting = Sighting(document_id=sha256[:16], sha256=sha256, bytes=len(pdf), source_id="local", url=path.name)
    return read_document(path, sighting).rows["core_budget_lines"]


def compare(read_lines, wanted_lines, states=PRINTED):
    difference = compare_lines(read_lines, wanted_lines, states)
    return difference.missing, difference.surplus, difference.wrong_codes


@pytest.mark.parametrize("sample", sample_disclosures(), ids=lambda sample: sample.id)
def test_samples_come_back(sample, tmp_path):
    lines = read(sample.draw(), tmp_path / "sample.pdf")
    assert compare(lines, expected_lines(sample.budget, sample.layout)) == NOTHING_LOST


@pytest.mark.parametrize("sample", sample_disclosures(), ids=lambda sample: sample.id)
def test_blanks_and_dashes_come_back(sample, tmp_path):
    lines = read(sample.draw(), tmp_path / "sample.pdf")
    assert compare(lines, expected_lines(sample.budget, sample.layout), {"blank", "dash"}) == NOTHING_LOST


# Reading takes seconds an example, so a failure is shown as found: shrinking it would outlast the test's time limit.
@settings(
    max_examples=6,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(printed=printed_budgets())
def test_any_budget_comes_back(printed, tmp_path_factory):
    lines = read(draw_disclosure(*printed, small_print="示例文件"), tmp_path_factory.mktemp("trip") / "sample.pdf")
    assert compare(lines, expected_lines(*printed)) == NOTHING_LOST
