"""A table as it was published, from its lines: rows in printed order, columns in printed order, blocks side by side.

Promise: every amount of the table stands in it once, as its text was printed, with the place of its cell. Nothing of `raw_` is
needed, so that no name and no telephone number of a person can come along.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from transforms.portal.addresses import Language, name_mark
from transforms.portal.printed_rows import join_rows
from transforms.portal.words import name_value
from warehouse.records import Box, Row

MEASURES = ("fund_type", "expenditure_kind", "amount_basis")
_NAMED = ("line_label", "function_code", "econ_department_code", "econ_government_code", "project_name", "unit_name", "direction")
# What a column says by itself: it needs no word in a heading.
_PLAIN = {"fund_type": "all", "expenditure_kind": "total", "amount_basis": ""}


@dataclass(frozen=True, slots=True)
class Amount:
    """One printed amount: its text, its yuan (None for a blank or a dash), its cell, and what speaks for and against it."""

    line_id: str
    text: str
    yuan: Decimal | None
    state: str
    page: int
    box: Box
    verified_by: int
    contradicted_by: int
    confidence: float
    is_corrected: bool

    @property
    def mark(self) -> str:
        """The anchor on the picture of its page."""
        return name_mark(self.line_id)

    @property
    def is_figure(self) -> bool:
        """Whether digits were printed, not a dash and not nothing."""
        return self.state in {"number", "zero"}

    @property
    def trust(self) -> str:
        """`contradicted`, `proved` or `read`, for a colour and a word."""
        if self.contradicted_by:
            return "contradicted"
        return "proved" if self.verified_by else "read"


@dataclass(frozen=True, slots=True)
class RowPart:
    """What one row says in one block. `codes`: those printed or found for it; `extra`: project and unit where it has them."""

    codes: tuple[str, ...]
    label: str
    extra: tuple[str, ...]
    kind: str
    amounts: tuple[Amount | None, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Columns side by side that share their rows' names. `headings`: one a column; `has_codes`: any row has a code."""

    direction: str
    columns: tuple[int, ...]
    headings: tuple[str, ...]
    has_codes: bool

    @property
    def width(self) -> int:
        """Columns of the shown table."""
        return len(self.columns) + 1 + self.has_codes


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """The table: its blocks, and per printed row its first line number and one part a block (None where it has nothing there).

    `first_of`: for each line number the first one of its printed row.
    """

    blocks: tuple[Block, ...]
    rows: tuple[tuple[int, tuple[RowPart | None, ...]], ...]
    first_of: Mapping[int, int]

    def list_amounts(self) -> Iterable[Amount]:
        """Every amount in printed order."""
        return (amount for _, parts in self.rows for part in parts if part for amount in part.amounts if amount)


def lay_out_table(lines: Sequence[Row], language: Language) -> PublishedTable:
    """The table of some lines of one table_id."""
    by_column: dict[int, dict[int, Row]] = defaultdict(dict)
    first_of = join_rows(lines)
    for line in lines:
        by_column[line["column_number"]][first_of[line["line_number"]]] = line
    groups = _group_columns(by_column)
    blocks = tuple(_describe_block(group, by_column, language) for group in groups)
    rows = tuple(
        (number, tuple(_take_part(block, number, by_column) for block in blocks)) for number in sorted({*first_of.values()})
    )
    return PublishedTable(blocks, rows, first_of)


def _group_columns(by_column: Mapping[int, Mapping[int, Row]]) -> list[list[int]]:
    """Neighbouring columns whose rows are called the same stand in one block."""
    groups: list[list[int]] = []
    for column in sorted(by_column):
        if groups and _names_agree(by_column[groups[-1][-1]], by_column[column]):
            groups[-1].append(column)
        else:
            groups.append([column])
    return groups


def _names_agree(left: Mapping[int, Row], right: Mapping[int, Row]) -> bool:
    shared = left.keys() & right.keys()
    if not shared:
        return bool(next(iter(left.values()))["direction"] == next(iter(right.values()))["direction"])
    return all(left[number][name] == right[number][name] for number in shared for name in _NAMED)


def _describe_block(columns: Sequence[int], by_column: Mapping[int, Mapping[int, Row]], language: Language) -> Block:
    rows = [row for column in columns for row in by_column[column].values()]
    return Block(
        direction=rows[0]["direction"],
        columns=tuple(columns),
        headings=_name_columns([by_column[column].values() for column in columns], language),
        has_codes=any(_list_codes(row) for row in rows),
    )


def _name_columns(columns: Sequence[Iterable[Row]], language: Language) -> tuple[str, ...]:
    """A heading a column: what all its rows share of fund, kind and basis, without what it shares with every other column."""
    shared = [{name: _find_shared(rows, name) for name in MEASURES} for rows in (list(column) for column in columns)]
    varying = {name for name in MEASURES if len({entry[name] for entry in shared}) > 1}
    return tuple(_join_words(entry, varying, language) for entry in shared)


def _find_shared(rows: Iterable[Row], name: str) -> str | None:
    values = {row[name] for row in rows}
    return values.pop() if len(values) == 1 else None


def _join_words(entry: Mapping[str, str | None], varying: set[str], language: Language) -> str:
    chosen = [name for name in MEASURES if name in varying and entry[name] and entry[name] != _PLAIN[name]]
    if not chosen:
        # Nothing tells it from its neighbours, or it is their total: its basis says at least what kind of figure it is.
        chosen = ["expenditure_kind"] if "expenditure_kind" in varying and entry["expenditure_kind"] else ["amount_basis"]
        if "fund_type" in varying and entry["fund_type"]:
            chosen = ["fund_type"]
    return " · ".join(name_value(name, entry[name], language) for name in chosen if entry[name])


def name_measure(line: Row, language: Language) -> str:
    """What one amount is measured as: its fund, kind and basis in words, without what goes without saying."""
    return " · ".join(name_value(name, line[name], language) for name in MEASURES if line[name] != _PLAIN[name])


def _take_part(block: Block, number: int, by_column: Mapping[int, Mapping[int, Row]]) -> RowPart | None:
    rows = [by_column[column].get(number) for column in block.columns]
    first = next((row for row in rows if row), None)
    if first is None:
        return None
    return RowPart(
        codes=_list_codes(first),
        label=first["line_label"],
        extra=tuple(first[name] for name in ("project_name", "unit_name") if first[name] and first[name] != first["line_label"]),
        kind=first["row_kind"],
        amounts=tuple(describe_amount(row) if row else None for row in rows),
    )


def _list_codes(row: Row) -> tuple[str, ...]:
    return tuple(row[name] for name in ("function_code", "econ_department_code", "econ_government_code") if row[name])


def describe_amount(line: Row) -> Amount:
    """The amount of a line of `core_budget_lines`."""
    return Amount(
        line_id=line["line_id"],
        text=line["amount_reported"],
        yuan=line["amount_cny"],
        state=line["amount_state"],
        page=line["page"],
        box=line["bbox"],
        verified_by=line["verified_by"],
        contradicted_by=line["contradicted_by"],
        confidence=line["confidence"],
        is_corrected=line["correction_id"] is not None,
    )
