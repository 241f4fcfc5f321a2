"""The crosswalks: they name what is sure and nothing else, and the views take them over as they stand."""

import csv
import re
from decimal import Decimal
from pathlib import Path

import pytest
from made_rows import make_coded_table, make_document, make_table

from warehouse.codes import load_code_list, read_reference_rows
from warehouse.store import Warehouse
from warehouse.views import connect

REFERENCE = Path(__file__).parents[3] / ".." / "shared" / "reference"
COFOG = tuple(read_reference_rows("ref_cofog_crosswalk"))
GFSM = tuple(read_reference_rows("ref_gfsm_crosswalk"))
SURE = {"full", "default"}


def read_candidates(row) -> set[str]:
    return set((row["candidates"] or "").split("; ")) - {""}


def list_codes(resource: str) -> set[str]:
    return {row["code"] for row in read_reference_rows(resource)}


@pytest.mark.parametrize("row", COFOG, ids=lambda row: f"{row['code']}-{row['valid_from'] or ''}")
def test_a_code_has_a_division_where_its_treatment_says_that_it_is_sure(row):
    named = row["cofog_division"] is not None
    if row["treatment"] in SURE:
        assert named and row["reference_confidence"] in {"high", "medium"}
    if row["treatment"] in {"exclude", "reallocate", "uncertain"}:
        assert not named and row["cofog_group"] is None
    if row["treatment"] == "split":
        assert row["cofog_group"] is None
        # A division is named only where all parts lie in it.
        divisions = {candidate[:2] for candidate in read_candidates(row)}
        assert not named or divisions == {row["cofog_division"]}
    if row["cofog_group"]:
        assert row["cofog_group"].startswith(f"{row['cofog_division']}.")


def test_what_lies_below_a_whole_code_lies_in_its_division():
    """An amount that a document prints for the code itself covers everything below it."""
    for row in COFOG:
        below = [other for other in COFOG if other["code"] != row["code"] and other["code"].startswith(row["code"])]
        if row["treatment"] == "full":
            assert all({c[:2] for c in read_candidates(other)} <= {row["cofog_division"]} for other in below), row["code"]
            assert not [other["code"] for other in below if other["treatment"] in {"exclude", "reallocate"}], row["code"]


@pytest.mark.parametrize(("rows", "codes", "scheme"), [(COFOG, "ref_cofog_codes", "cofog"), (GFSM, "ref_gfsm_codes", "gfsm")])
def test_every_code_that_is_named_has_a_name_in_both_languages(rows, codes, scheme):
    named = {row[column] for row in rows for column in row if re.fullmatch(r"cofog_(division|group)|gfsm_code", column)}
    named |= {candidate for row in rows for candidate in read_candidates(row)}
    assert named - {None} <= list_codes(codes), scheme
    assert all(row["name"] and row["name_en"] for row in read_reference_rows(codes))


def test_the_years_of_a_code_do_not_overlap():
    for rows, key in ((COFOG, lambda row: row["code"]), (GFSM, lambda row: (row["gfsm_scheme"], row["code"]))):
        seen: dict = {}
        for row in sorted(rows, key=lambda row: (str(key(row)), row["valid_from"] or 0)):
            assert (row["valid_from"] or 0) > seen.get(key(row), -1), key(row)
            seen[key(row)] = row["valid_to"] or 9999


def test_only_codes_of_our_lists_are_crossed():
    assert {row["code"] for row in COFOG} <= {entry.code for entry in load_code_list("function")}
    for scheme in ("econ_department", "econ_government", "revenue"):
        known = {entry.code for entry in load_code_list(scheme)}
        assert {row["code"] for row in GFSM if row["gfsm_scheme"] == scheme} <= known


