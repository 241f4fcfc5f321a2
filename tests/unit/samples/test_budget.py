from decimal import Decimal

import pytest
from pydantic import ValidationError

from samples.budget import Budget, Spending, Unspent


def make(**changes):
    values = {
        "department": "示例局",
        "region_code": "420103",
        "fiscal_year": 2024,
        "step": Decimal(100),
        "spending": (
            Spending(function_code="2010601", econ_code="30101", amount=Decimal(700)),
            Spending(function_code="2010601", econ_code="30231", amount=Decimal(200)),
            Spending(function_code="2010602", econ_code="30227", amount=Decimal(500), project="甲", carried=True),
            Spending(function_code="2120899", econ_code="31003", amount=Decimal(300), project="乙", fund="government_fund"),
        ),
    }
    return Budget(**(values | changes))


def test_revenue_leaves_out_what_was_carried_over():
    assert make().sum_revenue(["general_public_budget"]) == 900
    assert make().sum_carried(["general_public_budget"]) == 500


def test_revenue_of_a_final_account_includes_what_was_left():
    left = (Unspent(function_code="2010602", amount=Decimal(400)),)
    assert make(phase="final", unspent=left).sum_revenue(["general_public_budget"]) == 1300


def test_a_budget_knows_nothing_left_over():
    with pytest.raises(ValidationError, match="final account"):
        make(unspent=(Unspent(function_code="2010602", amount=Decimal(400)),))


def test_amounts_between_two_steps_are_refused():
    with pytest.raises(ValidationError, match="multiples"):
        make(step=Decimal(1000))


@pytest.mark.parametrize(
    ("fact", "kind"),
    [
        (Spending(function_code="2010601", econ_code="30301", amount=Decimal(1)), "personnel"),
        (Spending(function_code="2010601", econ_code="31002", amount=Decimal(1)), "operating"),
        (Spending(function_code="2010601", econ_code="30101", amount=Decimal(1), project="甲"), "project"),
        (Spending(function_code="2010601", econ_code="30201", amount=Decimal(1), fund="business_revenue"), "business_operations"),
    ],
)
def test_kind_follows_from_class_project_and_fund(fact, kind):
    assert fact.kind == kind


def test_three_public_expenses_are_the_classes_of_the_general_budget():
    assert make().sum_three_public("vehicle_operation") == 200
    assert make().sum_three_public("hospitality") == 0
