"""Hypothesis strategies: layouts that real publishers use, and budgets that such a layout can print.

Hypothesis drives the same draws as the long round trip (`benchmarks/round_trip.py`), so both look at the same disclosures.
"""

from hypothesis import strategies as st

from samples.budget import Budget
from samples.draws import RULED, draw_disclosure_facts
from samples.layouts import Layout, Rules


def printed_budgets(rules: tuple[Rules, ...] = RULED) -> st.SearchStrategy[tuple[Budget, Layout]]:
    return st.randoms(use_true_random=False).map(lambda random: draw_disclosure_facts(random, rules))
