"""One disclosure from its bytes to rows: the unit of work, in a process of its own, without Prefect and Great Expectations.

Promise: `read_document` never raises for a bad document. It ends as loaded (nothing in doubt), doubtful (rows with findings) or
refused (no amounts, and the finding that says why; what a narrative without tables states is kept). The same bytes and engine
give the same rows; only `processing_id` tells two attempts apart.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

import pandas as pd

from extractors.pdf.document import read_raw_document
from extractors.pdf.opening import OpenedPdf, check_file, open_pdf
from extractors.rereading import agree_on_row, recall_readings, reread_cells
from flows.engine import get_document_version, get_engine_version
from flows.refusals import make_processing_id, refuse_document
from flows.statements import Proved, StatementRows, read_statement_rows
from flows.targets import read_target_rows
from transforms.arbitration import settle_disagreements
from transforms.blame import Reread, Witnesses
from transforms.budget_lines import AGREED, DocumentContext, TableReading, make_table_id, read_tables
from transforms.codes import CodeBook, make_code_book
from transforms.corrections import Correction, apply_corrections, report_worsening, select_corrections, write_as_printed
from transforms.departments import Registry, make_department_id, make_registry
from transforms.diagnose import diagnose_violations
from transforms.document_facts import DocumentFacts, arrange_lines, is_disclosure, read_raw_document_facts
from transforms.habits import report_lone_rounding
from transforms.identities import load_identities
from transforms.ledger import Ledger, account_lines
from transforms.line_roles import describe_lines
from transforms.proof import confidence
from transforms.reconcile import Checks, count_proofs, evaluate_described, evaluate_identities
from transforms.scores import score_document, score_tables
from transforms.table_types import EXPECTED_TYPES
from warehouse.codes import load_aliases, load_code_list, load_regions
from warehouse.issues import make_finding
from warehouse.records import PageFacts, ProcessedDocument, RawDocument, RawTable, Row, Sighting

_TEXT_COLUMNS = {"statement": "stated", "ignored": "ignored", "unread": "unread"}
Timer = Callable[[], float]
SCHEMES = ("function", "econ_department", "econ_government")


@dataclass(slots=True)
class _Clock:
    """Seconds by step, of the timer's kind."""

    timer: Timer = time.perf_counter
    seconds: dict[str, float] = field(default_factory=dict)
    _last: float = 0.0

    def __post_init__(self) -> None:
        self._last = self.timer()

    def lap(self, step: str) -> None:
        now = self.timer()
        self.seconds[step] = round(now - self._last, 4)
        self._last = now


@cache
def load_code_book() -> CodeBook:
    """The project's code lists, ready to be asked."""
    return make_code_book({scheme: load_code_list(scheme) for scheme in SCHEMES})


@cache
def load_registry() -> Registry:
    """The registry of organisations, ready to be asked."""
    return make_registry(load_regions(), load_aliases())


def read_document(path: Path, sighting: Sighting, timer: Timer = time.perf_counter) -> ProcessedDocument:
    """Read, interpret and prove one PDF. `timer`: what a step's seconds are; elapsed, unless a benchmark asks for CPU time."""
    clock = _Clock(timer)
    opening = check_file(path)
    clock.lap("open")
    if any(finding["severity"] == "critical" for finding in opening):
        return refuse_document(sighting, *opening, engine_version=_name_version(sighting), seconds=clock.seconds)
    with tempfile.TemporaryDirectory(prefix="yusuan-") as folder:
        usable = _find_usable(path, Path(folder))
        raw = read_raw_document(usable, sighting.document_id)
        clock.lap("read")
        return interpret_document(raw, sighting, opening, clock, reread=partial(reread_cells, usable, raw))


