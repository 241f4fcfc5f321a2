from decimal import Decimal

import pytest
from pydantic import ValidationError

from samples.layouts import Layout


@pytest.mark.parametrize(
    ("choices", "printed"),
    [
        ({}, "1,683.45"),
        ({"thousands": False}, "1683.45"),
        ({"decimals": 6}, "1,683.450000"),
        ({"unit": "元"}, "16,834,500.00"),
        ({"unit": "元", "decimals": 0}, "16,834,500"),
    ],
)
def test_amounts_are_printed_in_unit_and_precision(choices, printed):
    assert Layout(**choices).format_amount(Decimal(16834500)) == printed


def test_negative_amounts_keep_their_sign():
    assert Layout().format_amount(Decimal(-4000)) == "-0.40"


def test_an_amount_that_would_be_rounded_is_refused():
    with pytest.raises(ValueError, match="cannot be printed"):
        Layout().format_amount(Decimal(16834501))


@pytest.mark.parametrize(
    "choices",
    [
        {"dialect": "nowhere"},
        {"dialect": "jiangsu", "three_public": "columns_two_years"},
        {"leaves_only": True, "code_style": "staggered"},
        {"unit": "元", "decimals": 6},
    ],
)
def test_choices_that_contradict_each_other_are_refused(choices):
    with pytest.raises(ValidationError):
        Layout(**choices)


def test_negative_amounts_may_stand_in_brackets():
    assert Layout(negative="brackets").format_amount(Decimal(-4000)) == "(0.40)"


def test_one_unit_note_needs_one_unit():
    with pytest.raises(ValidationError, match="one unit"):
        Layout(unit="元", unit_notes="first_table")
