"""The schema lets nothing through that the metadata does not declare, and changes no value."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pyarrow as pa
import pytest
from made_rows import make_disclosure, make_line, make_table

from warehouse.issues import make_finding
from warehouse.metadata.models import UnknownResourceError, get_resource, load_fields, load_labels, load_resources
from warehouse.metadata.schema import MetadataError, check_key, to_arrow_schema, to_arrow_table

OWN = {"document_id": "0" * 16, "processing_id": "p"}


def line(**values):
    return {**make_line("甲", 1, "1.00"), **OWN, **values}


def refused(name: str, row: dict) -> MetadataError:
    with pytest.raises(MetadataError) as caught:
        to_arrow_table(name, [row])
    return caught.value


def test_rows_become_a_table_with_the_declared_types():
    table = to_arrow_table("core_budget_lines", [line()])
    assert table.schema.equals(to_arrow_schema("core_budget_lines"), check_metadata=True)
    assert table.column("amount_cny").to_pylist() == [Decimal("10000.00")]
    assert table.column("note").to_pylist() == [None]


def test_fields_carry_their_meaning_in_both_languages():
    field = to_arrow_schema("core_budget_lines").field("amount_cny")
    assert field.metadata[b"zh"].decode() == "金额（元）"
    assert field.metadata[b"unit"] == b"CNY"
    assert not to_arrow_schema("core_budget_lines").field("line_id").nullable


def test_dictionaries_only_where_asked_for():
    assert to_arrow_schema("core_budget_lines").field("phase").type == pa.string()
    assert pa.types.is_dictionary(to_arrow_schema("core_budget_lines", dictionaries=True).field("phase").type)


def test_a_table_without_metadata_cannot_be_made():
    with pytest.raises(UnknownResourceError, match="core_secrets"):
        to_arrow_table("core_secrets", [])


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("surprise", 1, "no such field"),
        ("direction", None, "a value is missing"),
        ("direction", "income", "one of revenue, expenditure"),
        ("document_id", "XYZ", "text like"),
        ("document_id", "0" * 17, "text like"),
        ("fiscal_year", 1999, "at least 2000"),
        ("fiscal_year", 2101, "at most 2100"),
        ("fiscal_year", 2020.0, "whole number"),
        ("fiscal_year", "2020", "whole number"),
        ("page", True, "whole number"),
        ("page", 40_000, "16 bits"),
        ("line_number", 0, "at least 1"),
        ("confidence", 1.5, "at most 1"),
        ("confidence", float("nan"), "finite number"),
        ("amount_cny", 1.5, "finite Decimal"),
        ("amount_cny", 15, "finite Decimal"),
        ("amount_cny", Decimal("1.005"), "2 decimal places"),
        ("amount_cny", Decimal("1.0000000000000000000000000000001"), "2 decimal places"),
        ("amount_cny", Decimal("1E+18"), "18 digits before the point"),
        ("amount_cny", Decimal("Infinity"), "finite Decimal"),
        ("line_label", 5, "text"),
        ("bbox", [1.0, 2.0, 3.0], "four numbers"),
        ("bbox", [1.0, 2.0, 3.0, float("inf")], "finite number"),
        ("bbox", None, "a value is missing"),
    ],
)
def test_what_does_not_fit_is_named(field, value, problem):
    error = refused("core_budget_lines", line(**{field: value}))
    assert (error.resource, error.field, error.row) == ("core_budget_lines", field, 0)
    assert problem in error.problem


@pytest.mark.parametrize(
    ("printed", "kept"),
    [
        ("1.500", "1.50"),
        ("-0.10", "-0.10"),
        ("1E+3", "1000.00"),
        ("123456789012345678.99", "123456789012345678.99"),
        ("0E-9", "0.00"),
    ],
)
def test_amounts_that_fit_are_kept_to_the_last_digit(printed, kept):
    table = to_arrow_table("core_budget_lines", [line(amount_cny=Decimal(printed))])
    assert str(table.column("amount_cny")[0].as_py()) == kept


def test_the_row_that_does_not_fit_is_numbered():
    with pytest.raises(MetadataError) as caught:
        to_arrow_table("core_budget_lines", [line(), line(line_number=2, page=0)])
    assert caught.value.row == 1
    assert str(caught.value) == "core_budget_lines, field page, row 1: expected at least 1, saw 0"


def test_an_amount_is_null_only_where_its_state_says_why():
    assert to_arrow_table("core_budget_lines", [line(amount_cny=None, amount_state="dash")]).num_rows == 1
    error = refused("core_budget_lines", line(amount_cny=None, amount_state="number"))
    assert error.field == "amount_cny"
    assert "amount_state number does not explain it" in error.problem


def test_two_rows_under_one_key_are_an_error():
    with pytest.raises(MetadataError, match="2 rows share the key"):
        to_arrow_table("core_budget_lines", [line(), line()])
    with pytest.raises(MetadataError, match="2 rows share the key"):
        check_key("core_tables", pa.concat_tables([to_arrow_table("core_tables", [{**make_table("甲"), **OWN}])] * 2))


def test_moments_are_kept_in_utc_and_need_a_zone():
    beijing = datetime(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    rows = [{**make_disclosure("甲"), **OWN, "fetched_at": moment} for moment in (beijing, "2026-03-01T08:00:00+08:00")]
    for row in rows:
        assert to_arrow_table("core_disclosures", [row]).column("fetched_at").to_pylist() == [datetime(2026, 3, 1, tzinfo=UTC)]
    for moment in (datetime(2026, 3, 1), "2026-03-01T08:00:00", "yesterday"):
        assert refused("core_disclosures", {**make_disclosure("甲"), **OWN, "fetched_at": moment}).field == "fetched_at"


def test_every_resource_has_descriptions_in_both_languages_and_a_key():
    for resource in load_resources().values():
        assert resource.zh
        assert resource.en
        assert resource.key
        assert to_arrow_schema(resource.name).names == list(resource.field_names)


def test_every_field_is_used_and_described():
    used = {field.declared for resource in load_resources().values() for field in resource.fields}
    assert {field.name for field in load_fields().values() if not (field.en and field.zh)} == set()
    assert used == set(load_fields())


def test_a_table_may_have_its_own_meaning_for_a_column():
    assert get_resource("core_budget_lines").get_field("direction").enum == ("revenue", "expenditure")
    own = get_resource("core_statements").get_field("direction")
    assert (own.name, own.declared, own.enum) == (
        "direction",
        "core_statements.direction",
        ("increase", "decrease", "unchanged"),
    )


def test_labels_cover_their_enumerations():
    assert load_labels()["fund_type"]["general_public_budget"] == "一般公共预算"
    assert set(load_labels()["table_type"]) == set(get_resource("core_tables").get_field("table_type").enum)


def finding(**values):
    return {**make_finding("unreadable-amount", text="x"), **OWN, "finding_number": 1, **values}


def test_lists_of_whole_numbers_are_kept():
    table = to_arrow_table("core_findings", [finding(check_numbers=[3, 1 << 30])])
    assert table.column("check_numbers").to_pylist() == [[3, 1 << 30]]


@pytest.mark.parametrize("numbers", [[True], [1 << 31], ["1"], 5])
def test_lists_of_whole_numbers_hold_nothing_else(numbers):
    assert "check_numbers" in str(refused("core_findings", finding(check_numbers=numbers)))
