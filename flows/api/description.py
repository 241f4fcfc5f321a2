"""What the query service says of itself: its tables and columns in Chinese and English, and the OpenAPI document's words.

Promise: everything said of tables and columns comes from `warehouse/metadata/`.
"""

from collections.abc import Mapping, Sequence

from pydantic import Field

from flows.api.answers import Closed, Warned, warn
from flows.api.behind import NewestState
from flows.api.questions import name_parameter
from warehouse.catalogue.release import FIRST_CLAUSE
from warehouse.metadata.models import Field as Column
from warehouse.metadata.models import get_resource, load_labels
from warehouse.selection import list_tests

INTRODUCTION = """中国部门预算公开数据的只读查询接口。Read-only questions to the tables of a Yusuan warehouse.

- 金额为人民币元，JSON 中为十进制字符串（`"1763400.00"`），请勿转为浮点数；
  空值表示公布的单元格为空或短横（见 `amount_state`），不是零。
  Amounts are in yuan; in JSON they are **decimal strings**, not floating point. A null is a blank or a dash on the page
  (see `amount_state`), not a zero.
- **请勿直接加总。Do not add up as it stands** where a page has a `warning`: it says what goes wrong and what to fix first.
- 每一页都属于同一数据状态（`state`）；按 `next` 逐页读取，即使数据同时更新，各页仍属同一状态。
  Every page is of one `state`. Follow `next`: all pages of a walk are of the state of the first.
- 金额的出处：`document_id`、`page`、`bbox`（PDF 点，左上原点）。Where an amount stands: `document_id`, `page` and `bbox`
  (x0, top, x1, bottom in PDF points from the top left of the page as displayed); other tables name the lines by `line_id`.
- 筛选：`column=值`（可重复，任一即可）、`.min`、`.max`、`.prefix`、`.contains`、`.has`、`.null`。不认识的参数是错误。
  Filters: `column=value` (repeated: any of them), `column.min`, `.max`, `.prefix`, `.contains`, `.has`, `.null`; an unknown
  one is an error that names the nearest.
- 错误为 RFC 9457 problem details。Errors are problem details.
"""
TAGS = (
    {"name": "out", "description": "可直接使用的视图 Views, joined and labelled: begin here"},
    {"name": "core", "description": "核心表 One meaning a column, every row traceable to its page"},
    {"name": "ref", "description": "代码表 Code lists and regions"},
    {"name": "service", "description": "服务本身 The service itself"},
)


class ColumnFacts(Closed):
    """One column. `parameters`: how it may be asked for."""

    name: str
    type: str
    zh: str
    en: str
    unit: str | None
    nullable: bool
    words: dict[str, str | None] = Field(description="取值 Allowed words, with their Chinese label where there is one")
    parameters: list[str]


class Table(Closed):
    """One table."""

    name: str
    zh: str
    en: str
    key: list[str]
    warning: Warned | None
    rows: str = Field(description="数据地址 Address of its rows")
    columns: list[ColumnFacts]


class LimitFacts(Closed):
    """What one question may take."""

    rows: int
    seconds: float


class Contents(Closed):
    """What there is."""

    state: NewestState
    limits: LimitFacts
    tables: list[Table]


def describe_contents(tables: Mapping[str, Sequence[str]], state: NewestState, limits: LimitFacts, root: str) -> Contents:
    """All tables with their columns."""
    return Contents(state=state, limits=limits, tables=[describe_table(name, columns, root) for name, columns in tables.items()])


def describe_table(name: str, columns: Sequence[str], root: str) -> Table:
    """One table with its columns."""
    resource = get_resource(name)
    return Table(
        name=name,
        zh=resource.zh,
        en=resource.en,
        key=[column for column in resource.key if column in columns],
        warning=warn(name),
        rows=f"{root}/{name}",
        columns=[_describe_column(resource.get_field(column)) for column in columns],
    )


def _describe_column(column: Column) -> ColumnFacts:
    labels = load_labels().get(column.declared, {})
    return ColumnFacts(
        name=column.name,
        type=column.type,
        zh=column.zh,
        en=column.en,
        unit=column.unit,
        nullable=column.nullable,
        words={word: labels.get(word) for word in column.enum},
        parameters=[name_parameter(column.name, test) for test in list_tests(column)],
    )


def describe_in_words(name: str) -> str:
    """A table for the OpenAPI document, with what goes wrong first."""
    resource = get_resource(name)
    key = ", ".join(f"`{column}`" for column in resource.key)
    text = f"{resource.zh}。\n\n{resource.en}.\n\n主键 Key: {key}."
    if resource.hazard is None:
        return text
    guards = ", ".join(f"`{column}`" for column in resource.hazard.guards)
    zh, en = resource.hazard.zh, resource.hazard.en
    return f"**⚠ 请勿直接加总。**{zh}。**Do not add up as it stands:** {en}. 先限定 Fix first: {guards}.\n\n{text}"


def name_title(name: str) -> str:
    """The first words of a table's description in both languages."""
    resource = get_resource(name)
    return f"{FIRST_CLAUSE.split(resource.zh, maxsplit=1)[0]} · {FIRST_CLAUSE.split(resource.en, maxsplit=1)[0]}"
