"""The contracts and the stores: metadata, records, findings, archive, tables, releases.

`warehouse.open(path)` reads a warehouse from Python: see `warehouse.reader`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.reader import Reader
    from warehouse.visibility import AsOf


def open(path: "Path | str", as_of: "AsOf | None" = None) -> "Reader":  # said as `warehouse.open`, as `gzip.open`
    """One state of the warehouse in a folder, for DuckDB, Arrow, pandas and Polars. `as_of`: a moment or a commit's number.

    Raises FileNotFoundError where there is no warehouse, PurgedError where that state is no longer whole.
    """
    from warehouse.reader import Reader  # noqa: PLC0415  # the other modules of this package need none of what it loads

    return Reader.open(path, as_of)
