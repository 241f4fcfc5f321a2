"""Measured honesty: what the identities say of the hand-checked documents, in whose tables NOTES name no publisher's error."""

import random
from decimal import Decimal

import pandas as pd
import pytest
from gold_lines import GOLD, read_gold

from transforms.reconcile import Checks, count_proofs, evaluate_identities

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not GOLD.exists(), reason=f"no gold amounts: {GOLD.name} stands in ../shared, which is not here"),
]


@pytest.fixture(scope="module")
def gold() -> pd.DataFrame:
    return read_gold()


@pytest.fixture(scope="module")
def checks(gold: pd.DataFrame) -> Checks:
    return evaluate_identities(gold, [])


def test_no_false_alarm(checks: Checks) -> None:
    """NOTES: every table's sums are exact or rounded; the publishers' slips stand in the text parts only."""
    violated = checks.frame[checks.frame["outcome"] == "violated"]
    assert violated[["document_id", "check_id", "check_subject"]].to_numpy().tolist() == []


def test_the_summaries_of_every_document_are_claimed_or_explained(checks: Checks) -> None:
    silent = checks.frame[checks.frame["outcome"] == "not_computable"]
    assert (silent["reason"] != "").all()
    assert checks.frame.groupby("document_id")["check_id"].nunique().eq(len(checks.relations)).all()


@pytest.mark.parametrize(
    ("document", "amount", "others"),
    [
        ("2024_上海市普陀区规划和自然资源局", "440.90", "440.88"),
        ("2026_烟台市财政局", "7231.78", "7231.79"),
        ("2023_西南大学", "457676.75", "457676.74"),
    ],
)
def test_roundings_that_the_notes_name_are_found(checks: Checks, document: str, amount: str, others: str) -> None:
    left, right = (int(Decimal(text) * 1_000_000) for text in (amount, others))
    inside = checks.frame[checks.frame["document_id"].str.contains(document) & (checks.frame["outcome"] == "rounding")]
    pairs = set(zip(inside["left_fen"], inside["right_fen"], strict=True))
    assert (left, right) in pairs


def test_nearly_every_amount_is_proved(gold: pd.DataFrame, checks: Checks) -> None:
    proofs = count_proofs(checks, gold)
    assert (proofs["verified_by"] > 0).mean() > 0.97
    assert (proofs["verified_by"] > 1).mean() > 0.8
    assert not proofs["contradicted_by"].any()


def test_a_wrong_amount_is_found_out(gold: pd.DataFrame) -> None:
    """Five amounts of each document changed, one at a time: at least nine in ten are contradicted, and only their documents."""
    dice = random.Random(20)
    copies, changed = [], []
    for _, document in gold.groupby("document_id"):
        for place in dice.sample(list(document.index[document["amount_cny"] != 0]), 5):
            copy = document.copy()
            copy.loc[place, "amount_cny"] *= 2
            for column in ("document_id", "table_id", "line_id"):
                copy[column] = f"{len(changed)}~" + copy[column]
            changed.append(copy.loc[place, "line_id"])
            copies.append(copy)
    lines = pd.concat(copies, ignore_index=True)
    proofs = count_proofs(evaluate_identities(lines, []), lines)
    found = proofs.loc[changed, "contradicted_by"] > 0
    assert found.mean() >= 0.9
