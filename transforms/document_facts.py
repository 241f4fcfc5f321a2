"""What a disclosure says about itself: issuer, year, phase, scope and region, each with the place that says it.

Promise: the document decides. The title page comes first, then page headers, then captions and labels (部门名称：…), then running
text; what the portal said is used last and says so in a finding. Every fact has its evidence, a fact that cannot be read is
None and a finding, and a date of publication is never taken for the fiscal year.

Scope follows the data model: a 单位预算, a （本级） and a document that declares itself one basic unit are `unit`; a 部门预算 is
`department`, also where the department happens to have no subordinate units, because the same issuer's 单位预算 is published
beside it and the two must stay apart. Region is the government whose budget the issuer belongs to: a university or authority of
the central government has none.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from transforms.document_terms import alternatives, load_document_terms
from transforms.evidence import Read, Source, first, most_common
from transforms.issuers import drop_marks, find_issuer, find_portal_issuer
from transforms.region_names import Atlas
from transforms.titles import BRACKETS, YEAR, Document, Line, ends_as_organisation
from warehouse.codes import Region
from warehouse.issues import make_finding
from warehouse.records import RawDocument, Row, Sighting, TextLine

Fact = Literal["department_name", "region_code", "fiscal_year", "phase", "organisation_scope", "title", "is_disclosure"]

EVIDENCE_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a fact stands: `page` from 1, None for a caption without page and for what the portal said; `text` is kept short."""

    fact: Fact
    source: Source
    page: int | None
    text: str


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """The facts of one document; None where the document does not say. Names carry no white space, brackets as published."""

    department_name: str | None
    region_code: str | None
    fiscal_year: int | None
    phase: str | None
    organisation_scope: str | None
    title: str | None
    evidence: tuple[Evidence, ...]
    findings: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a text is a department's disclosure, and what speaks for it or against; None where there is no text to judge."""

    is_disclosure: bool | None
    seen: str
    page: int | None = None


def read_document_facts(
    lines: Sequence[TextLine],
    table_captions: Sequence[str],
    sighting_title: str,
    sighting_department: str,
    regions: Sequence[Region],
) -> DocumentFacts:
    """The facts of one document, from its lines of text in reading order (inside tables too) and the captions of its tables.

    `sighting_title` and `sighting_department` are what the portal said, empty where it said nothing.
    """
    document = Document.read(lines, table_captions)
    portal = Document.read([TextLine(1, sighting_title, (0, 0, 0, 0))] if sighting_title else [], [])
    issuer = find_issuer(document) or find_portal_issuer(portal, sighting_department)
    name = issuer.value if issuer else ""
    region = _find_region(document, issuer, regions)
    read: dict[Fact, Read | None] = {
        "department_name": issuer,
        "fiscal_year": _find_year(document) or _find_portal_fact(portal, "year"),
        "phase": _find_phase(document) or _find_portal_fact(portal, "phase"),
        "organisation_scope": _find_scope(document, name) or _find_portal_fact(portal, "scope"),
        "region_code": region,
    }
    central = None if region else _find_central(document, issuer)
    verdict = judge_disclosure(document)
    told: dict[Fact, Read | None] = {**read, "region_code": region or central, "title": _find_title(document)}
    value = {fact: r.value for fact, r in told.items() if r}
    return DocumentFacts(
        department_name=drop_marks(name) or None,
        region_code=region.value if region else None,
        fiscal_year=int(value["fiscal_year"]) if "fiscal_year" in value else None,
        phase=value.get("phase"),
        organisation_scope=value.get("organisation_scope"),
        title=value.get("title"),
        evidence=tuple(Evidence(fact, r.source, r.page, r.text[:EVIDENCE_LENGTH]) for fact, r in told.items() if r),
        findings=(*_report_facts(read, central is not None, verdict), *_contradict_year(document, read["fiscal_year"])),
    )


def read_raw_document_facts(raw: RawDocument, sighting: Sighting, regions: Sequence[Region]) -> DocumentFacts:
    """The facts of a document as the readers hand it over."""
    return read_document_facts(arrange_lines(raw), (), sighting.title, sighting.department_name, regions)


def arrange_lines(raw: RawDocument) -> tuple[TextLine, ...]:
    """Lines outside the tables, captions, and the tables' cells, each cell a line, from top to bottom of every page.

    The cells belong to it: a document of tables alone names its issuer in one (部门名称 | 北京市审计局).
    """
    cells = (TextLine(cell.page, cell.text, cell.bbox) for table in raw.tables for cell in table.cells if cell.text.strip())
    captions = (line for table in raw.tables for line in table.captions)
    # A caption may be among the lines as well, and over several tables.
    return tuple(_sort_as_read({*raw.lines, *captions, *cells}))


