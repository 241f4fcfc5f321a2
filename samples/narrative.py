"""The words around the tables: contents and an explanation that states the budget's totals.

Promise: every figure in the text is summed from the same cube as the tables and printed in the tables' unit.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from samples.budget import APPROPRIATION_FUNDS, Budget, ThreePublicKey
from samples.classification import name_code
from samples.layouts import Layout
from samples.sheets import Sheet

FUND_NAMES = {
    "general_public_budget": "一般公共预算拨款收入",
    "government_fund": "政府性基金预算拨款收入",
    "state_capital": "国有资本经营预算拨款收入",
    "special_account": "财政专户管理资金收入",
    "institutional_revenue": "事业收入",
    "business_revenue": "事业单位经营收入",
    "superior_subsidy": "上级补助收入",
    "affiliate_remittance": "附属单位上缴收入",
    "other_revenue": "其他收入",
    "balance_use": "使用非财政拨款结余",
}
THREE_PUBLIC_NAMES: dict[ThreePublicKey, str] = {
    "overseas_travel": "因公出国（境）费",
    "vehicle_purchase": "公务用车购置费",
    "vehicle_operation": "公务用车运行维护费",
    "hospitality": "公务接待费",
}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of the text pages: a part's title, a heading, an entry of the contents, or running text."""

    style: Literal["part", "heading", "entry", "body"]
    text: str


def write_contents(sheets: Sequence[Sheet], layout: Layout) -> tuple[Paragraph, ...]:
    """The table of contents."""
    if layout.contents == "none":
        return ()
    parts = ["部门概况", "收支情况说明", "名词解释", "部门预算表"]
    if layout.tables_first:
        parts = [parts[-1], *parts[:-1]]
    entries = [Paragraph("entry", f"第{number}部分　{part}") for number, part in zip("一二三四", parts, strict=True)]
    titles = dict.fromkeys(_reword(sheet.title, layout) for sheet in sheets)
    numbered = [Paragraph("entry", f"　　{number}. {title}") for number, title in enumerate(titles, start=1)]
    return (Paragraph("part", "目　录"), *entries, *numbered)


def _reword(title: str, layout: Layout) -> str:
    """The title as the contents name the table: the same, or without its year and 预算."""
    if layout.contents == "titles":
        return title
    return re.sub(r"^\d{4}年度?|预算(?=表$|总表$)", "", title)


def write_narrative(budget: Budget, layout: Layout) -> tuple[Paragraph, ...]:
    """What the department does and what its totals are."""
    return (
        Paragraph("part", "部门概况"),
        Paragraph("heading", "一、主要职责"),
        Paragraph("body", f"{budget.department}负责本行政区域内本领域政策的执行、业务的管理和公共服务的提供。"),
        Paragraph("heading", "二、机构设置"),
        Paragraph("body", f"纳入{budget.fiscal_year}年部门预算编制范围的单位为{budget.department}本级。"),
        Paragraph("part", "收支情况说明"),
        *_explain_totals(budget, layout),
        *_explain_functions(budget, layout),
        *_explain_three_public(budget, layout),
        *_explain_procurement(budget, layout),
        Paragraph("part", "名词解释"),
        *_explain_terms(),
    )


def _state(layout: Layout, yuan: Decimal) -> str:
    printed = layout.format_amount(yuan)
    if layout.trims_text and "." in printed:
        printed = printed.rstrip("0").rstrip(".")
    return f"{printed}{layout.unit}"


def _explain_totals(budget: Budget, layout: Layout) -> list[Paragraph]:
    word = "决算" if budget.phase == "final" else "预算"
    carried = budget.sum_carried(budget.funds)
    total = budget.sum_revenue(budget.funds) + carried
    sources = [
        f"{FUND_NAMES[fund]}{_state(layout, budget.sum_revenue([fund]))}" for fund in FUND_NAMES if budget.sum_revenue([fund])
    ]
    if carried:
        sources.append(f"上年结转{_state(layout, carried)}")
    spent = budget.sum_spending(lambda fact: True)
    basic = budget.sum_spending(lambda fact: fact.kind in {"personnel", "operating"})
    project = budget.sum_spending(lambda fact: fact.kind == "project")
    return [
        Paragraph("heading", "一、收支总体情况"),
        Paragraph("body", f"{budget.fiscal_year}年收入{word}总计{_state(layout, total)}。其中：{'，'.join(sources)}。"),
        Paragraph(
            "body",
            f"{budget.fiscal_year}年支出{word}{_state(layout, spent)}。其中：基本支出{_state(layout, basic)}，"
            f"项目支出{_state(layout, project)}。",
        ),
    ]


def _explain_functions(budget: Budget, layout: Layout) -> list[Paragraph]:
    def sum_class(code: str) -> Decimal:
        return budget.sum_spending(lambda fact: fact.fund in APPROPRIATION_FUNDS and fact.function_code.startswith(code))

    classes = sorted({fact.function_code[:3] for fact in budget.spending if fact.fund in APPROPRIATION_FUNDS})
    stated = [f"{name_code('function', code, budget.fiscal_year)}{_state(layout, sum_class(code))}" for code in classes]
    return [
        Paragraph("heading", "二、财政拨款支出情况"),
        Paragraph("body", f"财政拨款支出按功能分类，主要用于：{'；'.join(stated)}。"),
    ]


def _explain_three_public(budget: Budget, layout: Layout) -> list[Paragraph]:
    unit = layout.three_public_unit
    parts = {key: budget.sum_three_public(key) for key in THREE_PUBLIC_NAMES}
    total = sum(parts.values(), Decimal(0))
    stated = [f"{THREE_PUBLIC_NAMES[key]}{layout.format_amount(yuan, unit)}{unit}" for key, yuan in parts.items()]
    return [
        Paragraph("heading", "三、“三公”经费情况"),
        Paragraph("body", f"“三公”经费合计{layout.format_amount(total, unit)}{unit}。其中：{'，'.join(stated)}。"),
    ]


def _explain_procurement(budget: Budget, layout: Layout) -> list[Paragraph]:
    total = sum((purchase.amount for purchase in budget.purchases), Decimal(0))
    if not total:
        return []
    return [
        Paragraph("heading", "四、政府采购情况"),
        Paragraph("body", f"{budget.fiscal_year}年纳入政府采购的支出合计{_state(layout, total)}。"),
    ]


def _explain_terms() -> list[Paragraph]:
    return [
        Paragraph("body", "基本支出：保障机构正常运转、完成日常工作所需的支出，包括人员经费和公用经费。"),
        Paragraph("body", "项目支出：基本支出之外，为完成特定任务或者事业发展目标所需的支出。"),
        Paragraph("body", "“三公”经费：因公出国（境）费、公务用车购置及运行维护费和公务接待费。"),
    ]
