"""The face of a document: its lines made comparable, the title on its first page, the titles at the head of its pages.

Promise: a title is only what names a year and a phase from its first to its last character, wherever its lines are broken;
dates of publication and page numbers are no part of it.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from transforms.document_terms import alternatives, load_document_terms
from warehouse.records import TextLine

YEAR = r"(?P<year>20\d\d)(?!\d)(?!年\d{1,2}月)(?!-\d)(?:年度|年|度)?"
TITLE_LINES = 12  # more lines than this are not a title
HEADER_LINES = 2
BRACKETS = str.maketrans("()", "（）")
UNSEEN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ue000-\uf8ff\ufeff\ufff0-\uffff]+")
# CJK radicals, compatibility ideographs, full-width digits and letters; not the punctuation.
LOOK_ALIKES = re.compile(r"[\u2e80-\u2fdf\uf900-\ufaff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]+")
CHINESE_YEAR = re.compile(r"二[〇○零]([〇○零一二三四五六七八九])([〇○零一二三四五六七八九])(?=年)")
CHINESE_DIGITS = {character: str(number) for number, character in enumerate("零一二三四五六七八九")} | {"〇": "0", "○": "0"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line without white space. `page` is 0 for captions that come without one."""

    page: int
    text: str


@dataclass(frozen=True, slots=True)
class Title:
    """A title that names year and phase; `issuer` is empty where it names only a region or nobody."""

    page: int
    text: str
    issuer: str
    year: str
    phase: str
    scope: str | None


@dataclass(frozen=True, slots=True)
class Document:
    """Lines, the title block, and the titles read from it and from page headers."""

    lines: tuple[Line, ...]
    captions: tuple[Line, ...]
    block: tuple[Line, ...]
    titles: tuple[Title, ...]
    headers: tuple[Title, ...]
    text: str

    @staticmethod
    def read(lines: Sequence[TextLine], captions: Sequence[str]) -> "Document":
        """A document from its lines in reading order and the captions of its tables."""
        compact = tuple(Line(line.page, text) for line in lines if (text := compact_text(line.text)))
        block = tuple(_iterate_title_block(compact))
        titles = tuple(_read_titles(block))
        return Document(
            lines=compact,
            captions=tuple(Line(0, text) for caption in captions if (text := compact_text(caption))),
            block=block,
            titles=titles,
            headers=tuple(_read_headers(compact)),
            text="".join(line.text for line in compact),
        )

    def page_at(self, offset: int) -> int | None:
        """The page of a place in `text`; None for a place outside."""
        for line in self.lines if offset >= 0 else ():
            offset -= len(line.text)
            if offset < 0:
                return line.page
        return None


def compact_text(text: str) -> str:
    """Text without white space and control characters, look-alike radicals and full-width digits in their usual form.

    Brackets and punctuation stay as published. Years in Chinese digits become Arabic: 二〇二六年 is 2026年.
    """
    usual = LOOK_ALIKES.sub(lambda m: unicodedata.normalize("NFKC", m[0]), UNSEEN.sub("", text))
    return CHINESE_YEAR.sub(lambda m: "20" + CHINESE_DIGITS[m[1]] + CHINESE_DIGITS[m[2]], usual)


