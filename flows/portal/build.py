"""The portal made, or brought up to date: what depends on nothing that changed is left as it is.

Promise: the pages show one state of the warehouse and its newest release; after a build that ends, no page of anything that is
gone is left; one that is cut off is gone on with by the next. Memory holds one row a disclosure, the rows that the `out_` views
give, and a few documents at a time.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from flows.portal.browse import list_units
from flows.portal.datasets import Publication, find_publication, list_data_set_pages, mirror_releases
from flows.portal.departments import DepartmentRows, make_department_pages
from flows.portal.documents import list_picture_pages, make_document_pages
from flows.portal.feed import NAME as FEED
from flows.portal.feed import make_feeds
from flows.portal.folder import PortalFolder, Written
from flows.portal.headlines import Headlines, read_headlines, take_headlines
from flows.portal.lists import make_list_pages
from flows.portal.pictures import NoPictureError, Pictures
from flows.portal.reading import DocumentRows, Survey, read_documents, read_survey
from flows.portal.rendering import render_page
from flows.portal.searching import list_entries, make_search_page, read_projects
from flows.portal.sitemap import make_sitemap
from flows.portal.spending import Spending, group_rows, read_spending
from transforms.portal.addresses import LANGUAGES, address_unit
from transforms.portal.search_index import Entry, make_index
from warehouse.catalogue.publisher import Publisher
from warehouse.records import Row
from warehouse.store import Warehouse
from warehouse.views import connect_bounded

SAVE_EVERY = 200
NEWEST = 12
STATIC = ("portal.css", "portal.js", "icon.svg")


@dataclass(slots=True)
class BuildReport:
    """What a build did. `without_pictures`: documents whose pages could not be drawn, with the reason."""

    written: Written
    documents: int = 0
    pictures: int = 0
    without_pictures: dict[str, str] = field(default_factory=dict)


def build_portal(
    store: Warehouse,
    releases_dir: Path,
    root: Path,
    *,
    pictures: Pictures | None,
    publisher: Publisher,
    tell: Callable[[str], None],
    address: str | None = None,
) -> BuildReport:
    """Bring the portal in `root` up to date. `pictures`: draw the pages now; None leaves them to `yusuan serve`. `address`: where
    the portal stands on the web; without it has no sitemap and no feed, in which addresses are whole.

    Raises NotAPortalError, ReleaseUnreadableError.
    """
    folder = PortalFolder(root)
    report = BuildReport(folder.done)
    sequence = store.snapshot().sequence
    with (
        tempfile.TemporaryDirectory(prefix="yusuan-portal-") as scratch,
        closing(connect_bounded(store, sequence, Path(scratch) / "tables.duckdb")) as tables,
    ):
        survey, spending, headlines = read_survey(store, sequence, tables), read_spending(tables), read_headlines(tables)
        projects = read_projects(tables)
    report.documents = len(survey.disclosures)
    _write_documents(folder, store, sequence, survey, pictures, report, tell)
    _write_departments(folder, survey, spending, headlines, tell)
    _write_lists(folder, survey, spending)
    publication = find_publication(releases_dir)
    _write_data_sets(folder, publication, releases_dir, publisher)
    _write_front(folder, survey, spending, publication, has_feed=address is not None)
    _write_search(folder, survey, list_entries(survey, spending, projects, publication))
    _remove_gone(folder)
    _write_for_machines(folder, survey, publication, publisher, address)
    folder.save()
    return report


def digest(*values: Any) -> str:
    """What something is made from, in 16 hex digits; the code and words that make pages count among it."""
    return hashlib.sha256(repr((hash_code(), *values)).encode()).hexdigest()[:16]


@cache
def hash_code() -> str:
    """A digest of everything that makes pages: the packages' modules, templates, words and metadata."""
    total = hashlib.sha256()
    for package in ("flows.portal", "transforms.portal", "warehouse.metadata"):
        for path in _list_files(files(package)):
            total.update(path.read_bytes())
    for package, name in (
        ("transforms", "identities.yml"),
        ("transforms", "identities_across.yml"),
        ("transforms", "identities_text.yml"),
        ("warehouse", "findings.yml"),
    ):
        total.update(files(package).joinpath(name).read_bytes())
    return total.hexdigest()