def test_a_gfsm_code_is_what_all_candidates_have_in_common():
    for row in GFSM:
        if row["gfsm_code"] is None:
            assert row["treatment"] not in SURE, row["code"]
        else:
            assert all(candidate.startswith(row["gfsm_code"]) for candidate in read_candidates(row)), row["code"]


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    """A budget by function and one by economic class, whose codes are crossed in every way."""
    functions = (
        ("total", None, "70.00", "合计"),
        ("item", "2010301", "10.00", "行政运行"),
        ("item", "2070113", "10.00", "旅游宣传"),
        ("item", "20701", "10.00", "文化和旅游"),
        ("item", "2070104", "10.00", "图书馆"),
        ("item", "2210201", "10.00", "住房公积金"),
        ("item", "20502", "10.00", "普通教育"),
        ("item", "2990101", "10.00", "某新科目"),
    )
    classes = (
        ("total", None, "30.00", "合计"),
        ("item", "30101", "10.00", "基本工资"),
        ("item", "30113", "10.00", "住房公积金"),
        ("item", "30239", "10.00", "其他交通费用"),
    )
    basic = {"table_type": "general_budget_basic_expenditure", "fund_type": "general_public_budget", "expenditure_kind": "basic"}
    document = make_document(
        "甲",
        tables=[make_table("甲"), make_table("甲", 2, table_type=basic["table_type"])],
        lines=[*make_coded_table("甲", functions), *make_coded_table("甲", classes, "econ_department_code", ordinal=2, **basic)],
    )
    warehouse = Warehouse.open(tmp_path_factory.mktemp("crossed") / "warehouse")
    warehouse.stage(document)
    warehouse.commit([document.processing_id], run_id="run", reason="new")
    with connect(warehouse) as opened:
        yield opened


@pytest.mark.parametrize(
    ("code", "division", "group", "treatment"),
    [
        ("2010301", "01", "01.1", "full"),  # by its 款
        ("2070113", "04", "04.7", "full"),  # its own row wins over the 款's
        ("2070104", "08", "08.2", "default"),
        ("20701", None, None, "default"),  # printed undivided, it covers tourism too
        ("2210201", None, None, "reallocate"),
        ("20502", "09", None, "split"),
        ("2990101", None, None, "unlisted"),
    ],
)
def test_functions_in_the_view_carry_cofog_only_where_it_is_sure(connection, code, division, group, treatment):
    query = "select cofog_division, cofog_group, cofog_treatment from out_spending_by_function where function_code = ?"
    assert connection.execute(query, [code]).fetchall() == [(division, group, treatment)]


@pytest.mark.parametrize(
    ("code", "gfsm", "treatment"), [("30101", "2111", "full"), ("30113", "21", "split"), ("30239", None, "uncertain")]
)
def test_classes_in_the_view_carry_gfsm_as_deep_as_it_is_sure(connection, code, gfsm, treatment):
    query = "select gfsm_code, gfsm_treatment from out_spending_by_economic where econ_code = ?"
    assert connection.execute(query, [code]).fetchall() == [(gfsm, treatment)]


def test_no_yuan_is_lost_or_doubled_by_the_crosswalk(connection):
    by_division = "select sum(amount_cny) from out_spending_by_function"
    assert connection.execute(by_division).fetchone() == (Decimal("700000.00"),)
    assert connection.execute("select sum(amount_cny) from out_spending_by_economic").fetchone() == (Decimal("300000.00"),)


def test_names_stand_in_both_languages(connection):
    query = "select function_class_name, function_class_name_en, cofog_division_name, cofog_division_name_en "
    rows = connection.execute(f"{query} from out_spending_by_function where function_code = '2010301'")  # our names
    assert rows.fetchall() == [("一般公共服务支出", "General public services", "一般公共服务", "General public services")]
    query = (
        "select econ_name_en, econ_class_name_en, gfsm_name, gfsm_name_en from out_spending_by_economic where econ_code = '30101'"
    )
    assert connection.execute(query).fetchall() == [
        ("Basic wages", "Wages and benefits", "现金形式的工资和薪金", "Wages and salaries in cash")
    ]


@pytest.mark.parametrize(
    ("year", "division"),
    [(2018, None), (2019, "10")],  # 2080209 was 部队供应 and is 老龄事务
)
def test_a_code_that_meant_something_else_is_not_taken_over_for_those_years(connection, year, division):
    query = (
        "select max_by(cofog_division, length(code)) from ref_cofog_crosswalk where starts_with('2080209', code) "
        "and ? between coalesce(valid_from, 0) and coalesce(valid_to, 9999) and code = '2080209'"
    )
    assert connection.execute(query, [year]).fetchone() == (division,)


@pytest.mark.corpus
def test_nothing_is_named_that_the_reference_does_not_name():
    path = REFERENCE / "cofog_crosswalk.csv"
    if not path.exists():
        pytest.skip("../shared is absent: the crosswalk cannot be compared with its source")
    with path.open(encoding="utf-8-sig", newline="") as file:
        source = {row["cn_code"]: row for row in csv.DictReader(file)}
    for row in COFOG:
        if row["cofog_group"]:
            assert source[row["code"]]["cofog_code"] == row["cofog_group"], row["code"]
        elif row["cofog_division"] and row["code"] in source:
            assert source[row["code"]]["cofog_code"].startswith(row["cofog_division"]), row["code"]
