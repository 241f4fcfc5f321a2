"""Cells that the rules of a page make, and the characters in them: each once, in its place."""

from collections import Counter
from itertools import pairwise

import pytest
from drawn_pages import MANNERS, SIZE, Manner, Sheet, make_page, read_drawn, read_grids, spans_of, texts_of, write_glyphs
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.pdf.grids import Grid, find_grids, join_glyphs, split_lines
from extractors.pdf.pages import Glyph, PageContent, Rule

XS, YS = (20, 120, 200, 280), (50, 70, 90, 110)
ROWS = [["Name", "Budget", "Actual"], ["Pay", "1,200.00", "1,150.50"], ["Goods", "300.00", "-"]]


def draw_small(sheet: Sheet, manner: Manner = "lines") -> None:
    sheet.grid(XS, YS, manner)
    sheet.fill(XS, YS, ROWS)


# --- How rules are drawn ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("manner", MANNERS)
def test_table_reads_alike_however_its_rules_are_drawn(manner: Manner) -> None:
    (grid,) = read_grids(lambda sheet: draw_small(sheet, manner))
    assert texts_of(grid) == ROWS
    assert grid.xs == pytest.approx(XS, abs=0.5)
    assert grid.ys == pytest.approx(YS, abs=0.5)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_turned_page_gives_the_same_table(rotation: int) -> None:
    (grid,), _ = find_grids(read_drawn(draw_small, rotation=rotation, crop=(15, 25)))
    assert texts_of(grid) == ROWS


def test_rule_drawn_cell_by_cell_with_gaps_is_one_rule() -> None:
    def draw(sheet: Sheet) -> None:
        draw_small(sheet)
        sheet.rule(20, 130, 120, 130)
        sheet.rule(121.5, 130.4, 280, 130.4)
        for x in XS:
            sheet.rule(x, 110, x, 130)

    (grid,) = read_grids(draw)
    assert len(grid.ys) == len(YS) + 1


def test_double_rule_is_one_rule() -> None:
    def draw(sheet: Sheet) -> None:
        draw_small(sheet)
        sheet.rule(20, 72, 280, 72)

    (grid,) = read_grids(draw)
    assert texts_of(grid) == ROWS


# --- Rules that are not there -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["top", "bottom"])
def test_table_broken_over_a_page_needs_no_rule_at_the_break(missing: str) -> None:
    def draw(sheet: Sheet) -> None:
        for y in YS[1:] if missing == "top" else YS[:-1]:
            sheet.rule(XS[0], y, XS[-1], y)
        for x in XS:
            sheet.rule(x, YS[0], x, YS[-1])
        sheet.fill(XS, YS, ROWS)

    assert [texts_of(grid) for grid in read_grids(draw)] == [ROWS]


def test_outer_columns_need_no_outer_rules() -> None:
    def draw(sheet: Sheet) -> None:
        for y in YS:
            sheet.rule(XS[0], y, XS[-1], y)
        for x in XS[1:-1]:
            sheet.rule(x, YS[0], x, YS[-1])
        sheet.fill(XS, YS, ROWS)

    assert [texts_of(grid) for grid in read_grids(draw)] == [ROWS]


def draw_columns(sheet: Sheet, *columns: dict[int, str], step: float = 12) -> None:
    """A header row, and one ruled row in which texts stand at the lines given by number."""
    xs, ys = XS[: len(columns) + 1], (50, 70, 150)
    sheet.grid(xs, ys)
    sheet.fill(xs, ys, [["Name", "Budget", "Actual"]])
    for x, column in zip(xs, columns, strict=False):
        for line, text in column.items():
            sheet.text(x + 3, 82 + step * line, text)


def test_amounts_one_below_the_other_make_rows() -> None:
    (grid,) = read_grids(lambda s: draw_columns(s, {0: "Pay", 1: "Goods"}, {0: "10.00", 1: "20.00"}))
    assert texts_of(grid)[1:] == [["Pay", "10.00"], ["Goods", "20.00"]]


