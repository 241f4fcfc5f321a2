"""Tables as one DuckDB file, for a release and for `yusuan export`.

Promise: decimals, lists and moments keep their types; tables and columns carry their descriptions as comments. The bytes of the
file are DuckDB's: it writes a new random identity into every file, so that equal contents do not give equal bytes. Compare
contents (`warehouse.contents`), never files.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from warehouse.datapackage import describe_resource
from warehouse.metadata.models import get_resource


def write_duckdb(tables: Mapping[str, pa.Table], path: Path) -> None:
    """Tables, by the names of their resources, as a new DuckDB file."""
    with duckdb.connect(str(path)) as connection:
        connection.begin()  # one transaction: each comment would wait for the disk
        for name, table in tables.items():
            connection.register("exported", table)
            connection.execute(f'create table "{name}" as from exported')
            connection.unregister("exported")
            for statement in _list_comments(name, table.column_names):
                connection.execute(statement)
        connection.commit()


def read_duckdb(path: Path, name: str, schema: pa.Schema) -> pa.Table:
    """A table of such a file in the order in which it was written and the types of `schema`.

    Raises duckdb.Error where there is none, pa.ArrowInvalid where values do not fit the types.
    """
    columns = ", ".join(f'"{column}"' for column in schema.names)
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.sql(f'select {columns} from "{name}"').to_arrow_table().cast(schema)  # noqa: S608  # names of the metadata


def _list_comments(name: str, columns: Sequence[str]) -> Iterator[str]:
    resource = get_resource(name)
    yield f"comment on table \"{name}\" is '{_quote(f'{describe_resource(name)} {resource.zh}')}'"
    for column in columns:
        field = resource.get_field(column)
        yield f'comment on column "{name}"."{column}" is \'{_quote(f"{field.en} {field.zh}")}\''


def _quote(text: str) -> str:
    return text.replace("'", "''")
