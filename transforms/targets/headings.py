"""What the words of a sheet introduce: columns under a header, keys of a head, titles above a grid.

Promise: a text that introduces nothing known yields None; no order of columns and no position on the page is taken for granted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from transforms.table_types import find_title, find_unit
from transforms.targets.vocabulary import load_target_vocabulary
from transforms.text import normalise
from warehouse.records import RawCell, TextLine

LONGEST_TITLE = 80  # characters: a longer line tells of a sheet
EDGE = 3.0  # points by which the rules of two pages may differ


@dataclass(frozen=True, slots=True)
class Column:
    """A column as its header tells it: its role (None: unknown) between two x positions; `block` counts sets side by side."""

    role: str | None
    left: float
    right: float
    text: str
    block: int = 0


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a header. `is_prose`: projects with a text of goals, no column of indicators."""

    columns: tuple[Column, ...]
    is_prose: bool

    @property
    def blocks(self) -> range:
        """The numbers of the blocks side by side."""
        return range(1 + max(column.block for column in self.columns))


@dataclass(frozen=True, slots=True)
class Heading:
    """What the lines above a grid say: a title of a target sheet, the project that a line states, or that the title names, its
    amount and the unit of amounts."""

    title: str | None
    project: str | None
    titled: str | None = None
    amount: str | None = None
    unit: str | None = None


def read_header(cells: Sequence[RawCell]) -> Columns | None:
    """The columns that a row of cells heads, or None where it heads no targets."""
    columns = _choose_indicators(_number_blocks([_read_column(cell) for cell in cells]))
    roles = {column.role for column in columns}
    if {"indicator", "value"} <= roles:
        return Columns(tuple(columns), is_prose=False)
    if {"project", "goal"} <= roles and not roles & {"indicator", "value", "level_1", "level_2"}:
        return Columns(tuple(columns), is_prose=True)
    return None


def heads_levels(cells: Sequence[RawCell]) -> bool:
    """Whether cells head the levels of indicators."""
    return any(_read_column(cell).role in {"level_1", "level_2"} for cell in cells)


def assign_cells(columns: Columns, cells: Sequence[RawCell], block: int) -> dict[str, RawCell]:
    """The cells of a row by role. Where a page has other rules than its header, order decides if counts agree, else overlap."""
    own = [column for column in columns.columns if column.block in {0, block}]
    if all(any(_fits(column, cell) for cell in cells) for column in own if column.role):
        pairs = [(column, next(cell for cell in cells if _fits(column, cell))) for column in own if column.role]
    elif len(cells) == len(columns.columns):
        pairs = [(c, cell) for c, cell in zip(columns.columns, cells, strict=True) if c.block in {0, block}]
    else:
        pairs = [(column, cell) for column in own if (cell := _find_overlapping(column, cells)) is not None]
    found: dict[str, RawCell] = {}
    for column, cell in pairs:
        if column.role and (column.block == block or column.role not in found):
            found[column.role] = cell
    return found


def inherit_roles(columns: Columns, before: Columns | None) -> Columns:
    """A header that is printed again, with something over it: the columns in the same places keep their roles."""
    if before is None or len(before.columns) != len(columns.columns):
        return columns
    pairs = list(zip(columns.columns, before.columns, strict=True))
    if any(abs(new.left - old.left) > EDGE or abs(new.right - old.right) > EDGE for new, old in pairs):
        return columns
    return Columns(tuple(replace(new, role=new.role or old.role) for new, old in pairs), columns.is_prose)


def find_key(text: str) -> tuple[str, str] | None:
    """The key that a cell of a sheet's head shows, with the value behind its colon (empty: it stands in the next cell)."""
    plain = normalise(text)
    if ":" in plain:
        name, _, value = plain.partition(":")
    else:
        name, value = plain, ""
    for rule in load_target_vocabulary().keys:
        if re.fullmatch(rule.pattern, name):
            return rule.key, value
    return None


