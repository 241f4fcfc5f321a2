"""The data dictionary: every table and column of a release in Chinese and English, from the metadata and nothing else."""

from collections.abc import Iterator, Mapping, Sequence

from warehouse.metadata.models import Example, Field, Hazard, get_resource, load_labels

_INTRODUCTION = """# 数据字典 · Data dictionary

由元数据自动生成。Generated from the metadata.

金额以元为单位（`_cny`）；空值表示公布的单元格为空或为短横（见 `amount_state`），不是零。
Amounts are in yuan (`_cny`); a null is a blank or a dash on the page (see `amount_state`), not a zero.
"""

_TYPES: Mapping[str, str] = {
    "string": "文字 text",
    "int16": "整数 integer",
    "int32": "整数 integer",
    "int64": "整数 integer",
    "float32": "小数 number",
    "bool": "是否 boolean",
    "decimal": "金额 decimal(20,2)",
    "timestamp": "时间 timestamp (UTC)",
    "box": "位置 four numbers",
    "strings": "文字列表 list of text",
    "integers": "整数列表 list of whole numbers",
}


def write_dictionary(tables: Mapping[str, Sequence[str]]) -> str:
    """The dictionary as Markdown for some tables, each with the columns that are published."""
    sections = [_describe_table(name, columns) for name, columns in tables.items()]
    return "\n".join([_INTRODUCTION, *sections, _describe_words(tables)])


def _describe_table(name: str, columns: Sequence[str]) -> str:
    resource = get_resource(name)
    key = ", ".join(f"`{column}`" for column in resource.key)
    warning = _describe_hazard(resource.hazard) if resource.hazard else ""
    head = f"## `{name}`\n\n{warning}{resource.zh}\n\n{resource.en}\n\n主键 Key: {key}\n"
    rows = [_describe_field(resource.get_field(column)) for column in columns]
    columns_table = ["| 字段 field | 类型 type | 可空 null | 说明 | meaning |", "|---|---|---|---|---|", *rows, ""]
    return "\n".join([head, *columns_table, *_describe_examples(resource.examples)])


def _describe_examples(examples: Sequence[Example]) -> Iterator[str]:
    for example in examples:
        yield f"示例 Example: {example.zh} · {example.en}\n\n```sql\n{example.sql.strip()}\n```\n"


def _describe_hazard(hazard: Hazard) -> str:
    guards = ", ".join(f"`{column}`" for column in hazard.guards)
    zh = f"> **⚠ 请勿直接加总。**{hazard.zh}。加总前请先限定或分组：{guards}。\n"
    return f"{zh}>\n> **⚠ Do not add up as it stands:** {hazard.en}. Fix, or group by, {guards} first.\n\n"


def _describe_field(field: Field) -> str:
    allowed = "".join(_describe_constraints(field))
    empty = "是 yes" if field.nullable else ""
    return f"| `{field.name}` | {_TYPES[field.type]} | {empty} | {_escape(field.zh)} | {_escape(field.en + allowed)} |"


def _describe_constraints(field: Field) -> Iterator[str]:
    if field.unit:
        yield f"; unit: {field.unit}"
    if field.pattern:
        yield f"; pattern `{field.pattern}`"
    if field.minimum is not None:
        yield f"; from {field.minimum}"
    if field.maximum is not None:
        yield f"; to {field.maximum}"


def _describe_words(tables: Mapping[str, Sequence[str]]) -> str:
    labels = load_labels()
    lines = ["## 取值 Words", "", "| 字段 field | 取值 words |", "|---|---|"]
    for name, field in _list_enumerated(tables):
        shown = ", ".join(f"`{word}` {labels[name][word]}" if name in labels else f"`{word}`" for word in field.enum)
        lines.append(f"| `{name}` | {shown} |")
    return "\n".join([*lines, ""])


def _list_enumerated(tables: Mapping[str, Sequence[str]]) -> list[tuple[str, Field]]:
    published = (get_resource(name).get_field(column) for name, columns in tables.items() for column in columns)
    return sorted({field.declared: field for field in published if field.enum}.items())


def _escape(text: str) -> str:
    return text.replace("|", "\\|")
