"""The publisher's habit of rounding, and the one check that breaks it.

Promise: a difference inside the rounding envelope is passed over in silence only where the document is one that rounds. Whoever
rounds each amount on its own shows it all over the document (2 % to 10 % of the checks of every such document seen); where all
other checks are exact to the last digit, a lone difference of a last digit is rather a misprint or a misreading, and it is told.
"""

from collections.abc import Iterator, Mapping, Sequence

from warehouse.issues import make_finding
from warehouse.records import Row

ROUNDED = ("rounding", "truncation")
# Fewer exact checks than this show no habit: a document of two small tables may round once and be right.
FEWEST_EXACT = 30


def report_lone_rounding(checks: Sequence[Row], lines: Mapping[str, Row]) -> Iterator[Row]:
    """A finding where every check of the document that is not exact meets in one amount, and `FEWEST_EXACT` others are exact.

    `checks`: rows of `core_checks` of one document; `lines`: its amounts by `line_id`.
    """
    rounded = [check for check in checks if check["outcome"] in ROUNDED]
    exact = sum(check["outcome"] == "exact" for check in checks)
    if not rounded or exact < FEWEST_EXACT:
        return
    common = set.intersection(*({*check["left_line_ids"], *check["right_line_ids"]} for check in rounded))
    if not common:
        return
    first = rounded[0]
    place = next(lines[line_id] for line_id in (*first["left_line_ids"], *first["right_line_ids"]) if line_id in common)
    yield make_finding(
        "lone-rounding",
        page=place["page"],
        bbox=place["bbox"],
        table_id=place["table_id"],
        check=first["check_id"],
        left=first["left_cny"],
        right=first["right_cny"],
        difference=first["difference_cny"],
        subject=first["check_subject"],
        exact=exact,
        others=f", and {len(rounded) - 1} more that meet in the same amount" if len(rounded) > 1 else "",
    )
