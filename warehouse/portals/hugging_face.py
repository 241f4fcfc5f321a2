"""The layout of a data set on Hugging Face: a card with one configuration a table, and Parquet files that stand alone.

Layout::

    README.md                        the card
    data/TABLE.parquet               every table; core_budget_lines by year, with the year as a column
    retired/TABLE…                   tables that are no longer published, as they were last
    dictionary.md  ACCURACY.md  KNOWN-ISSUES.md  CHANGES.md  LICENSE-DATA

Promise: the files are of one release; a reader there sees every column, also the one that our folders hold in their name.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from warehouse.catalogue.release import Catalogue, DataFile, DataSet
from warehouse.metadata.schema import to_arrow_schema
from warehouse.portals.files import Ledger, plan_files, plan_ledger, plan_removals
from warehouse.portals.plan import Plan, PublishError, Step
from warehouse.portals.stores import Content, FileStore
from warehouse.release_files import write_parquet

_RETIRED = "retired/"
_PAGES = ("dictionary.md", "ACCURACY.md", "KNOWN-ISSUES.md", "CHANGES.md", "LICENSE-DATA")
_YEAR = re.compile(r"fiscal_year=(?P<year>\d{4})/")


class HuggingFaceTarget:
    """A working copy of a data set's repository, in a store."""

    def __init__(self, store: FileStore) -> None:
        self._store = store

    def plan(self, catalogue: Catalogue) -> Plan:
        """The files, and the card after them. Raises PublishError."""
        there = self._store.list_files()
        ledger = Ledger.read(self._store, there)
        data = dict(_list_data(catalogue))
        gone = [path for path in there if path.startswith("data/") and path not in data]
        if foreign := sorted(set(gone) - ledger.entries.keys()):
            raise PublishError(f"{self._store.name}: {', '.join(foreign[:3])} was not published from here; nothing is written")
        retiring = _find_retiring(gone, catalogue)
        kept = [path for path in there if path.startswith(_RETIRED)]
        again = set(kept) - set(_find_retiring(kept, catalogue))
        retired = {*(set(kept) - again), *map(_retire, retiring)}
        pages = {name: Content.of_file(catalogue.root / name) for name in _PAGES}
        wanted = {**data, **pages, "README.md": Content.of_bytes(write_card(catalogue, retired).encode())}
        steps, unchanged = plan_files(self._store, wanted, there, ledger)
        ends = [Step("retire", path, partial(self._store.move, path, _retire(path))) for path in retiring]
        ends += plan_removals(self._store, set(gone) - set(retiring), "no file of this release")
        ends += plan_removals(self._store, again, "published again")
        steps = [*steps[:-1], *ends, *steps[-1:]]
        return Plan(
            f"{self._store.name} (Hugging Face)",
            catalogue.version,
            (*steps, *plan_ledger(self._store, wanted, ledger, has_steps=bool(steps))),
            unchanged,
        )


def write_card(catalogue: Catalogue, retired: Iterable[str]) -> str:
    """The card: what the hub reads, then what a person reads."""
    head = {
        "license": catalogue.licence_name.lower(),
        "language": ["zh", "en"],
        "pretty_name": catalogue.title,
        "tags": list(catalogue.keywords),
        "configs": [
            {"config_name": data_set.name, "data_files": f"data/{_place(data_set)}", **_mark_default(data_set)}
            for data_set in catalogue.data_sets
        ],
    }
    tables = [f"| `{data_set.name}` | {data_set.title} |" for data_set in catalogue.data_sets]
    lines = [
        "---",
        yaml.safe_dump(head, allow_unicode=True, sort_keys=False).strip(),
        "---",
        "",
        f"# {catalogue.title}",
        "",
        catalogue.description,
        "",
        f"Version {catalogue.version} ({catalogue.created}). Columns: `dictionary.md`; how far it is proved: `ACCURACY.md`.",
        "",
        "**`core_budget_lines` holds the same yuan many times**, in several tables, in totals and in their parts: for sums take",
        "`out_spending_by_function` or `out_spending_by_economic`, within one `fund_type`, `phase` and `fiscal_year`.",
        "",
        "| configuration | table |",
        "|---|---|",
        *tables,
        "",
    ]
    if named := sorted(retired):
        lines += ["No longer published, as it was last: " + ", ".join(f"`{path}`" for path in named) + ".", ""]
    return "\n".join(lines)


def _mark_default(data_set: DataSet) -> Mapping[str, bool]:
    # What a reader gets who names no configuration: the view that cannot count a yuan twice.
    return {"default": True} if data_set.name == "out_spending_by_function" else {}


def _place(data_set: DataSet) -> str:
    by_year = any(_YEAR.search(file.path) for file in data_set.files)
    return f"{data_set.name}/*.parquet" if by_year else f"{data_set.name}.parquet"


def _list_data(catalogue: Catalogue) -> Iterator[tuple[str, Content]]:
    for data_set in catalogue.data_sets:
        for file in data_set.files:
            if file.format != "parquet":
                continue
            if year := _YEAR.search(file.path):
                path = f"data/{data_set.name}/{year['year']}.parquet"
                yield path, Content.of_bytes(_add_year(catalogue, data_set, file, int(year["year"])))
            else:
                yield f"data/{data_set.name}.parquet", Content.of_file(catalogue.root / file.path, file.sha256)


def _add_year(catalogue: Catalogue, data_set: DataSet, file: DataFile, year: int) -> bytes:
    """The file with the year of its folder's name as a column, in its place."""
    table = pq.ParquetFile(catalogue.root / file.path).read()
    column = to_arrow_schema(data_set.name).field("fiscal_year")
    years = pa.array([year] * table.num_rows, column.type)
    names = [name.name for name in data_set.columns]
    sink = io.BytesIO()
    # Words come out of a file as its dictionaries; they are encoded anew, as in every file of a release.
    plain = pa.schema([field.with_type(_decode(field.type)) for field in table.schema], table.schema.metadata)
    write_parquet(data_set.name, table.cast(plain).append_column(column, years).select(names), sink)
    return sink.getvalue()


def _decode(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _find_retiring(gone: Iterable[str], catalogue: Catalogue) -> list[str]:
    """Files of tables that are not published any more; a file of a table that is was only renamed or emptied."""
    published = {data_set.name for data_set in catalogue.data_sets}
    return [path for path in gone if path.split("/")[1].removesuffix(".parquet") not in published]


def _retire(path: str) -> str:
    return f"{_RETIRED}{path.removeprefix('data/')}"
