"""Which documents meet: by registry, level, year and phase."""

import random
from typing import Any

import pytest

from transforms.departments import make_registry
from transforms.identities import load_identities_across
from transforms.pairs import ROLES, Comparison, list_comparisons, split_tables
from warehouse.codes import load_aliases, load_regions

REGISTRY = make_registry(load_regions(), load_aliases())
NOBODY: dict[str, frozenset[str]] = {}


def disclosure(document_id: str, year: int = 2020, **values: Any) -> dict[str, Any]:
    return {
        "document_id": document_id, "region_code": "420103", "department_name": "江汉区教育局",
        "organisation_scope": "department", "fiscal_year": year, "phase": "budget", "status": "loaded", "superseded_by": None,
        "line_count": 9, "fetched_at": None,
    } | values  # fmt: skip


def unit(document_id: str, name: str, year: int = 2020, **values: Any) -> dict[str, Any]:
    return disclosure(document_id, year, department_name=name, organisation_scope="unit", **values)


def compare(
    *rows: dict[str, Any], listed: dict[str, frozenset[str]] = NOBODY, tables: dict[str, frozenset[str]] = NOBODY
) -> list[Comparison]:
    return list_comparisons(rows, listed, tables, REGISTRY)


def test_a_year_meets_the_one_before_under_another_spelling() -> None:
    earlier = disclosure("a", 2019, department_name="武汉市江汉区教育局")
    assert compare(earlier, disclosure("b", 2020)) == [Comparison("consecutive_years", "b", ("a",))]


def test_years_further_apart_do_not_meet() -> None:
    assert compare(disclosure("a", 2018), disclosure("b", 2020)) == []


def test_the_same_name_in_another_district_is_another_organisation() -> None:
    assert (
        compare(disclosure("a", 2019, region_code="420104", department_name="教育局"), disclosure("b", department_name="教育局"))
        == []
    )


def test_a_unit_does_not_meet_its_department_of_the_year_before() -> None:
    assert compare(disclosure("a", 2019), unit("b", "江汉区教育局", 2020)) == []


def test_a_budget_does_not_meet_the_final_account_before_it() -> None:
    """When a budget is drawn up the year before is not over: its actual amounts are estimates."""
    assert compare(disclosure("a", 2019, phase="final"), disclosure("b", 2020)) == []


def test_a_final_account_meets_its_budget() -> None:
    assert compare(disclosure("a"), disclosure("b", phase="final")) == [Comparison("budget_final", "b", ("a",))]


@pytest.mark.parametrize(
    "values",
    [
        {"status": "refused"},
        {"superseded_by": "b"},
        {"line_count": 0},
        {"fiscal_year": None},
        {"phase": None},
        {"department_name": None},
    ],
)
def test_what_was_not_read_or_is_not_in_force_meets_nothing(values: dict[str, Any]) -> None:
    assert compare(disclosure("a", 2019) | values, disclosure("b", 2020)) == []


def test_what_was_merged_meets_its_successor_and_says_so() -> None:
    earlier = disclosure("a", 2018, region_code="320000", department_name="江苏省环境保护厅")
    later = disclosure("b", 2019, region_code="320000", department_name="江苏省生态环境厅")
    assert compare(earlier, later) == [Comparison("consecutive_years", "b", ("a",), is_restructured=True)]


def test_of_two_documents_of_one_year_the_newer_one_stands_for_it() -> None:
    old = disclosure("a", 2019, fetched_at="2026-03-01T00:00:00+00:00")
    new = disclosure("c", 2019, fetched_at="2026-03-02T00:00:00+00:00")
    assert compare(old, new, disclosure("b", 2020)) == [
        Comparison("consecutive_years", "b", ("c",)),
        Comparison("same_year", "a", ("c",)),
    ]


def test_a_document_without_a_time_of_its_fetch_gives_way() -> None:
    assert compare(disclosure("a"), disclosure("b", fetched_at="2026-03-01T00:00:00+00:00")) == [
        Comparison("same_year", "a", ("b",))
    ]


@pytest.mark.parametrize(
    "own", [unit("u", "江汉区教育局"), unit("u", "江汉区教育局（本级）"), disclosure("u", department_name="江汉区教育局机关")]
)
def test_the_own_level_meets_its_department(own: dict[str, Any]) -> None:
    assert compare(disclosure("d"), own) == [
        Comparison("department_unit", "u", ("d",)),
        Comparison("department_units", "d", ("u",)),
    ]


def test_a_unit_meets_the_department_that_lists_it() -> None:
    listed = {"d": frozenset({"江汉区教育局（本级）", "江汉区第一小学"})}
    found = compare(disclosure("d"), unit("u", "武汉市江汉区第一小学"), listed=listed)
    assert [(one.kind, one.is_complete) for one in found] == [("department_unit", False), ("department_units", False)]


def test_a_unit_that_nobody_lists_meets_nothing() -> None:
    assert compare(disclosure("d"), unit("u", "江汉区教育局信息中心")) == []


def test_all_listed_units_make_the_department_complete() -> None:
    listed = {"d": frozenset({"江汉区教育局（本级）", "江汉区第一小学"})}
    found = compare(disclosure("d"), unit("u", "江汉区教育局"), unit("v", "江汉区第一小学"), listed=listed)
    assert Comparison("department_units", "d", ("u", "v"), is_complete=True) in found


def test_a_unit_of_another_phase_does_not_make_it_complete() -> None:
    listed = {"d": frozenset({"江汉区教育局（本级）", "江汉区第一小学"})}
    found = compare(disclosure("d"), unit("u", "江汉区教育局"), unit("v", "江汉区第一小学", phase="final"), listed=listed)
    assert Comparison("department_units", "d", ("u",)) in found


def test_units_with_tables_inside_the_document() -> None:
    names = frozenset({"江汉区教育局（本级）", "江汉区第一小学"})
    assert compare(disclosure("d"), listed={"d": names}, tables={"d": names}) == [
        Comparison("department_units", "d", ("d",), is_complete=True)
    ]


def test_the_order_of_the_documents_changes_nothing() -> None:
    rows = [disclosure("a", 2019), disclosure("b"), disclosure("c"), disclosure("e", phase="final"), unit("u", "江汉区教育局")]
    shuffled = list(rows)
    random.Random(1).shuffle(shuffled)
    assert compare(*shuffled) == compare(*rows)
    assert len(compare(*rows)) == 5


def test_every_kind_of_comparison_is_declared() -> None:
    assert set(load_identities_across()) == set(ROLES)


def table(table_id: str, instance: int, unit_name: str | None) -> dict[str, Any]:
    kind = {"document_id": "d", "table_type": "expenditure_summary"}
    return {**kind, "table_id": table_id, "table_instance": instance, "unit_name": unit_name}


def owners(*tables: dict[str, Any]) -> dict[str, str]:
    return split_tables(tables, {"d": disclosure("d")}, REGISTRY)


def test_the_only_table_is_the_documents_own_whatever_name_it_has() -> None:
    assert owners(table("t1", 1, "江汉区教育")) == {"t1": ""}


def test_tables_of_units_are_theirs_and_the_one_without_a_name_is_the_documents() -> None:
    found = owners(table("t1", 1, None), table("t2", 2, "江汉区教育局（本级）"), table("t3", 3, "江汉区第一小学"))
    assert found == {"t1": "", "t2": "江汉区教育局（本级）", "t3": "江汉区第一小学"}


def test_a_second_table_without_a_name_is_nobodys() -> None:
    assert owners(table("t1", 1, None), table("t2", 2, None)) == {"t1": ""}
