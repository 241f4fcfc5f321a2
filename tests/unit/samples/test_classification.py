import pytest

from samples.classification import expand_code, list_classes, name_code


def test_the_name_of_a_code_is_that_years():
    assert name_code("function", "207", 2018) == "文化体育与传媒支出"
    assert name_code("function", "207", 2019) == "文化旅游体育与传媒支出"


def test_a_code_that_the_year_does_not_know_is_refused():
    with pytest.raises(LookupError, match="9999999"):
        name_code("function", "9999999", 2024)


def test_ancestors_come_top_first():
    assert expand_code("2010350") == ("201", "20103", "2010350")
    assert expand_code("30101") == ("301", "30101")


def test_classes_have_three_digits_in_order():
    classes = list_classes("function", 2024)
    assert classes[0] == "201"
    assert list(classes) == sorted(classes)
    assert {len(code) for code in classes} == {3}
