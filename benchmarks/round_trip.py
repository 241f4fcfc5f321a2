"""The long round trip: random budgets in random layouts, drawn, read and compared with what is true.

Promise: example N of seed S is the disclosure of seed S + N - 1 and nothing else, so `--examples 1 --seed` with the printed
seed (and the same `--rare`, `--rules`, `--units`) repeats it on any machine. Exit code 0: every example came back the same; 1:
at least one did not, each is named. Compared are the lines, issuer, year and phase; a table that is a picture must be told, a
file with the text alone must give no lines, no identity may fail. With `--rules columns` (no rules between the rows) lines may
be missing, never wrong.

    .venv/bin/python -m benchmarks.round_trip [--examples 200] [--processes 2] [--seed 1] [--rare 0.04] [--rules columns]
        [--units 25] [--keep FOLDER]
"""

import argparse
import hashlib
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import get_args

from flows.process import read_document
from samples.budget import Budget
from samples.comparison import Difference, compare_lines
from samples.drawing import draw_files
from samples.draws import RARE, RULED, draw_disclosure_facts
from samples.expected import build_sheets, expected_lines
from samples.fonts import find_font
from samples.layouts import Layout, Rules
from warehouse.records import ProcessedDocument, Sighting

SHOWN = 4
EVERY = 100


@dataclass(frozen=True, slots=True)
class Trip:
    """What became of one example. `untold`: what else the reading should have said; `error`: where the pipeline broke."""

    seed: int
    layout: str
    n_lines: int
    difference: Difference
    untold: tuple[str, ...] = ()
    error: str = ""

    @property
    def is_same(self) -> bool:
        """Whether everything came back."""
        return not self.difference and not self.untold and not self.error


@dataclass(frozen=True, slots=True)
class Space:
    """The space of disclosures that seeds are drawn from."""

    rules: tuple[Rules, ...] = RULED
    rare: float = RARE
    n_units: int = 0


USUAL = Space()


def main() -> int:
    """Make the trips, print what did not come back and how many did."""
    arguments = _parse_arguments()
    for face in ("sans", "serif"):
        find_font(face)  # made once, before the workers would each make it
    started = time.perf_counter()
    seeds = range(arguments.seed, arguments.seed + arguments.examples)
    space = Space((arguments.rules,) if arguments.rules else RULED, arguments.rare, arguments.units)
    lost = n_lines = 0
    for count, trip in enumerate(make_trips(seeds, space, arguments.processes, arguments.keep), start=1):
        n_lines += trip.n_lines
        lost += not trip.is_same
        if not trip.is_same:
            print("\n".join(describe_trip(trip)), flush=True)
        if count % EVERY == 0:
            print(f"{count} done, {lost} different, {time.perf_counter() - started:.0f} s", flush=True)
    seconds = time.perf_counter() - started
    same = arguments.examples - lost
    print(f"{same} of {arguments.examples} came back the same ({n_lines} printed amounts), {lost} did not; {seconds:.0f} s")
    return int(lost > 0)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Draw random disclosures, read them, compare.")
    parser.add_argument("--examples", type=int, default=200, help="how many (default 200)")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1, help="of the first example; the others follow")
    parser.add_argument("--rare", type=float, default=RARE, help=f"probability of each rare choice (default {RARE})")
    parser.add_argument("--rules", choices=get_args(Rules), help="only tables with such rules (default: full or filled)")
    parser.add_argument("--units", type=int, default=0, help="each of a department with so many units: hundreds of pages")
    parser.add_argument("--keep", type=Path, help="keep the PDFs that did not come back in this folder")
    return parser.parse_args()


def make_trips(seeds: Iterable[int], space: Space = USUAL, processes: int = 1, keep: Path | None = None) -> Iterator[Trip]:
    """One trip a seed, in the order of the seeds; with more than one process, in parallel."""
    jobs = [(seed, space, keep) for seed in seeds]
    if processes == 1:
        yield from map(_run_job, jobs)
        return
    # An executor, because a worker that dies must end the run: a pool would wait for its result for ever.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as executor:
        yield from executor.map(_run_job, jobs, chunksize=4)


