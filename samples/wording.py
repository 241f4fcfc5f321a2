"""Facts said in words: explanations drawn from a grammar (`wording.yml`), and exactly what they state.

Promise: every fact is written and noted in the same step, so that what an explanation states is known and not read from it; an
explanation is a function of its source of chance. The grammar is written from how disclosures speak and shares no word list with
the reader.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any, Literal

import yaml

from samples.classification import expand_code, name_code
from warehouse.codes import load_code_list

Direction = Literal["increase", "decrease", "unchanged"]
MARKUP = re.compile(r"\{(?P<slot>[^{}]+)\}|(?P<open>\[)|(?P<next>\|)|(?P<close>\])")
STOPS = "；。"
OTHER_FUNDS = ("223",)  # 国有资本经营预算支出
NUMERALS = "一二三四五六七八九十"
YEARS = range(2018, 2027)
MONEY_UNITS = {"万元": Decimal(10000), "元": Decimal(1), "亿元": Decimal(100_000_000)}
COUNT_UNITS = {"人": "persons", "名": "persons", "辆": "vehicles", "台（套）": "sets", "个": "count"}
FULL_WIDTH = str.maketrans("0123456789.,%", "０１２３４５６７８９．，％")
CHAPTERS_DRAWN = (2, 6)


@dataclass(frozen=True, slots=True)
class Stated:
    """One fact as an explanation says it. `value` in the unit's normal form; None where words alone say it (与上年持平)."""

    key: str
    value: Decimal | None
    unit: str | None
    period: str = "current"
    direction: Direction | None = None
    subject: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Paragraphs of one explanation, headings among them, and in order what they state.

    `unknown`: the amounts that no key names, as printed; whoever reads them must say that they were not understood.
    """

    year: int
    phase: str
    paragraphs: tuple[tuple[Literal["heading", "body"], str], ...]
    stated: tuple[Stated, ...]
    unknown: tuple[str, ...]


@dataclass(slots=True)
class _Habits:
    """How one publisher prints numbers."""

    unit: str
    places: int
    groups: bool
    full_width: bool


@dataclass(slots=True)
class _Pen:
    """What was written so far: the text of the paragraph, and the facts."""

    year: int
    phase: str
    habits: _Habits
    text: str = ""
    stated: list[Stated] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unexplained: list[tuple[int, int]] = field(default_factory=list)  # changes without a reason: place in `stated`, in the text
    last: Stated | None = None  # the amount that a change or a share is said of
    named: str | None = None
    used: set[str] = field(default_factory=set)  # codes and projects that were named: each is spoken of once
    stock: str = "current"
    mark: int = 0


def draw_explanation(random: Random, year: int | None = None, phase: str | None = None) -> Explanation:
    """An explanation of several chapters, in the words of one publisher; of any year and phase where none is given."""
    phase = phase or random.choice(("budget", "budget", "final"))
    habits = _Habits(
        random.choice(("万元", "万元", "万元", "元")), random.choice((0, 1, 2, 2)), random.random() < 0.3, random.random() < 0.2
    )
    pen = _Pen(year or random.choice(YEARS), phase, habits)
    paragraphs: list[tuple[Literal["heading", "body"], str]] = [
        ("heading", _write(random, pen, random.choice(_load()["opening"])))
    ]
    chapters = random.sample(_load()["chapters"], random.randint(*CHAPTERS_DRAWN))
    for number, chapter in enumerate(chapters):
        pen.mark, pen.last, pen.unexplained, pen.stock = 0, None, [], "current"
        paragraphs.append(("heading", f"{NUMERALS[number]}、{_write(random, pen, random.choice(chapter['heading']))}"))
        for choices in chapter["paragraphs"]:
            pen.unexplained = []
            if text := _write(random, pen, random.choice(choices)):
                paragraphs.append(("body", text))
    return Explanation(pen.year, phase, tuple(paragraphs), tuple(pen.stated), tuple(pen.unknown))


@cache
def _load() -> dict[str, Any]:
    text = files("samples").joinpath("wording.yml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def _write(random: Random, pen: _Pen, wording: str) -> str:
    """Write a wording into the paragraph; the paragraph's new text."""
    pen.text = ""
    _append(random, pen, wording)
    return pen.text


def _append(random: Random, pen: _Pen, wording: str) -> None:
    """Choose among words, left to right, and write; a choice inside a choice is made when it is come to."""
    at = 0
    while at < len(wording):
        found = MARKUP.search(wording, at)
        if found is None:
            pen.text += wording[at:]
            return
        pen.text += wording[at : found.start()]
        if found["slot"]:
            _fill(random, pen, found["slot"])
            at = found.end()
        elif found["open"]:
            choices, at = _split_choices(wording, found.end())
            _append(random, pen, random.choice(choices))
        else:
            raise ValueError(f"'{found.group()}' without '[' at {found.start()} of {wording!r}")


