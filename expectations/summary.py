"""The first page of the validation report: which documents, how sure we are of them, what is wrong, where, and whose error it is.

Promise: one HTML file without script and without anything loaded from elsewhere; every text from a document is escaped. Links
lead to the page in question: of the archived PDF where it lies on this machine, else of the published one. No other address is
foreign.
"""

import os
import re
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pyarrow as pa
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from expectations.results import Outcome, ValidationResult, describe_place
from expectations.rules import Violation

SHOWN_ROWS = 5
SHOWN_FINDINGS = 8
DOCUMENTS = "documents"
_GRAVITY = ("critical", "warning")
_BLAME = ("extraction", "undecided", "source", "publisher")
_DOCUMENT_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding of the reading or the proof that a person should look at. `link`: its page; `fitting`: what would fit."""

    kind: str
    severity: str
    whose: str
    message: str
    hint: str
    fitting: str
    page: int | None
    link: str | None


@dataclass(frozen=True, slots=True)
class Trust:
    """How sure we are of the reading, and whether the document adds up, in printed words; a dash where it was not read."""

    grade: str = "–"
    score: str = "–"
    amounts: str = "–"
    proved: str = "–"
    unread: str = "–"
    violated: str = "–"


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
    trust: Trust
    problems: tuple[Problem, ...]
    more_problems: int
    failed: tuple[FailedExpectation, ...]


def link_documents(archived: Mapping[str, Path], docs_dir: Path) -> dict[str, str]:
    """Put a link to each archived PDF into `docs_dir`, with the ending that a browser asks for; its address on the page."""
    folder = docs_dir / DOCUMENTS
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    addresses = {}
    for document_id, path in archived.items():
        if not _DOCUMENT_ID.fullmatch(document_id):
            raise ValueError(f"not a document_id: {document_id!r}")
        link = folder / f"{document_id}.pdf"
        link.symlink_to(os.path.relpath(path.resolve(), folder.resolve()))
        addresses[document_id] = f"{DOCUMENTS}/{link.name}"
    return addresses


def write_summary(
    result: ValidationResult, core: Mapping[str, pa.Table], docs_dir: Path, local: Mapping[str, str] | None = None
) -> None:
    """Write `docs_dir`/index.html. Great Expectations' own pages, already in `docs_dir`/gx, are linked by suite.

    `local`: addresses of archived PDFs relative to the page (`link_documents`).
    """
    documents = list_documents(result, core, local or {})
    page = _load_template().render(
        result=result,
        documents=documents,
        verdicts={verdict: sum(each.verdict == verdict for each in documents) for verdict in _VERDICTS},
        suite_pages={suite: _list_suite_pages(docs_dir, suite) for suite in {each.suite for each in result.expectations}},
        place=describe_place,
    )
    (docs_dir / "index.html").write_text(page, encoding="utf-8")


_VERDICTS = ("rejected", "flagged", "doubtful", "clean", "refused")


def list_documents(
    result: ValidationResult, core: Mapping[str, pa.Table], local: Mapping[str, str]
) -> tuple[JudgedDocument, ...]:
    """Every document of the batch, the rejected first, then the flagged, the worst read first among them; also those named by
    rows without a disclosure.
    """
    disclosures = {row["document_id"]: row for row in core["core_disclosures"].to_pylist()}
    unknown = sorted({*result.rejected, *result.flagged} - set(disclosures))
    urls = {document: local.get(document) or row["url"] for document, row in disclosures.items()}
    failed = _group_failures(result, urls)
    problems = _group_problems(core["core_findings"], urls)
    documents = [
        _judge_document(result, document, disclosures.get(document, {}), failed, problems.get(document, ()), urls.get(document))
        for document in (*disclosures, *unknown)
    ]
    return tuple(sorted(documents, key=lambda each: (_VERDICTS.index(each.verdict), each.trust.score, each.document_id)))


def link_page(url: str | None, page: int | None) -> str | None:
    """The address of a page of a PDF, published or linked beside this page; None where there is neither."""
    if url is None or not (url.startswith(("http://", "https://")) or _is_beside(url)):
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


def _is_beside(address: str) -> bool:
    folder, _, name = address.partition("/")
    return folder == DOCUMENTS and name.endswith(".pdf") and bool(_DOCUMENT_ID.fullmatch(name.removesuffix(".pdf")))


def _group_problems(findings: pa.Table, urls: Mapping[str, str]) -> Mapping[str, Sequence[Problem]]:
    """Findings that ask for a person's eyes, the gravest first and ours before the publisher's."""
    grouped: dict[str, list[Problem]] = defaultdict(list)
    for row in findings.to_pylist():
        # What an earlier judgement of the same staged rows added is told by this one again.
        if row["severity"] not in _GRAVITY or row["finding_kind"].startswith("expectation-failed"):
            continue
        link = link_page(urls.get(row["document_id"]), row["page"]) if row["page"] is not None else None
        grouped[row["document_id"]].append(
            Problem(
                kind=row["finding_kind"],
                severity=row["severity"],
                whose=row["whose"],
                message=row["message"],
                hint=row["hint"] or "",
                fitting=row["fitting_value"] or "",
                page=row["page"],
                link=link,
            )
        )
    for problems in grouped.values():
        problems.sort(key=_rank_problem)
    return grouped


def _rank_problem(problem: Problem) -> tuple[int, int, int]:
    blame = _BLAME.index(problem.whose) if problem.whose in _BLAME else 0
    return _GRAVITY.index(problem.severity), blame, problem.page or 0


def _describe_trust(row: Mapping[str, Any]) -> Trust:
    if row.get("score") is None or row.get("grade") is None:
        return Trust()
    printed = row["line_count"] + row["unread_count"]
    return Trust(
        grade=row["grade"],
        score=f"{row['score']:.3f}",
        amounts=f"{row['line_count']:,}",
        proved=f"{row['proved_count'] / printed:.0%}" if printed and row["proved_count"] is not None else "–",
        unread=f"{row['unread_count']:,}",
        violated=_describe_violated(row),
    )


def _describe_violated(row: Mapping[str, Any]) -> str:
    violated, checked, publishers = (row[name] for name in ("violated_count", "checked_count", "publisher_violated_count"))
    if violated is None or checked is None:
        return "–"
    whose = f", {publishers} of them the publisher's" if publishers else ""
    return f"{violated:,} of {checked:,}{whose}"


def _judge_document(
    result: ValidationResult,
    document_id: str,
    row: Mapping[str, Any],
    failed: Mapping[str, Sequence[FailedExpectation]],
    problems: Sequence[Problem],
    address: str | None,
) -> JudgedDocument:
    return JudgedDocument(
        document_id=document_id,
        verdict=_give_verdict(result, document_id, row.get("status")),
        title=row.get("title") or _name_file(row.get("url")) or "(no title)",
        issuer=row.get("department_name") or "(issuer unknown)",
        year=str(row.get("fiscal_year") or "year unknown"),
        url=row.get("url") or "",
        link=link_page(address, None),
        trust=_describe_trust(row),
        problems=tuple(problems[:SHOWN_FINDINGS]),
        more_problems=max(len(problems) - SHOWN_FINDINGS, 0),
        failed=tuple(failed.get(document_id, ())),
    )


def _name_file(url: str | None) -> str:
    """What a document without a title is called: its file."""
    return unquote((url or "").split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1])


def _give_verdict(result: ValidationResult, document_id: str, status: str | None) -> str:
    if document_id in result.rejected:
        return "rejected"
    if document_id in result.flagged:
        return "flagged"
    # What the reading left in doubt is not clean because no expectation failed.
    return status if status in {"refused", "doubtful"} else "clean"


def _list_suite_pages(docs_dir: Path, suite: str) -> list[str]:
    """Great Expectations' page of a suite for each batch."""
    pages = sorted((docs_dir / "gx" / "validations" / suite).rglob("*.html"))
    return [page.relative_to(docs_dir).as_posix() for page in pages]


def _load_template() -> Any:
    environment = Environment(
        loader=PackageLoader("expectations", "templates"),
        autoescape=select_autoescape(enabled_extensions=("html", "j2"), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("summary.html.j2")
