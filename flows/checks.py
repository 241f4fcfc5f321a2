"""One document's accounting identities as a person reads them: how many hold, and both sides of each that does not.

Promise: a check that could not be made is never shown among those that hold; both sides are shown with the lines that they are
the sums of, in the unit that the document prints; the JSON has the same with amounts in yuan as text.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from itertools import groupby
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flows.errors import UsageError
from flows.findings import WHOSE
from transforms.amounts import UNIT_FACTORS
from transforms.identities import Identity, load_identities
from warehouse.records import Row

OUTCOMES = ("exact", "rounding", "truncation", "violated", "not_computable")
OUTCOME_STYLE = {"exact": "green", "rounding": "green", "truncation": "yellow", "violated": "red", "not_computable": "dim"}
LINES_SHOWN = 12
_PLAIN_COLUMNS = {"fund_type": "all", "expenditure_kind": "total", "amount_basis": "budget"}
_LINE_KEYS = (
    "line_id",
    "page",
    "line_number",
    "line_label",
    "amount_cny",
    "amount_reported",
    "unit_reported",
    "bbox",
    "confidence",
)


class UnknownIdentityError(UsageError):
    """An identity that is not declared; the message names the nearest ones."""


@dataclass(frozen=True, slots=True)
class CheckChoice:
    """Which checks are listed one by one: of these outcomes, and of one identity where it is given."""

    outcomes: frozenset[str] = frozenset({"violated", "truncation"})
    identity: str | None = None

    def takes(self, check: Row) -> bool:
        """Whether a row of `core_checks` is asked for."""
        return check["outcome"] in self.outcomes and self.identity in (None, check["check_id"])


@dataclass(frozen=True, slots=True)
class DocumentChecks:
    """What the warehouse knows of one document's arithmetic: its rows of four `core_` tables, the checks in their order."""

    disclosure: Row
    checks: Sequence[Row]
    lines: Sequence[Row]
    findings: Sequence[Row]


def check_identity(identity: str | None) -> None:
    """Raise UnknownIdentityError where no identity has that id."""
    known = [entry.id for entry in load_identities().identities]
    if identity is not None and identity not in known:
        near = get_close_matches(identity, known, n=3, cutoff=0.4) or known
        raise UnknownIdentityError(
            f"no identity is called {identity!r}; {'nearest' if near != known else 'known'}: {', '.join(near)}"
        )


def describe_checks(document: DocumentChecks, choice: CheckChoice) -> Row:
    """Everything that is shown, for JSON: `document`, `identities` with their counts, `checks` with their lines and findings."""
    names = ("document_id", "title", "department_name", "fiscal_year", "phase", "status", "grade", "score")
    counts = _count_outcomes(document.checks)
    lines = {line["line_id"]: line for line in document.lines}
    return {
        "document": {name: document.disclosure.get(name) for name in names},
        "identities": [
            {"check_id": identity.id, "title_en": identity.title.en, "title_zh": identity.title.zh, **counts[identity.id]}
            for identity in load_identities().identities
            if identity.id in counts
        ],
        "checks": [_describe_check(check, lines, document.findings) for check in document.checks if choice.takes(check)],
    }


def _count_outcomes(checks: Sequence[Row]) -> dict[str, dict[str, int]]:
    counted: dict[str, Counter[str]] = {}
    for check in checks:
        counted.setdefault(check["check_id"], Counter())[check["outcome"]] += 1
    return {identity: {outcome: count[outcome] for outcome in OUTCOMES} for identity, count in counted.items()}


def _describe_check(check: Row, lines: Mapping[str, Row], findings: Sequence[Row]) -> Row:
    plain = {name: value for name, value in check.items() if name not in ("processing_id", "left_line_ids", "right_line_ids")}
    sides = {
        side: [{key: lines[line_id][key] for key in _LINE_KEYS} for line_id in check[f"{side}_line_ids"] if line_id in lines]
        for side in ("left", "right")
    }
    explained = [
        {key: finding[key] for key in ("finding_number", "finding_kind", "whose", "message", "fitting_value", "page")}
        for finding in _find_explanations(check, findings)
    ]
    return {**plain, **sides, "findings": explained}


def _find_explanations(check: Row, findings: Sequence[Row]) -> list[Row]:
    return [finding for finding in findings if check["check_number"] in (finding["check_numbers"] or ())]


def render_checks(document: DocumentChecks, choice: CheckChoice) -> RenderableType:
    """Heading, the identities with how often they hold, and the chosen checks with both sides."""
    if not document.checks:
        return Group(
            _name_document(document.disclosure), Text("No identity was evaluated: no table was understood.", style="yellow")
        )
    chosen = [check for check in document.checks if choice.takes(check)]
    lines = {line["line_id"]: line for line in document.lines}
    blocks = [_render_check(check, lines, document.findings) for check in chosen if check["outcome"] != "not_computable"]
    return Group(
        _name_document(document.disclosure),
        _render_identities(document.checks, choice.identity),
        _render_verdict(document.checks),
        *blocks,
        *_render_reasons([check for check in chosen if check["outcome"] == "not_computable"]),
    )


def _name_document(disclosure: Row) -> Text:
    heading = Text(disclosure["title"] or disclosure["url"], style="bold")
    grade = f" · grade {disclosure['grade']}" if disclosure.get("grade") else ""
    return heading.append(f"  {disclosure['document_id']} · {disclosure['status']}{grade}", style="not bold dim")


