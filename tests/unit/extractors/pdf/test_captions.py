"""Lines of text outside the grids, and which of them stand above which grid."""

from drawn_pages import make_caption, make_grid, write_glyphs

from extractors.pdf.captions import caption_grids, find_left_behind, make_lines
from extractors.pdf.grids import Grid
from warehouse.records import RawCell

HEADER = [["科目", "合计", "基本支出"], ["教育支出", "1.00", "1.00"]]


def captions_of(grid: Grid, *texts: str) -> list[str]:
    (captioned,) = caption_grids([grid], [make_caption(text, 20.0 + 15 * i) for i, text in enumerate(texts)])
    return [line.text for line in captioned.captions]


def put_above(texts: list[str], rows: list[list[str]]) -> Grid:
    """A grid of three columns with rows of one cell over the whole width, each with a text, above its rows."""
    plain = make_grid(rows, top=100.0 + 20 * len(texts))
    wide = [RawCell(1, r, 0, 1, 3, text, (0, 100.0 + 20 * r, 150, 120.0 + 20 * r)) for r, text in enumerate(texts)]
    moved = [
        RawCell(1, c.row + len(texts), c.column, c.row_span, c.column_span, c.text, c.bbox) for c in plain.cells
    ]  # fmt: skip
    ys = tuple(100.0 + 20 * i for i in range(len(texts) + len(rows) + 1))
    return Grid(1, plain.xs, ys, (*wide, *moved))


# --- Lines ------------------------------------------------------------------------------------------------------------------


def test_statements_far_apart_on_one_line_are_two() -> None:
    glyphs = [*write_glyphs("部门：某局", 20, 30), *write_glyphs("单位：万元", 200, 30)]
    assert [line.text for line in make_lines(1, glyphs)] == ["部门：某局", "单位：万元"]


def test_letters_spread_over_a_title_are_one_line() -> None:
    glyphs = [glyph for i, text in enumerate("收支总表") for glyph in write_glyphs(text, 100 + 18 * i, 30, size=14)]
    assert [line.text for line in make_lines(1, glyphs)] == ["收支总表"]


def test_lines_come_from_top_to_bottom() -> None:
    glyphs = [*write_glyphs("below", 20, 60), *write_glyphs("above", 20, 30)]
    assert [line.text for line in make_lines(1, glyphs)] == ["above", "below"]


def test_line_has_the_box_of_its_characters() -> None:
    (line,) = make_lines(3, write_glyphs("2026", 20, 30))
    assert (line.page, line.bbox) == (3, (20, 30, 38, 39))


def test_no_characters_make_no_lines() -> None:
    assert make_lines(1, []) == []


# --- Which lines are whose --------------------------------------------------------------------------------------------------


def test_lines_above_a_grid_are_its_captions() -> None:
    assert captions_of(make_grid(HEADER), "表3", "部门支出总表") == ["表3", "部门支出总表"]


def test_second_grid_has_the_lines_between_the_two() -> None:
    upper, lower = make_grid(HEADER, top=100), make_grid(HEADER, top=250)
    lines = [
        make_caption("部门收入总表", 80),
        make_caption("注：无", 145),
        make_caption("部门支出总表", 230),
        make_caption("注", 300),
    ]
    above, below = caption_grids([upper, lower], lines)
    assert [line.text for line in above.captions] == ["部门收入总表"]
    assert [line.text for line in below.captions] == ["注：无", "部门支出总表"]


def test_title_and_unit_inside_the_frame_are_captions_and_no_rows() -> None:
    (captioned,) = caption_grids([put_above(["部门支出总表", "单位：万元"], HEADER)], [])
    assert [line.text for line in captioned.captions] == ["部门支出总表", "单位：万元"]
    assert [[cell.text for cell in captioned.grid.cells if cell.row == r] for r in range(2)] == HEADER
    assert captioned.grid.ys[0] == 140


