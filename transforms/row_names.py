"""Labels, codes, units and projects of rows, as printed.

Promise: every body row of a block once, in printed order; a code is kept as printed; one that stands on the line above its name
is put back; a total, a class of goods or a unit has no project.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from transforms.codes import (
    COLUMN_BY_SCHEME,
    WHOLE,
    CodeBook,
    SplitCode,
    complete_code,
    is_listed,
    is_name_of,
    is_unlisted,
    scheme_of,
    split_fused,
    split_unpadded,
)
from transforms.columns import Block, Column, Header
from transforms.grid import TableGrid
from transforms.header_vocabulary import is_total_label
from transforms.row_vocabulary import load_row_vocabulary
from transforms.table_row import SCHEME_ORDER, TableRow
from transforms.table_types import TableType
from transforms.text import normalise, split_mark

PERIOD_LABEL = 8  # characters: a longer name only speaks of change


def read_names(
    grid: TableGrid, header: Header, block: Block, table_type: TableType, book: CodeBook, year: int, tails: Collection[int] = ()
) -> Iterator[TableRow]:
    """Rows with label, codes, unit and project as printed. `tails`: rows that are only the rest of a cut one."""
    groups = _group_codes(block.codes)
    states = [SplitCode() for _ in groups]
    unit_codes = [c for c in block.others if c.role == "unit_code"]
    periods = [c for c in block.others if c.role == "period"]
    above: TableRow | None = None
    unit: tuple[str | None, str | None] = (None, None)
    project: str | None = None
    for row in range(header.first_data_row, grid.n_rows):
        if row in header.rows or row in tails:
            continue
        codes, printed = _read_codes(grid, row, groups, states, book, year)
        label, fused, group = _read_label(grid, row, block, groups, codes, printed, book, year)
        codes = codes or _read_code_among_units(grid, row, unit_codes, label, book)
        codes, unit_printed = _part_units({**fused, **codes}, label, _find_unit_digits(grid, row, groups), book)
        if not label and periods and any(grid.text(row, column.index) for column in periods) and above is not None:
            label = above.label  # one unit's rows for several years: its name stands on the first of them
        own_unit = (unit_printed, label) if unit_printed else _read_unit(grid, row, block, unit_codes, codes)
        if own_unit[0] in codes.values():
            own_unit = (None, own_unit[1])
        is_form = bool(re.search(load_row_vocabulary().funding_forms, label))
        unit = (None, None) if is_form else _keep_unit(unit, own_unit)
        is_group = _is_group(grid, row, block) or is_form or _is_unit_of_projects(table_type, label, own_unit[1])
        own_project = None if is_group else _read_project(grid, row, block, table_type, label, codes)
        # A total, a class of goods or a unit begins another group: the project above is not its own.
        project = own_project or (None if is_group or is_total_label(label) else project)
        above = TableRow(
            row=row,
            block=block,
            label=label,
            level=split_mark(group or label)[0],
            codes={COLUMN_BY_SCHEME[scheme]: code for scheme, code in codes.items()},
            code_source=_source(codes, book, year),
            unit_code=unit[0],
            unit_name=unit[1],
            is_unit=not codes and bool(label) and any(own_unit) and not is_form and not is_total_label(label),
            is_group=is_group,
            places=_find_places(grid, row, block),
            project_name=project,
            kind=table_type.kind if _reaches_over_blocks(grid, row, block) and is_total_label(label) else None,
            basis=_read_period(grid, row, periods, label, year),
            note=group if group and group != label else None,
        )
        yield above


def _group_codes(columns: Sequence[Column]) -> list[tuple[Column, ...]]:
    """Code columns that make one code together: neighbours 类 | 款 | 项 under one parent, or under one that stands over 类 alone
    (a header whose cells were not merged); any other stands alone."""
    groups: list[list[Column]] = []
    for column in columns:
        last = groups[-1][-1] if groups else None
        joins = (
            last is not None
            and last.index == column.index - 1
            and last.path[-1:] != column.path[-1:]
            and column.path[-1] in {"款", "项"}
            and column.path[:-1] in {last.path[:-1], ()}
        )
        if joins:
            groups[-1].append(column)
        else:
            groups.append([column])
    return [tuple(group) for group in groups]


def _read_codes(
    grid: TableGrid, row: int, groups: Sequence[tuple[Column, ...]], states: Sequence[SplitCode], book: CodeBook, year: int
) -> tuple[dict[str, str], list[str]]:
    """Codes by scheme, and the texts of code cells that are no codes (合计 over code and name; 类 款 项)."""
    codes: dict[str, str] = {}
    words: list[str] = []
    for group, state in zip(groups, states, strict=True):
        pieces = [grid.text(row, column.index) if grid.begins(row, column.index) else "" for column in group]
        if len(group) == 1:
            fused, name = split_fused(pieces[0])
            code = fused or complete_code(pieces[0], book, year)
            if fused and name:
                words.append(name)
        else:
            code = state.join([re.sub(r"\.0+$", "", piece) for piece in pieces])
        if code:
            codes.setdefault(scheme_of(code), code)
        else:
            words.extend(piece for piece in pieces if piece and not re.fullmatch(r"[类款项\d.]+", piece))
    return codes, words


def _reaches_over_blocks(grid: TableGrid, row: int, block: Block) -> bool:
    """Whether the cell that names the row begins in a block to the left: its amount is then the sum over the blocks."""
    columns = (*block.codes, *block.labels)
    first = min((column.index for column in columns), default=0)
    cell = grid.rows[row][first]
    return cell is not None and cell.column < first and bool(normalise(cell.text))


def _find_unit_digits(grid: TableGrid, row: int, groups: Sequence[tuple[Column, ...]]) -> str | None:
    """The code of a budget unit printed where classification codes stand: 101, 101001, 101001001."""
    for group in groups:
        pieces = [text for column in group if grid.begins(row, column.index) and (text := grid.text(row, column.index))]
        if len(pieces) == 1 and re.fullmatch(r"\d{3}|\d{6}|\d{9}|\d{12}", pieces[0]):
            return pieces[0]
    return None


def _read_code_among_units(grid: TableGrid, row: int, unit_codes: Sequence[Column], label: str, book: CodeBook) -> dict[str, str]:
    """A classification code in the column of unit codes (单位代码: 101001, then 2010101), where the row has the class's name."""
    for column in unit_codes:
        code = grid.text(row, column.index)
        if label and WHOLE.match(code) and is_name_of(code, label, book):
            return {scheme_of(code): code}
    return {}