def test_rows_that_one_column_leaves_blank_are_known_from_another() -> None:
    (grid,) = read_grids(
        lambda s: draw_columns(
            s, {0: "Pay", 1: "Goods", 2: "Travel"}, {0: "10.00", 2: "30.00"}, {0: "11.00", 1: "21.00", 2: "31.00"}
        )
    )
    assert texts_of(grid)[1:] == [["Pay", "10.00", "11.00"], ["Goods", "", "21.00"], ["Travel", "30.00", "31.00"]]


def test_rows_that_no_column_has_whole_are_put_together() -> None:
    (grid,) = read_grids(
        lambda s: draw_columns(s, {0: "Pay", 1: "Goods", 2: "Travel"}, {0: "10.00", 1: "20.00"}, {1: "21.00", 2: "31.00"})
    )
    assert texts_of(grid)[1:] == [["Pay", "10.00", ""], ["Goods", "20.00", "21.00"], ["Travel", "", "31.00"]]


def test_amounts_that_do_not_stand_level_are_left_in_one_cell() -> None:
    """Which of them belong together cannot be seen: the cell is no amount, and is reported as such."""
    (grid,) = read_grids(lambda s: draw_columns(s, {}, {0: "10.00", 2: "20.00"}, {0.5: "11.00", 1.5: "21.00"}))
    assert texts_of(grid)[1] == ["", "10.00\n20.00", "11.00\n21.00"]


def test_columns_that_stand_evenly_between_each_other_make_no_rows() -> None:
    (grid,) = read_grids(lambda s: draw_columns(s, {}, {0: "10.00", 1: "20.00"}, {0.5: "11.00", 1.5: "21.00"}))
    assert texts_of(grid)[1] == ["", "10.00\n20.00", "11.00\n21.00"]


def test_rows_of_uneven_heights_are_known_by_their_amounts() -> None:
    """A wrapped name stands around its amount: as far above as below."""
    (grid,) = read_grids(
        lambda s: draw_columns(
            s, {0: "Pay", 1.2: "General", 2.2: "services", 3.4: "Travel"}, {0: "10.00", 1.7: "20.00", 3.4: "30.00"}
        )
    )
    assert texts_of(grid)[1:] == [["Pay", "10.00"], ["General\nservices", "20.00"], ["Travel", "30.00"]]


def test_row_without_amounts_is_known_by_its_code() -> None:
    (grid,) = read_grids(
        lambda s: draw_columns(s, {0: "201", 1.2: "20101", 3: "20102"}, {0: "10.00", 3: "30.00"}, {0.7: "Wrapped", 1.7: "name"})
    )
    assert texts_of(grid)[1:] == [["201", "10.00", ""], ["20101", "", "Wrapped\nname"], ["20102", "30.00", ""]]


def test_code_above_its_name_is_no_row_of_its_own() -> None:
    (grid,) = read_grids(
        lambda s: draw_columns(s, {0: "20101", 0.9: "Pay", 2.4: "20102", 3.3: "Travel"}, {0.45: "10.00", 2.85: "30.00"})
    )
    assert texts_of(grid)[1:] == [["20101\nPay", "10.00"], ["20102\nTravel", "30.00"]]


def test_words_over_two_columns_share_their_row_alone() -> None:
    """合计 over code and name is one cell; the code and the name below it are two."""

    def draw(sheet: Sheet) -> None:
        xs, ys = XS, (50, 70, 150)
        sheet.grid((xs[0], xs[2], xs[3]), (50, 70, 150))
        sheet.rule(xs[1], 50, xs[1], 70)
        sheet.rule(xs[1], 88, xs[1], 150)
        sheet.fill(xs, ys, [["Code", "Name", "Budget"]])
        for line, texts in enumerate((("Total", "", "30.00"), ("201", "Pay", "10.00"), ("202", "Travel", "20.00"))):
            for x, text in zip(xs, texts, strict=False):
                sheet.text(x + 3, 82 + 14 * line, text)

    (grid,) = read_grids(draw)
    assert [[text for text in row if text] for row in texts_of(grid)[1:]] == [
        ["Total", "30.00"],
        ["201", "Pay", "10.00"],
        ["202", "Travel", "20.00"],
    ]


