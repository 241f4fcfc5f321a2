"""Grids that go on over pages become one table; grids that do not, stay apart."""

import pytest
from drawn_pages import caption, make_grid
from hypothesis import given
from hypothesis import strategies as st

from extractors.pdf.captions import CaptionedGrid
from extractors.pdf.stitch import stitch_tables
from warehouse.records import RawTable

HEAD = ["科目编码", "科目名称", "合计", "基本支出", "项目支出"]
ROW = ["205", "教育支出", "3.00", "1.00", "2.00"]
NONE: frozenset[int] = frozenset()
TITLE = "部门支出总表"


def stitch(*pages: list[CaptionedGrid], blank: frozenset[int] = NONE) -> tuple[RawTable, ...]:
    return stitch_tables(pages, blank)


def first_page(rows: list[list[str]] | None = None) -> CaptionedGrid:
    return caption(make_grid(rows or [HEAD, ROW]), "表3", TITLE)


def texts_of(table: RawTable) -> list[list[str]]:
    rows: list[list[str]] = [[] for _ in range(table.n_rows)]
    for cell in sorted(table.cells, key=lambda cell: (cell.row, cell.column)):
        rows[cell.row].append(cell.text)
    return rows


def test_table_goes_on_without_its_header() -> None:
    (table,) = stitch([first_page()], [caption(make_grid([ROW], page=2))])
    assert texts_of(table) == [HEAD, ROW, ROW]
    assert (table.pages, table.rows_of_page) == ((1, 2), ((1, 0), (2, 2)))


def test_table_goes_on_with_its_title_and_header_repeated() -> None:
    (table,) = stitch([first_page()], [caption(make_grid([HEAD, ROW], page=2), "表3", TITLE)])
    assert texts_of(table) == [HEAD, ROW, HEAD, ROW]


def test_cells_keep_their_page_and_box() -> None:
    (table,) = stitch([first_page()], [caption(make_grid([ROW], page=2, top=40))])
    assert next((cell.page, cell.bbox) for cell in table.cells if cell.row == 2) == (2, (0, 40, 50, 60))


def test_another_title_begins_another_table() -> None:
    tables = stitch([first_page()], [caption(make_grid([HEAD, ROW], page=2), "部门收入总表")])
    assert [table.pages for table in tables] == [(1,), (2,)]
    assert [table.ordinal for table in tables] == [1, 2]


def test_the_same_title_with_another_number_begins_another_table() -> None:
    tables = stitch([first_page()], [caption(make_grid([HEAD, ROW], page=2), "表4", TITLE)])
    assert len(tables) == 2


def test_the_same_title_goes_on_where_only_one_page_has_the_number() -> None:
    (table,) = stitch([caption(make_grid([HEAD, ROW]), TITLE)], [caption(make_grid([HEAD, ROW], page=2), "表3", TITLE)])
    assert table.pages == (1, 2)


def test_other_columns_begin_another_table() -> None:
    tables = stitch([first_page()], [caption(make_grid([ROW[:4]], page=2, xs=(0, 80, 120, 190, 250)))])
    assert len(tables) == 2


def test_blank_page_in_the_middle_parts_nothing() -> None:
    (table,) = stitch([first_page()], [], [caption(make_grid([ROW], page=3))], blank=frozenset({2}))
    assert table.pages == (1, 3)


def test_page_of_text_in_the_middle_ends_the_table() -> None:
    assert len(stitch([first_page()], [], [caption(make_grid([ROW], page=3))])) == 2


def test_only_the_first_grid_of_a_page_goes_on() -> None:
    second = make_grid([ROW], page=2, top=300)
    tables = stitch([first_page()], [caption(make_grid([ROW], page=2)), caption(second)])
    assert [table.pages for table in tables] == [(1, 2), (2,)]


def test_only_the_last_table_of_a_page_is_gone_on_with() -> None:
    other = caption(make_grid([["a", "b"], ["1", "2"]], top=300), "政府采购预算表")
    tables = stitch([first_page(), other], [caption(make_grid([ROW], page=2))])
    assert [table.pages for table in tables] == [(1,), (1,), (2,)]


@pytest.mark.parametrize("shift", [3.0, -14.0, 60.0])
def test_table_drawn_further_to_one_side_goes_on(shift: float) -> None:
    xs = [50.0 * i + shift for i in range(6)]
    (table,) = stitch([first_page()], [caption(make_grid([ROW], page=2, xs=xs))])
    assert texts_of(table) == [HEAD, ROW, ROW]


