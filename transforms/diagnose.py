"""Whose error is it? The smallest cause that explains the failing checks of one document, and who is to be asked about it.

Promise: every violated check is named by exactly one finding; nothing is corrected; nobody is blamed for a cell that was not
read again. A document without violations costs nothing. docs/diagnosis.md explains the order of the causes.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from transforms.blame import AGREED, Case, Place, Verdict, Witnesses, fits_reading, judge, place_line
from transforms.cell_changes import print_in_unit
from transforms.explanations import CELL_KINDS, Explanation, Line, Sheet, list_suspects, name_line, propose_all
from transforms.proof import ENOUGH_PROOFS
from transforms.recoding import LEVELLED, propose_codes
from transforms.reconcile import Checks
from transforms.scales import Scale, Scales, lay_scales
from warehouse.issues import make_finding
from warehouse.records import Row

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
WORTH_OF_A_READING = 0.75
# A run of amounts that stand beside their labels: nothing small is believed of its table any more.
DISPLACED = "column-shifted"
RIVALLED = CELL_KINDS | {"unit-slip", "publisher-rounding", "neighbours-swapped"}
NOBODY = Witnesses()


@dataclass(frozen=True)
class Diagnosis:
    """The cause that is believed for some failing checks, and the cells that would explain them as well."""

    explanation: Explanation
    rivals: tuple[Explanation, ...] = ()


def diagnose_violations(lines: Sequence[Line], checks: Checks, witnesses: Witnesses = NOBODY) -> list[Row]:
    """Findings, one per cause, for the violated checks of one document that compare amounts.

    `lines`: proved rows of core_budget_lines. The cells that stand accused are read again once, all together.
    """
    scales = lay_scales(checks)
    if not scales.failing:
        return []
    sheet = Sheet({line["line_id"]: line for line in lines})
    doubted = _read_doubtful(scales, sheet, witnesses)
    proposed = [_hear_readings(cause, sheet, doubted) for cause in propose_all(scales, sheet)]
    diagnoses = choose_explanations(scales, proposed)
    if _leaves_sums_open(scales, diagnoses):
        diagnoses = choose_explanations(scales, [*proposed, *propose_codes(scales, sheet, witnesses.evaluate)])
    seen = {**doubted, **_read_again(diagnoses, sheet, witnesses, doubted)}
    cases = [Case(diagnosis.explanation, diagnosis.rivals, seen) for diagnosis in diagnoses]
    verdicts = [judge(case, scales, sheet, witnesses) for case in cases]
    return [
        *(_report(case, verdict, scales, sheet) for case, verdict in zip(cases, verdicts, strict=True)),
        *_report_unexplained(scales, sheet, [(case.cause, verdict) for case, verdict in zip(cases, verdicts, strict=True)]),
    ]


def choose_explanations(scales: Scales, proposed: Sequence[Explanation]) -> list[Diagnosis]:
    """The causes that explain most with least, one after the other, until nothing is left that one of them explains.

    A cell that explains one check alone is believed only where no other cell explains it as simply. Where a run of a table is
    displaced, what is left of the table has no cause of its own.
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
        now = best.mended & remaining
        rivals = tuple(e for w, e in ranked[1:] if w == worth and e.mended & now and _is_rival(e, best))
        remaining -= now
        is_one_of_many = len(rivals) >= NAMED_RIVALS or (best.kind == "cell-value" and (rivals or _recurs(scales, now)))
        if best.kind in CELL_KINDS and is_one_of_many:
            proposed = [e for e in proposed if e.mended & remaining]
            continue
        chosen.append(Diagnosis(replace(best, mended=frozenset(now)), rivals))
        if best.kind == DISPLACED:
            tables = {table for number in now for table in scales.by_number[number].tables}
            remaining -= {number for number in remaining if tables & set(scales.by_number[number].tables)}
    return chosen


def _leaves_sums_open(scales: Scales, diagnoses: Sequence[Diagnosis]) -> bool:
    """Whether sums inside a table have no cause yet but a row that is said to be missing: a code may stand elsewhere."""
    settled = frozenset[int]().union(*(d.explanation.mended for d in diagnoses if d.explanation.kind != "row-missing"))
    displaced = {
        table
        for d in diagnoses
        if d.explanation.kind == DISPLACED
        for number in d.explanation.mended
        for table in scales.by_number[number].tables
    }
    return any(
        scale.identity in LEVELLED and len(scale.tables) == 1 and number not in settled and not displaced & set(scale.tables)
        for number, scale in scales.failing.items()
    )


def _recurs(scales: Scales, mended: Collection[int]) -> bool:
    """Whether a lone check is out by what other failing checks are out by: one cause that is not known, not one cell each."""
    amounts = {abs(scales.by_number[number].difference) for number in mended}
    return len(mended) == 1 and any(
        abs(scale.difference) in amounts for number, scale in scales.failing.items() if number not in mended
    )


def _is_rival(other: Explanation, best: Explanation) -> bool:
    """Whether two causes that are worth the same name different places; runs that overlap are one run seen twice."""
    if other.kind == DISPLACED:
        return best.kind == DISPLACED and not set(other.lines) & set(best.lines)
    return other.kind in RIVALLED and set(other.lines) != set(best.lines)


