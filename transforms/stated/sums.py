"""Wholes and parts that the text states: sums, sums of changes, staff and posts, vehicles and their cost, lists of projects.

Promise: parts are those stated after their whole and before the next one of its kind; changes are added only where the amounts of
the same parts add up to the whole, so that a list of examples is never taken for all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transforms.stated.amounts import name_subject
from transforms.stated.book import StatedBook
from transforms.stated.facts import OTHER_SCALE, Claim, Fact
from transforms.stated.families import Family, load_families
from transforms.stated.numbers import Stated

ONE = 10**OTHER_SCALE
FARTHEST = 40  # statements after a whole among which its parts are looked for
LIST_OF_PROJECTS = ("project", "general_public_budget.project", "appropriation.project")


def claim_sums(book: StatedBook) -> Iterator[Claim]:
    """Every whole of a declared family against the parts that follow it."""
    for family in load_families().families:
        wholes = [one for one in book.list_measure("amount") if one.concept == family.whole and _counts(one, family)]
        for place, whole in enumerate(wholes):
            end = wholes[place + 1].number if place + 1 < len(wholes) else whole.number + FARTHEST
            claim = _claim_family(book, family, whole, end)
            if claim:
                yield claim


def _counts(one: Stated, family: Family) -> bool:
    return one.value is not None and one.unit == family.unit and not one.row["subject"]


def _claim_family(book: StatedBook, family: Family, whole: Stated, end: int) -> Claim | None:
    ways = [_list_parts(book, family, whole, end, concepts) for concepts in (family.parts, *family.other_ways)]
    doubts = frozenset[str]()
    # A part alone, or a list with other things in it, may be some of several parts.
    sure = [parts for parts in ways if _is_whole_list(book, family, whole, parts)]
    if family.is_open and all(_falls_short(whole, parts) for parts in sure):
        sure = []
    if not sure:
        sure, doubts = [parts for parts in ways if parts], frozenset({"doubt_parts"})
    facts: list[Fact] = []
    for reading, parts in enumerate(sure):
        facts.append(Fact("whole", whole.value, whole.grain, (whole.source,), reading))
        facts += [Fact("part", part.value, part.grain, (part.source,), reading) for part in parts]
    return Claim(family.topic, family.unit, name_subject(whole), tuple(facts), doubts) if facts else None


def _falls_short(whole: Stated, parts: Sequence[Stated]) -> bool:
    return sum(part.value or 0 for part in parts) < (whole.value or 0)


def _is_whole_list(book: StatedBook, family: Family, whole: Stated, parts: Sequence[Stated]) -> bool:
    """Whether a list may be all parts of its whole: enough of them, and no number among them that is something else."""
    if len(parts) < family.needs:
        return False
    return not book.has_unread(whole, max(parts, key=lambda part: part.number)) and not _has_others(book, family, whole, parts)


def _has_others(book: StatedBook, family: Family, whole: Stated, parts: Sequence[Stated]) -> bool:
    """Whether amounts of other things stand between a whole and the last of its parts: the list is then not the family's."""
    own = {family.whole, *family.parts, *(concept for way in family.other_ways for concept in way)}
    related = family.whole.rpartition(".")[0] + "." if "." in family.whole else ""
    last = max(part.number for part in parts)
    return family.topic == "text_sum" and any(
        one.measure == "amount"
        and one.unit == "yuan"
        and one.row["period"] == whole.row["period"]
        and one.concept not in own
        and not (related and one.concept.startswith(related))
        for one in book.statements
        if whole.number < one.number < last
    )


def _list_parts(book: StatedBook, family: Family, whole: Stated, end: int, concepts: Sequence[str]) -> list[Stated]:
    """The first statement of each part in the reach of its whole."""
    found: dict[str, Stated] = {}
    for one in book.statements:
        inside = whole.number < one.number < min(end, whole.number + FARTHEST)
        same = one.row["period"] == whole.row["period"] or family.unit in {"persons", "vehicles"}
        if inside and same and one.measure == "amount" and one.concept in concepts and _counts(one, family):
            found.setdefault(one.concept, one)
    return list(found.values())


def claim_listed_shares(book: StatedBook) -> Iterator[Claim]:
    """Shares that stand in a row and whose amounts add up to their whole are 100 percent together."""
    for family in load_families().families:
        if family.unit != "yuan":
            continue
        for whole in book.list_measure("amount"):
            if whole.concept != family.whole or not _counts(whole, family):
                continue
            parts = _list_parts(book, family, whole, whole.number + FARTHEST, family.parts)
            shares = [share for part in parts if (share := _find_share(book, part))]
            if len(parts) >= family.needs and len(shares) == len(parts) and _adds_up(whole, parts):
                facts = [Fact("part", share.value, share.grain, (share.source,)) for share in shares]
                whole_fact = Fact("whole", 100 * ONE, 0, (whole.source,))
                yield Claim("shares", "percent", name_subject(whole), (*facts, whole_fact))


def _find_share(book: StatedBook, part: Stated) -> Stated | None:
    near = [one for one in book.list_measure("share") if 0 < one.number - part.number <= 2 and one.about == part.about]
    return next((one for one in near if one.value is not None), None)


def _adds_up(whole: Stated, parts: Sequence[Stated]) -> bool:
    if whole.value is None:
        return False
    difference = whole.value - sum(part.value or 0 for part in parts)
    return 2 * abs(difference) <= whole.grain + sum(part.grain for part in parts)


