"""One error put into a sample that was read once: exactly what was meant is harmed, and its truth is kept."""

import hashlib
from collections import Counter
from decimal import Decimal
from itertools import pairwise
from random import Random

import pytest

from extractors.pdf.document import read_raw_document
from flows.process import interpret_document
from samples.errors import (
    ERRORS,
    NoPlaceError,
    Sound,
    demote_code,
    double_row,
    drop_row,
    exceed_rounding,
    locate,
    make_sound,
    misprint_digit,
    misread_digit,
    shift_column,
    slip_unit,
    swap_neighbours,
    write_amount,
)
from samples.library import sample_disclosures
from transforms.amounts import parse_amount
from warehouse.records import RawCell, RawDocument, Sighting


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    pdf = sample_disclosures()[0].draw()
    path = tmp_path_factory.mktemp("sample") / "sample.pdf"
    path.write_bytes(pdf)
    sha256 = hashlib.sha256(pdf).hexdigest()
    raw = read_raw_document(path, sha256[:16])
    rows = interpret_document(raw, Sighting(sha256[:16], sha256, len(pdf), "local", path.name)).rows
    return make_sound(raw, rows["core_budget_lines"], rows["core_checks"])


def list_changes(sound: Sound, changed: RawDocument) -> list[tuple[RawCell, RawCell]]:
    """Cells before and after, of tables with the same cells."""
    return [
        (old, new)
        for before, after in zip(sound.raw.tables, changed.tables, strict=True)
        for old, new in zip(before.cells, after.cells, strict=True)
        if old != new
    ]


@pytest.mark.parametrize("error", ERRORS)
def test_the_same_seed_gives_the_same_error(sound: Sound, error: str) -> None:
    assert ERRORS[error](sound, Random(3)) == ERRORS[error](sound, Random(3))


@pytest.mark.parametrize("error", ERRORS)
def test_only_one_table_is_harmed(sound: Sound, error: str) -> None:
    harm = ERRORS[error](sound, Random(5))
    pairs = zip(sound.raw.tables, harm.document.tables, strict=True)
    harmed = [before for before, after in pairs if before != after]
    assert harmed == [sound.tables[harm.table_id]]


def test_a_misprint_changes_one_digit_of_one_cell_and_keeps_its_truth(sound: Sound) -> None:
    harm = misprint_digit(sound, Random(1))
    ((old, new),) = list_changes(sound, harm.document)
    assert sum(a != b for a, b in zip(old.text, new.text, strict=True)) == 1
    assert (new.agreed, new.other_text) == (old.agreed, old.other_text)
    (line,) = [line for line in sound.lines if {locate(line)} == harm.boxes and line["table_id"] == harm.table_id]
    assert harm.true_yuan == line["amount_cny"]


def test_a_misreading_leaves_the_truth_with_the_other_reader(sound: Sound) -> None:
    harm = misread_digit(sound, Random(1))
    ((old, new),) = list_changes(sound, harm.document)
    assert new.text != old.text
    assert (new.agreed, new.other_text, harm.whose) == (False, old.text, "extraction")


def test_swapped_neighbours_have_each_others_texts(sound: Sound) -> None:
    changes = list_changes(sound, swap_neighbours(sound, Random(2)).document)
    (first, first_new), (second, second_new) = changes
    assert (first_new.text, second_new.text) == (second.text, first.text)
    assert abs(first.row - second.row) + abs(first.column - second.column) == 1


def test_a_shifted_run_stands_a_row_lower(sound: Sound) -> None:
    harm = shift_column(sound, Random(2))
    cells = {(cell.row, cell.column): cell for cell in sound.tables[harm.table_id].cells}
    for old, new in list_changes(sound, harm.document):
        above = cells[old.row - 1, old.column].text
        assert new.text in {"", above}


def test_a_unit_slip_multiplies_every_amount_of_the_table(sound: Sound) -> None:
    changes = list_changes(sound, slip_unit(sound, Random(1)).document)
    values = [(parse_amount(old.text), parse_amount(new.text)) for old, new in changes]
    ratios = {new.value / old.value for old, new in values if old and new and old.value and new.value}
    assert ratios == {Decimal(10_000)}


def test_a_dropped_row_moves_the_rows_below_up(sound: Sound) -> None:
    harm = drop_row(sound, Random(1))
    before = sound.tables[harm.table_id]
    (after,) = [table for table in harm.document.tables if table.ordinal == before.ordinal]
    assert after.n_rows == before.n_rows - 1
    assert sorted({cell.row for cell in after.cells}) == list(range(after.n_rows))
    assert not Counter(cell.text for cell in after.cells) - Counter(cell.text for cell in before.cells)


def test_a_doubled_row_stands_twice(sound: Sound) -> None:
    harm = double_row(sound, Random(1))
    before = sound.tables[harm.table_id]
    (after,) = [table for table in harm.document.tables if table.ordinal == before.ordinal]
    rows = [tuple(cell.text for cell in after.cells if cell.row == row) for row in range(after.n_rows)]
    assert after.n_rows == before.n_rows + 1
    assert any(one == two and any(one) for one, two in pairwise(rows))


def test_a_demoted_code_loses_two_digits(sound: Sound) -> None:
    ((old, new),) = list_changes(sound, demote_code(sound, Random(1)).document)
    assert new.text == old.text.strip()[:-2]


def test_beyond_rounding_is_beyond_the_envelope_by_two_last_digits_at_most(sound: Sound) -> None:
    harm = exceed_rounding(sound, Random(1))
    ((old, new),) = list_changes(sound, harm.document)
    before, after = parse_amount(old.text), parse_amount(new.text)
    assert before
    assert after
    assert before.value is not None
    assert after.value is not None
    steps = abs(after.value - before.value).scaleb(before.decimals)
    assert 1 <= steps < 100


def test_a_document_without_amounts_has_no_place(sound: Sound) -> None:
    empty = make_sound(sound.raw, [], [])
    for error in ERRORS.values():
        with pytest.raises(NoPlaceError):
            error(empty, Random(1))


@pytest.mark.parametrize(
    ("value", "like", "text"), [("1234.5", "9,999.00", "1,234.50"), ("1234.5", "99.0", "1234.5"), ("-7", "8", "-7")]
)
def test_an_amount_is_written_as_another_is_printed(value: str, like: str, text: str) -> None:
    assert write_amount(Decimal(value), like) == text
