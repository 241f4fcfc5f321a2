"""How sure we are that a document was read as it is printed: a score, a grade, and the counts that they rest on.

Promise: the score speaks of our *reading* alone. A publisher's wrong sum that a diagnosis lays at the publisher's door costs
nothing: it is counted beside it (`violated_count`, `publisher_violated_count`). One more proved amount never lowers score or
grade; one more contradicted, misread or unread amount never raises them. docs/confidence.md explains the choices.

Every printed amount of a table has a worth, and the score is their mean:

    proved by an identity                          1
    not proved, both readers saw the same          0.95   (1 - the doubt of transforms.proof)
    not proved, one reader                         0.80
    not proved, the readers differ                 0.50
    contradicted, nobody knows whose error         half of the above
    misread, as a diagnosis says; or not read      0
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal

from transforms.budget_lines import AGREED
from transforms.proof import DOUBT_OF_ONE_READING, DOUBT_WHERE_READINGS_AGREE, DOUBT_WHERE_READINGS_DIFFER
from warehouse.records import Row

Grade = Literal["A", "B", "C", "D"]

WORTH_LEFT_BY_A_CONTRADICTION = 0.5


@dataclass(frozen=True, slots=True)
class Tally:
    """Printed amounts of a table or a document by what supports them, and the sums that fail unexplained.

    `worth`: what the amounts are worth together, 0 to `line_count`.
    """

    line_count: int = 0
    unread_count: int = 0
    proved_count: int = 0
    proved_twice_count: int = 0
    agreed_count: int = 0
    contradicted_count: int = 0
    misread_count: int = 0
    open_checks: int = 0
    worth: float = 0.0

    @property
    def printed_count(self) -> int:
        """Amounts that the page shows: those read and those not."""
        return self.line_count + self.unread_count

    @property
    def score(self) -> float:
        """Mean worth of a printed amount, 0 to 1; 1 where none is printed."""
        return min(self.worth / self.printed_count, 1.0) if self.printed_count else 1.0

    def share(self, count: int) -> float:
        """`count` as a share of the printed amounts; 0 where none is printed."""
        return count / self.printed_count if self.printed_count else 0.0


@dataclass(frozen=True, slots=True)
class Doubts:
    """Lines in question, by line_id: `open` contradicted and nobody knows whose error; `misread` ours, as a diagnosis says.

    `open_checks`: violated checks that no finding explains.
    """

    open: frozenset[str]
    misread: frozenset[str]
    open_checks: int = 0


@dataclass(frozen=True, slots=True)
class GradeLimits:
    """What a grade asks for at least (score, share proved) and allows at most (shares unread and contradicted, the rest)."""

    grade: Grade
    score: float
    proved: float
    unread: float
    contradicted: float
    misread: int
    open_checks: float


# Judgements, like the doubts of transforms.proof; docs/confidence.md gives the reasons and what the corpus gets.
GRADES = (
    GradeLimits("A", score=0.99, proved=0.90, unread=0.0, contradicted=0.0, misread=0, open_checks=0),
    GradeLimits("B", score=0.97, proved=0.70, unread=0.005, contradicted=0.02, misread=0, open_checks=inf),
    GradeLimits("C", score=0.90, proved=0.0, unread=0.05, contradicted=0.10, misread=2, open_checks=inf),
)


def find_doubts(lines: Iterable[Row], checks: Iterable[Row], findings: Iterable[Row]) -> Doubts:
    """Who is in question after the diagnosis.

    A violated check that no finding explains puts those of its amounts in question for which more identities fail than hold: a
    sum of hundreds accuses hundreds, and the proved among them are not to blame. Laid at the publisher's door it accuses none,
    explained otherwise it accuses the lines that the finding names; a finding that names no line explains nothing.
    """
    explained: set[int] = set()
    open_lines: set[str] = set()
    misread: set[str] = set()
    for finding in findings:
        accused = finding["line_ids"]
        if finding["whose"] == "publisher" or accused:
            explained.update(finding["check_numbers"])
        if finding["severity"] == "info" or finding["whose"] == "publisher":
            continue
        (misread if finding["whose"] == "extraction" else open_lines).update(accused)
    unexplained = [check for check in checks if is_wrong_sum(check) and check["check_number"] not in explained]
    in_question = {line_id for check in unexplained for line_id in (*check["left_line_ids"], *check["right_line_ids"])}
    unproved = {line["line_id"] for line in lines if line["contradicted_by"] > line["verified_by"]}
    return Doubts(frozenset(open_lines | in_question & unproved) - misread, frozenset(misread), len(unexplained))


def is_wrong_sum(check: Row) -> bool:
    """Violated by its amounts; a check of names that differ has a reason instead."""
    return check["outcome"] == "violated" and not check["reason"]


def tally_lines(lines: Iterable[Row], doubts: Doubts, disputed: Collection[str], unread_count: int) -> Tally:
    """Count the amounts among `lines` (blanks and dashes are none). `disputed`: line_ids on which the readers differ."""
    read = [line for line in lines if line["amount_cny"] is not None]
    return Tally(
        line_count=len(read),
        unread_count=unread_count,
        proved_count=sum(line["verified_by"] >= 1 for line in read),
        proved_twice_count=sum(line["verified_by"] >= 2 for line in read),
        agreed_count=sum(line["extractor"] == AGREED for line in read),
        contradicted_count=sum(line["line_id"] in doubts.open for line in read),
        misread_count=sum(line["line_id"] in doubts.misread for line in read),
        open_checks=doubts.open_checks,
        worth=sum(weigh_line(line, doubts, disputed) for line in read),
    )


def weigh_line(line: Row, doubts: Doubts, disputed: Collection[str]) -> float:
    """Worth of one amount, 0 to 1, as the module's table says."""
    line_id = line["line_id"]
    if line_id in doubts.misread:
        return 0.0
    worth = 1 - _doubt(line, line_id in disputed)
    return worth * WORTH_LEFT_BY_A_CONTRADICTION if line_id in doubts.open else worth


