"""The words of the narrative (`lexicon.yml`), as models.

Promise: a rule with a field that nobody reads cannot be loaded. Patterns are regular expressions over text of one width without
white space; the first that fits decides.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from transforms.shipped import load_shipped


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class UnitRule(_Model):
    """A printed unit: its normal form and what a number in it is multiplied by."""

    unit: str
    factor: Decimal = Decimal(1)


class IgnoreRule(_Model):
    """A number that is no statement: `after` is matched behind the unit. `printed`: the units that it is about; all, if empty."""

    reason: str
    after: str
    printed: str = ""


class BareRule(_Model):
    """A number without a unit of the lexicon, and what it is: `before` ends at it, `after` begins behind it.

    `number` fits all of it.
    """

    reason: str
    before: str = ""
    number: str = ".*"
    after: str = ""


class ConceptRule(_Model):
    """What a noun phrase means. `key` is the statement's; `units`: normal forms of the units it may be measured in.

    `pattern` ends where the noun ends; filler may follow it up to the number. `after` is matched behind the unit, where the noun
    stands there (6辆公务用车). `domains`: chapters in which the words mean this; `inside`: what the current concept begins with.
    `subject`: a group of the patterns that names the thing.
    """

    key: str
    pattern: str
    units: tuple[str, ...] = ("yuan",)
    after: str = ""
    domains: tuple[str, ...] = ()
    inside: str = ""
    wide: bool = False
    plain: bool = False
    subject: str | None = None


class WordRule(_Model):
    """Words that set one value."""

    value: str
    pattern: str


class Lexicon(_Model):
    """The lexicon as in the YAML file."""

    units: Mapping[str, UnitRule]
    ignored: tuple[IgnoreRule, ...]
    bare: tuple[BareRule, ...]
    sections_ignored: tuple[WordRule, ...]
    filler: str
    organisation: str
    increase: str
    decrease: str
    comparator: str
    unchanged: str
    share: str
    completion: str
    settled: tuple[WordRule, ...]
    reason: str
    purpose: str
    staff_flow: str
    staff_flow_among_flows: str
    staffed_unit: str
    before_unit: str
    staff_of_issuer: str
    listing: str
    itemised: str
    item_end: str
    contracts: tuple[WordRule, ...]
    funds: tuple[WordRule, ...]
    sides: tuple[WordRule, ...]
    kinds: tuple[WordRule, ...]
    revenues: tuple[WordRule, ...]
    domains: tuple[WordRule, ...]
    amount_periods: tuple[WordRule, ...]
    change_periods: tuple[WordRule, ...]
    concepts: tuple[ConceptRule, ...]
    personal: str


@cache
def load_lexicon() -> Lexicon:
    """The lexicon of the narrative."""
    text = files("transforms").joinpath("narrative/lexicon.yml").read_text(encoding="utf-8")
    return Lexicon(**load_shipped(text))


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern of the lexicon, compiled once."""
    return re.compile(pattern)
