"""What turns one printed amount into another: one digit, the sign, the decimal point, or something else.

Promise: compares what is printed, in the printed unit, and says the simplest thing that is true.
"""

from dataclasses import dataclass
from decimal import Decimal

from transforms.amounts import UNIT_FACTORS

POWERS = (1, 2, 3, 4, 8)


@dataclass(frozen=True, slots=True)
class CellChange:
    """`kind` of finding and what happened, in words."""

    kind: str
    words: str


def describe_change(read: Decimal | None, fitting: Decimal, unit: str) -> CellChange:
    """What turns the amount as read (yuan, None for a blank) into the one that fits."""
    if not read:
        return CellChange("cell-value", "the cell shows no amount")
    if fitting == -read:
        return CellChange("cell-sign", "the sign is the other one")
    for power in POWERS:
        if fitting * 10**power == read or read * 10**power == fitting:
            return CellChange("cell-point", f"the decimal point is out by {power} {'place' if power == 1 else 'places'}")
    if (read < 0) == (fitting < 0):
        words = _compare_digits(*_print_alike(abs(read), abs(fitting), unit))
        if words:
            return CellChange("cell-digit", words)
    return CellChange("cell-value", "more than one digit differs")


def print_in_unit(amount: Decimal, unit: str) -> str:
    """The amount (yuan) in a unit, without trailing zeros: 1683.45."""
    return f"{(amount / UNIT_FACTORS[unit]).normalize():f}"


def _print_alike(read: Decimal, fitting: Decimal, unit: str) -> tuple[str, str]:
    """Both with the same number of decimals."""
    texts = [print_in_unit(amount, unit) for amount in (read, fitting)]
    decimals = max(len(text.partition(".")[2]) for text in texts)
    return tuple(f"{Decimal(text):.{decimals}f}" for text in texts)  # type: ignore[return-value]  # two in, two out


def _compare_digits(read: str, fitting: str) -> str | None:
    """One digit is another one, was lost, or was added; None where it is more."""
    if len(read) == len(fitting):
        places = [place for place, (a, b) in enumerate(zip(read, fitting, strict=True)) if a != b]
        if len(places) != 1:
            return None
        number = sum(character.isdigit() for character in read[: places[0] + 1])
        return f"digit {number} is a {read[places[0]]} and should be a {fitting[places[0]]}"
    short, long = sorted((read, fitting), key=len)
    if len(long) - len(short) == 1:
        for place, digit in enumerate(long):
            if digit.isdigit() and long[:place] + long[place + 1 :] == short:
                return f"a digit {digit} is {'missing' if short == read else 'too many'}"
    return None
