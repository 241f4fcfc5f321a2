"""What is to be told of identities of the text that fail: one finding for each statement, with the explanation that fits.

Promise: every failing check of the text is named by exactly one finding; what is said to fit was computed from what is
printed. A finding on the text is for the record: it makes no amount of the tables doubtful.

A percentage that fails is tried with the other denominators, and its difference with one other digit; which one fits is said.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from transforms.stated.book import StatedBook
from transforms.stated.changes import find_difference, list_growths
from transforms.stated.facts import OTHER_SCALE, YUAN, scale_of
from transforms.stated.links import name_key
from transforms.stated.numbers import Amount, Stated, find_growth, find_percentage
from transforms.stated.sheets import name_uncovered
from warehouse.issues import Whose, make_finding
from warehouse.records import Row

TOLD = ("violated", "truncation")
# Checks that say the same of one statement: the first of them speaks.
ORDER = (
    "stated_change", "completion", "stated_share", "decrease_bound", "stated_amount", "stated_year", "direction_word",
    "stated_sum", "change_parts", "repeated_value", "named_items", "procurement_sum_stated", "headcount_sum", "headcount_bound",
    "vehicles_sum", "vehicles_cost", "target_coverage", "target_counts", "target_repeated", "quantity_price", "projects_sum",
)  # fmt: skip
KINDS = {
    "stated_change": "text-percentage-wrong",
    "completion": "text-percentage-wrong",
    "stated_share": "text-percentage-wrong",
    "decrease_bound": "text-percentage-impossible",
    "stated_amount": "text-amount-differs",
    "stated_year": "text-year-stale",
    "direction_word": "text-direction-wrong",
    "repeated_value": "text-values-differ",
    "named_items": "text-items-differ",
    "target_coverage": "targets-not-covering",
    "target_counts": "targets-counted-wrong",
    "target_repeated": "targets-differ",
    "quantity_price": "product-wrong",
}
SUM_KIND = "text-sum-differs"
CUT_KIND = "text-digits-cut"
WHOSE_WITHOUT_PROOF: Whose = "undecided"


@dataclass(frozen=True)
class Ground:
    """What an explanation is looked for in."""

    book: StatedBook
    projects: Sequence[Row]
    targets: Mapping[int, Row]
    lines: Mapping[str, Row]


def tell_failures(checks: Sequence[Row], ground: Ground) -> Iterator[Row]:
    """Findings by the place of what they accuse."""
    failing = [check for check in checks if check["outcome"] in TOLD]
    groups: dict[tuple[str, int], list[Row]] = {}
    for check in sorted(failing, key=lambda check: ORDER.index(check["check_id"])):
        groups.setdefault(_choose_group(check, groups), []).append(check)
    for group in groups.values():
        yield _tell(group, ground)


def tell_misspelt(ground: Ground) -> Iterator[Row]:
    """Names of classes that no line carries and that have the very characters of one that the tables print, in another order."""
    printed = {name_key(line["line_label"]): line["line_label"] for line in ground.lines.values() if line["line_label"]}
    spelled: dict[str, set[str]] = {}
    for name in printed:
        spelled.setdefault("".join(sorted(name)), set()).add(name)
    told: set[str] = set()
    for one in ground.book.statements:
        name = name_key((one.row["subject"] or "").rpartition("/")[2])
        alike = spelled.get("".join(sorted(name)), set())
        if not one.concept.endswith(("function", "economic")) or name in printed or name in told or len(alike) != 1:
            continue
        told.add(name)
        fitting = printed[next(iter(alike))]
        said = f"{one.row['subject']} is called {fitting} in the tables"
        yield make_finding(
            "text-name-misspelt",
            page=one.row["page"],
            bbox=one.row["bbox"],
            fitting_value=fitting,
            text=one.row["evidence"],
            said=said,
        )


def _choose_group(check: Row, groups: Mapping[tuple[str, int], list[Row]]) -> tuple[str, int]:
    """The statement that a check is told with: one that another check accuses already, else the first on its left."""
    own = [*check["left_statement_numbers"], *check["right_statement_numbers"]]
    if check["check_id"] == "change_parts":
        accused = {
            number: key
            for key, others in groups.items()
            for other in others
            for number in (*other["left_statement_numbers"], *other["right_statement_numbers"])
            if other["outcome"] == "violated"
        }
        joined = next((accused[number] for number in own if number in accused), None)
        if joined:
            return joined
    if own:
        return "statement", own[0]
    if check["left_project_numbers"]:
        return "project", check["left_project_numbers"][0]
    return "target", (check["left_target_numbers"] or [0])[0]


def _tell(group: Sequence[Row], ground: Ground) -> Row:
    first = group[0]
    said, fitting = _explain(first, ground)
    others = [check for check in group[1:] if check["outcome"] == "violated"]
    beside = (
        f"; {len(others)} more checks of it fail: {', '.join(dict.fromkeys(c['check_id'] for c in others))}" if others else ""
    )
    place = _place(first, ground)
    is_cut = first["outcome"] == "truncation"
    kind = CUT_KIND if is_cut else KINDS.get(first["check_id"], SUM_KIND)
    if kind == KINDS["target_coverage"] and first["left_project_numbers"]:
        kind = KINDS["target_repeated"]
    finding = make_finding(
        kind,
        page=place.get("page"),
        bbox=place.get("bbox"),
        whose=_blame(first, ground),
        fitting_value=fitting,
        text=place.get("evidence") or place.get("indicator") or first["check_subject"],
        said=said + beside,
    )
    return {**finding, "statement_check_numbers": [check["check_number"] for check in group]}


def _blame(check: Row, ground: Ground) -> Whose | None:
    """The publisher, where both sides are the text's own or the cell is proved by the tables; else nobody."""
    ids = (*check["left_line_ids"], *check["right_line_ids"])
    proved = all((ground.lines[line_id].get("verified_by") or 0) > 0 for line_id in ids if line_id in ground.lines)
    return None if proved else WHOSE_WITHOUT_PROOF


