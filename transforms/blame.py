"""Whose error a cause is: the publisher's, our reading's, or not to be told from what was seen.

Promise: nobody is blamed by arithmetic alone. The publisher is blamed only for cells that were read again and show what was
read, the reading only where another way of reading shows the value that fits. Everything else is undecided, with the reason.
docs/diagnosis.md lists the cases.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from transforms.amounts import parse_amount, to_yuan
from transforms.explanations import CELL_KINDS, Explanation, Line, Sheet, name_line
from transforms.proof import ENOUGH_PROOFS
from transforms.reconcile import Checks
from transforms.scales import Scales
from warehouse.issues import Whose
from warehouse.records import Box

AGREED = "camelot-lattice"
OWN_UNIT = frozenset({"caption", "cell"})

# Reads some places of the pages again: the texts that other ways of reading see in each, by (page, box).
Place = tuple[int, Box]
Reread = Callable[[Sequence[Place]], Mapping[Place, Sequence[str]]]
Verdict = tuple[Whose, str]


@dataclass(frozen=True)
class Witnesses:
    """Who can be asked about a cause, beside the arithmetic; whoever is not there says nothing.

    `reread`: cells read again. `evaluate`: the checks of the document with other lines. `agree_on_row`: whether both readers saw
    the same in every cell of the printed row that a place lies in. `complete_pages`: pages on which every printed amount was
    read. `unit_sources`: where the unit of each table was read, by table_id.
    """

    reread: Reread | None = None
    evaluate: Callable[[Sequence[Line]], Checks] | None = None
    agree_on_row: Callable[[Place], bool] | None = None
    complete_pages: frozenset[int] = frozenset()
    unit_sources: Mapping[str, str | None] | None = None


@dataclass(frozen=True)
class Case:
    """One cause before the judge: `rivals` would explain the same as simply; `seen` is what the cells showed when read again."""

    cause: Explanation
    rivals: tuple[Explanation, ...]
    seen: Mapping[Place, Sequence[str]]


def place_line(line: Line) -> Place:
    """Page and box of a line's cell."""
    x0, top, x1, bottom = line["bbox"]
    return line["page"], (x0, top, x1, bottom)


def judge(case: Case, scales: Scales, sheet: Sheet, witnesses: Witnesses) -> Verdict:
    """Whose error, and the reason in words."""
    cause = case.cause
    if cause.kind == "publisher-rounding" and not cause.fitting:
        return "publisher", "every amount may be printed as it should"
    if cause.kind == "unit-slip":
        return _judge_unit(case, sheet, witnesses)
    if cause.kind == "code-level":
        if sheet.lines[cause.lines[0]]["code_source"] != "printed":
            return "undecided", "its code is inferred, not printed"
        return _judge_row(cause, sheet, witnesses, "its code")
    if cause.kind == "row-doubled":
        return _judge_doubled(cause, sheet, witnesses)
    if cause.kind == "row-missing":
        return _judge_missing(case, sheet, witnesses)
    return _judge_cells(case, scales, sheet)


def _judge_cells(case: Case, scales: Scales, sheet: Sheet) -> Verdict:
    """One cell or a run of cells that should hold other amounts."""
    cause = case.cause
    votes = [_count_votes(case.seen, sheet.lines[line], fen) for line, fen in cause.fitting.items()]
    if any(fits for _, fits, _ in votes) and not any(other for _, _, other in votes):
        return "extraction", "another way of reading the cell shows the value that fits"
    if case.rivals:
        others = " or ".join(name_line(sheet.lines[rival.lines[0]]) for rival in case.rivals)
        return "undecided", f"another cell would explain it as well: {others}"
    if any(fits or other for _, fits, other in votes):
        return "undecided", "the ways of reading do not agree on what stands there"
    if not all(same for same, _, _ in votes):
        return "undecided", "the cell was not read again" if len(votes) == 1 else "not all of the cells were read again"
    own = frozenset(cause.lines) if cause.kind in CELL_KINDS else frozenset[str]()
    proofs = scales.count_independent(cause.mended, own)
    if proofs < ENOUGH_PROOFS:
        return "undecided", "read again it shows the same, but only one independent check speaks for it"
    return "publisher", f"read again it shows the same, and {proofs} independent checks speak against it"


def fits_reading(cause: Explanation, sheet: Sheet, seen: Mapping[Place, Sequence[str]]) -> bool:
    """Whether another way of reading shows the value that fits in the one cell of the cause."""
    return any(_count_votes(seen, sheet.lines[line], fen)[1] for line, fen in cause.fitting.items())


def _count_votes(seen: Mapping[Place, Sequence[str]], line: Line, fen: int) -> tuple[int, int, int]:
    """How many ways of reading show the amount as read, the one that fits, and another one; what is no amount has no vote."""
    same = fits = other = 0
    for text in seen.get(place_line(line), ()):
        amount = parse_amount(text)
        if amount is None:
            continue
        value = None if amount.value is None else to_yuan(amount.value, line["unit_reported"])
        if value == _as_read(line) or (value is None and not _as_read(line)):
            same += 1
        elif value is not None and value * 100 == fen:
            fits += 1
        else:
            other += 1
    return same, fits, other


def _as_read(line: Line) -> object:
    corrected = line.get("amount_as_read_cny")
    return line["amount_cny"] if corrected is None else corrected


def _judge_unit(case: Case, sheet: Sheet, witnesses: Witnesses) -> Verdict:
    if case.rivals:
        others = " or ".join(sheet.lines[rival.lines[0]]["table_type"] for rival in case.rivals)
        return "undecided", f"the other way round it would be {others}"
    sources = witnesses.unit_sources or {}
    if sources.get(sheet.lines[case.cause.lines[0]]["table_id"]) not in OWN_UNIT:
        return "undecided", "the table states no unit of its own"
    return "publisher", "the unit is stated at the table itself"


def _judge_row(cause: Explanation, sheet: Sheet, witnesses: Witnesses, what: str) -> Verdict:
    first = sheet.lines[cause.lines[0]]
    if witnesses.agree_on_row is None or not witnesses.agree_on_row(place_line(first)):
        return "undecided", "the two readers do not agree on every cell of the row"
    return "publisher", f"both readers see {what} as it was read"


def _judge_doubled(cause: Explanation, sheet: Sheet, witnesses: Witnesses) -> Verdict:
    own = place_line(sheet.lines[cause.lines[0]])
    twins = (line for other in cause.beside for line in sheet.rows[sheet.row_of(other)])
    if any(place_line(sheet.lines[twin]) == own for twin in twins):
        return "extraction", "both rows were read from one place of the page"
    return _judge_row(cause, sheet, witnesses, "the row")


def _judge_missing(case: Case, sheet: Sheet, witnesses: Witnesses) -> Verdict:
    """A row that the sums count and the table lacks, or the other way round."""
    lines = [sheet.lines[line] for line in case.cause.lines]
    for line in lines:
        same, _, other = _count_votes(case.seen, line, -1)
        if other or not same:
            return "undecided", "not all of the amounts were read again and found the same"
    if case.cause.beside:
        if all(line["verified_by"] for line in lines if line["amount_cny"]):
            return "publisher", "its amounts are proved by other identities, and read again they show the same"
        return "undecided", "nothing else proves the row's amounts"
    table = lines[0]["table_id"]
    pages = {line["page"] for line in sheet.lines.values() if line["table_id"] == table}
    if not pages <= witnesses.complete_pages:
        return "undecided", "whether the page lacks it or the reading does is for a person to see"
    return "publisher", "every amount that is printed on the table's pages was read, and the row is not among them"