def read_heading(captions: Sequence[TextLine]) -> Heading:
    """The title and the project that the lines above a grid name."""
    title = find_title(captions)
    text = title.text if title and re.search(load_target_vocabulary().sheet_title, title.text) else None
    project = next((name for line in reversed(captions) if (name := find_inline_project(line.text))), None)
    texts = [line.text for line in captions]
    amounts = [match[1] for line in texts if (match := re.search(load_target_vocabulary().line_amount, normalise(line)))]
    titled = find_titled_project(text) if text else None
    return Heading(text, project, titled, amounts[-1] if amounts else None, find_unit(texts))


def find_titled_project(title: str) -> str | None:
    """The project that a sheet's title names: 301007_某局_某项目绩效目标表, 某经费项目绩效目标表."""
    words = load_target_vocabulary()
    if is_whole_title(title) or len(title) > LONGEST_TITLE:
        return None
    for pattern in words.titled_projects:
        if match := re.search(pattern, title):
            return None if re.fullmatch(words.generic_title, match[1]) else match[1]
    return None


def find_inline_project(text: str) -> str | None:
    """The project in 单位名称：某局 项目名称：某项目."""
    words = load_target_vocabulary()
    match = re.search(rf"(?:项目|专项|政策)\)?名称[::](.+?)(?={words.after_project}|$)", normalise(text))
    return match[1] if match else None


def is_whole_title(title: str) -> bool:
    """Whether a title speaks of the whole department."""
    return bool(re.search(load_target_vocabulary().whole_title, normalise(title)))


def split_project_code(name: str) -> tuple[str | None, str]:
    """The number in front of a project's name, and the name: 11000021Y000000390843-信息系统运维类项目."""
    match = re.match(load_target_vocabulary().project_code, name)
    return (match["code"], match["name"]) if match else (None, name)


def _read_column(cell: RawCell) -> Column:
    text = normalise(cell.text)
    words = load_target_vocabulary()
    left, right = cell.bbox[0], cell.bbox[2]
    if re.fullmatch(words.vague_indicator, text):
        return Column("vague", left, right, text)
    role = next((rule.role for rule in words.columns if re.match(rule.pattern, text)), None)
    return Column(role, left, right, text)


def _number_blocks(columns: Sequence[Column]) -> list[Column]:
    """Blocks side by side: behind a value, a level or an indicator that was there before begins another."""
    numbered: list[Column] = []
    block, seen = 0, set[str]()
    for column in columns:
        if "value" in seen and column.role in seen & {"level_1", "level_2", "level_3", "level_4", "value"}:
            block, seen = block + 1, set()
        if column.role:
            seen.add(column.role)
        numbered.append(replace(column, block=block))
    return numbered


def _choose_indicators(columns: Sequence[Column]) -> list[Column]:
    """In each block the most detailed name becomes the indicator."""
    chosen = list(columns)
    for block in {column.block for column in columns}:
        places = [i for i, column in enumerate(chosen) if column.block == block]
        value = next((i for i in places if chosen[i].role == "value"), None)
        for role in ("level_4", "level_3", "vague", "level_2"):
            before = [i for i in places if chosen[i].role == role and (value is None or i < value)]
            if before:
                chosen[before[-1]] = replace(chosen[before[-1]], role="indicator")
                break
        for i in places:
            if chosen[i].role == "vague":
                chosen[i] = replace(chosen[i], role="standard" if value is not None and i > value else None)
    return chosen


def _fits(column: Column, cell: RawCell) -> bool:
    return abs(column.left - cell.bbox[0]) < EDGE and abs(column.right - cell.bbox[2]) < EDGE


def _find_overlapping(column: Column, cells: Sequence[RawCell]) -> RawCell | None:
    """The cell that lies under most of a column, if it is at least half of the narrower of the two."""
    best = max(cells, key=lambda cell: _overlap(column, cell), default=None)
    if best is None:
        return None
    narrow = min(column.right - column.left, best.bbox[2] - best.bbox[0])
    return best if _overlap(column, best) >= narrow / 2 else None


def _overlap(column: Column, cell: RawCell) -> float:
    return min(column.right, cell.bbox[2]) - max(column.left, cell.bbox[0])
