"""What came back of a drawn disclosure: the lines that were read beside the lines that are true.

Promise: two lines are the same only where table, row, fund, kind, basis, state and yuan are. Fund types of the three public
expenses are left out, since titles name them loosely and so do the hand-checked numbers. A code that the page does not print
may stay open or be inferred; if it is inferred, it must be the true one.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Line = Mapping[str, Any]
PRINTED = frozenset({"number", "zero"})


@dataclass(frozen=True, slots=True)
class Difference:
    """What is true and was not read, what was read and is not true, and codes inferred wrongly (table, label, code)."""

    missing: tuple[tuple[Any, ...], ...]
    surplus: tuple[tuple[Any, ...], ...]
    wrong_codes: tuple[tuple[str, str, str], ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.surplus or self.wrong_codes)


def compare_lines(read: Iterable[Line], true: Iterable[Line], states: Collection[str] = PRINTED) -> Difference:
    """Both sets of lines beside each other, as far as their amounts are in one of `states`."""
    read, true = list(read), list(true)
    found = Counter(identify_line(line) for line in read if line["amount_state"] in states)
    wanted = Counter(identify_line(line) for line in true if line["amount_state"] in states)
    return Difference(
        missing=tuple(sorted((wanted - found).elements(), key=str)),
        surplus=tuple(sorted((found - wanted).elements(), key=str)),
        wrong_codes=find_wrong_codes(read, true),
    )


def identify_line(line: Line) -> tuple[Any, ...]:
    """What must come back of a line: table, row, fund, kind, basis, state, yuan."""
    code = None if line["code_source"] == "inferred" else line["function_code"] or line["econ_department_code"]
    return (
        line["table_type"],
        line["table_instance"],
        line["unit_name"],
        code or line["item_key"] or simplify_label(line["line_label"]),
        "any" if line["table_type"] == "three_public_expenditure" else line["fund_type"],
        line["expenditure_kind"],
        line["amount_basis"],
        line["amount_state"],
        line["amount_cny"],
    )


def simplify_label(label: str | None) -> str:
    """A label without list marks, brackets and punctuation, in one width."""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", label or ""))
    text = re.sub(r"^(其中:?)?(\(?[一二三四五六七八九十\d]+\)?[、.)]|\([一二三四五六七八九十\d]+\))?", "", text)
    return re.sub(r"[^\w%]", "", text)


def find_wrong_codes(read: Iterable[Line], true: Iterable[Line]) -> tuple[tuple[str, str, str], ...]:
    """(table, label, code) of every inferred code that is not the row's true one."""
    codes: dict[tuple[str, str], set[str | None]] = defaultdict(set)
    for line in true:
        codes[line["table_type"], simplify_label(line["line_label"])].add(_get_code(line))
    return tuple(
        sorted(
            {
                (line["table_type"], line["line_label"], code)
                for line in read
                if line["code_source"] == "inferred"
                for code in (_get_code(line),)
                if code is not None and code not in codes[line["table_type"], simplify_label(line["line_label"])]
            }
        )
    )


def _get_code(line: Line) -> str | None:
    code: str | None = line["function_code"] or line["econ_department_code"]
    return code