def _doubt(line: Row, is_disputed: bool) -> float:
    if line["verified_by"] >= 1:
        return 0.0
    if line["extractor"] == AGREED:
        return DOUBT_WHERE_READINGS_AGREE
    return DOUBT_WHERE_READINGS_DIFFER if is_disputed else DOUBT_OF_ONE_READING


def give_grade(tally: Tally) -> Grade:
    """The best grade whose limits the document keeps; D where it keeps none."""
    return next((limits.grade for limits in GRADES if _keeps(tally, limits)), "D")


def _keeps(tally: Tally, limits: GradeLimits) -> bool:
    return (
        tally.score >= limits.score
        and tally.share(tally.proved_count) >= limits.proved
        and tally.share(tally.unread_count) <= limits.unread
        and tally.share(tally.contradicted_count) <= limits.contradicted
        and tally.misread_count <= limits.misread
        and tally.open_checks <= limits.open_checks
    )


def score_document(
    lines: Sequence[Row], checks: Sequence[Row], findings: Sequence[Row], disputed: Collection[str], unread_count: int
) -> Row:
    """The columns of `core_disclosures` that say how far the reading can be trusted, and beside them whether it adds up."""
    tally = tally_lines(lines, find_doubts(lines, checks, findings), disputed, unread_count)
    wrong = [check["check_number"] for check in checks if is_wrong_sum(check)]
    publishers = {number for f in findings if f["whose"] == "publisher" for number in f["check_numbers"]}
    return {
        "score": round(tally.score, 4),
        "grade": give_grade(tally),
        "proved_count": tally.proved_count,
        "proved_twice_count": tally.proved_twice_count,
        "agreed_count": tally.agreed_count,
        "contradicted_count": tally.contradicted_count,
        "misread_count": tally.misread_count,
        "checked_count": sum(check["outcome"] != "not_computable" for check in checks),
        "violated_count": len(wrong),
        "publisher_violated_count": len(publishers.intersection(wrong)),
    }


def score_tables(
    tables: Iterable[Row], lines: Iterable[Row], checks: Sequence[Row], findings: Sequence[Row], disputed: Collection[str]
) -> list[Row]:
    """Rows of `core_tables` with the same score, each of its own amounts; 0 for a table that was not understood and has none."""
    lines = list(lines)
    doubts = find_doubts(lines, checks, findings)
    by_table: dict[str, list[Row]] = defaultdict(list)
    for line in lines:
        by_table[line["table_id"]].append(line)
    return [_score_table(table, by_table[table["table_id"]], doubts, disputed) for table in tables]


def _score_table(table: Row, lines: Sequence[Row], doubts: Doubts, disputed: Collection[str]) -> Row:
    tally = tally_lines(lines, doubts, disputed, table["unread_count"])
    is_lost = not tally.printed_count and not table["understood"]
    return {**table, "score": 0.0 if is_lost else round(tally.score, 4)}
