"""Stated amounts against their cells, what is stated twice, and the words of direction.

Promise: where a statement may mean several cells and none fits, an error is claimed only if those cells agree among themselves.
"""

import re
from collections.abc import Iterator

from transforms.stated.book import BASES_OF, StatedBook, lie_near, make_amount
from transforms.stated.facts import Claim, Fact, Source
from transforms.stated.links import Linked
from transforms.stated.numbers import Amount, Stated

# 2025年“三公”经费预算13.85万元: a year right at the head of the words before the number, and nothing compared with.
YEAR_OF_AMOUNT = re.compile(
    r"^[^,;。:、]*?(?<![比较与同和对至\d])(?P<year>20\d{2})年度?(?![底末初\d])[^,;。:、年比较\d]*[\d,.]+(?:万|亿)?元?$"
)
BESIDE = 2  # statements from an amount to its change and its percentage
MOST_READINGS = 6  # as many as identities_text.yml compares
# A line that may be wider is meant where they differ by less than the smallest unit that a text leaves out of its operating cost.
NEARLY_THE_SAME = 200
# What one document may state of several bodies, projects or grades in one word, so that two values are two facts.
LOOSE = (
    "project",
    "organisation.",
    "performance.",
    "premises.",
    "assets.",
    "headcount.",
    "equipment.",
    "vehicles.",
    "procurement.",
)


def name_subject(one: Stated) -> str:
    """What a check of a statement is about."""
    subject = f" {one.row['subject']}" if one.row["subject"] else ""
    return f"{one.row['statement_key']}{subject} · {one.row['period']}"


def claim_amounts(book: StatedBook) -> Iterator[Claim]:
    """Each amount of money with the cells that it may mean."""
    for one in book.list_measure("amount"):
        if one.value is None or one.unit != "yuan":
            continue
        linked = [link for link in book.links.get(one.number, []) if link.amount and _may_be(link, one)]
        if not linked:
            continue
        values = {link.amount.value for link in linked if link.amount}
        doubts = {"doubt_rows"} if len(values) > 1 else set()
        if book.is_ambiguous(one):
            doubts.add("doubt_subjects")
        if not any(lie_near(one.value, value) for value in values):
            doubts.add("doubt_far")
        if book.board and book.board.has_several_sets:
            doubts.add("doubt_units")
        facts = [Fact("stated", one.value, one.grain, (one.source,))]
        facts += [
            Fact("cell", link.amount.value, link.amount.grain, link.amount.sources, reading)
            for reading, link in enumerate(_put_fitting_first(linked, one)[:MOST_READINGS])
            if link.amount
        ]
        yield Claim("amount", one.unit, name_subject(one), tuple(facts), frozenset(doubts))


def _may_be(link: Linked, one: Stated) -> bool:
    """A line that may be wider than what is stated is the same thing only where the two hardly differ."""
    if not link.is_loose or link.amount is None or one.value is None:
        return True
    return abs(link.amount.value - one.value) * NEARLY_THE_SAME <= abs(link.amount.value)


def _put_fitting_first(linked: list[Linked], one: Stated) -> list[Linked]:
    """The readings by how far they lie from what is stated, the declared order deciding between equals."""
    return sorted(linked, key=lambda link: abs(link.amount.value - (one.value or 0)) if link.amount else 0)


def choose_lines(linked: list[Linked], one: Stated) -> tuple[str, ...]:
    """The lines that a statement speaks of: each that prints its amount in one cell, else the first sum that gives it, else the
    first reading. A change speaks of the lines of the thing that changed. A line that may be wider is that thing only where its
    amount is hardly another."""
    is_amount = one.measure == "amount"
    same = [link for link in linked if not link.is_loose or (is_amount and _may_be(link, one))]
    fitting = [link for link in same if link.amount and _fits(link.amount, one)]
    printed = [link for link in fitting if len(link.line_ids) == 1]
    chosen = (printed or fitting[:1] or same[:1]) if is_amount else same[:1]
    return tuple(dict.fromkeys(line_id for link in chosen for line_id in link.line_ids))


def claim_repeats(book: StatedBook) -> Iterator[Claim]:
    """Every value against the first time that the same was stated."""
    first: dict[tuple[str, str, str, str], Stated] = {}
    for one in book.statements:
        if one.value is None or one.measure != "amount":
            continue
        thing = (one.concept, one.row["subject"] or "", one.row["period"], one.unit)
        earlier = first.setdefault(thing, one)
        if earlier is one:
            continue
        loose = (one.concept.startswith(LOOSE) and not one.row["subject"]) or book.is_ambiguous(one)
        doubts = frozenset({"doubt_subjects"}) if loose else frozenset[str]()
        facts = (
            Fact("first", earlier.value, earlier.grain, (earlier.source,)),
            Fact("again", one.value, one.grain, (one.source,)),
        )
        yield Claim("repeated", one.unit, name_subject(one), facts, doubts)


