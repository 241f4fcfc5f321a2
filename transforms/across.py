"""The identities between documents evaluated: the lines of the compared documents in one frame, for the engine that evaluates
the identities of one document.

Promise: nothing is compared that the declarations (`identities_across.yml`) do not name; a difference with an honest explanation
(another classification, another organisation) is not computable and says why; every row leads to the page on both sides.

Columns that the declarations select by, added to the described lines (`transforms/line_roles.py`):

party, phase        the role of the line's document in the comparison; budget or final
is_claim, meets     the line states what the other document printed, and the basis that amount has there
is_whole            of the three public expenses: not one unit's row among those of several units
is_complete         every unit that the department lists is among the documents
is_widest_fund      in a summary: of its block's funds the widest that is printed in the row's role
doubt_moved         the totals of the two documents agree for the measure
doubt_renamed       the two documents have no name in common for the code
doubt_restructured  the organisation of the one document became a part of the other's
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd

from transforms.identities import load_identities_across
from transforms.line_roles import Lines, as_frame, describe_lines
from transforms.pairs import ROLES, Comparison
from transforms.reconcile import evaluate_described
from warehouse.records import Row

# What a document states of another, by kind of comparison: the basis of the statement -> the basis over there.
CLAIMS: Mapping[str, Mapping[str, str]] = {
    "consecutive_years": {"prior_year_budget": "budget", "prior_year_actual": "actual"},
    "budget_final": {"budget": "budget"},
}
MEASURE = ["document", "meets", "table_type", "direction", "fund", "kind"]
NOT_PRINTED = "the other document prints no such row"
SHOWN_BASES = ("budget", "actual")


def evaluate_across(
    comparisons: Sequence[Comparison], disclosures: Iterable[Row], lines: Lines, tables: Lines, owners: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Rows of `core_cross_checks`, by document and number.

    `lines` and `tables` are the `core_budget_lines` and `core_tables` rows of all documents compared, `owners` whose each table
    is (`split_tables`); lines of a table that is not there are left out. Raises KeyError for a document without its disclosure.
    """
    by_id = {row["document_id"]: row for row in disclosures}
    printed = as_frame(lines)
    if printed.empty or not comparisons:
        return []
    described = describe_lines(printed, as_frame(tables))
    described = described.assign(owner=described["table"].map(owners)).dropna(subset="owner")
    described["phase"] = described["document"].map({document_id: row["phase"] for document_id, row in by_id.items()})
    columns = ["line_id", "document_id", "page", "bbox"]
    places = {row[0]: dict(zip(columns, row, strict=True)) for row in printed[columns].itertuples(index=False, name=None)}
    named = {comparison.comparison_id: comparison for comparison in comparisons}
    rows: list[dict[str, Any]] = []
    for kind, declared in load_identities_across().items():
        chosen = [comparison for comparison in comparisons if comparison.kind == kind]
        frame = combine_lines(described, chosen)
        if not frame.empty:
            checks = evaluate_described(frame, pd.DataFrame(), declared)
            titles = {identity.id: identity.title.en for identity in declared.identities}
            rows += [_describe(check, named[check["document_id"]], by_id, places, titles) for check in checks.to_rows()]
    return _number(rows)


