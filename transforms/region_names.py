"""Regions in names: which government's a name like 上海市普陀区财政局 is.

Promise: a name that fits several regions is left open unless the document names the province or city of just one of them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from transforms.document_terms import alternatives, load_document_terms
from warehouse.codes import Region


@dataclass(frozen=True, slots=True)
class Atlas:
    """Regions by name and by code; the hierarchy is in the digits of the code."""

    by_name: Mapping[str, tuple[Region, ...]]
    by_code: Mapping[str, Region]
    pattern: re.Pattern[str]

    @staticmethod
    @cache
    def _build(regions: tuple[Region, ...]) -> "Atlas":
        by_name: dict[str, list[Region]] = {}
        for region in regions:
            by_name.setdefault(region.name, []).append(region)
        pattern = re.compile(alternatives(by_name) or "(?!)")
        return Atlas({n: tuple(r) for n, r in by_name.items()}, {r.code: r for r in regions}, pattern)

    @staticmethod
    def read(regions: Sequence[Region]) -> "Atlas":
        """The atlas of a list of regions, built once."""
        return Atlas._build(tuple(regions))

    def find_named(self, name: str, text: str) -> Region | None:
        """The innermost region of the chain 省市县 that stands first in `name`; `text` tells counties of one name apart."""
        bare = strip_prefix(name)
        match = self.pattern.search(bare)
        while match and match[0] in load_document_terms().weak_regions and match.start() > 0:
            match = self.pattern.search(bare, match.end())
        if not match:
            return None
        region = self._choose(self.by_name[match[0]], text)
        end = match.end()
        while region and (follower := self.pattern.match(bare, end)):
            inner = [r for r in self.by_name[follower[0]] if _contains(region.code, r.code)]
            if len(inner) != 1:
                break
            region, end = inner[0], follower.end()
        return region

    def _choose(self, candidates: Sequence[Region], text: str) -> Region | None:
        """The only candidate, or the only one whose province or prefecture the document names."""
        if len(candidates) == 1:
            return candidates[0]
        named = [r for r in candidates if any(p.name in text for p in self._parents(r))]
        return named[0] if len(named) == 1 else None

    def _parents(self, region: Region) -> Iterator[Region]:
        for code in (region.code[:2] + "0000", region.code[:4] + "00"):
            if code != region.code and code in self.by_code:
                yield self.by_code[code]

    def find_short(self, name: str, text: str) -> Region | None:
        """A province or city whose name without 省 or 市 begins `name`, if `text` gives the full name; provinces first."""
        bare = strip_prefix(name)
        if bare.endswith(load_document_terms().placeless_suffixes):
            return None
        for region in sorted(self.by_code.values(), key=lambda r: (not r.code.endswith("0000"), r.code)):
            if region.code.endswith("00") and bare.startswith(_shorten(region.name)) and region.name in text:
                return region
        return None


def strip_prefix(name: str) -> str:
    """A name without 中共, 共青团 and the like before its region."""
    return re.sub(rf"^(?:{alternatives(load_document_terms().issuer_prefixes)})+", "", name)


def _shorten(name: str) -> str:
    suffix = next((s for s in load_document_terms().region_suffixes if name.endswith(s) and len(name) >= len(s) + 2), "")
    return name.removesuffix(suffix)


def _contains(outer: str, inner: str) -> bool:
    return outer != inner and inner.startswith(re.sub(r"(?:00){1,2}$", "", outer))
