"""`yusuan run`: the nightly flow with all that it needs around it, a Prefect server and, on demand, the demonstration portal."""

import contextlib
from pathlib import Path

from flows.alarms import tell_failure
from flows.closing import ask_example
from flows.crawling import list_source_ids
from flows.demo import QUERY, QUESTION, SOURCE_ID, open_demo
from flows.errors import UsageError
from flows.lock import hold_warehouse
from flows.progress import get_reporter
from flows.runs import Promised, RunSummary, write_run
from flows.server import provide_server
from flows.settings import Settings
from flows.stopwatch import Stopwatch


def run_nightly(
    settings: Settings, sources: tuple[str, ...], *, demo: bool, with_release: bool, only_due: bool = False
) -> RunSummary:
    """Run the flow and give back its account, also where it broke a promise. Raises YusuanError."""
    if demo and sources:
        raise UsageError("--demo runs against the demonstration portal alone; leave the sources out")
    if only_due and (demo or sources):
        raise UsageError("--due chooses among all enabled sources; leave --demo and the sources out")
    if not demo and not list_source_ids(sources, folder=settings.sources):
        raise UsageError("no source is enabled; name the sources to visit, or use --demo")
    with hold_warehouse(settings.warehouse):  # told before a server is started for nothing
        pass
    watch = Stopwatch()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(provide_server(settings))  # starts in the background
        base_urls: dict[str, str] = {}
        documents = 0
        if demo:
            with watch.measure("demonstration portal"):
                portal = stack.enter_context(open_demo(settings.demo_port))
            get_reporter().say(f"The demonstration portal is at {portal.url}, with {portal.documents} disclosures")
            base_urls, documents, sources = {SOURCE_ID: portal.url}, portal.documents, (SOURCE_ID,)
        with watch.measure("Prefect server"):
            import flows.nightly  # noqa: F401, PLC0415  # takes seconds; the server starts meanwhile

            with tell_failure(settings):
                server.wait()
        summary = call_flow(settings, sources, base_urls, with_release=with_release, only_due=only_due)
    summary = summary.model_copy(update={"seconds": {**watch.seconds, **summary.seconds}})
    if demo:
        summary = finish_demo(summary, settings, documents)
    write_run(summary, settings.runs_dir / summary.run_id)
    return summary


def call_flow(
    settings: Settings, sources: tuple[str, ...], base_urls: dict[str, str], *, with_release: bool, only_due: bool
) -> RunSummary:
    """The flow's account. Prefect is imported only here: it takes its settings from the environment at that moment."""
    from flows.nightly import PromiseBrokenError, nightly  # noqa: PLC0415  # the docstring says why

    try:
        return nightly(
            sources=list(sources),
            warehouse_dir=Path(settings.warehouse),
            base_urls=base_urls,
            with_release=with_release,
            workers=settings.workers,
            only_due=only_due,
        )
    except PromiseBrokenError as error:
        return error.summary


def finish_demo(summary: RunSummary, settings: Settings, documents: int) -> RunSummary:
    """The demonstration promises more: all samples found, and an answer to the example question."""
    from flows.opened import open_or_make  # noqa: PLC0415  # loads Arrow and Delta

    found = sum(summary.found.values())
    example = ask_example(open_or_make(settings), QUESTION, QUERY)
    promised = (
        Promised(what="all sample disclosures found", kept=found == documents, detail=f"{found} of {documents}"),
        Promised(what="an answer to the example question", kept=bool(example.rows), detail=f"{len(example.rows)} rows"),
    )
    return summary.model_copy(update={"promised": (*summary.promised, *promised), "example": example})
