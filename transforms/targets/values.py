"""What a target's value says: one small grammar from the printed text to operator, number and unit.

Promise: a number is either the value, or part of a text that is kept whole; none is rounded, converted or dropped. A text that
holds a number which the grammar does not place is `understood` False.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from transforms.targets.vocabulary import is_nothing, load_target_vocabulary
from transforms.text import normalise

# 1,000.5 or 36; no sign: a negative target has not been seen, and a hyphen parts the ends of a range.
NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
UNIT = r"(?:[a-zA-Z]{1,2}[23](?!\d)|[^\W\d_]|[%‰℃°/·、()*]|\.(?!\d))*?"
LONGEST_UNIT = 8  # characters: a longer text behind a number is no unit
LONGEST_UNIT_COMPARED = 14  # behind a number that a word of comparison makes a threshold


@dataclass(frozen=True, slots=True)
class TargetValue:
    """Operator, value and unit of a target.

    `value` is the number as printed without separators, or the text of a `qualitative` target; None: nothing is printed.
    `remark` is what the text says beside them. `understood` False: the text holds a number that no rule places.
    """

    operator: str | None
    value: str | None
    value_2: str | None = None
    unit: str | None = None
    remark: str | None = None
    understood: bool = True


def parse_target(text: str, operator: str = "", unit: str = "") -> TargetValue:
    """The value that a sheet prints; `operator` and `unit` are the texts of their own columns, where the sheet has them."""
    printed = re.sub(r"\s+", "", text)
    if is_nothing(text):
        return TargetValue(None, None)
    plain, stated = normalise(text), read_operator(operator)
    own_unit = normalise(unit) if not is_nothing(unit) else None
    if stated == "qualitative":
        return TargetValue("qualitative", printed, unit=own_unit)
    found = _parse_dated(plain, stated is not None) or _parse_numbers(plain)
    if found is None:
        understood = not re.search(r"\d", plain) or _is_date(plain)
        return TargetValue("qualitative", printed, unit=own_unit, understood=understood)
    return _complete(found, stated, own_unit)


def read_operator(text: str) -> str | None:
    """The operator that a cell or word of comparison names; None where it names none."""
    plain, words = normalise(text), load_target_vocabulary()
    if plain in words.qualitative:
        return "qualitative"
    return next((sign for sign, spellings in words.operators.items() if plain in spellings), None)


def _complete(found: TargetValue, stated: str | None, unit: str | None) -> TargetValue:
    """The parsed text with what its neighbours' columns say; two that contradict each other are not understood."""
    if stated and found.operator not in {"=", stated}:
        found = replace(found, understood=False)
    elif stated:
        found = replace(found, operator=stated)
    if unit and found.unit and unit != found.unit:
        return replace(found, unit=found.unit, remark=_join(found.remark, unit))
    return replace(found, unit=found.unit or unit)


def _is_date(plain: str) -> bool:
    return bool(re.search(load_target_vocabulary().dates, plain))


def _parse_dated(plain: str, compared: bool) -> TargetValue | None:
    """A date stays a text; ≤12月 is a threshold on a number of months, because it is compared."""
    if not _is_date(plain):
        return None
    found = _match(_single(), plain)
    is_year = found is not None and bool(re.match(r"(19|20)\d\d年", plain))
    if found is None or is_year or not (compared or found["before"] or found["after"]):
        return TargetValue("qualitative", plain)
    if re.search(load_target_vocabulary().unit_not, found["unit"]):
        return TargetValue("qualitative", plain)
    return _make_single(found)


def _parse_numbers(plain: str) -> TargetValue | None:
    if found := _match(_single(), plain):
        return _make_single(found)
    if found := _match(_range(), plain):
        return _make_range(found)
    if found := _match(_figures(), plain):
        return _make_figures(found)
    return None


def _match(pattern: re.Pattern[str], plain: str) -> dict[str, str] | None:
    match = pattern.match(plain)
    return {name: value or "" for name, value in match.groupdict().items()} if match else None


