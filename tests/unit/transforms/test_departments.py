"""One id for one publisher."""

import pytest

from transforms.budget_lines import is_issuer
from transforms.departments import make_department_id


def test_region_and_name() -> None:
    assert make_department_id("420103", "江汉区大数据中心") == "420103-江汉区大数据中心"


def test_spellings_that_differ_in_width_and_space_are_one() -> None:
    assert make_department_id("420103", "市教育局（本级）") == make_department_id("420103", "市 教育局(本级)")


def test_the_same_name_elsewhere_is_another_department() -> None:
    assert make_department_id("420103", "财政局") != make_department_id("420104", "财政局")


def test_central_government_has_no_region() -> None:
    assert make_department_id(None, "教育部") == "教育部"


@pytest.mark.parametrize("name", [None, ""])
def test_nobody_has_no_id(name: str | None) -> None:
    assert make_department_id("420103", name) is None


@pytest.mark.parametrize(
    ("name", "issuer", "same"),
    [
        ("武汉市江汉区财政局", "武汉市江汉区财政局", True),
        ("江汉区财政局", "武汉市江汉区财政局", True),
        ("财政局", "武汉市江汉区财政局", True),
        ("湖北省武汉市财政局", "武汉市财政局", True),
        ("武汉市财政局本级", "武汉市财政局", False),
        ("武汉市财政局信息中心", "武汉市财政局", False),
        ("信息中心", "武汉市财政局信息中心", False),
        ("江汉区财政局", "武汉市财政局", False),
        ("", "武汉市财政局", False),
    ],
)
def test_an_issuer_may_leave_out_its_region_and_nothing_else(name: str, issuer: str, same: bool) -> None:
    assert is_issuer(name, issuer) is same
