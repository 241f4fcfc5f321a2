"""Tables of the warehouse as files for other programs: Parquet, CSV, DuckDB, SQLite, Excel.

Promise: every row and every amount arrives; where a program cannot hold a value as it is, it gets it as text, never rounded; text
that looks like a formula stays text. Files are written aside and put in place when they are whole. What must not be added up says
so where its reader looks first (`warehouse.export_notes`).

- Parquet, CSV: a folder with one file a table (`.parquet`, `.csv.gz`) and README.md.
- DuckDB: one file; decimals stay decimals; tables and columns carry their descriptions as comments.
- SQLite: one file; it knows floating point only: amounts of more than 15 digits, which that does not hold, are text. The notes
  are the table `read_me_first`, and a warning stands in the table's own definition (`.schema`).
- Excel: one workbook, a sheet a table, more where a table has more rows than a sheet holds; the same with its numbers. The notes
  are the first sheet; a sheet that must not be added up has a red tab, red headers over its amounts and the reason as a comment.
"""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from warehouse.duckdb_file import write_duckdb
from warehouse.export_notes import CAUTION, COLUMNS, NOTES_NAME, find_caution, list_notes, write_read_me
from warehouse.release_files import write_csv, write_parquet

ExportFormat = Literal["parquet", "csv", "duckdb", "sqlite", "excel"]

EXACT_DIGITS = 15  # what a binary floating-point number, all that Excel knows, holds of any decimal number
SHEET_ROWS = 1_048_575  # a sheet's rows but for the header


class ExportExistsError(FileExistsError):
    """There is something where the export should go; nothing was written."""


def export_tables(tables: Mapping[str, pa.Table], target: Path, export_format: ExportFormat, *, overwrite: bool = False) -> None:
    """Write tables, by the names of their resources, to `target`: a folder for parquet and csv, else a file.

    Raises ExportExistsError where `target` exists and may not be overwritten.
    """
    if target.exists() and not overwrite:
        raise ExportExistsError(f"{target} exists already")
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        _WRITERS[export_format](tables, aside)
        _replace(aside, target)
    finally:
        _remove(aside)


def _replace(aside: Path, target: Path) -> None:
    if aside.is_dir() and target.exists():
        _remove(target)
    aside.replace(target)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _write_parquet_folder(tables: Mapping[str, pa.Table], folder: Path) -> None:
    folder.mkdir()
    for name, table in tables.items():
        write_parquet(name, table, folder / f"{name}.parquet")
    (folder / "README.md").write_text(write_read_me(tables), encoding="utf-8")


def _write_csv_folder(tables: Mapping[str, pa.Table], folder: Path) -> None:
    folder.mkdir()
    for name, table in tables.items():
        write_csv(table, folder / f"{name}.csv.gz")
    (folder / "README.md").write_text(write_read_me(tables), encoding="utf-8")


def _write_sqlite(tables: Mapping[str, pa.Table], path: Path) -> None:
    connection = sqlite3.connect(path)
    try:
        with connection:
            columns = ", ".join(f'"{column}"' for column in COLUMNS)
            connection.execute(f"create table {NOTES_NAME} ({columns})")
            notes = (note.to_row() for note in list_notes(tables))
            connection.executemany(f"insert into {NOTES_NAME} values (?, ?, ?, ?, ?)", notes)  # noqa: S608  # our name
            for name, table in tables.items():
                columns = ", ".join(f'"{field.name}" {_name_sqlite_type(field.type)}' for field in table.schema)
                # SQLite keeps the words of a definition, comments and all.
                caution = f"/* {CAUTION}: {NOTES_NAME} */ " if find_caution(name) else ""
                connection.execute(f'create table "{name}" ({caution}{columns})')
                marks = ", ".join("?" * table.num_columns)
                insert = f'insert into "{name}" values ({marks})'  # noqa: S608  # names of the metadata
                connection.executemany(insert, ([_to_sqlite(value) for value in row] for row in _iterate_rows(table)))
    finally:
        connection.close()


def _name_sqlite_type(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return ""  # without a type SQLite leaves the value as it is; under NUMERIC it would cut long decimals to floating point
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return "INTEGER"
    return "REAL" if pa.types.is_floating(kind) else "TEXT"


def _to_sqlite(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value) if _fits_float(value) else str(value)
    return _to_plain(value)


def _fits_float(value: Decimal) -> bool:
    return len(value.as_tuple().digits) <= EXACT_DIGITS


def _write_excel(tables: Mapping[str, pa.Table], path: Path) -> None:
    import xlsxwriter  # noqa: PLC0415  # only this format needs it

    # In constant memory rows go out one by one; a text is a text, whatever it begins with.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        bold = book.add_format({"bold": True})
        red = book.add_format({"bold": True, "font_color": "#FFFFFF", "bg_color": "#C00000"})
        money = book.add_format({"num_format": "#,##0.00"})
        _write_notes(book, tables, bold, red)
        for name, table in tables.items():
            caution = find_caution(name)
            for sheet_name, part in _split_sheets(name, table):
                sheet = book.add_worksheet(sheet_name)
                sheet.freeze_panes(1, 0)
                sheet.write_row(0, 0, table.column_names, bold)
                if caution:
                    _mark_amounts(sheet, table.schema, caution, red)
                for number, row in enumerate(_iterate_rows(part), start=1):
                    for column, value in enumerate(row):
                        _write_cell(sheet, number, column, value, money)


def _write_notes(book: Any, tables: Mapping[str, pa.Table], bold: Any, red: Any) -> None:
    sheet = book.add_worksheet(NOTES_NAME)
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, COLUMNS, bold)
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for column, width in enumerate((28, 10, 70, 60, 60)):
        sheet.set_column(column, column, width, wrapped)
    for number, note in enumerate(list_notes(tables), start=1):
        sheet.write_row(number, 0, note.to_row())
        if note.caution:
            sheet.write_string(number, 0, note.table, red)


def _mark_amounts(sheet: Any, schema: pa.Schema, caution: str, red: Any) -> None:
    sheet.set_tab_color("#C00000")
    for column, field in enumerate(schema):
        if pa.types.is_decimal(field.type):
            sheet.write_string(0, column, field.name, red)
            sheet.write_comment(0, column, caution, {"x_scale": 4, "y_scale": 2})


def _split_sheets(name: str, table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    yield name, table.slice(0, SHEET_ROWS)
    for ordinal, start in enumerate(range(SHEET_ROWS, table.num_rows, SHEET_ROWS), start=2):
        yield f"{name}.{ordinal}", table.slice(start, SHEET_ROWS)


def _write_cell(sheet: Any, row: int, column: int, value: Any, money: Any) -> None:
    if isinstance(value, Decimal) and _fits_float(value):
        sheet.write_number(row, column, float(value), money)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    elif value is not None:
        sheet.write_string(row, column, str(_to_plain(value)))


def _iterate_rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    for batch in table.to_batches(max_chunksize=10_000):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _to_plain(value: Any) -> Any:
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value


_WRITERS: Mapping[ExportFormat, Callable[[Mapping[str, pa.Table], Path], None]] = {
    "parquet": _write_parquet_folder,
    "csv": _write_csv_folder,
    "duckdb": write_duckdb,
    "sqlite": _write_sqlite,
    "excel": _write_excel,
}
