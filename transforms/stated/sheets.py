"""Performance sheets against what the text says of them: how many indicators, which value, how much money they cover; and
products of quantity and price.

Promise: only what a document says of its own sheets is held against them; where it prints sheets of some projects only, nothing
is claimed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from transforms.amounts import UNIT_FACTORS
from transforms.stated.amounts import name_subject
from transforms.stated.book import StatedBook, lie_near
from transforms.stated.facts import OTHER_SCALE, Claim, Fact, Source
from transforms.stated.families import load_families
from transforms.stated.links import name_key
from transforms.stated.numbers import Stated
from warehouse.records import Row

ONE = 10**OTHER_SCALE
FEWEST_SHEETS = 2
NOTES = ("note", "value_reported", "indicator", "purpose")


def claim_target_counts(book: StatedBook, targets: Sequence[Row]) -> Iterator[Claim]:
    """Stated numbers of indicators against the rows that are filled in."""
    rows = {
        "performance.projects.indicators": [row for row in targets if row["project"] and not row["is_prose"]],
        "performance.overall.indicators": [row for row in targets if not row["project"] and not row["is_prose"]],
    }
    for one in book.list_measure("amount"):
        found = rows.get(one.concept, [])
        if one.value is None or not found:
            continue
        facts = [Fact("stated", one.value, 0, (one.source,))]
        facts += [Fact("row", ONE, 0, (_target_source(row),)) for row in found]
        yield Claim("target_count", "count", name_subject(one), tuple(facts))


def claim_target_values(book: StatedBook, targets: Sequence[Row]) -> Iterator[Claim]:
    """An indicator that a sentence names against its row in a sheet."""
    by_name: dict[str, list[Row]] = {}
    for row in targets:
        if not row["is_prose"] and _read_number(row["value"]) is not None:
            by_name.setdefault(name_key(row["indicator"]), []).append(row)
    for one in book.list_measure("amount"):
        rows = by_name.get(name_key(one.row["subject"] or ""), []) if one.concept == "performance.target" else []
        if one.value is None or len({row["value"] for row in rows}) != 1:
            continue
        value = _read_number(rows[0]["value"]) or 0
        facts = (Fact("stated", one.value, 0, (one.source,)), Fact("row", value, 0, tuple(map(_target_source, rows))))
        yield Claim("target_value", one.unit, name_subject(one), facts)


def claim_coverage(book: StatedBook, projects: Sequence[Row]) -> Iterator[Claim]:
    """The money that is said to have targets against the amounts of the sheets.

    Many documents print the sheets of some projects only: what is missing is claimed where the projects without a sheet are named
    and explain it; what is too much, where it is little, because the text may speak of one fund, and where as many projects are
    counted as have sheets.
    """
    sheets = [row for row in projects if _is_sheet(row) and row["amount_cny"] is not None]
    if len(sheets) < FEWEST_SHEETS:
        return
    covered = sum(int(row["amount_cny"].scaleb(2)) for row in sheets)
    missing = sum(one.value or 0 for one in name_uncovered(book, projects))
    for one in book.list_measure("amount"):
        if one.concept != "performance.projects.amount" or one.value is None:
            continue
        facts = [Fact("stated", one.value, one.grain, (one.source,))]
        facts += [
            Fact("sheet", int(row["amount_cny"].scaleb(2)), _grain(row), (Source("project", str(row["project_number"])),))
            for row in sheets
        ]
        is_little_more = covered > one.value and lie_near(covered, one.value) and _counts_sheets(book, one, len(sheets))
        is_explained = abs(one.value - covered - missing) <= one.grain or is_little_more
        doubts = frozenset[str]() if is_explained else frozenset({"doubt_sheets"})
        yield Claim("coverage", "yuan", name_subject(one), tuple(facts), doubts)


def claim_sheet_amounts(book: StatedBook, projects: Sequence[Row]) -> Iterator[Claim]:
    """The amount of each project's sheet against the project's rows in the table of projects.

    A row may be called otherwise, so that a sheet of more than its rows proves nothing; one of less does.
    """
    for row in projects:
        amounts = book.board.add_up_projects(row["line_ids"] or ()) if book.board and _is_sheet(row) else []
        if row["amount_cny"] is None or not amounts:
            continue
        own = int(row["amount_cny"].scaleb(2))
        doubts = set() if own < min(amount.value for amount in amounts) else {"doubt_rows"}
        if not any(lie_near(own, amount.value) for amount in amounts):
            doubts.add("doubt_far")
        facts = [Fact("sheet", own, _grain(row), (Source("project", str(row["project_number"])),))]
        facts += [Fact("row", amount.value, amount.grain, amount.sources, reading) for reading, amount in enumerate(amounts)]
        yield Claim("sheet_amount", "yuan", row["project"], tuple(facts), frozenset(doubts))


def claim_repeated_targets(targets: Sequence[Row]) -> Iterator[Claim]:
    """An indicator that the department's own sheet takes from a project's: the same value in both.

    Counts of a project that are more than the department's are an error; the department may count more than the project, and ask
    another rate of the whole than of the part.
    """
    own, of_projects = (
        _index_values(row for row in targets if bool(row["project"]) is is_project) for is_project in (False, True)
    )
    for thing, rows in own.items():
        others = of_projects.get(thing, [])
        values, other_values = ({_read_number(row["value"]) or 0 for row in found} for found in (rows, others))
        if len(values) != 1 or len(other_values) != 1:
            continue
        (value,), (other,) = values, other_values
        doubts = frozenset({"doubt_whole"}) if thing[1] == "%" or other < value else frozenset[str]()
        facts = (
            Fact("overall", value, 0, tuple(map(_target_source, rows))),
            Fact("project", other, 0, tuple(map(_target_source, others))),
        )
        yield Claim("target_repeated", rows[0]["unit"] or "count", rows[0]["indicator"], facts, doubts)


def _index_values(rows: Iterable[Row]) -> dict[tuple[str, str], list[Row]]:
    """Rows with one number as their value, by indicator and unit."""
    index: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if (
            row["operator"] not in {"range", None}
            and not row["is_prose"]
            and _read_number(row["value"]) is not None
            and not row["value_2"]
        ):
            index.setdefault((name_key(row["indicator"]), row["unit"] or ""), []).append(row)
    return index


def _counts_sheets(book: StatedBook, one: Stated, sheets: int) -> bool:
    """Whether the text counts as many projects as there are sheets, or does not count them."""
    counted = book.find_amounts("performance.projects.count", None, one.row["period"], one)[:1]
    return all(count.value == sheets * ONE for count in counted)


def _is_sheet(row: Row) -> bool:
    return bool(row["target_count"]) and row["project_source"] == "target_sheet"


def name_uncovered(book: StatedBook, projects: Sequence[Row]) -> list[Stated]:
    """The projects with an amount in the text that have no sheet."""
    covered = {name_key(row["project"]) for row in projects if _is_sheet(row)}
    named = {
        name_key(one.row["subject"]): one
        for one in book.list_measure("amount")
        if one.concept == "project" and one.row["subject"] and one.value
    }
    return [one for name, one in named.items() if name not in covered]


def claim_products(targets: Sequence[Row], projects: Sequence[Row] = ()) -> Iterator[Claim]:
    """Quantity × unit price in the notes of a sheet, and in what a project is for."""
    for row in (*targets, *projects):
        for text in dict.fromkeys(row.get(column) or "" for column in NOTES):
            for pattern in load_families().products:
                for match in re.finditer(pattern, re.sub(r"\s+", "", text)):
                    yield _claim_product(row, match.groupdict())


def _claim_product(row: Row, printed: Mapping[str, str]) -> Claim:
    quantity, price = _plain(printed["quantity"]), _plain(printed["price"]) * _factor(printed["price_unit"])
    amount = _plain(printed["amount"]) * UNIT_FACTORS[printed["unit"]]
    grain = Decimal(1).scaleb(-_decimals(printed["amount"])) * UNIT_FACTORS[printed["unit"]]
    slack = quantity * Decimal(1).scaleb(-_decimals(printed["price"])) * _factor(printed["price_unit"])
    source = (_target_source(row),) if "target_number" in row else (Source("project", str(row["project_number"])),)
    facts = (
        Fact("amount", int(amount * 100), max(int(grain * 100), 1), source),
        # A price without decimals is a whole price; one with decimals may have been rounded.
        Fact("implied", int(quantity * price * 100), int(slack * 100) if "." in printed["price"] else 0, source),
    )
    return Claim("product", "yuan", f"{row.get('indicator') or ''} · {row['project'] or ''}".strip(" ·"), facts)


def _target_source(row: Row) -> Source:
    return Source("target", str(row["target_number"]))


def _grain(row: Row) -> int:
    """The last printed digit of a project's amount, in fen."""
    printed, unit = row["amount_reported"] or "", row["unit_reported"] or "元"
    return max(int(UNIT_FACTORS[unit] * 100 / 10 ** _decimals(printed)), 1)


def _decimals(printed: str) -> int:
    return len(printed.partition(".")[2])


def _factor(unit: str | None) -> Decimal:
    """A price without a unit is in yuan; 万 is 万元."""
    return Decimal(UNIT_FACTORS["万元" if unit == "万" else unit or "元"])


def _plain(printed: str) -> Decimal:
    return Decimal(printed.replace(",", ""))


def _read_number(value: str | None) -> int | None:
    try:
        return None if value is None else int(Decimal(value).scaleb(OTHER_SCALE))
    except ArithmeticError:
        return None
