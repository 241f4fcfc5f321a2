"""Identities C and D of one document evaluated by the engine of all identities, and the lines that its statements speak of.

Promise: what the text states changes no check of the tables, no score and no doubt about an amount; a claim that could not be
made is a row that says why.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from transforms.identities import load_identities_text
from transforms.narrative.lexicon import load_lexicon
from transforms.narrative.listings import Listing
from transforms.reconcile import evaluate_described
from transforms.stated.amounts import (
    choose_lines,
    claim_amounts,
    claim_completion_words,
    claim_directions,
    claim_one_direction,
    claim_repeated_changes,
    claim_repeats,
    claim_years,
)
from transforms.stated.book import StatedBook
from transforms.stated.changes import claim_changes, claim_completions, claim_shares
from transforms.stated.facts import YUAN, Claim, Origin, lay_out_facts, read_sources, scale_of
from transforms.stated.items import claim_named_items
from transforms.stated.links import LineBoard, Linked
from transforms.stated.numbers import Stated, read_stated
from transforms.stated.sheets import (
    claim_coverage,
    claim_products,
    claim_repeated_targets,
    claim_sheet_amounts,
    claim_target_counts,
    claim_target_values,
)
from transforms.stated.sums import (
    claim_change_parts,
    claim_listed_shares,
    claim_posts,
    claim_projects,
    claim_sums,
    claim_vehicle_cost,
)
from warehouse.records import Row

NO_BASE = "no amount is stated or printed that the percentage could be of"
NOTHING_STATED = "the text and the sheets state nothing that can be compared"
SIDES = ("left", "right")
# Numbers that may be one of the parts of a list though they are no statement.
UNNAMED = ("unnamed_count", "approximate", "range")
COLUMNS: Mapping[Origin, str] = {
    "statement": "statement_numbers",
    "line": "line_ids",
    "target": "target_numbers",
    "project": "project_numbers",
}


@dataclass(frozen=True)
class StatedChecks:
    """`checks`: rows of `core_statement_checks` without their document; `line_ids` of each statement by its number; `book` is
    what was compared."""

    checks: list[Row]
    line_ids: Mapping[int, tuple[str, ...]]
    book: StatedBook


def evaluate_statements(
    statements: Sequence[Row],
    described: pd.DataFrame | None,
    targets: Sequence[Row],
    projects: Sequence[Row],
    numbers: Sequence[Row],
    year: int,
    phase: str,
    listings: Sequence[Listing] = (),
) -> StatedChecks:
    """All identities of the text over one document's rows; `numbers` are its `raw_narrative_numbers`.

    `described`: the lines of its tables (`transforms.line_roles`); None for a narrative published apart from its tables.
    """
    unread = [row["text_start"] for row in numbers if row["number_outcome"] == "unread" or row["ignored_because"] in UNNAMED]
    book = _open_book(statements, described, phase, unread)
    claims = [*_gather(book, targets, projects, year), *claim_named_items(book, listings)]
    line_ids = {one.number: choose_lines(book.links.get(one.number, []), one) for one in book.statements}
    return StatedChecks(_evaluate(claims), line_ids, book)


def _open_book(statements: Sequence[Row], described: pd.DataFrame | None, phase: str, unread: Sequence[int]) -> StatedBook:
    stated = read_stated(statements)
    board = None if described is None or described.empty else LineBoard(described, phase)
    links: dict[int, list[Linked]] = {}
    if board:
        for one in stated:
            period = one.row["period"] if one.measure == "amount" else "current"
            links[one.number] = board.find(one.concept, one.row["subject"], period)
    return StatedBook(stated, board, phase, links, unread)


def _gather(book: StatedBook, targets: Sequence[Row], projects: Sequence[Row], year: int) -> list[Claim]:
    gathered: tuple[Iterable[Claim], ...] = (
        claim_amounts(book),
        claim_shares(book),
        claim_listed_shares(book),
        claim_changes(book),
        claim_change_parts(book),
        claim_sums(book),
        claim_directions(book),
        claim_completion_words(book),
        claim_one_direction(book, _count_directions(book.statements)),
        claim_completions(book),
        claim_repeats(book),
        claim_repeated_changes(book),
        claim_years(book, year),
        claim_posts(book),
        claim_vehicle_cost(book),
        claim_projects(book),
        claim_products(targets, projects),
        claim_coverage(book, projects),
        claim_sheet_amounts(book, projects),
        claim_target_counts(book, targets),
        claim_repeated_targets(targets),
        claim_target_values(book, targets),
    )
    return [claim for claims in gathered for claim in claims]


def _count_directions(statements: Iterable[Stated]) -> dict[int, int]:
    """How many directions stand right before the number of each change."""
    lexicon = load_lexicon()
    words = rf"(?:{lexicon.increase})\((?:{lexicon.decrease})\)|(?:{lexicon.decrease})\((?:{lexicon.increase})\)"
    both = re.compile(rf"(?:{words})[为了]?[\d.,]+\D*$")
    return {one.number: 2 for one in statements if one.measure == "change" and both.search(one.row["evidence"] or "")}


def _evaluate(claims: Sequence[Claim]) -> list[Row]:
    """Rows of `core_statement_checks`, numbered from 1 in the order of the identities."""
    declared = load_identities_text()
    facts = lay_out_facts("", claims, declared.doubts)
    if facts.empty:
        return []
    rows = evaluate_described(facts, pd.DataFrame(), declared).to_rows()
    return [_shape(row, claims) for row in rows]


def _shape(row: Mapping[str, Any], claims: Sequence[Claim]) -> Row:
    """A row of the engine in the columns of `core_statement_checks`: values in their unit, and the rows behind both sides."""
    formula = str(row["check_subject"]).split(" · ", maxsplit=1)[0]
    claim = claims[int(row["table_ids"][0])] if row["table_ids"] else None
    unit = claim.unit if claim else None
    values = {name: _read_value(row[f"{name}_cny"], unit) for name in (*SIDES, "difference", "envelope")}
    shaped: dict[str, Any] = {
        "check_number": row["check_number"],
        "check_id": row["check_id"],
        "check_subject": f"{formula} · {claim.subject}" if claim else row["check_id"],
        "unit": unit,
        **{f"{name}_value": None if value is None else write_plain(value) for name, value in values.items()},
        **{f"{name}_cny": value if unit == YUAN else None for name, value in values.items()},
        "outcome": row["outcome"],
        "reason": _tell_reason(row["reason"], claim),
    }
    for side in SIDES:
        found = read_sources(row[f"{side}_line_ids"])
        shaped |= {f"{side}_{column}": _read_keys(origin, found[origin]) for origin, column in COLUMNS.items()}
    return shaped


def _read_keys(origin: Origin, keys: Sequence[str]) -> list[Any]:
    return list(keys) if origin == "line" else [int(key) for key in keys]


def _tell_reason(reason: str | None, claim: Claim | None) -> str | None:
    if claim is None:
        return NOTHING_STATED
    return NO_BASE if reason and reason.endswith("side is blank") else reason


def _read_value(hundredths: Decimal | None, unit: str | None) -> Decimal | None:
    """The engine's whole number, which it writes as hundredths, in the claim's unit."""
    return None if hundredths is None else hundredths.scaleb(2 - scale_of(unit or YUAN))


def write_plain(value: Decimal) -> str:
    """A decimal without exponent and without zeros at its end."""
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
