"""The projects of a document: named by target sheets, lists and project tables, joined by name.

Promise: one row per project and unit; its amount is the one printed beside its name, never a sum. A name that two projects of
the document share is joined to no line of a project table.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from transforms.amounts import parse_amount, to_yuan
from transforms.table_types import find_unit
from transforms.targets.headings import split_project_code
from transforms.targets.indicators import group_projects
from transforms.targets.merged import fill_projects
from transforms.targets.reading import TargetReading
from transforms.targets.sheets import Sheet, SheetRow
from transforms.targets.vocabulary import drop_personal, is_nothing
from transforms.text import name_key, normalise
from warehouse.records import Box, RawTable, Row

LONGEST_PURPOSE = 500
HEAD_ROWS = 12  # rows of a grid in which its unit is looked for
MONEY = re.compile(r"^.{0,8}(资金|金额|预算|总额).{0,8}\((亿元|万元|千元|元)\)$")
PROJECT_TABLE = "project_expenditure"

Source = Literal["target_sheet", "project_list", "project_table"]


@dataclass(frozen=True, slots=True)
class ProjectReading:
    """Rows of `core_projects` without their document, and the targets with the `project_number` of their project."""

    projects: tuple[Row, ...]
    targets: tuple[Row, ...]


@dataclass(slots=True)
class _Project:
    name: str
    source: Source
    table_ordinal: int
    page: int
    bbox: Box | None
    unit_name: str | None = None
    amount: str | None = None
    unit: str | None = None
    amount_cny: Decimal | None = None
    purpose: str | None = None
    sheets: set[int] = field(default_factory=set)
    lines: list[Row] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from the other projects of a sheet."""
        return name_key(split_project_code(self.name)[1]), name_key(self.unit_name or "")


def read_projects(reading: TargetReading, lines: Sequence[Row], ordinals: Mapping[str, int]) -> ProjectReading:
    """The projects in printed order. `lines` are the document's budget lines, `ordinals` the tables by their ids."""
    projects = list(_iterate_named(reading.sheets))
    own = [line for line in lines if line["table_type"] == PROJECT_TABLE and line["project_name"]]
    projects.extend(_join_lines(projects, own, ordinals))
    projects = _merge_repeats(projects)
    numbers = {(sheet, project.key): i for i, project in enumerate(projects, 1) for sheet in project.sheets}
    targets = tuple(_number_target(target, numbers) for target in reading.targets)
    counts = Counter(target["project_number"] for target in targets)
    return ProjectReading(tuple(_make_row(i, project, counts[i]) for i, project in enumerate(projects, 1)), targets)


def _number_target(target: Row, numbers: Mapping[tuple[int, tuple[str, str]], int]) -> Row:
    key = (name_key(target["project"] or ""), name_key(target["unit_name"] or ""))
    return {**target, "project_number": numbers.get((target["sheet_number"], key))}


def _iterate_named(sheets: Sequence[Sheet]) -> Iterator[_Project]:
    for number, sheet in enumerate(sheets):
        unit = sheet.unit or _find_unit(sheet.table)
        if sheet.is_prose:
            listed = [("".join(row.text("project") for row in group), group) for group in group_projects(sheet.rows)]
        elif any("project" in row.cells for row in sheet.rows):
            listed = _group_listed(sheet.rows)
        else:
            listed = []
            if name := sheet.project or (None if sheet.is_whole else sheet.titled):
                project = _Project(
                    name, "target_sheet", sheet.table.ordinal, sheet.page, sheet.bbox, sheet.unit_name, sheet.amount
                )
                project.unit, project.purpose, project.sheets = unit, sheet.goal, {number}
                yield _price(project)
        for name, rows in listed:
            yield _from_rows(number, name, rows, unit)


def _group_listed(rows: Sequence[SheetRow]) -> list[tuple[str, list[SheetRow]]]:
    """The rows of a list by project, in order; rows whose project is unknown are left out."""
    groups: dict[str, list[SheetRow]] = {}
    for row, name in zip(rows, fill_projects(rows), strict=True):
        if name:
            groups.setdefault(name, []).append(row)
    return list(groups.items())


def _from_rows(number: int, name: str, rows: Sequence[SheetRow], unit: str | None) -> _Project:
    first = rows[0]
    box = first.cells["project"].bbox
    project = _Project(name, "project_list", first.table.ordinal, first.page, (box[0], box[1], box[2], box[3]))
    project.amount = next((row.text("amount") for row in rows if not is_nothing(row.text("amount"))), None)
    goals = list(dict.fromkeys((row.identify("goal"), row.text("goal")) for row in rows))
    project.purpose = drop_personal("".join(text for _, text in goals)) or None
    project.unit_name = first.text("organisation") or None
    project.unit, project.sheets = unit, {number}
    return _price(project)


