"""What can be found in the portal, and the page that finds it."""

import json
from collections.abc import Iterator
from typing import Any

import duckdb

from flows.portal.datasets import Publication
from flows.portal.documents import title_identity
from flows.portal.reading import Survey, list_rows
from flows.portal.rendering import render_page
from flows.portal.spending import Spending
from transforms.portal.addresses import LANGUAGES, Language, address_document, address_page, address_unit, name_mark
from transforms.portal.disclosure_names import name_disclosure
from transforms.portal.search_index import KINDS, Entry
from transforms.portal.words import name_finding, name_value, say
from warehouse.records import Row

_KIND_WORDS = {
    "department": "department",
    "document": "disclosure",
    "function": "function",
    "economic": "economic_class",
    "project": "project",
    "dataset": "datasets",
    "finding": "finding_kind",
    "identity": "identity",
    "region": "region",
}
# A project leads to its amount where it has one, on the picture of the page.
_PROJECTS = """
    select p.document_id, p.project, p.page, d.department_name, d.fiscal_year, d.phase, d.region_code, l.line_id, l.page as
    line_page from core_projects as p join core_disclosures as d using (document_id) left join core_budget_lines as l on l.line_id
    = p.line_ids[1] qualify row_number() over (partition by p.document_id, p.project order by p.project_number) = 1
    order by p.document_id, p.project_number"""


def read_projects(tables: duckdb.DuckDBPyConnection) -> list[Row]:
    """The projects of all documents, each name once a document."""
    return list_rows(tables.sql(_PROJECTS))


def list_entries(survey: Survey, spending: Spending, projects: list[Row], publication: Publication | None) -> Iterator[Entry]:
    """Everything that can be found."""
    yield from _list_documents(survey)
    yield from _list_codes("function", "functions", spending.by_function)
    yield from _list_codes("economic", "economic", spending.by_economic)
    for row in projects:
        yield Entry(
            "project",
            (row["project"],),
            row["department_name"] or "",
            _address_project(row),
            row["fiscal_year"],
            row["phase"],
            row["region_code"],
        )
    for data_set in publication.catalogue.data_sets if publication else ():
        yield Entry(
            "dataset", (data_set.name,), f"{data_set.zh} {data_set.en}", f"{address_unit('datasets', data_set.name)}/index.html"
        )
    for kind in survey.finding_counts:
        words = (name_finding(kind, "zh"), name_finding(kind, "en"))
        yield Entry("finding", words, "", f"{address_unit('findings', kind)}/index.html", also=kind)
    for identity in survey.check_counts:
        title = title_identity(identity)
        yield Entry("identity", (title.zh, title.en), "", f"{address_unit('identities', identity)}/index.html", also=identity)


def _list_documents(survey: Survey) -> Iterator[Entry]:
    departments: dict[str, Row] = {}
    regions: dict[str, Row] = {}
    for row in survey.disclosures:
        phase = " ".join(name_value("phase", row["phase"], language) for language in LANGUAGES)
        more = " · ".join(part for part in (row["department_name"], row["region_name"]) if part)
        also = " ".join(str(part) for part in (row["title"], row["fiscal_year"], phase) if part)
        facts = (row["fiscal_year"], row["phase"], row["region_code"], also)
        yield Entry("document", (name_disclosure(row),), more, address_document(row["document_id"]), *facts)
        if row["department_id"]:
            departments.setdefault(row["department_id"], row)
        if row["region_code"]:
            regions.setdefault(row["region_code"], row)
    for name, row in departments.items():
        address = f"{address_unit('departments', name)}/index.html"
        yield Entry("department", (row["department_name"] or name,), row["region_name"] or "", address, region=row["region_code"])
    for code, row in regions.items():
        yield Entry("region", (row["region_name"] or code,), code, f"{address_unit('regions', code)}/index.html", region=code)


def _list_codes(kind: Any, folder: str, rows: list[Row]) -> Iterator[Entry]:
    seen = set()
    for row in rows:
        name = f"{row['scheme']}-{row['code']}" if "scheme" in row else row["code"]
        if row["code"] and name not in seen:
            seen.add(name)
            words = f"{row['code']} {row['name'] or ''}".strip()
            yield Entry(kind, (words,), row["class_name"] or "", f"{address_unit(folder, name)}/index.html")


def _address_project(row: Row) -> str:
    if row["line_id"]:
        return address_page(row["document_id"], row["line_page"], name_mark(row["line_id"]))
    return address_document(row["document_id"])


def make_search_page(survey: Survey) -> dict[str, bytes]:
    """The page that finds, in every language."""
    years = sorted({row["fiscal_year"] for row in survey.disclosures if row["fiscal_year"]}, reverse=True)
    regions = sorted(
        {(row["region_code"], row["region_name"] or row["region_code"]) for row in survey.disclosures if row["region_code"]}
    )
    return {f"{language}/search.html": _render(language, years, regions) for language in LANGUAGES}


def _render(language: Language, years: list[int], regions: list[tuple[str, str]]) -> bytes:
    kinds = {kind: say(_KIND_WORDS[kind], language) for kind in KINDS}
    values = {
        "kinds": json.dumps(
            {**kinds, **{phase: name_value("phase", phase, language) for phase in ("budget", "final")}}, ensure_ascii=False
        ),
        "kind_words": list(kinds.items()),
        "years": years,
        "regions": regions,
    }
    return render_page(language, "search.html", "search.html.j2", values)
