"""The mutation test: one printed digit of a correct disclosure is changed; does the reading notice?

Promise: every digit of every table of the samples is as likely as any other, the same seed draws the same changes, and nothing
counts as noticed that the unchanged document reports as well. A change is noticed where the changed digit is read as printed and
an identity fails or a finding is made that was not there before, or where the document is refused. With `--titles` the titles are
changed instead: one table stands under the title of another one of its document. That a type is missing then does not count.

    .venv/bin/python -m benchmarks.mutations [--count 100] [--seed 1] [--sample ID ...] [--kind code] [--titles] [--list]
"""

import argparse
import hashlib
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Literal, get_args

from flows.process import read_document
from samples.expected import build_sheets
from samples.library import SampleDisclosure, sample_disclosures
from samples.sheets import Cell, ExpectedLine, Sheet, squeeze
from transforms.diagnose import DIAGNOSES
from warehouse.records import ProcessedDocument, Sighting

DIGITS = "0123456789"
CODES = {"code", "part"}
TOLD_BY_IDENTITIES = DIAGNOSES | {"unexplained-violation", "name-differs"}
Kind = Literal["amount", "code", "label", "other", "title"]
CELL_KINDS: tuple[Kind, ...] = get_args(Kind)[:-1]
Outcome = Literal["violated", "finding", "refused", "rounding", "silent", "unread", "misread"]
NOTICED: tuple[Outcome, ...] = ("violated", "finding", "refused")


@dataclass(frozen=True, slots=True)
class Place:
    """One printed digit: its table, row (header rows first), column, and position in the cell's text."""

    table: int
    row: int
    column: int
    position: int


