"""The first page of the validation report: which documents, what failed, on which page and row.

Promise: one HTML file without script and without anything loaded from elsewhere; every text from a document is escaped. The only
foreign addresses are links to the published PDFs, at the page in question.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from expectations.results import Outcome, ValidationResult, describe_place
from expectations.rules import Violation

SHOWN_ROWS = 5


@dataclass(frozen=True, slots=True)
class FailedExpectation:
    """One expectation that a document breaks: `rows` are the first places, `more` how many are not shown."""

    outcome: Outcome
    rows: tuple[tuple[Violation, str, str | None], ...]
    more: int


@dataclass(frozen=True, slots=True)
class JudgedDocument:
    """A document as the page shows it. Verdicts: rejected, flagged, doubtful or refused (by the reading), clean."""

    document_id: str
    verdict: str
    title: str
    issuer: str
    year: str
    url: str
    link: str | None
    failed: tuple[FailedExpectation, ...]


def write_summary(result: ValidationResult, core: Mapping[str, pa.Table], docs_dir: Path) -> None:
    """Write `docs_dir`/index.html. Great Expectations' own pages, already in `docs_dir`/gx, are linked by suite."""
    documents = list_documents(result, core)
    page = _load_template().render(
        result=result,
        documents=documents,
        verdicts={verdict: sum(each.verdict == verdict for each in documents) for verdict in _VERDICTS},
        suite_pages={suite: _find_suite_page(docs_dir, suite) for suite in {each.suite for each in result.expectations}},
        place=describe_place,
    )
    (docs_dir / "index.html").write_text(page, encoding="utf-8")


_VERDICTS = ("rejected", "flagged", "doubtful", "clean", "refused")


def list_documents(result: ValidationResult, core: Mapping[str, pa.Table]) -> tuple[JudgedDocument, ...]:
    """Every document of the batch, the rejected first, then the flagged; also those named by rows without a disclosure."""
    disclosures = {row["document_id"]: row for row in core["core_disclosures"].to_pylist()}
    unknown = sorted({*result.rejected, *result.flagged} - set(disclosures))
    failed = _group_failures(result, {document: row["url"] for document, row in disclosures.items()})
    documents = [
        _judge_document(result, document, disclosures.get(document, {}), failed) for document in (*disclosures, *unknown)
    ]
    return tuple(sorted(documents, key=lambda each: (_VERDICTS.index(each.verdict), each.document_id)))


def link_page(url: str | None, page: int | None) -> str | None:
    """The address of a page of a published PDF, or None where the document came from a file."""
    if url is None or not url.startswith(("http://", "https://")):
        return None
    address = quote(url.split("#", 1)[0], safe="/:?&=%~+,;@!$'()*[]-._")
    return f"{address}#page={page}" if page is not None else address


def _group_failures(result: ValidationResult, urls: Mapping[str, str]) -> Mapping[str, Sequence[FailedExpectation]]:
    named: dict[tuple[str, str], list[Violation]] = defaultdict(list)
    for violation in result.violations:
        named[violation.expectation, violation.document_id].append(violation)
    grouped: dict[str, list[FailedExpectation]] = defaultdict(list)
    for outcome in sorted(result.expectations, key=lambda each: ("critical", "warning", "info").index(each.severity)):
        for document_id, violated in outcome.by_document.items():
            rows = named[outcome.name, document_id][:SHOWN_ROWS]
            shown = tuple((row, describe_place(row), link_page(urls.get(document_id), row.page)) for row in rows)
            grouped[document_id].append(FailedExpectation(outcome, shown, violated - len(shown)))
    return grouped


def _judge_document(
    result: ValidationResult, document_id: str, row: Mapping[str, Any], failed: Mapping[str, Sequence[FailedExpectation]]
) -> JudgedDocument:
    return JudgedDocument(
        document_id=document_id,
        verdict=_give_verdict(result, document_id, row.get("status")),
        title=row.get("title") or "(no title)",
        issuer=row.get("department_name") or "(issuer unknown)",
        year=str(row.get("fiscal_year") or "year unknown"),
        url=row.get("url") or "",
        link=link_page(row.get("url"), None),
        failed=tuple(failed.get(document_id, ())),
    )


def _give_verdict(result: ValidationResult, document_id: str, status: str | None) -> str:
    if document_id in result.rejected:
        return "rejected"
    if document_id in result.flagged:
        return "flagged"
    # What the reading left in doubt is not clean because no expectation failed.
    return status if status in {"refused", "doubtful"} else "clean"


def _find_suite_page(docs_dir: Path, suite: str) -> str | None:
    pages = sorted((docs_dir / "gx" / "validations" / suite).rglob("*.html"))
    return pages[-1].relative_to(docs_dir).as_posix() if pages else None


def _load_template() -> Any:
    environment = Environment(
        loader=PackageLoader("expectations", "templates"),
        autoescape=select_autoescape(enabled_extensions=("html", "j2"), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("summary.html.j2")
