"""The sample disclosures that ship with the project: one true budget and eleven made ones, each in a layout of its own.

Promise: fixed seeds, the same bytes on every machine. The made ones say on their title page that they are samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

import yaml

from samples.budget import Budget, Phase
from samples.drawing import draw_disclosure
from samples.generation import BudgetOptions, make_budget
from samples.layouts import Layout
from samples.narrative import Paragraph
from samples.sheets import Sheet

MADE = "示例文件：由预算（Yusuan）项目的示例程序绘制，用于演示和测试。部门与数字均为虚构，不是任何政府部门公开的信息。"
REDRAWN = (
    "示例文件：由预算（Yusuan）项目的示例程序绘制，用于演示和测试。"
    "表中数字取自江汉区大数据中心公开的2020年部门预算，文字说明由本项目另写。"
)
JIANGHAN_LAYOUT = Layout(
    dialect="wuhan",
    class_marks="code",
    economic_block=True,
    total_place="code",
    number_place="none",
    three_public="rows",
    omits=("state_capital_expenditure", "project_expenditure"),
)


@dataclass(frozen=True, slots=True)
class SampleDisclosure:
    """A disclosure that can be drawn. `title` as a portal would list it."""

    id: str
    title: str
    department: str
    year: int
    phase: Phase
    region_code: str
    budget: Budget
    layout: Layout
    small_print: str
    narrative: tuple[Paragraph, ...] | None = None

    def draw(self, sheets: Sequence[Sheet] | None = None) -> bytes:
        """The PDF; with other `sheets` than the budget's, a disclosure with errors in its tables."""
        return draw_disclosure(self.budget, self.layout, small_print=self.small_print, narrative=self.narrative, sheets=sheets)


@cache
def sample_disclosures() -> tuple[SampleDisclosure, ...]:
    """All samples, the true one first."""
    return (_load_jianghan(), *(_make_sample(entry) for entry in _read("library.yml")))


def _read(name: str) -> Any:
    return yaml.safe_load(files("samples").joinpath(name).read_text(encoding="utf-8"))


def _load_jianghan() -> SampleDisclosure:
    budget = Budget(**_read("jianghan_2020.yml"))
    narrative = tuple(Paragraph(**entry) for entry in _read("jianghan_2020_text.yml"))
    return _describe("jianghan-2020", budget, JIANGHAN_LAYOUT, REDRAWN, narrative)


def _make_sample(entry: dict[str, Any]) -> SampleDisclosure:
    budget = make_budget(Random(entry["seed"]), BudgetOptions(**entry["budget"]))  # noqa: S311 - a fixed seed is the point
    return _describe(entry["id"], budget, Layout(**entry["layout"]), MADE, None)


def _describe(
    sample_id: str, budget: Budget, layout: Layout, small_print: str, narrative: tuple[Paragraph, ...] | None
) -> SampleDisclosure:
    kind = "决算" if budget.phase == "final" else "预算"
    return SampleDisclosure(
        id=sample_id,
        title=f"{budget.department}{budget.fiscal_year}年部门{kind}公开",
        department=budget.department,
        year=budget.fiscal_year,
        phase=budget.phase,
        region_code=budget.region_code,
        budget=budget,
        layout=layout,
        small_print=small_print,
        narrative=narrative,
    )
