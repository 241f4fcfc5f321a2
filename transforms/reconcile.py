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
import numpy.typing as npt
import pandas as pd

from transforms.board import Board, lay_out_board
from transforms.envelope import classify_differences, tell_truncation
from transforms.identities import (
    Condition,
    Formula,
    Identities,
    Identity,
    Sides,
    Term,
    list_terms,
    list_tests,
    load_identities,
)
from transforms.line_roles import Lines, as_frame, describe_lines
from transforms.proof import count_proofs

__all__ = ["Checks", "count_proofs", "evaluate_identities"]

SCOPE = ["document", "set"]
# Best first: of a formula's alternatives the one with the best outcome counts.
OUTCOMES = ("exact", "rounding", "truncation", "violated", "not_computable")
JUDGED = ["identity", "formula", "name", "outcome", "reason", "can_truncate", "left_fen", "right_fen", "grains", "lowest", "highest"]
PLACE_OF_CHECK = ["document", "identity", "formula", "table", "line_number", "column_number"]


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
            amounts = {f"{side}_cny": _to_yuan(row.pop(f"{side}_fen")) for side in ("left", "right", "difference", "envelope")}
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
    board = lay_out_board(described, declared)
    table_rows = as_frame(tables)
    results = [_evaluate_identity(identity, order, board, table_rows) for order, identity in enumerate(declared.identities)]
    return _assemble([found for found, _ in results], [silent for _, silent in results], described, board, declared)


@dataclass(frozen=True)
class _Instances:
    """Instances of one identity: `checks` (one row each) and `terms` (check, side, sign, line: a position on the board)."""

    checks: pd.DataFrame
    terms: pd.DataFrame


def _evaluate_identity(identity: Identity, order: int, board: Board, tables: pd.DataFrame) -> tuple[_Instances, pd.DataFrame]:
    """The instances of one identity, and the scopes in which it was not claimed, with the reason."""
    parts: list[_Instances] = []
    refusals: list[pd.DataFrame] = []
    scopes = _list_scopes(board)
    for number, formula in enumerate(identity.formulas):
        refused = _test_conditions(formula.when, scopes, board, tables)
        instances = _evaluate_formula(identity, formula, board)
        blocked = _is_among(instances.checks, refused)
        kept = instances.checks[~blocked].assign(identity=order, formula=number)
        parts.append(_Instances(kept, instances.terms[instances.terms["check"].isin(kept.index)]))
        refusals.append(refused)
    instances = _concatenate(parts)
    return instances, _explain_silence(identity, order, instances.checks, pd.concat(refusals), scopes, board)


def _list_scopes(board: Board) -> pd.DataFrame:
    return pd.DataFrame(board.take(SCOPE, np.arange(len(board.columns["fen"])))).drop_duplicates(ignore_index=True)


