"""What reading costs: CPU time of whole documents against camelot's defaults and against the floor, from one run.

Promise: the three are measured on the same documents, each in a child process of its own, by CPU time (`time.process_time`), so
that a busy machine changes little; imports and code lists are loaded before the clock starts, as in a worker. Only the ratios
mean something on another machine.

- reading: `flows.process.read_document`, from bytes to proved rows;
- camelot: `camelot.read_pdf(path, pages="all", flavor="lattice")`, nothing else done with its tables;
- grids: the second reader alone, every page's characters, rules and cells; what `reading` costs beyond it in its step `read` is
  the first reader, camelot on the pages that triage chose;
- floor: every character with its box and every segment of every path, through pypdfium2, kept nowhere.

    .venv/bin/python -m benchmarks.reading [--all] [--without-camelot] [PDF ...]
"""

import argparse
import csv
import ctypes
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal, get_args

What = Literal["reading", "grids", "camelot", "floor"]

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "disclosures"
# One thread, as in the workers: documents run in parallel, not the parts of one.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}
DEFAULT_ISSUERS = 8
SUFFICIENT_TABLES = 6  # pages with tables, as the corpus lists them; below that a file is often a scan, or prose alone


@dataclass(frozen=True, slots=True)
class Cost:
    """What one document cost. `steps` are seconds by step and `status` how it ended, for the reading only."""

    path: Path
    pages: int
    cpu_seconds: float
    peak_mb: float
    status: str = ""
    steps: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """One child process that went through all documents. `start_mb`: its peak memory after the first, unmeasured reading."""

    what: What
    start_mb: float
    costs: tuple[Cost, ...]


def main() -> None:
    """Measure, and print the account."""
    arguments = _parse_arguments()
    if arguments.measure:
        measure_here(arguments.measure, arguments.paths)
        return
    with tempfile.TemporaryDirectory(prefix="yusuan-benchmark-") as folder:
        paths = arguments.paths or choose_documents(Path(folder), take_all=arguments.all)
        kinds = [what for what in READERS if what != "camelot" or not arguments.without_camelot]
        series: dict[What, Series] = {what: measure_apart(what, paths) for what in kinds}
    print("\n".join(describe_costs(series)))


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="CPU time of reading, as ratios to camelot's defaults and to the floor.")
    parser.add_argument("paths", nargs="*", type=Path, metavar="PDF", help="these files instead of the corpus")
    parser.add_argument("--all", action="store_true", help="the whole corpus (camelot alone takes most of an hour)")
    parser.add_argument("--without-camelot", action="store_true", help="only the reading and the floor")
    parser.add_argument("--measure", choices=get_args(What), help=argparse.SUPPRESS)
    return parser.parse_args()