def interpret_document(
    raw: RawDocument,
    sighting: Sighting,
    opening: Sequence[Row] = (),
    clock: _Clock | None = None,
    reread: Reread | None = None,
) -> ProcessedDocument:
    """What the readers saw, interpreted and proved. `opening`: what was found when the file was opened. `reread` reads cells of
    the page again; without it only what the readers saw the first time is asked."""
    clock = clock or _Clock()
    facts = read_raw_document_facts(raw, sighting, load_regions())
    refusal = _find_refusal(raw, facts)
    if refusal is not None:
        return _refuse(sighting, raw, facts, (refusal, *opening), clock)
    context = _make_context(sighting, facts)
    readings = read_tables(raw.tables, context, load_code_book())
    ledger = _close_ledger(raw, readings)
    if not any(reading.lines for reading in readings):
        # Some publishers print the narrative as a file of its own: what it states is kept, though no table proves it.
        statements = read_statement_rows(raw, context, load_code_book())
        finding = make_finding("no-tables", pages=len(raw.pages))
        told = (finding, *opening, *statements.findings)
        return _refuse(sighting, raw, facts, told, clock, readings, statements)
    clock.lap("interpret")
    proof = _prove(readings, select_corrections(sighting.document_id))
    by_id = {line["line_id"]: line for line in proof.lines}
    checks = proof.checks.to_rows()
    clock.lap("prove")
    findings = [
        *opening,
        *raw.findings,
        *facts.findings,
        *account_lines(raw).report_unread(),
        *(f for reading in readings for f in reading.findings),
        *proof.findings,
        *_report_names(checks, by_id),
        *diagnose_violations(proof.lines, proof.checks, _call_witnesses(raw, readings, ledger, proof, reread)),
        *report_lone_rounding(checks, by_id),
        *settle_disagreements((d for reading in readings for d in reading.disagreements), by_id, load_code_book()),
    ]
    findings.extend(_report_missing(readings))
    clock.lap("diagnose")
    targets = read_target_rows(raw, readings, proof.lines, sighting.document_id)
    findings.extend(targets.findings)
    clock.lap("targets")
    proved = Proved(proof.lines, proof.described, targets.rows)
    statements = read_statement_rows(raw, context, load_code_book(), proved)
    findings.extend(statements.findings)
    clock.lap("statements")
    more = {**targets.rows, **statements.rows}
    return _assemble(
        sighting, raw, facts, readings, proof.lines, checks, findings, ledger, clock, more=more, text=statements.counts
    )


def _name_version(sighting: Sighting) -> str:
    return get_document_version(get_engine_version(), sighting.document_id)


def _find_usable(path: Path, folder: Path) -> Path:
    """The file that the readers open: the archived one, or a repaired copy where its index was lost."""
    opened = open_pdf(path)
    if not isinstance(opened, OpenedPdf):
        raise ValueError(f"{path.name} was opened before and cannot be opened again")
    with opened:
        return opened.write_usable(folder)


def _find_refusal(raw: RawDocument, facts: DocumentFacts) -> Row | None:
    verdict = is_disclosure(arrange_lines(raw))
    if verdict.is_disclosure is False:
        return make_finding("not-a-disclosure", page=verdict.page, seen=verdict.seen)
    if facts.fiscal_year is None:
        return make_finding("unknown-year")
    return None


def _make_context(sighting: Sighting, facts: DocumentFacts) -> DocumentContext:
    region = facts.region_code or sighting.region_code or None
    name = facts.department_name or sighting.department_name or None
    if facts.fiscal_year is None:
        raise ValueError("a document without a year is refused before its context is made")
    return DocumentContext(
        document_id=sighting.document_id,
        department_id=make_department_id(load_registry(), region, name, facts.fiscal_year),
        department_name=name,
        region_code=region,
        organisation_scope=facts.organisation_scope or "department",
        fiscal_year=facts.fiscal_year,
        phase=facts.phase or "budget",
    )


@dataclass(frozen=True)
class _Proof:
    """All lines, corrected as declared, with what the identities say of them; findings on the corrections.

    `described`: the lines as the identities saw them, for whoever compares more with them: describing costs as much as proving.

    `evaluate`: the identities over the same lines with other contents.
    """

    lines: list[dict[str, Any]]
    described: pd.DataFrame
    checks: Checks
    findings: list[Row]
    evaluate: Callable[[Sequence[Row]], Checks]


