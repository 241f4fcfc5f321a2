"""How far a release can be trusted, from its own tables: what was read, proved, doubted, and what it was made by.

Promise: every figure is counted from the tables beside it, so that a reader can count it again; a document whose counts are not
known (one that an older version read) is said to be left out, not taken for good.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import pyarrow as pa

from warehouse.records import Row
from warehouse.tables import describe_contract

# Counts of core_disclosures that are told as shares of the amounts that were read.
_SHARES = (
    ("agreed_count", "两次独立读取一致", "both readers see the same text"),
    ("proved_count", "至少一项勾稽关系证实", "proved by at least one independent identity"),
    ("proved_twice_count", "至少两项勾稽关系证实", "proved by at least two"),
    ("contradicted_count", "与某项勾稽关系矛盾", "in a sum that fails"),
    ("misread_count", "诊断为误读", "misread, as a diagnosis says"),
)
_GRADES = {
    "A": "读取可靠 read beyond reasonable doubt",
    "B": "可靠，少量存疑 read well, little in question",
    "C": "部分存疑 parts are in question",
    "D": "不可依赖 not to be relied on",
}


def write_accuracy(tables: Mapping[str, pa.Table]) -> str:
    """The statement as Markdown, from `core_disclosures` and `core_checks`."""
    disclosures = tables["core_disclosures"].to_pylist()
    return "\n".join(
        [
            "# 准确性 · Accuracy\n",
            "由本版本的数据自动统计。Counted from the tables of this release.\n",
            *_list_amounts(disclosures),
            *_list_grades(disclosures),
            *_list_checks(tables["core_checks"]),
        ]
    )


def _list_amounts(disclosures: Sequence[Row]) -> list[str]:
    counted = [row for row in disclosures if row["status"] != "refused" and row["proved_count"] is not None]
    silent = sum(row["status"] != "refused" and row["proved_count"] is None for row in disclosures)
    lines, unread = (sum(row[name] for row in counted) for name in ("line_count", "unread_count"))
    rows = [
        f"| 已读金额 amounts read | {lines:,} | |",
        f"| 表内未读金额 printed in a table and not read | {unread:,} | {_share(unread, lines + unread)} |",
        *(f"| {zh} {en} | {_add(counted, name):,} | {_share(_add(counted, name), lines)} |" for name, zh, en in _SHARES),
    ]
    note = (
        f"\n另有 {silent} 份文件无此统计。{silent} documents carry no such counts (read by an older version).\n" if silent else ""
    )
    return ["## 金额 Amounts\n", "| | | |", "|---|---:|---:|", *rows, note]


def _add(rows: Sequence[Row], name: str) -> int:
    return sum(row[name] or 0 for row in rows)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else ""


def _list_grades(disclosures: Sequence[Row]) -> list[str]:
    counts = Counter(row["grade"] for row in disclosures if row["grade"])
    rows = [f"| {grade} | {counts[grade]:,} | {meaning} |" for grade, meaning in _GRADES.items()]
    refused = sum(row["status"] == "refused" for row in disclosures)
    return [
        "## 文件 Documents\n",
        "| grade | documents | |",
        "|---|---:|---|",
        *rows,
        f"| – | {refused:,} | 未采用（扫描件、无表格等） refused: a scan, no tables |\n",
    ]


def _list_checks(checks: pa.Table) -> list[str]:
    counted = checks.group_by(["check_id", "outcome"]).aggregate([([], "count_all")]).to_pylist()
    counts = Counter({(row["check_id"], row["outcome"]): row["count_all"] for row in counted})
    names = {name for name, _ in counts}
    rows = [
        f"| `{name}` | {counts[name, 'exact']:,} | {counts[name, 'rounding'] + counts[name, 'truncation']:,} "
        f"| {counts[name, 'violated']:,} | {counts[name, 'not_computable']:,} |"
        for name in sorted(names)
    ]
    head = "| identity | 相符 exact | 舍入 rounding | 不符 violated | 不可计算 not computable |"
    return ["## 勾稽关系 Identities\n", head, "|---|---:|---:|---:|---:|", *rows, ""]


def describe_provenance(disclosures: pa.Table) -> dict[str, object]:
    """What the release was made by: engine versions, contract and code lists, and the bytes of each document it rests on."""
    rows = disclosures.to_pylist()
    return {
        "engines": dict(sorted(Counter(row["engine_version"] for row in rows).items())),
        "contract": describe_contract(),
        "documents": [
            {name: row[name] for name in ("document_id", "sha256", "bytes", "source_id", "url", "status", "engine_version")}
            | {"fetched_at": None if row["fetched_at"] is None else row["fetched_at"].isoformat()}
            for row in sorted(rows, key=lambda row: row["document_id"])
        ],
    }