def _list_files(folder: Traversable) -> Iterator[Traversable]:
    for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if path.is_dir():
            yield from () if path.name == "__pycache__" else _list_files(path)
        else:
            yield path


def _write_documents(
    folder: PortalFolder,
    store: Warehouse,
    sequence: int,
    survey: Survey,
    pictures: Pictures | None,
    report: BuildReport,
    tell: Callable[[str], None],
) -> None:
    digests = {row["document_id"]: digest(row) for row in survey.disclosures}
    changed = [
        row for row in survey.disclosures if not folder.is_current(f"document:{row['document_id']}", digests[row["document_id"]])
    ]
    for number, rows in enumerate(read_documents(store, sequence, changed), start=1):
        document_id = rows.disclosure["document_id"]
        if pictures:
            _draw(pictures, rows, report)
        place = address_unit("documents", document_id)
        folder.write_unit(
            f"document:{document_id}",
            digests[document_id],
            make_document_pages(rows),
            [f"{language}/{place}" for language in LANGUAGES],
        )
        if number % SAVE_EVERY == 0:
            folder.save()
            tell(f"  disclosures {number:,} of {len(changed):,}")


def _draw(pictures: Pictures, rows: DocumentRows, report: BuildReport) -> None:
    document_id = rows.disclosure["document_id"]
    try:
        report.pictures += pictures.draw_missing(document_id, list_picture_pages(rows))
    except NoPictureError as error:
        report.without_pictures[document_id] = str(error)


def _write_departments(
    folder: PortalFolder, survey: Survey, spending: Spending, headlines: Headlines, tell: Callable[[str], None]
) -> None:
    grouped = group_rows((row for row in survey.disclosures if row["department_id"]), _department_of)
    function, economic, three = (
        group_rows(rows, _department_of) for rows in (spending.by_function, spending.by_economic, spending.three_public)
    )
    for number, (name, disclosures) in enumerate(grouped.items(), start=1):
        views = (function.get(name, []), economic.get(name, []), three.get(name, []))
        rows = DepartmentRows(name, disclosures, *views, take_headlines(disclosures, headlines))
        unit, made_from = f"department:{name}", digest(rows)
        if folder.is_current(unit, made_from):
            continue
        place = address_unit("departments", name)
        folder.write_unit(unit, made_from, make_department_pages(rows), [f"{language}/{place}" for language in LANGUAGES])
        if number % SAVE_EVERY == 0:
            folder.save()
            tell(f"  departments {number:,} of {len(grouped):,}")


def _department_of(row: Row) -> str:
    return str(row["department_id"])


def _write_lists(folder: PortalFolder, survey: Survey, spending: Spending) -> None:
    for listed in list_units(survey, spending):
        made_from = digest(listed.inputs)
        if folder.is_current(f"list:{listed.folder}", made_from):
            continue
        # The list of all has its pages beside the folders of the single ones, which are not its own.
        own = [f"{language}/{listed.folder}" for language in LANGUAGES] if "/" in listed.folder else []
        folder.write_unit(f"list:{listed.folder}", made_from, make_list_pages(listed.folder, listed.describe), own)


def _write_data_sets(folder: PortalFolder, publication: Publication | None, releases_dir: Path, publisher: Publisher) -> None:
    if publication is None:
        nothing = {"catalogue": None, "versions": (), "whole": ()}
        pages = {
            f"{language}/datasets/index.html": render_page(language, "datasets/index.html", "datasets.html.j2", nothing)
            for language in LANGUAGES
        }
        folder.write_unit("datasets:", digest(None), pages)
        return
    mirror_releases(publication, releases_dir, folder.root)
    made_from = digest(publication.catalogue.version, publication.versions, publisher)
    names = ["", *(data_set.name for data_set in publication.catalogue.data_sets)]
    if all([folder.is_current(f"datasets:{name}", made_from) for name in names]):  # noqa: C419  # each is to be asked for
        return
    for name, pages in list_data_set_pages(publication, publisher):
        folder.write_unit(f"datasets:{name}", made_from, pages)