def _run_job(job: tuple[int, Space, Path | None]) -> Trip:
    return make_trip(*job)


def make_trip(seed: int, space: Space = USUAL, keep: Path | None = None) -> Trip:
    """Draw the disclosure of a seed, read it, compare. What breaks, drawing or reading, is an outcome, not the end of the run."""
    budget, layout = draw_disclosure_facts(Random(seed), space.rules, space.rare, space.n_units)  # noqa: S311 - seeds repeat
    true = expected_lines(budget, layout)
    pdfs: tuple[bytes, ...] = ()
    try:
        pdfs = draw_files(budget, layout, small_print="示例文件")
        documents, error = [read_pdf(pdf, f"{seed}.pdf") for pdf in pdfs], ""
    except Exception:  # noqa: BLE001 - any break is what this run looks for; it is reported and counted
        documents, error = [], traceback.format_exc(limit=-4)
    difference = compare_lines(documents[0].rows["core_budget_lines"] if documents else [], true)
    if layout.rules == "columns":
        difference = replace(difference, missing=())
    untold = tuple(find_untold(documents, budget, layout)) if documents else ()
    trip = Trip(seed, describe_layout(layout), sum(bool(x["amount_cny"]) for x in true), difference, untold, error)
    if keep is not None and pdfs and not trip.is_same:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{seed}.pdf").write_bytes(pdfs[0])
    return trip


def read_pdf(pdf: bytes, name: str) -> ProcessedDocument:
    """The whole pipeline from bytes to proved rows."""
    sha256 = hashlib.sha256(pdf).hexdigest()
    sighting = Sighting(document_id=sha256[:16], sha256=sha256, bytes=len(pdf), source_id="local", url=name)
    with tempfile.TemporaryDirectory(prefix="yusuan-round-trip-") as folder:
        path = Path(folder) / name
        path.write_bytes(pdf)
        return read_document(path, sighting)


def find_untold(documents: Sequence[ProcessedDocument], budget: Budget, layout: Layout) -> Iterator[str]:
    """What the reading of the tables and of a text on its own should have said beside the lines."""
    tables, *texts = documents
    (disclosure,) = tables.rows["core_disclosures"]
    facts = {"department_name": budget.department, "fiscal_year": budget.fiscal_year, "phase": budget.phase}
    for name, value in facts.items():
        if disclosure[name] != value:
            yield f"{name} is {disclosure[name]}, not {value}"
    kinds = {finding["finding_kind"] for finding in tables.rows["core_findings"]}
    if any(sheet.table_type in layout.imaged for sheet in build_sheets(budget, layout)) and "scanned-page" not in kinds:
        yield f"{', '.join(layout.imaged)} is a picture and not told"
    # What compares names is no sum, and several names of one code are drawn.
    violated = (check for check in tables.rows["core_checks"] if check["outcome"] == "violated" and not check["reason"])
    failing = sorted({check["check_id"] for check in violated})
    if failing and layout.rules != "columns":
        yield f"the budget adds up, its reading fails {', '.join(failing)}"
    if any(text.rows["core_budget_lines"] for text in texts):
        yield "the text alone gives lines"


def describe_layout(layout: Layout) -> str:
    """The choices that differ from the plain layout."""
    return " ".join(f"{name}={value}" for name, value in layout.model_dump(exclude_defaults=True).items())


def describe_trip(trip: Trip) -> Iterator[str]:
    """A trip that did not come back: its seed, its layout and the first differences."""
    difference = trip.difference
    yield (
        f"seed {trip.seed}: {len(difference.missing)} of {trip.n_lines} missing, {len(difference.surplus)} surplus, "
        f"{len(difference.wrong_codes)} wrong codes"
    )
    yield f"  {trip.layout}"
    for name, lines in (
        ("missing", difference.missing),
        ("surplus", difference.surplus),
        ("wrong code", difference.wrong_codes),
    ):
        for line in islice(lines, SHOWN):
            yield f"  {name}: {' '.join(str(part) for part in line)}"
    yield from (f"  {untold}" for untold in trip.untold)
    if trip.error:
        yield trip.error


if __name__ == "__main__":
    sys.exit(main())
