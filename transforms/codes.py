"""Classification codes: pieces joined to codes, codes looked up in a year's list, names resolved to codes by their place.

Promise: a printed code is kept as printed; a code that is inferred says so; what fits several codes stays open.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from transforms.text import name_key, normalise
from warehouse.codes import CodeEntry

FUSED = re.compile(r"^(?P<code>[235]\d{2}(?:\d{2}){0,3})[-—–_:、.]*(?P<name>[^\d\s\-—–_:、.].*)$")
# [201]一般公共服务支出, (30101)基本工资, 【50101】…
BRACKETED = re.compile(r"^[\[(【〔](?P<code>[235]\d{2}(?:\d{2}){0,3})[\])】〕](?P<name>.*)$")
UNPADDED = re.compile(r"^(?P<code>[235]\d{3}|[235]\d{5})(?P<name>[^\d\s.,].*)$")
WHOLE = re.compile(r"^[235]\d{2}(?:\d{2}){0,3}$")
FULL_LENGTHS = (3, 5, 7, 9)
SCHEME_BY_DIGIT = {"2": "function", "3": "econ_department", "5": "econ_government"}
COLUMN_BY_SCHEME = {
    "function": "function_code",
    "econ_department": "econ_department_code",
    "econ_government": "econ_government_code",
}


@dataclass(frozen=True)
class CodeBook:
    """The code lists, ready to be asked: entries by scheme and code, and codes by name."""

    by_code: Mapping[str, Mapping[str, tuple[CodeEntry, ...]]]
    by_name: Mapping[str, Mapping[str, frozenset[str]]]


@dataclass(slots=True)
class SplitCode:
    """Remembers the class and the sub-class of the rows above: a staggered row shows only its own level."""

    parts: list[str] = field(default_factory=list)

    def join(self, pieces: Sequence[str]) -> str | None:
        """The whole code of a row's pieces (类, 款, 项), or None where they make none."""
        whole = [piece for piece in pieces if piece]
        if len(whole) == 1 and WHOLE.match(whole[0]):
            self.parts = cut_code(whole[0])
            return whole[0]
        if not whole or not all(re.fullmatch(r"\d{1,9}", piece) for piece in whole):
            return None
        level = max(index for index, piece in enumerate(pieces) if piece)
        parts: list[str] = []
        for index in range(level + 1):
            piece = pieces[index]
            if piece and WHOLE.match(piece) and len(piece) > 3:
                parts = cut_code(piece)
            elif piece:
                parts.append(piece if index == 0 else piece.zfill(2))
            elif index < len(self.parts):
                parts.append(self.parts[index])
            else:
                return None
        code = "".join(parts)
        if not WHOLE.match(code):
            return None
        self.parts = parts
        return code


def make_code_book(lists: Mapping[str, Iterable[CodeEntry]]) -> CodeBook:
    """A code book of entries by scheme (`function`, `econ_department`, `econ_government`)."""
    by_code: dict[str, dict[str, tuple[CodeEntry, ...]]] = {}
    by_name: dict[str, dict[str, frozenset[str]]] = {}
    for scheme, entries in lists.items():
        codes: dict[str, list[CodeEntry]] = defaultdict(list)
        names: dict[str, set[str]] = defaultdict(set)
        for entry in entries:
            codes[entry.code].append(entry)
            names[name_key(entry.name)].add(entry.code)
        by_code[scheme] = {code: tuple(found) for code, found in codes.items()}
        by_name[scheme] = {name: frozenset(found) for name, found in names.items()}
    return CodeBook(by_code, by_name)


def cut_code(code: str) -> list[str]:
    """2010350 as [201, 03, 50]."""
    return [code[:3], *(code[i : i + 2] for i in range(3, len(code), 2))]


def scheme_of(code: str) -> str:
    """The classification that a code belongs to, by its first digit."""
    return SCHEME_BY_DIGIT[code[0]]


def split_fused(text: str) -> tuple[str | None, str]:
    """`2010501-行政运行` or `201一般公共服务支出` as code and name; no code: None and the text."""
    text = normalise(text)
    if match := FUSED.match(text) or BRACKETED.match(text):
        return match["code"], match["name"]
    if WHOLE.match(text):
        return text, ""
    return None, text


def split_unpadded(text: str, book: CodeBook, year: int) -> tuple[str | None, str]:
    """`3012津贴补贴` as 30102 and its name, where the list knows the code under this name; else None and the text."""
    text = normalise(text)
    if match := UNPADDED.match(text):
        code = complete_code(match["code"], book, year)
        if code and is_name_of(code, match["name"], book):
            return code, match["name"]
    return None, text


def complete_code(text: str, book: CodeBook, year: int) -> str | None:
    """A printed code as published; an unpadded one (`3012`, `201034`) completed where the list knows the result, else None.

    Brackets around a code, points or dashes between its parts (`201.01.01`) and a spreadsheet's `.0` are no part of it.
    """
    text = re.sub(r"\.0+$", "", normalise(text)).strip("[]()【】〔〕")
    if re.fullmatch(r"[235]\d{2}(?:[.\-—_]\d{2}){1,3}", text):
        text = re.sub(r"\D", "", text)
    if WHOLE.match(text):
        return text
    if re.fullmatch(r"[235]\d{3}|[235]\d{5}", text):
        padded = f"{text[:-1]}0{text[-1]}"
        if is_listed(padded, book, year):
            return padded
    return None


