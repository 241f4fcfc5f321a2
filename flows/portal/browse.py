"""What there is to browse by, as lists: the units that the build makes of the whole warehouse beside documents and departments.

Promise: a list of findings or failing sums shows the first `SHOWN_PLACES` of its kind and says how many there are.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flows.portal.documents import title_identity
from flows.portal.lists import Cell, Column, Listing, list_under, show_amount, show_count
from flows.portal.reading import Survey
from flows.portal.spending import Spending, group_rows
from transforms.identities import load_identities, load_identities_across, load_identities_text
from transforms.portal.addresses import Language, address_document, address_page, address_unit
from transforms.portal.detail_words import name_subject
from transforms.portal.disclosure_names import name_disclosure
from transforms.portal.finding_words import tell_finding
from transforms.portal.words import name_finding, name_value, say
from warehouse.records import Row

OUTCOMES = ("exact", "rounding", "truncation", "violated", "not_computable")
Describe = Callable[[Language], Listing]


@dataclass(frozen=True, slots=True)
class ListUnit:
    """A list: its folder, what it is made from (for the digest), and its listing in a language."""

    folder: str
    inputs: Any
    describe: Describe


def list_units(survey: Survey, spending: Spending) -> Iterator[ListUnit]:
    """Every list of the portal."""
    yield from _list_disclosures("regions", "region", survey, lambda row: row["region_code"] or "unknown")
    yield from _list_disclosures("years", "year", survey, lambda row: str(row["fiscal_year"] or "unknown"))
    yield _list_departments(survey)
    yield from _list_codes("functions", "function", spending.by_function, lambda row: row["code"])
    yield from _list_codes("economic", "economic_class", spending.by_economic, lambda row: f"{row['scheme']}-{row['code']}")
    yield from _list_findings(survey)
    yield from _list_identities(survey)


def _list_disclosures(folder: str, word: str, survey: Survey, key: Callable[[Row], str]) -> Iterator[ListUnit]:
    """One list a region or year, and the list of these lists."""
    grouped = group_rows(survey.disclosures, key)
    for name, rows in grouped.items():
        yield ListUnit(
            address_unit(folder, name),
            rows,
            lambda language, name=name, rows=rows: Listing(  # type: ignore[misc]  # mypy infers no lambda with defaults
                heading=_name_group(folder, name, rows, language), trail=list_under(folder, folder, language), disclosures=rows
            ),
        )
    counted = sorted(((name, rows) for name, rows in grouped.items()), reverse=folder == "years")
    yield ListUnit(
        folder,
        [(name, len(rows), rows[0]["region_name"]) for name, rows in counted],
        lambda language: Listing(
            heading=say(folder, language),
            columns=(Column(say(word, language)), Column(say("disclosures", language), is_number=True)),
            rows=[
                (
                    Cell(_name_group(folder, name, rows, language), f"{address_unit(folder, name)}/index.html"),
                    show_count(len(rows)),
                )
                for name, rows in counted
            ],
        ),
    )


def _name_group(folder: str, name: str, rows: Sequence[Row], language: Language) -> str:
    if name == "unknown":
        return say("year_unknown" if folder == "years" else "unknown", language)
    if folder == "years":
        return f"{name} 年" if language == "zh" else name
    return f"{rows[0]['region_name'] or name} {name}"


def _list_departments(survey: Survey) -> ListUnit:
    grouped = group_rows((row for row in survey.disclosures if row["department_id"]), lambda row: row["department_id"])
    named = [(key, rows[0]["department_name"] or key, rows) for key, rows in grouped.items()]
    facts = [
        (key, name, len(rows), sorted({row["fiscal_year"] or 0 for row in rows}), rows[0]["region_name"])
        for key, name, rows in named
    ]

    def describe(language: Language) -> Listing:
        columns = (
            Column(say("department", language)),
            Column(say("region", language)),
            Column(say("years", language)),
            Column(say("disclosures", language), is_number=True),
        )
        rows = [
            (
                Cell(name, f"{address_unit('departments', key)}/index.html"),
                Cell(region or ""),
                Cell(_span(years)),
                show_count(count),
            )
            for key, name, count, years, region in facts
        ]
        return Listing(heading=say("departments", language), columns=columns, rows=rows)

    return ListUnit("departments", facts, describe)


def _span(years: Sequence[int]) -> str:
    known = [year for year in years if year]
    return "" if not known else f"{known[0]}–{known[-1]}" if len(known) > 1 else str(known[0])


def _list_codes(folder: str, word: str, rows: Sequence[Row], key: Callable[[Row], str]) -> Iterator[ListUnit]:
    """One list a code with what each department spends on it, and the list of codes by class."""
    grouped = group_rows((row for row in rows if row["code"]), key)
    for name, own in grouped.items():
        ordered = sorted(own, key=lambda row: (-row["fiscal_year"], row["phase"], -row["amount_cny"], row["document_id"]))
        yield ListUnit(
            address_unit(folder, name),
            ordered,
            lambda language, ordered=ordered: _describe_code(folder, ordered, language),  # type: ignore[misc]  # untyped lambda
        )
    known = sorted(grouped)
    facts = [
        (name, grouped[name][0]["code"], grouped[name][0]["name"], grouped[name][0]["class_name"], len(grouped[name]))
        for name in known
    ]

    def describe(language: Language) -> Listing:
        columns = (
            Column(say("code", language)),
            Column(say(word, language)),
            Column(say("kind", language)),
            Column(say("disclosures", language), is_number=True),
        )
        cells = [
            (Cell(code, f"{address_unit(folder, name)}/index.html"), Cell(words or "–"), Cell(parent or ""), show_count(count))
            for name, code, words, parent, count in facts
        ]
        return Listing(heading=say(folder, language), columns=columns, rows=cells)

    yield ListUnit(folder, facts, describe)


def _describe_code(folder: str, rows: Sequence[Row], language: Language) -> Listing:
    columns = (
        Column(say("department", language)),
        Column(say("year", language)),
        Column(say("fund", language)),
        Column(say("yuan", language), is_number=True),
    )
    cells = [
        (
            Cell(row["department_name"] or say("unknown", language), address_document(row["document_id"])),
            Cell(f"{row['fiscal_year']} {name_value('phase', row['phase'], language)}"),
            Cell(name_value("fund_type", row["fund_type"], language)),
            show_amount(row["amount_cny"]),
        )
        for row in rows
    ]
    first = rows[0]
    return Listing(
        heading=f"{first['code']} {first['name'] or ''}".strip(),
        lead=say("spending_here", language),
        trail=list_under(folder, folder, language),
        columns=columns,
        rows=cells,
    )


def _list_findings(survey: Survey) -> Iterator[ListUnit]:
    for kind, count in survey.finding_counts.items():
        places = survey.findings[kind]
        yield ListUnit(
            address_unit("findings", kind),
            (count, places),
            # mypy infers no lambda with defaults.
            lambda language, kind=kind, count=count, places=places: _describe_findings(kind, count, places, language),  # type: ignore[misc]
        )
    yield ListUnit(
        "findings",
        survey.finding_counts,
        lambda language: Listing(
            heading=say("findings", language),
            columns=(Column(say("finding_kind", language)), Column(say("count", language), is_number=True)),
            rows=[
                (Cell(name_finding(kind, language), f"{address_unit('findings', kind)}/index.html"), show_count(count))
                for kind, count in sorted(survey.finding_counts.items(), key=lambda entry: (-entry[1], entry[0]))
            ],
        ),
    )


def _describe_findings(kind: str, count: int, places: Sequence[Row], language: Language) -> Listing:
    columns = (
        Column(say("disclosure", language)),
        Column(say("page", language)),
        Column(say("whose", language)),
        Column(say("message", language), is_long=True),
    )
    rows = [
        (
            Cell(name_disclosure(row), address_document(row["document_id"])),
            _lead_to_page(row, f"f{row['finding_number']}", language),
            Cell(say(f"whose_{row['whose']}", language)),
            _tell(kind, row, language),
        )
        for row in places
    ]
    return Listing(
        heading=name_finding(kind, language),
        lead=say("finding_where", language, n=f"{count:,}"),
        trail=list_under("findings", "findings", language),
        columns=columns,
        rows=rows,
    )


def _tell(kind: str, row: Row, language: Language) -> Cell:
    told = tell_finding(kind, row["message"], language)
    return Cell(told.words, is_english=told.is_english)


def _lead_to_page(row: Row, anchor: str, language: Language) -> Cell:
    if row["page"] is None:
        return Cell("–")
    return Cell(str(row["page"]), address_page(row["document_id"], row["page"], anchor))


def _list_identities(survey: Survey) -> Iterator[ListUnit]:
    groups = (load_identities(), load_identities_text(), *load_identities_across().values())
    declared = {entry.id: entry for group in groups for entry in group.identities}
    names = sorted({*declared, *survey.check_counts})
    for name in names:
        counts, places = survey.check_counts.get(name, {}), survey.violations.get(name, [])
        explanation = declared[name].explanation if name in declared else None
        yield ListUnit(
            address_unit("identities", name),
            (counts, places, explanation and explanation.zh),
            # mypy infers no lambda with defaults.
            lambda language, name=name, counts=counts, places=places, explanation=explanation: Listing(  # type: ignore[misc]
                heading=getattr(title_identity(name), language),
                lead=_explain(getattr(explanation, language) if explanation else "", counts, language),
                trail=list_under("identities", "identities", language),
                columns=(
                    Column(say("disclosure", language)),
                    Column(say("message", language), is_long=True),
                    Column(f"{say('difference', language)} ({say('yuan', language)})", is_number=True),
                ),
                rows=[
                    (
                        Cell(name_disclosure(row), f"{address_document(row['document_id'])}#checks"),
                        Cell(_tell_compared(row, language)),
                        show_amount(row["difference_cny"] or None),
                    )
                    for row in places
                ],
            ),
        )
    yield ListUnit(
        "identities",
        [(name, survey.check_counts.get(name)) for name in names],
        lambda language: _describe_identities(names, survey, language),
    )


def _tell_compared(place: Row, language: Language) -> str:
    """What a failing instance is of, and what was compared where it is no amounts: these differ in nothing."""
    compared = None if place["difference_cny"] else place["reason"]
    subject = name_subject(place["check_subject"], language)
    return f"{subject}: {compared}" if compared else subject


def _explain(explanation: str, counts: dict[str, int], language: Language) -> str:
    told = [f"{say(f'outcome_{outcome}', language)} {counts[outcome]:,}" for outcome in OUTCOMES if counts.get(outcome)]
    return f"{explanation} {' · '.join(told)}".strip()


def _describe_identities(names: Sequence[str], survey: Survey, language: Language) -> Listing:
    columns = (
        Column(say("identity", language)),
        *(Column(say(f"outcome_{outcome}", language), is_number=True) for outcome in OUTCOMES),
    )
    rows = [
        (
            Cell(getattr(title_identity(name), language), f"{address_unit('identities', name)}/index.html"),
            *(show_count(survey.check_counts.get(name, {}).get(outcome, 0)) for outcome in OUTCOMES),
        )
        for name in names
    ]
    return Listing(heading=say("identities", language), columns=columns, rows=rows)
