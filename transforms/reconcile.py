"""Evaluates the declared identities over many documents at once and says how each came out.

Promise: exact integer arithmetic in fen; the same lines in any order give the same checks; an identity that could not be
evaluated is a row that says why, never a silence and never a pass.

`evaluate_identities` knows no identity: it selects, groups and sums as `identities.yml` says. Every place where a formula uses
a line is a *use* (reading of the formula, side, sign, line); the uses of all formulas and documents are sorted by check once,
and the two sides, the envelope and the ids are sums and lists over each check's uses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transforms.board import Board, Bools, Ints, lay_out_board
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

__all__ = ["Checks", "count_proofs", "evaluate_described", "evaluate_identities"]

SCOPE = ["document", "set"]
# Best first: of a formula's alternatives the one with the best outcome counts.
OUTCOMES = ("exact", "rounding", "truncation", "violated", "not_computable")
SUMS = ["left_fen", "right_fen", "grains", "lowest", "highest"]
PLACE_OF_CHECK = ["document", "identity", "formula", "table", "line_number", "column_number"]


@dataclass(frozen=True)
class Checks:
    """Every identity evaluated.

    `frame`: one row per check, the columns of `core_checks` without processing_id (amounts as fen in int64 columns named
    left_fen, right_fen, difference_fen, envelope_fen, null where not computable). `terms`: one row per (check, line) with the
    columns check (row of `frame`), is_left, sign (1 or -1 inside its side), line_id, is_number, fen, grain (last digit, in fen).
    `relations`: the relation of each check_id.
    """

    frame: pd.DataFrame
    terms: pd.DataFrame
    relations: Mapping[str, str]

    def to_rows(self) -> list[dict[str, Any]]:
        """Rows of `core_checks`: yuan as Decimal with two places, lists of ids, None where there is no value."""
        rows = []
        for row in self.frame.to_dict("records"):
            amounts = {f"{side}_cny": _to_yuan(row.pop(f"{side}_fen")) for side in ("left", "right", "difference", "envelope")}
            named: dict[str, Any] = {str(column): value for column, value in row.items()}
            rows.append({**named, "reason": named["reason"] or None, **amounts})
        return rows


def _to_yuan(fen: Any) -> Decimal | None:
    return None if pd.isna(fen) else Decimal(int(fen)).scaleb(-2)


def evaluate_identities(lines: Lines, tables: Lines, identities: Identities | None = None) -> Checks:
    """Evaluate all identities over `core_budget_lines` rows of any number of documents; `tables` are their `core_tables` rows.

    Checks come ordered by document, identity, formula and place in the document, numbered from 1 in each document.
    Raises KeyError where a column of core_budget_lines is missing.
    """
    return evaluate_described(describe_lines(lines, tables), as_frame(tables), identities or load_identities())


def evaluate_described(described: pd.DataFrame, tables: pd.DataFrame, declared: Identities) -> Checks:
    """The same over lines that are described already (`describe_lines`, with whatever columns were added): what several documents
    have in common is told by giving their lines one `document` and `set`."""
    board = lay_out_board(described, declared)
    return _assemble(_list_readings(declared), described, board, tables, declared)


@dataclass(frozen=True)
class _Reading:
    """One pair of sides of one formula; `order`, `number` and `choice` place it among identities, formulas and alternatives."""

    order: int
    number: int
    choice: int
    identity: Identity
    formula: Formula
    sides: Sides

    @property
    def terms(self) -> tuple[Term, ...]:
        return (*self.sides.left, *self.sides.right)

    @property
    def required(self) -> int:
        """The terms that must be there, a bit each."""
        return sum(1 << bit for bit, term in enumerate(self.terms) if term.required)


def _list_readings(declared: Identities) -> list[_Reading]:
    return [
        _Reading(order, number, choice, identity, formula, sides)
        for order, identity in enumerate(declared.identities)
        for number, formula in enumerate(identity.formulas)
        for choice, sides in enumerate((formula, *formula.alternatives))
    ]


@dataclass(frozen=True)
class _Uses:
    """Every line in every place where a formula uses it, sorted by check; `starts` are the first uses of each check."""

    reading: Ints
    line: Ints
    term: Ints
    is_left: Bools
    sign: Ints
    starts: Ints
    check: Ints

    def add_up(self, values: npt.NDArray[Any]) -> Ints:
        """Sums per check, in whole numbers."""
        sums: Ints = np.add.reduceat(values.astype("int64"), self.starts) if len(self.starts) else np.zeros(0, "int64")
        return sums

    def keep(self, checks: Bools) -> "_Uses":
        """The uses of some checks only, checks numbered anew."""
        uses = checks[self.check]
        check = (np.cumsum(checks) - 1)[self.check[uses]]
        starts = np.flatnonzero(np.diff(check, prepend=-1))
        return _Uses(self.reading[uses], self.line[uses], self.term[uses], self.is_left[uses], self.sign[uses], starts, check)


def _collect_uses(readings: list[_Reading], board: Board) -> tuple[_Uses, Ints]:
    """All uses, and the key of every check: (reading, scope, values of `by`), padded with -1."""
    width = 2 + max(len(reading.formula.by) for reading in readings)
    parts: list[tuple[Ints, ...]] = []
    keys: list[Ints] = []
    for index, reading in enumerate(readings):
        for bit, term in enumerate(reading.terms):
            positions = board.select(term)
            key = np.full((len(positions), width), -1, dtype="int64")
            key[:, 0], key[:, 1] = index, board.columns["scope"][positions]
            for place, column in enumerate(reading.formula.by, start=2):
                key[:, place] = board.columns[term.key.get(column, column)][positions]
            keys.append(key)
            ones = np.ones(len(positions), dtype="int64")
            parts.append((ones * index, positions, ones * bit, ones * (bit < len(reading.sides.left)), ones * term.sign))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    every = np.concatenate(keys)
    order = np.lexsort((columns[1], columns[2], *every.T[::-1]))
    every = every[order]
    is_new = np.any(np.diff(every, axis=0, prepend=-2) != 0, axis=1)
    reading_, line, term_, is_left, sign = (column[order] for column in columns)
    starts = np.flatnonzero(is_new)
    uses = _Uses(reading_, line, term_, is_left.astype(bool), sign, starts, np.cumsum(is_new) - 1)
    return uses, every[starts]


def _evaluate(readings: list[_Reading], board: Board) -> tuple[pd.DataFrame, _Uses, Ints]:
    """Checks with sums, outcome and reason (index 0, 1, ...), their uses, and their keys; conditions are not yet heard."""
    uses, keys = _collect_uses(readings, board)
    wanted = np.array([reading.required for reading in readings], dtype="int64")
    seen = np.bitwise_or.reduceat(1 << uses.term, uses.starts) if len(uses.starts) else np.zeros(0, "int64")
    complete = (seen & wanted[keys[:, 0]]) == wanted[keys[:, 0]]
    uses, keys = uses.keep(complete), keys[complete]
    by_name = np.array([reading.identity.relation == "same_name" for reading in readings])
    worthy = np.where(
        by_name[keys[:, 0]], uses.add_up(_first_of_row(uses, board)) > 1, uses.add_up(board.columns["is_number"][uses.line]) > 0
    )
    uses, keys = uses.keep(worthy), keys[worthy]
    checks = _judge(_sum_sides(uses, board), uses, keys, readings, board)
    best = _find_best(checks["outcome"], keys, readings)
    return checks[best].reset_index(drop=True), uses.keep(best), keys[best]


def _first_of_row(uses: _Uses, board: Board) -> Bools:
    """True for the first use of each printed row in its check: a name stands once however many amounts the row has."""
    frame = pd.DataFrame({"check": uses.check, "row": board.columns["row"][uses.line]})
    first: Bools = ~frame.duplicated().to_numpy()
    return first


def _sum_sides(uses: _Uses, board: Board) -> pd.DataFrame:
    """Per check: the two sums, the sum of grains, the limits of truncation, and how many numbers stand on each side."""
    fen, numbers = board.columns["fen"][uses.line], board.columns["is_number"][uses.line]
    grain = board.columns["grain"][uses.line] * numbers
    # The sign with which an amount enters left minus right; cutting digits off pulls every amount towards zero.
    pull = np.where(uses.is_left, 1, -1) * uses.sign * np.where(fen < 0, -1, 1)
    columns = {
        "left_fen": np.where(uses.is_left, fen * uses.sign, 0),
        "right_fen": np.where(uses.is_left, 0, fen * uses.sign),
        "grains": grain,
        "lowest": np.where(pull > 0, -grain, 0),
        "highest": np.where(pull < 0, grain, 0),
        "numbers_left": numbers * uses.is_left,
        "numbers_right": numbers * ~uses.is_left,
    }
    return pd.DataFrame({name: uses.add_up(values) for name, values in columns.items()})


def _judge(checks: pd.DataFrame, uses: _Uses, keys: Ints, readings: list[_Reading], board: Board) -> pd.DataFrame:
    """Add `outcome` and `reason` from the sums; truncation is told later, when all checks of a document are known."""
    which = keys[:, 0]
    relation = np.array([reading.identity.relation for reading in readings])[which]
    difference = (checks["left_fen"] - checks["right_fen"]).to_numpy()
    difference = np.where(relation == "at_most", np.maximum(difference, 0), difference)
    outcome = classify_differences(difference, checks["grains"].to_numpy())
    failed = outcome == "violated"
    reason = np.full(len(checks), "", dtype=object)
    for doubt, explanation in reversed(list(board.doubts.items())):
        heard = np.array([doubt in reading.formula.doubts for reading in readings])[which]
        reason[failed & heard & (uses.add_up(board.columns[doubt][uses.line]) > 0)] = explanation
    reason[failed & (relation == "hint")] = "the two sides usually agree, but need not: no error is claimed"
    has_right = np.array([bool(reading.sides.right) for reading in readings])[which]
    reason[(checks["numbers_right"].to_numpy() == 0) & has_right] = "the right side is blank"
    reason[checks["numbers_left"].to_numpy() == 0] = "the left side is blank"
    outcome[reason != ""] = "not_computable"
    by_name = relation == "same_name"
    outcome[by_name], reason[by_name] = _compare_names(uses, by_name, board)
    checks = checks.assign(outcome=outcome, reason=reason, relation=relation)
    checks.loc[by_name, SUMS] = 0
    return checks


def _compare_names(uses: _Uses, by_name: Bools, board: Board) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    """`exact` where a code has one name, else `violated` with the names as the reason; for the checks of names only."""
    inside = by_name[uses.check]
    used = pd.DataFrame({"check": uses.check[inside], "name": board.columns["name"][uses.line[inside]]}).drop_duplicates()
    again = used["check"].duplicated(keep=False)
    spelled = {number: word for word, number in board.words.items()} if again.any() else {}
    several = used[again].groupby("check")["name"].agg(lambda names: _list_different([spelled[name] for name in names]))
    reason = several.astype(object).reindex(np.flatnonzero(by_name), fill_value="").to_numpy(dtype=object)
    return np.where(reason == "", "exact", "violated").astype(object), reason


def _list_different(names: list[str]) -> str:
    """The names joined; nothing where each begins the longest: names are cut to the width of their column."""
    longest = max(names, key=len)
    return "" if all(longest.startswith(name) for name in names) else " / ".join(names)


def _find_best(outcome: pd.Series, keys: Ints, readings: list[_Reading]) -> Bools:
    """Of each formula's alternatives the one with the best outcome, the first of them where several are as good."""
    places = {(reading.order, reading.number): index for index, reading in reversed(list(enumerate(readings)))}
    formula = np.array([places[reading.order, reading.number] for reading in readings])[keys[:, 0]]
    rank = outcome.map({name: rank for rank, name in enumerate(OUTCOMES)}).to_numpy()
    same = np.column_stack([formula, keys[:, 1:]])
    order = np.lexsort((keys[:, 0], rank, *same.T[::-1]))
    is_first = np.any(np.diff(same[order], axis=0, prepend=-2) != 0, axis=1)
    best = np.zeros(len(keys), dtype=bool)
    best[order[is_first]] = True
    return best


