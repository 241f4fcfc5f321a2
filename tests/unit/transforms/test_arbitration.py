"""What becomes of a cell in which the two readers saw two texts."""

import pytest
from inline_tables import get_book

from transforms.arbitration import Disagreement, settle_disagreements
from warehouse.records import Box, Row

BOX: Box = (1.0, 2.0, 3.0, 4.0)


def differ(
    line: str = "d-1-1-3",
    *,
    table: str = "d-001",
    box: Box = BOX,
    text: str = "12.00",
    other: str = "21.00",
    third: str | None = None,
) -> Disagreement:
    return Disagreement(table, line, 4, 7, box, text, other, third)


def make_line(*, holds: int = 1, fails: int = 0, code: str | None = "2010301", label: str = "行政运行") -> Row:
    return {
        "verified_by": holds,
        "contradicted_by": fails,
        "function_code": code,
        "econ_department_code": None,
        "econ_government_code": None,
        "line_label": label,
    }


def settle(*disagreements: Disagreement, **lines: Row) -> list[str]:
    by_id = {"d-1-1-3": make_line()} | {f"d-1-1-{name[-1]}": line for name, line in lines.items()}
    return [finding["finding_kind"] for finding in settle_disagreements(disagreements, by_id, get_book())]


def test_no_disagreement_no_finding() -> None:
    assert settle() == []


def test_arithmetic_and_the_name_of_the_code_settle() -> None:
    assert settle(differ()) == ["readings-settled"]


@pytest.mark.parametrize(
    "line",
    [
        make_line(holds=0),
        make_line(fails=1),
        make_line(holds=3, fails=1),
        make_line(label="住房公积金"),
    ],
    ids=["no identity holds", "one fails", "one fails and others hold", "the code has another name"],
)
def test_what_is_not_proved_stays_open(line: Row) -> None:
    assert settle(differ(), line3=line) == ["readings-differ"]


def test_line_without_code_is_proved_by_arithmetic_alone() -> None:
    assert settle(differ(), line3=make_line(code=None, label="收入总计")) == ["readings-settled"]


def test_third_look_that_sees_what_was_taken_outvotes() -> None:
    assert settle(differ(third="12. 00"), line3=make_line(holds=0)) == ["readings-outvoted"]


@pytest.mark.parametrize("third", ["21.00", "1.200", "", None])
def test_third_look_that_sees_something_else_settles_nothing(third: str | None) -> None:
    assert settle(differ(third=third), line3=make_line(holds=0)) == ["readings-differ"]


def test_cells_that_are_settled_are_counted_by_table() -> None:
    cells = [differ(box=(float(i), 0.0, 1.0, 1.0)) for i in range(3)]
    other = differ(table="d-002")
    found = settle_disagreements([*cells, other], {"d-1-1-3": make_line()}, get_book())
    assert [(f["table_id"], f["message"].split(" in ")[1].split()[0]) for f in found] == [("d-001", "3"), ("d-002", "1")]


def test_one_proved_amount_of_a_row_settles_the_cell_that_names_it() -> None:
    named = [differ("d-1-1-3", text="行政运行"), differ("d-1-1-4", text="行政运行")]
    assert settle(*named, line4=make_line(holds=0)) == ["readings-settled"]


def test_open_cell_is_told_once_with_its_place_and_both_texts() -> None:
    twice = [differ("d-1-1-3"), differ("d-1-1-4")]
    lines = {name: make_line(holds=0) for name in ("d-1-1-3", "d-1-1-4")}
    (finding,) = settle_disagreements(twice, lines, get_book())
    assert (finding["page"], finding["bbox"], finding["table_id"], finding["row_number"]) == (7, list(BOX), "d-001", 4)
    assert "12.00" in finding["message"]
    assert "21.00" in finding["message"]


def test_text_that_one_reader_did_not_see_is_nothing() -> None:
    (finding,) = settle_disagreements([differ(other="")], {"d-1-1-3": make_line(holds=0)}, get_book())
    assert "nothing" in finding["message"]
