"""The contracts and the stores: metadata, records, findings, archive, tables, releases.

`warehouse.open(path)` reads a warehouse from Python: see `warehouse.reader`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.object_storage import ObjectStorage
    from warehouse.reader import Reader
    from warehouse.visibility import AsOf


def open(  # said as `warehouse.open`, as `gzip.open`
    path: "Path | str", as_of: "AsOf | None" = None, storage: "ObjectStorage | None" = None
) -> "Reader":
    """One state of the warehouse in a folder or at an `s3://bucket/prefix`, for DuckDB, Arrow, pandas and Polars.

    `as_of`: a moment or a commit's number. `storage`: an S3-compatible server and its keys, if not Amazon and the machine's own.

    Raises FileNotFoundError where there is no warehouse, PurgedError where that state is no longer whole.
    """
    from warehouse.reader import Reader  # noqa: PLC0415  # the other modules of this package need none of what it loads

    return Reader.open(path, as_of, storage)
