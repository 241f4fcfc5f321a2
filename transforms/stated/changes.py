"""Percentages: shares, changes and completions against the amounts that they are of; and the differences themselves.

Promise: a percentage is claimed only against amounts that are stated or printed; which ones is told, and one without any is not
computable. A change is of the year before: the current amount less the stated difference.
"""

from collections.abc import Iterator, Sequence
from functools import reduce

from transforms.stated.amounts import name_subject
from transforms.stated.book import BASES_OF, StatedBook, drop_repeats, make_amount
from transforms.stated.facts import OTHER_SCALE, Claim, Fact, Source
from transforms.stated.families import load_families
from transforms.stated.numbers import Amount, Stated, add_amounts, find_growth, find_percentage

MOST_READINGS = 4
FARTHEST_PART = 12  # statements between a share and the kinds of expenditure listed with it
CLOSE = 4  # statements between two amounts and the percentage between them
NEAR = 90  # characters between a difference and its percentage
HUNDRED_PERCENT = 100 * 10**OTHER_SCALE
ONE = 10**OTHER_SCALE


def claim_changes(book: StatedBook) -> Iterator[Claim]:
    """Percentages of change and differences between two stated years."""
    for one in book.list_measure("change"):
        if one.value is None:
            continue
        if one.unit == "percent":
            yield from _claim_percentage(book, one)
        elif one.unit == "yuan":
            yield from _claim_difference(book, one)


def find_difference(book: StatedBook, one: Stated) -> Stated | None:
    """The difference that a percentage stands beside: 减少 9.52 万元，下降 4 %."""
    near = [other for other in book.list_measure("change") if 0 < abs(other.number - one.number) <= 2]
    fitting = [
        other
        for other in near
        if other.about == one.about
        and other.unit == "yuan"
        and other.value is not None
        and other.row["period"] == one.row["period"]
        and other.row["direction"] == one.row["direction"]
        and abs(other.row["text_start"] - one.row["text_start"]) <= NEAR
        and not _has_percentage_between(near, other, one)
    ]
    return min(fitting, key=lambda other: abs(other.row["text_start"] - one.row["text_start"]), default=None)


def _has_percentage_between(near: Sequence[Stated], difference: Stated, one: Stated) -> bool:
    """Whether the difference has a percentage of its own that stands nearer."""
    low, high = sorted((difference.number, one.number))
    return any(low < other.number < high and other.unit == "percent" for other in near)


def list_growths(book: StatedBook, one: Stated) -> list[tuple[Amount, Amount]]:
    """What a percentage of change may be computed from: (signed difference, current amount)."""
    difference = find_difference(book, one)
    currents = book.list_candidates(one.concept, one.row["subject"], "current", one)
    base = BASES_OF.get(one.row["period"])
    priors = book.list_candidates(one.concept, one.row["subject"], base, one) if base else []
    if difference is not None and difference.value is not None:
        moved = Amount(difference.signed or 0, difference.grain, (difference.source,))
        # What is stated of the year before is a base too.
        implied = [Amount(prior.value + moved.value, prior.grain + moved.grain, prior.sources) for prior in priors]
        growths = [(moved, current) for current in drop_repeats([*currents, *implied])]
        # A year before below zero is another thing's amount, unless nothing else is known.
        return [growth for growth in growths if not _is_below_zero(*growth)] or growths
    return list(_pair_stated(book, one, base)) if base else []


def _is_below_zero(moved: Amount, current: Amount) -> bool:
    return 2 * (current.value - moved.value) < -(current.grain + moved.grain)


def _pair_stated(book: StatedBook, one: Stated, base: str) -> Iterator[tuple[Amount, Amount]]:
    """The two amounts that stand right before a percentage without a difference."""
    current = book.find_amounts(one.concept, one.row["subject"], "current", one)[:1]
    prior = book.find_amounts(one.concept, one.row["subject"], base, one)[:1]
    if current and prior and all(0 < one.number - other.number <= CLOSE for other in (*current, *prior)):
        now, before = make_amount(current[0]), make_amount(prior[0])
        yield Amount(now.value - before.value, now.grain + before.grain, (*now.sources, *before.sources)), now


def _claim_percentage(book: StatedBook, one: Stated) -> Iterator[Claim]:
    if one.value is None:
        return
    stated = Fact("stated", one.value, one.grain, (one.source,))
    if one.row["direction"] == "decrease":
        yield Claim("decrease", "percent", name_subject(one), (stated, Fact("bound", HUNDRED_PERCENT, 0, (one.source,))))
    growths = list_growths(book, one)
    if growths and one.value and all(_is_nothing(current.value - moved.value, current.grain) for moved, current in growths):
        yield _claim_zero(one, growths[0][1])
        return
    found = [(find_growth(moved, current), (*moved.sources, *current.sources)) for moved, current in growths]
    yield Claim("change", "percent", name_subject(one), (stated, *_list_implied(one, found)))