def _place(check: Row, ground: Ground) -> Row:
    numbers = (*check["left_statement_numbers"], *check["right_statement_numbers"])
    rows = {one.number: one.row for one in ground.book.statements}
    if numbers:
        return rows[numbers[0]]
    targets = (*check["left_target_numbers"], *check["right_target_numbers"])
    projects = {row["project_number"]: row for row in ground.projects}
    if not targets and check["left_project_numbers"]:
        return projects.get(check["left_project_numbers"][0], {})
    return ground.targets.get(targets[0], {}) if targets else {}


def _explain(check: Row, ground: Ground) -> tuple[str, str | None]:
    """What is wrong in words, and the value that would fit."""
    explainers: Mapping[str, Callable[[Row, Ground], tuple[str, str | None]]] = {
        "stated_change": _explain_change,
        "target_coverage": _explain_coverage,
        "decrease_bound": _explain_bound,
        "direction_word": _explain_direction,
        "stated_amount": _explain_amount,
        "named_items": _explain_items,
        "repeated_value": _explain_repeat,
        "stated_year": lambda row, _: (
            f"the amount is that of {row['right_value']}, the text calls it {row['left_value']}'s",
            None,
        ),
    }
    if check["outcome"] == "truncation":
        left, right = _show(check, "left"), _show(check, "right")
        return f"{left} is {right} with its digits cut off instead of rounded", check["right_value"]
    explain = explainers.get(check["check_id"], _explain_plainly)
    return explain(check, ground)


def _explain_plainly(check: Row, ground: Ground) -> tuple[str, str | None]:
    left, right = _show(check, "left"), _show(check, "right")
    words = {
        "stated_share": f"the text states {left}, its part of the whole is {right}",
        "completion": f"the text states {left}, the actual amount is {right} of the budget",
        "target_counts": f"the text states {left}, the sheets have {right}",
        "target_repeated": f"the department's sheet has {left}, the project's {right}",
        "quantity_price": f"the amount is {left}, quantity times price is {right}",
        "vehicles_cost": "vehicles cost money to operate, and the text counts none",
        "headcount_bound": f"{left} are in service, {right} are authorised",
    }
    return words.get(check["check_id"], f"{left} is stated, the parts add up to {right}"), check["right_value"]


def _explain_amount(check: Row, ground: Ground) -> tuple[str, str | None]:
    """The cell, and whose amount the text took instead where the tables print it once."""
    stated = Decimal(check["left_value"])
    taken = {
        (line["table_type"], line["line_label"], line["fund_type"], line["expenditure_kind"])
        for line in ground.lines.values()
        if stated and line["amount_cny"] == stated and line["row_kind"] == "total"
    }
    where = "; it is the amount of {} · {} · {}/{}".format(*min(taken)) if len(taken) == 1 else ""
    return f"the text states {_show(check, 'left')}, its cell has {_show(check, 'right')}{where}", check["right_value"]


def _explain_change(check: Row, ground: Ground) -> tuple[str, str | None]:
    one = _find_statement(check, ground)
    if one is None or one.unit != "percent" or one.value is None:
        return f"the text states {_show(check, 'left')}, the two years differ by {_show(check, 'right')}", check["right_value"]
    moved, current = _find_growth_of(ground.book, one, check)
    before = Amount(current.value - moved.value, current.grain + moved.grain, ())
    right = f"of the year before, {_yuan(before.value)}, it is {_round(check['right_value'], one)} %"
    if cause := _find_denominator(ground.book, one, moved, current):
        return f"{check['left_value']} % is {_yuan(abs(moved.value))} divided by {cause}; {right}", _round(
            check["right_value"], one
        )
    difference = find_difference(ground.book, one)
    if difference and (digit := _find_digit(difference, current, one)):
        return f"{_yuan(abs(moved.value))} {right}; {check['left_value']} % would fit a difference of {_yuan(digit)}", _plain(
            digit
        )
    return f"{check['left_value']} % fits no denominator that is stated; {right}", _round(check["right_value"], one)


