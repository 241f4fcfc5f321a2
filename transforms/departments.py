"""Who publishes: the registry id of an organisation, the same however its name is written.

Promise: the same government and the same organisation give the same id in every document and year. Spellings that differ in
width, white space, an outer region (武汉市江汉区X, 江汉区X, X), a mark of the own level (X（本级）, X机关) or a long form
(中国共产党江苏省委员会) are one name by rule; other names are one organisation only where the registry says so
(`warehouse/metadata/codes/departments.csv`), and never by likeness.

The own level of an organisation has an id of its own (`…（本级）`): a department and its own level are two budgets.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from transforms.document_terms import load_document_terms
from transforms.shipped import load_shipped
from transforms.text import normalise
from transforms.titles import ends_as_organisation
from warehouse.codes import Alias, Region

OWN_LEVEL = "(本级)"
# A former name still heads a budget that was drawn up before the change, and the final account a year later.
YEARS_AFTER = 1


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Committee(_Frozen):
    """How the committee of a party or council is written: in full, short, and after which names not at all."""

    long: str
    short: str
    dropped_after: tuple[str, ...]


class NameRules(_Frozen):
    """`layouts/organisations.yml`."""

    own_level_marks: tuple[str, ...]
    spellings: Mapping[str, str]
    before_region: tuple[str, ...]
    committee: Committee
    party: str
    party_organs: tuple[str, ...]


@cache
def load_name_rules() -> NameRules:
    """The rules that ship with the project."""
    text = files("transforms").joinpath("layouts", "organisations.yml").read_text(encoding="utf-8")
    return NameRules(**load_shipped(text))


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation: its registry id without the mark of the own level, and whether the own level alone is meant."""

    organisation_id: str
    is_own_level: bool

    @property
    def department_id(self) -> str:
        """The id that stands in the tables."""
        return self.organisation_id + (OWN_LEVEL if self.is_own_level else "")


@dataclass(frozen=True, slots=True)
class Successor:
    """What an organisation was merged into, and the last year in which it stood alone."""

    organisation_id: str
    last_year: int | None


@dataclass(frozen=True)
class Registry:
    """Names of regions by code, and the aliases by region (None: every region) and bare name; made by `make_registry`."""

    regions: Mapping[str, str]
    same: Mapping[tuple[str | None, str], Alias]
    merged: Mapping[tuple[str | None, str], tuple[Alias, ...]]

    def identify(self, region_code: str | None, name: str | None, year: int | None = None) -> Organisation | None:
        """The organisation that publishes under a name in a year; None without a name.

        A former name means the organisation of today in the years in which it was used and the year after, without `year` always.
        """
        whole, is_own_level = _split_own_level(_tidy(name or ""))
        if not whole:
            return None
        bare = self._strip(region_code, whole)
        for scope in (region_code, None):
            alias = self.same.get((scope, bare))
            if alias and _is_used(alias, year):
                bare = self._strip(region_code, _tidy(alias.name))
                break
        return Organisation(self._make_id(region_code, bare), is_own_level)

    def find_successors(self, region_code: str | None, name: str | None, year: int) -> tuple[Successor, ...]:
        """What the organisation of that name became a part of, where the registry knows that and the years fit."""
        bare = self._strip(region_code, _split_own_level(_tidy(name or ""))[0])
        found = [alias for scope in (region_code, None) for alias in self.merged.get((scope, bare), ())]
        return tuple(
            Successor(self._make_id(region_code, self._strip(region_code, _tidy(alias.name))), alias.valid_to)
            for alias in found
            if _is_used(alias, year)
        )

    def _strip(self, region_code: str | None, name: str) -> str:
        """The bare name: long forms short, regions of the government taken away."""
        rules = load_name_rules()
        name = next((short + name.removeprefix(long) for long, short in rules.spellings.items() if name.startswith(long)), name)
        heads = (*rules.before_region, *rules.committee.dropped_after)
        head = next((head for head in heads if name.startswith(head)), "")
        rest = name.removeprefix(head)
        rest = _drop_regions(rest, self._list_chain(region_code))
        if head and rest.startswith(rules.committee.long):
            short = "" if head in rules.committee.dropped_after else rules.committee.short
            rest = short + rest.removeprefix(rules.committee.long)
        if not head and rest.startswith(rules.party_organs):
            head = rules.party
        return head + rest

    def _make_id(self, region_code: str | None, bare: str) -> str:
        if region_code is None:
            return bare
        chain = self._list_chain(region_code)
        head = next((head for head in load_name_rules().before_region if bare.startswith(head)), "")
        rest = bare.removeprefix(head)
        # 上海科技大学附属学校 names its place in its own way: 上海市 before it would be wrong.
        named = any(rest.startswith(_shorten(region)) for region in chain)
        return f"{region_code}-{head}{'' if named or not chain else chain[-1]}{rest}"

    def _list_chain(self, region_code: str | None) -> list[str]:
        """Names of the province, the prefecture and the county of a code, as far as there are such."""
        if region_code is None:
            return []
        codes = dict.fromkeys((region_code[:2] + "0000", region_code[:4] + "00", region_code))
        return [self.regions[code] for code in codes if code in self.regions]


def make_registry(regions: Iterable[Region], aliases: Iterable[Alias]) -> Registry:
    """The registry of organisations of regions by GB/T 2260 and the aliases of `ref_departments`."""
    names = Registry({region.code: normalise(region.name) for region in regions}, {}, {})
    same: dict[tuple[str | None, str], Alias] = {}
    merged: dict[tuple[str | None, str], list[Alias]] = defaultdict(list)
    for alias in aliases:
        key = (alias.region_code, names._strip(alias.region_code, _tidy(alias.alias)))
        if alias.alias_kind == "merged_into":
            merged[key].append(alias)
        else:
            same[key] = alias
    return Registry(names.regions, same, {key: tuple(found) for key, found in merged.items()})


def make_department_id(registry: Registry, region_code: str | None, name: str | None, year: int | None = None) -> str | None:
    """`420103-江汉区大数据中心`; without a region (central government) the name alone; without a name nothing."""
    organisation = registry.identify(region_code, name, year)
    return organisation.department_id if organisation else None


def _tidy(name: str) -> str:
    """One width, no white space, no code of the unit before it, no mark that is about the document ((汇总))."""
    tidy = re.sub(r"^[\[(]?\d{3,}[\])]?-?", "", normalise(name))
    marks = [normalise(mark) for mark in load_document_terms().dropped_marks]
    return next((tidy.removesuffix(mark) for mark in marks if tidy.endswith(mark)), tidy)


def _drop_regions(name: str, chain: Sequence[str]) -> str:
    """The name without the government's region and the regions around it; 江苏省梅村高级中学 of 无锡市 keeps its 江苏省."""
    rest = name
    for region in chain:
        is_own = region == chain[-1] and rest.startswith(region) and len(rest) > len(region)
        rest = rest.removeprefix(region)
        if is_own:
            return rest
    return name


def _split_own_level(name: str) -> tuple[str, bool]:
    """The name without its mark of the own level, and whether it had one."""
    for mark in load_name_rules().own_level_marks:
        whole = name.removesuffix(mark)
        if whole != name and ends_as_organisation(whole):
            return whole, True
    return name, False


def _shorten(region: str) -> str:
    return re.sub(r"(?:省|市|区|县|旗|州|盟)$", "", region) if len(region) > 2 else region


def _is_used(alias: Alias, year: int | None) -> bool:
    return year is None or alias.valid_to is None or year <= alias.valid_to + YEARS_AFTER