def test_blank_margin_of_a_page_is_a_column_of_its_own() -> None:
    xs = (-30.0, 0.0, 50.0, 100.0, 150.0, 200.0, 250.0)
    (table,) = stitch([first_page()], [caption(make_grid([["", *ROW]], page=2, xs=xs))])
    assert table.n_columns == 6
    assert [(cell.column, cell.text) for cell in table.cells if cell.row == 2][1:] == list(enumerate(ROW, 1))
    assert [cell.column for cell in table.cells if cell.row == 0] == [1, 2, 3, 4, 5]


def test_column_merged_on_one_page_spans_two() -> None:
    merged = make_grid([["205", "教育支出", "3.00", "2.00"]], page=2, xs=(0, 50, 100, 150, 250))
    (table,) = stitch([first_page()], [caption(merged)])
    assert [(cell.column, cell.column_span) for cell in table.cells if cell.row == 2] == [(0, 1), (1, 1), (2, 1), (3, 2)]


def test_columns_of_other_widths_are_taken_in_order_where_they_are_many() -> None:
    xs = (0.0, 30.0, 110.0, 160.0, 200.0, 250.0)
    (table,) = stitch([first_page()], [caption(make_grid([ROW], page=2, xs=xs))])
    assert texts_of(table) == [HEAD, ROW, ROW]


def test_two_columns_of_other_widths_are_another_table() -> None:
    one = caption(make_grid([["a", "1"], ["b", "2"]]), "政府采购预算表")
    assert len(stitch([one], [caption(make_grid([["c", "3"]], page=2, xs=(0, 20, 100)))])) == 2


def test_no_grids_make_no_tables() -> None:
    assert stitch([], []) == ()


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 1)), min_size=1, max_size=6))
def test_no_row_is_lost_over_any_number_of_pages(pages: list[tuple[int, int]]) -> None:
    """Rows and texts of all pages are those of the table, whether a page draws a blank margin or not."""
    grids = []
    for page, (n_rows, margin) in enumerate(pages, 1):
        rows = [[*([""] * margin), *(f"{page}-{row}-{column}" for column in range(5))] for row in range(n_rows)]
        grid = make_grid(rows, page=page, xs=[50.0 * i for i in range(-margin, 6)])
        grids.append([caption(grid, *([TITLE] if page == 1 else []))])
    (table,) = stitch(*grids)
    assert table.n_rows == sum(n_rows for n_rows, _ in pages)
    assert [[text for text in row if text] for row in texts_of(table)] == [
        [f"{page}-{row}-{column}" for column in range(5)] for page, (n_rows, _) in enumerate(pages, 1) for row in range(n_rows)
    ]
    columns = {(cell.column - any(margin for _, margin in pages), cell.text[-1]) for cell in table.cells if cell.text}
    assert columns == {(column, str(column)) for column in range(5)}


def test_other_header_without_a_title_begins_another_table() -> None:
    travel = make_grid([["项目", "预算数"], ["因公出国（境）费", "5.15"]], page=2, xs=(0, 100, 250))
    assert [table.pages for table in stitch([first_page()], [caption(travel)])] == [(1,), (2,)]


def test_header_of_known_words_over_amounts_and_another_word_beside_begins_another_table() -> None:
    goods = make_grid([["项目", "合计", "基本支出"], ["货物", "1.00", "1.00"]], page=2, xs=(0, 100, 150, 250))
    assert len(stitch([first_page([["项目名称", *HEAD[1:]], ROW])], [caption(goods)])) == 2


@pytest.mark.parametrize(
    "row",
    [
        ["", "行政运行（", "", "", ""],  # the rest of a name
        ["205", "教育支出", "", "", ""],
        ["205", "教育支出", "3.00", "－", "无"],
        ["部门：", "", "", "", "单位：万元"],
    ],
    ids=["name", "blank", "dashes", "unit"],
)
def test_words_beside_or_instead_of_amounts_begin_no_other_table(row: list[str]) -> None:
    (table,) = stitch([first_page()], [caption(make_grid([row, ROW, ROW], page=2))])
    assert table.pages == (1, 2)


def test_header_repeated_without_the_title_goes_on() -> None:
    (table,) = stitch([first_page([["项目", "", "合计", "支出", ""], HEAD, ROW])], [caption(make_grid([HEAD, ROW], page=2))])
    assert table.pages == (1, 2)


@pytest.mark.parametrize(("title", "rows"), [("项目绩效目标表", [HEAD, ROW]), (TITLE, [HEAD])], ids=["targets", "header alone"])
def test_sheet_of_targets_and_a_table_without_amounts_go_on_with_any_header(title: str, rows: list[list[str]]) -> None:
    more = make_grid([["实施单位", "附属小学", "执行率", "分值", "年度资金"], ROW], page=2)
    (table,) = stitch([caption(make_grid(rows), title)], [caption(more)])
    assert table.pages == (1, 2)
