"""Random disclosures: a layout such as a publisher may choose, and a budget that this layout can print.

Promise: the same random state gives the same pair on every machine, and every pair can be drawn. `random` may be a seeded Random
(long runs) or the one that Hypothesis hands out (tests), so that both look at the same space of disclosures.
"""

from collections.abc import Sequence
from decimal import Decimal
from random import Random

from samples.budget import Budget
from samples.expected import supported_funds, supports_carry_over
from samples.generation import BudgetOptions, load_archetypes, make_budget
from samples.layouts import Layout, Rules, load_dialects

DEPARTMENTS = (("武汉市示例管理局", "420100"), ("苏州市示例服务中心", "320500"), ("烟台市示例委员会", "370600"))
RULED: tuple[Rules, ...] = ("full", "filled")


def draw_disclosure_facts(random: Random, rules: Sequence[Rules] = RULED) -> tuple[Budget, Layout]:
    """A budget and the layout that prints it; `rules`: how the tables' lines may be drawn."""
    layout = draw_layout(random, rules)
    return draw_budget(random, layout), layout


def _flip(random: Random, one_in: int = 2) -> bool:
    return random.randrange(one_in) == 0


def draw_layout(random: Random, rules: Sequence[Rules] = RULED) -> Layout:
    """A way of printing, every choice of its own."""
    choose = random.choice
    dialect = choose(sorted(load_dialects()))
    has_other_year = load_dialects()[dialect].three_public.base is not None
    unit, decimals = choose([("万元", 2), ("万元", 6), ("元", 2), ("元", 0)])
    code_style = choose(["one_column", "three_columns", "staggered", "fused", "names_only"])
    three_public = ["rows", "columns", *(["rows_two_years", "columns_two_years"] if has_other_year else [])]
    return Layout(
        dialect=dialect,
        code_style=code_style,
        leaves_only=code_style in {"one_column", "three_columns", "fused"} and _flip(random),
        unit=unit,
        decimals=decimals,
        # Whole yuan without separators look like codes: no publisher seen prints them so.
        thousands=(unit, decimals) == ("元", 0) or _flip(random),
        nothing=choose(["blank", "dash", "zero"]),
        class_marks=choose(["numbered", "code", "plain"]),
        lists_all_classes=_flip(random),
        economic_block=dialect == "wuhan" and _flip(random),
        kinds_in_summary=dialect == "shanghai" and _flip(random),
        rotated=_flip(random),
        landscape=_flip(random),
        repeat_header=_flip(random),
        packed=_flip(random),
        total_first=_flip(random),
        total_place=choose(["span", "code", "name"]),
        indented=_flip(random),
        serial_column=_flip(random),
        remark_column=_flip(random),
        column_numbers=choose(["none", "digits", "stars"]),
        wraps_amounts=_flip(random),
        rules=choose(rules),
        number_place=choose(["none", "above", "front", "behind"]),
        unit_place=choose(["right", "left", "above_title"]),
        three_public=choose(three_public),
        empty=choose(["note", "template", "zeros"]),
        page_header=_flip(random),
        tables_first=_flip(random),
        serif=_flip(random),
    )


def draw_budget(random: Random, layout: Layout) -> Budget:
    """A budget that `layout` can print. Agency operating costs stand in 万元, so Shanghai's amounts are whole hundreds."""
    department, region = random.choice(DEPARTMENTS)
    others = sorted(supported_funds(layout) - {"general_public_budget"})
    options = BudgetOptions(
        department=department,
        region_code=region,
        archetype=random.choice(sorted(load_archetypes())),
        fiscal_year=random.randint(2021, 2026),
        phase="final" if layout.dialect == "final" else "budget",
        step=Decimal(100) if layout.dialect == "shanghai" else layout.step,
        other_funds=tuple(random.sample(others, random.randint(0, min(3, len(others))))),
        has_carry_over=supports_carry_over(layout) and _flip(random),
        has_three_public_base=layout.three_public.endswith("two_years"),
        n_projects=random.randint(0, 5),
        n_details=random.randint(1, 8),
    )
    return make_budget(random, options)