def _prove(readings: Sequence[TableReading], corrections: Sequence[Correction]) -> _Proof:
    read = [dict(line) for reading in readings for line in reading.lines]
    applied = apply_corrections(read, corrections)
    rows = applied.lines
    tables = pd.DataFrame([dict(reading.table) | {"document_id": rows[0]["document_id"]} for reading in readings])

    def evaluate(lines: Sequence[Row]) -> Checks:
        return evaluate_identities(pd.DataFrame(write_as_printed(lines, applied.corrections)), tables)

    described = describe_lines(pd.DataFrame(write_as_printed(rows, applied.corrections)), tables)
    checks = evaluate_described(described, tables, load_identities())
    told = list(applied.findings)
    if applied.corrections:
        uncorrected = evaluate_identities(pd.DataFrame(read), tables)
        told += report_worsening(uncorrected.to_rows(), checks.to_rows(), applied.corrections.values())
    proofs = count_proofs(checks, pd.DataFrame(rows))
    disputed = {d.line_id for reading in readings for d in reading.disagreements}
    for row, verified_by, contradicted_by in zip(rows, proofs["verified_by"], proofs["contradicted_by"], strict=True):
        row["verified_by"], row["contradicted_by"] = int(verified_by), int(contradicted_by)
        # None: the first reader saw no table there, which is no vote against the amount.
        agree = True if row["extractor"] == AGREED else False if row["line_id"] in disputed else None
        # A corrected amount is neither reader's: it is one person's reading.
        agree = None if row["correction_id"] else agree
        row["confidence"] = confidence(agree, row["verified_by"], row["contradicted_by"])
    return _Proof(rows, described, checks, told, evaluate)


def _call_witnesses(
    raw: RawDocument, readings: Sequence[TableReading], ledger: Ledger, proof: _Proof, reread: Reread | None
) -> Witnesses:
    """Who is asked whose error it is, where something does not add up."""
    unread = {entry.page for entry in ledger.unread}
    return Witnesses(
        reread=reread or partial(recall_readings, raw),
        evaluate=proof.evaluate,
        agree_on_row=partial(agree_on_row, raw),
        complete_pages=frozenset(page.page for page in raw.pages) - unread,
        unit_sources={reading.table["table_id"]: reading.table["unit_source"] for reading in readings},
    )


def _report_names(checks: Sequence[Row], lines: Mapping[str, Row]) -> Iterator[Row]:
    """A finding for every code with two names, at the place of its first amount; what compares amounts is diagnosed."""
    for check in checks:
        if check["outcome"] != "violated" or not check["reason"]:
            continue
        place = next((lines[line_id] for line_id in (*check["left_line_ids"], *check["right_line_ids"]) if line_id in lines), {})
        yield make_finding(
            "name-differs",
            page=place.get("page"),
            bbox=place.get("bbox"),
            table_id=place.get("table_id"),
            names=check["reason"],
            subject=check["check_subject"],
        )


def _report_missing(readings: Sequence[TableReading]) -> Iterator[Row]:
    found = {reading.table["table_type"] for reading in readings}
    for table_type in EXPECTED_TYPES:
        if table_type not in found:
            yield make_finding("missing-table", table_type=table_type)


def _refuse(
    sighting: Sighting,
    raw: RawDocument,
    facts: DocumentFacts,
    findings: Sequence[Row],
    clock: _Clock,
    readings: Sequence[TableReading] = (),
    statements: StatementRows | None = None,
) -> ProcessedDocument:
    """Refused after it was read: its facts and raw tables are kept, for whoever looks, and what its text states."""
    ledger = _close_ledger(raw, readings)
    refusal = findings[0]["finding_kind"]
    more, text = (statements.rows, statements.counts) if statements else (None, None)
    return _assemble(sighting, raw, facts, readings, [], [], list(findings), ledger, clock, refusal, more, text)


def _close_ledger(raw: RawDocument, readings: Sequence[TableReading]) -> Ledger:
    """The ledger of the whole document: its tables, and what stands outside of them."""
    ledger = account_lines(raw)
    for reading in readings:
        ledger.merge(reading.ledger)
    return ledger


