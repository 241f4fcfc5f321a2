"""What a noun phrase of the narrative means: a concept of `core_statements`, with the fund, side and kind that its words name.

Promise: a phrase is a concept only if its last noun is one of the lexicon's or of the code lists and nothing but filler stands
between it and the number; a phrase that is not understood is None, never the nearest guess.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from transforms.codes import CodeBook, find_named, is_listed
from transforms.narrative.lexicon import ConceptRule, WordRule, compile_pattern, load_lexicon

PLAIN_UNITS = frozenset(("yuan",))
LEVELS = ("类", "款", "项")
LEVEL_MARK = re.compile(r"\((类|款|项)\)")
CODED = re.compile(r"(?:^|[、“\"])(?P<code>[235]\d{2}(?:\d{2}){0,2})[-—–_]*(?P<name>[^\d\s-][^\d]*)$")
CODE_BEHIND = re.compile(r"(?P<name>[^、,;:。]+?)\((?P<code>[235]\d{2}(?:\d{2}){0,2})\)$")
VERSION_BEHIND = re.compile(
    r"(?:\d{4}年度?)?(?:支出)?(?:年初)?(?:预算(?:安排)?数?|决算数?|执行数)[共合总]?计?[为是]?$|\d{4}年度?(?:支出|安排)?[为是]?$"
)
QUOTED_PATH = re.compile(r"^[“\"](?P<path>[^”\"]+)[”\"](?:科目|支出|预算)*$")
INCLUDED = re.compile(r"\((?:含|不含|包含|包括|其中)[^()]*\)")
LONGEST_NAME = 45
CURRENT_SIDE = re.compile(r"(?:本年度?|当年)(?:收入|支出)")
QUOTED_PART = re.compile(r"“[^”]+”(?!(?:科目|支出|预算|决算|经费|项目|安排|等|为)*$)")  # “两庭”建设, but not “教育支出”科目
CARRY_OVER = r"(?:上年度?|年初|以前年度)(?:财政拨款|实户资金)?(?:结转(?:和|及|、)?结余|结转|结余|余额)(?:资金)?(?:收入)?"


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept: its key without the measure; `is_plain`: amount. stands before it where it is an amount."""

    key: str
    unit: str = "yuan"
    is_plain: bool = False
    subject: str | None = None
    fund: str | None = None
    side: str | None = None
    kind: str | None = None
    path: tuple[str, ...] = ()
    consumed: int = 0  # characters behind the number that named it

    @property
    def is_total(self) -> bool:
        """Whether it is the whole of a side or fund, of which others are parts."""
        return self.side is not None and self.kind is None

    @property
    def amount_key(self) -> str:
        """The key of an amount of it."""
        return f"amount.{self.key}" if self.is_plain else self.key


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around a phrase: the chapter's domains, the concept before, the fund, side and kind that govern it."""

    domains: frozenset[str] = frozenset()
    current: str = ""
    fund: str | None = None
    side: str | None = None
    kind: str | None = None
    has_fund_chapter: bool = False
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """The code lists as they were in one year."""

    book: CodeBook
    year: int

    def has(self, name: str, scheme: str) -> bool:
        """Whether the year's list knows the name."""
        return 1 < len(name) <= LONGEST_NAME and bool(find_named(name, scheme, self.book, self.year))


def resolve_phrase(phrase: str, unit: str, context: Context, names: Names, wide: str = "", after: str = "") -> Concept | None:
    """The concept of a noun phrase, measured in `unit`; `wide` is the text from the last strong stop, `after` what follows."""
    if unit == "yuan" and LEVEL_MARK.search(phrase) and (marked := resolve_class(phrase, context, names)):
        return marked
    found = _resolve_listed(phrase, unit, context, wide or phrase, after)
    if found is not None or unit != "yuan":
        return found
    return resolve_budget_phrase(phrase, context, names)


