"""The summary of one run: what came in, what came of it, what it cost, where everything lies, and whether every promise was kept.

Promise: one frozen model is the only account of a run; the text for people, the Markdown and `run.json` are renderings of it
and none counts anything on its own.
"""

import html
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from transforms.plain_text import drop_steering
from warehouse.records import Row

Address = Annotated[str, StringConstraints(pattern="^s3://")]
Change = Literal["new", "changed", "unchanged"]
DocumentStatus = Literal["loaded", "doubtful", "refused", "kept_out"]

_MARKS = re.compile(r"[\\`\[\]|*~]")

EXIT_GOOD = 0
EXIT_BROKEN_PROMISE = 1
EXIT_USAGE = 2
EXIT_DOCUMENTS_REFUSED = 3


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DocumentOutcome(_Frozen):
    """What came of one document. `kept_out`: it was read, and a critical expectation failed; its earlier rows stay.

    `reason` is the finding kind that refused it, `explanation` the finding's sentence.
    """

    document_id: str
    processing_id: str
    name: str
    source_id: str
    status: DocumentStatus
    reason: str | None = None
    explanation: str | None = None
    tables: int = 0
    lines: int = 0
    findings: Mapping[str, int] = {}
    seconds: float = 0.0


class Expectations(_Frozen):
    """The verdict of the run's one validation."""

    passed: int = 0
    failed: int = 0
    report: Path | None = None


class ExampleQuery(_Frozen):
    """One question to the warehouse and its answer, as text cells."""

    question: str
    sql: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Promised(_Frozen):
    """Something that the run said it would leave behind, and whether it is there."""

    what: str
    kept: bool
    detail: str = ""


class Publication(_Frozen):
    """What came of publishing the release at one target. `problem`: why it did not, and how far it came."""

    target: str
    steps: int = 0
    problem: str = ""


class RunSummary(_Frozen):
    """One run. Times are ISO 8601 in UTC, `seconds` of each step is wall clock."""

    run_id: str
    command: str
    started_at: str
    finished_at: str
    engine_version: str
    sources: tuple[str, ...] = ()
    found: Mapping[Change, int] = {}
    failed_fetches: int = 0
    not_yet_read: int = 0
    documents: tuple[DocumentOutcome, ...] = ()
    run_findings: tuple[Mapping[str, object], ...] = ()
    expectations: Expectations = Expectations()
    warehouse_documents: int = 0
    warehouse_lines: int = 0
    seconds: Mapping[str, float] = {}
    places: Mapping[str, Address | Path] = {}
    example: ExampleQuery | None = None
    published: tuple[Publication, ...] = ()
    promised: tuple[Promised, ...] = ()

    @property
    def refused(self) -> tuple[DocumentOutcome, ...]:
        """Documents of this run that yielded no rows."""
        return tuple(outcome for outcome in self.documents if outcome.status in ("refused", "kept_out"))

    @property
    def findings(self) -> Mapping[str, int]:
        """Findings by kind, of the documents and of the run itself (a portal that did not answer), most frequent first."""
        counts: Counter[str] = Counter(str(finding["finding_kind"]) for finding in self.run_findings)
        for outcome in self.documents:
            counts.update(outcome.findings)
        return dict(counts.most_common())

    @property
    def exit_code(self) -> int:
        """0 all good; 1 a promise is broken; 3 finished, but documents were refused or a source failed."""
        if not all(entry.kept for entry in self.promised):
            return EXIT_BROKEN_PROMISE
        if self.refused or self.failed_fetches or any(finding["severity"] == "critical" for finding in self.run_findings):
            return EXIT_DOCUMENTS_REFUSED
        return EXIT_GOOD


def count_findings(findings: Iterable[Row]) -> dict[str, int]:
    """Findings by kind."""
    return dict(Counter(str(finding["finding_kind"]) for finding in findings))


