"""The first reader, camelot itself, on drawn pages; and its cells held against the second reader's."""

from dataclasses import replace
from pathlib import Path

import pytest
from drawn_pages import SIZE, Sheet, draw_pdf, make_grid, read_grids

from extractors.pdf.grids import Grid
from extractors.pdf.tables import CamelotCell, CamelotTable, FirstReaderError, compare_readings, read_camelot

XS, YS = (20, 120, 200, 280), (50, 70, 90, 110)
ROWS = [["Name", "Budget", "Actual"], ["Pay", "1,200.00", "1,150.50"], ["Goods", "300.00", "-"]]


def draw_lines(sheet: Sheet) -> None:
    sheet.grid(XS, YS)
    sheet.fill(XS, YS, ROWS)


def draw_curves(sheet: Sheet) -> None:
    sheet.grid(XS, YS, "curves")
    sheet.fill(XS, YS, ROWS)


def read_first(tmp_path: Path, content: bytes, *grids: list[Grid]) -> dict[int, list[CamelotTable]]:
    path = tmp_path / "drawn.pdf"
    path.write_bytes(content)
    pages = dict(enumerate(grids, 1))
    return read_camelot(path, dict.fromkeys(pages, SIZE[1]), pages)


def seen_by_camelot(*cells: tuple[str, float, float]) -> CamelotTable:
    return CamelotTable((0, 100, 100, 140), tuple(CamelotCell(*cell) for cell in cells))


# --- camelot ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rotation", [0, 90])
def test_both_readers_see_the_same_table(tmp_path: Path, rotation: int) -> None:
    (grid,) = read_grids(draw_lines)
    (table,) = read_first(tmp_path, draw_pdf(draw_lines, rotation=rotation), [grid])[1]
    assert table.bbox == pytest.approx((20, 50, 280, 110), abs=1)
    assert all(cell.agreed for cell in compare_readings(grid, [table]).cells)


def test_rules_drawn_as_curves_are_seen_by_the_second_engine(tmp_path: Path) -> None:
    """西安市行政审批服务局 2025: every rule is a filled curve, and the vector engine sees none of its tables."""
    (grid,) = read_grids(draw_curves)
    (table,) = read_first(tmp_path, draw_pdf(draw_curves), [grid])[1]
    agreed = {cell.text for cell in compare_readings(grid, [table]).cells if cell.agreed}
    assert {"1,200.00", "1,150.50", "300.00"} <= agreed


def test_only_pages_with_grids_are_read(tmp_path: Path) -> None:
    (grid,) = read_grids(draw_lines)
    assert set(read_first(tmp_path, draw_pdf(draw_lines, draw_lines), [], [grid])) == {2}


def test_no_grids_cost_nothing(tmp_path: Path) -> None:
    assert read_camelot(tmp_path / "absent.pdf", {}, {1: []}) == {}


def test_file_that_camelot_cannot_read_is_told(tmp_path: Path) -> None:
    (grid,) = read_grids(draw_lines)
    with pytest.raises(FirstReaderError):
        read_first(tmp_path, b"no PDF", [grid])


# --- Comparing --------------------------------------------------------------------------------------------------------------

GRID = make_grid([["a", "1.00"], ["b", "2.00"]])  # cells 50 by 20 from (0, 100)
SAME = (("a", 25.0, 110.0), ("1.00", 75.0, 110.0), ("b", 25.0, 130.0), ("2.00", 75.0, 130.0))


def compare(*cells: tuple[str, float, float]) -> list[tuple[bool, str | None]]:
    return [(cell.agreed, cell.other_text) for cell in compare_readings(GRID, [seen_by_camelot(*cells)]).cells]


def test_same_texts_in_the_same_places_agree() -> None:
    assert compare(*SAME) == [(True, None)] * 4


def test_another_text_is_kept_beside() -> None:
    assert compare(*SAME[:3], ("3.00", 75.0, 130.0))[3] == (False, "3.00")


def test_moved_point_is_another_text() -> None:
    assert compare(*SAME[:3], ("20.0", 75.0, 130.0))[3] == (False, "20.0")


def test_the_same_text_in_another_row_is_another_reading() -> None:
    """Values alone would agree: the labels have changed places."""
    swapped = compare(("b", 25.0, 110.0), SAME[1], ("a", 25.0, 130.0), SAME[3])
    assert swapped == [(False, "b"), (True, None), (False, "a"), (True, None)]


def test_cell_that_camelot_left_out_saw_nothing() -> None:
    assert compare(*SAME[:3])[3] == (False, "")


def test_blank_cell_agrees_with_no_text() -> None:
    blank = make_grid([["", ""], ["", ""]])
    assert all(cell.agreed for cell in compare_readings(blank, [seen_by_camelot()]).cells)


def test_cell_that_camelot_cut_in_two_agrees_by_its_text() -> None:
    assert compare(("1.", 70.0, 110.0), ("00", 90.0, 110.0), SAME[0], *SAME[2:]) == [(True, None)] * 4


def test_table_elsewhere_on_the_page_says_nothing() -> None:
    elsewhere = replace(seen_by_camelot(*SAME), bbox=(0, 300, 100, 340))
    assert compare_readings(GRID, [elsewhere]) == GRID


def test_word_on_the_other_side_of_a_border_is_no_other_amount() -> None:
    """西安市科学技术局 2022, 3f525e page 57: camelot leaves the last character of a name with the amount."""
    moved = compare(("", 25.0, 110.0), ("a1.00", 75.0, 110.0), *SAME[2:])
    assert moved == [(True, None)] * 4


def test_digit_on_the_other_side_of_a_border_is_another_amount() -> None:
    grid = make_grid([["12", "3.00"]])
    seen = seen_by_camelot(("1", 25.0, 110.0), ("23.00", 75.0, 110.0))
    assert [cell.agreed for cell in compare_readings(grid, [seen]).cells] == [False, False]
