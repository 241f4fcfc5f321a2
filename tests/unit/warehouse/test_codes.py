"""The code lists: complete, consistent, and what they say is what is known."""

import csv
import itertools
from collections import defaultdict
from pathlib import Path

import pytest

from warehouse.codes import SCHEMES, load_code_list, load_regions, read_reference_rows, reference_resources
from warehouse.metadata.schema import to_arrow_table

SHARED = Path(__file__).parents[3] / ".." / "shared" / "reference"
SHARED_NAMES = {
    "function": "function_codes",
    "econ_department": "economic_department_codes",
    "econ_government": "economic_government_codes",
    "revenue": "revenue_codes",
}


def names_in(scheme, code: str, year: int) -> list[str]:
    return [
        entry.name
        for entry in load_code_list(scheme)
        if entry.code == code and (entry.valid_from or 0) <= year <= (entry.valid_to or 9999)
    ]


@pytest.mark.parametrize("resource", reference_resources())
def test_lists_fit_their_metadata(resource):
    assert to_arrow_table(resource, read_reference_rows(resource)).num_rows > (30 if resource == "ref_departments" else 55)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_levels_and_parents_follow_from_the_digits(scheme):
    entries = load_code_list(scheme)
    codes = {entry.code for entry in entries}
    for entry in entries:
        assert entry.level == (len(entry.code) - 1) // 2
        assert entry.parent_code == (entry.code[:-2] if entry.level > 1 else None)
        assert entry.parent_code is None or entry.parent_code in codes


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_code_has_one_name_a_year(scheme):
    spans = defaultdict(list)
    for entry in load_code_list(scheme):
        spans[entry.code].append((entry.valid_from, entry.valid_to or 9999))
    for code, years in spans.items():
        ordered = sorted(years)
        assert all(first[1] < second[0] for first, second in itertools.pairwise(ordered)), code


@pytest.mark.parametrize(
    ("scheme", "code", "year", "name"),
    [
        ("function", "207", 2018, "文化体育与传媒支出"),
        ("function", "207", 2019, "文化旅游体育与传媒支出"),
        ("function", "2010301", 2020, "行政运行"),
        ("econ_department", "30113", 2020, "住房公积金"),
        ("econ_department", "309", 2017, "基本建设支出"),
        ("econ_government", "501", 2020, "机关工资福利支出"),
        ("revenue", "103", 2020, "非税收入"),
    ],
)
def test_names_change_with_the_year(scheme, code, year, name):
    assert names_in(scheme, code, year) == [name]


def test_regions_are_a_tree():
    regions = {region.code: region for region in load_regions()}
    assert len(regions) == len(load_regions())
    assert regions["420103"].name == "江汉区"
    assert regions["420103"].parent_code == "420100"
    assert regions["310107"].parent_code == "310000"
    assert all(region.parent_code is None or regions[region.parent_code].level < region.level for region in regions.values())


def test_an_unknown_scheme_is_an_error():
    with pytest.raises(LookupError, match="no code list"):
        load_code_list("function_codes")


# Printed with this name before the first year of the reference: 西安市人力资源和社会保障局 2020 (1bfd0c), pages 34 and 38.
SEEN_EARLIER = {("2101101", "行政单位医疗"): "2020", ("2101103", "公务员医疗补助"): "2020"}


@pytest.mark.corpus
@pytest.mark.parametrize("scheme", SCHEMES)
def test_nothing_was_lost_from_the_reference(scheme):
    path = SHARED / f"{SHARED_NAMES[scheme]}.csv"
    if not path.exists():
        pytest.skip("../shared is absent: the lists cannot be compared with their source")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["code"].isdigit()]
    source = {
        (row["code"], row["name"], SEEN_EARLIER.get((row["code"], row["name"]), row["valid_from"]), row["valid_to"])
        for row in rows
    }
    ours = {(entry.code, entry.name, str(entry.valid_from or ""), str(entry.valid_to or "")) for entry in load_code_list(scheme)}
    assert ours == source
