"""The long run of drawn explanations: what the reader makes of sentences whose facts are known.

Promise: explanation N of seed S is that of seed S + N - 1 and nothing else, so `--count 1 --seed` with the printed seed repeats
it. Set as lines of pages that break anywhere, every explanation must give exactly the facts it was drawn from, in order: key,
subject, value, unit, period, direction and reason; and an amount that no key names must be told as not understood. Exit code 0:
all did; 1: at least one did not, each is named with its text and the difference (`-` drawn, `+` read).

    .venv/bin/python -m benchmarks.sentences [--count 1000] [--seed 1]
"""

import argparse
import difflib
import sys
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from random import Random

from samples.typesetting import typeset
from samples.wording import Explanation, Stated, draw_explanation
from transforms.codes import CodeBook, make_code_book
from transforms.narrative.passage import Passage, join_lines, unify
from transforms.narrative.statement_rows import NarrativeRows, read_statements
from warehouse.codes import load_code_list
from warehouse.records import Row


def main() -> None:
    """Draw, read, compare, and tell."""
    parser = argparse.ArgumentParser(description="Draws explanations from a grammar and reads them again.")
    parser.add_argument("--count", type=int, default=1000, help="explanations (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the first (default: %(default)s)")
    arguments = parser.parse_args()
    failed = n_facts = n_different = 0
    for seed in range(arguments.seed, arguments.seed + arguments.count):
        explanation = draw_explanation(Random(seed))  # noqa: S311 - no secret
        difference = compare(explanation, read_explanation(explanation, Random(seed)))  # noqa: S311 - no secret
        n_facts += len(explanation.stated)
        if difference:
            failed += 1
            n_different += sum(line.startswith("-") for line in difference)
            print(
                f"seed {seed}, {explanation.phase} {explanation.year}", *(text for _, text in explanation.paragraphs), sep="\n  "
            )
            print("", *difference, sep="\n    ")
    print(
        f"{arguments.count:,} explanations, {n_facts:,} facts: {n_different:,} facts read otherwise, in {failed:,} explanations"
    )
    sys.exit(failed > 0)


def read_explanation(explanation: Explanation, random: Random) -> tuple[Passage, NarrativeRows]:
    """What the reader makes of an explanation that is set in lines and pages as chance has it."""
    raw = typeset(explanation.paragraphs, random)
    rows = read_statements(raw, explanation.year, explanation.phase, _load_book())
    return join_lines(raw.lines, raw.pages), rows


@cache
def _load_book() -> CodeBook:
    return make_code_book({scheme: load_code_list(scheme) for scheme in ("function", "econ_department", "econ_government")})


def compare(explanation: Explanation, read: tuple[Passage, NarrativeRows]) -> list[str]:
    """Facts that were drawn and not read (`-`), and that were read and not drawn (`+`); empty where all are the same."""
    _, rows = read
    drawn = [*map(_describe_fact, explanation.stated), *(f"not understood: {unify(text)}" for text in explanation.unknown)]
    found = [*map(_describe_row, rows.statements), *_describe_unread(rows)]
    return [line.replace("\n", "") for line in difflib.ndiff(drawn, found) if line[0] in "+-"]


def _describe_fact(fact: Stated) -> str:
    value = None if fact.value is None else _write_plain(fact.value)
    subject, reason = (unify(text) if text else None for text in (fact.subject, fact.reason))
    return _join(fact.key, value, fact.unit, fact.period, fact.direction, subject, reason)


def _describe_row(row: Row) -> str:
    value = None if row["value"] is None else _write_plain(Decimal(row["value"]))
    return _join(row["statement_key"], value, row["unit"], row["period"], row["direction"], row["subject"], row["reason"])


def _describe_unread(rows: NarrativeRows) -> Iterator[str]:
    """Numbers that were not understood, as printed."""
    for row in rows.numbers:
        if row["number_outcome"] == "unread":
            yield f"not understood: {row['value_reported']}"


def _join(*parts: str | None) -> str:
    return " · ".join(part or "-" for part in parts)


def _write_plain(value: Decimal) -> str:
    return format(value.normalize() + 0, "f")


if __name__ == "__main__":
    main()