def _test_conditions(readings: list[_Reading], board: Board, tables: pd.DataFrame) -> dict[tuple[int, int], dict[str, Bools]]:
    """For each formula with conditions, the scopes that each reason keeps from being claimed, first reason first."""
    heard: dict[str, Bools] = {}
    refused: dict[tuple[int, int], dict[str, Bools]] = {}
    for reading in readings:
        for condition in reading.formula.when:
            name = condition.model_dump_json()
            if name not in heard:
                heard[name] = ~_test_condition(condition, board, tables)
            refused.setdefault((reading.order, reading.number), {})[condition.reason] = heard[name]
    return refused


def _test_condition(condition: Condition, board: Board, tables: pd.DataFrame) -> Bools:
    """True per scope where the condition is met."""
    ((kind, term),) = list_tests(condition)
    if kind == "declared_empty":
        # An empty table has no lines to tell its set by: the condition is met or not for a whole document.
        empty = [board.words[name] for name in _list_declared_empty(term, board, tables)]
        return np.isin(board.scopes["document"], empty)
    positions = board.select(term)
    if kind in {"zero", "nonzero"}:
        positions = positions[board.columns["fen"][positions] != 0]
    holds = np.zeros(len(board.scopes["document"]), dtype=bool)
    holds[board.columns["scope"][positions]] = True
    return ~holds if kind == "zero" else holds