def resolve_budget_phrase(phrase: str, context: Context, names: Names) -> Concept | None:
    """A phrase of revenue and expenditure: a class of the code lists, a kind, a source, or the whole of a side or fund."""
    return (
        resolve_class(phrase, context, names)
        or _resolve_kind(phrase, context)
        or _resolve_source(phrase, context)
        or _resolve_total(phrase, context)
    )


def _resolve_listed(phrase: str, unit: str, context: Context, wide: str, after: str) -> Concept | None:
    for rule in load_lexicon().concepts:
        if unit not in rule.units or not _fits(rule, context):
            continue
        match = _end_pattern(rule.pattern).search(wide if rule.wide else phrase)
        behind = compile_pattern(rule.after).match(after) if rule.after else None
        if match is None or (rule.after and behind is None):
            continue
        subject = _find_subject(match, behind)
        # A fund in front of procurement is what the procurement is paid from; behind a single expense it restricts it.
        fund = find_fund(phrase) if rule.key.startswith("procurement.") else None
        if rule.plain and (fund := find_fund(phrase[match.start() :])):
            return Concept(f"{fund}.{rule.key}", unit, True, subject, fund)
        if fund is None and rule.key.startswith("procurement.") and context.current.startswith("general_public_budget.proc"):
            fund = "general_public_budget"
        if fund and fund != "appropriation":
            return Concept(f"{fund}.{rule.key}", unit, True, subject, fund)
        unit = "vehicles" if rule.key.startswith("vehicles.") and unit == "sets" else unit
        return Concept(rule.key, unit, rule.plain, subject, consumed=behind.end() if behind else 0)
    return None


def _find_subject(match: re.Match[str], behind: re.Match[str] | None) -> str | None:
    for one in (behind, match):
        if one is not None and "subject" in one.re.groupindex and one["subject"]:
            return one["subject"]
    return None


def _fits(rule: ConceptRule, context: Context) -> bool:
    if rule.domains and not context.domains.intersection(rule.domains):
        return False
    return context.current.startswith(rule.inside) if rule.inside else True


