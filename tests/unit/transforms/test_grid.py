"""A raw table as a matrix."""

from dataclasses import replace

from inline_tables import make_table

from transforms.grid import make_grid

TABLE = make_table("项目|预算数|<\n^|合 计|\n收入|１.00|2.00")


def test_merged_cell_covers_its_positions() -> None:
    grid = make_grid(TABLE)
    assert (grid.text(1, 0), grid.text(0, 2)) == ("项目", "预算数")


def test_merged_cell_begins_only_once() -> None:
    grid = make_grid(TABLE)
    assert [grid.begins(0, 0), grid.begins(1, 0), grid.begins(0, 2)] == [True, False, False]


def test_text_is_of_one_width_and_without_blanks() -> None:
    grid = make_grid(TABLE)
    assert (grid.text(1, 1), grid.text(2, 1)) == ("合计", "1.00")


def test_texts_of_a_row_leave_blanks_out() -> None:
    assert make_grid(TABLE).texts_of(1) == ["合计"]


def test_narrower_continuation_leaves_positions_uncovered() -> None:
    grid = make_grid(replace(TABLE, cells=TABLE.cells[:2]))
    assert grid.rows[2][0] is None
    assert grid.text(2, 0) == ""


def test_span_past_the_edge_is_cut() -> None:
    cell = replace(TABLE.cells[-1], row_span=5, column_span=5)
    assert make_grid(replace(TABLE, cells=(cell,))).rows[2][2] == cell