def _sort_as_read(lines: Iterable[TextLine]) -> Iterator[TextLine]:
    """From top to bottom, and from left to right where boxes share most of their height: digits often have a taller box."""
    row: list[TextLine] = []
    for line in sorted(lines, key=lambda line: (line.page, line.bbox[1] + line.bbox[3], line.bbox[0], line.text)):
        if row and not _share_row(row[-1], line):
            yield from sorted(row, key=lambda line: line.bbox[0])
            row = []
        row.append(line)
    yield from sorted(row, key=lambda line: line.bbox[0])


def _share_row(one: TextLine, other: TextLine) -> bool:
    overlap = min(one.bbox[3], other.bbox[3]) - max(one.bbox[1], other.bbox[1])
    smaller = min(one.bbox[3] - one.bbox[1], other.bbox[3] - other.bbox[1])
    return one.page == other.page and overlap > smaller / 2


def is_disclosure(lines: Sequence[TextLine], table_captions: Sequence[str] = ()) -> Verdict:
    """Whether the text is a department's or unit's budget or final account, with what was seen."""
    return judge_disclosure(Document.read(lines, table_captions))


# --- Year, phase, scope -----------------------------------------------------------------------------------------------------


def _find_year(document: Document) -> Read | None:
    return (
        _find_title_fact(document, "year")
        or most_common(Read(t.year, "header", t.page, t.text) for t in document.headers)
        or most_common(_iterate_caption_years(document))
        or most_common(_iterate_text_years(document.lines))
    )


def _find_title(document: Document) -> Read | None:
    return first(Read(t.text, "title", t.page, t.text) for t in document.titles)


def _find_title_fact(document: Document, fact: Literal["year", "phase"]) -> Read | None:
    return first(Read(getattr(t, fact), "title", t.page, t.text) for t in document.titles)


def _find_portal_fact(portal: Document, fact: Literal["year", "phase", "scope"]) -> Read | None:
    """What the title on the portal says, where the document is silent."""
    return first(Read(value, "portal", None, t.text) for t in portal.titles if (value := getattr(t, fact)))


def _iterate_caption_years(document: Document) -> Iterator[Read]:
    """Years in titles of tables and in the （2026年度） under them."""
    phases = alternatives(load_document_terms().phases.values())
    table = re.compile(rf"(?:[表\d、.．（）()一-十]*){YEAR}[^\d，。；]{{0,40}}(?:{phases})[^\d，。；]{{0,20}}表[）)]?[.…·\d]*")
    alone = re.compile(rf"[（(]{YEAR}[）)]")
    for line in (*document.captions, *document.lines):
        match = table.fullmatch(line.text) or alone.match(line.text)
        if match:
            yield Read(match["year"], "caption", line.page or None, line.text)


def _iterate_text_years(lines: Sequence[Line]) -> Iterator[Read]:
    terms = load_document_terms()
    words = alternatives(word for group in terms.scope_words.values() for word in group)
    pattern = re.compile(rf"{YEAR}(?:{words})")
    for line in lines:
        for match in pattern.finditer(line.text):
            yield Read(match["year"], "text", line.page, match[0])


def _find_phase(document: Document) -> Read | None:
    return (
        _find_title_fact(document, "phase")
        or most_common(Read(t.phase, "header", t.page, t.text) for t in document.headers)
        or most_common(_iterate_caption_phases(document))
    )


def _iterate_caption_phases(document: Document) -> Iterator[Read]:
    """Phases in titles of tables: 决算 wins over 预算 in one title, names of funds do not count."""
    terms = load_document_terms()
    neutral = re.compile(alternatives(terms.phase_neutral))
    table = re.compile(r"[^，。；]{2,40}表(?:[（(].*|[.…·\d]*|[^，。；\d]{0,24}表)|[^，。；]{0,6}预算\d+表.{0,40}")
    for line in (*document.captions, *document.lines):
        if not table.fullmatch(line.text):
            continue
        text = neutral.sub("", line.text)
        if phase := next((key for key in ("final", "budget") if terms.phases[key] in text), None):
            yield Read(phase, "caption", line.page or None, line.text)


def _find_scope(document: Document, issuer: str) -> Read | None:
    """Mark of the name; 单位预算 in the title; what the text declares; 部门预算 in the title; labels; the words used most.

    The declaration stands before 部门预算 because some cities title the budget of one basic unit so.
    """
    titled = _find_title_scope(document)
    return (
        _find_marked_scope(document, issuer)
        or (titled if titled and titled.value == "unit" else None)
        or _find_declared_scope(document, issuer)
        or titled
        or most_common(_iterate_label_scopes(document))
        or most_common(_iterate_scope_words(document.lines))
    )


def _find_marked_scope(document: Document, issuer: str) -> Read | None:
    name = issuer.translate(BRACKETS)
    for scope, marks in load_document_terms().scope_marks.items():
        if name.endswith(marks):
            return Read(scope, "title", document.titles[0].page if document.titles else None, issuer)
    return None


def _find_title_scope(document: Document) -> Read | None:
    titles = (*document.titles, *document.headers)
    return first(Read(t.scope, "title", t.page, t.text) for t in titles if t.scope)