def _worth(explanation: Explanation, remaining: set[int]) -> tuple[float, int, int]:
    return len(explanation.mended & remaining) - explanation.cost, explanation.soft, -len(explanation.fitting)


def _read_doubtful(scales: Scales, sheet: Sheet, witnesses: Witnesses) -> Mapping[Place, Sequence[str]]:
    """What other ways of reading see in those cells of failing checks on which the two readers did not agree."""
    lines = [sheet.lines[line] for line in list_suspects(scales, sheet)]
    places = [place_line(line) for line in lines if line["extractor"] != AGREED]
    return witnesses.reread(places) if witnesses.reread is not None and places else {}


def _hear_readings(cause: Explanation, sheet: Sheet, seen: Mapping[Place, Sequence[str]]) -> Explanation:
    """Another value of a cell is believed sooner where another way of reading shows it."""
    if cause.kind not in CELL_KINDS or not fits_reading(cause, sheet, seen):
        return cause
    return replace(cause, cost=cause.cost - WORTH_OF_A_READING)


def _read_again(
    diagnoses: Sequence[Diagnosis], sheet: Sheet, witnesses: Witnesses, known: Mapping[Place, Sequence[str]]
) -> Mapping[Place, Sequence[str]]:
    """What other ways of reading see in the other cells that stand accused."""
    accused = [d.explanation for d in diagnoses if d.explanation.kind not in {"unit-slip", "code-level"}]
    places = [place_line(sheet.lines[line]) for cause in accused for line in (*cause.fitting, *cause.lines)]
    unknown = [place for place in dict.fromkeys(places) if place not in known]
    return witnesses.reread(unknown) if witnesses.reread is not None and unknown else {}


def _report(case: Case, verdict: Verdict, scales: Scales, sheet: Sheet) -> Row:
    found = case.cause
    first = sheet.lines[found.lines[0]]
    whose, why = verdict
    fitting = Decimal(found.fitting[found.lines[0]]).scaleb(-2) if found.lines[0] in found.fitting else None
    said = found.words
    if fitting is not None and len(found.fitting) == 1:
        unit = first["unit_reported"]
        said = f"{first['amount_reported'] or 'nothing'} is read, {print_in_unit(fitting, unit)} {unit} would fit: {said}"
    return make_finding(
        found.kind,
        page=first["page"],
        bbox=place_line(first)[1],
        table_id=first["table_id"],
        whose=whose,
        fitting_value=None if fitting is None else f"{fitting:f}",
        check_numbers=sorted(found.mended),
        line_ids=(*found.lines, *(line for rival in case.rivals for line in rival.lines)),
        place=f"{name_line(first)}, page {first['page']}",
        said=said,
        checks=_name_checks([scales.by_number[number] for number in sorted(found.mended)]),
        why=why,
    )


def _name_checks(scales: Sequence[Scale]) -> str:
    names = ", ".join(dict.fromkeys(scale.identity for scale in scales))
    return f"{len(scales)} failing {'check' if len(scales) == 1 else 'checks'} ({names})"


def _report_unexplained(scales: Scales, sheet: Sheet, verdicts: Sequence[tuple[Explanation, Verdict]]) -> Iterator[Row]:
    """One finding for all checks left that fail alike: beside a displaced run, by the same amount, or between the same tables.

    It names no line: each of them is in question, and none more than another.
    """
    explained = frozenset[int]().union(*(cause.mended for cause, _ in verdicts))
    left = [scale for number, scale in scales.failing.items() if number not in explained]
    for cause, (whose, _) in verdicts:
        if cause.kind == DISPLACED:
            tables = {table for number in cause.mended for table in scales.by_number[number].tables}
            beside = [scale for scale in left if tables & set(scale.tables)]
            left = [scale for scale in left if scale not in beside]
            if beside:
                yield _report_group(scales, sheet, beside, (whose, "amounts of the table stand beside their labels"))
    for group in _group_alike(left):
        yield _report_group(scales, sheet, group, _blame_document(sheet, group))


def _report_group(scales: Scales, sheet: Sheet, group: Sequence[Scale], verdict: Verdict) -> Row:
    first = group[0]
    place = next(sheet.lines[line] for line in (*first.left, *first.right) if line in sheet.lines)
    unit = place["unit_reported"]
    left, right = (print_in_unit(_add_up(scales, first, side), unit) for side in (first.left, first.right))
    whose, why = verdict
    return make_finding(
        "unexplained-violation",
        page=place["page"],
        bbox=place_line(place)[1],
        table_id=place["table_id"],
        whose=whose,
        check_numbers=[scale.number for scale in group],
        checks=_name_checks(group),
        place=f"{name_line(place)}, page {place['page']}",
        said=f"{left} against {right} {unit}",
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


def _blame_document(sheet: Sheet, group: Sequence[Scale]) -> Verdict:
    """The document is to blame where the amounts that fail to agree are each proved elsewhere."""
    lines = [sheet.lines[line] for scale in group for line in scale.weights if line in sheet.lines]
    amounts = [line for line in lines if line["amount_cny"]]
    if amounts and all(line["extractor"] == AGREED and line["verified_by"] >= ENOUGH_PROOFS for line in amounts):
        return "publisher", "both readers agree and each amount is proved by two other identities: the tables themselves disagree"
    return "undecided", "no single cause mends them"