def claim_repeated_changes(book: StatedBook) -> Iterator[Claim]:
    """Every change against the first of the same thing with the same amount beside it: 9万元,减少2万元 and 9万元,减少3万元.

    Of several changes behind one amount the first is the amount's.
    """
    first: dict[tuple[str, str, str, str, int], Stated] = {}
    taken: set[tuple[int, str]] = set()
    for one in book.list_measure("change"):
        current = next(iter(book.find_amounts(one.concept, one.row["subject"], "current", one)), None)
        is_beside = current is not None and 0 < one.number - current.number <= BESIDE
        if one.signed is None or not one.unit or current is None or current.value is None or not is_beside:
            continue
        if (current.number, one.unit) in taken:
            continue
        taken.add((current.number, one.unit))
        thing = (one.concept, one.row["subject"] or "", one.row["period"], one.unit, current.value)
        earlier = first.setdefault(thing, one)
        if earlier is not one:
            facts = (
                Fact("first", earlier.signed, earlier.grain, (earlier.source,)),
                Fact("again", one.signed, one.grain, (one.source,)),
            )
            yield Claim("repeated", one.unit, name_subject(one), facts)


def claim_directions(book: StatedBook) -> Iterator[Claim]:
    """The word of a comparison against the two amounts, where the text states both."""
    for one in book.list_measure("change"):
        base = BASES_OF.get(one.row["period"])
        if base is None or one.row["direction"] is None:
            continue
        current = book.find_amounts(one.concept, one.row["subject"], "current", one)
        prior = book.find_amounts(one.concept, one.row["subject"], base, one)
        if current and prior and current[0].unit == prior[0].unit:
            yield _compare_words(one, make_amount(current[0]), make_amount(prior[0]))


def _compare_words(one: Stated, current: Amount, prior: Amount) -> Claim:
    word = {"increase": 1, "decrease": -1, "unchanged": 0}[one.row["direction"]]
    difference = current.value - prior.value
    sources = (*current.sources, *prior.sources)
    close = 2 * abs(difference) <= current.grain + prior.grain
    # What rounding hides may have moved either way.
    sign = word if close else (difference > 0) - (difference < 0)
    one_unit = 10**6
    facts = (Fact("word", word * one_unit, 0, (one.source,)), Fact("sign", sign * one_unit, 0, sources))
    return Claim("direction", "direction", name_subject(one), facts)


def claim_completion_words(book: StatedBook) -> Iterator[Claim]:
    """决算数小于预算数 agrees with a completion below 100 %."""
    for one in book.list_measure("completion"):
        if one.value is None or one.row["direction"] is None:
            continue
        word = {"increase": 1, "decrease": -1, "unchanged": 0}[one.row["direction"]]
        over = one.value - 100 * 10**6
        sign = word if 2 * abs(over) <= one.grain else (over > 0) - (over < 0)
        facts = (Fact("word", word * 10**6, 0, (one.source,)), Fact("sign", sign * 10**6, 0, (one.source,)))
        yield Claim("direction", "direction", name_subject(one), facts)


def claim_one_direction(book: StatedBook, words: dict[int, int]) -> Iterator[Claim]:
    """A change has one direction: 下降（增长） is the rest of a template; of 0 it says nothing wrong.

    `words`: directions printed, by statement number.
    """
    for one in book.list_measure("change"):
        if words.get(one.number, 1) > 1 and one.value:
            facts = (
                Fact("words", words[one.number] * 10**6, 0, (one.source,)),
                Fact("possible", 10**6, 0, (Source("statement", str(one.number)),)),
            )
            yield Claim("one_direction", "count", name_subject(one), facts)


def claim_years(book: StatedBook, fiscal_year: int) -> Iterator[Claim]:
    """An amount that stands in this year's cell and is called last year's: the year was left standing from last year's text."""
    for one in book.list_measure("amount"):
        printed = YEAR_OF_AMOUNT.search(one.row["evidence"] or "")
        if one.unit != "yuan" or one.row["period"] != "current" or printed is None:
            continue
        cells = [link.amount for link in book.links.get(one.number, []) if link.amount and one.value and _fits(link.amount, one)]
        if cells and int(printed["year"]) == fiscal_year - 1:
            facts = (
                Fact("printed", int(printed["year"]) * 10**6, 0, (one.source,)),
                Fact("year", fiscal_year * 10**6, 0, cells[0].sources),
            )
            yield Claim("year", "year", name_subject(one), facts)


def _fits(amount: Amount, one: Stated) -> bool:
    return one.value is not None and 2 * abs(amount.value - one.value) <= amount.grain + one.grain
