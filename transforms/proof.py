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

if TYPE_CHECKING:
    from transforms.line_roles import Lines
    from transforms.reconcile import Checks

HOLDS = ("exact", "rounding", "truncation")
# Relations whose success proves an amount. A bound (at most) excludes much less, a name says nothing about an amount.
PROVING = ("equal", "hint")


def count_proofs(checks: "Checks", lines: "Lines") -> pd.DataFrame:
    """`verified_by` and `contradicted_by` (int64) of every line, indexed by line_id in the order of `lines`."""
    from transforms.line_roles import read_column

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
