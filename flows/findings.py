"""What a person should look at, as a person reads it: by document, the gravest first, with page, sentence and whose error it is.

Promise: no finding that fits the question is left out; the JSON has every column, decimals as text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flows.errors import UsageError
from warehouse.issues import load_finding_kinds
from warehouse.records import Row

GRAVITY = {"critical": 0, "warning": 1, "info": 2}
SEVERITY_STYLE = {"critical": "red", "warning": "yellow", "info": "cyan"}
WHOSE = {
    "publisher": "the publisher's",
    "extraction": "our reading's",
    "source": "the source's",
    "undecided": "not decided",
}


class UnknownKindError(UsageError):
    """A kind of finding that the catalogue does not have; the message names the nearest ones."""


@dataclass(frozen=True, slots=True)
class FindingChoice:
    """Which findings are asked for; None asks for all. `severity` is the least grave one."""

    severity: str = "info"
    kind: str | None = None
    whose: str | None = None
    document_id: str | None = None

    def takes(self, row: Row) -> bool:
        """Whether a row of `core_findings` is asked for."""
        return (
            GRAVITY[row["severity"]] <= GRAVITY[self.severity]
            and self.kind in (None, row["finding_kind"])
            and self.whose in (None, row["whose"])
            and self.document_id in (None, row["document_id"])
        )


def check_kind(kind: str | None) -> None:
    """Raise UnknownKindError where the catalogue lacks the kind: a slip of the pen must not look like "nothing in doubt"."""
    known = load_finding_kinds()
    if kind is not None and kind not in known:
        from difflib import get_close_matches  # noqa: PLC0415  # only a slip of the pen needs it

        near = get_close_matches(kind, known, n=3, cutoff=0.4)
        hint = f"nearest: {', '.join(near)}" if near else f"known: {', '.join(sorted(known))}"
        raise UnknownKindError(f"no kind of finding is called {kind!r}; {hint}")


def filter_findings(rows: Sequence[Row], choice: FindingChoice) -> list[Row]:
    """The findings that are asked for: by document, the gravest first, equal kinds together."""
    return sorted((row for row in rows if choice.takes(row)), key=_order)


def _order(row: Row) -> tuple[Any, ...]:
    return (row["document_id"], GRAVITY[row["severity"]], row["finding_kind"], row["finding_number"])


def describe_findings(rows: Sequence[Row], disclosures: Sequence[Row]) -> list[Row]:
    """The findings with the title of their document, for JSON."""
    titles = {row["document_id"]: row["title"] or row["url"] for row in disclosures}
    return [{"document_title": titles.get(row["document_id"]), **row} for row in rows]


def render_findings(rows: Sequence[Row], disclosures: Sequence[Row] = ()) -> RenderableType:
    """Findings in the order of `filter_findings`; with `disclosures` each document has a heading with its title."""
    if not rows:
        return Text("Nothing in doubt.", style="green")
    parts: list[RenderableType] = []
    named = {row["document_id"]: row for row in disclosures}
    ordered = sorted(rows, key=_order)
    for document_id, of_document in groupby(ordered, key=lambda row: row["document_id"]):
        found = list(of_document)
        parts.append(_name_document(document_id, named.get(document_id), len(found)))
        for _, of_kind in groupby(found, key=lambda row: (row["severity"], row["finding_kind"])):
            parts.append(_render_kind(list(of_kind)))
    return Group(*parts)


def _name_document(document_id: str, disclosure: Row | None, count: int) -> Text:
    if disclosure is None:
        return Text(f"To look at: {count}", style="bold")
    heading = Text(f"\n{disclosure['title'] or disclosure['url']}", style="bold")
    return heading.append(f"  {document_id} · {disclosure['status']} · to look at: {count}", style="not bold dim")


def _render_kind(rows: Sequence[Row]) -> RenderableType:
    first = rows[0]
    heading = Text("  ").append(first["severity"], style=SEVERITY_STYLE[first["severity"]]).append(f" {first['finding_kind']}")
    if len(rows) > 1:
        heading.append(f" × {len(rows)}")
    if first["hint"]:
        heading.append(f"  {first['hint']}", style="dim")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", no_wrap=True, min_width=8)
    grid.add_column(overflow="fold")
    for row in rows:
        grid.add_row(Text(f"p. {row['page']}" if row["page"] else ""), _render_sentence(row))
    return Group(heading, grid)


def _render_sentence(row: Row) -> Text:
    sentence = Text(row["message"].replace("\n", " ⏎ "))
    sentence.append(f"  [{WHOSE[row['whose']]}]", style="dim")
    if row["fitting_value"]:
        sentence.append(f"  would fit: {row['fitting_value']}", style="dim")
    return sentence
