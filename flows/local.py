"""Processing files and folders without a portal and without a Prefect server.

Promise: the same reading, judging and loading as the nightly flow, in plain functions.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from flows.across import follow_load
from flows.closing import close_run, start_run
from flows.engine import get_engine_version
from flows.errors import UsageError
from flows.loading import apply_verdict, judge_staged, load_staged
from flows.lock import hold_warehouse
from flows.opened import open_or_make
from flows.progress import get_reporter
from flows.reading import Pending, find_finished, find_staged, locate_documents, read_into_staging
from flows.runs import DocumentOutcome, RunSummary
from flows.settings import Settings
from flows.workers import WorkerPool, make_limits
from warehouse.archive import Archive
from warehouse.store import Warehouse


class NoFilesError(UsageError):
    """The paths hold no PDF file; the message says what was there."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Files to process, and how many others a folder held."""

    files: tuple[Path, ...]
    skipped: int


def select_files(paths: Sequence[Path]) -> Selection:
    """Files as named, and every `*.pdf` below the folders. Raises NoFilesError."""
    files: list[Path] = []
    skipped = 0
    for path in paths:
        if path.is_dir():
            below = sorted(entry for entry in path.rglob("*") if entry.is_file())
            pdfs = [entry for entry in below if entry.suffix.lower() == ".pdf"]
            files += pdfs
            skipped += len(below) - len(pdfs)
        elif path.is_file():
            files.append(path)  # a file that is named is processed whatever it is called: its bytes decide
        else:
            raise NoFilesError(f"{path} is neither a file nor a folder")
    if not files:
        raise NoFilesError(f"no PDF file in {', '.join(str(path) for path in paths)} ({skipped} other files)")
    return Selection(tuple(dict.fromkeys(files)), skipped)


def process_paths(paths: Sequence[Path], settings: Settings, *, again: bool = False) -> RunSummary:
    """Read, judge and load what the paths hold and was not processed yet; with `again`, all of it.

    Raises NoFilesError, WarehouseBusyError, WorkerStartError.
    """
    selection = select_files(paths)
    run = start_run("process", settings)
    watch = run.stopwatch
    with hold_warehouse(settings.warehouse):
        warehouse, archive = open_or_make(settings), Archive(settings.archive_place)
        if selection.skipped:
            get_reporter().say(f"{selection.skipped} files that are not called .pdf are left out; name one to process it")
        with watch.measure("archive", len(selection.files)):
            hashes = archive_files(archive, selection.files)
        pending = choose_pending(warehouse, locate_documents(archive, hashes), again=again)
        with watch.measure("read", len(pending)):
            outcomes = read_all(warehouse, archive, pending, settings)
        has_staged = bool(warehouse.staged())
        expectations = None
        if has_staged:
            with watch.measure("validate"):
                judgement = judge_staged(warehouse, run.docs_dir, archive)
            with watch.measure("load"):
                load = load_staged(warehouse, archive, run.run_id, settings.commit_batch)
            outcomes = apply_verdict(outcomes, judgement, load)
            expectations = judgement.expectations
        follow_load(warehouse, watch)
        wanted = [sha256[:16] for sha256 in hashes]
        return close_run(
            run,
            settings,
            warehouse,
            engine_version=get_engine_version(),
            outcomes=outcomes,
            expectations=expectations,
            wanted=wanted,
        )


def archive_files(archive: Archive, files: Sequence[Path]) -> list[str]:
    """The files' bytes into the archive: their SHA-256, each once."""
    hashes = []
    for file in files:
        hashes.append(archive.add_local(file).sha256)
        get_reporter().advance(file.name)
    return sorted(set(hashes))


def choose_pending(warehouse: Warehouse, documents: Sequence[Pending], *, again: bool) -> list[Pending]:
    """What is to be read, the largest first. What an interrupted run has staged is not read twice."""
    done = find_staged(warehouse, get_engine_version()) | (set() if again else find_finished(warehouse, get_engine_version()))
    chosen = [document for document in documents if document.sighting.document_id not in done]
    return sorted(chosen, key=lambda document: -document.sighting.bytes)


def read_all(
    warehouse: Warehouse, archive: Archive, pending: Sequence[Pending], settings: Settings
) -> tuple[DocumentOutcome, ...]:
    """Read all of them, as many at a time as there are workers."""
    workers = min(settings.workers, len(pending)) or 1
    outcomes = []
    with (
        WorkerPool(workers, make_limits(settings), engine_version=get_engine_version()) as pool,
        ThreadPoolExecutor(workers) as threads,
    ):
        futures = [threads.submit(read_into_staging, pool, warehouse, archive, document) for document in pending]
        try:
            for future in as_completed(futures):
                outcome = future.result()
                outcomes.append(outcome)
                get_reporter().advance(describe_briefly(outcome))
        except BaseException:
            # Without this, Ctrl-C would wait for everything that is still in the queue.
            threads.shutdown(wait=False, cancel_futures=True)
            pool.close()
            raise
    return tuple(outcomes)


def describe_briefly(outcome: DocumentOutcome) -> str:
    """One line of a log."""
    what = f"{outcome.tables} tables, {outcome.lines} rows" if outcome.reason is None else outcome.reason
    return f"{outcome.name}: {outcome.status}, {what}, {outcome.seconds:.1f} s"
