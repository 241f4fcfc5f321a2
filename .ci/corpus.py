"""Process the real disclosures of ../shared and score the amounts; the score may rise, never fall.

The floors stand in tests/golden/score_floor.json: {"recall": 0.xxxx, "precision": 0.xxxx}. A better score is told, together
with the floor to write there (`--raise-floor` writes it). A missing or unreadable floor fails: it never writes itself.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
FLOOR = ROOT / "tests/golden/score_floor.json"
TOTAL = re.compile(r"recall (?P<recall>[\d.]+)%\s+precision (?P<precision>[\d.]+)%")
MOST_UNREAD = 0.001  # share of the printed amounts in table regions that may stay unread
QUESTIONS = {
    "Documents": "SELECT status, count(*) AS documents, sum(page_count) AS pages FROM core_disclosures GROUP BY ALL ORDER BY ALL",
    "Ledger: number-like tokens by what they were taken for": """
        SELECT token_kind, sum(token_count) AS tokens FROM raw_ledger GROUP BY ALL ORDER BY tokens DESC""",
    "Numbers of the running text by what became of them": """
        SELECT number_outcome, ignored_because, count(*) AS numbers, count(DISTINCT document_id) AS documents
        FROM raw_narrative_numbers GROUP BY ALL ORDER BY number_outcome, numbers DESC""",
    "Cells in which the two readers differ, and what came of it": """
        SELECT finding_kind, count(*) AS findings, count(DISTINCT document_id) AS documents FROM core_findings
        WHERE finding_kind LIKE 'readings-%' GROUP BY ALL ORDER BY ALL""",
    "Accounting identities": "SELECT outcome, count(*) AS checks FROM core_checks GROUP BY ALL ORDER BY checks DESC",
    "Amounts by the number of independent identities that prove them": """
        SELECT least(verified_by, 3) AS proofs, contradicted_by > 0 AS contradicted, count(*) AS amounts FROM core_budget_lines
        WHERE amount_state = 'number' GROUP BY ALL ORDER BY ALL""",
}
EXIT_DOCUMENTS_REFUSED = 3  # the corpus holds scans and files without tables: to refuse them is right


def main() -> int:
    """0: processed, and the score is not under the floor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--warehouse", type=Path, required=True)
    parser.add_argument("--raise-floor", action="store_true", help="write a better score into the floor file")
    arguments = parser.parse_args()
    if not (SHARED / "corpus/disclosures").is_dir():
        print("SKIPPED: the corpus is not here (../shared/corpus/disclosures); nothing was measured")
        return 0
    status = process_corpus(arguments.warehouse)
    if status not in (0, EXIT_DOCUMENTS_REFUSED):
        return status
    for title, question in QUESTIONS.items():
        print(f"\n{title}", ask(arguments.warehouse, question), sep="\n")
    unread = measure_unread(arguments.warehouse)
    score = measure_score(arguments.warehouse)
    told, pages = measure_told(arguments.warehouse), measure_pages(arguments.warehouse)
    return max(compare_score(score, raise_floor=arguments.raise_floor), unread, told, pages)


def ask(warehouse: Path, question: str, *options: str) -> str:
    """What `yusuan query` prints."""
    command: list[str | Path] = [ROOT / ".venv/bin/yusuan", "query", question, "--warehouse", warehouse, *options]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603  # our own


def measure_unread(warehouse: Path) -> int:
    """1 where more amounts inside table regions are unread than may be."""
    question = "SELECT token_kind, sum(token_count)::BIGINT AS tokens FROM raw_ledger GROUP BY ALL"
    tokens = {row["token_kind"]: row["tokens"] for row in json.loads(ask(warehouse, question, "--format", "json"))}
    share = tokens.get("unread", 0) / (tokens["amount"] + tokens.get("unread", 0))
    print(f"unread {share:.4%} of the printed amounts in table regions (at most {MOST_UNREAD:.1%})\n")
    return int(share > MOST_UNREAD)


def measure_told(warehouse: Path) -> int:
    """1 where too few of the publishers' errors in text and performance sheets are told, or too much that is none."""
    command: list[str | Path] = [ROOT / ".venv/bin/python", "-m", "benchmarks.told", "--warehouse", warehouse]
    print("Publishers' errors in text and performance sheets", flush=True)
    return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603  # our own command


def measure_pages(warehouse: Path) -> int:
    """1 where a page of the portal is too heavy."""
    command: list[str | Path] = [ROOT / ".venv/bin/python", "-m", "benchmarks.pages", "--warehouse", warehouse]
    return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603  # our own command


def process_corpus(warehouse: Path) -> int:
    """The exit code of `yusuan process`."""
    command: list[str | Path] = [ROOT / ".venv/bin/yusuan", "process", SHARED / "corpus/disclosures", "--warehouse", warehouse]
    return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603  # our own command


def measure_score(warehouse: Path) -> dict[str, float]:
    """Recall and precision as shares, from the scorer's last line."""
    command: list[str | Path] = [sys.executable, SHARED / "evaluate/score.py", "--lines", warehouse / "core_budget_lines"]
    result = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)  # noqa: S603  # our own
    # Its exit code is not asked: deltalake can abort a process that has printed everything and is on its way out.
    print(result.stdout, result.stderr)
    found = TOTAL.search(result.stdout)
    if not found:
        sys.exit("corpus: the scorer printed no total")
    return {name: round(float(value) / 100, 4) for name, value in found.groupdict().items()}


def compare_score(score: dict[str, float], *, raise_floor: bool) -> int:
    """1 where a figure is under its floor."""
    if not FLOOR.is_file() and not raise_floor:
        print(f"FAILED: {FLOOR.relative_to(ROOT)} is missing; --raise-floor writes {json.dumps(score)} there")
        return 1
    floor = json.loads(FLOOR.read_text(encoding="utf-8")) if FLOOR.is_file() else dict.fromkeys(score, 0.0)
    fallen = [f"{name} {score[name]:.4f} is under the floor {floor[name]:.4f}" for name in score if score[name] < floor[name]]
    if fallen:
        print(f"FAILED: {'; '.join(fallen)} ({FLOOR.relative_to(ROOT)})")
        return 1
    if score != floor:
        print(f"The score is over the floor: {json.dumps(score)} for {FLOOR.relative_to(ROOT)}")
        if raise_floor:
            FLOOR.write_text(json.dumps(score) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