def _list_declared_empty(term: Term, board: Board, tables: pd.DataFrame) -> list[str]:
    """Documents that have tables of the term's types, all of them declared empty."""
    if tables.empty:
        return []
    chosen = tables[tables["table_type"].isin([board.tables.get(name, name) for name in term.tables])]
    empty = chosen["is_declared_empty"].astype(bool).groupby(chosen["document_id"]).all()
    return [str(document) for document in empty.index[empty] if document in board.words]


def _explain_silence(
    claimed: Ints, orders: Ints, refused: dict[tuple[int, int], dict[str, Bools]], board: Board, declared: Identities
) -> pd.DataFrame:
    """Identities without a check: a row per set of tables where a condition stood in the way, else one per document.

    `claimed` and `orders` are the scope and the identity of every check.
    """
    documents = board.scopes["document"]
    rows: list[tuple[int, int, str]] = []
    for order, identity in enumerate(declared.identities):
        spoken = np.isin(np.arange(len(documents)), claimed[orders == order])
        why = np.full(len(documents), "", dtype=object)
        for number in reversed(range(len(identity.formulas))):
            for reason, scopes in reversed(list(refused.get((order, number), {}).items())):
                why[scopes] = reason
        stopped = ~spoken & (why != "")
        rows += [(order, int(scope), str(why[scope])) for scope in np.flatnonzero(stopped)]
        settled = set(documents[spoken | stopped].tolist())
        firsts = np.unique(documents, return_index=True)[1]
        silent = [int(scope) for scope in firsts if documents[scope] not in settled]
        rows += [(order, scope, _name_missing(identity, int(documents[scope]), board)) for scope in silent]
    return pd.DataFrame(rows, columns=["identity", "scope", "reason"])


