"""The warehouse opened for questions.

Promise: a question never makes a warehouse; where there is none, one sentence says how to make it.
"""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from flows.errors import NoWarehouseError
from flows.settings import load_settings
from warehouse.store import Warehouse


def open_warehouse(folder: Path | None) -> Warehouse:
    """The warehouse in `folder`, or the one that the settings name. Raises NoWarehouseError."""
    path = load_settings(folder).warehouse
    if not (path / "commits").is_dir():
        raise NoWarehouseError(
            f"no warehouse in {path}; `yusuan run --demo` or `yusuan process PATH` makes one, --warehouse names another"
        )
    return Warehouse.open(path)


def select_document(store: Warehouse, resource: str, document_id: str) -> pa.Table:
    """One document's rows of a table."""
    table: Any = store.read(resource)
    return table.filter(pc.equal(table["document_id"], document_id))
