"""What a night shows on the Prefect server: its account, its documents, how far reading has come, where the report is.

Promise: texts of publishers are shown as text. Progress is for people who look on: a server that does not answer for a moment
ends no night.
"""

import contextlib
import string
from dataclasses import dataclass
from typing import cast
from uuid import UUID

import httpx
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from flows.runs import DocumentOutcome, RunSummary, conclude, render_markdown
from transforms.plain_text import drop_steering

# Full-width twins of what has a meaning in HTML, Markdown or an address.
_WIDE = {ord(mark): ord(mark) + 0xFEE0 for mark in string.punctuation if mark not in "-.,"}
MOST_DOCUMENTS = 1000  # a table that a browser shows; the whole of it stands in run.json


def show_summary(summary: RunSummary) -> None:
    """The account, the documents where some were read, and the link to the validation report."""
    create_markdown_artifact(render_markdown(summary), key="run-summary", description=conclude(summary))
    if summary.documents:
        left = len(summary.documents) - MOST_DOCUMENTS
        more = f"; {left:,} more in run.json" if left > 0 else ""
        rows = [describe_row(document) for document in summary.documents[:MOST_DOCUMENTS]]
        create_table_artifact(rows, key="documents", description=f"{len(summary.documents):,} documents{more}")
    if (report := summary.expectations.report) is not None:
        said = "What is wrong, where and whose error: the findings of the documents of this night"
        create_link_artifact(report.resolve().as_uri(), link_text="Findings", key="findings", description=said)


def describe_row(document: DocumentOutcome) -> dict[str, str | int]:
    """A document's line in the table."""
    return {
        "document": make_inert(document.name),
        "id": document.document_id,
        "outcome": document.status,
        "reason": make_inert(document.reason or ""),
        "tables": document.tables,
        "rows": document.lines,
        "findings": ", ".join(f"{kind} {count}" for kind, count in sorted(document.findings.items())),
    }


def make_inert(text: str) -> str:
    """A text of others that is text for whatever reads it: nobody says how a server shows the cells of a table, so no one way
    to escape them is right."""
    return drop_steering(text).translate(_WIDE)


@dataclass
class Advance:
    """How many of the documents have been read; told at whole percents only, since each telling is a request."""

    artifact_id: UUID
    total: int
    done: int = 0
    told: int = 0

    def step(self) -> None:
        """One more."""
        self.done += 1
        percent = self.done * 100 // self.total
        if percent > self.told:
            self.told = percent
            with contextlib.suppress(httpx.HTTPError):  # the next step tells it
                update_progress_artifact(self.artifact_id, float(percent))


def show_progress(documents: int) -> Advance:
    """Reading so many documents begins, one at least."""
    made = create_progress_artifact(0.0, key="reading", description=f"{documents:,} documents to read")
    return Advance(cast("UUID", made), documents)  # outside an event loop it is made at once
