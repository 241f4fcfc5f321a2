"""What a document and others say of each other, as a person reads it: `yusuan checks` shows it below the document's own checks.

Promise: a comparison that could not be made is counted with its reason, never among those that hold.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flows.checks import OUTCOME_STYLE
from transforms.identities import Identity, load_identities_across
from warehouse.records import Row

_KINDS = {
    "consecutive_years": "the year before",
    "budget_final": "its budget",
    "department_units": "its units",
    "department_unit": "its department",
    "same_year": "another document of the same year",
}


def select_cross_checks(rows: Sequence[Row], document_id: str) -> list[Row]:
    """The rows of `core_cross_checks` in which a document is one of the sides, in their order."""
    taking_part = [row for row in rows if document_id in (row["document_id"], *row["other_document_ids"])]
    return sorted(taking_part, key=lambda row: (row["document_id"], row["cross_check_number"]))


def describe_cross_checks(rows: Sequence[Row]) -> list[Row]:
    """The checks with their titles, for JSON."""
    hidden = ("processing_id", "other_processing_ids")
    titles = _load_titles()
    return [
        {
            **{name: value for name, value in row.items() if name not in hidden},
            "title_en": titles[row["check_id"]].title.en,
            "title_zh": titles[row["check_id"]].title.zh,
        }
        for row in rows
    ]


def render_cross_checks(rows: Sequence[Row], titles: Mapping[str, str], outcomes: frozenset[str]) -> RenderableType:
    """How often each identity between documents holds, and the chosen ones in full. `titles`: of documents, by id."""
    if not rows:
        return Text("\nNo other document in the warehouse can be compared with it.", style="dim")
    chosen = [row for row in rows if row["outcome"] in outcomes and row["outcome"] != "not_computable"]
    return Group(
        Text("\nAgainst other documents", style="bold"),
        _render_counts(rows, titles),
        *(_render_row(row, titles) for row in chosen),
        *(_render_reasons(rows) if "not_computable" in outcomes else ()),
    )


def _render_counts(rows: Sequence[Row], titles: Mapping[str, str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("document", "against", "identity"):
        table.add_column(name, overflow="fold")
    for name in ("holds", "rounded", "violated", "not computable"):
        table.add_column(name, justify="right")

    def name_group(row: Row) -> tuple[str, str, str]:
        return row["document_id"], row["comparison_kind"], row["check_id"]

    for (document_id, kind, identity), group in groupby(sorted(rows, key=name_group), key=name_group):
        count = Counter(row["outcome"] for row in group)
        title = _load_titles()[identity].title
        numbers = (count["exact"], count["rounding"] + count["truncation"], count["violated"], count["not_computable"])
        words = (Text(titles.get(document_id, document_id)), Text(_KINDS[kind]), Text(f"{title.en} {title.zh}"))
        table.add_row(*words, *(Text(str(number) if number else "·") for number in numbers))
    return table


def _render_row(row: Row, titles: Mapping[str, str]) -> RenderableType:
    heading = Text("\n").append(row["outcome"], style=OUTCOME_STYLE[row["outcome"]]).append(f" {row['check_id']}", style="bold")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(min_width=11, style="dim")
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("  about", "", Text(row["check_subject"]))
    grid.add_row("  states", Text(_format_yuan(row["left_cny"])), Text(_place(row["document_id"], row["page"], titles)))
    other = row["other_document_id"] or next(iter(row["other_document_ids"]), "")
    grid.add_row("  printed", Text(_format_yuan(row["right_cny"])), Text(_place(other, row["other_page"], titles)))
    grid.add_row("  difference", Text(_format_yuan(row["difference_cny"]), style=OUTCOME_STYLE[row["outcome"]]), "")
    if row["message"]:
        grid.add_row("  means", "", Text(row["message"]))
    return Group(heading, grid)


def _place(document_id: str, page: int | None, titles: Mapping[str, str]) -> str:
    return f"{titles.get(document_id, document_id)}{f', p. {page}' if page else ''}"


def _format_yuan(amount: object) -> str:
    return "?" if amount is None else f"{amount:,} 元"


def _render_reasons(rows: Sequence[Row]) -> Iterator[RenderableType]:
    reasons = Counter((row["check_id"], row["reason"] or "") for row in rows if row["outcome"] == "not_computable")
    if not reasons:
        return
    table = Table(box=box.SIMPLE_HEAD, title="Could not be compared", title_justify="left", title_style="bold")
    for name in ("identity", "why", "checks"):
        table.add_column(name, overflow="fold")
    for (identity, reason), count in sorted(reasons.items()):
        table.add_row(Text(identity), Text(reason), str(count))
    yield table


@cache
def _load_titles() -> dict[str, Identity]:
    return {identity.id: identity for kind in load_identities_across().values() for identity in kind.identities}