def _make_single(found: Mapping[str, str]) -> TargetValue | None:
    operator = _find(load_target_vocabulary().operators, found["before"])
    after = _find(load_target_vocabulary().operators_after, found["after"])
    unit, tail = _split_percent(found["unit"])
    if not _is_unit(unit, compared=bool(operator or after)) or not _is_unit(tail, compared=False):
        return None
    if operator == "≤" and after and after != operator:
        return None  # 控制在95%以上 is no upper bound
    remark = _join(found["how"], found["how_2"], tail)
    return TargetValue(after or operator or "=", _strip(found["number"]), unit=unit or None, remark=remark)


def _make_range(found: Mapping[str, str]) -> TargetValue | None:
    unit, tail = _split_percent(found["unit_2"])
    if found["unit"] not in {"", unit} or not _is_unit(unit, compared=False):
        return None
    return TargetValue("range", _strip(found["number"]), _strip(found["number_2"]), unit or None, _join(found["how"], tail))


def _make_figures(found: Mapping[str, str]) -> TargetValue | None:
    words = load_target_vocabulary()
    first, second = (_find(words.operators, found[name]) for name in ("before", "before_2"))
    after = _find(words.operators_after, found["after"])
    units = [found["unit"], found["unit_2"]]
    if second not in {None, first} or (first and after) or not all(unit and _is_unit(unit, compared=False) for unit in units):
        return None
    unit = units[0] if units[0] == units[1] else "/".join(units)
    return TargetValue(first or after or "=", _strip(found["number"]), _strip(found["number_2"]), unit, found["how"] or None)


def _is_unit(unit: str, *, compared: bool) -> bool:
    longest = LONGEST_UNIT_COMPARED if compared else LONGEST_UNIT
    return len(unit) <= longest and not re.search(load_target_vocabulary().unit_not, unit)


def _split_percent(unit: str) -> tuple[str, str]:
    """%完成 is a percent sign and a word behind it; %/年 is one unit."""
    match = re.match(r"^([%‰])([^/(].*)$", unit)
    return (match[1], match[2]) if match else (unit, "")


def _find(operators: Mapping[str, Iterable[str]], word: str) -> str | None:
    return next((sign for sign, spellings in operators.items() if word in spellings), None) if word else None


def _strip(number: str) -> str:
    return number.replace(",", "")


def _join(*parts: str | None) -> str | None:
    return " ".join(part for part in parts if part) or None


@cache
def _single() -> re.Pattern[str]:
    """每年 ≥ 5 次 以上"""
    return re.compile(rf"^{_how()}{_before('before')}(?:{_how('how_2')})(?P<number>{NUMBER})(?P<unit>{UNIT}){_after('after')}$")


@cache
def _range() -> re.Pattern[str]:
    """97%-100%"""
    sign = load_target_vocabulary().ranges
    return re.compile(rf"^{_how()}(?P<number>{NUMBER})(?P<unit>{UNIT}){sign}(?P<number_2>{NUMBER})(?P<unit_2>{UNIT})(?:之间)?$")


@cache
def _figures() -> re.Pattern[str]:
    """≥ 3 类 / 14 份"""
    first = rf"{_how()}{_before('before')}(?P<number>{NUMBER})(?P<unit>{UNIT})"
    second = rf"{_before('before_2')}(?P<number_2>{NUMBER})(?P<unit_2>{UNIT})"
    return re.compile(rf"^{first}{load_target_vocabulary().figures}{second}{_after('after')}$")


def _how(name: str = "how") -> str:
    words = load_target_vocabulary()
    return rf"(?:{words.filler})?(?P<{name}>(?:{words.before_number})*)(?:{words.filler})?"


def _before(name: str) -> str:
    return _one_of(name, load_target_vocabulary().operators)


def _after(name: str) -> str:
    return _one_of(name, load_target_vocabulary().operators_after)


def _one_of(name: str, operators: Mapping[str, Iterable[str]]) -> str:
    words = sorted((word for spellings in operators.values() for word in spellings), key=len, reverse=True)
    return rf"(?P<{name}>{'|'.join(map(re.escape, words))})?"
