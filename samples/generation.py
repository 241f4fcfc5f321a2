"""Random budgets that add up: the leaves are drawn in whole steps, everything above them is a sum.

Promise: the same random state and options give the same budget. Function and economic class are drawn together, so that the
payments that stand in both classifications (pension, medical insurance, housing fund) are the same amount in both.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from importlib.resources import files
from random import Random

import yaml
from pydantic import Field

from samples.budget import Budget, Facts, Fund, Phase, Purchase, PurchaseKind, Spending, ThreePublicKey, Unspent

# The three public expenses are printed in 万元 with two decimals even where the other tables are in yuan.
COARSE_STEP = Decimal(100)
# Which economic class mirrors which function: employer's payments that both classifications name.
MIRRORED = (("2080505", "30108"), ("2080506", "30109"), ("2101101", "30110"), ("2210201", "30113"))
SUBSIDIES = (("2210202", "30102"), ("2210203", "30102"))
PERSONNEL = ("30101", "30102", "30103", "30107", "30112", "30199", "30301", "30302", "30305", "30309", "30399")
OPERATING = (
    "30201", "30202", "30205", "30206", "30207", "30209", "30211", "30213", "30214", "30215", "30216",
    "30226", "30227", "30228", "30229", "30239", "30299", "31002",
)  # fmt: skip
# Printed beside the three public expenses, hence as coarse as they are.
COARSE = ("30215", "30216")
THREE_PUBLIC = ("30212", "30217", "30231", "31013")
PROJECT_CLASSES = ("30201", "30209", "30213", "30214", "30226", "30227", "30299", "31003", "31007", "31099")
PROJECT_NAMES = (
    "信息系统运行维护费", "业务工作专项经费", "办公设备购置", "宣传培训经费", "聘用人员经费", "房屋维修改造",
    "法律顾问服务费", "档案数字化", "专项检查经费", "公共服务平台建设", "标准化建设补助", "应急物资储备",
)  # fmt: skip
# An item that a city added to a sub-class, and codes that the list had until 2018.
LOCAL = ("77", "地方专项业务")
STALE = (("21005", "医疗保障"), ("2100501", "行政单位医疗"))
FUND_FUNCTIONS: dict[Fund, tuple[str, ...]] = {
    "government_fund": ("2120899", "2296003", "2296099"),
    "state_capital": ("2230105", "2230199"),
}


class BudgetOptions(Facts):
    """What kind of budget to draw. `step`: smallest printed unit in yuan. `other_funds`: sources beside the general budget."""

    department: str
    region_code: str
    archetype: str
    fiscal_year: int = Field(ge=2021)
    phase: Phase = "budget"
    step: Decimal = Decimal(100)
    other_funds: tuple[Fund, ...] = ()
    has_carry_over: bool = False
    has_three_public_base: bool = False
    has_refund: bool = False
    has_local_code: bool = False
    has_stale_code: bool = False
    n_projects: int = Field(default=4, ge=0, le=len(PROJECT_NAMES))
    n_details: int = Field(default=8, ge=1)


class Archetype(Facts):
    """The function codes of one kind of department."""

    name: str
    main: str
    institution: str
    projects: tuple[str, ...]


@cache
def load_archetypes() -> dict[str, Archetype]:
    """Kinds of departments by key."""
    text = files("samples").joinpath("archetypes.yml").read_text(encoding="utf-8")
    return {key: Archetype(**entry) for key, entry in yaml.safe_load(text).items()}


def make_budget(random: Random, options: BudgetOptions) -> Budget:
    """A consistent budget. `random` may be a seeded Random or the one that Hypothesis hands out."""
    archetype = load_archetypes()[options.archetype]
    spending = [
        *_draw_odd_codes(random, options, archetype),
        *_draw_basic(random, options, archetype),
        *_draw_projects(random, options, archetype),
        *_draw_other_funds(random, options, archetype),
    ]
    if options.has_carry_over:
        spending.append(
            Spending(
                function_code=archetype.projects[0],
                econ_code="30227",
                amount=_draw_amount(random, options.step, 500_000),
                project=PROJECT_NAMES[0],
                carried=True,
            )
        )
    return Budget(
        department=options.department,
        region_code=options.region_code,
        fiscal_year=options.fiscal_year,
        phase=options.phase,
        step=options.step,
        spending=tuple(spending),
        unspent=_draw_unspent(random, options, archetype),
        purchases=_draw_purchases(random, spending),
        three_public_base=_draw_three_public(random) if options.has_three_public_base else None,
        names=_name_odd_codes(options, archetype),
    )


def join_units(department: str, units: Sequence[Budget]) -> Budget:
    """The budget of a department with subordinate units: all their facts together, their own budgets below it."""
    first = units[0]
    bases = [unit.three_public_base for unit in units if unit.three_public_base is not None]
    return first.model_copy(
        update={
            "department": department,
            "spending": tuple(fact for unit in units for fact in unit.spending),
            "unspent": tuple(left for unit in units for left in unit.unspent),
            "purchases": tuple(purchase for unit in units for purchase in unit.purchases),
            "three_public_base": {key: sum((base[key] for base in bases), Decimal(0)) for key in bases[0]} if bases else None,
            "names": {key: name for unit in units for key, name in unit.names.items()},
            "units": tuple(unit.model_copy(update={"scope": "unit"}) for unit in units),
        }
    )


def _draw_odd_codes(random: Random, options: BudgetOptions, archetype: Archetype) -> list[Spending]:
    """A code that the city added, a code of earlier years, money taken back."""
    facts = []
    if options.has_local_code:
        facts.append(_pay_project(random, options, archetype.main[:5] + LOCAL[0], 900_000))
    if options.has_stale_code:
        facts.append(_pay_project(random, options, STALE[-1][0], 900_000))
    if options.has_refund:
        taken = _pay_project(random, options, archetype.projects[-1], 200_000)
        facts.append(taken.model_copy(update={"amount": -taken.amount}))
    return facts


def _pay_project(random: Random, options: BudgetOptions, function: str, ceiling: int) -> Spending:
    amount = _draw_amount(random, options.step, ceiling)
    return Spending(function_code=function, econ_code="30299", amount=amount, project=random.choice(PROJECT_NAMES))


def _name_odd_codes(options: BudgetOptions, archetype: Archetype) -> dict[str, str]:
    names = dict(STALE) if options.has_stale_code else {}
    return names | ({archetype.main[:5] + LOCAL[0]: LOCAL[1]} if options.has_local_code else {})


def _draw_amount(random: Random, step: Decimal, ceiling: int) -> Decimal:
    return step * random.randint(1, max(1, int(ceiling / step)))


def _draw_basic(random: Random, options: BudgetOptions, archetype: Archetype) -> list[Spending]:
    running = (archetype.main, archetype.institution) if random.random() < 0.6 else (archetype.main,)
    coarse = max(COARSE_STEP, options.step)
    facts = [_pay(random, options.step, function, econ, 900_000) for function, econ in MIRRORED]
    facts += [_pay(random, options.step, function, econ, 400_000) for function, econ in SUBSIDIES if random.random() < 0.5]
    for function in running:
        personnel = _choose(random, PERSONNEL, options.n_details)
        facts += [_pay(random, options.step, function, econ, 4_000_000) for econ in personnel]
        operating = _choose(random, OPERATING, options.n_details)
        facts += [_pay(random, coarse if econ in COARSE else options.step, function, econ, 300_000) for econ in operating]
    facts += [_pay(random, coarse, archetype.main, econ, 60_000) for econ in THREE_PUBLIC if random.random() < 0.6]
    return facts


def _choose(random: Random, codes: tuple[str, ...], count: int) -> list[str]:
    return sorted(random.sample(codes, min(count, len(codes))))


def _pay(random: Random, step: Decimal, function: str, econ: str, ceiling: int) -> Spending:
    return Spending(function_code=function, econ_code=econ, amount=_draw_amount(random, step, ceiling))


def _draw_projects(random: Random, options: BudgetOptions, archetype: Archetype) -> list[Spending]:
    names = random.sample(PROJECT_NAMES, options.n_projects)
    return [
        Spending(
            function_code=function,
            econ_code=econ,
            amount=_draw_amount(random, options.step, 8_000_000),
            project=name,
        )
        for name in names
        for function in (random.choice(archetype.projects),)
        for econ in _choose(random, PROJECT_CLASSES, random.randint(1, 3))
    ]


def _draw_other_funds(random: Random, options: BudgetOptions, archetype: Archetype) -> list[Spending]:
    return [
        Spending(
            function_code=function,
            econ_code=random.choice(PROJECT_CLASSES),
            amount=_draw_amount(random, options.step, 5_000_000),
            fund=fund,
            project=None if fund == "business_revenue" else random.choice(PROJECT_NAMES),
        )
        for fund in options.other_funds
        for function in _choose(random, FUND_FUNCTIONS.get(fund, archetype.projects), 2)
    ]


def _draw_unspent(random: Random, options: BudgetOptions, archetype: Archetype) -> tuple[Unspent, ...]:
    if options.phase != "final":
        return ()
    return (Unspent(function_code=archetype.projects[-1], amount=_draw_amount(random, options.step, 300_000)),)


def _draw_purchases(random: Random, spending: list[Spending]) -> tuple[Purchase, ...]:
    kinds: tuple[PurchaseKind, ...] = ("goods", "works", "services")
    bought = [
        fact.amount for fact in spending if fact.project is not None and fact.fund == "general_public_budget" and fact.amount > 0
    ]
    return tuple(Purchase(kind=kind, amount=amount) for kind, amount in zip(kinds, bought, strict=False) if random.random() < 0.8)


def _draw_three_public(random: Random) -> dict[ThreePublicKey, Decimal]:
    keys: tuple[ThreePublicKey, ...] = ("overseas_travel", "vehicle_purchase", "vehicle_operation", "hospitality")
    return {key: COARSE_STEP * random.randint(0, 900) for key in keys}