def _find_unit(table: RawTable) -> str | None:
    """The unit of a sheet's amounts, by the lines above it or a cell of its head: 资金金额（万元）."""
    cells = [cell.text for cell in table.cells if cell.row < HEAD_ROWS and MONEY.search(normalise(cell.text))]
    return find_unit([line.text for line in table.captions]) or find_unit(cells)


def _price(project: _Project) -> _Project:
    """A project with its amount in yuan, where both amount and unit are sure."""
    amount = parse_amount(project.amount) if project.amount else None
    if amount is not None and amount.value is not None and project.unit:
        project.amount_cny = to_yuan(amount.value, project.unit)
    return project


def _join_lines(projects: Sequence[_Project], lines: Sequence[Row], ordinals: Mapping[str, int]) -> list[_Project]:
    """Give each line of the project tables to the one project of its name; the projects that only these tables name."""
    by_name: dict[str, list[_Project]] = defaultdict(list)
    for project in projects:
        by_name[project.key[0]].append(project)
    own: dict[tuple[str, str], _Project] = {}
    rows: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for line in lines:
        rows[line["table_id"], line["line_number"]].append(line)
    for row in rows.values():
        key, unit = name_key(split_project_code(row[0]["project_name"])[1]), row[0]["unit_name"]
        found = _choose_project(by_name[key], unit, row)
        if found is not None:
            found.lines.extend(row)
        elif not by_name[key] and row[0]["row_kind"] == "item":
            own.setdefault((key, unit or ""), _from_line(row[0], ordinals)).lines.extend(row)
    for project in own.values():
        _price_by_lines(project)
    return list(own.values())


def _choose_project(named: Sequence[_Project], unit: str | None, row: Sequence[Row]) -> _Project | None:
    """The one project that a row of a project table is about: of that name, of its unit, or with its amount."""
    found = [p for p in named if not (p.unit_name and unit) or name_key(p.unit_name) == name_key(unit)]
    if len(found) > 1:
        amounts = {line["amount_cny"] for line in row if line["fund_type"] == "all"} - {None}
        found = [project for project in found if project.amount_cny in amounts]
    return found[0] if len(found) == 1 else None


def _from_line(line: Row, ordinals: Mapping[str, int]) -> _Project:
    place = ordinals[line["table_id"]]
    return _Project(line["project_name"], "project_table", place, line["page"], tuple(line["bbox"]), line["unit_name"])


def _price_by_lines(project: _Project) -> None:
    """The one amount of all funds in a project table's row; none where the name stands in several rows."""
    whole = [line for line in project.lines if line["fund_type"] == "all" and line["amount_basis"] in {"budget", "actual"}]
    if len(whole) == 1:
        project.amount, project.unit, project.amount_cny = (
            whole[0]["amount_reported"],
            whole[0]["unit_reported"],
            whole[0]["amount_cny"],
        )


def _merge_repeats(projects: Sequence[_Project]) -> list[_Project]:
    """One project whose sheet goes on, or is printed again with the same amount, is one row."""
    merged: dict[tuple[str, str | None, str | None], _Project] = {}
    for project in projects:
        key = (name_key(project.name), project.unit_name, project.amount)
        if key in merged:
            merged[key].lines.extend(project.lines)
            merged[key].sheets |= project.sheets
        else:
            merged[key] = project
    return list(merged.values())


def _make_row(number: int, project: _Project, target_count: int) -> Row:
    code, name = split_project_code(project.name)
    functions = {line["function_code"] for line in project.lines if line["function_code"]}
    row: dict[str, Any] = {
        "project_number": number,
        "table_ordinal": project.table_ordinal,
        "project": name,
        "project_code": code,
        "project_source": project.source,
        "unit_name": project.unit_name,
        "function_code": functions.pop() if len(functions) == 1 else None,
        "amount_cny": project.amount_cny,
        "amount_reported": project.amount,
        "unit_reported": project.unit if project.amount else None,
        "purpose": project.purpose[:LONGEST_PURPOSE] if project.purpose else None,
        "target_count": target_count,
        "line_ids": [line["line_id"] for line in project.lines],
        "page": project.page,
        "bbox": list(project.bbox) if project.bbox else None,
    }
    return row
