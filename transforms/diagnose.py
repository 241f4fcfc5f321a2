"""Whose error is it? The smallest cause that explains the failing checks of one document, and who is to be asked about it.

Promise: every violated check is named by exactly one finding; nothing is corrected; nobody is blamed for a cell that was not
read again. A document without violations costs nothing. docs/diagnosis.md explains the order of the causes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from transforms.amounts import parse_amount, to_yuan
from transforms.cell_changes import print_in_unit
from transforms.explanations import Explanation, Line, Sheet, name_line, propose_all
from transforms.reconcile import Checks
from transforms.scales import Scale, Scales, lay_scales
from warehouse.issues import Whose, make_finding
from warehouse.records import Box, Row

AGREED = "camelot-lattice"
ENOUGH_PROOFS = 2
CELL_KINDS = frozenset({"cell-digit", "cell-sign", "cell-point", "cell-value"})
DIAGNOSES = CELL_KINDS | {
    "unit-slip",
    "neighbours-swapped",
    "column-shifted",
    "row-missing",
    "row-doubled",
    "code-level",
    "publisher-rounding",
}
NAMED_RIVALS = 4

# Reads some places of the pages again: the texts that other ways of reading see in each, by (page, box).
Place = tuple[int, Box]
Reread = Callable[[Sequence[Place]], Mapping[Place, Sequence[str]]]


@dataclass(frozen=True)
class Diagnosis:
    """The cause that is believed for some failing checks, and the cells that would explain them as well."""

    explanation: Explanation
    rivals: tuple[Explanation, ...] = ()


def diagnose_violations(lines: Sequence[Line], checks: Checks, reread: Reread | None = None) -> list[Row]:
    """Findings, one per cause, for the violated checks of one document that compare amounts.

    `lines`: proved rows of core_budget_lines. `reread` is asked once, about the cells that alone explain something.
    """
    scales = lay_scales(checks)
    if not scales.failing:
        return []
    sheet = Sheet({line["line_id"]: line for line in lines})
    diagnoses = choose_explanations(scales, propose_all(scales, sheet))
    seen = _read_again(diagnoses, sheet, reread)
    explained = frozenset[int]().union(*(d.explanation.mended for d in diagnoses))
    return [
        *(_report(diagnosis, scales, sheet, seen, reread is not None) for diagnosis in diagnoses),
        *_report_unexplained(scales, sheet, explained),
    ]


def choose_explanations(scales: Scales, proposed: Sequence[Explanation]) -> list[Diagnosis]:
    """The causes that explain most with least, one after the other, until nothing is left that one of them explains.

    A cell that explains one check alone is believed only where no other cell explains it as simply.
    """
    remaining = set(scales.failing)
    chosen: list[Diagnosis] = []
    while remaining:
        ranked = sorted(
            ((_worth(e, remaining), e) for e in proposed if e.mended & remaining), key=lambda pair: pair[0], reverse=True
        )
        if not ranked:
            break
        worth, best = ranked[0]
        rivals = tuple(e for w, e in ranked[1:] if w == worth and e.kind in CELL_KINDS and e.lines != best.lines)
        now = best.mended & remaining
        remaining -= now
        if best.kind in CELL_KINDS and (len(rivals) >= NAMED_RIVALS or (rivals and best.kind == "cell-value")):
            proposed = [e for e in proposed if e.mended & remaining]
            continue
        narrowed = Explanation(best.kind, frozenset(now), best.lines, best.words, best.cost, best.fitting, best.soft)
        chosen.append(Diagnosis(narrowed, rivals))
    return chosen


def _worth(explanation: Explanation, remaining: set[int]) -> tuple[float, int, int]:
    return len(explanation.mended & remaining) - explanation.cost, explanation.soft, -len(explanation.fitting)


def _read_again(diagnoses: Sequence[Diagnosis], sheet: Sheet, reread: Reread | None) -> Mapping[Place, Sequence[str]]:
    """What other ways of reading see in the cells that stand accused alone."""
    places = [_place(sheet.lines[line]) for d in diagnoses for line in d.explanation.fitting if d.explanation.kind != "unit-slip"]
    return reread(places) if reread is not None and places else {}


def _place(line: Line) -> Place:
    x0, top, x1, bottom = line["bbox"]
    return line["page"], (x0, top, x1, bottom)


def _report(diagnosis: Diagnosis, scales: Scales, sheet: Sheet, seen: Mapping[Place, Sequence[str]], asked: bool) -> Row:
    found = diagnosis.explanation
    first = sheet.lines[found.lines[0]]
    whose, why = _judge(diagnosis, scales, sheet, seen, asked)
    fitting = Decimal(found.fitting[found.lines[0]]).scaleb(-2) if found.lines[0] in found.fitting else None
    read = first["amount_reported"] or "nothing"
    if found.kind in CELL_KINDS and fitting is not None:
        said = (
            f"{read} is read, {print_in_unit(fitting, first['unit_reported'])} {first['unit_reported']} would fit: {found.words}"
        )
    else:
        said = found.words
    return make_finding(
        found.kind,
        page=first["page"],
        bbox=_place(first)[1],
        table_id=first["table_id"],
        whose=whose,
        fitting_value=None if fitting is None else f"{fitting:f}",
        check_numbers=sorted(found.mended),
        line_ids=(*found.lines, *(line for rival in diagnosis.rivals for line in rival.lines)),
        place=f"{name_line(first)}, page {first['page']}",
        said=said,
        checks=_name_checks([scales.by_number[number] for number in sorted(found.mended)]),
        why=why,
    )


def _name_checks(scales: Sequence[Scale]) -> str:
    names = ", ".join(dict.fromkeys(scale.identity for scale in scales))
    return f"{len(scales)} failing {'check' if len(scales) == 1 else 'checks'} ({names})"


def _judge(
    diagnosis: Diagnosis, scales: Scales, sheet: Sheet, seen: Mapping[Place, Sequence[str]], asked: bool
) -> tuple[Whose, str]:
    """Whose error, and the reason in words."""
    found = diagnosis.explanation
    if found.kind == "publisher-rounding":
        return "publisher", "every amount may be printed as it should"
    for line, fen in found.fitting.items():
        if found.kind in CELL_KINDS and _shows(seen.get(_place(sheet.lines[line]), ()), sheet.lines[line], fen):
            return "extraction", "another way of reading the cell shows the value that fits"
    if diagnosis.rivals:
        others = " or ".join(name_line(sheet.lines[rival.lines[0]]) for rival in diagnosis.rivals)
        return "undecided", f"another cell would explain it as well: {others}"
    if found.kind == "row-missing" or not found.fitting:
        return "undecided", "whether the page lacks it or the reading does is for a person to see"
    if any(sheet.lines[line]["extractor"] != AGREED for line in found.lines):
        return "undecided", "the two readers do not agree on what stands there"
    proofs = scales.count_independent(found.mended, frozenset(found.lines))
    if proofs < ENOUGH_PROOFS:
        return "undecided", "only one independent check speaks for it"
    again = " and again" if asked and found.kind in CELL_KINDS else ""
    return "publisher", f"both readers see what is printed{again}, and {proofs} independent checks speak against it"


def _shows(texts: Sequence[str], line: Line, fen: int) -> bool:
    """Whether one of the texts is the value that fits."""
    for text in texts:
        amount = parse_amount(text)
        if amount is not None and amount.value is not None and to_yuan(amount.value, line["unit_reported"]) * 100 == fen:
            return True
    return False


def _report_unexplained(scales: Scales, sheet: Sheet, explained: frozenset[int]) -> Iterator[Row]:
    """One finding for all checks that are left and fail alike: by the same amount, or between the same tables."""
    for group in _group_alike([scale for number, scale in scales.failing.items() if number not in explained]):
        first = group[0]
        lines = tuple(dict.fromkeys(line for scale in group for line in (*scale.left, *scale.right) if line in sheet.lines))
        place = sheet.lines[lines[0]]
        unit = place["unit_reported"]
        left, right = (_add_up(scales, first, side) for side in (first.left, first.right))
        whose, why = _blame_document(sheet, group)
        yield make_finding(
            "unexplained-violation",
            page=place["page"],
            bbox=_place(place)[1],
            table_id=place["table_id"],
            whose=whose,
            check_numbers=[scale.number for scale in group],
            line_ids=lines,
            checks=_name_checks(group),
            place=f"{name_line(place)}, page {place['page']}",
            said=f"{print_in_unit(left, unit)} against {print_in_unit(right, unit)} {unit}",
            why=why,
        )


def _add_up(scales: Scales, scale: Scale, side: Sequence[str]) -> Decimal:
    """One side of a check in yuan, as it enters the difference."""
    factor = 1 if side is scale.left else -1
    return Decimal(sum(factor * scale.weights[line] * scales.fen[line] for line in dict.fromkeys(side))).scaleb(-2)


def _group_alike(left: Sequence[Scale]) -> list[list[Scale]]:
    groups: list[list[Scale]] = []
    for scale in left:
        for group in groups:
            if any(_fail_alike(scale, other) for other in group):
                group.append(scale)
                break
        else:
            groups.append([scale])
    return groups


def _fail_alike(one: Scale, other: Scale) -> bool:
    same_amount = 2 * abs(abs(one.difference) - abs(other.difference)) <= one.grains + other.grains
    return same_amount or (one.identity == other.identity and one.tables == other.tables)


def _blame_document(sheet: Sheet, group: Sequence[Scale]) -> tuple[Whose, str]:
    """The document is to blame where the amounts that fail to agree are each proved elsewhere."""
    lines = [sheet.lines[line] for scale in group for line in scale.weights if line in sheet.lines]
    amounts = [line for line in lines if line["amount_cny"]]
    if amounts and all(line["extractor"] == AGREED and line["verified_by"] >= ENOUGH_PROOFS for line in amounts):
        return "publisher", "both readers agree and each amount is proved by two other identities: the tables themselves disagree"
    return "undecided", "no single cause mends them"
