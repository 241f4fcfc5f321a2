"""Printed amounts as exact yuan.

Promise: Decimal throughout; a text that is not surely one amount is not an amount. A blank, a dash and a printed zero stay apart.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from transforms.text import normalise

AmountState = Literal["number", "blank", "dash", "zero"]

UNIT_FACTORS = {"元": Decimal(1), "千元": Decimal(1_000), "万元": Decimal(10_000), "亿元": Decimal(100_000_000)}
FEN = Decimal("0.01")

_DASHES = frozenset({"-", "--", "—", "——", "―", "–", "−", "一", "/", "_", "----", "**", "***"})
_DIGITS = re.compile(r"^-?[\d,]+$", re.ASCII)
_FEWEST_ALIKE = 4  # amounts that say how many decimals a table prints
_NUMBER = re.compile(r"^(?P<sign>[-−—]?)(?P<digits>\d+(?:,\d{3})*)(?P<decimals>\.\d+)?$", re.ASCII)
# Some publishers part only the last group: 125360,898.
_BRACKETED = re.compile(r"^\((?P<inner>[\d,.]+)\)$")


@dataclass(frozen=True, slots=True)
class Amount:
    """One printed amount: its state, its value in the printed unit (None for blank and dash), the decimals printed."""

    state: AmountState
    value: Decimal | None
    decimals: int = 0


def parse_amount(text: str) -> Amount | None:
    """The amount that a cell's text shows, or None where it is not surely one amount.

    Thousands separators, brackets or a dash for negative numbers, and numbers wrapped inside the cell are understood.
    """
    joined = _join_wrapped(text)
    if joined is None:
        return None
    if joined == "":
        return Amount("blank", None)
    if joined in _DASHES:
        return Amount("dash", None)
    sign = ""
    if match := _BRACKETED.match(joined):
        sign, joined = "-", match["inner"]
    match = _NUMBER.match(joined)
    if not match:
        return None
    if match["sign"]:
        sign = "-"
    digits, decimals = match["digits"].replace(",", ""), match["decimals"] or ""
    value = Decimal(f"{sign}{digits}{decimals}")
    value = value or abs(value)  # -0.00 is printed where a difference was rounded, and is nothing below zero
    return Amount("zero" if value == 0 else "number", value, max(len(decimals) - 1, 0))


def find_common_decimals(texts: Iterable[str]) -> int | None:
    """How many decimals (one at least) every amount prints; None where they differ or are few.

    Of a text that is not surely one amount the last line counts: wherever an amount is cut, its decimals stand at its end.
    """
    wholes: Counter[int] = Counter()
    ends: Counter[int] = Counter()
    for text in texts:
        whole = parse_amount(text)
        amount = whole or parse_amount(text.rpartition("\n")[2])
        if amount is not None and (amount.value or amount.decimals):  # a bare 0 stands for nothing in any table
            (wholes if whole else ends)[amount.decimals] += 1
    (decimals,) = wholes if len(wholes) == 1 else (0,)
    return decimals if decimals and wholes[decimals] + ends[decimals] >= _FEWEST_ALIKE else None


def join_cut_amount(text: str, decimals: int) -> str:
    """The text on one line where it is one amount with so many decimals, cut before its point: 4563 | 2.6.

    Only for a table that prints no amount with fewer decimals: there the first line is none. Any other text comes back as it is.
    """
    lines = [normalise(line) for line in text.split("\n")]
    joined = "".join(lines)
    is_cut = len(lines) > 1 and all(_DIGITS.match(line) for line in lines[:-1]) and joined.rpartition(".")[2].isdigit()
    match = _NUMBER.match(joined) if is_cut else None
    return joined if match and len(match["decimals"] or "") == decimals + 1 else text


def is_amount(text: str) -> bool:
    """Whether the text shows a number that may be an amount (not a blank, not a dash)."""
    amount = parse_amount(text)
    return amount is not None and amount.value is not None


def to_yuan(value: Decimal, unit: str) -> Decimal:
    """A value in a printed unit as yuan, kept to the fen. Raises KeyError for an unknown unit."""
    return (value * UNIT_FACTORS[unit]).quantize(FEN)


def _join_wrapped(text: str) -> str | None:
    """A number wrapped over lines as one text; None where the lines may be two numbers."""
    lines = [line for line in (normalise(part) for part in text.split("\n")) if line]
    joined = lines[0] if lines else ""
    for line in lines[1:]:
        if not re.fullmatch(r"[\d.,)]+", line) or not _is_cut(joined, line):
            return None
        joined += line
    return joined


def _is_cut(first: str, rest: str) -> bool:
    """Whether `first` cannot stand alone as a printed amount: it ends in the middle of a group of digits or of its decimals."""
    if first.endswith((",", ".")) or rest.startswith((",", ".")):
        return True
    if first.startswith("(") and ")" not in first:
        return rest.endswith(")")
    if "." in first:
        # 12,868.1 | 9: one decimal alone is not how this table prints its amounts, and the rest has no point of its own.
        return "." not in rest and "," not in rest and len(first.rpartition(".")[2]) + len(rest) in (2, 6)
    groups = first.split(",")
    return len(groups) > 1 and len(groups[-1]) < 3