@cache
def _end_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern after which only filler stands up to the end."""
    return re.compile(f"(?:{pattern})(?:{load_lexicon().filler})*$")


def find_word(rules: tuple[WordRule, ...], text: str) -> str | None:
    """The value of the first rule whose pattern is in the text."""
    return next((rule.value for rule in rules if compile_pattern(rule.pattern).search(text)), None)


def find_fund(text: str) -> str | None:
    """The fund that a text names; what a bracket says to be in it is not what it is: 财政拨款(含一般公共预算拨款)."""
    return find_word(load_lexicon().funds, INCLUDED.sub("", text))


def _is_clean(prefix: str) -> bool:
    """Whether what stands before a noun is only the issuer, a year and filler."""
    return bool(_clean_pattern().search(cut_funds(prefix)))


@cache
def _clean_pattern() -> re.Pattern[str]:
    lexicon = load_lexicon()
    return re.compile(
        rf"^(?:.*(?:{lexicon.organisation}|\d{{4}}年度?))?(?:{lexicon.filler}|各项?|相应|全部|所有|按|对|和|及|此次|我|主要|并|的|由|内|较|变动)*$"
    )


def cut_funds(text: str) -> str:
    """A text without the names of funds: 一般公共预算 is no budget."""
    for rule in load_lexicon().funds:
        text = compile_pattern(rule.pattern).sub("", text)
    return text


def resolve_class(phrase: str, context: Context, names: Names) -> Concept | None:
    """A function or an economic class, by its marks, its code or its name."""
    found = _read_marks(phrase, context, names) or _read_code(phrase, names)
    if found is None:
        found = _read_name(phrase, context, names)
    if found is None:
        return None
    scheme, path = found
    fund = find_fund(_before_name(phrase, path)) or context.fund
    kind = context.kind if context.kind in {"basic", "project"} else None
    if scheme == "economic" and context.kind in {"personnel", "operating"}:
        kind = "basic"
    if (scheme, kind) == ("function", "basic"):
        kind = None
    key = ".".join(part for part in (fund, kind, scheme) if part)
    return Concept(key, "yuan", True, "/".join(path), fund, None, scheme, path)


def _before_name(phrase: str, path: tuple[str, ...]) -> str:
    return phrase.split(path[-1], maxsplit=1)[0] if path else ""


def _read_marks(phrase: str, context: Context, names: Names) -> tuple[str, tuple[str, ...]] | None:
    """社会保障和就业支出(类)行政事业单位养老支出(款)…(项) as a path; levels that are not printed come from the place before."""
    if dashed := _read_dashes(phrase):
        return dashed
    parts = LEVEL_MARK.split(phrase)
    if len(parts) < 3 or not _end_pattern("").fullmatch(parts[-1]):
        return None
    named = {level: trim_name(name) for name, level in zip(parts[::2], parts[1::2], strict=False)}
    top = min(LEVELS.index(level) for level in named)
    above = [name for level, name in zip(LEVELS, context.path, strict=False) if LEVELS.index(level) < top]
    path = (*above, *(named[level] for level in LEVELS if level in named))
    is_economic = names.has(path[0], "econ_department") and not names.has(path[0], "function")
    return "economic" if is_economic else "function", path


def _read_dashes(phrase: str) -> tuple[str, tuple[str, ...]] | None:
    """“一般公共服务支出-政府办公厅(室)及相关机构事务-行政运行”科目 as a path."""
    match = QUOTED_PATH.match(phrase)
    parts = re.split(r"[-—–]+", match["path"]) if match else []
    return ("function", tuple(parts)) if len(parts) > 1 and all(parts) else None


def _read_code(phrase: str, names: Names) -> tuple[str, tuple[str, ...]] | None:
    plain = phrase if QUOTED_PART.match(phrase) else phrase.strip('“”"、的')
    bare = re.sub(r"(?<=\))(?:支出|预算|安排)+$", "", VERSION_BEHIND.sub("", plain))
    match = CODED.search(bare) or CODE_BEHIND.search(bare)
    if match is None or not is_listed(match["code"], names.book, names.year):
        return None
    scheme = "function" if match["code"].startswith("2") else "economic"
    # A name of the list may have a 、 of its own: 环境保护法规、规划及标准.
    name = bare[: match.start("code") - 1] if names.has(bare[: match.start("code") - 1], "function") else match["name"]
    return scheme, (re.sub(r"^\d{1,2}(?=\D)", "", trim_name(name)),)


def _read_name(phrase: str, context: Context, names: Names) -> tuple[str, tuple[str, ...]] | None:
    for name in _spell_tail(phrase):
        is_function = names.has(name, "function")
        is_economic = names.has(name, "econ_department") or names.has(name, "econ_government")
        if is_function and not (is_economic and context.kind in {"personnel", "operating", "basic"}):
            return "function", (name,)
        if is_economic:
            return "economic", (name,)
    return None


def _spell_tail(phrase: str) -> Iterator[str]:
    """The phrase, and without the filler at its end, one word at a time."""
    bare = trim_name(phrase)
    yield bare
    for tail in ("科目", "预算", "决算", "支出", "为", "数", "安排"):
        if bare.endswith(tail):
            bare = bare.removesuffix(tail).rstrip('”"')
            yield bare


def trim_name(text: str) -> str:
    """A name without quotes, list words and the year before it."""
    text = re.sub(rf"^.*(?:{load_lexicon().listing})[:]?", "", text)
    if QUOTED_PART.match(text):
        return text
    return re.sub(r"^(?:\d{4}年度?)|^[、和及“”\":的]+|[“”\":的]+$", "", text)


def _resolve_kind(phrase: str, context: Context) -> Concept | None:
    for rule in load_lexicon().kinds:
        match = _end_pattern(rule.pattern).search(phrase)
        if match is None or not _is_clean(phrase[: match.start()]):
            continue
        subject = match["subject"] if "subject" in match.re.groupindex else None
        if rule.value in {"carry_forward", "reserve"}:
            return Concept(rule.value, "yuan", True, subject, None, None, rule.value)
        fund = find_fund(phrase) or context.fund
        key = f"{fund}.{rule.value}" if fund else rule.value
        return Concept(key, "yuan", True, subject, fund, None, rule.value)
    return None


def _resolve_source(phrase: str, context: Context) -> Concept | None:
    """A source of revenue that is no fund of the budget, or money carried over from the year before."""
    if match := _end_pattern(rf"{CARRY_OVER}(?:的(?P<source>.+))?").search(phrase):
        source = _name_source(match["source"]) if match["source"] else None
        if match["source"] and source is None:
            return None
        return Concept(f"carry_over.{source}" if source else "carry_over", "yuan", True, None, None, None, "carry_over")
    for rule in load_lexicon().revenues:
        match = _end_pattern(rule.pattern).search(phrase)
        if match and (_is_clean(phrase[: match.start()])):
            return Concept(f"revenue.{rule.value}", "yuan", True, None, None, None, "revenue")
    return None


def _name_source(text: str) -> str | None:
    lexicon = load_lexicon()
    return find_word(lexicon.funds, text) or find_word(lexicon.revenues, text)


def _resolve_total(phrase: str, context: Context) -> Concept | None:
    """The whole of a side, or of a fund's side."""
    rest = cut_funds(phrase)
    side = find_word(load_lexicon().sides, rest)
    # 收入总计 in a chapter of one fund is that fund's.
    fund = find_fund(phrase) or (context.fund if side and context.has_fund_chapter and not CURRENT_SIDE.search(rest) else None)
    if side is None and re.search(r"总预算[数为是]*$", rest):
        side = "both"
    if not _is_side_only(rest):
        return None
    if fund is None:
        return _make_total(side, rest) if side else None
    side = side or ("expenditure" if "当年拨款" in phrase else context.side)
    if side == "both":
        return Concept(f"{fund}.total", "yuan", True, None, fund, side)
    if side == "revenue":
        named = fund if fund != "appropriation" or context.has_fund_chapter else "fiscal_appropriation"
        key = f"{fund}.revenue" if context.has_fund_chapter else f"revenue.{named}"
        return Concept(key, "yuan", True, None, fund, side)
    return Concept(f"{fund}.expenditure", "yuan", True, None, fund, side) if side else None


