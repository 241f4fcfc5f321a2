"""Evaluates the declared identities over many documents at once and says how each came out.

Promise: exact integer arithmetic in fen; the same lines in any order give the same checks; an identity that could not be
evaluated is a row that says why, never a silence and never a pass.

`evaluate_identities` knows no identity: it selects, groups and sums as `identities.yml` says. Every amount that takes part is a
*term* (check, side, sign, line); the two sides, the envelope and the ids are sums and lists over the terms.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from transforms.envelope import classify_differences, tell_truncation
from transforms.identities import Condition, Formula, Identities, Identity, Sides, Term, list_tests, load_identities
from transforms.line_roles import Lines, as_frame, describe_lines
from transforms.proof import count_proofs

__all__ = ["Checks", "count_proofs", "evaluate_identities"]

SCOPE = ["document", "set"]
# Best first: of a formula's alternatives the one with the best outcome counts.
OUTCOMES = ("exact", "rounding", "truncation", "violated", "not_computable")


@dataclass(frozen=True)
class Checks:
    """Every identity evaluated.

    `frame`: one row per check, the columns of `core_checks` without processing_id (amounts as fen in int64 columns named
    left_fen, right_fen, difference_fen, envelope_fen, null where not computable). `terms`: one row per (check, line) with the
    columns check (row of `frame`), line_id, is_number. `relations`: the relation of each check_id.
    """

    frame: pd.DataFrame
    terms: pd.DataFrame
    relations: Mapping[str, str]

    def to_rows(self) -> list[dict[str, Any]]:
        """Rows of `core_checks`: yuan as Decimal with two places, lists of ids, None where there is no value."""
        rows = []
        for row in self.frame.to_dict("records"):
            amounts = {
                f"{side}_cny": _to_yuan(row.pop(f"{side}_fen")) for side in ("left", "right", "difference", "envelope")
            }
            rows.append({**row, "reason": row["reason"] or None, **amounts})
        return rows


def _to_yuan(fen: Any) -> Decimal | None:
    return None if pd.isna(fen) else Decimal(int(fen)).scaleb(-2)


def evaluate_identities(lines: Lines, tables: Lines, identities: Identities | None = None) -> Checks:
    """Evaluate all identities over `core_budget_lines` rows of any number of documents; `tables` are their `core_tables` rows.

    Checks come ordered by document, identity, formula and place in the document, numbered from 1 in each document.
    Raises KeyError where a column of core_budget_lines is missing.
    """
    declared = identities or load_identities()
    described = describe_lines(lines, tables)
    table_rows = as_frame(tables)
    found: list[_Instances] = []
    unclaimed: list[pd.DataFrame] = []
    for order, identity in enumerate(declared.identities):
        instances, reasons = _evaluate_identity(identity, order, described, table_rows, declared)
        found.append(instances)
        unclaimed.append(reasons)
    return _assemble(found, unclaimed, described, declared)


@dataclass(frozen=True)
class _Instances:
    """Instances of one identity: `checks` (one row each) and `terms` (check, side, sign, line: a row of the described lines)."""

    checks: pd.DataFrame
    terms: pd.DataFrame


def _evaluate_identity(
    identity: Identity, order: int, described: pd.DataFrame, tables: pd.DataFrame, declared: Identities
) -> tuple[_Instances, pd.DataFrame]:
    """The instances of one identity, and the scopes in which it was not claimed, with the reason."""
    parts: list[_Instances] = []
    reasons: list[pd.DataFrame] = []
    for number, formula in enumerate(identity.formulas):
        refused = _test_conditions(formula.when, described, tables, declared)
        instances = _evaluate_formula(identity, formula, described, declared)
        blocked = pd.MultiIndex.from_frame(instances.checks[SCOPE]).isin(pd.MultiIndex.from_frame(refused[SCOPE]))
        kept = instances.checks[~blocked].assign(identity=order, formula=number)
        parts.append(_Instances(kept, instances.terms[instances.terms["check"].isin(kept.index)]))
        reasons.append(refused)
    instances = _concatenate(parts)
    return instances, _explain_silence(identity, order, instances.checks, reasons, described, declared)


def _evaluate_formula(identity: Identity, formula: Formula, described: pd.DataFrame, declared: Identities) -> _Instances:
    if identity.relation == "same_name":
        return _compare_names(identity, formula, described, declared)
    readings = [_compare_sides(identity, formula, sides, described, declared) for sides in (formula, *formula.alternatives)]
    if len(readings) == 1:
        return readings[0]
    for choice, reading in enumerate(readings):
        reading.checks["choice"] = choice
    both = _concatenate(readings)
    rank = both.checks["outcome"].map({outcome: rank for rank, outcome in enumerate(OUTCOMES)})
    ordered = both.checks.assign(rank=rank).sort_values(["rank", "choice"], kind="stable")
    best = ordered.drop_duplicates([*SCOPE, *formula.by]).index.sort_values()
    return _Instances(both.checks.loc[best].drop(columns="choice"), both.terms[both.terms["check"].isin(best)])


def _compare_sides(
    identity: Identity, formula: Formula, sides: Sides, described: pd.DataFrame, declared: Identities
) -> _Instances:
    """One row per key that has lines on both sides (or on the left, where the right side is 0)."""
    keys = [*SCOPE, *formula.by]
    terms = _collect_terms(sides, keys, described, declared)
    terms["check"] = terms.groupby(keys, sort=False).ngroup()
    required = [(side, i) for side in ("left", "right") for i, term in enumerate(getattr(sides, side)) if term.required]
    present = terms.drop_duplicates(["check", "side", "term"])
    met = [set(present.loc[(present["side"] == side) & (present["term"] == i), "check"]) for side, i in required]
    complete = sorted(set.intersection(*met)) if met else []
    terms = terms[terms["check"].isin(complete)]
    checks = terms.drop_duplicates("check").set_index("check")[keys].join(_sum_terms(terms))
    checks = checks[checks["numbers"] > 0].assign(formula_name=formula.name)
    terms = terms[terms["check"].isin(checks.index)]
    return _Instances(_judge(checks, terms, identity, formula, bool(sides.right), described, declared), terms)


def _collect_terms(sides: Sides, keys: list[str], described: pd.DataFrame, declared: Identities) -> pd.DataFrame:
    columns = ["fen", "grain", "is_number"]
    parts = []
    for side in ("left", "right"):
        for number, term in enumerate(getattr(sides, side)):
            chosen = described[_select(term, described, declared)]
            part = pd.DataFrame({key: chosen[term.key.get(key, key)] for key in keys})
            part[columns] = chosen[columns]
            parts.append(part.assign(line=chosen.index, side=side, term=number, sign=term.sign))
    return pd.concat(parts, ignore_index=True)


def _select(term: Term, described: pd.DataFrame, declared: Identities) -> pd.Series:
    mask = pd.Series(True, index=described.index)
    if term.tables:
        mask &= described["table_type"].isin(declared.name_tables(term))
    for column, value in term.where.items():
        mask &= described[column].isin(value if isinstance(value, list) else [value])
    for column, value in term.unless.items():
        mask &= ~described[column].isin(value if isinstance(value, list) else [value])
    return mask


def _sum_terms(terms: pd.DataFrame) -> pd.DataFrame:
    """Per check: the two sums, the sum of grains, the limits of truncation, and how many numbers stand on each side."""
    is_left = (terms["side"] == "left").to_numpy()
    amount = (terms["fen"] * terms["sign"]).to_numpy()
    grain = terms["grain"].where(terms["is_number"], 0).to_numpy()
    # The sign with which an amount enters left minus right; cutting digits off pulls every amount towards zero.
    pull = np.where(is_left, 1, -1) * terms["sign"].to_numpy() * np.where(terms["fen"] < 0, -1, 1)
    numbers = terms["is_number"].to_numpy()
    columns = {
        "left_fen": np.where(is_left, amount, 0),
        "right_fen": np.where(is_left, 0, amount),
        "grains": grain,
        "lowest": np.where(pull > 0, -grain, 0),
        "highest": np.where(pull < 0, grain, 0),
        "numbers_left": numbers & is_left,
        "numbers_right": numbers & ~is_left,
        "numbers": numbers,
    }
    return pd.DataFrame(columns, index=terms.index).groupby(terms["check"]).sum().astype("int64")


def _judge(
    checks: pd.DataFrame,
    terms: pd.DataFrame,
    identity: Identity,
    formula: Formula,
    has_right: bool,
    described: pd.DataFrame,
    declared: Identities,
) -> pd.DataFrame:
    """Add `outcome` and `reason` from the sums; truncation is told later, when all checks of a document are known."""
    difference = checks["left_fen"] - checks["right_fen"]
    if identity.relation == "at_most":
        difference = difference.clip(lower=0)
    outcome = pd.Series(classify_differences(difference.to_numpy(), checks["grains"].to_numpy()), index=checks.index, dtype="object")
    reason = pd.Series("", index=checks.index, dtype="object")
    blank_left = checks["numbers_left"] == 0
    blank_right = (checks["numbers_right"] == 0) & has_right
    reason = reason.mask(blank_right, "the right side is blank").mask(blank_left, "the left side is blank")
    failed = (outcome == "violated") & (reason == "")
    if identity.relation == "hint":
        reason = reason.mask(failed, "the two sides usually agree, but need not: no error is claimed")
    for doubt in formula.doubts:
        doubtful = described.loc[terms["line"], doubt].groupby(terms["check"].to_numpy()).any()
        in_doubt = doubtful.reindex(checks.index, fill_value=False)
        reason = reason.mask(failed & in_doubt & (reason == ""), declared.doubts[doubt])
    outcome = outcome.mask(reason != "", "not_computable")
    return checks.assign(outcome=outcome, reason=reason, can_truncate=identity.relation == "equal")


def _compare_names(identity: Identity, formula: Formula, described: pd.DataFrame, declared: Identities) -> _Instances:
    """One check per code that stands in at least two rows: exact where all have the same name, violated where not."""
    keys = [*SCOPE, *formula.by]
    chosen = described[_select(formula.left[0], described, declared)].drop_duplicates("row")
    terms = pd.DataFrame({key: chosen[key] for key in keys}).assign(line=chosen.index, side="left", name=chosen["name"])
    terms["check"] = terms.groupby(keys, sort=False).ngroup()
    counts = terms.groupby("check").agg(rows=("line", "size"), names=("name", "nunique"), spelling=("name", _list_names))
    counts = counts[counts["rows"] > 1]
    terms = terms[terms["check"].isin(counts.index)]
    checks = terms.drop_duplicates("check").set_index("check")[keys].join(counts)
    outcome = np.where(checks["names"] > 1, "violated", "exact").astype(object)
    reason = checks["spelling"].where(checks["names"] > 1, "").astype(object)
    judged = checks[keys].assign(outcome=outcome, reason=reason, can_truncate=False, formula_name=formula.name)
    return _Instances(judged, terms.drop(columns="name").assign(is_number=False))


def _list_names(names: pd.Series) -> str:
    return " / ".join(names.drop_duplicates())


def _test_conditions(
    conditions: tuple[Condition, ...], described: pd.DataFrame, tables: pd.DataFrame, declared: Identities
) -> pd.DataFrame:
    """The scopes in which a condition is not met, with the reason of the first one."""
    scopes = described[SCOPE].drop_duplicates()
    refused = [scopes.iloc[:0].assign(reason="")]
    for condition in conditions:
        ((kind, term),) = list_tests(condition)
        met = _test_condition(kind, term, scopes, described, tables, declared)
        refused.append(scopes[~met].assign(reason=condition.reason))
    return pd.concat(refused, ignore_index=True).drop_duplicates(SCOPE)


def _test_condition(
    kind: str, term: Term, scopes: pd.DataFrame, described: pd.DataFrame, tables: pd.DataFrame, declared: Identities
) -> pd.Series:
    if kind == "declared_empty":
        # The set of an empty table is not known from its lines: it has none. The condition holds for a whole document.
        empty = pd.Series(dtype="object")
        if not tables.empty:
            chosen = tables[tables["table_type"].isin(declared.name_tables(term))]
            all_empty = chosen.groupby("document_id")["is_declared_empty"].all()
            empty = all_empty[all_empty].index.to_series()
        return scopes["document"].isin(empty)
    chosen = described[_select(term, described, declared)]
    if kind in {"zero", "nonzero"}:
        chosen = chosen[chosen["fen"] != 0]
    holds = pd.MultiIndex.from_frame(scopes).isin(pd.MultiIndex.from_frame(chosen[SCOPE]))
    return pd.Series(~holds if kind == "zero" else holds, index=scopes.index)


def _explain_silence(
    identity: Identity,
    order: int,
    checks: pd.DataFrame,
    refusals: list[pd.DataFrame],
    described: pd.DataFrame,
    declared: Identities,
) -> pd.DataFrame:
    """One row per set of tables (per document where no condition stood in the way) in which the identity has no instance."""
    scopes = described[SCOPE].drop_duplicates()
    silent = scopes[~pd.MultiIndex.from_frame(scopes).isin(pd.MultiIndex.from_frame(checks[SCOPE].drop_duplicates()))]
    refused = pd.concat(refusals, ignore_index=True).drop_duplicates(SCOPE)
    silent = silent.merge(refused, on=SCOPE, how="left")
    documents = set(silent["document"]) - set(checks["document"])
    spoken = silent["reason"].notna()
    rest = silent[~spoken & silent["document"].isin(documents)].drop_duplicates("document")
    rest = rest[~rest["document"].isin(silent.loc[spoken, "document"])]
    rest = rest.assign(reason=_name_missing(identity, rest["document"], described, declared))
    out = pd.concat([silent[spoken], rest]).assign(identity=order, outcome="not_computable")
    return out


def _name_missing(identity: Identity, documents: pd.Series, described: pd.DataFrame, declared: Identities) -> pd.Series:
    """Which side of which formula has nothing: the tables that the document lacks, else that the lines do not meet."""
    wanted = [name for formula in identity.formulas for term in (*formula.left, *formula.right) for name in declared.name_tables(term)]
    wanted = list(dict.fromkeys(wanted))
    held = described.groupby("document")["table_type"].agg(set)
    reasons = []
    for document in documents:
        lacking = [name for name in wanted if name not in held[document]]
        text = f"no amounts of {', '.join(lacking)}" if lacking else "the tables print no amounts that can be compared"
        reasons.append(text)
    return pd.Series(reasons, index=documents.index, dtype="object")


def _concatenate(parts: list[_Instances]) -> _Instances:
    """Instances one after the other, numbered anew."""
    checks, terms, start = [], [], 0
    for part in parts:
        numbers = pd.Series(np.arange(start, start + len(part.checks)), index=part.checks.index)
        terms.append(part.terms.assign(check=part.terms["check"].map(numbers)))
        checks.append(part.checks.set_axis(numbers.to_numpy()))
        start += len(part.checks)
    return _Instances(pd.concat(checks), pd.concat(terms, ignore_index=True))


def _assemble(
    found: list[_Instances], unclaimed: list[pd.DataFrame], described: pd.DataFrame, declared: Identities
) -> Checks:
    """Order and number all checks, tell truncations, name subjects, list ids."""
    instances = _concatenate(found)
    checks, terms = instances.checks, instances.terms.sort_values(["check", "line"], kind="stable")
    first = described.loc[terms.drop_duplicates("check").set_index("check")["line"]].set_axis(terms["check"].unique())
    checks = checks.assign(check_subject=_name_subjects(first, checks["formula_name"]))
    checks = checks.assign(**{c: first[c] for c in ("table", "line_number", "column_number")})
    silent = pd.concat(unclaimed, ignore_index=True)
    silent["check_subject"] = silent["set"].map(lambda name: "" if name == "1" else f"set {name}")
    silent.index = pd.RangeIndex(len(checks), len(checks) + len(silent))
    every = pd.concat([checks, silent]) if len(silent) else checks
    order = every.sort_values(
        ["document", "identity", "formula", "table", "line_number", "column_number", "set"], kind="stable", na_position="last"
    )
    position = pd.Series(np.arange(len(order)), index=order.index)
    terms = terms.assign(check=terms["check"].map(position)).sort_values(["check", "line"], kind="stable")
    terms = terms.assign(line_id=described.loc[terms["line"], "line_id"].to_numpy(), table=described.loc[terms["line"], "table"].to_numpy())
    frame = _shape_checks(order.reset_index(drop=True), terms, declared)
    relations = {identity.id: identity.relation for identity in declared.identities}
    return Checks(frame, terms[["check", "side", "line_id", "is_number"]].reset_index(drop=True), relations)


def _shape_checks(order: pd.DataFrame, terms: pd.DataFrame, declared: Identities) -> pd.DataFrame:
    sums = order[["left_fen", "right_fen", "grains", "lowest", "highest"]].astype("Int64")
    difference = (sums["left_fen"] - sums["right_fen"]).rename("difference_fen")
    outcome = _settle_truncation(order, sums.fillna(0).astype("int64"), difference.fillna(0).astype("int64"))
    ids = [identity.id for identity in declared.identities]
    return pd.DataFrame(
        {
            "document_id": order["document"],
            "check_number": order.groupby("document").cumcount() + 1,
            "check_id": order["identity"].map(dict(enumerate(ids))),
            "check_subject": order["check_subject"],
            "left_fen": sums["left_fen"],
            "right_fen": sums["right_fen"],
            "difference_fen": difference,
            # Differences are whole fen: half a fen of envelope changes no verdict.
            "envelope_fen": sums["grains"] // 2,
            "outcome": outcome,
            "reason": order["reason"].fillna(""),
            "left_line_ids": _list_by_check(terms[terms["side"] == "left"], "line_id", len(order)),
            "right_line_ids": _list_by_check(terms[terms["side"] == "right"], "line_id", len(order)),
            "table_ids": _list_by_check(terms.drop_duplicates(["check", "table"]).sort_values(["check", "table"]), "table", len(order)),
        }
    )


def _settle_truncation(order: pd.DataFrame, sums: pd.DataFrame, difference: pd.Series) -> pd.Series:
    eligible = order["can_truncate"].eq(True).to_numpy()
    documents = pd.factorize(order["document"])[0].astype("int64")
    outcome = order["outcome"].to_numpy(dtype=object)
    judged = np.where(eligible, outcome, "")
    truncated = tell_truncation(
        judged, difference.to_numpy(), sums["lowest"].to_numpy(), sums["highest"].to_numpy(), documents
    )
    return pd.Series(np.where(truncated, "truncation", outcome), index=order.index)


def _list_by_check(terms: pd.DataFrame, column: str, count: int) -> pd.Series:
    """Lists of a column's values per check, [] where there are none; `terms` is sorted by check."""
    bounds = np.searchsorted(terms["check"].to_numpy(), np.arange(count + 1))
    values = terms[column].tolist()
    return pd.Series([values[bounds[i] : bounds[i + 1]] for i in range(count)], dtype="object")


def _name_subjects(first: pd.DataFrame, formula: pd.Series) -> pd.Series:
    """What an instance is about, from its first line: formula, table (#2 for the second of its type), row, measure."""
    again = first["table_instance"].astype("str").radd("#").where(first["table_instance"] > 1, "")
    code = first[["function", "econ_department_code", "econ_government_code"]].max(axis=1)
    measure = first["fund"] + "/" + first["kind"] + "/" + first["basis"]
    row = (code + " " + first["line_label"]).str.strip()
    parts = [formula.reindex(first.index), first["table_type"] + again, row, measure]
    subject = parts[0]
    for part in parts[1:]:
        subject = subject + " · " + part
    return subject
