"""Which kind of table a published title names (`layouts/table_types.yml`).

Promise: a title decides by its words alone, never by the issuer; what fits no pattern is unknown and said to be so.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from transforms.shipped import load_shipped
from transforms.text import normalise
from warehouse.records import TextLine

CAPTION_LINES = 10  # lines above a grid in which its title and unit are looked for
# A line with digits of another font is an eighth higher than one without.
ALIKE = 0.85
FIRST_HALF = 8  # characters: a shorter line is not the first half of a title
NUMBER_LINE = 12  # characters: a longer line is more than a table's number

# The nine tables that every department publishes.
EXPECTED_TYPES = (
    "revenue_expenditure_summary",
    "revenue_summary",
    "expenditure_summary",
    "appropriation_summary",
    "general_budget_expenditure",
    "general_budget_basic_expenditure",
    "three_public_expenditure",
    "government_fund_expenditure",
    "state_capital_expenditure",
)


class TableType(BaseModel):
    """One entry of the catalogue: the title's pattern and what its amounts measure by default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    title: str
    direction: str | None = None
    fund: str = "all"
    kind: str = "total"


class Catalogue(BaseModel):
    """The catalogue as in the YAML file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    types: tuple[TableType, ...]
    title_line: str
    title_number: str
    title_not: str
    title_tail: str
    not_a_type: str
    title_longest: int
    units: dict[str, str]


@dataclass(frozen=True, slots=True)
class Title:
    """A table's title and number as published, and the type that it names (None: no known one)."""

    text: str
    number: str | None
    table_type: TableType | None


@cache
def load_catalogue() -> Catalogue:
    """The catalogue of table types."""
    text = files("transforms").joinpath("layouts/table_types.yml").read_text(encoding="utf-8")
    return Catalogue(**load_shipped(text))


def get_table_type(name: str) -> TableType:
    """The catalogue's entry by name. Raises LookupError for a name outside the catalogue."""
    for entry in load_catalogue().types:
        if entry.type == name:
            return entry
    raise LookupError(f"{name!r} is not a table type of the catalogue")


def classify_title(text: str) -> TableType | None:
    """The type that a title names, or None."""
    key = re.sub(r"[“”\"'‘’《》\s]", "", normalise(text))
    if re.search(load_catalogue().not_a_type, key):
        return None
    for entry in load_catalogue().types:
        if re.search(entry.title, key):
            return entry
    return None


def refine_by_title(table_type: TableType, title: str) -> TableType:
    """The type with the fund that its title names, where the type itself leaves the fund open."""
    if table_type.type == "three_public_expenditure" and "财政拨款" in title and "一般公共预算" not in title:
        return table_type.model_copy(update={"fund": "fiscal_appropriation"})
    if table_type.fund != "all" or table_type.direction != "expenditure":
        return table_type
    if "一般公共预算" in title:
        return table_type.model_copy(update={"fund": "general_public_budget"})
    if "财政拨款" in title:
        return table_type.model_copy(update={"fund": "fiscal_appropriation"})
    return table_type


def find_title(captions: Sequence[TextLine]) -> Title | None:
    """The title among the lines above a grid (nearest last): the nearest line that is a title, with the number beside it.

    A title may run over two lines. A line that only looks like a title (it ends in 表) counts where none nearer to the grid
    names a known type. Without any, lines that speak of performance targets say what the grid under them is.
    """
    catalogue = load_catalogue()
    near = captions[-CAPTION_LINES:]
    number: str | None = None
    unknown: Title | None = None
    for index in range(len(near) - 1, -1, -1):
        text = _strip_tail(normalise(near[index].text))
        number = number or _find_number(text)
        if len(text) > catalogue.title_longest or re.search(catalogue.title_not, text):
            continue
        name = _strip_number(text)
        if not re.search(catalogue.title_line, name):
            continue
        whole = _join_lines(near, index, name)
        if table_type := classify_title(whole):
            return Title(whole, number or _find_number_near(near, index), table_type)
        unknown = unknown or Title(whole, number, None)
    return unknown or _find_performance(near)