def test_line_that_stands_at_no_amount_leaves_the_rows_in_one_cell() -> None:
    """The line may belong to the row above it or below it."""
    (grid,) = read_grids(lambda s: draw_columns(s, {0: "Pay", 0.9: "and goods", 2.5: "Travel"}, {0: "10.00", 2.5: "30.00"}))
    assert texts_of(grid)[1] == ["Pay\nandgoods\nTravel", "10.00\n30.00"]


def test_label_on_two_lines_makes_no_rows() -> None:
    (grid,) = read_grids(lambda s: draw_columns(s, {0: "General public", 1: "services"}, {0: "10.00"}))
    assert texts_of(grid)[1] == ["Generalpublic\nservices", "10.00"]


def test_wrapped_amount_makes_no_rows() -> None:
    (grid,) = read_grids(lambda s: draw_columns(s, {0: "Pay"}, {0: "12,868.1", 1: "9"}))
    assert texts_of(grid)[1] == ["Pay", "12,868.1\n9"]


# --- Merged cells, several tables -------------------------------------------------------------------------------------------


def test_merged_header() -> None:
    xs, ys = (20, 120, 200, 280), (50, 70, 90, 110)

    def draw(sheet: Sheet) -> None:
        for y in (50, 90, 110):
            sheet.rule(20, y, 280, y)
        sheet.rule(120, 70, 280, 70)
        for x in (20, 120, 280):
            sheet.rule(x, 50, x, 110)
        sheet.rule(200, 70, 200, 110)
        sheet.fill(xs, ys, [["Name", "Expenditure"], ["", "Basic", "Project"], ["Pay", "1.00", "2.00"]])

    (grid,) = read_grids(draw)
    assert spans_of(grid) == {
        "Name": (2, 1), "Expenditure": (1, 2), "Basic": (1, 1), "Project": (1, 1), "Pay": (1, 1), "1.00": (1, 1), "2.00": (1, 1),
    }  # fmt: skip


def test_one_row_is_a_table() -> None:
    def draw(sheet: Sheet) -> None:
        sheet.grid(XS, (50, 70))
        sheet.fill(XS, (50, 70), [["Pay", "1.00", "2.00"]])

    assert [texts_of(grid) for grid in read_grids(draw)] == [[["Pay", "1.00", "2.00"]]]


def test_two_tables_of_a_page_come_from_top_to_bottom() -> None:
    def draw(sheet: Sheet) -> None:
        low = tuple(y + 100 for y in YS)
        sheet.grid(XS, low)
        sheet.fill(XS, low, [["Lower", "", ""]])
        draw_small(sheet)

    assert [grid.cells[0].text for grid in read_grids(draw)] == ["Name", "Lower"]


def test_two_tables_side_by_side_stay_two() -> None:
    def draw(sheet: Sheet) -> None:
        for xs in ((20, 80, 140), (200, 260, 320)):
            sheet.grid(xs, (50, 70, 90))
            sheet.fill(xs, (50, 70, 90), [["a", str(xs[0])]])

    assert [texts_of(grid)[0] for grid in read_grids(draw)] == [["a", "20"], ["a", "200"]]


def test_frame_around_the_page_is_no_table() -> None:
    def draw(sheet: Sheet) -> None:
        draw_small(sheet)
        sheet.canvas.rect(5, 5, SIZE[0] - 10, SIZE[1] - 10)

    assert [texts_of(grid) for grid in read_grids(draw)] == [ROWS]


def test_box_drawn_inside_a_cell_is_no_table() -> None:
    def draw(sheet: Sheet) -> None:
        draw_small(sheet)
        sheet.canvas.rect(90, SIZE[1] - 84, 8, 8)

    assert [texts_of(grid) for grid in read_grids(draw)] == [ROWS]


