"""How honest the proof is: errors of every kind put into sound documents, and every failing identity of the corpus looked at.

Promise: what is counted as right was known before the diagnosis was asked; the same seed puts in the same errors; a failing
identity of the corpus that nobody has looked at makes the run fail (exit code 1), and one that has vanished is named.

1. Injected errors. Each sample is drawn and read once; the errors are put into the cells that were read (`samples.errors`), and
   everything after the readers runs as always. What a misprint would do to the readers themselves is not measured here
   (`benchmarks.mutations` does that for digits).
2. Sound documents: random disclosures without any error must not fail an identity nor be accused.
3. The corpus (`../shared`; skipped loudly where absent): every failing identity against `tests/golden/violations.csv`, made by
   looking at the rendered pages, and what evaluating all identities in one pass costs.

    .venv/bin/python -m benchmarks.proof [--count 50] [--seed 1] [--processes 2] [--part errors|sound|corpus] [--list]
"""

import argparse
import csv
import hashlib
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any, Literal, get_args

import pandas as pd

from extractors.pdf.document import read_raw_document
from flows.process import interpret_document, read_document
from samples.drawing import draw_disclosure
from samples.draws import draw_disclosure_facts
from samples.errors import ERRORS, Harm, NoPlaceError, locate, make_sound
from samples.fonts import find_font
from samples.library import SampleDisclosure, sample_disclosures
from transforms.diagnose import DIAGNOSES
from transforms.explanations import CELL_KINDS
from transforms.reconcile import evaluate_identities
from warehouse.records import ProcessedDocument, RawDocument, Row, Sighting

Part = Literal["errors", "sound", "corpus"]
ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT.parent / "shared" / "corpus" / "disclosures"
VERDICTS = ROOT / "tests" / "golden" / "violations.csv"
# A number that is wrong altogether may by chance differ in one digit, or by a factor of ten; a total that is a last digit or two
# off is a wrong digit in a document that does not round.
ACCEPTED = {"cell-value": CELL_KINDS, "publisher-rounding": CELL_KINDS | {"publisher-rounding"}}
# The harmed place is a whole table, or no longer there: the table is the place.
PLACED_BY_TABLE = {"unit-slip", "row-missing", "row-doubled"}
MOST_TRIES = 20  # a document may have no place for an error at the first throw
MOST_FALSE_ALARMS = 0.02
MOST_TIME = 0.05


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was said of one injected error. `alarms`: findings that accuse another place."""

    error: str
    told: str
    provable: bool
    found: bool
    placed: bool
    kind: bool
    value: bool
    whose: bool
    right: bool
    alarms: int
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one process makes of one document of the corpus."""

    name: str
    document_id: str
    cpu_seconds: float
    lines: Sequence[Row]
    tables: Sequence[Row]
    checks: Sequence[Row]
    findings: Sequence[Row]


def main() -> int:
    """Measure all parts, or one; 1 where the corpus shows what nobody has looked at, or too many false alarms."""
    arguments = _parse_arguments()
    for face in ("sans", "serif"):
        find_font(face)  # made once, before the workers would each make it
    failed = False
    # An executor, because a worker that dies must end the run: a pool would wait for its result for ever.
    with ProcessPoolExecutor(arguments.processes, mp_context=get_context("spawn")) as executor:
        if arguments.part in {None, "errors"}:
            jobs = list(_share_out(arguments.count, arguments.seed))
            judgements = [one for several in executor.map(judge_sample, jobs) for one in several]
            print("\n".join(describe_errors(judgements, arguments.count, with_all=arguments.list)), flush=True)
        if arguments.part in {None, "sound"}:
            seeds = range(arguments.seed, arguments.seed + arguments.count)
            print("\n".join(describe_sound(list(executor.map(prove_sound, seeds)))), flush=True)
        if arguments.part in {None, "corpus"}:
            failed = report_corpus(executor)
    return int(failed)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Put errors into sound documents and see what is said; look at the corpus.")
    parser.add_argument("--count", type=int, default=50, help="errors of each kind, and sound documents (default 50)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--part", choices=get_args(Part), help="only this part")
    parser.add_argument("--list", action="store_true", help="list every error that was not diagnosed right")
    return parser.parse_args()


# --- injected errors --------------------------------------------------------------------------------------------------------