def _join_lines(captions: Sequence[TextLine], index: int, name: str) -> str:
    """The title with the line above it, where that is its first half (like size, close above, no end of its own), and with an
    addition in brackets on the line below: （按支出经济分类科目）."""
    line = captions[index]
    height = line.bbox[3] - line.bbox[1]
    if index + 1 < len(captions):
        below = captions[index + 1]
        addition = normalise(below.text)
        if re.match(r"^\(.*\)$", addition) and "元" not in addition and below.bbox[1] - line.bbox[1] < 2.2 * height:
            name += addition
    if index == 0:
        return name
    above = captions[index - 1]
    text = normalise(above.text)
    is_half = (
        (len(text) >= FIRST_HALF or (_is_twin(above, line) and _changes_type(_strip_number(text) + name, name)))
        and 0 < line.bbox[1] - above.bbox[1] < 2.2 * height
        and 0.6 < (above.bbox[3] - above.bbox[1]) / height < 1.7
        and above.bbox[0] < line.bbox[2]
        and line.bbox[0] < above.bbox[2]
        and not re.search(r"[。;；:：,，]$|单位[:：]|部门[:：]|^第.{1,3}部分|公开$", text)
        and not re.search(load_catalogue().title_line, _strip_number(text))
        and _find_number(text) != text
    )
    return _strip_number(text) + name if is_half else name


def _is_twin(above: TextLine, line: TextLine) -> bool:
    """Whether two lines are set alike: in one size, one centred over the other."""
    heights = (above.bbox[3] - above.bbox[1], line.bbox[3] - line.bbox[1])
    centres = (above.bbox[0] + above.bbox[2], line.bbox[0] + line.bbox[2])
    return min(heights) > ALIKE * max(heights) and abs(centres[0] - centres[1]) < heights[1]


def _changes_type(whole: str, rest: str) -> bool:
    """Whether a title names a known type that its second half alone does not: 政府 | 性基金预算支出表."""
    found, alone = classify_title(whole), classify_title(rest)
    return found is not None and (alone is None or alone.type != found.type)


def _find_performance(captions: Sequence[TextLine]) -> Title | None:
    for line in reversed(captions[-3:]):
        text = normalise(line.text)
        if "绩效" in text and "目标" in text:
            return Title(text, None, get_table_type("project_performance_targets"))
    return None


def find_unit(texts: Sequence[str]) -> str | None:
    """The unit of amounts stated nearest to the grid: 单位：万元, 金额单位：元, （万元）."""
    for line in reversed(texts[-CAPTION_LINES:]):
        text = normalise(line)
        for pattern in (
            r"单位[::]?[((]?(?:人民币)?[((]?(亿元|万元|千元|元)",
            r"^[((]?(?:人民币)?(亿元|万元|千元|元)[))]?$",
            r"[((](亿元|万元|千元|元)[))]",
        ):
            if match := re.search(pattern, text):
                return match[1]
    return None


def _strip_tail(text: str) -> str:
    """A line without what stands at its right end beside a title: 单位：万元, 编制单位：某局."""
    return re.sub(load_catalogue().title_tail, "", text) or text


def _find_number(text: str) -> str | None:
    pattern = load_catalogue().title_number
    match = re.match(rf"^({pattern})", text) or re.search(rf"({pattern})$", text)
    return match[1] if match else None


def _find_number_near(captions: Sequence[TextLine], index: int) -> str | None:
    """The number on a line just before or after the title."""
    for near in (index - 1, index + 1, index - 2, index - 3):
        if (
            0 <= near < len(captions)
            and len(text := normalise(captions[near].text)) <= NUMBER_LINE
            and (number := _find_number(text))
        ):
            return number
    return None


def _strip_number(text: str) -> str:
    pattern = load_catalogue().title_number
    stripped = re.sub(rf"^({pattern})[::、.]?", "", text)
    stripped = re.sub(r"^\(?[一二三四五六七八九十\d]{1,3}\)?[、.]", "", stripped)
    return stripped or text