def _write_for_machines(
    folder: PortalFolder, survey: Survey, publication: Publication | None, publisher: Publisher, address: str | None
) -> None:
    """Sitemap and feeds, or none; what an earlier build had more of goes."""
    files: dict[str, bytes] = {}
    if address:
        portal = f"{address.rstrip('/')}/"
        files = {
            **dict(make_sitemap(folder.units, survey.committed_at, portal)),
            **make_feeds(survey, publication, publisher, portal),
        }
    for name, content in files.items():
        folder.write_file(name, content)
    for pattern in ("sitemap*.xml", f"*/{FEED}"):
        folder.remove_files(pattern, files)


def _write_front(
    folder: PortalFolder, survey: Survey, spending: Spending, publication: Publication | None, *, has_feed: bool
) -> None:
    for name in STATIC:
        folder.write_file(f"assets/{name}", files("flows.portal").joinpath("static", name).read_bytes())
    for language in LANGUAGES:
        address = "index.html"
        folder.write_file(
            f"{language}/{address}",
            render_page(
                language,
                address,
                "home.html.j2",
                {**_describe_home(survey, spending, publication), "feed": FEED if has_feed else None},
            ),
        )
        folder.write_file(f"{language}/about.html", render_page(language, "about.html", "about.html.j2", {}))
    folder.write_file("index.html", files("flows.portal").joinpath("static", "index.html").read_bytes())


def _write_search(folder: PortalFolder, survey: Survey, entries: Iterator[Entry]) -> None:
    """Every file is made; those that are as before are not written."""
    for name, page in make_search_page(survey).items():
        folder.write_file(name, page)
    written = set()
    for name, content in make_index(entries):
        folder.write_file(f"search/{name}", content)
        written.add(f"search/{name}")
    folder.keep_only("search", written)


def _describe_home(survey: Survey, spending: Spending, publication: Publication | None) -> dict[str, Any]:
    rows = survey.disclosures
    lines = sum(row["line_count"] for row in rows)
    proved = sum(row["proved_count"] or 0 for row in rows)
    newest = sorted(rows, key=lambda row: (survey.committed_at[row["document_id"]], row["document_id"]), reverse=True)
    return {
        "figures": (
            ("departments", len({row["department_id"] for row in rows if row["department_id"]})),
            ("disclosures", len(rows)),
            ("amounts", lines),
            ("proved", f"{min(100 * proved / lines, 99.9):.1f} %" if lines and proved < lines else "100 %" if lines else "–"),
        ),
        "ways": (
            ("departments", "departments/index.html", len({row["department_id"] for row in rows if row["department_id"]})),
            ("regions", "regions/index.html", len({row["region_code"] for row in rows})),
            ("years", "years/index.html", len({row["fiscal_year"] for row in rows})),
            ("functions", "functions/index.html", len({row["code"] for row in spending.by_function if row["code"]})),
            (
                "economic",
                "economic/index.html",
                len({(row["scheme"], row["code"]) for row in spending.by_economic if row["code"]}),
            ),
            ("findings", "findings/index.html", sum(survey.finding_counts.values())),
            ("identities", "identities/index.html", sum(sum(counts.values()) for counts in survey.check_counts.values())),
            ("datasets", "datasets/index.html", len(publication.catalogue.data_sets) if publication else 0),
        ),
        "newest": newest[:NEWEST],
    }


_FOLDERS = {"document": "documents", "department": "departments", "datasets": "datasets"}


def _remove_gone(folder: PortalFolder) -> None:
    """The pages of what the warehouse no longer has; the pictures of its documents, too."""
    for kind, place in _FOLDERS.items():
        for unit in folder.find_gone(kind):
            name = unit.partition(":")[2]
            _remove(folder, unit, [f"{language}/{address_unit(place, name)}" for language in LANGUAGES])
            if kind == "document":
                folder.remove_folder(address_unit("pictures", name))
    for unit in folder.find_gone("list"):
        _remove(folder, unit, [f"{language}/{unit.partition(':')[2]}" for language in LANGUAGES])


def _remove(folder: PortalFolder, unit: str, places: Sequence[str]) -> None:
    for place in places:
        folder.remove_folder(place)
    folder.forget(unit)
