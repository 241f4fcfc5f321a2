"""The rounding envelope: how far two sides of an identity may lie apart when every printed amount was rounded on its own.

Promise: whole fen (int64) throughout, no floating point; an amount whose grain is not known has no envelope to hide in.

The grain of an amount is its last printed digit in fen: 1,683.45 万元 has two decimals, so its grain is 0.01 万元 = 10,000 fen.

Proof. Let an identity be L = R1 + ... + Rn over true values, and let each be printed rounded to its grain g, so that
printed = true + e with |e| <= g/2. Then the printed difference is

    d = l - (r1 + ... + rn) = eL - (e1 + ... + en),    |d| <= gL/2 + g1/2 + ... + gn/2,

which is (n + 1) * g/2 where all grains are equal: the envelope. It is attained (all errors at their limit, signs opposed), so
nothing narrower is safe, and a difference beyond it cannot come from rounding, so nothing wider is honest. Differences are
whole fen, so rounding the envelope down to whole fen changes no verdict. For a difference of two sums it is the same with
every amount on either side counted once.

A publisher that cuts digits off instead prints true = printed + e with 0 <= e < g (for amounts above zero). Then
d = e1 + ... + en - eL lies strictly between -gL and g1 + ... + gn. A single such difference looks like an error of twice the
envelope, so it is believed only of a publisher that shows the habit: see `tell_truncation`.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

Fen = npt.NDArray[np.int64]

FEN_OF_UNIT = {"元": 100, "千元": 100_000, "万元": 1_000_000, "亿元": 10_000_000_000}
# A share of a table's amounts that print a number of decimals before it counts as the table's: spreadsheets drop trailing
# zeros cell by cell (36, 230.2, 1453.25 are all rounded to 0.01), and one unrounded cell must not narrow all the others.
SHARE_THAT_SETS_DECIMALS = 0.25
# Digits from which a number without separators may have lost decimals to the width of its column (480544221.6 for .62): its own
# decimals count then.
DIGITS_THAT_FILL_A_COLUMN = 9
# Lopsided roundings a document must show, none of them on the other side, before truncation is believed: 1 in 2^5 by chance.
LOPSIDED_ROUNDINGS = 5


class UnknownUnitError(ValueError):
    """An amount is reported in a unit that has no known size."""


def count_decimals(reported: pd.Series) -> pd.Series:
    """Digits after the point of each printed amount (int64); 0 where there is none. Line breaks inside a cell do not count."""
    text = reported.fillna("").astype(str).str.normalize("NFKC").str.replace(r"\s+", "", regex=True)
    decimals: pd.Series = text.str.extract(r"\.(\d+)", expand=False).fillna("").str.len().astype("int64")
    return decimals


def measure_grains(reported: pd.Series, unit: pd.Series, table: pd.Series, is_number: pd.Series) -> Fen:
    """The grain of every amount in fen: the last digit to which its table prints, or finer where the cell itself does;
    only the cell's own last digit where a long number without separators may have been cut to its column's width.

    All four are aligned: the cell's text, its unit, its table and whether it is a number other than zero. Amounts that are
    finer than a fen have the grain 1. Raises UnknownUnitError.
    """
    sizes = unit.map(FEN_OF_UNIT)
    if sizes.isna().any():
        raise UnknownUnitError(f"no size is known for the unit {unit[sizes.isna()].iloc[0]!r}; known: {', '.join(FEN_OF_UNIT)}")
    printed = count_decimals(reported)
    shared = _find_table_decimals(printed[is_number], unit[is_number], table[is_number])
    keys = pd.MultiIndex.from_arrays([table, unit])
    of_table = shared.reindex(keys).fillna(0).to_numpy(dtype="int64")
    is_full = ~reported.str.contains("[,，]") & (reported.str.count(r"\d") >= DIGITS_THAT_FILL_A_COLUMN)
    decimals = np.where(is_full, printed.to_numpy(), np.maximum(printed.to_numpy(), of_table))
    # Beyond 10 decimals even 亿元 is finer than a fen; the cap keeps the power inside int64.
    grains = sizes.to_numpy(dtype="int64") // np.power(10, np.minimum(decimals, 10), dtype="int64")
    coarse: Fen = np.maximum(grains, 1)
    return coarse


def _find_table_decimals(decimals: pd.Series, unit: pd.Series, table: pd.Series) -> pd.Series:
    """The largest number of decimals that a fair share of a table's amounts in one unit print, by (table, unit)."""
    frame = pd.DataFrame({"table": table, "unit": unit, "decimals": decimals, "count": 1})
    counts = frame.groupby(["table", "unit", "decimals"], as_index=False)["count"].sum()
    totals = counts.groupby(["table", "unit"])["count"].transform("sum")
    common = counts[counts["count"] >= SHARE_THAT_SETS_DECIMALS * totals]
    widest: pd.Series = common.groupby(["table", "unit"])["decimals"].max()
    return widest


def classify_differences(difference: Fen, doubled_envelope: Fen) -> npt.NDArray[np.object_]:
    """`exact`, `rounding` or `violated` for each difference; `doubled_envelope` is the sum of all grains taking part."""
    outcome = np.full(len(difference), "violated", dtype=object)
    outcome[2 * np.abs(difference) <= doubled_envelope] = "rounding"
    outcome[difference == 0] = "exact"
    return outcome


def tell_truncation(
    outcome: npt.NDArray[np.object_], difference: Fen, lowest: Fen, highest: Fen, document: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """True where a violation is a truncation instead.

    It must fit strictly between `lowest` and `highest` (the limits of a publisher that cuts digits off), and the rest of the
    document must show the habit: LOPSIDED_ROUNDINGS or more inexact identities whose difference has the sign that cutting
    gives, and none with the other sign. A publisher that rounds produces both signs alike, and one misread digit in an
    otherwise exact document produces no lopsided roundings, so neither is excused.
    """
    inexact = outcome == "rounding"
    # Cutting pulls the difference towards the wider limit: upwards where the parts stand on the right.
    direction = np.sign(highest + lowest)
    agrees = inexact & (np.sign(difference) == direction) & (direction != 0)
    opposes = inexact & (np.sign(difference) == -direction) & (direction != 0)
    counts = pd.DataFrame({"document": document, "agrees": agrees, "opposes": opposes}).groupby("document").transform("sum")
    habit = (counts["agrees"].to_numpy() >= LOPSIDED_ROUNDINGS) & (counts["opposes"].to_numpy() == 0)
    fits = (outcome == "violated") & (difference > lowest) & (difference < highest)
    truncated: npt.NDArray[np.bool_] = fits & habit
    return truncated
