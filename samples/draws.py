"""Random disclosures: a layout such as a publisher may choose, and a budget that this layout can print.

Promise: the same random state gives the same pair on every machine, and every pair can be drawn. `random` may be a seeded Random
(long runs) or the one that Hypothesis hands out (tests), so that both look at the same space of disclosures.
"""

from collections.abc import Sequence
from decimal import Decimal
from random import Random
from typing import Any

from samples.budget import Budget
from samples.expected import names_units, supported_funds, supports_carry_over
from samples.generation import BudgetOptions, join_units, load_archetypes, make_budget
from samples.layouts import MARKED_STYLES, Layout, Rules, Unit, load_dialects

DEPARTMENTS = (("武汉市示例管理局", "420100"), ("苏州市示例服务中心", "320500"), ("烟台市示例委员会", "370600"))
UNITS = (
    *(
        "本级",
        "信息中心",
        "培训中心",
        "档案馆",
        "执法支队",
        "监测站",
        "研究所",
        "后勤服务中心",
        "检验所",
        "图书馆",
        "展览馆",
        "实验学校",
    ),
    *("技工学校", "第一医院", "第二医院", "疗养院", "文化馆", "体育馆", "水文站", "林场", "苗圃", "种子站", "渔业站", "交易中心"),
    *("评审中心", "公证处", "救助站", "福利院", "殡仪馆", "公园管理所"),
)
FEW_UNITS = 2  # as a rule; more make a document of hundreds of pages
RULED: tuple[Rules, ...] = ("full", "filled")
RARE = 0.04  # how often a publisher does one of what hardly any does
# Not tenths of 万元: agency operating costs and the three public expenses are whole hundreds of yuan, which they cannot print.
RARE_UNITS: tuple[tuple[Unit, int], ...] = (("千元", 1), ("千元", 2), ("亿元", 6), ("元", 1))
# Their own words tell what they are: see transforms/layouts/header_marks.yml.
TOLD_BY_WORDS = ("three_public_expenditure", "government_procurement", "appropriation_summary", "revenue_expenditure_summary")


def draw_disclosure_facts(
    random: Random, rules: Sequence[Rules] = RULED, rare: float = RARE, n_units: int = 0
) -> tuple[Budget, Layout]:
    """A budget and the layout that prints it; `rules`: how the tables' lines may be drawn; `rare`: see `RARE`.

    `n_units`: the department has so many units, each with its own tables (25 make some 250 pages); 0: a few, or none.
    """
    layout = draw_layout(random, rules, rare)
    while n_units and not names_units(layout):
        layout = draw_layout(random, rules, rare)
    return draw_budget(random, layout, n_units), layout


def _flip(random: Random) -> bool:
    return random.random() < 0.5


def _rarely(random: Random) -> bool:
    """For what few publishers do: each example shows some of it, none shows all."""
    return random.random() < 0.15


def draw_layout(random: Random, rules: Sequence[Rules] = RULED, rare: float = RARE) -> Layout:
    """A way of printing, every choice of its own; each of the rare ones with the probability `rare`.

    Titles that contradict their tables are not among them: there what is true and what is printed differ.
    """
    usual = _draw_usual(random, rules)
    return Layout(**(usual.model_dump() | _draw_rarities(random, usual, rare)))


def _draw_rarities(random: Random, usual: Layout, rare: float) -> dict[str, Any]:
    """What hardly any publisher does, as far as it goes with the usual choices."""

    def happens() -> bool:
        return random.random() < rare

    names = ("repeat_total", "issuer_spellings", "mixed_fonts", "split_files", "trims_text")
    choices: dict[str, Any] = {name: happens() for name in names}
    if happens():
        choices |= _draw_unit(random, usual)
    if usual.nothing == "zero":
        choices["minus_zero"] = happens()
    marks = [mark for mark, styles in MARKED_STYLES.items() if usual.code_style in styles]
    if happens():
        choices["code_marks"] = random.choice(marks)
    if happens():
        choices["untitled"] = (random.choice([name for name in TOLD_BY_WORDS if name in usual.words.titles]),)
    if happens():
        # The first table may be the only one that states the unit.
        choices["imaged"] = (random.choice(list(usual.words.titles)[1:]),)
    return choices


def _draw_unit(random: Random, usual: Layout) -> dict[str, Any]:
    unit, decimals = random.choice(RARE_UNITS)
    three_public_unit = random.choice([unit, "万元"])
    unit_notes = "all" if usual.unit_notes == "first_table" and three_public_unit != unit else usual.unit_notes
    return {"unit": unit, "decimals": decimals, "three_public_unit": three_public_unit, "unit_notes": unit_notes}


