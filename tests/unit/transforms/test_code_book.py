"""Codes joined, completed and inferred."""

import pytest
from inline_tables import get_book

from transforms.codes import SplitCode, complete_code, find_named, infer_code, is_listed, is_name_of, split_fused, split_unpadded


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2010501-行政运行", ("2010501", "行政运行")),
        ("201一般公共服务支出", ("201", "一般公共服务支出")),
        ("[30101]基本工资", ("30101", "基本工资")),
        ("【50101】工资奖金津补贴", ("50101", "工资奖金津补贴")),
        ("2010501", ("2010501", "")),
        ("201.01.01", (None, "201.01.01")),
        ("101001某局", (None, "101001某局")),
        ("行政运行", (None, "行政运行")),
    ],
)
def test_code_and_name_in_one_cell(text: str, expected: tuple[str | None, str]) -> None:
    assert split_fused(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("301 2", "30102"),
        ("3012", "30102"),
        ("201.01.01", "2010101"),
        ("201-01-01", "2010101"),
        ("[30101]", "30101"),
        ("2010101.0", "2010101"),
        ("3989", None),
        ("101001", None),
        ("合计", None),
    ],
)
def test_printed_code_made_whole(text: str, expected: str | None) -> None:
    assert complete_code(text, get_book(), 2024) == expected


def test_unpadded_code_before_its_name() -> None:
    assert split_unpadded("3012津贴补贴", get_book(), 2024) == ("30102", "津贴补贴")


def test_unpadded_code_before_another_name_is_left_alone() -> None:
    assert split_unpadded("3012号楼维修", get_book(), 2024) == (None, "3012号楼维修")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["201", "", ""], ["", "01", ""], ["", "", "01"], ["", "", "02"]], ["201", "20101", "2010101", "2010102"]),
        ([["201", "01", "01"], ["201", "01", "02"]], ["2010101", "2010102"]),
        ([["201", "", ""], ["201", "20101", ""], ["201", "20101", "2010101"]], ["201", "20101", "2010101"]),
        ([["301", "1"]], ["30101"]),
        ([["", "01", ""]], [None]),
        ([["201", "03011", ""]], [None]),
    ],
    ids=["staggered", "complete", "whole in every column", "unpadded", "nothing above", "digits of two columns in one"],
)
def test_split_codes(rows: list[list[str]], expected: list[str | None]) -> None:
    state = SplitCode()
    assert [state.join(row) for row in rows] == expected


def test_name_is_a_child_of_the_row_above() -> None:
    assert infer_code("行政运行", "function", "20101", get_book(), 2024) == ("2010101", ())


def test_name_that_is_nowhere_near_stays_open() -> None:
    code, candidates = infer_code("行政运行", "function", None, get_book(), 2024)
    assert code is None
    assert {"2010101", "2010201"} <= set(candidates)


def test_name_that_had_its_row_is_taken_elsewhere() -> None:
    first, _ = infer_code("其他交通运输支出", "function", "2149801", get_book(), 2026)
    second, _ = infer_code("其他交通运输支出", "function", first, get_book(), 2026, seen={first or ""})
    assert (first, second) == ("2149899", "21499")


def test_next_row_decides_between_two_places() -> None:
    assert infer_code("其他交通运输支出", "function", "2149801", get_book(), 2026, below="公共交通运营补助")[0] == "21499"


@pytest.mark.parametrize("name", ["对个人和家庭补助", "对个人和家庭的补助", "对个人和家庭的补助支出"])
def test_spellings_of_one_class(name: str) -> None:
    assert infer_code(name, "econ_department", None, get_book(), 2024)[0] == "303"


def test_addition_in_brackets_is_no_part_of_the_name() -> None:
    assert infer_code("事业运行（政府办公厅）", "function", "2010301", get_book(), 2024)[0] == "2010350"


@pytest.mark.parametrize(("year", "code"), [(2024, "30113"), (2016, "30311")])
def test_name_belongs_to_the_code_of_its_year(year: int, code: str) -> None:
    assert find_named("住房公积金", "econ_department", get_book(), year) == {code}


def test_name_of_another_organisation_is_not_the_class() -> None:
    assert not is_name_of("301", "某省某厅", get_book())


@pytest.mark.parametrize(
    ("code", "year", "expected"),
    [
        ("2101101", 2018, True),  # first seen in 2020: no year in which it began
        ("20131", 2005, False),
        ("2010199", 2030, True),
        ("2019998", 2024, False),
        ("50803", 2018, False),  # this list is known as a whole: it begins in 2021
    ],
    ids=["seen later", "before a known beginning", "still valid", "in no list", "a list with its years"],
)
def test_listed_in_a_year(code: str, year: int, expected: bool) -> None:
    assert is_listed(code, get_book(), year) is expected