def _is_among(rows: pd.DataFrame, scopes: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which rows lie in one of the scopes."""
    among: npt.NDArray[np.bool_] = pd.MultiIndex.from_frame(rows[SCOPE]).isin(pd.MultiIndex.from_frame(scopes[SCOPE]))
    return among


def _evaluate_formula(identity: Identity, formula: Formula, board: Board) -> _Instances:
    if identity.relation == "same_name":
        return _compare_names(formula, board)
    readings = [_compare_sides(identity, formula, sides, board) for sides in (formula, *formula.alternatives)]
    return readings[0] if len(readings) == 1 else _choose_best(readings, [*SCOPE, *formula.by])


def _choose_best(readings: list[_Instances], keys: list[str]) -> _Instances:
    """Per key the reading with the best outcome, the first of them where several are as good."""
    every = _concatenate(readings)
    rank = every.checks["outcome"].map({outcome: rank for rank, outcome in enumerate(OUTCOMES)})
    best = every.checks.assign(rank=rank).sort_values("rank", kind="stable").drop_duplicates(keys).index.sort_values()
    return _Instances(every.checks.loc[best], every.terms[every.terms["check"].isin(best)])


def _compare_sides(identity: Identity, formula: Formula, sides: Sides, board: Board) -> _Instances:
    """One row per key that has lines in every required term (on the left alone, where the right side is 0)."""
    keys = [*SCOPE, *formula.by]
    terms = _collect_terms(sides, keys, board)
    terms["check"] = terms.groupby(keys, sort=False).ngroup()
    required = [number for number, term in enumerate((*sides.left, *sides.right)) if term.required]
    met = terms[terms["term"].isin(required)].groupby("check")["term"].nunique()
    terms = terms[terms["check"].isin(met.index[met == len(required)])]
    checks = terms.drop_duplicates("check").set_index("check")[keys].join(_sum_terms(terms, board))
    checks = checks[checks["numbers"] > 0]
    terms = terms[terms["check"].isin(checks.index)]
    return _Instances(_judge(checks, terms, identity, formula, bool(sides.right), board), terms.drop(columns=keys))


def _collect_terms(sides: Sides, keys: list[str], board: Board) -> pd.DataFrame:
    parts = []
    for number, term in enumerate((*sides.left, *sides.right)):
        positions = board.select(term)
        values = dict(zip(keys, board.take([term.key.get(key, key) for key in keys], positions).values(), strict=True))
        is_left = number < len(sides.left)
        parts.append(pd.DataFrame({**values, "line": positions, "is_left": is_left, "term": number, "sign": term.sign}))
    return pd.concat(parts, ignore_index=True)


def _sum_terms(terms: pd.DataFrame, board: Board) -> pd.DataFrame:
    """Per check: the two sums, the sum of grains, the limits of truncation, and how many numbers stand on each side."""
    line, is_left, sign = (terms[column].to_numpy() for column in ("line", "is_left", "sign"))
    fen, numbers = board.columns["fen"][line], board.columns["is_number"][line]
    grain = board.columns["grain"][line] * numbers
    # The sign with which an amount enters left minus right; cutting digits off pulls every amount towards zero.
    pull = np.where(is_left, 1, -1) * sign * np.where(fen < 0, -1, 1)
    columns = {
        "left_fen": np.where(is_left, fen * sign, 0),
        "right_fen": np.where(is_left, 0, fen * sign),
        "grains": grain,
        "lowest": np.where(pull > 0, -grain, 0),
        "highest": np.where(pull < 0, grain, 0),
        "numbers_left": numbers * is_left,
        "numbers_right": numbers * ~is_left,
        "numbers": numbers,
    }
    return pd.DataFrame(columns).groupby(terms["check"].to_numpy()).sum()


def _judge(
    checks: pd.DataFrame, terms: pd.DataFrame, identity: Identity, formula: Formula, has_right: bool, board: Board
) -> pd.DataFrame:
    """Add `outcome` and `reason` from the sums; truncation is told later, when all checks of a document are known."""
    difference = checks["left_fen"] - checks["right_fen"]
    if identity.relation == "at_most":
        difference = difference.clip(lower=0)
    outcome = classify_differences(difference.to_numpy(), checks["grains"].to_numpy())
    failed = outcome == "violated"
    reason = np.full(len(checks), "", dtype=object)
    for doubt in reversed(formula.doubts):
        doubtful = set(terms["check"].to_numpy()[board.columns[doubt][terms["line"].to_numpy()] == 1])
        reason[failed & checks.index.isin(doubtful)] = board.doubts[doubt]
    if identity.relation == "hint":
        reason[failed] = "the two sides usually agree, but need not: no error is claimed"
    if has_right:
        reason[(checks["numbers_right"] == 0).to_numpy()] = "the right side is blank"
    reason[(checks["numbers_left"] == 0).to_numpy()] = "the left side is blank"
    outcome[reason != ""] = "not_computable"
    return checks.assign(outcome=outcome, reason=reason, can_truncate=identity.relation == "equal", name=formula.name)


def _compare_names(formula: Formula, board: Board) -> _Instances:
    """One check per code that stands in at least two rows: exact where all have the same name, violated where not."""
    keys = [*SCOPE, *formula.by]
    positions = board.select(formula.left[0])
    terms = pd.DataFrame({**board.take([*keys, "row", "name"], positions), "line": positions}).drop_duplicates("row")
    terms["check"] = terms.groupby(keys, sort=False).ngroup()
    names = terms.groupby("check").agg(rows=("line", "size"), names=("name", "nunique"))
    names = names[names["rows"] > 1]
    terms = terms[terms["check"].isin(names.index)]
    checks = terms.drop_duplicates("check").set_index("check")[keys].join(names["names"])
    differs = checks.pop("names") > 1
    spellings = terms[terms["check"].isin(checks.index[differs])].drop_duplicates(["check", "name"])
    texts = spellings["name"].map({number: word for word, number in board.words.items()}).groupby(spellings["check"]).agg(" / ".join)
    outcome = np.where(differs, "violated", "exact").astype(object)
    reason = texts.reindex(checks.index).fillna("").to_numpy(dtype=object)
    checks = checks.assign(outcome=outcome, reason=reason, can_truncate=False, name=formula.name)
    return _Instances(checks, terms[["check", "line"]].assign(is_left=True, term=0, sign=0))


def _test_conditions(
    conditions: tuple[Condition, ...], scopes: pd.DataFrame, board: Board, tables: pd.DataFrame
) -> pd.DataFrame:
    """The scopes in which a condition is not met, with the reason of the first one."""
    refused = [scopes.iloc[:0].assign(reason="")]
    for condition in conditions:
        ((kind, term),) = list_tests(condition)
        met = _test_condition(kind, term, scopes, board, tables)
        refused.append(scopes[~met].assign(reason=condition.reason))
    return pd.concat(refused, ignore_index=True).drop_duplicates(SCOPE)


def _test_condition(
    kind: str, term: Term, scopes: pd.DataFrame, board: Board, tables: pd.DataFrame
) -> npt.NDArray[np.bool_]:
    if kind == "declared_empty":
        # An empty table has no lines to tell its set by: the condition is met or not for a whole document.
        return scopes["document"].isin([board.words[name] for name in _list_declared_empty(term, board, tables)]).to_numpy()
    positions = board.select(term)
    if kind in {"zero", "nonzero"}:
        positions = positions[board.columns["fen"][positions] != 0]
    holds = _is_among(scopes, pd.DataFrame(board.take(SCOPE, positions)))
    return ~holds if kind == "zero" else holds


def _list_declared_empty(term: Term, board: Board, tables: pd.DataFrame) -> list[str]:
    """Documents that have tables of the term's types, all of them declared empty."""
    if tables.empty:
        return []
    chosen = tables[tables["table_type"].isin([board.tables.get(name, name) for name in term.tables])]
    empty = chosen["is_declared_empty"].astype(bool).groupby(chosen["document_id"]).all()
    return [str(document) for document in empty.index[empty] if document in board.words]


def _explain_silence(
    identity: Identity, order: int, checks: pd.DataFrame, refusals: pd.DataFrame, scopes: pd.DataFrame, board: Board
) -> pd.DataFrame:
    """One row per set of tables in which a condition kept the whole identity from being claimed, and one per document in
    which it found nothing to compare.
    """
    silent = scopes[~_is_among(scopes, checks)].merge(refusals.drop_duplicates(SCOPE), on=SCOPE, how="left")
    refused = silent[silent["reason"].notna()]
    rest = silent[silent["reason"].isna()].drop_duplicates("document")
    rest = rest[~rest["document"].isin(checks["document"]) & ~rest["document"].isin(refused["document"])]
    rest = rest.assign(reason=_name_missing(identity, rest["document"], board))
    return pd.concat([refused, rest]).assign(identity=order, outcome="not_computable")


def _name_missing(identity: Identity, documents: pd.Series, board: Board) -> list[str]:
    """Why nothing was compared: the tables that a document does not print amounts of, else that their lines do not meet."""
    used = [name for formula in identity.formulas for term in list_terms(formula) for name in term.tables]
    wanted = dict.fromkeys(board.tables.get(name, name) for name in used)
    held = set(zip(board.columns["document"].tolist(), board.columns["table_type"].tolist(), strict=True))
    reasons = []
    for document in documents:
        lacking = [name for name in wanted if (document, board.words.get(name, -1)) not in held]
        nothing = "the tables print no amounts that can be compared"
        reasons.append(f"no amounts of {', '.join(lacking)}" if lacking else nothing)
    return reasons


def _concatenate(parts: list[_Instances]) -> _Instances:
    """Instances one after the other, numbered anew."""
    checks, terms, start = [], [], 0
    for part in parts:
        numbers = pd.Series(np.arange(start, start + len(part.checks)), index=part.checks.index)
        terms.append(part.terms.assign(check=part.terms["check"].map(numbers)))
        checks.append(part.checks.set_axis(numbers.to_numpy()))
        start += len(part.checks)
    return _Instances(pd.concat(checks), pd.concat(terms, ignore_index=True))


def _assemble(found: list[_Instances], unclaimed: list[pd.DataFrame], described: pd.DataFrame, board: Board, declared: Identities) -> Checks:
    """Order and number all checks, tell truncations, name subjects, list ids."""
    instances = _concatenate(found)
    checks, terms = instances.checks, instances.terms.sort_values(["check", "line"], kind="stable")
    # The subject's line is the first of the left side.
    subject_line = terms.sort_values(["check", "is_left"], ascending=[True, False], kind="stable").drop_duplicates("check")
    first = described.loc[subject_line["line"]].set_axis(subject_line["check"].to_numpy())
    place = first[["document", "set", "table", "line_number", "column_number"]]
    checks = checks[JUDGED].join(place).assign(check_subject=_name_subjects(first, checks["name"]))
    every = _append_silence(checks, pd.concat(unclaimed, ignore_index=True), board, declared)
    order = every.sort_values([*PLACE_OF_CHECK, "set"], kind="stable", na_position="last")
    terms = terms.assign(check=terms["check"].map(pd.Series(np.arange(len(order)), index=order.index)))
    terms = terms.sort_values(["check", "line"], kind="stable")
    named = described.loc[terms["line"], ["line_id", "table"]].set_axis(terms.index)
    named["is_number"] = described.loc[terms["line"], "is_number"].to_numpy()
    terms = terms.join(named)
    relations = {identity.id: identity.relation for identity in declared.identities}
    frame = _shape_checks(order.reset_index(drop=True), terms, declared)
    return Checks(frame, terms[["check", "is_left", "line_id", "is_number"]].reset_index(drop=True), relations)


def _append_silence(checks: pd.DataFrame, silent: pd.DataFrame, board: Board, declared: Identities) -> pd.DataFrame:
    """All checks with those that were not claimed, their scopes named again."""
    names = {number: word for word, number in board.words.items()}
    silent = silent.assign(document=silent["document"].map(names), set=silent["set"].map(names))
    silent["check_subject"] = [declared.identities[i].id for i in silent["identity"]]
    silent.index = pd.RangeIndex(len(checks), len(checks) + len(silent))
    return pd.concat([checks, silent])


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
            "left_line_ids": _list_by_check(terms[terms["is_left"]], "line_id", len(order)),
            "right_line_ids": _list_by_check(terms[~terms["is_left"]], "line_id", len(order)),
            "table_ids": _list_by_check(
                terms.drop_duplicates(["check", "table"]).sort_values(["check", "table"]), "table", len(order)
            ),
        }
    )


def _settle_truncation(order: pd.DataFrame, sums: pd.DataFrame, difference: pd.Series) -> pd.Series:
    eligible = order["can_truncate"].eq(True).to_numpy(dtype=bool)
    documents = pd.factorize(order["document"])[0].astype("int64")
    outcome = order["outcome"].to_numpy(dtype=object)
    judged = np.where(eligible, outcome, "")
    truncated = tell_truncation(judged, difference.to_numpy(), sums["lowest"].to_numpy(), sums["highest"].to_numpy(), documents)
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
