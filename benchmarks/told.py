"""Which publisher's errors in text and performance sheets are told, and which of what is told is none.

Promise: the errors (`tests/golden/told.csv`) were found by reading the pages, by whoever made the hand-checked statements, before
anything was told of them; what the list does not have counts as a false alarm until somebody has looked at the page.

An error without a kind is not looked for, and makes the share of what is told smaller, not the list shorter. Where the note
begins with "open:" nobody knows whether it is one, and it must not be told.

    .venv/bin/python -m benchmarks.told        the six documents of ../shared with hand-checked statements; skipped where absent
"""

import csv
import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.process import read_document
from warehouse.issues import load_finding_kinds
from warehouse.records import Row, Sighting

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT.parent / "shared" / "corpus" / "disclosures"
EXPECTED = ROOT / "tests" / "golden" / "told.csv"
LEAST_TOLD = 0.9
MOST_FALSE = 0.02
OF_THE_TEXT = ("text-", "targets-not", "targets-counted", "product-", "unit-forgotten")


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of the documents: expected errors that were told and that were not, and findings that nobody expected."""

    told: tuple[Row, ...]
    missed: tuple[Row, ...]
    false: tuple[tuple[str, Row], ...]
    findings: int

    @property
    def is_good(self) -> bool:
        """At least nine of ten errors are told, and hardly anything else."""
        everything = len(self.told) + len(self.missed)
        return len(self.told) >= LEAST_TOLD * everything and len(self.false) <= MOST_FALSE * self.findings


def main() -> int:
    """Print what is told; 1 where too little is, or too much."""
    if not CORPUS.is_dir():
        print(f"SKIPPED: the corpus is not here ({CORPUS}); nothing was measured")
        return 0
    expected = load_expected()
    names = sorted(path.stem for path in (ROOT.parent / "shared" / "gold_statements").glob("*.csv"))
    result = compare(expected, {f"{name}.pdf": read_findings(find_document(f"{name}.pdf")) for name in names})
    print("\n".join(describe(result)))
    return int(not result.is_good)


def load_expected() -> list[Row]:
    """The errors by hand, without those that are open."""
    with EXPECTED.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if not row["note"].startswith("open:")]


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


def compare(expected: Sequence[Row], findings: dict[str, list[Row]]) -> Told:
    """Expected errors against findings: of the same document and kind, with the words in the message, each finding once."""
    if unknown := {row["kind"] for row in expected if row["kind"]} - set(load_finding_kinds()):
        raise ValueError(f"{EXPECTED.name} names finding kinds that do not exist: {', '.join(sorted(unknown))}")
    left = {name: list(rows) for name, rows in findings.items()}
    told, missed = [], []
    for error in expected:
        fitting = next((row for row in left[error["document"]] if _is_of(row, error)), None)
        if fitting is None:
            missed.append(error)
        else:
            told.append(error)
            left[error["document"]].remove(fitting)
    false = [(name, row) for name, rows in left.items() for row in rows]
    return Told(tuple(told), tuple(missed), tuple(false), sum(len(rows) for rows in findings.values()))


def _is_of(finding: Row, error: Row) -> bool:
    return (
        finding["finding_kind"] == error["kind"]
        and str(finding["page"]) == error["page"]
        and error["words"] in finding["message"]
    )


def describe(result: Told) -> list[str]:
    """Both figures, and everything that lowers them."""
    everything = len(result.told) + len(result.missed)
    return [
        f"{len(result.told)} of {everything} errors told ({len(result.told) / everything:.0%})",
        *(
            f"  not told: {error['document']} p. {error['page'] or '?'} {error['words']} ({error['note']})"
            for error in result.missed
        ),
        f"{len(result.false)} of {result.findings} findings expected by nobody "
        f"({len(result.false) / max(result.findings, 1):.1%})",
        *(f"  {name} p. {row['page']} {row['finding_kind']}: {row['message']}" for name, row in result.false),
    ]


if __name__ == "__main__":
    sys.exit(main())