def test_underlined_title_is_no_table() -> None:
    assert read_grids(lambda sheet: sheet.rule(20, 40, 200, 40)) == []


def test_text_beside_the_table_is_outside() -> None:
    def draw(sheet: Sheet) -> None:
        draw_small(sheet)
        sheet.text(20, 40, "Unit")
        sheet.text(20, 130, "Note")

    _, loose = find_grids(read_drawn(draw))
    assert "".join(glyph.text for glyph in loose) == "UnitNote"


# --- Text in cells ----------------------------------------------------------------------------------------------------------


def test_digits_on_another_baseline_are_on_the_same_line() -> None:
    assert join_glyphs([*write_glyphs("Pay", 0, 10), *write_glyphs("2026", 20, 12.5)]) == "Pay2026"


def test_text_on_two_lines_has_two_lines() -> None:
    assert join_glyphs([*write_glyphs("General", 0, 10), *write_glyphs("services", 0, 20)]) == "General\nservices"


def test_characters_are_ordered_by_place_not_by_order_of_writing() -> None:
    assert join_glyphs(write_glyphs("12.50", 0, 10)[::-1]) == "12.50"


def test_stamp_ties_no_lines_together() -> None:
    stamp = Glyph("S", 5, 0, 65, 60)
    lines = split_lines([*write_glyphs("10.00", 0, 10), *write_glyphs("20.00", 0, 22), *write_glyphs("30.00", 0, 34), stamp])
    assert ["".join(glyph.text for glyph in line) for line in lines] == ["10.00", "20.00", "S", "30.00"]


def test_turned_text_over_a_table_leaves_the_amounts_alone() -> None:
    def draw(sheet: Sheet) -> None:
        draw_small(sheet)
        sheet.canvas.translate(60, SIZE[1] - 110)
        sheet.canvas.rotate(45)
        sheet.canvas.setFont("Helvetica", 30)
        sheet.canvas.drawString(0, 0, "DRAFT")

    (grid,) = read_grids(draw)
    lines = [line for cell in grid.cells for line in cell.text.split("\n")]
    assert {"1,200.00", "1,150.50", "300.00", "-"} <= set(lines)


# --- Text over rules --------------------------------------------------------------------------------------------------------


def draw_wide(sheet: Sheet, x: float, text: str) -> None:
    sheet.grid((20, 120, 160, 200), (50, 70))
    sheet.text(23, 62, "Pay")
    sheet.text(x, 62, text)


@pytest.mark.parametrize("x", [105, 107, 109, 112, 117])
def test_amount_wider_than_its_cell_is_read_whole(x: float) -> None:
    (grid,) = read_grids(lambda sheet: draw_wide(sheet, x, "123,456.00"))
    assert texts_of(grid)[0] == ["Pay", "123,456.00", ""]


def test_amount_over_the_edge_of_the_table_is_read_whole() -> None:
    (grid,) = read_grids(lambda sheet: draw_wide(sheet, 170, "98,765.00"))
    assert texts_of(grid)[0] == ["Pay", "", "98,765.00"]


def test_end_of_one_amount_and_beginning_of_the_next_are_told_apart() -> None:
    """北京 2026, 0bcd71 page 47: 107.000000 and 57.000000 read as 107.0000005 and 7.000000."""

    def draw(sheet: Sheet) -> None:
        draw_wide(sheet, 122, "107.00")
        sheet.text(154, 62, "57.000000")

    (grid,) = read_grids(draw)
    assert texts_of(grid)[0] == ["Pay", "107.00", "57.000000"]


def test_amounts_close_on_both_sides_of_a_rule_stay_two() -> None:
    def draw(sheet: Sheet) -> None:
        draw_wide(sheet, 129, "174.64")
        sheet.text(162, 62, "101.84")

    (grid,) = read_grids(draw)
    assert texts_of(grid)[0] == ["Pay", "174.64", "101.84"]