def _iterate_title_block(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines of the first page that has any, up to its contents, first heading or table."""
    body = [line for line in lines if not _is_page_number(line.text)]
    first = body[0].page if body else 0
    for line in body[:TITLE_LINES]:
        if line.page != first or _stops_title(line.text):
            return
        if not _is_date(line.text) and line.text.rstrip("0123456789：:") not in load_document_terms().title_noise:
            yield line


def _stops_title(text: str) -> bool:
    terms = load_document_terms()
    starts = text.translate(BRACKETS).lstrip("-—·")
    return any(starts.startswith(stop) for stop in terms.title_stops) or bool(
        re.search(r"单位[:：](?:万|亿|千)?元|\d\.\d\d", text)
    )


def _is_page_number(text: str) -> bool:
    return bool(re.fullmatch(r"[-—─–―\s]*(?:第?\d{0,3}页?)(?:共\d+页)?[-—─–―\s]*", text))


def _is_date(text: str) -> bool:
    return bool(re.fullmatch(r"[（(]?20\d\d年\d{1,2}月(?:\d{1,2}日)?[）)]?", text))


# --- Titles -----------------------------------------------------------------------------------------------------------------


@cache
def _title_patterns() -> tuple[re.Pattern[str], ...]:
    """`X 2026年(度) Y 市级 部门 综合 预算 公开 说明`, or the year behind: `X 部门 预算 公开（2026年）`. X or Y is the issuer."""
    terms = load_document_terms()
    levels, kinds, tails = (alternatives(t) for t in (terms.title_levels, terms.title_kinds, terms.title_tails))
    scopes, phases = alternatives(terms.title_scopes.values()), alternatives(terms.phases.values())
    tail = rf"(?:{phases}|{tails}|[、（）()])*"
    kind = rf"(?:{levels})?(?:(?P<scope>{scopes})|(?:{scopes}){{2}})?(?:{kinds})*(?P<phase>{phases}){tail}"
    name = r"[^\d。，；：:]{0,40}?"
    return (
        re.compile(rf"(?P<before>{name}){YEAR}(?P<after>{name}){kind}"),
        re.compile(rf"(?P<before>{name}){kind}{YEAR}(?P<after>){tail}"),
    )


def _read_titles(block: Sequence[Line]) -> Iterator[Title]:
    """The first and longest run of lines in the block that is a title: it may be broken anywhere, also inside a word."""
    plain = [line for line in block if not read_label(line.text)]
    for start in range(len(plain)):
        for end in range(len(plain), start, -1):
            if title := _read_title("".join(line.text for line in plain[start:end]), plain[start].page):
                yield title
                return


def _read_title(text: str, page: int) -> Title | None:
    matches = (pattern.fullmatch(text.strip("《》")) for pattern in _title_patterns())
    match = next(filter(None, matches), None)
    if not match:
        return None
    terms = load_document_terms()
    phase = next(key for key, word in terms.phases.items() if word == match["phase"])
    scope = next((key for key, word in terms.title_scopes.items() if word == match["scope"]), None)
    return Title(page, text, clean_name(match["before"] or match["after"]), match["year"], phase, scope)


def clean_name(name: str) -> str:
    """A name without the words that a title puts around it. 北京市统计局部门 is 北京市统计局."""
    terms = load_document_terms()
    name = re.sub(r"^(?:关于|第[一二三四五六七八九十\d]+部分|附件\d*|[一二三四五六七八九十]+、|《)+[：:、]?", "", name)
    name = name.strip("·—-、：:").removesuffix("关于")
    # Digits on another baseline come as a line of their own and leave their 年 behind: 2026 | X | 年部门预算.
    name = name.removesuffix("年度").removesuffix("年")
    for word in terms.title_scopes.values():
        shorter = name.removesuffix(word)
        if shorter != name and ends_as_organisation(shorter):
            return shorter
    return name


def _read_headers(lines: Sequence[Line]) -> Iterator[Title]:
    """Titles printed at the head of the pages."""
    seen: Counter[int] = Counter()
    for line in lines:
        seen[line.page] += 1
        if seen[line.page] <= HEADER_LINES and (title := _read_title(line.text, line.page)):
            yield title


def read_label(text: str) -> tuple[int, str] | None:
    """Rank of the label and its value, if the line begins with one."""
    text = re.sub(rf"^[（(]{YEAR}[）)]", "", text)
    for rank, pattern in enumerate(_label_patterns()):
        if match := pattern.match(text):
            return rank, cut_value(text[match.end() :])
    return None


@cache
def _label_patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(
        re.compile(rf"(?:{alternatives(g.names)})[:：]" + (rf"|(?:{alternatives(g.loose)})(?![:：])" if g.loose else ""))
        for g in load_document_terms().issuer_labels
    )


def cut_value(text: str) -> str:
    """The value of a label up to what follows it on the same line."""
    ends = [at for end in load_document_terms().value_ends if (at := text.find(end)) >= 0]
    return text[: min(ends)] if ends else text


def ends_as_organisation(name: str) -> bool:
    """Whether a name ends as the names of authorities, institutions and units do, （本级） aside."""
    bare = re.sub(r"[（(][^（）()]*[）)]$", "", name)
    return bare.endswith(load_document_terms().organisation_suffixes)
