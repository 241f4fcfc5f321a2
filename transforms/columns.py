"""What a header says of a table: its columns, and the blocks that stand side by side.

Promise: immutable; a column of amounts carries its whole meaning.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its header's path and what it holds.

    `role`: amount, unknown (amounts under words without a meaning), or one of the roles of text columns. For amounts: `fund`,
    `kind`, `basis`, `item_key` as in the data model. `note` says of which column it shows a part (其中), or that it is a memo;
    `direction` where the column's differs from its block's; `codes` where the heading is an economic class.
    """

    index: int
    path: tuple[str, ...]
    role: str
    fund: str = "all"
    kind: str = "total"
    basis: str = "budget"
    item_key: str | None = None
    note: str | None = None
    direction: str | None = None
    codes: Mapping[str, str] = field(default_factory=dict)

    @property
    def heading(self) -> str:
        """The lowest header cell that says what the column is; 小计 under a group takes the group's words."""
        words = [part for part in self.path if part]
        while len(words) > 1 and re.fullmatch(r"小计|预算数|决算数|金额", words[-1]):
            words.pop()
        return words[-1] if words else ""


@dataclass(frozen=True, slots=True)
class Block:
    """Columns that belong together side by side: those that name a row, and the amounts of that row."""

    codes: tuple[Column, ...]
    labels: tuple[Column, ...]
    amounts: tuple[Column, ...]
    others: tuple[Column, ...]
    direction: str


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a table: its rows, all columns, and the blocks side by side."""

    rows: frozenset[int]
    first_data_row: int
    columns: tuple[Column, ...]
    blocks: tuple[Block, ...]
    unknown: tuple[Column, ...] = field(default=())