def _is_side_only(rest: str) -> bool:
    lexicon = load_lexicon()
    words = "|".join(rule.pattern for rule in lexicon.sides)
    return bool(_clean_pattern().search(re.sub(f"{words}|总预算|总决算", "", rest)))


def _make_total(side: str, rest: str) -> Concept:
    if side == "both":
        return Concept("total_revenue_expenditure", "yuan", True, None, None, side)
    is_current = CURRENT_SIDE.search(rest) is not None
    key = f"total_{side}_current" if is_current else f"total_{side}"
    return Concept(key, "yuan", True, None, None, side)


NAMED = "named"  # the kind of a project with a name of its own


def name_project(phrase: str, parent: Concept | None) -> Concept | None:
    """A named project, where the text lists projects; a part of one is named behind it."""
    name = re.sub(r"(?:预算|安排|为|支出|共)+$", "", trim_name(phrase)).strip('“”"')
    if not 2 <= len(name) <= LONGEST_NAME or re.search(r"[,;。]|^(?:其中|上述|以上)", name):
        return None
    subject = f"{parent.subject}/{name}" if parent and parent.key == "project" and parent.subject else name
    return Concept("project", "yuan", True, subject, None, None, NAMED)


def restrict(concept: Concept, subject: str) -> Concept:
    """The concept, for one named thing."""
    return replace(concept, subject=subject)