def _part_units(codes: Mapping[str, str], label: str, digits: str | None, book: CodeBook) -> tuple[dict[str, str], str | None]:
    """Classification codes of a row, and the code of the unit that it stands for.

    301 某某局 is a unit: the digits are those of a class, but the name is an organisation's and not the class's.
    """
    name = re.sub(r"\(.*\)$", "", label)
    is_organisation = bool(re.search(load_row_vocabulary().organisations, name))
    kept = {
        scheme: code
        for scheme, code in codes.items()
        if not (len(code) == 9 and is_unlisted(code, book) and is_unlisted(code[:7], book))
        and not (len(code) == 3 and is_organisation and not is_name_of(code, label, book))
    }
    if kept or not label:
        return kept, None
    dropped = next(iter(codes.values()), None)
    return kept, dropped or (digits if digits and (is_organisation or len(digits) > 3) else None)


def _keep_unit(unit: tuple[str | None, str | None], own: tuple[str | None, str | None]) -> tuple[str | None, str | None]:
    """The unit of a row: its own, with the name that the same code had above; else the one of the rows above."""
    if not any(own):
        return unit
    if own[0] and not own[1] and own[0] == unit[0]:
        return unit
    return own


def join_codes_above(rows: Sequence[TableRow], grid: TableGrid, book: CodeBook) -> list[TableRow]:
    """A code printed on a row of its own above the name that it belongs to."""
    joined: list[TableRow] = []
    for row in rows:
        above = joined[-1] if joined else None
        fits = (
            above is not None
            and above.codes
            and not above.label
            and not row.codes
            and row.label
            and not any(grid.text(above.row, column.index) for column in above.block.amounts)
            and all(is_name_of(code, row.label, book) for code in above.codes.values())
        )
        if fits and above is not None:
            joined[-1] = replace(row, codes=above.codes, code_source=above.code_source)
        else:
            joined.append(row)
    return joined


def _read_label(
    grid: TableGrid,
    row: int,
    block: Block,
    groups: Sequence[tuple[Column, ...]],
    codes: Mapping[str, str],
    words: Sequence[str],
    book: CodeBook,
    year: int,
) -> tuple[str, dict[str, str], str | None]:
    """The row's label, codes fused with names, and the group that a merged cell to the left names."""
    fused: dict[str, str] = {}
    names: list[tuple[str | None, str]] = []
    units: list[str] = []
    for column in block.labels:
        cell = grid.rows[row][column.index]
        if cell is None or (cell.column < column.index and any(c.index == cell.column for c in block.labels)):
            continue
        text = normalise(cell.text)
        if not text or text in {"类", "款", "项"}:
            continue
        if column.role == "unit_name":
            units.append(text)
            continue
        code, name = split_fused(text)
        if code is None:
            code, name = split_unpadded(text, book, year)
        if code:
            fused.setdefault(scheme_of(code), code)
            names.append((scheme_of(code), name))
        else:
            names.append((_scheme_left_of(column, groups, grid, row, codes), text))
    if not names:
        totals = [text for c in block.others if is_total_label(text := grid.text(row, c.index))]
        return next(iter((*units, *words, *totals)), ""), fused, None
    label = _choose_name(names)
    group = names[0][1] if len(names) > 1 and names[0][0] is None else None
    return label, fused, group


