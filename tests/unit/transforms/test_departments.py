"""One id for one publisher."""

import pytest

from transforms.budget_lines import is_issuer
from transforms.departments import Registry, make_department_id, make_registry
from warehouse.codes import Alias, load_aliases, load_regions


@pytest.fixture(scope="module")
def registry() -> Registry:
    return make_registry(load_regions(), load_aliases())


def test_region_and_name(registry: Registry) -> None:
    assert make_department_id(registry, "420103", "江汉区大数据中心") == "420103-江汉区大数据中心"


@pytest.mark.parametrize(
    ("region", "names"),
    [
        (
            "420103",
            [
                "江汉区财政局",
                "武汉市江汉区财政局",
                "湖北省武汉市江汉区财政局",
                "财政局",
                "[105001]江汉区 财政局",
                "江汉区财政局（汇总）",
            ],
        ),
        (
            "420103",
            ["江汉区教育局（本级）", "江汉区 教育局(本级)", "武汉市江汉区教育局本级", "江汉区教育局机关", "江汉区教育局（机关）"],
        ),
        ("320000", ["中国共产党江苏省委员会办公厅", "中共江苏省委员会办公厅", "中共江苏省委办公厅", "江苏省委办公厅"]),
        ("320000", ["江苏省政协办公厅", "政协江苏省委员会办公厅", "中国人民政治协商会议江苏省委员会办公厅"]),
        ("320000", ["江苏省人大常委会办公厅", "江苏省人民代表大会常务委员会办公厅"]),
        ("320000", ["共青团江苏省委", "中国共产主义青年团江苏省委员会"]),
    ],
)
def test_spellings_of_one_organisation_are_one_id(registry: Registry, region: str, names: list[str]) -> None:
    assert len({make_department_id(registry, region, name) for name in names}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("420103", "财政局"), ("420104", "财政局")),
        (("420100", "武汉市财政局"), ("420100", "江汉区财政局")),
        (("420103", "江汉区教育局"), ("420103", "江汉区教育局（本级）")),
        (("320200", "江苏省梅村高级中学"), ("320200", "无锡市梅村高级中学")),
        (("320000", "中共江苏省委办公厅"), ("320000", "江苏省政协办公厅")),
        (("320000", "江苏省环境保护厅"), ("320000", "江苏省生态环境厅")),
        (("320000", "江苏省财政厅"), ("320000", "江苏省财政厅信息中心")),
    ],
)
def test_different_organisations_have_different_ids(registry: Registry, one: tuple[str, str], other: tuple[str, str]) -> None:
    assert make_department_id(registry, *one) != make_department_id(registry, *other)


def test_a_name_with_its_place_in_its_own_way_is_given_no_region(registry: Registry) -> None:
    assert make_department_id(registry, "310000", "上海科技大学附属学校") == "310000-上海科技大学附属学校"


def test_the_own_level_is_told_beside_the_organisation(registry: Registry) -> None:
    organisation = registry.identify("440300", "中共深圳市委宣传部（本级）")
    assert organisation is not None
    assert (organisation.organisation_id, organisation.is_own_level) == ("440300-中共深圳市委宣传部", True)


def test_a_name_that_only_ends_like_a_mark_keeps_it(registry: Registry) -> None:
    assert make_department_id(registry, "320000", "江苏省机关") == "320000-江苏省机关"


def test_central_government_has_no_region(registry: Registry) -> None:
    assert make_department_id(registry, None, "教育部") == "教育部"


@pytest.mark.parametrize("name", [None, ""])
def test_nobody_has_no_id(registry: Registry, name: str | None) -> None:
    assert make_department_id(registry, "420103", name) is None


def test_what_was_merged_is_another_organisation_with_a_successor(registry: Registry) -> None:
    found = registry.find_successors("320000", "江苏省环境保护厅", 2018)
    assert [(one.organisation_id, one.last_year) for one in found] == [("320000-江苏省生态环境厅", 2018)]


def test_a_name_of_long_ago_has_no_successor_today(registry: Registry) -> None:
    assert registry.find_successors("320000", "江苏省环境保护厅", 2026) == ()


def renamed() -> Registry:
    alias = Alias("420103-江汉区数据局", "420103", "江汉区数据局", "江汉区大数据中心", "former_name", 2022)
    return make_registry(load_regions(), [alias])


@pytest.mark.parametrize(("year", "same"), [(2020, True), (2023, True), (2024, False)])
def test_a_former_name_is_the_organisation_until_the_year_after(year: int, same: bool) -> None:
    ids = [make_department_id(renamed(), "420103", name, year) for name in ("武汉市江汉区大数据中心", "江汉区数据局")]
    assert (ids[0] == ids[1]) is same


def test_an_alias_of_one_region_means_nothing_in_another() -> None:
    assert make_department_id(renamed(), "420104", "大数据中心", 2020) != make_department_id(renamed(), "420104", "数据局", 2020)


@pytest.mark.parametrize("alias", load_aliases(), ids=lambda alias: f"{alias.alias}-{alias.name}")
def test_the_registry_is_of_one_mind(registry: Registry, alias: Alias) -> None:
    """An id begins with its region (any: every region) and ends with its name; what was merged is not the same."""
    region = alias.region_code or "any"
    assert alias.department_id == f"{region}-{alias.name}"
    ids = {make_department_id(registry, "320000", name) for name in (alias.name, alias.alias)}
    assert len(ids) == (2 if alias.alias_kind == "merged_into" else 1)


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
