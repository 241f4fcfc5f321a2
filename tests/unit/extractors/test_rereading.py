"""Cells of a page read again: every way of reading gives its text, and nothing is settled here."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from extractors.pdf.document import read_raw_document
from extractors.rereading import MOST_CELLS, agree_on_row, recall_readings, reread_cells
from samples.library import sample_disclosures
from transforms.amounts import is_amount
from warehouse.records import RawCell, RawDocument


@cache
def read(path: Path) -> RawDocument:
    return read_raw_document(path, "0" * 16)


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rereading") / "sample.pdf"
    path.write_bytes(sample_disclosures()[0].draw())
    return path


def find_amount(raw: RawDocument) -> RawCell:
    return next(cell for table in raw.tables for cell in table.cells if cell.agreed and is_amount(cell.text))


def exchange(raw: RawDocument, old: RawCell, new: RawCell) -> RawDocument:
    tables = (replace(table, cells=tuple(new if cell is old else cell for cell in table.cells)) for table in raw.tables)
    return replace(raw, tables=tuple(tables))


def test_readers_that_agreed_saw_the_same(pdf: Path) -> None:
    cell = find_amount(read(pdf))
    assert recall_readings(read(pdf), [(cell.page, cell.bbox)]) == {(cell.page, cell.bbox): [cell.text]}


def test_the_readings_that_were_not_taken_are_recalled(pdf: Path) -> None:
    cell = find_amount(read(pdf))
    disputed = replace(cell, agreed=False, other_text="1.00", third_text="2.00")
    place = (cell.page, cell.bbox)
    assert recall_readings(exchange(read(pdf), cell, disputed), [place])[place] == ["1.00", "2.00"]


def test_a_place_where_no_cell_stands_has_no_reading(pdf: Path) -> None:
    assert recall_readings(read(pdf), [(1, (0.0, 0.0, 1.0, 1.0))]) == {}


def test_the_page_is_read_again_in_two_more_ways(pdf: Path) -> None:
    cell = find_amount(read(pdf))
    misread = exchange(read(pdf), cell, replace(cell, text="9.99", agreed=False))
    place = (cell.page, cell.bbox)
    assert reread_cells(pdf, misread, [place])[place] == [cell.text, cell.text]


def test_the_number_of_cells_is_bounded(pdf: Path) -> None:
    raw = read(pdf)
    places = [(cell.page, cell.bbox) for table in raw.tables for cell in table.cells]
    assert len(places) > MOST_CELLS
    known, seen = recall_readings(raw, places), reread_cells(pdf, raw, places)
    assert 0 < sum(len(texts) > len(known.get(place, ())) for place, texts in seen.items()) <= MOST_CELLS


def test_a_row_is_agreed_on_until_one_of_its_cells_is_not(pdf: Path) -> None:
    raw = read(pdf)
    cell = find_amount(raw)
    place = (cell.page, cell.bbox)
    beside = next(
        other
        for table in raw.tables
        if cell in table.cells
        for other in table.cells
        if other is not cell and other.row == cell.row and other.page == cell.page
    )
    assert agree_on_row(raw, place)
    assert not agree_on_row(exchange(raw, beside, replace(beside, agreed=False)), place)
    assert not agree_on_row(raw, (cell.page, (0.0, 0.0, 1.0, 1.0)))