def test_code_in_narrow_columns_is_no_amount() -> None:
    """西安 2025, 7cea2c page 34: class, item and sub-item stand close, each in a column of its own."""

    def draw(sheet: Sheet) -> None:
        sheet.grid((20, 32, 44, 56), (50, 70))
        for x, text in ((21, "03"), (33, "01"), (45, "1")):
            sheet.text(x, 62, text)

    (grid,) = read_grids(draw)
    assert texts_of(grid)[0] == ["03", "01", "1"]


def test_last_character_of_a_name_over_the_border_goes_back_to_its_name() -> None:
    def draw(sheet: Sheet) -> None:
        sheet.grid((20, 60, 140), (50, 70))
        sheet.text(23, 62, "Expenses")
        sheet.text(80, 62, "29.16")

    (grid,) = read_grids(draw)
    assert texts_of(grid)[0] == ["Expenses", "29.16"]


def test_signs_on_both_sides_of_a_number_are_its_own() -> None:
    """北京 2026, 043247 page 52: ≥95% beside a long name."""

    def draw(sheet: Sheet) -> None:
        sheet.grid((20, 60, 140), (50, 70))
        sheet.text(22, 62, "Returned")
        sheet.text(64, 62, ">95%")

    (grid,) = read_grids(draw)
    assert texts_of(grid)[0] == ["Returned", ">95%"]


def test_heading_wider_than_its_cell_is_whole() -> None:
    """西安市科学技术局 2022, 3f525e page 45: a heading over both of its rules, beside headings that fit."""

    def draw(sheet: Sheet) -> None:
        sheet.grid((20, 80, 120, 180), (50, 70))
        sheet.text(24, 62, "Budget")
        sheet.text(74, 62, "Governmental")  # over both rules
        sheet.text(145, 62, "Actual")

    (grid,) = read_grids(draw)
    assert texts_of(grid)[0] == ["Budget", "Governmental", "Actual"]


def test_words_that_only_fill_their_cells_stay_apart() -> None:
    def draw(sheet: Sheet) -> None:
        sheet.grid((20, 80, 140, 180), (50, 70))
        sheet.text(22, 62, "A")
        sheet.text(73, 62, "B")  # an end of its own at the rule, two points before the next text
        sheet.text(82, 62, "Government")

    (grid,) = read_grids(draw)
    assert texts_of(grid)[0] == ["AB", "Government", ""]


def test_line_that_hangs_from_the_cell_above_goes_back_to_it() -> None:
    """西安市民政局 2021, 49e9fb page 42: the last line of a heading stands over the first amount below it."""

    def draw(sheet: Sheet) -> None:
        sheet.grid((20, 80), (50, 84, 110))
        for number, line in enumerate(("Paid", "by the", "units", "so")):
            sheet.text(24, 60 + 10 * number, line)
        sheet.text(40, 105, "12.00")

    (grid,) = read_grids(draw)
    assert ["".join(row[0].split()) for row in texts_of(grid)] == ["Paidbytheunitsso", "12.00"]


# --- Properties: nothing is lost, nothing is twice --------------------------------------------------------------------------


def steps(count: int) -> st.SearchStrategy[list[float]]:
    return st.lists(st.floats(12, 60), min_size=count, max_size=count)


@st.composite
def ruled_pages(draw: st.DrawFn) -> tuple[PageContent, list[float], list[float]]:
    """A grid with any of its inner rules missing between neighbours, and characters anywhere."""
    widths, heights = draw(steps(draw(st.integers(1, 5)))), draw(steps(draw(st.integers(1, 5))))
    xs = [20 + sum(widths[:i]) for i in range(len(widths) + 1)]
    ys = [20 + sum(heights[:i]) for i in range(len(heights) + 1)]
    horizontals = [
        Rule(y, x0, x1) for y in ys for x0, x1 in pairwise(xs) if y in {ys[0], ys[-1]} or draw(st.booleans())
    ]  # fmt: skip
    verticals = [Rule(x, y0, y1) for x in xs for y0, y1 in pairwise(ys) if x in {xs[0], xs[-1]} or draw(st.booleans())]
    places = st.tuples(st.floats(0, xs[-1] + 30), st.floats(0, ys[-1] + 30), st.sampled_from("0123456789.,-ab中"))
    glyphs = [Glyph(text, x, y, x + 5, y + 9) for x, y, text in draw(st.lists(places, max_size=40))]
    return make_page(glyphs, horizontals, verticals), xs, ys


