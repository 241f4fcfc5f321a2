"""Which documents are compared with which: the same organisation in consecutive years, a final account with its budget, a
department with its units, and what was published twice.

Promise: documents meet by the registry id of their organisation (`transforms/departments.py`), never by likeness of names; a
document that was refused, replaced by a newer one, or of which the year, phase or issuer is unknown, is compared with nothing;
the same documents in any order give the same comparisons.

Where one organisation has two documents of one year, phase and level, the newer one stands for it (the one fetched last, then
the smaller document_id), and the other is compared with it only.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from transforms.departments import Organisation, Registry
from warehouse.records import Row

# The roles of the document that makes the statement and of those that it is held against, by kind of comparison.
ROLES: Mapping[str, tuple[str, str]] = {
    "consecutive_years": ("later", "earlier"),
    "budget_final": ("final", "budget"),
    "department_units": ("department", "unit"),
    "department_unit": ("unit", "department"),
    "same_year": ("again", "first"),
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One document and those that it is held against. Within one document (`others` is itself) units' tables are meant.

    `is_complete`: the units are all that the department lists. `is_restructured`: the organisation of the earlier document
    became a part of the later one's.
    """

    kind: str
    document_id: str
    others: tuple[str, ...]
    is_complete: bool = False
    is_restructured: bool = False

    @property
    def comparison_id(self) -> str:
        """Unique among comparisons; sorts by kind, document and others."""
        return ":".join((self.kind, self.document_id, *self.others))

    @property
    def document_ids(self) -> tuple[str, ...]:
        """All documents that take part, the one that makes the statement first."""
        return tuple(dict.fromkeys((self.document_id, *self.others)))


@dataclass(frozen=True, slots=True)
class _Document:
    """A document that can be compared. `key`: organisation, whether one unit alone, year and phase."""

    document_id: str
    region_code: str | None
    name: str
    organisation_id: str
    is_unit: bool
    fiscal_year: int
    phase: str

    @property
    def key(self) -> tuple[str, bool, int, str]:
        return self.organisation_id, self.is_unit, self.fiscal_year, self.phase


def list_comparisons(
    disclosures: Iterable[Row],
    listed_units: Mapping[str, frozenset[str]],
    unit_tables: Mapping[str, frozenset[str]],
    registry: Registry,
) -> list[Comparison]:
    """All comparisons among `core_disclosures` rows, ordered by id.

    `listed_units`: names of units in the rows of a document's own tables; `unit_tables`: names of units that have tables of
    their own in it; by document_id, absent where there are none.
    """
    usable = sorted((row for row in disclosures if is_comparable(row)), key=_rank)
    standing: dict[tuple[str, bool, int, str], _Document] = {}
    found: list[Comparison] = []
    for row in usable:
        document = _identify(row, registry)
        if document is None:
            continue
        first = standing.setdefault(document.key, document)
        if first is not document:
            found.append(Comparison("same_year", document.document_id, (first.document_id,)))
    found.extend(_pair_years(standing, registry))
    found.extend(_pair_phases(standing))
    found.extend(_pair_units(standing, listed_units, registry))
    found.extend(_pair_tables(standing.values(), listed_units, unit_tables, registry))
    return sorted(found, key=lambda comparison: comparison.comparison_id)


def is_comparable(row: Row) -> bool:
    """Whether a `core_disclosures` row is of a document that may be compared: read, in force, of known issuer, year and phase."""
    known = all(row[name] for name in ("department_name", "fiscal_year", "phase"))
    return known and row["status"] != "refused" and row["superseded_by"] is None and row["line_count"] > 0


def _rank(row: Row) -> tuple[bool, float, str]:
    """The newest first; a document without a time of its fetch after all that have one."""
    fetched = row["fetched_at"]
    seconds = 0.0 if fetched is None else _to_seconds(fetched)
    return fetched is None, -seconds, row["document_id"]


def _to_seconds(moment: object) -> float:
    return (moment if isinstance(moment, datetime) else datetime.fromisoformat(str(moment))).timestamp()


def _identify(row: Row, registry: Registry) -> _Document | None:
    organisation = registry.identify(row["region_code"], row["department_name"], row["fiscal_year"])
    if organisation is None:
        return None
    return _Document(
        document_id=row["document_id"],
        region_code=row["region_code"],
        name=row["department_name"],
        organisation_id=organisation.organisation_id,
        is_unit=organisation.is_own_level or row["organisation_scope"] == "unit",
        fiscal_year=row["fiscal_year"],
        phase=row["phase"],
    )


_Standing = Mapping[tuple[str, bool, int, str], _Document]