def test_wrapped_title_inside_the_frame_is_one_line() -> None:
    (captioned,) = caption_grids([put_above(["一般公共预算\n支出表"], HEADER)], [])
    assert [line.text for line in captioned.captions] == ["一般公共预算支出表"]


def test_title_over_the_frame_and_unit_inside_it_are_both_captions() -> None:
    assert captions_of(put_above(["单位：万元"], HEADER), "部门支出总表") == ["部门支出总表", "单位：万元"]


def test_header_is_no_caption() -> None:
    (captioned,) = caption_grids([make_grid(HEADER)], [])
    assert captioned.captions == ()
    assert len(captioned.grid.cells) == 6


def test_header_over_all_columns_is_no_caption() -> None:
    (captioned,) = caption_grids([put_above(["本年支出"], HEADER)], [])
    assert captioned.captions == ()


def test_blank_rows_of_a_template_are_no_caption() -> None:
    (captioned,) = caption_grids([make_grid([["", "", ""], ["", "", ""], ["a", "b", "c"]])], [])
    assert len(captioned.grid.ys) == 4


def test_grid_of_captions_alone_keeps_its_last_row() -> None:
    (captioned,) = caption_grids([put_above(["部门收入总表"], [["部门支出总表", "", ""]])], [])
    assert [cell.text for cell in captioned.grid.cells if cell.text] == ["部门支出总表"]


def test_merged_cell_that_reaches_into_the_rows_below_a_caption_is_kept() -> None:
    cells = (
        RawCell(1, 0, 0, 2, 1, "", (0, 100, 50, 140)),
        RawCell(1, 0, 1, 1, 2, "部门支出总表", (50, 100, 150, 120)),
        RawCell(1, 1, 1, 1, 1, "1.00", (50, 120, 100, 140)),
        RawCell(1, 1, 2, 1, 1, "2.00", (100, 120, 150, 140)),
    )
    (captioned,) = caption_grids([Grid(1, (0, 50, 100, 150), (100, 120, 140), cells)], [])
    assert [(cell.row, cell.row_span, cell.bbox[1]) for cell in captioned.grid.cells] == [(0, 1, 120), (0, 1, 120), (0, 1, 120)]


# --- Titles left behind -----------------------------------------------------------------------------------------------------


def test_title_at_the_end_of_the_page_before_belongs_to_the_first_grid() -> None:
    before = [make_caption("部门支出总表", 700), make_caption("单位：万元", 720), make_caption("- 6 -", 760)]
    grids = [make_grid(HEADER, page=2), make_grid(HEADER, page=2, top=300)]
    first, second = caption_grids(grids, [], before)
    assert [line.text for line in first.captions] == ["部门支出总表", "单位：万元", "- 6 -"]
    assert second.captions == ()


def test_title_of_its_own_comes_first() -> None:
    (captioned,) = caption_grids([make_grid(HEADER)], [make_caption("部门收入总表")], [make_caption("部门支出总表", 700)])
    assert [line.text for line in captioned.captions] == ["部门收入总表"]


def test_sentences_at_the_end_of_the_page_before_are_no_title() -> None:
    before = [make_caption("2026年部门支出总表显示，支出增加主要是人员经费增加。", 700)]
    (captioned,) = caption_grids([make_grid(HEADER)], [], before)
    assert captioned.captions == ()


def test_last_title_of_a_table_of_contents_is_no_title_left_behind() -> None:
    contents = [make_caption(text, 40.0 + 15 * i) for i, text in enumerate(("部门收支总表", "部门收入总表", "项目支出表"))]
    (captioned,) = caption_grids([make_grid(HEADER)], [], contents)
    assert captioned.captions == ()


def test_only_what_stands_below_the_last_grid_is_left_behind() -> None:
    lines = [make_caption("部门收入总表", 80), make_caption("部门支出总表", 200)]
    assert [line.text for line in find_left_behind([make_grid(HEADER)], lines)] == ["部门支出总表"]
    assert find_left_behind([], lines) == lines