def _find_growth_of(book: StatedBook, one: Stated, check: Row) -> tuple[Amount, Amount]:
    """The difference and the current amount that the check compared with."""
    growths = list_growths(book, one)
    wanted = Decimal(check["right_value"]).scaleb(OTHER_SCALE)
    return min(growths, key=lambda growth: abs((find_growth(*growth) or (0, 0))[0] - wanted))


def _find_denominator(book: StatedBook, one: Stated, moved: Amount, current: Amount) -> str | None:
    """The other denominator that gives the stated percentage."""
    part = Amount(abs(moved.value), moved.grain, ())
    candidates = [("the current year", current)]
    totals = ("total_expenditure", "total_revenue", "general_public_budget.expenditure", "appropriation.expenditure")
    candidates += [("the total", whole) for concept in totals for whole in book.list_candidates(concept, None, "current", one)]
    candidates += [("the difference's other sign", Amount(current.value + moved.value, current.grain + moved.grain, ()))]
    for words, base in candidates:
        found = find_percentage(part, base)
        if found and _is_near(found, one):
            return f"{words}, {_yuan(base.value)}"
    return None


def _find_digit(difference: Stated, current: Amount, one: Stated) -> int | None:
    """The difference with one other digit that the percentage fits; None where several would."""
    printed = str(difference.value or 0)
    fitting = set()
    for place in range(len(printed)):
        for digit in "0123456789":
            changed = int(printed[:place] + digit + printed[place + 1 :])
            if changed % difference.grain or digit == printed[place] or not changed:
                continue
            signed = -changed if difference.row["direction"] == "decrease" else changed
            found = find_growth(Amount(signed, difference.grain, ()), current)
            if found and _is_near(found, one):
                fitting.add(changed)
    return fitting.pop() if len(fitting) == 1 else None


def _is_near(found: tuple[int, int], one: Stated) -> bool:
    value, grain = found
    return one.value is not None and 2 * abs(value - one.value) <= grain + one.grain


def _explain_coverage(check: Row, ground: Ground) -> tuple[str, str | None]:
    left, right = _show(check, "left"), _show(check, "right")
    if check["left_project_numbers"]:
        return f"the sheet has {left}, the table of projects {right}", check["right_value"]
    missing = ", ".join(
        f"{one.row['subject']} {one.row['value_reported']}" for one in name_uncovered(ground.book, ground.projects)
    )
    return f"{left} is said to have targets, the sheets cover {right}" + (
        f"; without a sheet: {missing}" if missing else ""
    ), None


def _explain_repeat(check: Row, ground: Ground) -> tuple[str, str | None]:
    again = next(one for one in ground.book.statements if one.number == check["right_statement_numbers"][0])
    return f"the text states {_show(check, 'left')} here and {_show(check, 'right')} on page {again.row['page']}", None


def _explain_items(check: Row, ground: Ground) -> tuple[str, str | None]:
    formula, _, rest = check["check_subject"].partition(" · ")
    names = rest.rpartition(": ")[2]
    return (
        f"listed without an amount in the table: {names}" if formula == "listed" else f"in the table and not listed: {names}"
    ), None


def _explain_bound(check: Row, ground: Ground) -> tuple[str, str | None]:
    if check["unit"] == "percent":
        return f"nothing falls by {check['left_value']} %", None
    return "there is no percentage of an amount of 0", None


def _explain_direction(check: Row, ground: Ground) -> tuple[str, str | None]:
    if check["unit"] == "count":
        return "two directions are printed, as in a template that was not filled in", None
    words = {"1": "more", "0": "the same", "-1": "less"}
    one = _find_statement(check, ground)
    printed = f"the text says {one.row['direction']}" if one else "the word of the direction"
    return f"{printed}, the amounts say {words[check['right_value']]}", None


def _find_statement(check: Row, ground: Ground) -> Stated | None:
    numbers = check["left_statement_numbers"]
    return next((one for one in ground.book.statements if numbers and one.number == numbers[0]), None)


def _show(check: Row, side: str) -> str:
    """A side with its unit: money as the text writes it."""
    value = check[f"{side}_value"]
    if check["unit"] == YUAN:
        return _yuan(int(Decimal(value).scaleb(scale_of(YUAN))))
    return f"{_shorten(value)} %" if check["unit"] == "percent" else f"{value} {check['unit']}"


def _shorten(value: str) -> str:
    """A percentage with four decimals at most."""
    short = round(Decimal(value), 4)
    return format(short.normalize() + 0, "f")


def _round(value: str, one: Stated) -> str:
    """A percentage with as many decimals as the stated one."""
    decimals = len((one.row["value"] or "").partition(".")[2])
    return format(round(Decimal(value), decimals), "f")


def _yuan(fen: int) -> str:
    """Money in 万元, or in yuan where it is less than one."""
    yuan = Decimal(fen).scaleb(-2)
    ten_thousands = yuan / 10_000
    return f"{ten_thousands.normalize() + 0:,f} 万元" if ten_thousands == round(ten_thousands, 6) else f"{yuan:,} 元"


def _plain(fen: int) -> str:
    return format(Decimal(fen).scaleb(-2).normalize() + 0, "f")