def _pair_years(standing: _Standing, registry: Registry) -> Iterator[Comparison]:
    """Documents of one phase a year apart. A budget's previous actual amounts are estimates, which no final account prints."""
    for earlier in standing.values():
        year = earlier.fiscal_year + 1
        later = standing.get((earlier.organisation_id, earlier.is_unit, year, earlier.phase))
        if later:
            yield Comparison("consecutive_years", later.document_id, (earlier.document_id,))
        successors = registry.find_successors(earlier.region_code, earlier.name, year)
        for organisation_id in sorted({successor.organisation_id for successor in successors}):
            merged = standing.get((organisation_id, earlier.is_unit, year, earlier.phase))
            if merged:
                yield Comparison("consecutive_years", merged.document_id, (earlier.document_id,), is_restructured=True)


def _pair_phases(standing: _Standing) -> Iterator[Comparison]:
    for final in standing.values():
        budget = standing.get((final.organisation_id, final.is_unit, final.fiscal_year, "budget"))
        if final.phase == "final" and budget:
            yield Comparison("budget_final", final.document_id, (budget.document_id,))


def _pair_units(standing: _Standing, listed: Mapping[str, frozenset[str]], registry: Registry) -> Iterator[Comparison]:
    """Each unit's document with its department's, and a department's with those of all its units that are here."""
    for department in standing.values():
        if department.is_unit:
            continue
        wanted = _list_wanted(department, listed.get(department.document_id, frozenset()), registry)
        ids = wanted | {department.organisation_id}
        here = [standing.get((one, True, department.fiscal_year, department.phase)) for one in sorted(ids)]
        units = [unit for unit in here if unit is not None]
        for unit in units:
            yield Comparison("department_unit", unit.document_id, (department.document_id,))
        if units:
            is_complete = bool(wanted) and wanted <= {unit.organisation_id for unit in units}
            others = tuple(sorted(unit.document_id for unit in units))
            yield Comparison("department_units", department.document_id, others, is_complete=is_complete)


def _pair_tables(
    documents: Iterable[_Document],
    listed: Mapping[str, frozenset[str]],
    unit_tables: Mapping[str, frozenset[str]],
    registry: Registry,
) -> Iterator[Comparison]:
    """Departments whose units have tables of their own in the same document."""
    for document in documents:
        names = unit_tables.get(document.document_id, frozenset())
        if document.is_unit or not names:
            continue
        wanted = _list_wanted(document, listed.get(document.document_id, frozenset()), registry)
        there = {one.organisation_id for one in _identify_all(document, names, registry)}
        is_complete = bool(wanted) and wanted <= there
        yield Comparison("department_units", document.document_id, (document.document_id,), is_complete=is_complete)


def _list_wanted(department: _Document, names: Iterable[str], registry: Registry) -> set[str]:
    """The organisations whose own amounts make up a department. Its own name in the list may be its own level or the sum of
    all: where the two cannot be told apart the own level is wanted too, so that a sum is claimed too seldom and never too often.
    """
    return {one.organisation_id for one in _identify_all(department, names, registry)}


def _identify_all(document: _Document, names: Iterable[str], registry: Registry) -> Sequence[Organisation]:
    found = (registry.identify(document.region_code, name, document.fiscal_year) for name in sorted(names))
    return [organisation for organisation in found if organisation]


def split_tables(tables: Iterable[Row], disclosures: Mapping[str, Row], registry: Registry) -> dict[str, str]:
    """Whose each table is: "" the document's own, else the name of the unit; by table_id.

    Own is the first table of a type without a unit's name or with the issuer's, and the only one of its type, whatever name
    it has. Further tables of a type that nobody can tell apart are nobody's and left out.
    """
    by_type: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for table in tables:
        by_type[table["document_id"], table["table_type"]].append(table)
    owners: dict[str, str] = {}
    for (document_id, _), same in by_type.items():
        ordered = sorted(same, key=lambda table: (table["table_instance"], table["table_id"]))
        own = ordered if len(ordered) == 1 else [t for t in ordered if _is_own(t, disclosures[document_id], registry)]
        owners |= {table["table_id"]: "" for table in own[:1]}
        owners |= {t["table_id"]: t["unit_name"] for t in ordered if t["unit_name"] and t not in own}
    return owners


def _is_own(table: Row, disclosure: Row, registry: Registry) -> bool:
    if not table["unit_name"]:
        return True
    region, year = disclosure["region_code"], disclosure["fiscal_year"]
    issuer = registry.identify(region, disclosure["department_name"], year)
    return issuer is not None and issuer == registry.identify(region, table["unit_name"], year)
