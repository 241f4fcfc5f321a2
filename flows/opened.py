"""The warehouse opened: for questions, and for runs that may make it.

Promise: a question never makes a warehouse; where there is none, or one that another version wrote and this one cannot continue,
one sentence says what to do.
"""

from pathlib import Path

import pyarrow as pa

from flows.errors import NoWarehouseError, OtherVersionError
from flows.settings import Settings, load_settings
from warehouse.metadata.schema import MetadataError
from warehouse.store import Warehouse


def open_warehouse(folder: Path | None) -> Warehouse:
    """The warehouse in `folder`, or the one that the settings name. Raises NoWarehouseError."""
    settings = load_settings(folder)
    if not Warehouse(settings.warehouse, settings.tables_place).is_there():
        raise NoWarehouseError(
            f"no warehouse in {settings.tables_place}; `yusuan run --demo` or `yusuan process PATH` makes one, "
            "--warehouse names another"
        )
    return open_or_make(settings)


def open_or_make(settings: Settings) -> Warehouse:
    """The warehouse that the settings name, made where there is none. Raises OtherVersionError."""
    try:
        return Warehouse.open(settings.warehouse, settings.tables_place)
    except MetadataError as error:
        raise OtherVersionError(
            f"the warehouse in {settings.tables_place} was written by another version of Yusuan that this one cannot continue "
            f"({error}); nothing was changed: use the newer version, or another --warehouse"
        ) from error


def select_document(store: Warehouse, resource: str, document_id: str) -> pa.Table:
    """One document's rows of a table."""
    return store.read(resource, document_ids=(document_id,))


def check_version(settings: Settings) -> str:
    """Why this version cannot continue the warehouse that the settings name; nothing where it can, or where there is none.

    Unlike opening it, this changes nothing.
    """
    warehouse = Warehouse(settings.warehouse, settings.tables_place)
    if not warehouse.is_there():
        return ""
    try:
        warehouse.check_metadata()
    except MetadataError as error:
        return str(error)
    return ""