def combine_lines(described: pd.DataFrame, comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """The lines of all documents of each comparison (of one kind) under the comparison's id, with the columns described above."""
    members = pd.DataFrame([member for comparison in comparisons for member in _list_members(comparison)])
    if members.empty:
        return pd.DataFrame()
    lines = described.assign(is_own=described["owner"] == "").drop(columns="owner")
    frame = members.merge(lines, on=["document", "is_own"], how="inner").drop(columns=["document", "is_own"])
    frame = frame.rename(columns={"comparison": "document"}).assign(set="")
    if frame.empty:
        return frame
    kind = comparisons[0].kind
    stated = CLAIMS.get(kind, {})
    claims = frame["basis"].map(lambda basis: stated.get(basis, ""))
    frame["is_claim"] = (frame["party"] == ROLES[kind][0]) & (claims != "")
    frame["meets"] = claims.where(frame["is_claim"], frame["basis"].where(frame["basis"].isin(SHOWN_BASES), ""))
    return frame.assign(
        # Side by side, the items stand in a row each for the total and for every unit; below each other they are rows themselves.
        is_whole=frame["is_head"].astype(bool) | (frame["holder"] == -1),
        is_widest_fund=_mark_widest(frame),
        doubt_moved=_mark_moved(frame),
        doubt_renamed=_mark_renamed(frame, ROLES[kind][0]),
    )


def _list_members(comparison: Comparison) -> list[dict[str, Any]]:
    """Which lines play which part. Within one document the units' tables are one party and its own are the other."""
    first, second = ROLES[comparison.kind]
    shared = {
        "comparison": comparison.comparison_id,
        "is_complete": comparison.is_complete,
        "doubt_restructured": comparison.is_restructured,
    }
    inside = comparison.others == (comparison.document_id,)
    own = [{**shared, "document": comparison.document_id, "is_own": True, "party": first}]
    return own + [{**shared, "document": other, "is_own": not inside, "party": second} for other in comparison.others]


def _mark_widest(frame: pd.DataFrame) -> pd.Series:
    width = frame["fund"].map({"all": 0, "fiscal_appropriation": 1}).fillna(2)
    same = [frame[column] for column in ("document", "table", "direction", "basis", "role")]
    return width == width.groupby(same).transform("min")


def _mark_moved(frame: pd.DataFrame) -> pd.Series:
    """True for all lines of a measure whose totals, outside of the summaries, agree on both sides within their rounding."""
    heads = frame[frame["is_head"] & ~frame["is_summary"] & frame["is_number"]]
    sign = heads["is_claim"].map({True: 1, False: -1})
    sums = pd.DataFrame({"difference": heads["fen"] * sign, "grain": heads["grain"], "claim": heads["is_claim"]})
    grouped = sums.groupby([heads[column] for column in MEASURE])
    both = grouped["claim"].nunique() == 2  # one side claims, the other prints
    agree = both & (2 * grouped["difference"].sum().abs() <= grouped["grain"].sum())
    keys = pd.MultiIndex.from_frame(frame[MEASURE])
    return pd.Series(keys.isin(agree.index[agree]), index=frame.index)


def _mark_renamed(frame: pd.DataFrame, party: str) -> pd.Series:
    """True for lines of a code for which no name of the party begins, or is the beginning of, a name of the other."""
    code = frame["function"].where(frame["function"] != "", frame["econ_department_code"])
    used = pd.DataFrame({"document": frame["document"], "code": code, "name": frame["name"], "is_left": frame["party"] == party})
    names = used[(code != "") & (frame["name"] != "")].drop_duplicates()
    pairs = names[names["is_left"]].merge(names[~names["is_left"]], on=["document", "code"])
    alike = [one.startswith(other) or other.startswith(one) for one, other in zip(pairs["name_x"], pairs["name_y"], strict=True)]
    shared = pairs.assign(alike=alike).groupby(["document", "code"])["alike"].any()
    keys = pd.MultiIndex.from_arrays([frame["document"], code])
    return pd.Series(keys.isin(shared.index[~shared.astype(bool)]), index=frame.index)


def _describe(
    check: Row, comparison: Comparison, disclosures: Mapping[str, Row], places: Mapping[str, Row], titles: Mapping[str, str]
) -> dict[str, Any]:
    """A row of `core_cross_checks` without its number."""
    here, there = (
        next((places[line_id] for line_id in check[side] if line_id in places), None)
        for side in ("left_line_ids", "right_line_ids")
    )
    row: dict[str, Any] = {
        "processing_id": disclosures[comparison.document_id]["processing_id"],
        "document_id": comparison.document_id,
        "comparison_kind": comparison.kind,
        "other_document_ids": list(comparison.others),
        "other_processing_ids": [disclosures[other]["processing_id"] for other in comparison.others],
        **{name: check[name] for name in ("check_id", "check_subject", "left_cny", "right_cny", "difference_cny")},
        **{name: check[name] for name in ("envelope_cny", "outcome", "reason", "left_line_ids", "right_line_ids")},
        "page": int(here["page"]) if here else None,
        "bbox": [float(edge) for edge in here["bbox"]] if here else None,
        "other_document_id": there["document_id"] if there else None,
        "other_page": int(there["page"]) if there else None,
        "other_bbox": [float(edge) for edge in there["bbox"]] if there else None,
        "message": None,
    }
    if row["reason"] and row["left_line_ids"] and not row["right_line_ids"]:
        row["reason"] = NOT_PRINTED
    if row["outcome"] == "violated":
        row["message"] = _tell(row, disclosures, titles[check["check_id"]])
    return row


def _tell(row: Row, disclosures: Mapping[str, Row], title: str) -> str:
    """One sentence: who prints what where, and how far apart the two are."""
    here, there = disclosures[row["document_id"]], disclosures[row["other_document_id"]]
    several = f" and {len(row['other_document_ids']) - 1} more" if len(row["other_document_ids"]) > 1 else ""
    return (
        f"{title}: {_name(here)} prints {_format(row['left_cny'])} (page {row['page']}), "
        f"{_name(there)}{several} {_format(row['right_cny'])} (page {row['other_page']}); "
        f"difference {_format(row['difference_cny'])} yuan, rounding explains {_format(row['envelope_cny'])}"
    )


def _name(disclosure: Row) -> str:
    scope = " (unit)" if disclosure["organisation_scope"] == "unit" else ""
    phase = "final account" if disclosure["phase"] == "final" else "budget"
    return f"{disclosure['department_name']}{scope} {disclosure['fiscal_year']} {phase}"


def _format(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _number(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows by document, numbered from 1 in each, in the order of kinds, comparisons and checks."""
    numbered: dict[str, int] = {}
    for row in rows:
        numbered[row["document_id"]] = row["cross_check_number"] = numbered.get(row["document_id"], 0) + 1
    return sorted(rows, key=lambda row: (row["document_id"], row["cross_check_number"]))
