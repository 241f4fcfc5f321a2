"""The warehouse opened: for questions, and for runs that may make it.

Promise: a question never makes a warehouse; where there is none, or one that another version wrote and this one cannot continue,
one sentence says what to do.
"""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from flows.errors import NoWarehouseError, OtherVersionError
from flows.settings import load_settings
from warehouse.metadata.schema import MetadataError
from warehouse.store import Warehouse


def open_warehouse(folder: Path | None) -> Warehouse:
    """The warehouse in `folder`, or the one that the settings name. Raises NoWarehouseError."""
    path = load_settings(folder).warehouse
    if not (path / "commits").is_dir():
        raise NoWarehouseError(
            f"no warehouse in {path}; `yusuan run --demo` or `yusuan process PATH` makes one, --warehouse names another"
        )
    return open_or_make(path)


def open_or_make(path: Path) -> Warehouse:
    """The warehouse in `path`, made where there is none. Raises OtherVersionError."""
    try:
        return Warehouse.open(path)
    except MetadataError as error:
        raise OtherVersionError(
            f"the warehouse in {path} was written by another version of Yusuan that this one cannot continue ({error}); "
            "nothing was changed: use the newer version, or another --warehouse"
        ) from error


def select_document(store: Warehouse, resource: str, document_id: str) -> pa.Table:
    """One document's rows of a table."""
    table: Any = store.read(resource)
    return table.filter(pc.equal(table["document_id"], document_id))