def choose_documents(folder: Path, *, take_all: bool) -> list[Path]:
    """Short documents of different issuers from the corpus; where that is absent, the samples, drawn into `folder`."""
    if not CORPUS.is_dir():
        print(f"NO CORPUS: {CORPUS} is absent; measured on the project's own samples instead.", file=sys.stderr)
        return _draw_samples(folder)
    if take_all:
        return sorted(CORPUS.glob("*/*.pdf"))
    by_issuer: dict[str, list[tuple[int, Path]]] = {}
    with (CORPUS / "manifest.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if int(row["table_pages"] or 0) >= SUFFICIENT_TABLES:
                by_issuer.setdefault(row["file"].split("/")[0], []).append((int(row["pages"]), CORPUS / row["file"]))
    shortest = sorted(min(entries) for entries in by_issuer.values())
    return [path for _, path in shortest[:DEFAULT_ISSUERS]]


def _draw_samples(folder: Path) -> list[Path]:
    from samples.library import sample_disclosures  # noqa: PLC0415 - not needed where the corpus is

    paths = []
    for sample in sample_disclosures()[:DEFAULT_ISSUERS]:
        paths.append(folder / f"{sample.id}.pdf")
        paths[-1].write_bytes(sample.draw())
    return paths


def count_pages(path: Path) -> int:
    """Pages of a PDF."""
    import pypdfium2 as pdfium  # noqa: PLC0415 - as the others: nothing is imported in the parent

    with pdfium.PdfDocument(path) as document:
        return len(document)


def measure_apart(what: What, paths: Sequence[Path]) -> Series:
    """All documents in one new process. Raises CalledProcessError where it fails."""
    command = [sys.executable, "-m", "benchmarks.reading", "--measure", what, *map(str, paths)]
    environment = {**os.environ, **ONE_THREAD}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 - itself
    start, *costs = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return Series(what, start["start_mb"], tuple(Cost(**{**cost, "path": Path(cost["path"])}) for cost in costs))


def measure_here(what: What, paths: Sequence[Path]) -> None:
    """Print one JSON line for the start and one a document. Runs in the child."""
    read = READERS[what]()
    read(paths[0])  # what is loaded at first use is paid by a worker once, not by every document
    print(json.dumps({"start_mb": _peak_mb()}), flush=True)
    for path in paths:
        pages = count_pages(path)
        started = time.process_time()
        told = read(path)
        spent = time.process_time() - started
        print(json.dumps({"path": str(path), "pages": pages, "cpu_seconds": spent, "peak_mb": _peak_mb(), **told}), flush=True)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def load_reading() -> Callable[[Path], dict[str, Any]]:
    """The whole pipeline for one document, everything it needs once already loaded."""
    from flows.process import load_code_book, read_document  # noqa: PLC0415 - only this child pays for it
    from transforms.identities import load_identities  # noqa: PLC0415  # only the child that measures it pays for the import
    from warehouse.codes import load_regions  # noqa: PLC0415  # only the child that measures it pays for the import
    from warehouse.records import Sighting  # noqa: PLC0415  # only the child that measures it pays for the import

    load_code_book(), load_regions(), load_identities()

    def read(path: Path) -> dict[str, Any]:
        content = path.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        document = read_document(path, Sighting(sha256[:16], sha256, len(content), "local", path.name))
        return {"status": document.status, "steps": dict(document.seconds)}

    return read


def load_camelot() -> Callable[[Path], dict[str, Any]]:
    """camelot as it comes."""
    import camelot  # noqa: PLC0415 - only this child pays for it

    def read(path: Path) -> dict[str, Any]:
        camelot.read_pdf(str(path), pages="all", flavor="lattice")
        return {}

    return read


def load_grids() -> Callable[[Path], dict[str, Any]]:
    """The second reader alone."""
    import pypdfium2 as pdfium  # noqa: PLC0415 - only this child pays for it

    from extractors.pdf.grids import find_grids  # noqa: PLC0415  # only the child that measures it pays for the import
    from extractors.pdf.pages import read_pages  # noqa: PLC0415  # only the child that measures it pays for the import

    def read(path: Path) -> dict[str, Any]:
        with pdfium.PdfDocument(path) as document:
            for page in read_pages(document):
                find_grids(page)
        return {}

    return read


def load_floor() -> Callable[[Path], dict[str, Any]]:
    """All characters and paths, nothing made of them."""
    import pypdfium2 as pdfium  # noqa: PLC0415 - only this child pays for it

    def read(path: Path) -> dict[str, Any]:
        with pdfium.PdfDocument(path) as document:
            for index in range(len(document)):
                page = document[index]
                touch_characters(page)
                touch_paths(page)
                page.close()
        return {}

    return read


def touch_characters(page: Any) -> int:
    """Ask for each character and its box; the count of them."""
    import pypdfium2.raw as pdfium_c  # noqa: PLC0415  # only the child that measures it pays for the import

    textpage = page.get_textpage()
    raw, box = textpage.raw, pdfium_c.FS_RECTF()
    count = int(pdfium_c.FPDFText_CountChars(raw))
    for index in range(count):
        pdfium_c.FPDFText_GetUnicode(raw, index)
        pdfium_c.FPDFText_GetLooseCharBox(raw, index, box)
    textpage.close()
    return count


def touch_paths(page: Any) -> int:
    """Ask for each segment of each path, also inside forms; the count of them."""
    import pypdfium2.raw as pdfium_c  # noqa: PLC0415  # only the child that measures it pays for the import

    x, y = ctypes.c_float(), ctypes.c_float()
    segments = 0
    for handle in _iterate_paths(page.raw, pdfium_c):
        count = pdfium_c.FPDFPath_CountSegments(handle)
        for index in range(count):
            segment = pdfium_c.FPDFPath_GetPathSegment(handle, index)
            pdfium_c.FPDFPathSegment_GetType(segment)
            pdfium_c.FPDFPathSegment_GetPoint(segment, x, y)
        segments += count
    return segments


def _iterate_paths(page: Any, pdfium_c: Any) -> Iterator[Any]:
    waiting = [pdfium_c.FPDFPage_GetObject(page, index) for index in range(pdfium_c.FPDFPage_CountObjects(page))]
    while waiting:
        handle = waiting.pop()
        kind = pdfium_c.FPDFPageObj_GetType(handle)
        if kind == pdfium_c.FPDF_PAGEOBJ_PATH:
            yield handle
        elif kind == pdfium_c.FPDF_PAGEOBJ_FORM:
            waiting += [pdfium_c.FPDFFormObj_GetObject(handle, i) for i in range(pdfium_c.FPDFFormObj_CountObjects(handle))]


READERS: Mapping[What, Callable[[], Callable[[Path], dict[str, Any]]]] = {
    "floor": load_floor,
    "grids": load_grids,
    "reading": load_reading,
    "camelot": load_camelot,
}


def describe_costs(series: Mapping[What, Series]) -> Iterator[str]:
    """The account as lines of text: a row a document, medians, steps, memory. A refused document is cheap: it is in no median."""
    others = [what for what in series if what != "reading"]
    yield f"{'pages':>5} {'CPU s':>7} " + " ".join(f"{'/' + what:>9}" for what in others) + "  status    document"
    ratios: dict[What, list[float]] = {what: [] for what in others}
    for index, cost in enumerate(series["reading"].costs):
        own = {what: cost.cpu_seconds / series[what].costs[index].cpu_seconds for what in others}
        if cost.status != "refused":
            for what in others:
                ratios[what].append(own[what])
        columns = " ".join(f"{own[what]:9.3f}" for what in others)
        yield f"{cost.pages:5d} {cost.cpu_seconds:7.2f} {columns}  {cost.status:9} {cost.path.name}"
    yield ""
    for what in others:
        if ratios[what]:
            count, (low, middle, high) = len(ratios[what]), (min(ratios[what]), median(ratios[what]), max(ratios[what]))
            yield f"reading / {what}: median {middle:.3f} of {count} documents with rows ({low:.3f} to {high:.3f})"
    yield from _describe_totals(series)


def _describe_totals(series: Mapping[What, Series]) -> Iterator[str]:
    totals = {what: sum(cost.cpu_seconds for cost in entry.costs) for what, entry in series.items()}
    pages = sum(cost.pages for cost in series["reading"].costs)
    yield "all documents together, CPU s: " + ", ".join(f"{what} {seconds:.1f}" for what, seconds in totals.items())
    yield f"reading, CPU s a page: {totals['reading'] / pages:.3f}"
    yield "reading by step: " + ", ".join(f"{step} {share:.0%}" for step, share in share_steps(series["reading"].costs))
    yield f"the second reader is {totals['grids'] / totals['reading']:.0%} of the reading"
    for entry in series.values():
        peak = entry.costs[-1].peak_mb
        yield f"memory, {entry.what}: {entry.start_mb:.0f} MB after the first document, peak {peak:.0f} MB after all"


def share_steps(costs: Sequence[Cost]) -> list[tuple[str, float]]:
    """Share of each step of the reading in the seconds of all documents, the largest first."""
    totals: dict[str, float] = {}
    for cost in costs:
        for step, seconds in (cost.steps or {}).items():
            totals[step] = totals.get(step, 0.0) + seconds
    whole = sum(totals.values())
    return sorted(((step, seconds / whole) for step, seconds in totals.items()), key=lambda item: -item[1])


if __name__ == "__main__":
    main()
