"""The known issues of a release: what is in doubt and what is missing, counted, from the findings and the checks themselves."""

from collections import Counter
from collections.abc import Mapping

import pyarrow as pa

from warehouse.issues import load_finding_kinds
from warehouse.metadata.models import get_resource

_INTRODUCTION = """# 已知问题 · Known issues

由数据自动生成。逐条见 `core_findings`、`core_checks`、`core_cross_checks` 和 `out_spending_sources`。
Generated from the data. Each case stands in `core_findings`, `core_checks`, `core_cross_checks` and `out_spending_sources`.
"""


def write_known_issues(tables: Mapping[str, pa.Table]) -> str:
    """The issues as Markdown, from core_findings, core_checks, core_cross_checks, core_disclosures and
    out_spending_sources."""
    return "\n".join(
        [
            _INTRODUCTION,
            _list_findings(tables["core_findings"]),
            _list_counts("文件 Documents", "status", tables["core_disclosures"].column("status")),
            _list_counts("勾稽关系 Checks", "outcome", tables["core_checks"].column("outcome")),
            _list_violated_across(tables["core_cross_checks"]),
            _list_sources(tables["out_spending_sources"]),
        ]
    )


def _list_findings(findings: pa.Table) -> str:
    kinds = load_finding_kinds()
    counts = Counter(zip(*(_values(findings, name) for name in ("severity", "finding_kind", "whose")), strict=True))
    lines = ["## 需查看的问题 Findings", "", "| severity | finding | whose | count | what to do |", "|---|---|---|---|---|"]
    for (severity, kind, whose), count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        hint = kinds[kind].hint if kind in kinds else ""
        lines.append(f"| {severity} | `{kind}` | {whose} | {count:,} | {hint} |")
    return "\n".join([*lines, ""] if counts else ["## 需查看的问题 Findings", "", "没有。None.", ""])


def _list_violated_across(checks: pa.Table) -> str:
    """The counts, and each violated one in its sentence: there are few, and no document has them among its findings."""
    counted = _list_counts("文件之间 Between documents", "outcome", checks.column("outcome"))
    told = [message for message in _values(checks, "message") if message]
    return "\n".join([counted, *(f"- {message}" for message in told), *([""] if told else [])])


def _list_counts(title: str, word: str, values: pa.ChunkedArray) -> str:
    counts = {entry["values"]: entry["counts"] for entry in values.value_counts().to_pylist()}
    lines = [f"| `{value}` | {count:,} |" for value, count in sorted(counts.items())]
    return "\n".join([f"## {title}", "", f"| {word} | count |", "|---|---|", *lines, ""])


def _list_sources(sources: pa.Table) -> str:
    meaning = get_resource("out_spending_sources").get_field("source_outcome")
    counts = Counter(zip(_values(sources, "classification"), _values(sources, "source_outcome"), strict=True))
    lines = [f"| {classification} | `{outcome}` | {count:,} |" for (classification, outcome), count in sorted(counts.items())]
    head = ["## 支出视图 Spending views", "", meaning.zh, "", meaning.en, "", "| view | outcome | documents |", "|---|---|---|"]
    return "\n".join([*head, *lines, ""])


def _values(table: pa.Table, column: str) -> list[str]:
    values: list[str] = table.column(column).to_pylist()
    return values