def _assemble(
    sighting: Sighting,
    raw: RawDocument,
    facts: DocumentFacts,
    readings: Sequence[TableReading],
    lines: Sequence[Row],
    checks: Sequence[Row],
    findings: Sequence[Row],
    ledger: Ledger,
    clock: _Clock,
    refusal: str | None = None,
    more: Mapping[str, Sequence[Row]] | None = None,
    text: Mapping[str, int] | None = None,
) -> ProcessedDocument:
    """The document's rows. `more`: those of other resources; `text`: numbers of the running text by outcome, if it was read."""
    processing_id = make_processing_id(sighting.document_id, _name_version(sighting))
    in_doubt = any(finding["severity"] != "info" for finding in findings)
    status = "refused" if refusal else "doubtful" if in_doubt else "loaded"
    owner = {"processing_id": processing_id, "document_id": sighting.document_id}
    disputed = {d.line_id for reading in readings for d in reading.disagreements}
    disclosure = _describe_document(sighting, raw, facts, readings, lines, ledger, status, refusal)
    # A refused document was not read: no score is not a bad score.
    score = {} if refusal else score_document(lines, checks, findings, disputed, ledger.total("unread"))
    tables = score_tables([reading.table for reading in readings], lines, checks, findings, disputed)
    rows: dict[str, list[Row]] = {
        "raw_pages": [{**owner, **_describe_page(page)} for page in raw.pages],
        "raw_ledger": [{**owner, **entry} for entry in ledger.to_rows()],
        "raw_tables": [owner | _describe_raw(sighting.document_id, table) for table in raw.tables],
        "raw_cells": [{**owner, **cell} for table in raw.tables for cell in _iterate_cells(sighting.document_id, table)],
        "core_disclosures": [{**owner, **disclosure, **_count_text(text or {}), **score}],
        "core_tables": [owner | dict(table) for table in tables],
        "core_budget_lines": [owner | dict(line) for line in lines],
        "core_checks": [owner | dict(check) for check in checks],
        "core_findings": [owner | dict(finding) | {"finding_number": number} for number, finding in enumerate(findings, 1)],
    }
    for name, found in (more or {}).items():
        rows[name] = [owner | dict(row) for row in found]
    clock.lap("assemble")
    return ProcessedDocument(sighting.document_id, processing_id, status, rows, clock.seconds)


def _count_text(text: Mapping[str, int]) -> Row:
    return {f"text_{column}_count": text.get(outcome) for outcome, column in _TEXT_COLUMNS.items()}


def _describe_page(page: PageFacts) -> dict[str, Any]:
    return {
        "page": page.page,
        "page_width": page.width,
        "page_height": page.height,
        "page_kind": page.kind,
        "character_count": page.n_characters,
        "grid_count": page.n_grids,
    }


def _describe_raw(document_id: str, table: RawTable) -> dict[str, Any]:
    agreed = any(cell.agreed for cell in table.cells)
    return {
        "table_id": make_table_id(document_id, table.ordinal),
        "table_ordinal": table.ordinal,
        "first_page": table.pages[0],
        "last_page": table.pages[-1],
        "row_count": table.n_rows,
        "column_count": table.n_columns,
        "extractor": "camelot-lattice" if agreed else "pdfium-grid",
        "table_title": " ".join(line.text for line in table.captions[-3:]) or None,
        "bbox": [float(x) for x in table.bbox],
    }


def _iterate_cells(document_id: str, table: RawTable) -> Iterator[dict[str, Any]]:
    table_id = make_table_id(document_id, table.ordinal)
    for cell in table.cells:
        yield {
            "table_id": table_id,
            "row_number": cell.row + 1,
            "column_number": cell.column + 1,
            "row_span": cell.row_span,
            "column_span": cell.column_span,
            "text": cell.text,
            "other_text": cell.other_text,
            "third_text": cell.third_text,
            "page": cell.page,
            "bbox": [float(x) for x in cell.bbox],
        }


def _describe_document(
    sighting: Sighting,
    raw: RawDocument,
    facts: DocumentFacts,
    readings: Sequence[TableReading],
    lines: Sequence[Row],
    ledger: Ledger,
    status: str,
    refusal: str | None,
) -> Mapping[str, Any]:
    found = sorted({reading.table["table_type"] for reading in readings if reading.table["table_type"] != "unknown"})
    region = facts.region_code or sighting.region_code or None
    name = facts.department_name or sighting.department_name or None
    return {
        "source_id": sighting.source_id,
        "landing_url": sighting.landing_url or None,
        "url": sighting.url,
        "title": facts.title or sighting.title or None,
        "fetched_at": sighting.fetched_at or None,
        "sha256": sighting.sha256,
        "bytes": sighting.bytes,
        "page_count": len(raw.pages),
        "department_id": make_department_id(load_registry(), region, name, facts.fiscal_year),
        "department_name": name,
        "region_code": region,
        "fiscal_year": facts.fiscal_year,
        "phase": facts.phase,
        "organisation_scope": facts.organisation_scope,
        "has_text_layer": any(page.n_characters for page in raw.pages),
        "status": status,
        "refusal": refusal,
        "superseded_by": None,
        "table_count": len(readings),
        "line_count": sum(1 for line in lines if line["amount_cny"] is not None),
        "unread_count": ledger.total("unread"),
        "tables_found": found,
        "tables_missing": [] if refusal else [t for t in EXPECTED_TYPES if t not in found],
        "engine_version": _name_version(sighting),
    }
