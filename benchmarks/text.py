"""What the running text and the performance targets cost: their share of a document's processing, from one run.

Promise: the shares are of CPU time (`time.process_time`) of one thread, measured step by step inside the same reading that a
worker does, so that a busy machine changes little; what is loaded at first use is loaded before. Text is the step `statements`,
targets the step `targets` of `flows.process`; finding the lines that stand outside of tables belongs to reading the pages. A file
with text alone has no tables to share the time with: it is shown, and in no median. Exit code 1 where a document with tables is
not below the limit.

    .venv/bin/python -m benchmarks.text [--all] [PDF ...]
"""

import argparse
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.reading import ONE_THREAD, choose_documents

LIMIT = 0.30  # of a document's processing time
TEXT, TARGETS = "statements", "targets"


@dataclass(frozen=True, slots=True)
class Share:
    """What one document cost, and what of it its text and its targets cost, in seconds of CPU."""

    name: str
    pages: int
    status: str
    whole: float
    text: float
    targets: float

    @property
    def together(self) -> float:
        """Share of text and targets in the whole, 0 to 1."""
        return (self.text + self.targets) / self.whole if self.whole else 0.0


def main() -> None:
    """Measure, and print the account."""
    parser = argparse.ArgumentParser(description="The share of text and targets in the CPU time of processing a document.")
    parser.add_argument("paths", nargs="*", type=Path, metavar="PDF", help="these files instead of the corpus")
    parser.add_argument("--all", action="store_true", help="the whole corpus, not its short documents alone")
    arguments = parser.parse_args()
    os.environ.update(ONE_THREAD)  # before anything that has threads is imported
    with tempfile.TemporaryDirectory(prefix="yusuan-benchmark-") as folder:
        paths = arguments.paths or choose_documents(Path(folder), take_all=arguments.all)
        shares = list(measure_shares(paths))
    print("\n".join(describe_shares(shares)))
    sys.exit(find_highest(shares) >= LIMIT)


def measure_shares(paths: Sequence[Path]) -> Iterator[Share]:
    """Read each document once; the first of them once more before, unmeasured."""
    from flows.process import read_document  # noqa: PLC0415 - the threads are set before
    from warehouse.records import Sighting  # noqa: PLC0415 - as above

    for number, path in enumerate((paths[0], *paths)):
        content = path.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        sighting = Sighting(sha256[:16], sha256, len(content), "local", path.name)
        document = read_document(path, sighting, time.process_time)
        steps = document.seconds
        pages = document.rows["core_disclosures"][0]["page_count"] or 0
        if number:
            whole = sum(steps.values())
            yield Share(path.name, pages, document.status, whole, steps.get(TEXT, 0.0), steps.get(TARGETS, 0.0))


def find_median(shares: Sequence[Share]) -> float:
    """The median share of the documents that have tables; 0 where none has."""
    found = [share.together for share in shares if share.status != "refused"]
    return median(found) if found else 0.0


def find_highest(shares: Sequence[Share]) -> float:
    """The highest share of a document that has tables; 0 where none has."""
    return max((share.together for share in shares if share.status != "refused"), default=0.0)


def describe_shares(shares: Sequence[Share]) -> Iterator[str]:
    """The account as lines of text: a row a document, then medians and the highest."""
    yield f"{'pages':>5} {'CPU s':>7} {'text':>7} {'targets':>7} {'both':>7}  status    document"
    for share in shares:
        text, targets = (seconds / share.whole if share.whole else 0.0 for seconds in (share.text, share.targets))
        columns = f"{share.pages:5d} {share.whole:7.2f} {text:7.1%} {targets:7.1%} {share.together:7.1%}"
        yield f"{columns}  {share.status:9} {share.name}"
    read = [share for share in shares if share.status != "refused"]
    if not read:
        yield "no document with tables: no median"
        return
    highest = max(read, key=lambda share: share.together)
    yield ""
    yield f"text and targets: median {find_median(shares):.1%} of {len(read)} documents with tables (limit {LIMIT:.0%})"
    yield f"highest {highest.together:.1%}, {highest.name}"
    whole = sum(share.whole for share in read)
    yield f"of all together: text {sum(s.text for s in read) / whole:.1%}, targets {sum(s.targets for s in read) / whole:.1%}"


if __name__ == "__main__":
    main()