def _split_choices(wording: str, at: int) -> tuple[list[str], int]:
    """The choices of a bracket that was opened before `at`, and where the text goes on behind it."""
    depth, start, choices = 0, at, []
    for found in MARKUP.finditer(wording, at):
        if found["open"]:
            depth += 1
        elif depth and found["close"]:
            depth -= 1
        elif not depth and (found["next"] or found["close"]):
            choices.append(wording[start : found.start()])
            start = found.end()
            if found["close"]:
                return choices, start
    raise ValueError(f"'[' is not closed in {wording!r}")


def _fill(random: Random, pen: _Pen, slot: str) -> None:
    """Write what a slot stands for. Raises KeyError for a slot that the grammar does not have."""
    name, _, rest = slot.partition(" ")
    if name[0] == "=":
        _state_amount(random, pen, name[1:])
    elif name[0] == "#":
        _state_count(random, pen, name[1:], rest)
    elif name[0] == "%":
        _state_share(random, pen)
    elif name.startswith("duty-"):
        pen.text += _print_duty(random, pen, name.removeprefix("duty-"))
    elif name in WRITERS:
        WRITERS[name](random, pen)
    elif name == "why":
        _explain(random, pen, "because-behind" if rest else "because")
    else:
        _append(random, pen, random.choice(_find_words(name)))


def _find_words(name: str) -> list[str]:
    words = _load()
    return list(words["words"].get(name) or words["sentences"][name])


def _state_amount(random: Random, pen: _Pen, slot: str) -> None:
    key, has_subject = slot.removesuffix("+"), slot.endswith("+")
    value, printed = _draw_money(random, pen)
    pen.text += printed
    pen.last = Stated(key, value, "yuan", subject=pen.named if has_subject else None)
    pen.stated.append(pen.last)


def _draw_money(random: Random, pen: _Pen, *, zero: float = 0.06) -> tuple[Decimal, str]:
    """An amount in yuan, and as printed."""
    habits = pen.habits
    if random.random() < zero:
        number = Decimal(0)
    else:
        digits = random.randint(1, 5) + (4 if habits.unit == "元" else 0)
        number = Decimal(random.randint(1, 10 ** (digits + habits.places))).scaleb(-habits.places)
    return number * MONEY_UNITS[habits.unit], _print(number, habits) + habits.unit


def _print(number: Decimal, habits: _Habits) -> str:
    text = format(number, ",f" if habits.groups else "f") if number else "0"
    return text.translate(FULL_WIDTH) if habits.full_width else text


def _draw_percent(random: Random, pen: _Pen) -> tuple[Decimal, str]:
    number = Decimal(random.randint(1, 9999)).scaleb(-random.choice((0, 1, 2, 2)) if random.random() < 0.9 else -2)
    number = number if number < 1000 else number.scaleb(-2)
    sign = "％" if pen.habits.full_width else "%"
    return number, _print(number, replace_groups(pen.habits)) + sign


def replace_groups(habits: _Habits) -> _Habits:
    """Percentages have no separators."""
    return _Habits(habits.unit, habits.places, False, habits.full_width)


def _state_count(random: Random, pen: _Pen, slot: str, unit: str) -> None:
    key, _, period = slot.partition("@")
    number = Decimal(random.randint(0, 300))
    pen.text += _print(number, pen.habits) + unit
    pen.stated.append(Stated(key, number, COUNT_UNITS[unit], pen.stock if period == "stock" else "current"))


def _state_share(random: Random, pen: _Pen) -> None:
    whose = _find_last(pen)
    value, printed = _draw_percent(random, pen)
    pen.text += printed
    pen.stated.append(Stated(f"share.{_bare(whose.key)}", value, "percent", subject=whose.subject))


def _find_last(pen: _Pen) -> Stated:
    """The amount that was stated last. Raises ValueError where the grammar lets nothing be changed or shared."""
    if pen.last is None:
        raise ValueError(f"a change or a share of nothing: {pen.text!r}")
    return pen.last


def _bare(key: str) -> str:
    return key.removeprefix("amount.")


def _change(random: Random, pen: _Pen) -> None:
    """Say how the last amount differs from what it is compared with."""
    whose = _find_last(pen)
    compared: Mapping[str, list[str]] = _load()["compared"][pen.phase]
    period = random.choice(list(compared))
    way = random.choice(("up", "up", "down", "down", "same"))
    directions: dict[str, Direction] = {"up": "increase", "down": "decrease", "same": "unchanged"}
    direction = directions[way]
    wording = random.choice(_load()["changes"][way])
    base = Stated(f"change.{_bare(whose.key)}", None, None, period, direction, whose.subject)
    noted = len(pen.stated)
    for part in re.split(r"(\{base\}|\{\+n\}|\{\+%\}|\{0n\}|\{0%\})", _choose(random, wording)):
        if part == "{base}":
            _append(random, pen, random.choice(compared[period]))
        elif part in {"{+n}", "{0n}"}:
            value, printed = _draw_money(random, pen, zero=0) if part == "{+n}" else (Decimal(0), "0" + pen.habits.unit)
            pen.text += printed
            pen.stated.append(replace(base, key=f"{base.key}.amount", value=value, unit="yuan"))
        elif part in {"{+%}", "{0%}"}:
            value, printed = _draw_percent(random, pen) if part == "{+%}" else (Decimal(0), "0%")
            pen.text += printed
            pen.stated.append(replace(base, key=f"{base.key}.percent", value=value, unit="percent"))
        else:
            pen.text += part
    if len(pen.stated) == noted:
        pen.stated.append(replace(base, key=f"{base.key}.amount"))
    pen.unexplained += [(place, len(pen.text)) for place in range(noted, len(pen.stated))]


