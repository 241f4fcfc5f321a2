"""Numbers with their units, as they stand in running text.

Promise: every number that is followed by a unit of the lexicon is found whole, with its separators, and kept exact; what is a
date, a document number or a threshold is told apart, with the reason.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from transforms.narrative.lexicon import Lexicon, load_lexicon

PLAIN = r"\d+(?:\.\d+)?"
GROUPED = r"\d{1,4}(?:,\d{3,4})+(?:\.\d+)?"  # separators that stand one place off are read all the same
FUNCTION = re.compile(r"2[0-3]\d{5}")  # 2010109人大信访工作: the code of an item whose name begins with a unit's word
SETS = r"(?:\(套\)|\(件、套\)|\(台\)|\(台、套\)|\(台/套\))"


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number and its unit: `value` without sign as printed, `factor` turns it into `unit` (万元: 10000 yuan).

    `unit` None: no unit is printed. `ignored`: why it is no statement; None where it may be one.
    """

    start: int
    end: int
    printed: str
    value: Decimal
    printed_unit: str
    unit: str | None
    factor: Decimal
    is_negative: bool = False
    ignored: str | None = None

    @property
    def amount(self) -> Decimal:
        """The value in the unit's normal form."""
        return self.value * self.factor


def find_quantities(text: str) -> Iterator[Quantity]:
    """Quantities of a sentence, in order."""
    lexicon = load_lexicon()
    for match in _compile().finditer(text):
        group = next(name for name in ("number", "bare", "zero") if match[name])
        printed, unit = match[group], match["unit"] or ""
        found = lexicon.units.get(unit)
        normal, factor = (found.unit, found.factor) if found else (None, Decimal(1))
        yield Quantity(
            match.start(group),
            match.end(),
            printed,
            Decimal(printed.replace(",", "")),
            unit,
            normal,
            factor,
            bool(match["sign"]),
            _find_reason(printed, unit, text[match.end() :], lexicon),
        )


@cache
def _compile() -> re.Pattern[str]:
    units = "|".join(re.escape(unit) for unit in sorted(load_lexicon().units, key=len, reverse=True))
    # Without a unit only after a word of change (减少9.52, the sign was forgotten) and for nothing (支出预算为0;).
    bare = (
        r"(?:(?<=增长|增加|减少|下降|降低|上升)-?(?P<bare>\d+(?:\.\d+)?)"
        r"|(?<=收入|支出|预算|决算|入为|出为|算为|费为)(?P<zero>0(?:\.0+)?))(?=[,。;、])"
    )
    return re.compile(
        rf"(?<![\d.A-Za-z])(?<!\d,)(?P<sign>(?<=[加少长降为])-)?(?P<number>{GROUPED}|{PLAIN})(?P<unit>{units}){SETS}?|{bare}"
    )


def _find_reason(printed: str, unit: str, after: str, lexicon: Lexicon) -> str | None:
    """Why a number with a unit is no statement."""
    if len(unit) == 1 and FUNCTION.fullmatch(printed) and re.match("[\u4e00-\u9fa5]", after):
        return "code"
    for rule in lexicon.ignored:
        if (not rule.printed or re.fullmatch(rule.printed, unit)) and re.match(rule.after, after):
            return rule.reason
    return None