@dataclass(frozen=True, slots=True)
class _Moved:
    """A part with its amount and its change."""

    amount: Stated
    change: Stated


def claim_change_parts(book: StatedBook) -> Iterator[Claim]:
    """The change of a whole against the changes of all its parts: named by subjects, or by kinds."""
    for listing in load_families().lists:
        subjects = {one.row["subject"] for one in book.list_measure("amount") if one.concept == listing.parts}
        leaves = _drop_paths_above({subject for subject in subjects if subject})
        yield from _claim_changes(book, listing.whole, [(listing.parts, subject) for subject in sorted(leaves)])
    for family in load_families().families:
        if family.unit == "yuan":
            for concepts in (family.parts, *family.other_ways):
                yield from _claim_changes(book, family.whole, [(concept, None) for concept in concepts])


def _drop_paths_above(subjects: set[str]) -> set[str]:
    """The paths below which no other is listed."""
    return {one for one in subjects if not any(other != one and f"/{other}/".find(f"/{one}/") >= 0 for other in subjects)}


def _claim_changes(book: StatedBook, whole: str, things: Sequence[tuple[str, str | None]]) -> Iterator[Claim]:
    for change in book.list_measure("change"):
        if change.concept != whole or change.row["subject"] or change.unit != "yuan" or change.signed is None:
            continue
        total = next(iter(book.find_amounts(whole, None, "current", change)), None)
        parts = [_find_moved(book, concept, subject, change) for concept, subject in things]
        stated = [part for part in parts if part]
        if total and len(stated) > 1 and _adds_up(total, [part.amount for part in stated]):
            facts = [Fact("whole", change.signed, change.grain, (change.source,))]
            facts += [Fact("part", part.change.signed, part.change.grain, (part.change.source,)) for part in stated]
            # What was there last year alone has no amount by which it could be missed in a list of names, or one of nothing
            # whose change is told elsewhere: 另外2019年未安排因公出国经费.
            amounts = [thing for thing in things if book.find_amounts(*thing, "current", change)]
            is_open = any(subject for _, subject in things) or len(amounts) > len(stated)
            doubts = frozenset({"doubt_gone"}) if is_open else frozenset[str]()
            yield Claim("change_parts", "yuan", name_subject(change), tuple(facts), doubts)


def _find_moved(book: StatedBook, concept: str, subject: str | None, whole: Stated) -> _Moved | None:
    """The first amount of a part after which its change against the same period stands."""
    for amount in sorted(book.find_amounts(concept, subject, "current", whole), key=lambda one: one.number):
        for change in book.list_measure("change"):
            near = 0 < change.number - amount.number <= 4 and change.about == amount.about
            if near and change.row["period"] == whole.row["period"] and change.signed is not None and change.unit != "percent":
                return _Moved(amount, change)
    return None


def claim_posts(book: StatedBook) -> Iterator[Claim]:
    """Staff in service against authorised posts, both of the issuer."""
    own = [one for one in book.list_measure("amount") if one.value is not None and not one.row["subject"]]
    posts = [one for one in own if one.concept == "headcount.authorised.total"]
    staff = [one for one in own if one.concept == "headcount.actual.active"]
    if len(posts) == len(staff) == 1:
        facts = (
            Fact("actual", staff[0].value, 0, (staff[0].source,)),
            Fact("authorised", posts[0].value, 0, (posts[0].source,)),
        )
        yield Claim("posts", "persons", name_subject(staff[0]), facts)


def claim_vehicle_cost(book: StatedBook) -> Iterator[Claim]:
    """Where the operation of vehicles costs something there is a vehicle, if the text counts them at all."""
    amounts = book.list_measure("amount")
    cost = next(
        (one for one in amounts if one.concept == "three_public.vehicle_operation" and one.row["period"] == "current"), None
    )
    counted = [
        one
        for one in amounts
        if one.unit == "vehicles" and one.value is not None and "planned" not in one.concept and "purchase" not in one.concept
    ]
    if cost is None or not cost.value or not counted:
        return
    facts = [Fact("needed", ONE, 0, (cost.source,))]
    facts += [Fact("stated", one.value, 0, (one.source,)) for one in counted]
    # Those of a pool are counted by the body that keeps it, and a budget counts what there was in the year before.
    doubts = frozenset[str]() if book.phase == "final" else frozenset({"doubt_pool"})
    yield Claim("vehicles_cost", "vehicles", name_subject(cost), tuple(facts), doubts)


def claim_projects(book: StatedBook) -> Iterator[Claim]:
    """The projects that a text lists against the project expenditure above the list."""
    heads = [one for one in book.list_measure("amount") if _heads_projects(one)]
    for place, head in enumerate(heads):
        end = heads[place + 1].number if place + 1 < len(heads) else head.number + FARTHEST
        parts: list[Stated] = []
        for one in book.statements:
            named = one.concept == "project" and one.row["subject"] and "/" not in one.row["subject"]
            if head.number < one.number < end and named and one.measure == "amount" and one.row["period"] == "current":
                parts.append(one)
        if len(parts) > 1 and head.value:
            facts = [Fact("whole", head.value, head.grain, (head.source,))]
            facts += [Fact("part", part.value, part.grain, (part.source,)) for part in parts]
            yield Claim("projects", "yuan", name_subject(head), tuple(facts))


def _heads_projects(one: Stated) -> bool:
    is_kind = one.concept in LIST_OF_PROJECTS and not one.row["subject"]
    return one.row["period"] == "current" and (is_kind or one.concept.endswith("project.function"))
