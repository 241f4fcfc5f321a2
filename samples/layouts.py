"""How a disclosure is printed: the free choices of real publishers, and the words of one place (`dialects.yml`).

Promise: a `Layout` is immutable and complete; two equal layouts print a budget in the same way.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Literal, Self, get_args

import yaml
from pydantic import Field, model_validator

from samples.budget import Facts

CodeStyle = Literal["one_column", "three_columns", "staggered", "fused", "above_name", "names_only"]
Unit = Literal["元", "千元", "万元", "亿元"]
Rules = Literal["full", "columns", "filled"]
UNIT_YUAN: Mapping[Unit, int] = {"元": 1, "千元": 1_000, "万元": 10_000, "亿元": 100_000_000}

# Which styles a way of setting codes goes with.
MARKED_STYLES: Mapping[str, frozenset[str]] = {
    "plain": frozenset(get_args(CodeStyle)),
    "joined": frozenset({"fused"}),
    "brackets": frozenset({"one_column", "fused", "above_name"}),
    "points": frozenset({"one_column"}),
}

ColumnWords = tuple[tuple[str, ...], str]


class ThreePublicWords(Facts):
    """Words of the table of the three public expenses; `fund` is what its title says."""

    fund: str
    labels: Mapping[str, str]
    item: str
    amount: str
    parent: str | None = None
    base: str | None = None
    change: str | None = None
    remark: str | None = None
    agency_operating: str | None = None
    meetings: str | None = None
    training: str | None = None


class Dialect(Facts):
    """The words of one place; `dialects.yml` explains the keys."""

    titles: Mapping[str, str]
    issuer: str
    unit: str
    blocks: Mapping[str, str]
    appropriation_blocks: Mapping[str, str]
    item: str
    amount: str
    row_head: Mapping[str, tuple[str, str]]
    revenue_rows: tuple[tuple[str, str, int], ...]
    totals: Mapping[str, str]
    appropriation_rows: tuple[tuple[str, str, int], ...]
    appropriation_totals: Mapping[str, str]
    appropriation_columns: tuple[ColumnWords, ...]
    revenue_columns: tuple[ColumnWords, ...]
    expenditure_columns: tuple[ColumnWords, ...]
    general_columns: tuple[ColumnWords, ...]
    basic_columns: tuple[ColumnWords, ...]
    three_public: ThreePublicWords
    empty_note: str
    fund_columns: tuple[ColumnWords, ...] = ()
    project_columns: tuple[ColumnWords, ...] = ()
    economic_heading: Mapping[str, str] = Field(default_factory=dict)
    economic_column: str | None = None
    agency_column: str | None = None
    appropriation_expenditure_heading: str | None = None
    row_head_parent: str | None = None
    amount_parents: Mapping[str, str] = Field(default_factory=dict)
    fused_head: Mapping[str, str] = Field(default_factory=dict)
    empty_labels: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    skipped_classes: tuple[str, ...] = ("209", "234")


@cache
def load_dialects() -> dict[str, Dialect]:
    """The words by place."""
    text = files("samples").joinpath("dialects.yml").read_text(encoding="utf-8")
    return {name: Dialect(**entry) for name, entry in yaml.safe_load(text).items()}


class Layout(Facts):
    """One way of printing. Each field is a choice that real disclosures make; `irregularities` of the design name them.

    `nothing`: what stands where there is no money. `total_place`: where the word 合计 stands, and `total_first` in which row.
    `minus_zero`: nothing is printed as -0.00. `mixed_fonts`: digits in a font of their own, on another baseline than the Chinese.
    `code_marks`: how a code is set: 201-一般公共服务支出 or 201 in its column; without the dash; in brackets; 201.03.50.
    `repeat_total`: the row 合计 opens the table's second page again. `issuer_spellings`: above each table the issuer is spelled
    in another way. `untitled`: table types printed without a title; `mistitled`: under the title of another table.
    `imaged`: table types that are pictures. `split_files`: the text is one file, the tables another.
    `trims_text`: the text says 230.2 where the tables say 230.20.
    `empty`: a table without money is a bare header with a note, has blank template rows, or a row of zeros.
    `negative`: how an amount below zero is printed. `spaced_words`: 合 计, 项 目.
    `wide_characters`: full-width digits and brackets in names. `narrow_names`: names over three lines and more.
    `name_suffix`: what the names of items end in, as 事业运行（政府办公厅）. `late_codes`: 30211 after 30299.
    `pads_codes`: 30102 as 301 and 02, or as 301 and 2. `template_rows`: rows left empty at the end.
    `blank_pages`: an empty page wherever a table goes on. `lone_last_row`: the last row stands alone on the next page.
    `unit_notes`: on every page with a title, on a table's first page, on the first table alone.
    `contents`: how the table of contents names the tables. `purpose_block`: 支出用途, a third block by kind of expenditure.
    `omits`: table types of the dialect that this publisher does not print.
    `number_place`: 公开05表 above the title, 表5 in front of it, behind it, or no number.
    """

    dialect: str = "jiangsu"
    code_style: CodeStyle = "one_column"
    leaves_only: bool = False
    unit: Unit = "万元"
    decimals: Literal[0, 1, 2, 6] = 2
    thousands: bool = True
    nothing: Literal["blank", "dash", "zero", "stars"] = "blank"
    negative: Literal["minus", "brackets"] = "minus"
    minus_zero: bool = False
    code_marks: Literal["plain", "joined", "brackets", "points"] = "plain"
    class_marks: Literal["numbered", "code", "plain", "tree"] = "numbered"
    lists_all_classes: bool = True
    economic_block: bool = False
    purpose_block: bool = False
    kinds_in_summary: bool = False
    revenue_by_unit: bool = False
    expenditure_by_unit: bool = False
    pads_codes: bool = True
    late_codes: bool = False
    spaced_words: bool = False
    wide_characters: bool = False
    name_suffix: str = ""
    narrow_names: bool = False
    issuer_spellings: bool = False
    mixed_fonts: bool = False
    template_rows: int = Field(default=0, ge=0)
    rotated: bool = False
    landscape: bool = True
    repeat_header: bool = False
    repeat_title: bool = False
    repeat_total: bool = False
    title_lines: Literal[1, 2] = 1
    lone_last_row: bool = False
    blank_pages: bool = False
    unit_notes: Literal["all", "first_page", "first_table"] = "all"
    contents: Literal["titles", "other_words", "none"] = "titles"
    packed: bool = False
    total_first: bool = True
    total_place: Literal["span", "code", "name"] = "span"
    indented: bool = False
    serial_column: bool = False
    remark_column: bool = False
    column_numbers: Literal["none", "digits", "stars"] = "none"
    wraps_amounts: bool = False
    rules: Rules = "full"
    unit_place: Literal["right", "left", "above_title"] = "right"
    number_place: Literal["none", "above", "front", "behind"] = "above"
    number_format: str = "公开{n:02d}表"
    three_public: Literal["rows", "rows_two_years", "columns", "columns_two_years"] = "columns"
    three_public_unit: Unit = "万元"
    empty: Literal["note", "template", "zeros"] = "note"
    omits: tuple[str, ...] = ()
    untitled: tuple[str, ...] = ()
    mistitled: Mapping[str, str] = Field(default_factory=dict)
    imaged: tuple[str, ...] = ()
    split_files: bool = False
    trims_text: bool = False
    page_header: bool = False
    tables_first: bool = False
    serif: bool = True
    font_size: float = Field(default=9, ge=6, le=12)

    @model_validator(mode="after")
    def _check_choices(self) -> Self:
        words = load_dialects().get(self.dialect)
        if words is None:
            raise ValueError(f"no dialect {self.dialect!r}; known: {', '.join(load_dialects())}")
        if self.three_public.endswith("two_years") and words.three_public.base is None:
            raise ValueError(f"dialect {self.dialect} has no word for the other year's column")
        if self.leaves_only and self.code_style in {"staggered", "names_only"}:
            raise ValueError("rows without their parents need complete codes")
        if self.unit == "元" and self.decimals == 6:
            raise ValueError("yuan have two decimals at most")
        if self.unit_notes == "first_table" and self.three_public_unit != self.unit:
            raise ValueError("one unit note for all tables needs one unit for all tables")
        if self.code_style not in MARKED_STYLES[self.code_marks]:
            raise ValueError(f"codes in the style {self.code_style} are not set as {self.code_marks}")
        if self.purpose_block and self.economic_block:
            raise ValueError("a summary has one third block")
        return self

    @property
    def words(self) -> Dialect:
        """The words of this layout's place."""
        return load_dialects()[self.dialect]

    @property
    def step(self) -> Decimal:
        """The smallest printed unit of the main tables, in yuan."""
        return Decimal(UNIT_YUAN[self.unit]).scaleb(-self.decimals)

    def format_amount(self, yuan: Decimal, unit: Unit | None = None) -> str:
        """The amount as printed. Raises ValueError where the unit cannot print it exactly."""
        decimals = self.decimals if unit in {None, self.unit} else 2
        value = yuan / UNIT_YUAN[unit or self.unit]
        printed = round(value, decimals)
        if printed != value:
            raise ValueError(f"{yuan} yuan cannot be printed in {unit or self.unit} with {decimals} decimals")
        if printed < 0 and self.negative == "brackets":
            return f"({self._write(-printed, decimals)})"
        return self._write(printed, decimals)

    def _write(self, value: Decimal, decimals: int) -> str:
        return f"{value:,.{decimals}f}" if self.thousands else f"{value:.{decimals}f}"
