"""From sheets to rows of `core_performance_targets`.

Promise: every indicator of a sheet is a row with its place; one without a value, one whose number no rule places, and a sheet
whose project is unknown are told as findings. Template rows left open are none.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from transforms.amounts import is_amount
from transforms.targets.headings import split_project_code
from transforms.targets.merged import clean_level, fill_levels, fill_projects
from transforms.targets.prose import read_promises
from transforms.targets.sheets import Sheet, SheetRow, iterate_pairs
from transforms.targets.values import TargetValue, parse_target, read_operator
from transforms.targets.vocabulary import drop_personal, is_nothing, load_target_vocabulary
from transforms.text import name_key, normalise
from warehouse.issues import make_finding
from warehouse.records import Row

LEVELS = ("level_1", "level_2", "category", "level_3")
LONGEST_NOTE = 200
SHORTEST_NAME = 3  # characters: A、B、C类人才 are no three indicators


@dataclass(frozen=True, slots=True)
class SheetTargets:
    """The targets of one sheet, without document and number, and the findings on them."""

    targets: tuple[Row, ...]
    findings: tuple[Row, ...]


@dataclass(slots=True)
class _Entry:
    """One indicator before its value is parsed."""

    row: SheetRow
    project: str | None
    unit_name: str | None
    levels: dict[str, str | None]
    indicator: str
    value: str


def read_indicators(sheet: Sheet) -> SheetTargets:
    """The targets of a sheet, from its columns of indicators or from its prose."""
    if sheet.is_prose:
        return _read_prose(sheet)
    entries = [entry for entry in _join_cut_rows(_return_overflow(_list_entries(sheet))) if not _is_template(entry)]
    targets: list[Row] = []
    findings: list[Row] = []
    for entry in entries:
        for name, text in _split_cell(entry.indicator, entry.value):
            own, operator = _split_operator(name, entry.row.text("operator"))
            value = parse_target(text, operator, entry.row.text("unit"))
            targets.append(_make_row(entry, own, text, value))
            findings.extend(_judge(entry, own, text, value))
    if entries and not sheet.is_whole and any(entry.project is None for entry in entries):
        first = next(entry for entry in entries if entry.project is None)
        count = sum(entry.project is None for entry in entries)
        findings.append(make_finding("target-without-project", page=first.row.page, targets=count))
    return SheetTargets(tuple(targets), tuple(findings))


def _list_entries(sheet: Sheet) -> list[_Entry]:
    rows = sheet.rows
    own = sheet.project or (None if sheet.is_whole else sheet.titled)
    projects = fill_projects(rows) if any("project" in row.cells for row in rows) else [own] * len(rows)
    levels = fill_levels(rows, LEVELS)
    return [
        _Entry(
            row,
            project,
            row.text("organisation") or sheet.unit_name,
            level,
            drop_personal(row.text("indicator")) if row.begins("indicator") else "",
            drop_personal(row.text("value")) if row.begins("value") or row.begins("indicator") else "",
        )
        for row, project, level in zip(rows, projects, levels, strict=True)
    ]


def _return_overflow(entries: Sequence[_Entry]) -> list[_Entry]:
    """Text that ran over its cell into the cell below goes back: lines over a bare number that has an operator, and lines
    of an indicator that begin with a comma."""
    for above, entry in pairwise(entries):
        lines = entry.row.cells["value"].text.split("\n") if entry.value and "value" in entry.row.cells else []
        compared = read_operator(entry.row.text("operator")) not in {None, "qualitative"}
        if compared and len(lines) > 1 and is_amount(lines[-1]) and not any(is_amount(line) for line in lines[:-1]):
            entry.value = normalise(lines[-1])
            above.value += re.sub(r"\s+", "", "".join(lines[:-1]))
        lines = entry.row.cells["indicator"].text.split("\n") if entry.indicator else []
        if len(lines) > 1 and lines[0][:1] in {"、", "，", ",", "；", "。", "）", ")"}:
            above.indicator += re.sub(r"\s+", "", lines[0])
            entry.indicator = re.sub(r"\s+", "", "".join(lines[1:]))
    return list(entries)


def _join_cut_rows(entries: Sequence[_Entry]) -> list[_Entry]:
    """Rows that a page break cut in two: one indicator has one value, and two halves share it."""
    joined: list[_Entry] = []
    for entry in entries:
        before = joined[-1] if joined else None
        if before is not None and before.row.page != entry.row.page and _is_other_half(before, entry):
            before.indicator += entry.indicator
            if is_nothing(before.value) and not is_nothing(entry.value):
                joined[-1] = _Entry(entry.row, before.project, before.unit_name, before.levels, before.indicator, entry.value)
            continue
        joined.append(entry)
    return joined


def _is_other_half(before: _Entry, entry: _Entry) -> bool:
    own_levels = any(entry.row.begins(role) and not is_nothing(entry.row.text(role)) for role in LEVELS)
    if own_levels or not before.indicator or before.project != entry.project:
        return False
    has_value = [not (is_nothing(e.value) and is_nothing(e.row.text("operator"))) for e in (before, entry)]
    return has_value[0] != has_value[1]


def _is_template(entry: _Entry) -> bool:
    """A row left open: no indicator, or one that repeats its level and has no value."""
    if is_nothing(entry.indicator):
        return True
    names = {name_key(clean_level(level) or "") for level in entry.levels.values()}
    own = name_key(clean_level(_strip_number(entry.indicator)) or "")
    return is_nothing(entry.value) and (own in names or not own)


def _split_cell(indicator: str, value: str) -> Iterator[tuple[str, str]]:
    """Several indicators in one cell with as many values (线路数量；坐席数量 and 1个；60个); else the cell as it is."""
    words = load_target_vocabulary()
    for mark in words.cell_marks:
        own, stated = (indicator, value) if mark.startswith("指标") else (_strip_number(indicator), _strip_number(value))
        names, values = ([part for part in re.split(mark, text) if part] for text in (own, stated))
        is_matched = len(names) == len(values) > 1 and min(map(len, names)) >= SHORTEST_NAME
        if is_matched and all(re.search(r"\d", part) for part in values):
            yield from zip(names, values, strict=True)
            return
    yield _strip_number(indicator), _strip_number(value)


def _strip_number(text: str) -> str:
    return re.sub(load_target_vocabulary().indicator_number, "", text)


def _split_operator(indicator: str, operator: str) -> tuple[str, str]:
    """An indicator without the word of comparison at its end, where the sheet has no column for it: 网络可用性≥ | 99.9%."""
    if operator:
        return indicator, operator
    words = (word for spellings in load_target_vocabulary().operators.values() for word in spellings)
    ending = max((word for word in words if indicator.endswith(word)), key=len, default="")
    return (indicator.removesuffix(ending), ending) if ending and ending != indicator else (indicator, operator)


def _make_row(entry: _Entry, indicator: str, text: str, value: TargetValue) -> Row:
    code, project = split_project_code(entry.project) if entry.project else (None, None)
    levels = [clean_level(entry.levels[role]) for role in LEVELS]
    levels, name = _split_leading_levels(entry, levels, indicator)
    cell = entry.row.cells["indicator"]
    weight = _read_weight(entry.row.text("weight"))
    return {
        "table_ordinal": entry.row.table.ordinal,
        "project": project,
        "project_code": code,
        "unit_name": entry.unit_name,
        "level_1": levels[0],
        "level_2": levels[1],
        "level_3": levels[3] or levels[2],
        "indicator": name,
        "operator": value.operator,
        "value": value.value,
        "value_2": value.value_2,
        "unit": value.unit or _find_bracketed_unit(name, value),
        "weight": weight,
        "standard": _open_or(entry.row.text("standard")),
        "note": _make_note(entry.row, value, weight),
        "is_prose": False,
        "value_reported": text,
        "page": cell.page,
        "bbox": list(cell.bbox),
    }


def _split_leading_levels(entry: _Entry, levels: list[str | None], indicator: str) -> tuple[list[str | None], str]:
    """Levels that stand in front of the indicator in its own cell, each on a line of its own: 产出指标 | 质量指标 | 合格率."""
    if levels[0] or levels[1]:
        return levels, indicator
    rest, found = indicator, list(levels)
    for place, pattern in enumerate(load_target_vocabulary().leading_levels):
        if (match := re.match(pattern, rest)) and len(rest) > match.end():
            found[place], rest = match[0], rest[match.end() :]
    return found, rest


def _find_bracketed_unit(indicator: str, value: TargetValue) -> str | None:
    """The unit behind the indicator, where the value has none: 人民调解案件数（件）."""
    if value.operator in {None, "qualitative"}:
        return None
    match = re.search(rf"\(({load_target_vocabulary().units})\)$", normalise(indicator))
    return match[1] if match else None


def _read_weight(text: str) -> Decimal | None:
    """A weight of at most two decimals."""
    try:
        weight = Decimal(normalise(text).removesuffix("分").removesuffix("%"))
    except InvalidOperation:
        return None
    return weight if weight.is_finite() and weight == round(weight, 2) else None


def _make_note(row: SheetRow, value: TargetValue, weight: Decimal | None) -> str | None:
    parts = [row.header["value"] if row.blocks > 1 else None, value.remark, _open_or(row.text("note"))]
    if not is_nothing(row.text("actual")):
        parts.append(f"实际 {row.text('actual')}")
    if not is_nothing(row.text("score")):
        parts.append(f"得分 {row.text('score')}")
    if weight is None and not is_nothing(row.text("weight")):
        parts.append(f"权重 {row.text('weight')}")
    if normalise(row.text("core")) == "是":
        parts.append("核心指标")
    note = drop_personal("; ".join(part for part in parts if part))
    return (note[:LONGEST_NOTE] + "…" if len(note) > LONGEST_NOTE else note) or None


def _open_or(text: str) -> str | None:
    return None if is_nothing(text) else drop_personal(text) or None


def _judge(entry: _Entry, indicator: str, text: str, value: TargetValue) -> Iterator[Row]:
    cell = entry.row.cells["indicator"]
    where: dict[str, Any] = {"page": cell.page, "bbox": cell.bbox}
    if value.operator is None:
        yield make_finding("target-without-value", **where, indicator=indicator[:60])
    elif not value.understood:
        yield make_finding("target-number-in-text", **where, indicator=indicator[:60], text=text[:60])


def _read_prose(sheet: Sheet) -> SheetTargets:
    """Promises with a number in the goals of each project of a list."""
    targets: list[Row] = []
    findings: list[Row] = []
    for group in group_projects(sheet.rows):
        parts = [(row, drop_personal(row.text("goal"))) for row in group]
        name = "".join(row.text("project") for row in group)
        code, project = split_project_code(name)
        promises = read_promises("".join(text for _, text in parts))
        for promise in promises.found:
            row = _find_part(parts, promise.end)
            targets.append(
                {
                    "table_ordinal": row.table.ordinal,
                    "project": project,
                    "project_code": code,
                    "unit_name": group[0].text("organisation") or None,
                    "level_1": None,
                    "level_2": None,
                    "level_3": None,
                    "indicator": promise.indicator,
                    "operator": promise.value.operator,
                    "value": promise.value.value,
                    "value_2": promise.value.value_2,
                    "unit": promise.value.unit,
                    "weight": None,
                    "standard": None,
                    "note": "; ".join(filter(None, ("prose", promise.value.remark))),
                    "is_prose": True,
                    "value_reported": None,
                    "page": row.cells["goal"].page,
                    "bbox": list(row.cells["goal"].bbox),
                }
            )
        if promises.unplaced:
            texts = "; ".join(text[:40] for text in promises.unplaced[:5])
            findings.append(
                make_finding(
                    "prose-number-unplaced", page=group[0].page, clauses=len(promises.unplaced), project=project, texts=texts
                )
            )
    return SheetTargets(tuple(targets), tuple(findings))


def _tell_unplaced(page: int, project: str, clauses: Sequence[str]) -> Row:
    texts = "; ".join(clause[:40] for clause in clauses[:5])
    return make_finding("prose-number-unplaced", page=page, clauses=len(clauses), project=project, texts=texts)


def group_projects(rows: Sequence[SheetRow]) -> list[list[SheetRow]]:
    """The rows of a list by project: a row after a page break without an amount of its own belongs to the project before."""
    groups: list[list[SheetRow]] = []
    for before, row in iterate_pairs(rows):
        has_own = not is_nothing(row.text("project"))
        is_cut = before is not None and (before.page != row.page) and is_nothing(row.text("amount")) and "amount" in row.cells
        if groups and (is_cut or not has_own):
            groups[-1].append(row)
        elif has_own:
            groups.append([row])
    return groups


def _find_part(parts: Sequence[tuple[SheetRow, str]], end: int) -> SheetRow:
    """The row in which a clause ends."""
    seen = 0
    for row, text in parts:
        seen += len(text)
        if end <= seen:
            return row
    return parts[-1][0]