def _choose(random: Random, wording: str) -> str:
    """The wording with its choices made and its slots left."""
    made, at = "", 0
    while (found := wording.find("[", at)) >= 0:
        choices, behind = _split_choices(wording, found + 1)
        made, at = made + wording[at:found] + _choose(random, random.choice(choices)), behind
    return made + wording[at:]


def _explain(random: Random, pen: _Pen, wordings: str) -> None:
    """Give the reason of the changes of this part of the sentence; nothing, where nothing has changed."""
    begins = max(pen.text.rfind(stop) for stop in STOPS)
    pen.unexplained = [(place, at) for place, at in pen.unexplained if at > begins]
    if not pen.unexplained:
        return
    before, _, behind = random.choice(_load()["words"][wordings]).partition("{reason}")
    _append(random, pen, before)
    start = len(pen.text)
    _append(random, pen, random.choice(_load()["words"]["reason"]))
    reason = pen.text[start:]
    _append(random, pen, behind)
    for place, _ in pen.unexplained:
        pen.stated[place] = replace(pen.stated[place], reason=reason)
    pen.unexplained = []


def _name_function(random: Random, pen: _Pen) -> None:
    """A function by its path, or by its code and name."""
    code = _take(random, pen, _list_codes(7, pen.year))
    names = [name_code("function", part, pen.year) for part in expand_code(code)]
    style = random.choice(("path", "path", "code", "bare"))
    pen.mark += 1
    if style == "path":
        pen.named = "/".join(names)
        pen.text += f"{pen.mark}．" + "".join(f"{name}（{level}）" for name, level in zip(names, "类款项", strict=True))
    elif style == "code":
        pen.named = names[-1]
        pen.text += f"（{pen.mark}）{code}{names[-1]}"
    else:
        pen.named = names[-1]
        pen.text += f"（{pen.mark}）{names[-1]}（{code}）"


def _name_class(random: Random, pen: _Pen) -> None:
    pen.named = name_code("function", _take(random, pen, _list_codes(3, pen.year)), pen.year)
    pen.text += pen.named + random.choice(("", "（类）"))


def _take(random: Random, pen: _Pen, choices: tuple[str, ...]) -> str:
    """One of the choices that was not taken before."""
    taken = random.choice([choice for choice in choices if choice not in pen.used])
    pen.used.add(taken)
    return taken


@cache
def _list_codes(length: int, year: int) -> tuple[str, ...]:
    """The codes of a year's list with all their ancestors that a general public budget has and whose name is their own."""
    known = {e.code: e.name for e in load_code_list("function") if (e.valid_from or 0) <= year <= (e.valid_to or 9999)}
    codes = (code for code in sorted(known) if len(code) == length and code[:3] in known and code[:5][:length] in known)
    return tuple(
        code for code in codes if not code.startswith(OTHER_FUNDS) and not re.search(r"其他|政府性基金|国有资本|\d", known[code])
    )


def _name_project(random: Random, pen: _Pen) -> None:
    pen.named = _take(random, pen, tuple(_load()["projects"]))
    pen.text += pen.named


def _write_date(random: Random, pen: _Pen) -> None:
    year = pen.year - 1 if pen.phase == "budget" else pen.year
    month, day = random.choice(((12, 31), (12, None), (10, None), (9, 30)))
    if day is None:
        pen.text, pen.stock = f"{pen.text}{year}年{month}月{random.choice(('', '底'))}", f"{year}-{month:02}"
    else:
        pen.text, pen.stock = f"{pen.text}{year}年{month}月{day}日", f"{year}-{month:02}-{day:02}"


def _write_odd(random: Random, pen: _Pen) -> None:
    _, printed = _draw_money(random, pen, zero=0)
    pen.text += printed
    pen.unknown.append(printed)
    pen.last = None


def _print_duty(random: Random, pen: _Pen, what: str) -> str:
    """A number that states nothing."""
    if what in {"50", "100"}:
        return f"{what}万元"
    drawn = {"number": random.randint(2, 90), "month": random.randint(1, 12), "day": random.randint(1, 28)}
    if what in drawn:
        return str(drawn[what])
    return _draw_percent(random, pen)[1] if what == "percent" else _draw_money(random, pen)[1]


def _write_year(random: Random, pen: _Pen) -> None:
    pen.text += str(pen.year)


def _write_prior(random: Random, pen: _Pen) -> None:
    pen.text += str(pen.year - 1)


def _write_phase(random: Random, pen: _Pen) -> None:
    pen.text += {"budget": "预算", "final": "决算"}[pen.phase]


WRITERS = {
    "change": _change,
    "function": _name_function,
    "class": _name_class,
    "project": _name_project,
    "date": _write_date,
    "odd": _write_odd,
    "year": _write_year,
    "prior": _write_prior,
    "phase": _write_phase,
}
