"""What the archive's journal knows of documents, where the warehouse is asked: where each was seen, whether it still is.

Promise: read only; without an archive nothing is made and nothing is said.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from warehouse.archive import Archive
from warehouse.metadata.schema import to_arrow_table
from warehouse.object_storage import ObjectPlace
from warehouse.records import Row

TABLE = "archive_documents"


def list_sightings(place: Path | ObjectPlace) -> list[Row]:
    """Rows of `archive_documents`; none without an archive."""
    return Archive(place).sightings()


def register_archive(connection: Any, place: Path | ObjectPlace) -> None:
    """Give a DuckDB connection the table `archive_documents`."""
    connection.register(TABLE, to_arrow_table(TABLE, list_sightings(place)))


def tell_origin(place: Path | ObjectPlace, document_id: str) -> Iterator[str]:
    """What a person should know of where a document was seen: what it was packed in, where it is no longer published."""
    sightings = list_sightings(place)
    names = {row["document_id"]: row["url"] for row in sightings}
    for row in sightings:
        if row["document_id"] != document_id:
            continue
        if row["container_id"]:
            yield f"packed in {names.get(row['container_id'], row['container_id'])}"
        if row["withdrawn_at"]:
            yield f"no longer published at {row['url']}, found so on {row['withdrawn_at']:%Y-%m-%d}; these rows stay"
