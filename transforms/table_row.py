"""One row of a table: where it stands, what it is called and what it is.

Promise: immutable; what is None was not told by the row, and the column or the table says it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from transforms.columns import Block

SCHEME_ORDER = ("function", "econ_department", "econ_government")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of one block: where it stands and what it is. `fund`, `kind`, `basis`, None: as the column says.

    `is_unit`: the row stands for a budget unit (101001 某局), not for a class of revenue or expenditure. `is_group`: nothing is
    printed from the column of projects on, only what stands left of it: a class of goods or a unit over its projects.
    `places`: which of the columns that name the row it fills itself, in tables with a column of projects. `rejected`: the printed
    digits and name, where the digits make no code.
    """

    row: int
    block: Block
    label: str
    level: int | None
    codes: Mapping[str, str]
    code_source: str | None
    item_key: str | None = None
    fund: str | None = None
    kind: str | None = None
    basis: str | None = None
    unit_code: str | None = None
    unit_name: str | None = None
    is_unit: bool = False
    is_group: bool = False
    places: tuple[int, ...] = ()
    project_name: str | None = None
    row_kind: str = "item"
    note: str | None = None
    candidates: tuple[str, ...] = ()
    rejected: str | None = None

    @property
    def is_named(self) -> bool:
        """Whether the row has a label or a code of its own."""
        return bool(self.label or self.codes)