def _name_missing(identity: Identity, document: int, board: Board) -> str:
    """Why nothing was compared: the tables that a document does not print amounts of, else that their lines do not meet."""
    used = [name for formula in identity.formulas for term in list_terms(formula) for name in term.tables]
    wanted = dict.fromkeys(board.tables.get(name, name) for name in used)
    held = set(board.columns["table_type"][board.columns["document"] == document].tolist())
    lacking = [name for name in wanted if board.words.get(name, -1) not in held]
    return f"no amounts of {', '.join(lacking)}" if lacking else "the tables print no amounts that can be compared"


def _assemble(
    readings: list[_Reading], described: pd.DataFrame, board: Board, tables: pd.DataFrame, declared: Identities
) -> Checks:
    """Hear the conditions, order and number all checks, tell truncations, name subjects, list ids."""
    checks, uses, keys = _evaluate(readings, board)
    refused = _test_conditions(readings, board, tables)
    claimed = ~_find_refused(keys, readings, refused)
    checks, uses, keys = checks[claimed].reset_index(drop=True), uses.keep(claimed), keys[claimed]
    orders = np.array([reading.order for reading in readings], dtype="int64")[keys[:, 0]]
    # The subject's line is the first of the left side; the left side's terms come first.
    first = described.iloc[uses.line[uses.starts]].reset_index(drop=True)
    names = pd.Series([readings[index].formula.name for index in keys[:, 0]], index=first.index, dtype="object")
    checks = checks.assign(identity=orders, formula=[readings[index].number for index in keys[:, 0]])
    checks = checks.assign(check_subject=_name_subjects(first, names), can_truncate=checks["relation"] == "equal")
    checks = checks.join(first[["document", "set", "table", "line_number", "column_number"]])
    silent = _explain_silence(keys[:, 1], orders, refused, board, declared)
    every = pd.concat([checks, _place_silence(silent, board, declared)], ignore_index=True)
    order = every.sort_values([*PLACE_OF_CHECK, "set"], kind="stable", na_position="last")
    position = np.empty(len(every), dtype="int64")
    position[order.index] = np.arange(len(order))
    terms = _list_terms_of(uses, position, described)
    relations = {identity.id: identity.relation for identity in declared.identities}
    frame = _shape_checks(order.reset_index(drop=True), terms, declared)
    return Checks(frame, terms[["check", "is_left", "sign", "line_id", "is_number", "fen", "grain"]], relations)


