from random import Random

import pytest

from samples.budget import Budget
from samples.classification import name_code
from samples.generation import FUND_FUNCTIONS, BudgetOptions, join_units, load_archetypes, make_budget

OPTIONS = BudgetOptions(department="示例局", region_code="420103", archetype="finance", fiscal_year=2024)


def test_the_same_seed_gives_the_same_budget():
    assert make_budget(Random(5), OPTIONS) == make_budget(Random(5), OPTIONS)


def test_another_seed_gives_another_budget():
    assert make_budget(Random(5), OPTIONS) != make_budget(Random(6), OPTIONS)


@pytest.mark.parametrize("archetype", sorted(load_archetypes()))
@pytest.mark.parametrize("year", [2021, 2026])
def test_all_codes_are_in_the_years_lists(archetype, year):
    funds = tuple(FUND_FUNCTIONS)
    budget = make_budget(
        Random(1), OPTIONS.model_copy(update={"archetype": archetype, "fiscal_year": year, "other_funds": funds})
    )
    for fact in budget.spending:
        assert name_code("function", fact.function_code, year)
        assert name_code("econ_department", fact.econ_code, year)


def test_payments_in_both_classifications_are_equal():
    budget: Budget = make_budget(Random(3), OPTIONS)
    for function, econ in (("2080505", "30108"), ("2210201", "30113")):
        by_function = budget.sum_spending(lambda fact, function=function: fact.function_code == function)
        assert by_function == budget.sum_spending(lambda fact, econ=econ: fact.econ_code == econ)


def test_no_projects_when_none_are_asked_for():
    assert make_budget(Random(1), OPTIONS.model_copy(update={"n_projects": 0})).projects == ()


def test_a_department_is_the_sum_of_its_units():
    units = [make_budget(Random(seed), OPTIONS.model_copy(update={"department": f"示例{seed}"})) for seed in (1, 2)]
    whole = join_units("示例局", units)
    assert whole.sum_spending(lambda fact: True) == sum(unit.sum_spending(lambda fact: True) for unit in units)
    assert [unit.scope for unit in whole.units] == ["unit", "unit"]


def test_odd_codes_have_names_of_their_own():
    budget = make_budget(Random(1), OPTIONS.model_copy(update={"has_local_code": True, "has_stale_code": True}))
    odd = {fact.function_code for fact in budget.spending} & set(budget.names)
    assert odd == {"2010677", "2100501"}
    for code in odd:
        with pytest.raises(LookupError):
            name_code("function", code, budget.fiscal_year)


def test_a_refund_is_below_zero():
    budget = make_budget(Random(1), OPTIONS.model_copy(update={"has_refund": True}))
    assert sum(fact.amount < 0 for fact in budget.spending) == 1
