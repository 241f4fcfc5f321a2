"""What a title says: is it a department's budget or final account, of which year, by whom.

Promise: pure, from the patterns of `titles.yml`; what a title does not say stays None. Whether a document really is what its
title says is told by the document.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\u00ad]+")
# Longer strings are no titles; they would only cost time.
_MAX_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class TitleFacts:
    """`phase`: budget or final, None where the title says neither. `department_name` is empty where the title names none."""

    title: str
    fiscal_year: int | None
    phase: str | None
    department_name: str

    @property
    def is_disclosure(self) -> bool:
        """A title that says year and phase."""
        return self.fiscal_year is not None and self.phase is not None


@dataclass(frozen=True, slots=True)
class TitleRules:
    """Compiled patterns; `include` and `exclude` also hold what a source adds."""

    budget: re.Pattern[str]
    final: re.Pattern[str]
    year: re.Pattern[str]
    include: tuple[re.Pattern[str], ...]
    exclude: tuple[re.Pattern[str], ...]
    columns: tuple[re.Pattern[str], ...]
    empty_link_texts: tuple[re.Pattern[str], ...]
    name_tail: re.Pattern[str]
    name_head: re.Pattern[str]
    organisation: re.Pattern[str]

    def is_excluded(self, title: str) -> bool:
        """True where a phrase says that this is something else."""
        squeezed = squeeze(title)
        return any(pattern.search(squeezed) for pattern in self.exclude)

    def is_disclosure(self, title: str) -> bool:
        """True for a title with year and phase that nothing excludes."""
        if self.is_excluded(title):
            return False
        squeezed = squeeze(title)
        return any(pattern.search(squeezed) for pattern in self.include) or read_title(title, self).is_disclosure

    def is_column(self, text: str) -> bool:
        """True for the name of a column that leads to disclosures."""
        squeezed = squeeze(text)
        return any(pattern.search(squeezed) for pattern in self.columns)

    def says_nothing(self, text: str) -> bool:
        """True for a link text such as 请详见附件."""
        squeezed = squeeze(text)
        return any(pattern.search(squeezed) for pattern in self.empty_link_texts)

    def is_organisation(self, text: str) -> bool:
        """True for the name of an office, as hubs have it."""
        return self.organisation.search(squeeze(text)) is not None


def squeeze(text: str) -> str:
    """The text without white space and invisible characters, cut to what a title can be."""
    return _INVISIBLE.sub("", text[: 4 * _MAX_CHARACTERS])[:_MAX_CHARACTERS]


@cache
def _load_patterns() -> dict[str, Any]:
    text = files("extractors").joinpath("titles.yml").read_text(encoding="utf-8")
    patterns: dict[str, Any] = yaml.safe_load(text)
    return patterns


def load_title_rules(include: Iterable[str] = (), exclude: Iterable[str] = ()) -> TitleRules:
    """The common rules with a source's own patterns added. Raises re.error for a pattern that is none."""
    patterns = _load_patterns()
    return TitleRules(
        budget=re.compile(patterns["phases"]["budget"]),
        final=re.compile(patterns["phases"]["final"]),
        year=re.compile(patterns["year"]),
        include=_compile(include),
        exclude=_compile([*patterns["exclude"], *exclude]),
        columns=_compile(patterns["columns"]),
        empty_link_texts=_compile(patterns["empty_link_texts"]),
        name_tail=re.compile(patterns["name_tail"]),
        name_head=re.compile(patterns["name_head"]),
        organisation=re.compile(patterns["organisation"]),
    )


def _compile(patterns: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in patterns)


def read_title(title: str, rules: TitleRules) -> TitleFacts:
    """Year, phase and department of a title. Where 预算 and 决算 both stand, the one that stands first counts."""
    squeezed = squeeze(title)
    years = rules.year.findall(squeezed)
    return TitleFacts(
        title=title.strip(),
        fiscal_year=int(years[0]) if years else None,
        phase=_read_phase(squeezed, rules),
        department_name=_read_department(squeezed, rules),
    )


def _read_phase(squeezed: str, rules: TitleRules) -> str | None:
    budget, final = rules.budget.search(squeezed), rules.final.search(squeezed)
    if budget and final:
        return "budget" if budget.start() < final.start() else "final"
    if budget:
        return "budget"
    return "final" if final else None


def _read_department(squeezed: str, rules: TitleRules) -> str:
    """The title without its year, its ordinal and what it says about the kind of document."""
    without_ending = re.sub(r"\.(pdf|docx?|xlsx?|zip|rar|wps|et)$", "", squeezed, flags=re.IGNORECASE)
    without_year = re.sub(rules.year.pattern + "(年度|年)?", "", without_ending)
    name = rules.name_head.sub("", rules.name_tail.sub("", rules.name_head.sub("", without_year)))
    name = _trim(name)
    return name if len(name) > 1 else ""


def _trim(name: str) -> str:
    """Without the signs and particles around it, and without a bracket that lost its other half."""
    name = re.sub(r"^(关于)?(公开|公布)?|[及和的]$", "", name.strip("-—－_·.．、:：,，《》 "))
    for opening, closing in ("（）", "()"):
        if name.count(opening) > name.count(closing):
            name = name.rpartition(opening)[0] + name.rpartition(opening)[2]
        if name.count(closing) > name.count(opening):
            name = name.replace(closing, "", 1)
    return "" if name.strip("（()）") != name and not name.strip("（()）") else name