def _find_refused(keys: Ints, readings: list[_Reading], refused: dict[tuple[int, int], dict[str, Bools]]) -> Bools:
    """Checks in whose scope a condition of their formula is not met."""
    stopped = np.zeros(len(keys), dtype=bool)
    for index, reading in enumerate(readings):
        for scopes in refused.get((reading.order, reading.number), {}).values():
            stopped |= (keys[:, 0] == index) & scopes[keys[:, 1]]
    return stopped


def _list_terms_of(uses: _Uses, position: Ints, described: pd.DataFrame) -> pd.DataFrame:
    lines = described[["line_id", "table", "is_number", "fen", "grain"]].iloc[uses.line].reset_index(drop=True)
    terms = lines.assign(check=position[uses.check], is_left=uses.is_left, sign=uses.sign, line=uses.line)
    return terms.sort_values(["check", "line"], kind="stable", ignore_index=True)


def _place_silence(silent: pd.DataFrame, board: Board, declared: Identities) -> pd.DataFrame:
    """Rows for the identities that were not claimed, documents and sets named again."""
    words = {number: word for word, number in board.words.items()}
    named = {column: [words[board.scopes[column][scope]] for scope in silent["scope"]] for column in SCOPE}
    subject = [declared.identities[order].id for order in silent["identity"]]
    return silent.drop(columns="scope").assign(**named, check_subject=subject, outcome="not_computable", can_truncate=False)


def _shape_checks(order: pd.DataFrame, terms: pd.DataFrame, declared: Identities) -> pd.DataFrame:
    sums = order[SUMS].astype("Int64")
    difference = (sums["left_fen"] - sums["right_fen"]).rename("difference_fen")
    outcome = _settle_truncation(order, sums.fillna(0).astype("int64"), difference.fillna(0).astype("int64"), declared)
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


def _settle_truncation(order: pd.DataFrame, sums: pd.DataFrame, difference: pd.Series, declared: Identities) -> pd.Series:
    eligible = order["can_truncate"].eq(True).to_numpy(dtype=bool)
    documents = pd.factorize(order["document"])[0].astype("int64")
    outcome = order["outcome"].to_numpy(dtype=object)
    judged = np.where(eligible, outcome, "")
    lowest, highest = sums["lowest"].to_numpy(), sums["highest"].to_numpy()
    truncated = tell_truncation(judged, difference.to_numpy(), lowest, highest, documents)
    alone = order["identity"].map({place: one.cuts_alone for place, one in enumerate(declared.identities)}).to_numpy(dtype=bool)
    fits = (difference.to_numpy() > lowest) & (difference.to_numpy() < highest)
    truncated |= alone & (judged == "violated") & fits
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