def _draw_usual(random: Random, rules: Sequence[Rules]) -> Layout:
    choose = random.choice
    dialect = choose(sorted(load_dialects()))
    has_other_year = load_dialects()[dialect].three_public.base is not None
    unit, decimals = choose([("万元", 2), ("万元", 6), ("元", 2), ("元", 0)])
    code_style = choose(["one_column", "three_columns", "staggered", "fused", "names_only"])
    if _rarely(random):
        code_style = "above_name"
    three_public_unit = choose(["元", "万元"]) if unit == "元" else "万元"
    economic_block = dialect == "wuhan" and _flip(random)
    three_public = ["rows", "columns", *(["rows_two_years", "columns_two_years"] if has_other_year else [])]
    return Layout(
        dialect=dialect,
        code_style=code_style,
        leaves_only=code_style in {"one_column", "three_columns", "fused", "above_name"} and _flip(random),
        unit=unit,
        decimals=decimals,
        # Whole yuan without separators look like codes: no publisher seen prints them so.
        thousands=(unit, decimals) == ("元", 0) or _flip(random),
        nothing="stars" if _rarely(random) else choose(["blank", "dash", "zero"]),
        negative=choose(["minus", "brackets"]),
        class_marks=choose(["numbered", "code", "plain", "tree"]),
        lists_all_classes=_flip(random),
        economic_block=economic_block,
        purpose_block=not economic_block and dialect != "shanghai" and _rarely(random),
        kinds_in_summary=dialect == "shanghai" and _flip(random),
        revenue_by_unit=_rarely(random),
        expenditure_by_unit=_rarely(random),
        pads_codes=not _rarely(random),
        late_codes=_rarely(random),
        spaced_words=_rarely(random),
        wide_characters=_rarely(random),
        name_suffix="（本级）" if _rarely(random) else "",
        narrow_names=_rarely(random),
        template_rows=2 if _rarely(random) else 0,
        rotated=_flip(random),
        landscape=_flip(random),
        repeat_header=_flip(random),
        repeat_title=_flip(random),
        title_lines=2 if _rarely(random) else 1,
        lone_last_row=_rarely(random),
        blank_pages=_rarely(random),
        unit_notes=choose(["all", "first_page", *(["first_table"] if three_public_unit == unit else [])]),
        contents=choose(["titles", "other_words", "none"]),
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
        three_public_unit=three_public_unit,
        empty=choose(["note", "template", "zeros"]),
        page_header=_flip(random),
        tables_first=_flip(random),
        serif=_flip(random),
    )


def draw_budget(random: Random, layout: Layout, n_units: int = 0) -> Budget:
    """A budget that `layout` can print: of one body, or of a department and its units with a set of tables each.

    Raises ValueError where more units are asked for than have names.
    """
    if n_units > len(UNITS):
        raise ValueError(f"{n_units} units are asked for, {len(UNITS)} have names")
    department, region = random.choice(DEPARTMENTS)
    archetype = random.choice(sorted(load_archetypes()))
    year = random.randint(2021, 2026)
    if not n_units and not (names_units(layout) and _rarely(random)):
        return make_budget(random, _draw_options(random, layout, department, region, archetype, year))
    units = [
        make_budget(random, _draw_options(random, layout, f"{department}{place}", region, archetype, year))
        for place in UNITS[: n_units or FEW_UNITS]
    ]
    return join_units(department, units)


def _list_funds(layout: Layout) -> frozenset[str]:
    """Sources with which every table adds up. Expenses of businesses under 其中 would be parts of the two kinds beside them."""
    under = {path for path, what in layout.words.expenditure_columns if what == "business_operations"}
    is_part = any(heading.startswith("其中") for path in under for heading in path)
    return supported_funds(layout) - ({"business_revenue"} if is_part else frozenset())


def _counts_carry_over(layout: Layout) -> bool:
    """Whether the table of revenue has a column for it: without one its total is not the sum of its columns."""
    return "carry_over" in {what for _, what in layout.words.revenue_columns}


def _draw_options(random: Random, layout: Layout, department: str, region: str, archetype: str, year: int) -> BudgetOptions:
    """Agency operating costs stand in 万元, so Shanghai's amounts are whole hundreds."""
    others = sorted(_list_funds(layout) - {"general_public_budget"})
    is_printed = layout.code_style != "names_only" and layout.class_marks != "tree"
    return BudgetOptions(
        department=department,
        region_code=region,
        archetype=archetype,
        fiscal_year=year,
        phase="final" if layout.dialect == "final" else "budget",
        step=Decimal(100) if layout.dialect == "shanghai" else layout.step,
        other_funds=tuple(random.sample(others, random.randint(0, min(3, len(others))))),
        has_carry_over=supports_carry_over(layout) and _counts_carry_over(layout) and _flip(random),
        has_three_public_base=layout.three_public.endswith("two_years"),
        has_refund=_rarely(random),
        # Without its code, the name of a dropped item is that of its successor.
        has_stale_code=is_printed and _rarely(random),
        has_local_code=_rarely(random),
        n_projects=random.randint(0, 5),
        n_details=random.randint(1, 8),
    )
