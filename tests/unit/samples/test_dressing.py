"""Words set otherwise: texts change, cells and expected lines stay."""

from samples.dressing import dress_sheet
from samples.expected import expected_lines
from samples.layouts import Layout
from samples.library import sample_disclosures
from samples.sheets import Cell, Sheet

SHEET = Sheet(
    table_type="expenditure_summary",
    title="表",
    number="",
    unit_note="",
    header=((Cell("项目"), Cell("合计")),),
    body=((Cell("1. 甲(乙)"), Cell("12.50")), (Cell("合计", columns=2), None)),
    kinds=("name", "amount"),
)


def texts(rows):
    return [[None if cell is None else cell.text for cell in row] for row in rows]


def test_a_plain_layout_changes_nothing():
    assert dress_sheet(SHEET, Layout()) is SHEET


def test_short_words_are_stretched():
    dressed = dress_sheet(SHEET, Layout(spaced_words=True))
    assert texts(dressed.header) == [["项 目", "合 计"]]
    assert texts(dressed.body)[1] == ["合 计", None]


def test_names_get_wide_digits_and_brackets_and_amounts_do_not():
    assert texts(dress_sheet(SHEET, Layout(wide_characters=True)).body)[0] == ["１． 甲（乙）", "12.50"]


def test_expected_lines_stay():
    sample = sample_disclosures()[3]
    plain = expected_lines(sample.budget, sample.layout)
    assert (
        expected_lines(sample.budget, sample.layout.model_copy(update={"spaced_words": True, "wide_characters": True})) == plain
    )
