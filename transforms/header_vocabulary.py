"""The words of headers (`layouts/columns.yml`), as models, and the words nearest to one that is not known.

Promise: a rule with a field that nobody reads cannot be loaded.
"""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from transforms.shipped import load_shipped
from transforms.text import normalise

PERIOD_WORDS = re.compile(r"20\d{2}年?(度)?|[((](单位[::])?(人民币)?[万千亿]?元[))]|^\d{1,2}[.、]")
# (不含教育收费), (含上年结转): what is in or out does not say what the column is.
ADDITION = re.compile(r"\((不?含|不?包括|不?包含|扣除)[^()]*\)")


class Rule(BaseModel):
    """One rule of the vocabulary."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pattern: str
    role: str | None = None
    value: str | None = None


class Vocabulary(BaseModel):
    """The vocabulary of headers as in the YAML file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text_roles: tuple[Rule, ...]
    fund: tuple[Rule, ...]
    kind: tuple[Rule, ...]
    project_classes: str
    basis: tuple[Rule, ...]
    three_public: tuple[Rule, ...]
    fund_revenue: tuple[Rule, ...]
    memo: str
    part: str
    neutral: str
    current: str
    total_words: str
    subtotal_words: str
    numbering: str


@cache
def load_vocabulary() -> Vocabulary:
    """The vocabulary of headers."""
    text = files("transforms").joinpath("layouts/columns.yml").read_text(encoding="utf-8")
    return Vocabulary(**load_shipped(text))


def find_value(rules: Sequence[Rule], part: str) -> str | None:
    """The value of the first rule that fits a header cell, or None."""
    for rule in rules:
        if re.search(rule.pattern, part):
            return rule.value
    return None


def is_total_label(text: str) -> bool:
    """合计, 总计 and the like."""
    return bool(re.fullmatch(load_vocabulary().total_words, normalise(text)))


def is_subtotal_label(text: str) -> bool:
    """小计, 本年收入合计 and the like."""
    return bool(re.fullmatch(load_vocabulary().subtotal_words, normalise(text)))


def find_nearest_terms(text: str, count: int = 3) -> list[str]:
    """The words of the vocabulary that look most like a header's: what a person may have meant, never what is taken."""
    return get_close_matches(strip_addition(text), _list_terms(), n=count, cutoff=0.3)


@cache
def _list_terms() -> list[str]:
    vocabulary = load_vocabulary()
    rules = (*vocabulary.fund, *vocabulary.kind, *vocabulary.basis, *vocabulary.three_public, *vocabulary.text_roles)
    patterns = [*(rule.pattern for rule in rules), vocabulary.neutral, vocabulary.part]
    return sorted({term for pattern in patterns for term in re.findall(r"[\u4e00-\u9fff]{2,}", pattern)})


def strip_addition(part: str) -> str:
    """A header cell without what does not name its measure: year, unit in brackets, number in front, what is in or out."""
    plain = ADDITION.sub("", PERIOD_WORDS.sub("", part))
    return plain or part
