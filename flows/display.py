"""What the warehouse knows of one document, and the list of findings, as a person reads them."""

import hashlib
import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flows.errors import UsageError
from flows.findings import render_findings
from flows.query import format_cell
from warehouse.records import Row

_FACTS = (
    ("title", "Title"),
    ("department_name", "Issuer"),
    ("region_code", "Region"),
    ("fiscal_year", "Year"),
    ("phase", "Phase"),
    ("organisation_scope", "Scope"),
    ("page_count", "Pages"),
    ("url", "Address"),
    ("landing_url", "Found on"),
    ("source_id", "Source"),
    ("engine_version", "Engine"),
    ("superseded_by", "Superseded by"),
    ("grade", "Grade"),
)


class DocumentNotFoundError(UsageError):
    """No document, or more than one, fits what was asked for; the message names what could have been meant."""


def find_document(disclosures: Sequence[Row], wanted: str) -> Row:
    """The `core_disclosures` row that an id (or its beginning), a file's path, a file name, a title or an issuer names.

    Raises DocumentNotFoundError.
    """
    fitting = _match(disclosures, wanted)
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise DocumentNotFoundError(f"no document fits {wanted!r}; {_suggest(disclosures, wanted)}")
    named = "; ".join(f"{row['document_id']} {row['title'] or row['url']}" for row in fitting[:5])
    more = f" and {len(fitting) - 5} more" if len(fitting) > 5 else ""
    raise DocumentNotFoundError(f"{len(fitting)} documents fit {wanted!r}: {named}{more}. Name one by its id")


def _suggest(disclosures: Sequence[Row], wanted: str) -> str:
    """What may have been meant: the documents whose id, title or issuer is nearest."""
    if not disclosures:
        return "the warehouse is empty"
    by_name = {
        str(row[key]): row for row in disclosures for key in ("document_id", "title", "department_name", "url") if row[key]
    }
    near = [by_name[name] for name in get_close_matches(wanted, by_name, n=5, cutoff=0.4)]
    named = dict.fromkeys(f"{row['document_id']} {row['title'] or row['url']}" for row in near)
    if named:
        return f"nearest: {'; '.join(list(named)[:3])}"
    return 'yusuan query "SELECT document_id, title FROM core_disclosures" lists them'


def _match(disclosures: Sequence[Row], wanted: str) -> list[Row]:
    """The narrowest reading of `wanted` that fits anything: bytes, then id, then file name, then a part of title or issuer."""
    path = Path(wanted)
    if path.is_file():
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        return [row for row in disclosures if row["sha256"] == sha256]
    if re.fullmatch(r"[0-9a-f]{4,64}", wanted):
        by_id = [row for row in disclosures if row["sha256"].startswith(wanted)]
        if by_id:
            return by_id
    by_name = [row for row in disclosures if row["url"].rsplit("/", 1)[-1] in (path.name, f"{path.name}.pdf")]
    return by_name or [
        row for row in disclosures if any(wanted in (row[key] or "") for key in ("title", "department_name", "url"))
    ]


def describe_document(disclosure: Row, tables: pa.Table, findings: pa.Table) -> Row:
    """What is shown of one document, for JSON: its rows of `core_disclosures`, `core_tables` and `core_findings`."""
    ordered = sorted(tables.to_pylist(), key=lambda row: row["table_ordinal"])
    return {"document": disclosure, "tables": ordered, "findings": findings.to_pylist()}


def render_document(disclosure: Row, tables: pa.Table, findings: pa.Table) -> RenderableType:
    """Facts, tables and doubts of one document. `tables`, `findings`: its rows of `core_tables` and `core_findings`."""
    heading = Text(f"Document {disclosure['document_id']}", style="bold")
    return Group(heading, _render_facts(disclosure), _render_tables(tables.to_pylist()), render_findings(findings.to_pylist()))


def _render_facts(disclosure: Row) -> Table:
    grid = Table.grid(padding=(0, 2))
    status = disclosure["status"] + (f" ({disclosure['refusal']})" if disclosure["refusal"] else "")
    grid.add_row(
        "  Status", Text(status, style={"loaded": "green", "doubtful": "yellow", "refused": "red"}[disclosure["status"]])
    )
    for key, label in _FACTS:
        if disclosure[key] is not None:
            grid.add_row(f"  {label}", Text(format_cell(disclosure[key])))
    grid.add_row("  Amounts", f"{disclosure['line_count']:,} in {disclosure['table_count']} tables")
    if disclosure["tables_missing"]:
        grid.add_row("  Not found", Text(format_cell(disclosure["tables_missing"])))
    return grid


def _render_tables(rows: Sequence[Row]) -> RenderableType:
    if not rows:
        return Text("\nNo table was found.")
    table = Table(box=box.SIMPLE_HEAD, title="Tables", title_justify="left", title_style="bold")
    for name, justify in _TABLE_COLUMNS:
        table.add_column(name, justify=justify, overflow="fold")
    for row in sorted(rows, key=lambda entry: entry["table_ordinal"]):
        table.add_row(*(Text(cell) for cell in _describe_table(row)))
    return table


_TABLE_COLUMNS: tuple[tuple[str, Any], ...] = (
    ("#", "right"),
    ("type", "left"),
    ("title", "left"),
    ("pages", "right"),
    ("rows", "right"),
    ("amounts", "right"),
    ("unit", "left"),
    ("score", "right"),
    ("", "left"),
)


def _describe_table(row: Row) -> tuple[str, ...]:
    pages = f"{row['first_page']}" if row["first_page"] == row["last_page"] else f"{row['first_page']}–{row['last_page']}"
    instance = f" ({row['table_instance']})" if row["table_instance"] > 1 else ""
    note = "empty" if row["is_declared_empty"] else "" if row["understood"] else "not understood"
    return (
        str(row["table_ordinal"]),
        row["table_type"] + instance,
        " ".join(part for part in (row["table_number"], row["table_title"]) if part),
        pages,
        str(row["row_count"]),
        str(row["line_count"]),
        row["unit_reported"] or "?",
        f"{row['score']:.2f}",
        note,
    )