def _share_out(count: int, seed: int) -> Iterator[tuple[str, dict[str, int], int]]:
    """(sample, errors by name, seed): each error spread evenly over the samples that have a place for it."""
    samples = sample_disclosures()
    shares: dict[str, dict[str, int]] = {sample.id: {} for sample in samples}
    for error in ERRORS:
        hosts = [sample for sample in samples if error != "code at another level" or _prints_codes_whole(sample)]
        for number, sample in enumerate(hosts):
            shares[sample.id][error] = count // len(hosts) + (number < count % len(hosts))
    yield from ((sample_id, share, seed) for sample_id, share in shares.items())


def _prints_codes_whole(sample: SampleDisclosure) -> bool:
    return sample.layout.code_style == "one_column"


def judge_sample(job: tuple[str, dict[str, int], int]) -> list[Judgement]:
    """All errors of one sample, judged one by one."""
    sample_id, shares, seed = job
    sample = next(sample for sample in sample_disclosures() if sample.id == sample_id)
    raw, sighting = read_drawn(sample.draw())
    document = interpret_document(raw, sighting)
    sound = make_sound(raw, document.rows["core_budget_lines"], document.rows["core_checks"])
    judgements = []
    for error, share in shares.items():
        random = Random(f"{seed} {error} {sample_id}")  # noqa: S311 - a fixed seed is the point
        harms = (_put_in(error, sound, random) for _ in range(share))
        judgements += [judge(error, harm, document, interpret_document(harm.document, sighting)) for harm in harms if harm]
    return judgements


def read_drawn(pdf: bytes) -> tuple[RawDocument, Sighting]:
    """What the readers see of a drawn disclosure."""
    sha256 = hashlib.sha256(pdf).hexdigest()
    with tempfile.TemporaryDirectory(prefix="yusuan-proof-") as folder:
        path = Path(folder) / "sample.pdf"
        path.write_bytes(pdf)
        raw = read_raw_document(path, sha256[:16])
    return raw, Sighting(document_id=sha256[:16], sha256=sha256, bytes=len(pdf), source_id="local", url="sample.pdf")


def _put_in(error: str, sound: Any, random: Random) -> Harm | None:
    for _ in range(MOST_TRIES):
        try:
            return ERRORS[error](sound, random)
        except NoPlaceError:
            continue
    return None


def judge(error: str, harm: Harm, sound: ProcessedDocument, harmed: ProcessedDocument) -> Judgement:
    """Compare what is said of the harmed document, beyond what is said of the sound one, with what was done to it."""
    lines = {line["line_id"]: line for line in harmed.rows["core_budget_lines"]}
    known = {_name_finding(finding) for finding in sound.rows["core_findings"]}
    new = [finding for finding in harmed.rows["core_findings"] if _name_finding(finding) not in known]
    accused = [finding for finding in new if finding["finding_kind"] in DIAGNOSES]
    placed = [finding for finding in accused if is_placed(finding, harm, lines)]
    right_kind = ACCEPTED.get(harm.kind, {harm.kind})
    in_kind = [finding for finding in placed if finding["finding_kind"] in right_kind]
    valued = [finding for finding in in_kind if harm.true_yuan is None or _is_value(finding["fitting_value"], harm.true_yuan)]
    return Judgement(
        error=error,
        told=harm.told,
        provable=harm.provable,
        found=_is_noticed(harm, new, harmed),
        placed=bool(placed),
        kind=bool(in_kind),
        value=bool(valued),
        whose=any(finding["whose"] == harm.whose for finding in placed),
        right=any(finding["whose"] == harm.whose for finding in valued),
        alarms=len(accused) - len(placed),
        said=tuple(f"{finding['finding_kind']} ({finding['whose']}): {finding['message']}" for finding in new),
    )


def _name_finding(finding: Row) -> tuple[Any, ...]:
    return finding["finding_kind"], finding["message"], finding["table_id"]


def _is_noticed(harm: Harm, new: Sequence[Row], harmed: ProcessedDocument) -> bool:
    """A new finding names the table, or an identity that fails has it on one of its sides."""
    failing = (check for check in harmed.rows["core_checks"] if check["outcome"] == "violated")
    return any(finding["table_id"] == harm.table_id for finding in new) or any(
        harm.table_id in check["table_ids"] for check in failing
    )


def is_placed(finding: Row, harm: Harm, lines: dict[str, Row]) -> bool:
    """Whether a finding accuses the harmed place: one of its cells, or its table where the table is the place."""
    if harm.kind in PLACED_BY_TABLE and finding["table_id"] == harm.table_id:
        return True
    places = {locate(lines[line_id]) for line_id in finding.get("line_ids") or () if line_id in lines}
    if finding["page"] is not None and finding["bbox"] is not None:
        places.add(locate(finding))
    return bool(places & harm.boxes)


