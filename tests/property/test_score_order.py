"""The score and the grade move one way only: evidence for an amount never lowers them, evidence against it never raises them."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from transforms.scores import Doubts, find_doubts, give_grade, tally_lines

STATES = st.tuples(
    st.integers(0, 2), st.sampled_from(["camelot-lattice", "pdfium-grid"]), st.sampled_from(["", "open", "misread"])
)
DOCUMENTS = st.lists(STATES, min_size=1, max_size=40)
UNREAD = st.integers(0, 5)


def judge(states: list[Any], unread: int) -> tuple[float, int]:
    """Score, and the grade as a number that grows with it."""
    lines = [
        {"line_id": str(n), "amount_cny": 1, "verified_by": verified, "extractor": engine}
        for n, (verified, engine, _) in enumerate(states)
    ]
    doubts = Doubts(
        frozenset(str(n) for n, state in enumerate(states) if state[2] == "open"),
        frozenset(str(n) for n, state in enumerate(states) if state[2] == "misread"),
    )
    tally = tally_lines(lines, doubts, {str(n) for n in range(0, len(states), 2)}, unread)
    return tally.score, -"ABCD".index(give_grade(tally))


def is_no_worse(after: tuple[float, int], before: tuple[float, int]) -> bool:
    return after[0] >= before[0] - 1e-12 and after[1] >= before[1]


@given(DOCUMENTS, UNREAD, st.sampled_from(["camelot-lattice", "pdfium-grid"]))
def test_one_more_proved_amount_never_lowers(states, unread, engine):
    assert is_no_worse(judge([*states, (1, engine, "")], unread), judge(states, unread))


@given(DOCUMENTS, UNREAD, st.data())
def test_one_more_proof_never_lowers(states, unread, data):
    at = data.draw(st.integers(0, len(states) - 1))
    verified, engine, doubt = states[at]
    better = [*states[:at], (verified + 1, engine, doubt), *states[at + 1 :]]
    assert is_no_worse(judge(better, unread), judge(states, unread))


@given(DOCUMENTS, UNREAD, st.data())
def test_one_more_doubt_never_raises(states, unread, data):
    at = data.draw(st.integers(0, len(states) - 1))
    verified, engine, doubt = states[at]
    worse = [*states[:at], (verified, engine, {"": "open", "open": "misread", "misread": "misread"}[doubt]), *states[at + 1 :]]
    assert is_no_worse(judge(states, unread), judge(worse, unread))


@given(DOCUMENTS, UNREAD)
def test_one_more_unread_amount_never_raises(states, unread):
    assert is_no_worse(judge(states, unread), judge(states, unread + 1))


@given(st.lists(st.integers(0, 3), min_size=2, max_size=8), st.data())
def test_one_more_proof_never_puts_an_amount_in_question(proofs, data):
    def find(verified: list[int]) -> frozenset[str]:
        lines = [{"line_id": str(n), "verified_by": v, "contradicted_by": 1} for n, v in enumerate(verified)]
        ids = [line["line_id"] for line in lines]
        check = {"check_number": 1, "outcome": "violated", "reason": None, "left_line_ids": ids[:1], "right_line_ids": ids[1:]}
        return find_doubts(lines, [check], []).open

    at = data.draw(st.integers(0, len(proofs) - 1))
    assert find([p + (n == at) for n, p in enumerate(proofs)]) <= find(proofs)


@given(DOCUMENTS, UNREAD)
def test_score_stays_in_its_range(states, unread):
    assert 0 <= judge(states, unread)[0] <= 1
