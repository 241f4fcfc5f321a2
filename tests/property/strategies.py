"""Hypothesis strategies: layouts that real publishers use, and budgets that such a layout can print."""

from decimal import Decimal

from hypothesis import strategies as st

from samples.budget import Budget
from samples.expected import supported_funds, supports_carry_over
from samples.generation import BudgetOptions, load_archetypes, make_budget
from samples.layouts import Layout, load_dialects

DEPARTMENTS = (("武汉市示例管理局", "420100"), ("苏州市示例服务中心", "320500"), ("烟台市示例委员会", "370600"))


@st.composite
def layouts(draw: st.DrawFn, rules: tuple[str, ...] = ("full", "filled")) -> Layout:
    dialect = draw(st.sampled_from(sorted(load_dialects())))
    has_other_year = load_dialects()[dialect].three_public.base is not None
    unit, decimals = draw(st.sampled_from([("万元", 2), ("万元", 6), ("元", 2), ("元", 0)]))
    code_style = draw(st.sampled_from(["one_column", "three_columns", "staggered", "fused", "names_only"]))
    return Layout(
        dialect=dialect,
        code_style=code_style,
        leaves_only=code_style in {"one_column", "three_columns", "fused"} and draw(st.booleans()),
        unit=unit,
        decimals=decimals,
        # Whole yuan without separators look like codes: no publisher seen prints them so.
        thousands=(unit, decimals) == ("元", 0) or draw(st.booleans()),
        nothing=draw(st.sampled_from(["blank", "dash", "zero"])),
        class_marks=draw(st.sampled_from(["numbered", "code", "plain"])),
        lists_all_classes=draw(st.booleans()),
        economic_block=dialect == "wuhan" and draw(st.booleans()),
        kinds_in_summary=dialect == "shanghai" and draw(st.booleans()),
        rotated=draw(st.booleans()),
        landscape=draw(st.booleans()),
        repeat_header=draw(st.booleans()),
        packed=draw(st.booleans()),
        total_first=draw(st.booleans()),
        total_place=draw(st.sampled_from(["span", "code", "name"])),
        indented=draw(st.booleans()),
        serial_column=draw(st.booleans()),
        remark_column=draw(st.booleans()),
        column_numbers=draw(st.sampled_from(["none", "digits", "stars"])),
        wraps_amounts=draw(st.booleans()),
        rules=draw(st.sampled_from(rules)),
        number_place=draw(st.sampled_from(["none", "above", "front", "behind"])),
        unit_place=draw(st.sampled_from(["right", "left", "above_title"])),
        three_public=draw(
            st.sampled_from(["rows", "columns", *(["rows_two_years", "columns_two_years"] if has_other_year else [])])
        ),
        empty=draw(st.sampled_from(["note", "template", "zeros"])),
        page_header=draw(st.booleans()),
        tables_first=draw(st.booleans()),
        serif=draw(st.booleans()),
    )


@st.composite
def budgets(draw: st.DrawFn, layout: Layout) -> Budget:
    """A budget that `layout` can print. Agency operating costs stand in 万元, so Shanghai's amounts are whole hundreds."""
    department, region = draw(st.sampled_from(DEPARTMENTS))
    others = sorted(supported_funds(layout) - {"general_public_budget"})
    options = BudgetOptions(
        department=department,
        region_code=region,
        archetype=draw(st.sampled_from(sorted(load_archetypes()))),
        fiscal_year=draw(st.integers(2021, 2026)),
        phase="final" if layout.dialect == "final" else "budget",
        step=Decimal(100) if layout.dialect == "shanghai" else layout.step,
        other_funds=tuple(draw(st.lists(st.sampled_from(others), unique=True, max_size=3))),
        has_carry_over=supports_carry_over(layout) and draw(st.booleans()),
        has_three_public_base=layout.three_public.endswith("two_years"),
        n_projects=draw(st.integers(0, 5)),
        n_details=draw(st.integers(1, 8)),
    )
    return make_budget(draw(st.randoms(use_true_random=False)), options)


@st.composite
def printed_budgets(draw: st.DrawFn, rules: tuple[str, ...] = ("full", "filled")) -> tuple[Budget, Layout]:
    layout = draw(layouts(rules))
    return draw(budgets(layout)), layout