def is_listed(code: str, book: CodeBook, year: int) -> bool:
    """Whether the code is in its scheme's list of that year, or is only not known to be: first seen later, changed never."""
    entries = book.by_code[scheme_of(code)].get(code, ())
    return any(_is_valid(entry, year) or _may_be_older(entry, year) for entry in entries)


def is_name_of(code: str, name: str, book: CodeBook) -> bool:
    """Whether the list knows the code under this name in some year, up to a suffix (…支出) or an addition in brackets."""
    key = name_key(name)
    for entry in book.by_code[scheme_of(code)].get(code, ()):
        known = name_key(entry.name)
        if key == known or key.startswith(known) or known.startswith(key):
            return True
    return False


def is_unlisted(code: str, book: CodeBook) -> bool:
    """Whether no list of any year has the code: a local extension or a misprint."""
    return code not in book.by_code[scheme_of(code)]


def infer_code(
    name: str, scheme: str, above: str | None, book: CodeBook, year: int, seen: Set[str] = frozenset(), below: str = ""
) -> tuple[str | None, tuple[str, ...]]:
    """The code of a row that only has a name, given the code of the row above (None at the top): code, or the candidates.

    `seen` are the codes of the rows so far, `below` is the name of the next row: where that fits only under a place farther off,
    the place farther off it is.

    A row is a child of the row above, or of one of its parents, or a new class. The nearest place that holds the name wins,
    from below: a child of the row above, then its siblings, then those of its parents. A name that is a sub-class and an item
    below itself (其他一般公共服务支出) is the sub-class first.
    """
    candidates: tuple[str, ...] = ()
    for spelling in _spell(name):
        named = _find_codes(spelling, scheme, book, year)
        # What has had its row already comes second: 其他交通运输支出 after its own item is the sub-class of the class above.
        for pool in (named - seen, named):
            fitting = [
                sorted(code for code in pool if code.startswith(prefix) and len(code) == _child_length(prefix))
                for prefix in _places(above or "")
            ]
            fitting = [near for near in fitting if near]
            if fitting and len(fitting[0]) > 1:
                return None, tuple(fitting[0])
            if fitting:
                single = [near[0] for near in fitting if len(near) == 1]
                return _prefer_parent(single, find_named(below, scheme, book, year) if below else frozenset()), ()
        candidates = candidates or tuple(sorted(named))
    return None, candidates


def _prefer_parent(codes: Sequence[str], below: Set[str]) -> str:
    """The nearest code, unless the next row can only stand under one farther off."""
    nearest = codes[0]
    if any(code.startswith(nearest) or (code[:-2] == nearest[:-2] and len(code) == len(nearest)) for code in below):
        return nearest
    return next((code for code in codes[1:] if any(child[:-2] == code for child in below)), nearest)


def _places(code: str) -> list[str]:
    """Parents under which the next row may stand, nearest first: 2010350 -> 20103, 201, top."""
    places = []
    if code and len(code) < 7:
        places.append(code)
    while len(code) > 3:
        code = code[:-2]
        places.append(code)
    places.append("")
    return places


def _child_length(prefix: str) -> int:
    return len(prefix) + 2 if prefix else 3


def _spell(name: str) -> Iterator[str]:
    """The ways in which the list may write a name: as printed, without an addition in brackets, with or without 支出 or 的."""
    plain = re.sub(r"^按项目管理的", "", normalise(name))
    shorter = re.sub(r"\([^()]*(\([^()]*\))?[^()]*\)$", "", plain) or plain
    spelled: dict[str, None] = {}
    for text in (plain, shorter):
        key = name_key(text)
        for variant in (key, f"{key}支出", key.removesuffix("支出"), re.sub(r"(家庭)(补助)", r"\1的\2", key)):
            if variant:
                spelled.setdefault(variant)
    yield from spelled


def _find_codes(key: str, scheme: str, book: CodeBook, year: int) -> frozenset[str]:
    """Codes that have this name in this year; without any, codes of the year that had it in another."""
    codes = book.by_name[scheme].get(key, frozenset())
    entries = [(code, entry) for code in codes for entry in book.by_code[scheme][code] if _is_valid(entry, year)]
    return frozenset(code for code, entry in entries if name_key(entry.name) == key) or frozenset(code for code, _ in entries)


def find_named(name: str, scheme: str, book: CodeBook, year: int) -> frozenset[str]:
    """All codes of a scheme that the year's list has under a name."""
    for spelling in _spell(name):
        if found := _find_codes(spelling, scheme, book, year):
            return found
    return frozenset()


def _may_be_older(entry: CodeEntry, year: int) -> bool:
    """Whether the entry's first year is only the first one with evidence, and later than the year asked about."""
    return entry.valid_from_basis == "first_seen" and entry.valid_from is not None and year < entry.valid_from


def _is_valid(entry: CodeEntry, year: int) -> bool:
    return (entry.valid_from is None or entry.valid_from <= year) and (entry.valid_to is None or year <= entry.valid_to)