_Implied = tuple[tuple[int, int] | None, tuple[Source, ...]]


def _list_implied(one: Stated, found: Sequence[_Implied]) -> Iterator[Fact]:
    """What the percentage may be: what fits it first, then in the order found; a blank fact where nothing is known."""
    known = [(value, sources) for value, sources in found if value is not None]
    known.sort(key=lambda implied: not _comes_near(implied[0], one))
    for reading, ((value, grain), sources) in enumerate(known[:MOST_READINGS]):
        yield Fact("implied", value, grain, sources, reading)
    if not known:
        yield Fact("implied", None, 0, ())


def _comes_near(implied: tuple[int, int], one: Stated) -> bool:
    """Within rounding, or as digits cut off would leave it."""
    value, grain = implied
    return one.value is not None and abs(value - one.value) < one.grain + grain


def _is_nothing(base: int, grain: int) -> bool:
    return 2 * abs(base) <= grain


def _claim_zero(one: Stated, base: Amount) -> Claim:
    facts = (Fact("percentages", ONE, 0, (one.source,)), Fact("possible", 0, 0, base.sources))
    return Claim("zero_base", "count", name_subject(one), facts)


def _claim_difference(book: StatedBook, one: Stated) -> Iterator[Claim]:
    base = BASES_OF.get(one.row["period"])
    current = book.find_amounts(one.concept, one.row["subject"], "current", one)
    prior = book.find_amounts(one.concept, one.row["subject"], base, one) if base else []
    if current and prior and current[0].unit == prior[0].unit == "yuan":
        facts = (
            Fact("stated", one.signed, one.grain, (one.source,)),
            Fact("current", current[0].value, current[0].grain, (current[0].source,)),
            Fact("prior", prior[0].value, prior[0].grain, (prior[0].source,)),
        )
        yield Claim("difference", "yuan", name_subject(one), facts)


def claim_completions(book: StatedBook) -> Iterator[Claim]:
    """Completions: the actual amount divided by the budget that is named."""
    for one in book.list_measure("completion"):
        base = BASES_OF.get(one.row["period"])
        if one.value is None or base is None:
            continue
        budgets = book.list_candidates(one.concept, one.row["subject"], base, one)
        actuals = book.list_candidates(one.concept, one.row["subject"], "current", one)
        if budgets and all(_is_nothing(budget.value, budget.grain) for budget in budgets):
            yield _claim_zero(one, budgets[0])
            continue
        yield _claim_ratio("completion", one, [(actual, budget) for actual in actuals for budget in budgets])


def claim_shares(book: StatedBook) -> Iterator[Claim]:
    """Shares: the part that stands before it, divided by the whole of its kind."""
    for one in book.list_measure("share"):
        if one.value is None:
            continue
        parts = book.list_candidates(one.concept, one.row["subject"], "current", one)[:1]
        wholes = [
            whole
            for concept in load_families().name_wholes(one.concept)
            for whole in book.list_candidates(concept, None, "current", one)
        ]
        if (current := _add_up_current(book, one)) is not None:
            wholes.append(current)
        yield _claim_ratio("share", one, [(part, whole) for part in parts for whole in drop_repeats(wholes)])


def _add_up_current(book: StatedBook, one: Stated) -> Amount | None:
    """占本年支出…%: where the text states a total that holds money carried on too, the year's own is the sum of its kinds."""
    families = load_families()
    if families.current not in (one.row["evidence"] or ""):
        return None
    family = next((family for family in families.families if one.concept in family.parts), None)
    if family is None or family.whole not in families.name_wholes(one.concept):
        return None
    found = (book.find_amounts(concept, None, "current", one)[:1] for concept in family.parts)
    parts = [part for found_of in found for part in found_of if abs(part.number - one.number) <= FARTHEST_PART]
    return reduce(add_amounts, map(make_amount, parts)) if len(parts) >= family.needs else None


def _claim_ratio(topic: str, one: Stated, pairs: list[tuple[Amount, Amount]]) -> Claim:
    stated = Fact("stated", one.value, one.grain, (one.source,))
    found = [(find_percentage(part, whole), (*part.sources, *whole.sources)) for part, whole in pairs]
    return Claim(topic, "percent", name_subject(one), (stated, *_list_implied(one, found)))