def _render_identities(checks: Sequence[Row], only: str | None) -> Table:
    counts = _count_outcomes(checks)
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("identity", ""):
        table.add_column(name, overflow="fold")
    for name in ("holds", "rounded", "violated", "not computable"):
        table.add_column(name, justify="right", overflow="fold")
    for identity in load_identities().identities:
        if identity.id in counts and only in (None, identity.id):
            table.add_row(*_describe_counts(identity, counts[identity.id]))
    return table


def _describe_counts(identity: Identity, count: Mapping[str, int]) -> list[Text]:
    shown = (count["exact"], count["rounding"] + count["truncation"], count["violated"], count["not_computable"])
    styles = ("green", "green", "red", "dim")
    numbers = [
        Text(str(number) if number else "·", style=style if number else "dim")
        for number, style in zip(shown, styles, strict=True)
    ]
    return [Text(identity.id), Text(f"{identity.title.en} {identity.title.zh}"), *numbers]


def _render_verdict(checks: Sequence[Row]) -> Text:
    count = Counter(check["outcome"] for check in checks)
    broken = count["violated"]
    held = count["exact"] + count["rounding"] + count["truncation"]
    verdict = f"{held} of {held + broken} checks hold" + (f"; {broken} do not" if broken else "")
    if count["not_computable"]:
        verdict += f"; {count['not_computable']} could not be made (--outcome not_computable says why)"
    return Text(f"{verdict}.", style="red" if broken else "green")


def _render_check(check: Row, lines: Mapping[str, Row], findings: Sequence[Row]) -> RenderableType:
    identity = {entry.id: entry for entry in load_identities().identities}[check["check_id"]]
    unit = _choose_unit(check, lines)
    heading = Text("\n").append(check["outcome"], style=OUTCOME_STYLE[check["outcome"]])
    heading.append(f" {check['check_id']}", style="bold").append(f"  {identity.title.en} {identity.title.zh}")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(min_width=11, style="dim")
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("  about", "", Text(check["check_subject"]))
    for side in ("left", "right"):
        _add_side(grid, side, check, lines, unit)
    grid.add_row(
        "  difference",
        Text(_format_amount(check["difference_cny"], unit), style=OUTCOME_STYLE[check["outcome"]]),
        Text(f"rounding explains up to {_format_amount(check['envelope_cny'], unit)}", style="dim"),
    )
    for finding in _find_explanations(check, findings):
        fits = f" Would fit: {finding['fitting_value']}." if finding["fitting_value"] else ""
        grid.add_row("  explained", "", Text(f"{finding['message']} [{WHOSE[finding['whose']]}]{fits}"))
    return Group(heading, grid)


def _choose_unit(check: Row, lines: Mapping[str, Row]) -> str:
    """The unit that all lines of the check print; yuan where they differ."""
    taking_part = [lines[line_id] for line_id in (*check["left_line_ids"], *check["right_line_ids"]) if line_id in lines]
    units = {line["unit_reported"] for line in taking_part}
    return next(iter(units)) if len(units) == 1 else "元"


def _add_side(grid: Table, side: str, check: Row, lines: Mapping[str, Row], unit: str) -> None:
    ids = check[f"{side}_line_ids"]
    total = _format_amount(check[f"{side}_cny"], unit)
    if len(ids) == 1 and ids[0] in lines:
        grid.add_row(f"  {side}", Text(f"{total} {unit}", style="bold"), Text(_place_line(lines[ids[0]])))
        return
    grid.add_row(
        f"  {side}", Text(f"{total} {unit}", style="bold"), f"made of {len(ids)} amounts" if ids else "nothing is printed: 0"
    )
    for line_id in ids[:LINES_SHOWN]:
        if line_id in lines:
            grid.add_row(
                "", Text(_format_amount(lines[line_id]["amount_cny"], unit), style="dim"), Text(_place_line(lines[line_id]))
            )
    if len(ids) > LINES_SHOWN:
        grid.add_row("", "", f"and {len(ids) - LINES_SHOWN} more (--json has all)")


def _place_line(line: Row) -> str:
    codes = (line["function_code"], line["econ_department_code"], line["econ_government_code"])
    code = next((code for code in codes if code), "")
    place = " ".join(part for part in (f"p. {line['page']}", f"row {line['line_number']}", code, line["line_label"]) if part)
    column = [line[key] for key, plain in _PLAIN_COLUMNS.items() if line[key] != plain]
    return " · ".join((place, *column))


def _format_amount(amount: Decimal | None, unit: str) -> str:
    if amount is None:
        return "blank"
    value = amount / UNIT_FACTORS.get(unit, Decimal(1))
    return f"{value:,.2f}" if value == value.quantize(Decimal("0.01")) else f"{value.normalize():,f}"


def _render_reasons(checks: Sequence[Row]) -> Iterable[RenderableType]:
    """Checks that could not be made, counted by identity and reason."""
    if not checks:
        return
    table = Table(box=box.SIMPLE_HEAD, title="Could not be made", title_justify="left", title_style="bold")
    for name in ("identity", "why", "checks", "for example"):
        table.add_column(name, overflow="fold")

    def name_reason(check: Row) -> tuple[str, str]:
        return check["check_id"], check["reason"] or ""

    for (identity, reason), group in groupby(sorted(checks, key=name_reason), key=name_reason):
        found: list[Any] = list(group)
        table.add_row(Text(identity), Text(reason), str(len(found)), Text(found[0]["check_subject"]))
    yield table
