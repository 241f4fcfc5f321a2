"""The warehouse in DuckDB: every table by name, and the `out_` views.

Promise: only committed rows of the newest (or an earlier) state are there, all of one moment; nothing that is done in the
connection reaches the warehouse or any other file. Summing `out_spending_by_function` or `out_spending_by_economic` over a
document gives the total that the document prints.
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Template

import duckdb
import pyarrow as pa
import yaml
from pydantic import BaseModel, ConfigDict

from warehouse.codes import SCHEMES
from warehouse.duckdb_file import fill_tables
from warehouse.metadata.models import list_resources, load_labels
from warehouse.metadata.schema import check_key, to_arrow_schema
from warehouse.store import Warehouse
from warehouse.visibility import AsOf

# No files, no network, no extensions; Python's own variables are no tables either.
_CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "python_enable_replacements": "false",
}

BOUNDED_MEMORY = "384MB"

# In the order in which they use each other.
_VIEW_FILES = (
    "out_budget_lines",
    "out_spending_by_function",
    "out_spending_by_economic",
    "out_three_public",
    "out_year_on_year",
    "out_department_units",
    "out_findings",
    "stated",
    "out_changes",
    "out_headcount",
    "out_procurement",
    "out_targets",
)


class SpendingChoice(BaseModel):
    """`sql/spending.yml`, one classification: the expression of its code and the columns that may stand for a document."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    candidates: tuple[tuple[str, str, str], ...]


def connect(warehouse: Warehouse, as_of: AsOf | None = None) -> duckdb.DuckDBPyConnection:
    """A connection in memory with all tables (`raw_`, `core_`, `ref_`, `commits`) and `out_` views of one state.

    Data leaves it through results (`arrow()`, `df()`), not through COPY. Raises PurgedError where the state is no longer whole.
    """
    connection = duckdb.connect(":memory:", config=_CLOSED)
    tables = list_resources("raw", "core", "ref", "system")
    for name, dataset in warehouse.open_datasets(tables, warehouse.snapshot(as_of)).items():
        connection.register(name, dataset)
    return _complete(connection)


def connect_bounded(warehouse: Warehouse, as_of: AsOf | None, path: Path) -> duckdb.DuckDBPyConnection:
    """The same without the `raw_` tables, for questions about everything: over a copy in a new DuckDB file at `path`.

    No more than `BOUNDED_MEMORY` is held of tables and answers, however large they are. Over Arrow's datasets that could not be
    promised: a scanner reads ahead of who asks, beside what DuckDB holds.
    """
    bounds: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": BOUNDED_MEMORY,
        "temp_directory": f"{path}.aside",
        "threads": "2",
        "preserve_insertion_order": "false",  # who asks orders; copying need not hold what came out of order
    }
    connection = duckdb.connect(str(path), config={**_CLOSED, **bounds})
    with fill_tables(connection) as append:
        for name, chunk in warehouse.iterate_tables(list_resources("core", "ref", "system"), warehouse.snapshot(as_of)):
            append(name, chunk)
    return _complete(connection)


def _complete(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    for statement in _list_definitions():
        connection.execute(statement)
    connection.execute("set lock_configuration = true")
    return connection


def read_view(connection: duckdb.DuckDBPyConnection, name: str) -> pa.Table:
    """All rows of an `out_` view in the schema of its metadata, ordered by its key. Raises MetadataError where keys repeat."""
    schema = to_arrow_schema(name)
    columns = ", ".join(schema.names)
    table = connection.sql(f"select {columns} from {name} order by all").to_arrow_table().cast(schema)  # noqa: S608  # our names
    check_key(name, table)
    return table


def _list_definitions() -> Iterator[str]:
    for field, labels in load_labels().items():
        words = ", ".join(f"'{value}': '{label}'" for value, label in labels.items())
        yield f"create macro label_of_{field.replace('.', '_')}(word) as map {{{words}}}[word]"
    for scheme in SCHEMES:
        yield _define(f"{scheme}_names", "code_names", list=f"ref_{scheme}_codes")
    for classification, choice in _load_choices().items():
        ranked = [(rank, *candidate) for rank, candidate in enumerate(choice.candidates)]
        listed = ", ".join(str(candidate) for candidate in ranked)
        yield _define(
            f"{classification}_sources",
            "spending_sources",
            classification=classification,
            code=choice.code,
            candidates=listed,
        )
    yield "create view out_spending_sources as from function_sources union all from economic_sources"
    for name in _VIEW_FILES:
        yield _define(name, name)


@cache
def _load_choices() -> dict[str, SpendingChoice]:
    text = files("warehouse").joinpath("sql", "spending.yml").read_text(encoding="utf-8")
    return {name: SpendingChoice(**entry) for name, entry in yaml.safe_load(text).items()}


def _define(view: str, file_name: str, **words: str) -> str:
    text = files("warehouse").joinpath("sql", f"{file_name}.sql").read_text(encoding="utf-8")
    return f"create view {view} as {Template(text).substitute(words)}"