@dataclass(frozen=True, slots=True)
class Mutation:
    """One digit changed, or one title: `old` and `new` are the texts of the cell or the titles, white space removed."""

    sample_id: str
    kind: Kind
    table_type: str
    row_kind: str
    column: str
    row_label: str
    old: str
    new: str
    is_last_digit: bool
    sheets: tuple[Sheet, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutation, and what was reported."""

    mutation: Mutation
    outcome: Outcome
    reports: tuple[str, ...]


def main() -> None:
    """Draw the changes, read each document, print the account."""
    arguments = _parse_arguments()
    samples = [s for s in sample_disclosures() if not arguments.sample or s.id in arguments.sample]
    if not samples:
        raise SystemExit(f"no such sample; known: {', '.join(s.id for s in sample_disclosures())}")
    started = time.process_time()
    kind: Kind | None = "title" if arguments.titles else arguments.kind
    verdicts = list(judge_mutations(samples, arguments.count, arguments.seed, kind))
    print("\n".join(describe_account(verdicts, with_all=arguments.list)))
    print(f"\n{time.process_time() - started:.0f} CPU s, seed {arguments.seed}, {len(samples)} samples")


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Change one printed digit at a time and count what is noticed.")
    parser.add_argument("--count", type=int, default=100, help="changes (default 100)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", action="append", help="only this sample (again for more)")
    parser.add_argument("--kind", choices=CELL_KINDS, help="only digits of such cells")
    parser.add_argument("--titles", action="store_true", help="change titles, not digits")
    parser.add_argument("--list", action="store_true", help="list the noticed ones too")
    return parser.parse_args()


def judge_mutations(samples: Sequence[SampleDisclosure], count: int, seed: int, kind: Kind | None = None) -> Iterator[Verdict]:
    """`count` mutations, spread evenly over the samples, each read and judged; `kind`: only of such cells."""
    random = Random(seed)  # noqa: S311 - a fixed seed is the point
    with tempfile.TemporaryDirectory(prefix="yusuan-mutations-") as folder:
        path = Path(folder) / "sample.pdf"
        for number, sample in enumerate(samples):
            share = count // len(samples) + (number < count % len(samples))
            if not share:
                continue
            sound = read_pdf(sample.draw(), path)
            draw = swap_titles(sample, share, random) if kind == "title" else draw_mutations(sample, share, random, kind)
            for mutation in draw:
                changed = sample.draw(mutation.sheets)
                yield judge_reading(mutation, sound, read_pdf(changed, path))


def draw_mutations(sample: SampleDisclosure, count: int, random: Random, kind: Kind | None = None) -> Iterator[Mutation]:
    """Changes of one digit each, no digit twice; fewer than `count` where there are not so many digits."""
    sheets = build_sheets(sample.budget, sample.layout)
    places = [place for place in list_digits(sheets) if kind in {None, _tell_kind(sheets[place.table], place)}]
    for place in random.sample(places, min(count, len(places))):
        yield change_digit(sample.id, sheets, place, random)


def swap_titles(sample: SampleDisclosure, count: int, random: Random) -> Iterator[Mutation]:
    """Tables under the title and number of another table of their document; fewer than `count` where there are not so many."""
    sheets = build_sheets(sample.budget, sample.layout)
    pairs = [(i, j) for i, one in enumerate(sheets) for j, other in enumerate(sheets) if one.table_type != other.table_type]
    for i, j in random.sample(pairs, min(count, len(pairs))):
        changed = replace(sheets[i], title=sheets[j].title, number=sheets[j].number)
        yield Mutation(
            sample_id=sample.id,
            kind="title",
            table_type=sheets[i].table_type,
            row_kind=f"under {sheets[j].table_type}",
            column="",
            row_label="",
            old=squeeze(sheets[i].title),
            new=squeeze(sheets[j].title),
            is_last_digit=False,
            sheets=(*sheets[:i], changed, *sheets[i + 1 :]),
        )


def list_digits(sheets: Sequence[Sheet]) -> list[Place]:
    """Every printed digit of every cell."""
    return [
        Place(table, row, column, position)
        for table, sheet in enumerate(sheets)
        for row, cells in enumerate((*sheet.header, *sheet.body))
        for column, cell in enumerate(cells)
        if cell is not None
        for position, character in enumerate(cell.text)
        if character in DIGITS
    ]


def change_digit(sample_id: str, sheets: Sequence[Sheet], place: Place, random: Random) -> Mutation:
    """The tables with another digit at that place."""
    sheet = sheets[place.table]
    rows = [*sheet.header, *sheet.body]
    cell = _get_cell(sheet, place)
    digit = random.choice([d for d in DIGITS if d != cell.text[place.position]])
    text = cell.text[: place.position] + digit + cell.text[place.position + 1 :]
    rows[place.row] = tuple(
        replace(c, text=text) if c is cell and i == place.column else c for i, c in enumerate(rows[place.row])
    )
    changed = replace(sheet, header=tuple(rows[: len(sheet.header)]), body=tuple(rows[len(sheet.header) :]))
    line = cell.line or _find_line(rows[place.row][place.column :]) or _find_line(rows[place.row])
    return Mutation(
        sample_id=sample_id,
        kind=_tell_kind(sheet, place),
        table_type=sheet.table_type,
        row_kind="header" if place.row < len(sheet.header) else line.row_kind if line else "no amounts",
        column=f"{line.fund_type}/{line.expenditure_kind}/{line.amount_basis}" if line and cell.line else "",
        row_label=line.item_key or line.function_code or line.econ_department_code or line.line_label if line else "",
        old=squeeze(cell.text),
        new=squeeze(text),
        is_last_digit=not any(character in DIGITS for character in text[place.position + 1 :]),
        sheets=tuple(changed if index == place.table else other for index, other in enumerate(sheets)),
    )


def _find_line(cells: Iterable[Cell | None]) -> ExpectedLine | None:
    return next((cell.line for cell in cells if cell is not None and cell.line is not None), None)


def _get_cell(sheet: Sheet, place: Place) -> Cell:
    cell = (*sheet.header, *sheet.body)[place.row][place.column]
    if cell is None:
        raise ValueError(f"no cell at {place}")
    return cell


def _tell_kind(sheet: Sheet, place: Place) -> Kind:
    cell = _get_cell(sheet, place)
    if cell.line is not None:
        return "amount"
    if place.row < len(sheet.header) or sheet.kinds[place.column] == "serial":
        return "other"
    # A code may stand alone, or fused with its name (2010301 行政运行, 201一般公共服务).
    if sheet.kinds[place.column] in CODES or squeeze(cell.text)[:3].isdigit():
        return "code"
    return "label"


def read_pdf(pdf: bytes, path: Path) -> ProcessedDocument:
    """The whole pipeline from bytes to proved rows."""
    path.write_bytes(pdf)
    sha256 = hashlib.sha256(pdf).hexdigest()
    return read_document(path, Sighting(document_id=sha256[:16], sha256=sha256, bytes=len(pdf), source_id="local", url=path.name))


def judge_reading(mutation: Mutation, sound: ProcessedDocument, changed: ProcessedDocument) -> Verdict:
    """Compare the reading of the changed document with that of the sound one."""
    if changed.status == "refused" and sound.status != "refused":
        return Verdict(mutation, "refused", ())
    if mutation.kind == "title":
        return _judge_title(mutation, sound, changed)
    if not _is_read(mutation, sound):
        # Its cell is not read in the sound document either: nothing is learned about the change, and nothing wrong is loaded.
        return Verdict(mutation, "unread", ())
    if not is_read_as_printed(mutation, sound, changed):
        return Verdict(mutation, "misread", ())
    reports = tuple(sorted((count_findings(changed) - count_findings(sound)).elements()))
    if any(kind in TOLD_BY_IDENTITIES for kind, _ in reports):
        outcome: Outcome = "violated"
    elif reports:
        outcome = "finding"
    else:
        outcome = "rounding" if _count_rounded(changed) > _count_rounded(sound) else "silent"
    return Verdict(mutation, outcome, tuple(f"{kind}: {message}" for kind, message in reports))


def _judge_title(mutation: Mutation, sound: ProcessedDocument, changed: ProcessedDocument) -> Verdict:
    """A wrong title is noticed where something is told beside the type that is now missing, which no publisher need print."""
    reports = sorted(
        ((kind, message) for kind, message in count_findings(changed) - count_findings(sound) if kind != "missing-table")
    )
    told = {kind for kind, _ in reports}
    outcome: Outcome = "finding" if "title-contradicted" in told else "violated" if told & TOLD_BY_IDENTITIES else "silent"
    if outcome == "silent" and told:
        outcome = "finding"
    return Verdict(mutation, outcome, tuple(f"{kind}: {message}" for kind, message in reports))


def _is_read(mutation: Mutation, document: ProcessedDocument) -> bool:
    """Whether a table of the mutation's type has a cell with the old text."""
    kinds = {table["table_id"]: table["table_type"] for table in document.rows["core_tables"]}
    return any(
        kinds[cell["table_id"]] == mutation.table_type and squeeze(cell["text"]) == mutation.old
        for cell in document.rows["raw_cells"]
    )


def is_read_as_printed(mutation: Mutation, sound: ProcessedDocument, changed: ProcessedDocument) -> bool:
    """The new text stands in one more cell than before, the old one in one less, and no other cell's text has changed."""
    texts, changed_texts = count_texts(sound), count_texts(changed)
    if changed_texts - texts != Counter([mutation.new]) or texts - changed_texts != Counter([mutation.old]):
        return False
    if mutation.kind != "amount":
        return True
    amounts, changed_amounts = count_amounts(sound), count_amounts(changed)
    appeared, vanished = changed_amounts - amounts, amounts - changed_amounts
    return appeared == Counter([(mutation.table_type, mutation.new)]) and vanished == Counter(
        [(mutation.table_type, mutation.old)]
    )


def count_texts(document: ProcessedDocument) -> Counter[str]:
    """Texts of all cells, white space removed."""
    return Counter(squeeze(cell["text"]) for cell in document.rows["raw_cells"])


def count_amounts(document: ProcessedDocument) -> Counter[tuple[str, str]]:
    """Amounts that became lines: (table type, text)."""
    return Counter((line["table_type"], line["amount_reported"]) for line in document.rows["core_budget_lines"])


def count_findings(document: ProcessedDocument) -> Counter[tuple[str, str]]:
    """Findings by kind and message."""
    return Counter((finding["finding_kind"], finding["message"]) for finding in document.rows["core_findings"])


def _count_rounded(document: ProcessedDocument) -> int:
    return sum(check["outcome"] in {"rounding", "truncation"} for check in document.rows["core_checks"])


def describe_account(verdicts: Sequence[Verdict], *, with_all: bool = False) -> Iterator[str]:
    """The account as lines of text: how many are noticed, by kind, and every one that is not."""
    yield _describe_share("all titles" if all(v.mutation.kind == "title" for v in verdicts) else "all digits", verdicts)
    by_kind: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        by_kind[verdict.mutation.kind].append(verdict)
    for kind in sorted(by_kind):
        yield "  " + _describe_share(kind, by_kind[kind])
    lost = [v for v in verdicts if v.outcome not in NOTICED]
    if lost:
        yield f"\nNot noticed, by kind ({len(lost)}):"
        groups = Counter(
            (v.outcome, v.mutation.kind, v.mutation.table_type, v.mutation.row_kind, v.mutation.column) for v in lost
        )
        for group, count in sorted(groups.items(), key=lambda item: (-item[1], item[0])):
            yield f"{count:4d}  " + "  ".join(part for part in group if part)
        yield "\nEach of them:"
        yield from (_describe_verdict(v) for v in lost)
    if with_all:
        yield "\nNoticed:"
        yield from (_describe_verdict(v) + "  " + " | ".join(v.reports[:2]) for v in verdicts if v.outcome in NOTICED)


def _describe_share(name: str, verdicts: Sequence[Verdict]) -> str:
    outcomes = Counter(v.outcome for v in verdicts)
    noticed = sum(outcomes[outcome] for outcome in NOTICED)
    parts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items(), key=lambda item: -item[1]))
    return f"{name}: noticed {noticed} of {len(verdicts)} ({noticed / len(verdicts):.1%}): {parts}"


def _describe_verdict(verdict: Verdict) -> str:
    m = verdict.mutation
    last = " last digit" if m.is_last_digit and m.kind == "amount" else ""
    return f"  {verdict.outcome}: {m.sample_id} {m.table_type} {m.row_kind} {m.row_label} {m.column}: {m.old} -> {m.new}{last}"


if __name__ == "__main__":
    main()
