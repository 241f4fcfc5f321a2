"""A department's budget or final account as one small cube of money, from which every published table is a sum.

Promise: a `Budget` holds facts that cannot contradict each other. Each `Spending` says once for which function, by which
economic class, from whose money and for which project yuan are spent, so that all identities within and between tables
hold by construction, exactly, in every unit that prints whole steps.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Phase = Literal["budget", "final"]
Scope = Literal["department", "unit"]
Fund = Literal[
    "general_public_budget",
    "government_fund",
    "state_capital",
    "special_account",
    "institutional_revenue",
    "business_revenue",
    "superior_subsidy",
    "affiliate_remittance",
    "other_revenue",
    "balance_use",
]
Kind = Literal["personnel", "operating", "project", "business_operations"]
PurchaseKind = Literal["goods", "works", "services"]
ThreePublicKey = Literal["overseas_travel", "vehicle_purchase", "vehicle_operation", "hospitality"]

APPROPRIATION_FUNDS: frozenset[str] = frozenset({"general_public_budget", "government_fund", "state_capital"})
PERSONNEL_CLASSES = frozenset({"301", "303"})
THREE_PUBLIC_CODES: Mapping[ThreePublicKey, str] = {
    "overseas_travel": "30212",
    "vehicle_purchase": "31013",
    "vehicle_operation": "30231",
    "hospitality": "30217",
}
ZERO = Decimal(0)


class Facts(BaseModel):
    """Base settings of the sample's models: immutable, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Spending(Facts):
    """Yuan spent for one function by one economic class; below zero: taken back. `carried`: left over from earlier years."""

    function_code: str
    econ_code: str
    amount: Decimal
    fund: Fund = "general_public_budget"
    project: str | None = None
    carried: bool = False

    @property
    def kind(self) -> Kind:
        """What the spending is in the tables' columns."""
        if self.fund == "business_revenue":
            return "business_operations"
        if self.project is not None:
            return "project"
        return "personnel" if self.econ_code[:3] in PERSONNEL_CLASSES else "operating"


class Unspent(Facts):
    """Yuan received this year for a function and left at its end (final accounts only)."""

    function_code: str
    amount: Decimal = Field(gt=0)
    fund: Fund = "general_public_budget"


class Purchase(Facts):
    """Yuan inside the spending that go through government procurement."""

    kind: PurchaseKind
    amount: Decimal = Field(gt=0)


class Target(Facts):
    """One performance indicator. `project` None: of the department as a whole."""

    dimension: str
    indicator: str
    value: str
    project: str | None = None
    group: str = ""
    standard: str = ""


class Budget(Facts):
    """One department's year. Amounts in yuan, each a multiple of `step`; `names` overrides the code list's names.

    `names` keys are codes, or `table_type/code` where one table alone differs. `three_public_base` is the other column of the
    three public expenses: last year's budget beside a budget, this year's budget beside a final account.
    `units`: budgets of the units that this one is the sum of; each has its own set of tables in the disclosure.
    """

    department: str
    region_code: str
    fiscal_year: int
    phase: Phase = "budget"
    scope: Scope = "department"
    step: Decimal
    spending: tuple[Spending, ...]
    unspent: tuple[Unspent, ...] = ()
    purchases: tuple[Purchase, ...] = ()
    targets: tuple[Target, ...] = ()
    three_public_base: Mapping[ThreePublicKey, Decimal] | None = None
    names: Mapping[str, str] = Field(default_factory=dict)
    units: tuple["Budget", ...] = ()

    @model_validator(mode="after")
    def _check_steps_and_phase(self) -> Self:
        amounts = [fact.amount for fact in self.spending]
        amounts += [left.amount for left in self.unspent] + [purchase.amount for purchase in self.purchases]
        odd = [amount for amount in amounts if amount % self.step]
        if odd:
            raise ValueError(f"amounts are not multiples of {self.step}: {odd[:3]}")
        if self.unspent and self.phase != "final":
            raise ValueError("only a final account knows what was left over")
        if self.units and self.sum_spending(lambda fact: True) != sum(
            (unit.sum_spending(lambda fact: True) for unit in self.units), ZERO
        ):
            raise ValueError("a department's budget is the sum of its units' budgets")
        return self

    @property
    def funds(self) -> frozenset[str]:
        """The funds that have any money."""
        return frozenset(fact.fund for fact in self.spending) | frozenset(left.fund for left in self.unspent)

    @property
    def projects(self) -> tuple[str, ...]:
        """Names of the projects, in order of first mention."""
        return tuple(dict.fromkeys(fact.project for fact in self.spending if fact.project is not None))

    def sum_spending(self, matches: Callable[[Spending], bool]) -> Decimal:
        """Yuan of all spending that matches."""
        return sum((fact.amount for fact in self.spending if matches(fact)), ZERO)

    def sum_unspent(self, matches: Callable[[Unspent], bool]) -> Decimal:
        """Yuan of all that was left over and matches."""
        return sum((fact.amount for fact in self.unspent if matches(fact)), ZERO)

    def sum_revenue(self, funds: Iterable[str], function_prefix: str = "") -> Decimal:
        """Yuan received this year from `funds` for functions under a prefix: what was spent of it and what was left over."""
        wanted = frozenset(funds)
        return self.sum_spending(
            lambda fact: fact.fund in wanted and not fact.carried and fact.function_code.startswith(function_prefix)
        ) + self.sum_unspent(lambda fact: fact.fund in wanted and fact.function_code.startswith(function_prefix))

    def sum_carried(self, funds: Iterable[str], function_prefix: str = "") -> Decimal:
        """Yuan of earlier years spent this year."""
        wanted = frozenset(funds)
        return self.sum_spending(
            lambda fact: fact.fund in wanted and fact.carried and fact.function_code.startswith(function_prefix)
        )

    def sum_three_public(self, key: ThreePublicKey) -> Decimal:
        """Yuan of one of the four leaves of the three public expenses, from the general public budget."""
        code = THREE_PUBLIC_CODES[key]
        return self.sum_spending(lambda fact: fact.econ_code == code and fact.fund == "general_public_budget")
