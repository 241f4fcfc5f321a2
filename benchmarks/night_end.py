"""The end of a night at two sizes: seconds and memory of judging, loading, comparing and releasing what was read, and of the
next release, after half of the documents have come with other amounts.

Promise: the documents are sample disclosures as the pipeline reads them, written again under other names, regions and
departments (`benchmarks.warehouse`); each step is a process of its own over what the one before left, as the flow runs it, and
`MiB` is the most memory that this process had. `×` is the figure against the smaller size: memory that is flat has 1.

    .venv/bin/python -m benchmarks.night_end [--sizes 300,2000] [--keep FOLDER]
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.warehouse import Figure, generate_document, render_table
from flows.across import conclude_cross_checks
from flows.loading import judge_staged, load_staged
from warehouse.archive import Archive
from warehouse.published import read_manifest
from warehouse.release import EarlierRelease, build_release
from warehouse.store import Warehouse

COMMIT_BATCH = 100


def main() -> int:
    """Measure size after size and print the table."""
    arguments = _parse_arguments()
    if arguments.step:  # as nice as the one who started it
        return _run_step(arguments.step, arguments.folder)
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="yusuan-benchmark-"))
    try:
        columns = {size: list(measure_size(folder / str(size), size)) for size in arguments.sizes}
    finally:
        if arguments.keep is None:
            shutil.rmtree(folder)
    print("\n".join(render_table(columns)))
    return 0


def measure_size(folder: Path, size: int) -> Iterator[Figure]:
    """Every step of one night's end over `size` documents."""
    warehouse = Warehouse.open(folder / "warehouse")
    for number in range(size):
        warehouse.stage(generate_document(number, 1, is_sound=True))
    for step in STEPS:
        begun = time.monotonic()
        command = [sys.executable, "-m", "benchmarks.night_end", "--step", step, "--folder", str(folder)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 - itself
        yield Figure(f"{step}: seconds", time.monotonic() - begun, "s")
        yield Figure(f"{step}: most memory", float(done.stdout.splitlines()[-1]), "MiB")
    print(f"{size:,} documents measured", file=sys.stderr, flush=True)


def _judge(folder: Path) -> None:
    judge_staged(Warehouse.open(folder / "warehouse"), folder / "report")


def _load(folder: Path) -> None:
    load_staged(Warehouse.open(folder / "warehouse"), Archive(folder / "archive"), "benchmark", COMMIT_BATCH)


def _compare(folder: Path) -> None:
    conclude_cross_checks(Warehouse.open(folder / "warehouse"))


def _release(folder: Path) -> None:
    build_release(Warehouse.open(folder / "warehouse"), folder / "releases", version="1")


def _change(folder: Path) -> None:
    """Every second document once more, with another year and other amounts."""
    warehouse = Warehouse.open(folder / "warehouse")
    for numbers in _split(range(0, len(warehouse.committed()), 2)):
        documents = [generate_document(number, 2) for number in numbers]
        for document in documents:
            warehouse.stage(document)
        warehouse.commit([document.processing_id for document in documents], run_id="benchmark", reason="engine")


def _split(numbers: range) -> Iterator[range]:
    return (numbers[start : start + COMMIT_BATCH] for start in range(0, len(numbers), COMMIT_BATCH))


def _release_again(folder: Path) -> None:
    first = read_manifest(folder / "releases" / "1")
    earlier = EarlierRelease(first.version, first.commit_sequence)
    build_release(Warehouse.open(folder / "warehouse"), folder / "releases", version="2", earlier=earlier)


STEPS: Mapping[str, Callable[[Path], None]] = {
    "judge": _judge,
    "load": _load,
    "compare": _compare,
    "release": _release,
    "change": _change,
    "release after a change": _release_again,
}


def _run_step(step: str, folder: Path) -> int:
    STEPS[step](folder)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return 0


def _read_sizes(text: str) -> Sequence[int]:
    return sorted(int(part) for part in text.split(","))


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=_read_sizes, default=[300, 2000], metavar="N,N")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="build the warehouses here and leave them")
    parser.add_argument("--step", choices=sorted(STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    if "--step" not in sys.argv:
        os.nice(10)
    raise SystemExit(main())
