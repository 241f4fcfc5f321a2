"""What a night shows on the Prefect server holds nothing of a publisher that could act."""

import pytest

from benchmarks.unescaped import PLANTED
from flows.artifacts import describe_row
from flows.runs import DocumentOutcome


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_title_is_text_however_the_cell_is_shown(name):
    outcome = DocumentOutcome(document_id="a", processing_id="a-1", name=f"预算{name}", source_id="demo", status="loaded")
    shown = str(describe_row(outcome)["document"])
    assert shown.startswith("预算")
    assert not set(shown) & set("<>[]()`*_\\&:/\"'|\x1b")


def test_an_ordinary_title_stays_as_it_is():
    title = "烟台市生态环境局2026年部门预算公开"
    outcome = DocumentOutcome(document_id="a", processing_id="a-1", name=title, source_id="demo", status="loaded")
    assert describe_row(outcome)["document"] == title
