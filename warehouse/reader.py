"""The warehouse for people who analyse: `warehouse.open(path)` gives one state of it to DuckDB, Arrow, pandas and Polars.

Promise: everything that a reader gives out is of one moment, the one at which it was opened (or `as_of`), whatever is loaded
meanwhile; amounts are decimals in all four; nothing that is done with it reaches the warehouse.
"""

import warnings
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import duckdb
import pyarrow as pa

from warehouse.hazards import AggregationWarning, find_hazards
from warehouse.metadata.models import get_resource, list_resources
from warehouse.object_storage import ObjectPlace, ObjectStorage, is_object_url
from warehouse.store import Warehouse
from warehouse.views import connect, read_view
from warehouse.visibility import AsOf

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


class Reader:
    """One state of a warehouse. Close it, or use it in a `with`."""

    def __init__(self, store: Warehouse, as_of: AsOf | None = None) -> None:
        self._store = store
        self.sequence: int = store.snapshot(as_of).sequence
        """Number of the commit whose state this is; 0: before the first."""
        self.duckdb: duckdb.DuckDBPyConnection = connect(store, self.sequence)
        """A connection in memory with every table and view by name. Do with it what you like: the warehouse does not see it."""

    @classmethod
    def open(cls, path: Path | str, as_of: AsOf | None = None, storage: ObjectStorage | None = None) -> Self:
        """A reader of the warehouse in a folder, or of tables at an `s3://bucket/prefix` in `storage`.

        Raises FileNotFoundError where there is none, PurgedError as `connect`.
        """
        if is_object_url(str(path)):
            # Nothing is written: tables elsewhere are opened without a folder of their writer's.
            store = Warehouse(Path(), ObjectPlace.parse(str(path), storage or ObjectStorage()))
            if not store.is_there():
                raise FileNotFoundError(f"no Yusuan warehouse at {path}: there is no table of commits")
            return cls(store, as_of)
        if not Warehouse(Path(path)).is_there():
            raise FileNotFoundError(f"no Yusuan warehouse in {path}: that folder has no table of commits")
        return cls(Warehouse.open(path), as_of)

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables and views, the ones to begin with first."""
        return list_resources("out", "core", "ref", "raw", "system")

    def sql(self, question: str) -> duckdb.DuckDBPyRelation:
        """A question in DuckDB's SQL. Its answer has `.df()`, `.pl()`, `.to_arrow_table()` and `.show()`.

        Warns with AggregationWarning where it adds up what must not be added up as it stands.
        """
        for sentence in find_hazards(question):
            warnings.warn(sentence, AggregationWarning, stacklevel=2)
        return self.duckdb.sql(question)

    def arrow(self, table: str) -> pa.Table:
        """A whole table or view in the schema of its metadata, ordered by its key. Raises UnknownResourceError."""
        return read_view(self.duckdb, table) if get_resource(table).layer == "out" else self._store.read(table, self.sequence)

    def pandas(self, table: str) -> "pd.DataFrame":
        """A whole table or view as pandas with Arrow's types: a plain `float` would not keep amounts, an `object` is slow."""
        import pandas  # noqa: PLC0415  # a second that only its users pay

        frame: pandas.DataFrame = self.arrow(table).to_pandas(types_mapper=pandas.ArrowDtype)
        return frame

    def polars(self, table: str) -> "pl.DataFrame":
        """A whole table or view as Polars."""
        import polars  # noqa: PLC0415  # only its users pay

        frame = polars.from_arrow(self.arrow(table))
        assert isinstance(frame, polars.DataFrame)  # noqa: S101  # a table gives a frame, an array a series
        return frame

    def close(self) -> None:
        """Give the connection back."""
        self.duckdb.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> Any:
        self.close()