def _scheme_left_of(
    column: Column, groups: Sequence[tuple[Column, ...]], grid: TableGrid, row: int, codes: Mapping[str, str]
) -> str | None:
    """The scheme of the code that stands nearest to the left of a name, where a row carries several classifications."""
    if len(groups) < 2:
        return None
    left = [group for group in groups if group[-1].index < column.index]
    if not left:
        return None
    pieces = "".join(grid.text(row, c.index) for c in left[-1])
    if pieces and pieces[0] in "235":
        scheme = scheme_of(pieces)
        return scheme if scheme in codes else None
    return None


def _choose_name(names: Sequence[tuple[str | None, str]]) -> str:
    """The name of the first classification in order (function, department, government), else the last name printed."""
    for scheme in SCHEME_ORDER:
        for owner, name in names:
            if owner == scheme:
                return name
    return names[-1][1]


def _read_unit(
    grid: TableGrid, row: int, block: Block, unit_codes: Sequence[Column], codes: Mapping[str, str]
) -> tuple[str | None, str | None]:
    code = next((text for c in unit_codes if (text := grid.text(row, c.index)) and re.fullmatch(r"\d{3,12}", text)), None)
    names = [grid.text(row, c.index) for c in block.labels if c.role == "unit_name"]
    if code and not names and not codes:
        names = [grid.text(row, c.index) for c in block.labels[:1]]
    name = next((text for text in names if text and not is_total_label(text)), None)
    return code, name


def _read_project(
    grid: TableGrid, row: int, block: Block, table_type: TableType, label: str, codes: Mapping[str, str]
) -> str | None:
    """The project that a row names, in project and procurement tables."""
    if table_type.type == "project_expenditure":
        return None if is_total_label(label) or codes else label or None
    if table_type.type in {"government_procurement", "carry_over_expenditure"}:
        for column in block.labels:
            if _names_projects(column) and (text := grid.text(row, column.index)):
                return None if is_total_label(text) else text
    return None


def _names_projects(column: Column) -> bool:
    return bool(re.search(r"专项|项目名称|采购项目$", "/".join(column.path)))


def _is_unit_of_projects(table_type: TableType, label: str, unit: str | None) -> bool:
    """Whether a row of a table of projects names a unit, in the column in which the projects are named."""
    return table_type.type == "project_expenditure" and bool(label) and label == unit


def _find_places(grid: TableGrid, row: int, block: Block) -> tuple[int, ...]:
    """Which of a block's columns of names begin in the row, where one of them is the column of projects."""
    if not any(_names_projects(column) for column in block.labels):
        return ()
    return tuple(n for n, column in enumerate(block.labels) if grid.begins(row, column.index) and grid.text(row, column.index))


def _is_group(grid: TableGrid, row: int, block: Block) -> bool:
    """Whether a row only names something left of the column of projects: a class of goods or a unit, over all its projects."""
    place = next((n for n, column in enumerate(block.labels) if _names_projects(column)), 0)
    named = [grid.begins(row, column.index) and bool(grid.text(row, column.index)) for column in block.labels]
    return any(named[:place]) and not any(grid.text(row, column.index) for column in block.labels[place:])


def _read_period(grid: TableGrid, row: int, periods: Sequence[Column], label: str, year: int) -> str | None:
    """What the row's amounts are measured as, where a column for the year or the row's own name says so."""
    for text in (*(grid.text(row, column.index) for column in periods), label):
        for rule in load_row_vocabulary().periods:
            if re.search(rule.pattern, text) and (text != label or len(label) <= PERIOD_LABEL):
                return rule.basis
        if match := re.match(r"(20\d{2})年?(度)?(预算数?)?$", text):
            return {0: "budget", -1: "prior_year_budget"}.get(int(match[1]) - year)
    return None


def _source(codes: Mapping[str, str], book: CodeBook, year: int) -> str | None:
    """`local` where a printed code extends the national list below its last level."""
    if not codes:
        return None
    local = any(
        not is_listed(code, book, year) and is_listed(code[:-2], book, year) and len(code) >= 7 for code in codes.values()
    )
    return "local" if local else "printed"