def _is_value(text: str | None, yuan: Decimal) -> bool:
    return text is not None and Decimal(text) == yuan


COLUMNS = ("found", "placed", "kind", "value", "whose", "right")


def describe_errors(judgements: Sequence[Judgement], count: int, *, with_all: bool = False) -> Iterator[str]:
    """The table: a row an error, a column a question, each a count."""
    yield f"Injected errors, {count} of each kind (put into the cells after reading; whole table where a table is the place)"
    yield f"{'error':24}{'n':>5}{'provable':>10}" + "".join(f"{name:>8}" for name in COLUMNS) + f"{'alarms':>8}"
    for error in (*ERRORS, "all"):
        own = [one for one in judgements if error in {one.error, "all"}]
        counts = "".join(f"{sum(getattr(one, name) for one in own):8d}" for name in COLUMNS)
        provable, alarms = sum(one.provable for one in own), sum(one.alarms for one in own)
        yield f"{error:24}{len(own):5d}{provable:10d}{counts}{alarms:8d}"
    yield "provable: an identity held with a harmed amount before. found: a finding or a failing identity names the table."
    yield "placed: a diagnosis accuses the place; kind, value, whose: of the placed ones; right: all in one. alarms: elsewhere."
    if with_all:
        for one in judgements:
            if not one.right or one.alarms:
                yield f"\n{one.error}: {one.told}" + ("" if one.provable else " (no identity holds with it)")
                yield from (f"    {said}" for said in one.said[:4])


# --- sound documents --------------------------------------------------------------------------------------------------------


def prove_sound(seed: int) -> tuple[int, Counter[str], Counter[str]]:
    """A random disclosure without an error: outcomes of its identities, and its findings by kind."""
    budget, layout = draw_disclosure_facts(Random(seed))  # noqa: S311 - a fixed seed is the point
    document = interpret_document(*read_drawn(draw_disclosure(budget, layout, small_print="示例文件")))
    outcomes = Counter(check["outcome"] for check in document.rows["core_checks"])
    return seed, outcomes, Counter(finding["finding_kind"] for finding in document.rows["core_findings"])


def describe_sound(documents: Sequence[tuple[int, Counter[str], Counter[str]]]) -> Iterator[str]:
    """What was claimed against documents that are right."""
    outcomes = sum((own for _, own, _ in documents), Counter[str]())
    accusing = DIAGNOSES | {"unexplained-violation"}
    accused = [(seed, kind, n) for seed, _, kinds in documents for kind, n in kinds.items() if kind in accusing]
    yield f"\nSound documents: {len(documents)} random disclosures, {sum(outcomes.values()):,} checks: " + ", ".join(
        f"{n:,} {outcome}" for outcome, n in outcomes.most_common()
    )
    yield f"  accusations: {sum(n for _, _, n in accused)}"
    yield from (f"  seed {seed}: {n} x {kind}" for seed, kind, n in accused)


# --- corpus -----------------------------------------------------------------------------------------------------------------


def report_corpus(executor: ProcessPoolExecutor) -> bool:
    """Print every failing identity with its verdict, and the cost; whether there is something to look at."""
    if not CORPUS.is_dir():
        print("\nSKIPPED: the corpus is not here (../shared/corpus/disclosures); no failing identity was looked at")
        return False
    readings = list(executor.map(read_corpus_document, sorted(CORPUS.glob("*/*.pdf")), chunksize=2))
    seen = [violation for reading in readings for violation in list_violations(reading)]
    verdicts = load_verdicts(VERDICTS)
    print("\n".join(describe_violations(seen, verdicts)))
    print("\n".join(describe_cost(readings)))
    return is_unsettled(seen, verdicts)


def read_corpus_document(path: Path) -> Reading:
    """One document, bytes to proved rows, with its CPU time."""
    content = path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    started = time.process_time()
    rows = read_document(path, Sighting(sha256[:16], sha256, len(content), "local", path.name)).rows
    spent = time.process_time() - started
    resources = ("core_budget_lines", "core_tables", "core_checks", "core_findings")
    return Reading(f"{path.parent.name}/{path.name}", sha256[:16], spent, *(rows.get(name, ()) for name in resources))


Violation = dict[str, str]
KEY = ("document_id", "check_id", "check_subject")


