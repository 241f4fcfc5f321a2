"""The portal at growing sizes: what the first build costs, what a night costs that changes ten documents, and how both grow.

Promise: the documents are those of `benchmarks.warehouse`, sample disclosures as the pipeline reads them, generated under other
names, years, regions and amounts. Pictures are not drawn: a picture is made once for a document, whatever the size. Seconds are
of processor time; `×` is the figure against the size before, and 1 for the night is the aim.

    .venv/bin/python -m benchmarks.portal [--sizes 50,150,450]
"""

import argparse
import os
import resource
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.warehouse import BATCH, Figure, load_batch, measure, render_table
from flows.loading import split
from flows.portal.build import BuildReport, build_portal
from warehouse.catalogue.publisher import Publisher
from warehouse.store import Warehouse

NIGHT = 10


def main() -> int:
    """Measure size after size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--sizes", type=lambda text: sorted(int(part) for part in text.split(",")), default=[50, 150, 450], metavar="N,N,N"
    )
    sizes: Sequence[int] = parser.parse_args().sizes
    with tempfile.TemporaryDirectory(prefix="yusuan-benchmark-") as folder:
        print("\n".join(render_table(dict(measure_sizes(sizes, Path(folder))))))
    return 0


def measure_sizes(sizes: Sequence[int], folder: Path) -> Iterator[tuple[int, list[Figure]]]:
    """Grow one warehouse and its portal from size to size; the figures of each."""
    store = Warehouse.open(folder / "warehouse")
    reached = 0
    for size in sizes:
        figures = list(measure_size(store, folder / "portal", reached, size))
        reached = size
        print(f"{size:,} documents measured", file=sys.stderr, flush=True)
        yield size, figures


def measure_size(store: Warehouse, root: Path, reached: int, size: int) -> Iterator[Figure]:
    """Everything that is measured when the warehouse has grown from `reached` documents to `size`."""
    for batch in split(range(reached, size), BATCH):
        load_batch(store, batch, 1, "new")
    reports: list[BuildReport] = []

    def build() -> None:
        reports.append(
            build_portal(store, root.parent / "none", root, pictures=None, publisher=Publisher(), tell=lambda words: None)
        )

    seconds = measure(build)
    yield Figure("build after growing, for each new document", seconds / (size - reached), "s")
    yield Figure("nothing changed", measure(build), "s")
    yield Figure("nothing changed: files written", reports[-1].written.written, "")
    load_batch(store, range(0, size, max(1, size // NIGHT))[:NIGHT], size + 1, "engine")
    yield Figure(f"a night that changes {NIGHT} documents", measure(build), "s")
    done = reports[-1].written
    yield Figure(f"a night that changes {NIGHT} documents: documents made", count_units(done.made, "document"), "")
    yield Figure(f"a night that changes {NIGHT} documents: departments made", count_units(done.made, "department"), "")
    yield Figure(f"a night that changes {NIGHT} documents: lists made", count_units(done.made, "list"), "")
    yield Figure(f"a night that changes {NIGHT} documents: files written", done.written, "")
    files = [path for path in root.rglob("*") if path.is_file()]
    yield Figure("files of the portal", len(files), "")
    yield Figure("bytes of the portal", sum(path.stat().st_size for path in files) / (1 << 20), "MiB")
    yield Figure("heaviest page", max(path.stat().st_size for path in files if path.suffix == ".html") / 1000, "kB")
    yield Figure("peak memory of this process so far", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB")


def count_units(made: Sequence[str], kind: str) -> int:
    """Units of a kind among those that a build made."""
    return sum(unit.startswith(f"{kind}:") for unit in made)


if __name__ == "__main__":
    os.nice(10)
    raise SystemExit(main())
