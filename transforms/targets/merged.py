"""What a merged cell says for every row it spans, also where a page break cuts it in two.

Promise: a name is taken from the cell itself or from its other half; where neither is sure, there is none.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transforms.targets.headings import split_project_code
from transforms.targets.sheets import SheetRow
from transforms.targets.vocabulary import is_nothing, load_target_vocabulary
from transforms.text import normalise

# 项目名称 and a project's number, printed over each other: 1100项00目23名T000称
HEADER_OVER_CODE = re.compile(r"^([\dA-Z-]*)项([\dA-Z-]*)目([\dA-Z-]*)名([\dA-Z-]*)称?(.*)$")


@dataclass(slots=True)
class _Part:
    """Rows that one cell spans: a whole merged cell, or the part of it on one page. `merged`: it spans several rows."""

    first: int
    last: int
    text: str
    amount: str
    merged: bool
    name: str | None = None


def fill_levels(rows: Sequence[SheetRow], roles: Sequence[str]) -> list[dict[str, str | None]]:
    """The levels of every row, from the highest to the lowest role: printed, or those of the cell that spans the row."""
    filled: list[dict[str, str | None]] = [{} for _ in rows]
    above: list[str] = []
    for role in roles:
        parts = _split_parts(rows, role)
        uses_merging = any(part.merged for part in parts)
        for i, part in enumerate(parts):
            before = parts[i - 1] if i else None
            after = parts[i + 1] if i + 1 < len(parts) else None
            part.name = part.text or _find_level(rows, filled, above, part, before, after, uses_merging)
            for index in range(part.first, part.last + 1):
                filled[index][role] = part.name
        above.append(role)
    return filled


def _find_level(
    rows: Sequence[SheetRow],
    filled: Sequence[Mapping[str, str | None]],
    above: Sequence[str],
    part: _Part,
    before: _Part | None,
    after: _Part | None,
    uses_merging: bool,
) -> str | None:
    starts_page = before is not None and rows[before.last].page != rows[part.first].page
    ends_page = after is not None and rows[after.first].page != rows[part.last].page
    if after is not None and ends_page and not starts_page and uses_merging and after.text:
        return after.text
    if before is None or any(filled[before.last][role] != filled[part.first][role] for role in above):
        return None
    return before.name


def fill_projects(rows: Sequence[SheetRow]) -> list[str | None]:
    """The project of every row of a list, from its column of names. A project has one amount: two halves share it."""
    parts = _split_parts(rows, "project")
    uses_merging = any(part.merged for part in parts)
    for i, part in enumerate(parts):
        before = parts[i - 1] if i else None
        is_cut = before is not None and rows[before.last].page != rows[part.first].page
        if is_cut or i == 0:
            part.text = _add_displaced(rows[part.first], part.text)
        if before is not None and is_cut:
            _join_halves(rows, before, part)
        part.name = part.name or part.text or None
        if part.name is None and before is not None and not uses_merging:
            part.name = before.name
    names: list[str | None] = [None] * len(rows)
    for part in parts:
        for index in range(part.first, part.last + 1):
            names[index] = part.name
    return names


def _join_halves(rows: Sequence[SheetRow], before: _Part, part: _Part) -> None:
    """Settle a page break between two parts: one cell cut in two, or two cells."""
    has_amounts = "amount" in rows[part.first].cells
    if not part.text:
        part.name = before.name
    elif before.name is None:
        before.name = part.text
    elif has_amounts and before.text and bool(before.amount) != bool(part.amount):
        before.name = part.name = _join_names(before.name, part.text)


def _join_names(first: str, second: str) -> str:
    """A name from its halves; where the page break only hides a part of it, one half is the whole name already: it holds the
    other, or it alone begins with the project's number."""
    if split_project_code(second)[0] and not split_project_code(first)[0]:
        return second
    whole, part = (first, second) if len(first) >= len(second) else (second, first)
    return whole if part in whole else first + second


def _add_displaced(row: SheetRow, text: str) -> str:
    """A project's name with what a repeated header was printed over: 项目名称11000022T000000 above 456102-成本监审工作经费."""
    match = HEADER_OVER_CODE.match(row.header.get("project", ""))
    displaced = "".join(match.groups()) if match else ""
    joined = text if text.startswith(displaced) else displaced + text
    return joined if displaced and re.match(r"\d{8}", displaced) and split_project_code(joined)[0] else text


def _split_parts(rows: Sequence[SheetRow], role: str) -> list[_Part]:
    parts: list[_Part] = []
    identity: tuple[int, int, int] | None = None
    for index, row in enumerate(rows):
        cell = row.cells.get(role)
        if parts and cell is not None and row.identify(role) == identity and rows[parts[-1].last].page == row.page:
            parts[-1].last = index
            continue
        identity = row.identify(role)
        text = "" if is_nothing(row.text(role)) else row.text(role)
        parts.append(_Part(index, index, text, row.text("amount"), cell is not None and cell.row_span > 1))
    return parts


def clean_level(text: str | None) -> str | None:
    """A level's name without its number and its points: 01产出数量, 产出指标(50分)."""
    if not text:
        return None
    words = load_target_vocabulary()
    plain = normalise(text)
    return re.sub(words.level_score, "", re.sub(words.level_number, "", plain)) or None