@settings(max_examples=150, deadline=None)
@given(ruled_pages())
def test_every_character_is_in_exactly_one_cell_or_outside(drawn: tuple[PageContent, list[float], list[float]]) -> None:
    page, _, _ = drawn
    grids, loose = find_grids(page)
    inside = Counter("".join(cell.text.replace("\n", "") for grid in grids for cell in grid.cells))
    assert inside + Counter(glyph.text for glyph in loose) == Counter(glyph.text for glyph in page.glyphs)


@settings(max_examples=150, deadline=None)
@given(ruled_pages())
def test_cells_cover_the_grid_once(drawn: tuple[PageContent, list[float], list[float]]) -> None:
    page, _, _ = drawn
    for grid in find_grids(page)[0]:
        covered = Counter(
            (cell.row + r, cell.column + c) for cell in grid.cells for r in range(cell.row_span) for c in range(cell.column_span)
        )
        assert covered == Counter((r, c) for r in range(len(grid.ys) - 1) for c in range(len(grid.xs) - 1))


AMOUNTS = st.from_regex(r"-?(0|[1-9][0-9]{0,2}(,[0-9]{3}){0,2})\.[0-9]{2}", fullmatch=True)


@st.composite
def filled_tables(draw: st.DrawFn) -> tuple[PageContent, list[list[str]]]:
    """A fully ruled table with an amount, or nothing, in each cell, its columns wide enough or too narrow by a digit."""
    n_columns = draw(st.integers(1, 5))
    rows = draw(
        st.lists(
            st.lists(st.one_of(st.just(""), AMOUNTS), min_size=n_columns, max_size=n_columns), min_size=1, max_size=6
        )
    )  # fmt: skip
    widest = max((len(text) for row in rows for text in row), default=1)
    width = 4.5 * max(widest + draw(st.integers(0, 3)), 4) + 3
    xs = [20 + width * i for i in range(n_columns + 1)]
    ys = [20 + 15.0 * i for i in range(len(rows) + 1)]
    glyphs = []
    for row, y in zip(rows, ys, strict=False):
        for text, x1 in zip(row, xs[1:], strict=True):
            glyphs.extend(write_glyphs(text, x1 - 1.5 - 4.5 * len(text), y + 3))
    return make_page(glyphs, [Rule(y, xs[0], xs[-1]) for y in ys], [Rule(x, ys[0], ys[-1]) for x in xs]), rows


@settings(max_examples=150, deadline=None)
@given(filled_tables())
def test_every_amount_ends_whole_in_its_cell(filled: tuple[PageContent, list[list[str]]]) -> None:
    page, rows = filled
    grids, loose = find_grids(page)
    assert loose == []
    assert [texts_of(grid) for grid in grids] == [rows]


def find_amounts(grid: Grid) -> list[str]:
    return [cell.text for cell in grid.cells if cell.text]


@settings(max_examples=100, deadline=None)
@given(st.from_regex(r"[1-9][0-9]{0,2}(,[0-9]{3}){1,2}\.[0-9]{2}", fullmatch=True), st.floats(-60, 20))
def test_rule_never_cuts_an_amount(text: str, shift: float) -> None:
    xs, ys = (20.0, 120.0, 220.0), (20.0, 35.0)
    glyphs = write_glyphs(text, 120 + shift, 23)
    (grid,), _ = find_grids(make_page(glyphs, [Rule(y, 20, 220) for y in ys], [Rule(x, 20, 35) for x in xs]))
    assert find_amounts(grid) == [text]
