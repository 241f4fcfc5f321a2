"""How far an amount is proved: the identities that speak for it and against it, and the confidence that follows.

Promise: an amount gains confidence only from evidence that does not rest on the same other amounts, and never by being blank.

Independence. Two checks that both contain an amount are independent where it is the only amount they share. Level sums and
row sums meet in one cell: two proofs. The sum of the top level and the sum of the leaves that share most of their amounts are
one proof told twice. `verified_by` counts a set of pairwise independent checks that hold, chosen smallest first (a sum of
three amounts says more about each than a sum of forty); `contradicted_by` counts every check that fails, because each failure
is a question to be answered. See docs/identities.md for an example.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from transforms.line_roles import Lines, read_column

if TYPE_CHECKING:
    from transforms.reconcile import Checks

HOLDS = ("exact", "rounding", "truncation")
# Relations whose success proves an amount. A bound (at most) excludes much less, a name says nothing about an amount.
PROVING = ("equal", "hint")

# Doubt before any identity is heard, by what the readers say (docs/confidence.md gives the reasons).
DOUBT_WHERE_READINGS_AGREE = 0.05
DOUBT_OF_ONE_READING = 0.2
DOUBT_WHERE_READINGS_DIFFER = 0.5
DOUBT_LEFT_BY_A_PROOF = 0.1
CONFIDENCE_LEFT_BY_A_CONTRADICTION = 0.5

# So many independent checks leave no reasonable doubt where the error stands.
ENOUGH_PROOFS = 2


def confidence(readings_agree: bool | None, verified_by: int, contradicted_by: int, *, unit_known: bool = True) -> float:
    """Confidence in one amount, 0 to 1.

    `readings_agree`: both readers saw the same text; None where only one read the cell. `verified_by`, `contradicted_by`: the
    counts of `count_proofs`. `unit_known`: False where the unit was only assumed. With doubt d from the readings,

        confidence = (1 - d * 0.1 ** verified_by) * 0.5 ** contradicted_by   (halved where the unit was assumed)

    It never falls with one more proof, never rises with one more contradiction, and agreement never counts less than
    difference. Raises ValueError for negative counts.
    """
    if verified_by < 0 or contradicted_by < 0:
        raise ValueError(f"counts are not negative: verified_by {verified_by}, contradicted_by {contradicted_by}")
    doubt = {True: DOUBT_WHERE_READINGS_AGREE, None: DOUBT_OF_ONE_READING, False: DOUBT_WHERE_READINGS_DIFFER}[readings_agree]
    proved = 1 - doubt * DOUBT_LEFT_BY_A_PROOF**verified_by
    certain = proved * CONFIDENCE_LEFT_BY_A_CONTRADICTION**contradicted_by
    return certain if unit_known else certain / 2


def count_proofs(checks: "Checks", lines: Lines) -> pd.DataFrame:
    """`verified_by` and `contradicted_by` (int64) of every line, indexed by line_id in the order of `lines`."""
    line_ids = pd.Index(read_column(lines, "line_id"), name="line_id")
    relation = checks.frame["check_id"].map(checks.relations)
    outcome = checks.frame["outcome"]
    terms = checks.terms[checks.terms["is_number"]].drop_duplicates(["check", "line_id"])
    proving = outcome.isin(HOLDS) & relation.isin(PROVING)
    verified = _count_independent(terms[terms["check"].isin(proving.index[proving])])
    failing = outcome.index[(outcome == "violated") & (relation != "same_name")]
    contradicted = terms[terms["check"].isin(failing)].groupby("line_id").size()
    counts = {"verified_by": verified, "contradicted_by": contradicted}
    return pd.DataFrame({name: count.reindex(line_ids, fill_value=0) for name, count in counts.items()}).astype("int64")


def _count_independent(terms: pd.DataFrame) -> pd.Series:
    """Per line, the size of the first maximal set of checks that pairwise share only this line, taken smallest check first."""
    line, line_names = pd.factorize(terms["line_id"], sort=True)
    check, _ = pd.factorize(terms["check"], sort=True)
    size = pd.Series(check).groupby(check).transform("size").to_numpy()
    order = np.lexsort((check, size, line))
    uses = pd.DataFrame({"line": line[order], "check": check[order]})
    uses["use"] = np.arange(len(uses))
    conflicts = _find_conflicts(uses)
    chosen = _take_first_maximal(len(uses), conflicts)
    counts = pd.Series(uses["line"].to_numpy()[chosen]).value_counts()
    return pd.Series(counts.to_numpy(), index=line_names[counts.index])


def _find_conflicts(uses: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Pairs (earlier use, later use) of one line whose checks share another line too; shape (n, 2)."""
    pairs = uses.merge(uses, on="line", suffixes=("", "_later"))
    pairs = pairs[pairs["use"] < pairs["use_later"]]
    low = pairs[["check", "check_later"]].min(axis=1)
    high = pairs[["check", "check_later"]].max(axis=1)
    shared = pairs.groupby([low, high])["line"].transform("size")
    conflicts: npt.NDArray[np.int64] = pairs.loc[shared > 1, ["use", "use_later"]].to_numpy(dtype="int64")
    return conflicts


def _take_first_maximal(count: int, conflicts: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """The set that results from taking every use in order unless an earlier taken one conflicts with it.

    Vectorised: in each round a use with no undecided earlier rival is taken, and its later rivals drop out.
    """
    taken = np.zeros(count, dtype=bool)
    undecided = np.ones(count, dtype=bool)
    while undecided.any():
        blocked = np.zeros(count, dtype=bool)
        blocked[conflicts[undecided[conflicts[:, 0]], 1]] = True
        now = undecided & ~blocked
        taken |= now
        undecided &= ~now
        undecided[conflicts[now[conflicts[:, 0]], 1]] = False
        conflicts = conflicts[undecided[conflicts[:, 0]] & undecided[conflicts[:, 1]] | undecided[conflicts[:, 1]]]
    return taken
