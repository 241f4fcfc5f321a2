"""Whose staff a number is: the issuer's, or that of a unit that the sentence names right before it.

Promise: where a text tells the staff of several units, no number of one of them stands without its name, as if it were the
issuer's. A text that names only one unit names its issuer, unless it states the same of the issuer too and with another number.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from transforms.narrative.lexicon import compile_pattern, load_lexicon

HEADCOUNT = "headcount."


@dataclass(slots=True)
class Staffed:
    """Headcounts of a text by their place among its statements, with the unit that they were told of."""

    unit: str | None = None  # of the sentence that is being read
    told: dict[int, tuple[str, str | None, str]] = field(default_factory=dict)  # (key, unit, number)

    def begin(self) -> None:
        """A sentence begins: it is about the issuer until it names a unit."""
        self.unit = None

    def add(self, place: int, key: str, number: str, phrase: str) -> None:
        """A headcount behind this phrase, which may name whose it is; the numbers behind it are of the same unit."""
        unit = find_unit(phrase)
        if unit or compile_pattern(load_lexicon().staff_of_issuer).search(phrase):
            self.unit = unit
        self.told[place] = (key, self.unit, number)

    def list_units(self) -> dict[int, str]:
        """The unit of each headcount that is not the issuer's."""
        units = {unit for _, unit, _ in self.told.values() if unit}
        if len(units) == 1 and not self._tells_the_issuer_otherwise():
            return {}
        return {place: unit for place, (_, unit, _) in self.told.items() if unit}

    def _tells_the_issuer_otherwise(self) -> bool:
        numbers: dict[tuple[str, bool], set[str]] = defaultdict(set)
        for key, unit, number in self.told.values():
            numbers[key, unit is None].add(number)
        return any(
            of - numbers[key, True] for (key, is_issuer), of in list(numbers.items()) if not is_issuer and (key, True) in numbers
        )


def find_unit(phrase: str) -> str | None:
    """The unit that a phrase names right before its word for staff (…和江苏省某俱乐部在职)."""
    lexicon = load_lexicon()
    found = list(compile_pattern(lexicon.staffed_unit).finditer(phrase))
    if not found:
        return None
    name = re.sub(lexicon.before_unit, "", found[-1]["unit"])
    is_issuer = compile_pattern(lexicon.staff_of_issuer).match(name) is not None
    return name if len(name) > len("下属单位") and not is_issuer else None
