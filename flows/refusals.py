"""Refusals: what is recorded of a document that yields no rows.

Promise: a refused document still has its `core_disclosures` row and at least one finding that says why; nothing of a
refused document can be mistaken for read amounts.
"""

import uuid
from collections.abc import Mapping, Sequence

from warehouse.records import ProcessedDocument, Row, Sighting


def make_processing_id(document_id: str, engine_version: str) -> str:
    """A name for one attempt at one document: the document, the engine, and a suffix that no other attempt has."""
    return f"{document_id}-{engine_version}-{uuid.uuid4().hex[:8]}"


def parse_engine_version(processing_id: str) -> str:
    """The engine version that a processing id names."""
    return processing_id.split("-", 1)[1].rsplit("-", 1)[0]


def refuse_document(
    sighting: Sighting,
    *findings: Row,
    engine_version: str,
    seconds: Mapping[str, float] | None = None,
) -> ProcessedDocument:
    """The ProcessedDocument of a document that was not read, for reasons found outside of its reading.

    The first of `findings` is the reason.
    """
    processing_id = make_processing_id(sighting.document_id, engine_version)
    disclosure = {
        "processing_id": processing_id,
        "document_id": sighting.document_id,
        "source_id": sighting.source_id,
        "landing_url": sighting.landing_url or None,
        "url": sighting.url,
        "title": sighting.title or None,
        "fetched_at": sighting.fetched_at or None,
        "sha256": sighting.sha256,
        "bytes": sighting.bytes,
        "department_name": sighting.department_name or None,
        "region_code": sighting.region_code or None,
        "status": "refused",
        "refusal": findings[0]["finding_kind"],
        "table_count": 0,
        "line_count": 0,
        "unread_count": 0,
        "tables_found": [],
        "tables_missing": [],
        "engine_version": engine_version,
    }
    return ProcessedDocument(
        document_id=sighting.document_id,
        processing_id=processing_id,
        status="refused",
        rows={"core_disclosures": [disclosure], "core_findings": number_findings(findings, sighting.document_id, processing_id)},
        seconds=dict(seconds or {}),
    )


def number_findings(findings: Sequence[Row], document_id: str, processing_id: str, first: int = 1) -> list[Row]:
    """Rows of `core_findings` as they are stored: with their document and their ordinal in it."""
    return [
        {**finding, "processing_id": processing_id, "document_id": document_id, "finding_number": number}
        for number, finding in enumerate(findings, start=first)
    ]
