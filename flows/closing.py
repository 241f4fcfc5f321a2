"""The end of a run: look at what is really there, and write the run's account.

Promise: what the summary says of the warehouse, the release and the report is read back from the disk, never from what the run
meant to do.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flows.query import answer_query, list_cells
from flows.reading import find_finished
from flows.runs import DocumentOutcome, ExampleQuery, Expectations, Promised, Publication, RunSummary, write_run
from flows.settings import Settings
from flows.stopwatch import Stopwatch
from warehouse.records import Row
from warehouse.store import Warehouse


@dataclass(frozen=True, slots=True)
class RunStart:
    """A run that has begun."""

    run_id: str
    command: str
    started_at: datetime
    stopwatch: Stopwatch
    folder: Path

    @property
    def docs_dir(self) -> Path:
        """Where this run's validation report goes."""
        return self.folder / "validation"


@dataclass(frozen=True, slots=True)
class Crawled:
    """What the sources gave: documents by change, fetches that failed, findings of the crawl itself.

    `not_yet_read`: documents that are archived and of a kind that nothing here reads.
    """

    sources: tuple[str, ...] = ()
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    not_yet_read: int = 0
    findings: tuple[Row, ...] = ()
    document_ids: tuple[str, ...] = ()


def start_run(command: str, settings: Settings) -> RunStart:
    """A run id that sorts by time, and the folder for what the run leaves."""
    now = datetime.now(UTC)
    run_id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    return RunStart(run_id, command, now, Stopwatch(), settings.runs_dir / run_id)


def close_run(
    run: RunStart,
    settings: Settings,
    warehouse: Warehouse,
    *,
    engine_version: str,
    outcomes: Sequence[DocumentOutcome],
    expectations: Expectations | None,
    crawled: Crawled | None = None,
    wanted: Iterable[str] = (),
    release: Path | None = None,
    promised: Iterable[Promised] = (),
    published: Iterable[Publication] = (),
    example: ExampleQuery | None = None,
) -> RunSummary:
    """The account of the run, written to its folder. `wanted`: documents that must be finished; `promised`: further promises;
    `published`: what came of publishing the release, each a promise too.
    """
    published = tuple(published)
    crawled = crawled or Crawled()
    counts = count_rows(warehouse)
    has_documents = counts["core_disclosures"] > 0
    report = expectations.report if expectations else find_last_report(settings.runs_dir, run.run_id)
    places = {
        "Parquet (Delta tables)": warehouse.place if isinstance(warehouse.place, Path) else warehouse.place.url,
        "Release": release,
        "Validation report": report,
        "This run": run.folder,
    }
    own_promises = [
        promise_finished(warehouse, engine_version, wanted),
        promise_parquet(warehouse, has_documents=has_documents),
        promise_report(report, has_documents=has_documents),
    ]
    summary = RunSummary(
        run_id=run.run_id,
        command=run.command,
        started_at=run.started_at.isoformat(timespec="seconds"),
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        engine_version=engine_version,
        sources=crawled.sources,
        found={"new": crawled.new, "changed": crawled.changed, "unchanged": crawled.unchanged} if crawled.sources else {},
        failed_fetches=crawled.failed,
        not_yet_read=crawled.not_yet_read,
        documents=tuple(outcomes),
        run_findings=crawled.findings,
        expectations=expectations or Expectations(),
        warehouse_documents=counts["core_disclosures"],
        warehouse_lines=counts["core_budget_lines"],
        seconds=run.stopwatch.seconds,
        places={name: path for name, path in places.items() if path is not None},
        example=example,
        published=published,
        promised=(*own_promises, *promised, *map(promise_publication, published)),
    )
    write_run(summary, run.folder)
    return summary


def count_rows(warehouse: Warehouse) -> dict[str, int]:
    """Visible documents and amounts of the whole warehouse."""
    datasets = warehouse.open_datasets(("core_disclosures", "core_budget_lines"), warehouse.snapshot())
    return {name: dataset.count_rows() for name, dataset in datasets.items()}


def promise_finished(warehouse: Warehouse, engine_version: str, wanted: Iterable[str]) -> Promised:
    """Every document that came in ended as loaded, in doubt or refused."""
    missing = sorted(set(wanted) - find_finished(warehouse, engine_version))
    named = ", ".join(missing[:3]) + (" …" if len(missing) > 3 else "")
    return Promised(what="every document finished", kept=not missing, detail=f"not finished: {named}" if missing else "")


def promise_parquet(warehouse: Warehouse, *, has_documents: bool) -> Promised:
    """Where documents are, their rows are there as Parquet."""
    there = warehouse.count_files("core_disclosures") > 0
    return Promised(
        what="Parquet in the warehouse", kept=there or not has_documents, detail="" if there else f"none in {warehouse.place}"
    )


def promise_report(report: Path | None, *, has_documents: bool) -> Promised:
    """Where documents are, they were validated, and the report can be opened."""
    there = report is not None and report.is_file()
    return Promised(
        what="validation report", kept=there or not has_documents, detail=str(report) if report else "none was written"
    )


def promise_release(folder: Path | None) -> Promised:
    """The release folder is complete."""
    needed = ("datapackage.json", "SHA256SUMS")
    there = folder is not None and all((folder / name).is_file() for name in needed)
    return Promised(what="release", kept=there, detail=str(folder) if folder else "none was built")


def promise_publication(entry: Publication) -> Promised:
    """The release is at a target."""
    return Promised(what=f"published at {entry.target}", kept=not entry.problem, detail=entry.problem)


def find_last_report(runs_dir: Path, run_id: str) -> Path | None:
    """The newest validation report until this run: one that changes nothing has nothing to validate.

    The report of a run that lies after this one comes last of all: a clock was ahead.
    """
    reports = [(path.parents[1].name, path) for path in runs_dir.glob("*/validation/index.html")]
    return max(((name <= run_id, name, path) for name, path in reports), default=(False, "", None))[2]


def ask_example(warehouse: Warehouse, question: str, sql: str, rows: int = 10) -> ExampleQuery:
    """The answer to a question, ready for the summary. Raises flows.query.QueryError."""
    from warehouse.views import connect  # noqa: PLC0415  # loads DuckDB

    with connect(warehouse) as connection:
        answer = answer_query(connection, sql)
    return ExampleQuery(question=question, sql=sql, columns=tuple(answer.column_names), rows=tuple(list_cells(answer)[:rows]))
