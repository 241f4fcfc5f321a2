"""Which publisher's errors in text and performance sheets are told, and which of what is told is none.

Promise: two figures, from `tests/golden/told.csv`. *Found*: of the errors that were seen by reading the pages, before anything
was told of them (`found_by` reading), how many are told. *False*: of everything that is told, how much is no error: what the list
does not have counts as false until somebody has looked at the page, so does what it calls `false alarm` or `open` (nobody knows).
Errors that were told first and then judged on their page (`found_by` telling) are no evidence of what is found.

An error without a kind is not looked for, and makes the share of what is told smaller, not the list shorter.

    .venv/bin/python -m benchmarks.told                    the corpus of ../shared, read again; skipped where absent
    .venv/bin/python -m benchmarks.told --warehouse DIR    the same from a warehouse that `make corpus` has filled
"""

import argparse
import csv
import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from flows.process import read_document
from warehouse.issues import load_finding_kinds
from warehouse.records import Row, Sighting
from warehouse.store import Warehouse
from warehouse.views import connect

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT.parent / "shared" / "corpus" / "disclosures"
EXPECTED = ROOT / "tests" / "golden" / "told.csv"
LEAST_TOLD = 0.9
MOST_FALSE = 0.02
OF_THE_TEXT = ("text-", "targets-", "product-", "unit-forgotten", "indicator-values-differ")
VERDICTS = frozenset(("error", "false alarm", "open"))
QUESTION = """SELECT d.sha256, f.finding_kind, f.page, f.message
    FROM core_findings AS f JOIN core_disclosures AS d USING (document_id)"""


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of the documents.

    `told`, `missed`: errors that were read; `judged`, `gone`: errors that were told first, and those of them that no longer are;
    `false`: findings that are no error.
    """

    told: tuple[Row, ...]
    missed: tuple[Row, ...]
    judged: tuple[Row, ...]
    gone: tuple[Row, ...]
    false: tuple[tuple[str, Row], ...]
    findings: int

    @property
    def is_good(self) -> bool:
        """At least nine of ten errors are told, and hardly anything else."""
        everything = len(self.told) + len(self.missed)
        return len(self.told) >= LEAST_TOLD * everything and len(self.false) <= MOST_FALSE * self.findings


def main() -> int:
    """Print what is told; 1 where too little is, or too much."""
    parser = argparse.ArgumentParser(description="Publisher's errors in text and sheets that are told, and false alarms.")
    parser.add_argument("--warehouse", type=Path, help="a warehouse of the corpus, instead of reading it again")
    arguments = parser.parse_args()
    if not CORPUS.is_dir():
        print(f"SKIPPED: the corpus is not here ({CORPUS}); nothing was measured")
        return 0
    paths = sorted(CORPUS.glob("*/*.pdf"))
    if arguments.warehouse:
        findings = load_findings(arguments.warehouse, paths)
    else:
        with ProcessPoolExecutor() as pool:
            findings = dict(zip((path.name for path in paths), pool.map(read_findings, paths), strict=True))
    result = compare(load_expected(), findings)
    print("\n".join(describe(result)))
    return int(not result.is_good)


def load_expected() -> list[Row]:
    """What was judged on the pages. Raises ValueError for a verdict that does not exist."""
    with EXPECTED.open(encoding="utf-8", newline="") as file:
        rows: list[Row] = list(csv.DictReader(file))
    if unknown := {row["verdict"] for row in rows} - VERDICTS:
        raise ValueError(f"{EXPECTED.name}: unknown verdicts {', '.join(sorted(unknown))}")
    return rows


def find_document(name: str) -> Path:
    """The PDF of that name. Raises FileNotFoundError where the corpus has none or several."""
    found = list(CORPUS.glob(f"*/{name}"))
    if len(found) != 1:
        raise FileNotFoundError(f"{name}: expected one file under {CORPUS}, found {len(found)}")
    return found[0]


def read_findings(path: Path) -> list[Row]:
    """The findings on a document's text and sheets, read from its bytes."""
    content = path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    document = read_document(path, Sighting(sha256[:16], sha256, len(content), "local", path.name))
    return [row for row in document.rows["core_findings"] if row["finding_kind"].startswith(OF_THE_TEXT)]


def load_findings(folder: Path, paths: Sequence[Path]) -> dict[str, list[Row]]:
    """The same from a warehouse, by file name. Raises FileNotFoundError where it lacks one of the documents."""
    with connect(Warehouse.open(folder)) as connection:
        known = {sha256 for (sha256,) in connection.sql("SELECT sha256 FROM core_disclosures").fetchall()}
        rows = connection.sql(QUESTION).fetchall()
    names = {hashlib.sha256(path.read_bytes()).hexdigest(): path.name for path in paths}
    if lacking := [name for sha256, name in names.items() if sha256 not in known]:
        raise FileNotFoundError(f"{folder} lacks {len(lacking)} documents of the corpus, {lacking[0]} among them")
    found: dict[str, list[Row]] = {name: [] for name in names.values()}
    for sha256, kind, page, message in rows:
        if sha256 in names and kind.startswith(OF_THE_TEXT):
            found[names[sha256]].append({"finding_kind": kind, "page": page, "message": message})
    return found


def compare(expected: Sequence[Row], findings: Mapping[str, Sequence[Row]]) -> Told:
    """Judged errors against findings: of the same document and kind, with the words in the message, each finding once."""
    if unknown := {row["kind"] for row in expected if row["kind"]} - set(load_finding_kinds()):
        raise ValueError(f"{EXPECTED.name} names finding kinds that do not exist: {', '.join(sorted(unknown))}")
    left = {name: list(rows) for name, rows in findings.items()}
    sorted_out: dict[tuple[str, bool], list[Row]] = {}
    for error in (row for row in expected if row["verdict"] == "error" and row["document"] in left):
        fitting = next((row for row in left[error["document"]] if _is_of(row, error)), None)
        if fitting is not None:
            left[error["document"]].remove(fitting)
        sorted_out.setdefault((error["found_by"], fitting is not None), []).append(error)
    false = tuple((name, row) for name, rows in left.items() for row in rows)
    kept = [tuple(sorted_out.get((by, is_told), ())) for by in ("reading", "telling") for is_told in (True, False)]
    return Told(kept[0], kept[1], kept[2], kept[3], false, sum(len(rows) for rows in findings.values()))


def _is_of(finding: Row, error: Row) -> bool:
    return (
        finding["finding_kind"] == error["kind"]
        and str(finding["page"]) == error["page"]
        and error["words"] in finding["message"]
    )


def describe(result: Told) -> Iterator[str]:
    """Both figures, and everything that lowers them."""
    everything = len(result.told) + len(result.missed)
    yield f"{len(result.told)} of {everything} errors that were read are told ({len(result.told) / max(everything, 1):.0%})"
    for error in result.missed:
        yield f"  not told: {_name(error)}"
    share = len(result.false) / max(result.findings, 1)
    yield f"{len(result.false)} of {result.findings} findings are no errors ({share:.1%}); {len(result.judged)} more were judged"
    for name, row in result.false:
        yield f"  {name} p. {row['page']} {row['finding_kind']}: {row['message']}"
    for error in result.gone:
        yield f"  an error that was told is not told any more: {_name(error)}"


def _name(error: Row) -> str:
    return f"{error['document']} p. {error['page'] or '?'} {error['words']} ({error['note']})"


if __name__ == "__main__":
    sys.exit(main())