def _find_declared_scope(document: Document, issuer: str) -> Read | None:
    # Sentences wrap anywhere: they are looked for in the whole text, and the page of the end is told.
    text = document.text.translate(BRACKETS).replace(",", "，").replace(":", "：")
    name = issuer.translate(BRACKETS)
    for scope, sentences in load_document_terms().scope_declared.items():
        for sentence in sentences:
            at = text.find(sentence.format(issuer=name))
            if at >= 0 and (name or "{issuer}" not in sentence):
                return Read(scope, "text", document.page_at(at), text[at : at + 40])
    return None


def _iterate_label_scopes(document: Document) -> Iterator[Read]:
    scopes = {name: scope for scope, names in load_document_terms().label_scopes.items() for name in names}
    label = re.compile(rf"(?P<label>{alternatives(scopes)})(?:[:：]|(?<=名称))")
    for line in (*document.captions, *document.lines):
        if match := label.match(line.text):
            yield Read(scopes[match["label"]], "label", line.page or None, line.text)


def _iterate_scope_words(lines: Sequence[Line]) -> Iterator[Read]:
    scopes = {word: scope for scope, words in load_document_terms().scope_words.items() for word in words}
    pattern = re.compile(alternatives(scopes))
    for line in lines:
        for match in pattern.finditer(line.text):
            yield Read(scopes[match[0]], "text", line.page, line.text)


# --- Region -----------------------------------------------------------------------------------------------------------------


def _find_region(document: Document, issuer: Read | None, regions: Sequence[Region]) -> Read | None:
    """The region that the issuer's name names, else the title's; a bare 北京 only where the document also says 北京市.

    None for the central government's own institutions, and where a county's name fits several and no parent is named.
    """
    if not issuer:
        return None
    atlas = Atlas.read(regions)
    titles = (Read(t.text, "title", t.page, t.text) for t in (*document.titles, *document.headers[:1]))
    central = _find_central(document, issuer)
    if central and central.source != "text":
        return None
    for named in (issuer, *titles):
        if region := atlas.find_named(named.value, document.text):
            return Read(region.code, named.source, named.page, named.text)
    if central:
        return None
    if region := atlas.find_short(issuer.value, document.text):
        return Read(region.code, "text", document.page_at(document.text.find(region.name)), region.name)
    return None


def _find_central(document: Document, issuer: Read | None) -> Read | None:
    """The central government's institutions, by how the name begins or by what the text says of them."""
    terms = load_document_terms()
    if issuer and issuer.value.startswith(terms.central_prefixes):
        return Read("central", issuer.source, issuer.page, issuer.text)
    for sentence in terms.central_declared:
        at = document.text.find(sentence)
        if at >= 0:
            return Read("central", "text", document.page_at(at), document.text[max(0, at - 20) : at + 20])
    return None


# --- Disclosure or not ------------------------------------------------------------------------------------------------------


def judge_disclosure(document: Document) -> Verdict:
    """A title of a budget or final account, or enough of the terms that disclosures use; another paper's title speaks against."""
    terms = load_document_terms().disclosure
    if not document.lines:
        return Verdict(None, "no text")
    title = "".join(line.text for line in document.block)
    # A title without 部门, 单位 or an organisation is a government's own budget or worse: its terms must decide.
    for named in document.titles:
        if named.scope or ends_as_organisation(named.issuer):
            return Verdict(True, named.text, named.page)
    if other := next((word for word in terms.other_titles if word in title), None):
        return Verdict(False, f"{title[:40]} ({other})", document.block[0].page)
    text = "".join(line.text for line in document.captions) + document.text
    found = [term for term in terms.terms if term in text]
    if len(found) >= terms.needed:
        return Verdict(True, "、".join(found[: terms.needed]), document.page_at(document.text.find(found[0])))
    first = document.lines[0]
    return Verdict(False, (title or first.text)[:40], first.page)


# --- Findings and choices ---------------------------------------------------------------------------------------------------


_UNKNOWN: Mapping[str, str] = {
    "department_name": "unknown-issuer",
    "fiscal_year": "unknown-year",
    "phase": "unknown-phase",
    "organisation_scope": "unknown-scope",
    "region_code": "unknown-region",
}


def _contradict_year(document: Document, year: Read | None) -> Iterator[Row]:
    """A title page carried over from last year: the titles of the tables say another year."""
    printed = most_common(_iterate_caption_years(document))
    if year and printed and printed.value != year.value:
        yield make_finding(
            "year-differs", page=printed.page, title=year.value, tables=printed.value, text=printed.text[:EVIDENCE_LENGTH]
        )


def _report_facts(read: Mapping[Fact, Read | None], is_central: bool, verdict: Verdict) -> Iterator[Row]:
    for fact, value in read.items():
        if value is None and not (fact == "region_code" and is_central):
            yield make_finding(_UNKNOWN[fact])
        if value is not None and value.source == "portal":
            yield make_finding("fact-from-portal", fact=fact, value=value.value)
    if verdict.is_disclosure is False:
        yield make_finding("not-a-disclosure", page=verdict.page, seen=verdict.seen)