def list_violations(reading: Reading) -> Iterator[Violation]:
    """Failing identities with document, pages, sides, and what the diagnosis says of each."""
    pages = {line["line_id"]: line["page"] for line in reading.lines}
    for check in reading.checks:
        if check["outcome"] != "violated":
            continue
        ids = (*check["left_line_ids"], *check["right_line_ids"])
        causes = [f for f in reading.findings if check["check_number"] in (f.get("check_numbers") or ())]
        yield {
            "document": reading.name,
            "document_id": reading.document_id,
            "check_id": check["check_id"],
            "check_subject": check["check_subject"],
            "pages": " ".join(str(page) for page in sorted({pages[line_id] for line_id in ids if line_id in pages})),
            "sides": f"{check['left_cny']} against {check['right_cny']}, difference {check['difference_cny']}",
            "diagnosis": "; ".join(f"{f['finding_kind']} ({f['whose']})" for f in causes) or "no diagnosis",
        }


def load_verdicts(path: Path) -> list[Violation]:
    """What was seen on the rendered page of each. Raises ValueError for a verdict that is none."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    odd = {row["verdict"] for row in rows} - {"publisher", "misreading", "false-alarm"}
    if odd:
        raise ValueError(f"{path.name}: no such verdict: {', '.join(sorted(odd))}")
    return rows


def _key(row: Violation) -> tuple[str, ...]:
    return tuple(row[name] for name in KEY)


def compare_verdicts(seen: Iterable[Violation], verdicts: Iterable[Violation]) -> tuple[Counter[Any], Counter[Any]]:
    """Failing identities that nobody has looked at, and verdicts on such as fail no longer; counted, for subjects that recur."""
    found, listed = Counter(map(_key, seen)), Counter(map(_key, verdicts))
    return found - listed, listed - found


def is_unsettled(seen: Sequence[Violation], verdicts: Sequence[Violation]) -> bool:
    """Whether something is unlisted, or more false alarms are left than may be."""
    unlisted, _ = compare_verdicts(seen, verdicts)
    return bool(unlisted) or _count_false(seen, verdicts) > MOST_FALSE_ALARMS * len(seen)


def _count_false(seen: Sequence[Violation], verdicts: Sequence[Violation]) -> int:
    false = Counter(_key(row) for row in verdicts if row["verdict"] == "false-alarm")
    return sum((Counter(map(_key, seen)) & false).values())


def describe_violations(seen: Sequence[Violation], verdicts: Sequence[Violation]) -> Iterator[str]:
    """Each failing identity with what was seen on its page; what is unlisted, what has vanished, the share of false alarms."""
    unlisted, vanished = compare_verdicts(seen, verdicts)
    known = {_key(row): row for row in verdicts}
    yield f"\nCorpus: {len(seen)} failing identities in {len({row['document_id'] for row in seen})} documents"
    document = ""
    for row in seen:
        if row["document"] != document:
            document = row["document"]
            yield f"\n{document} ({row['document_id']})"
        verdict = known.get(_key(row))
        yield f"  p {row['pages']}: {row['check_id']} · {row['check_subject']}: {row['sides']}"
        looked = f"{verdict['verdict']} (p {verdict['page']}): {verdict['reason']}" if verdict else "NOT LOOKED AT"
        yield f"      {row['diagnosis']}; seen on the page: {looked}"
    yield ""
    yield from (f"UNLISTED x{n}: {' | '.join(key)}" for key, n in unlisted.items())
    yield from (f"vanished x{n}: {' | '.join(key)}" for key, n in vanished.items())
    false = _count_false(seen, verdicts)
    share = false / len(seen) if seen else 0.0
    yield f"False alarms: {false} of {len(seen)} ({share:.1%}, at most {MOST_FALSE_ALARMS:.0%})"


def describe_cost(readings: Sequence[Reading]) -> Iterator[str]:
    """CPU time of all identities of all documents in one pass, as a share of the CPU time of processing them."""
    lines = pd.DataFrame([line for reading in readings for line in reading.lines])
    tables = pd.DataFrame([table for reading in readings for table in reading.tables])
    started = time.process_time()
    checks = evaluate_identities(lines, tables)
    spent, whole = time.process_time() - started, sum(reading.cpu_seconds for reading in readings)
    yield (
        f"Identities: {len(checks.frame):,} checks over {len(lines):,} lines in one pass: {spent / whole:.1%} of the CPU time "
        f"of processing the documents (at most {MOST_TIME:.0%})"
    )


if __name__ == "__main__":
    sys.exit(main())