def write_run(summary: RunSummary, folder: Path) -> None:
    """`run.json` for programs and `summary.md` for people, both complete or not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("run.json", summary.model_dump_json(indent=2)), ("summary.md", render_markdown(summary))):
        unfinished = folder / f"{name}.part"
        unfinished.write_text(text + "\n", encoding="utf-8")
        unfinished.replace(folder / name)


def read_run(folder: Path) -> RunSummary:
    """The summary that a run left. Raises FileNotFoundError, pydantic.ValidationError."""
    return RunSummary.model_validate_json((folder / "run.json").read_text(encoding="utf-8"))


# --- what both renderings show: (heading, rows of (label, value))


def list_figures(summary: RunSummary) -> list[tuple[str, str]]:
    """The figures of a run as label and value."""
    statuses: Counter[str] = Counter(outcome.status for outcome in summary.documents)
    figures = []
    if summary.found or summary.sources:
        found = ", ".join(f"{summary.found.get(change, 0)} {change}" for change in ("new", "changed", "unchanged"))
        unread = f"; {summary.not_yet_read} not yet read" if summary.not_yet_read else ""
        figures.append(("Documents found", f"{found}, {summary.failed_fetches} failed{unread}"))
    figures += [
        ("Documents processed", _describe_processed(summary, statuses)),
        ("Tables", f"{sum(outcome.tables for outcome in summary.documents):,}"),
        ("Rows", f"{sum(outcome.lines for outcome in summary.documents):,}"),
        ("In the warehouse", f"{summary.warehouse_documents:,} documents, {summary.warehouse_lines:,} rows"),
        ("Expectations", _describe_expectations(summary.expectations)),
        ("Findings", ", ".join(f"{kind} {count}" for kind, count in summary.findings.items()) or "none"),
        *(("Published", f"{entry.target}: {_describe_publication(entry)}") for entry in summary.published),
        ("Seconds", ", ".join(f"{step} {seconds:.1f}" for step, seconds in summary.seconds.items())),
    ]
    return figures


def _describe_publication(entry: Publication) -> str:
    if entry.problem:
        return "failed"
    return f"{entry.steps} steps" if entry.steps else "nothing to do"


def _describe_expectations(expectations: Expectations) -> str:
    if expectations.report is None:
        return "not evaluated: nothing new to judge"
    return f"{expectations.passed} passed, {expectations.failed} failed"


def _describe_processed(summary: RunSummary, statuses: Mapping[str, int]) -> str:
    total = len(summary.documents)
    if not total:
        return f"0: {_explain_idleness(summary, 'everything was processed before')}"
    parts = [
        f"{statuses.get(status, 0)} {label}"
        for status, label in (("loaded", "loaded"), ("doubtful", "in doubt"), ("refused", "refused"), ("kept_out", "kept out"))
    ]
    return f"{total}: {', '.join(parts)}"


def _explain_idleness(summary: RunSummary, otherwise: str) -> str:
    """Why a run processed nothing; `otherwise` where all that was found is known."""
    if summary.found.get("new") or summary.found.get("changed"):
        return "nothing of what is new can be read yet"
    if summary.sources and not summary.found.get("unchanged"):
        return "nothing was found"
    return otherwise


def list_troubles(summary: RunSummary) -> list[tuple[str, str]]:
    """What went wrong, by name: refused documents and findings of the run."""
    documents = [(outcome.name, f"{outcome.reason}: {outcome.explanation}") for outcome in summary.refused]
    return documents + [(str(entry["finding_kind"]), str(entry["message"])) for entry in summary.run_findings]


def conclude(summary: RunSummary) -> str:
    """The last line: one sentence and the exit code."""
    broken = [f"{entry.what} ({entry.detail})" if entry.detail else entry.what for entry in summary.promised if not entry.kept]
    if broken:
        return f"Not everything promised is there: {'; '.join(broken)}. Exit code {summary.exit_code}."
    if summary.exit_code == EXIT_DOCUMENTS_REFUSED:
        refused, troubles = len(summary.refused), len(summary.run_findings)
        return f"Finished; {refused} documents gave no rows, {troubles} other troubles. Exit code {summary.exit_code}."
    if not summary.documents:
        return f"Finished; {_explain_idleness(summary, 'everything is unchanged')}. Exit code 0."
    return "Finished; everything promised is there. Exit code 0."


def render_text(summary: RunSummary) -> RenderableType:
    """The summary for a terminal or a log."""
    parts: list[RenderableType] = [Text(f"Run {summary.run_id}", style="bold"), _grid(list_figures(summary))]
    troubles = list_troubles(summary)
    if troubles:
        parts += [Text("To look at", style="bold yellow"), _grid((name, shorten(text)) for name, text in troubles[:20])]
        if len(troubles) > 20:
            parts.append(Text(f"  … and {len(troubles) - 20} more in run.json"))
    if summary.places:
        parts += [Text("Where it lies", style="bold"), _grid([(name, str(path)) for name, path in summary.places.items()])]
    if summary.example:
        parts += [Text(summary.example.question, style="bold"), _render_example(summary.example)]
    style = {EXIT_GOOD: "bold green", EXIT_BROKEN_PROMISE: "bold red", EXIT_DOCUMENTS_REFUSED: "bold yellow"}
    return Group(*parts, Text(conclude(summary), style=style[summary.exit_code]))


def shorten(text: str, length: int = 240) -> str:
    """A long explanation cut for the screen; the whole of it stands in run.json."""
    return text if len(text) <= length else text[: length - 2] + " …"


def _grid(rows: Iterable[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, value in rows:
        grid.add_row(Text(f"  {label}"), Text(value))
    return grid


def _render_example(example: ExampleQuery) -> Table:
    table = Table(show_edge=False, pad_edge=False)
    for column in example.columns:
        table.add_column(column)
    for row in example.rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def render_markdown(summary: RunSummary) -> str:
    """The summary as Markdown: `summary.md` and the artifact in Prefect."""
    lines = [
        f"# Run {summary.run_id}",
        "",
        escape_markdown(conclude(summary)),
        "",
        *_markdown_table(("what", "value"), list_figures(summary)),
    ]
    troubles = list_troubles(summary)
    if troubles:
        lines += ["", "## To look at", "", *_markdown_table(("where", "what"), troubles)]
    if summary.places:
        places = [(name, str(path)) for name, path in summary.places.items()]
        lines += ["", "## Where it lies", "", *_markdown_table(("what", "path"), places)]
    if summary.example:
        example = summary.example
        lines += ["", f"## {example.question}", "", "```sql", example.sql, "```", ""]
        lines += _markdown_table(example.columns, example.rows)
    return "\n".join(lines)


def escape_markdown(text: str) -> str:
    """A text of others on one line, as itself: what it says is neither HTML, nor a link, nor the end of a cell."""
    line = drop_steering(" ".join(text.split("\n")))
    return _MARKS.sub(r"\\\g<0>", html.escape(line, quote=False))


def _markdown_table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    escaped = [[escape_markdown(cell) for cell in row] for row in rows]
    body = [f"| {' | '.join(row)} |" for row in escaped]
    return [f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}", *body]
