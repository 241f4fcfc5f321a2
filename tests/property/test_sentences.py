"""Explanations drawn from a grammar that knows what it states: the reader states exactly that, wherever lines and pages break.

`.venv/bin/python -m benchmarks.sentences --count 5000` is the long run of the same draws.
"""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.sentences import compare, read_explanation
from samples.wording import Explanation, Stated, draw_explanation
from transforms.narrative.passage import unify


def explanations() -> st.SearchStrategy[tuple[int, Explanation]]:
    """Explanations with the seed that draws them."""
    return st.integers(1, 2**31).map(lambda seed: (seed, draw_explanation(Random(seed))))


@settings(max_examples=60)
@given(drawn=explanations())
def test_a_drawn_explanation_states_what_it_was_drawn_from(drawn: tuple[int, Explanation]) -> None:
    seed, explanation = drawn
    difference = compare(explanation, read_explanation(explanation, Random(seed)))
    assert not difference, f"seed {seed}\n" + "\n".join((*(text for _, text in explanation.paragraphs), *difference))


@settings(max_examples=20)
@given(drawn=explanations())
def test_every_number_is_where_it_is_said_to_stand(drawn: tuple[int, Explanation]) -> None:
    seed, explanation = drawn
    passage, rows = read_explanation(explanation, Random(seed))
    for row in rows.statements:
        if row["value_reported"] is not None:
            printed = passage.text[row["text_start"] : row["text_end"]]
            assert printed.startswith(row["value_reported"])
            assert row["evidence"].endswith(printed)


def test_the_grammar_speaks_of_much() -> None:
    drawn = [draw_explanation(Random(seed)) for seed in range(1, 400)]
    stated = [fact for explanation in drawn for fact in explanation.stated]
    assert len({fact.key for fact in stated}) >= 100
    assert {fact.unit for fact in stated} >= {"yuan", "percent", "persons", "vehicles", "sets", "count", None}
    assert {fact.direction for fact in stated} == {"increase", "decrease", "unchanged", None}
    assert {explanation.phase for explanation in drawn} == {"budget", "final"}
    assert any(explanation.unknown for explanation in drawn)
    assert sum(fact.reason is not None for fact in stated) >= 100
    assert any(unify(text) != text for explanation in drawn for _, text in explanation.paragraphs)


@pytest.mark.parametrize("change", ["value", "direction", "key"])
def test_a_false_expectation_is_told(change: str) -> None:
    explanation = next(drawn for drawn in map(draw_explanation, map(Random, range(1, 50))) if drawn.stated)
    fact = explanation.stated[0]
    other = {
        "value": Stated(fact.key, (fact.value or 0) + 1, fact.unit, fact.period, fact.direction, fact.subject, fact.reason),
        "direction": Stated(fact.key, fact.value, fact.unit, fact.period, "unchanged", fact.subject, fact.reason),
        "key": Stated("amount.other", fact.value, fact.unit, fact.period, fact.direction, fact.subject, fact.reason),
    }[change]
    false = Explanation(
        explanation.year, explanation.phase, explanation.paragraphs, (other, *explanation.stated[1:]), explanation.unknown
    )
    assert compare(false, read_explanation(explanation, Random(1)))
