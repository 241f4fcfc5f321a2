"""Two budgets of one department, drawn, read and compared: through the same commands as any other documents."""

from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from flows.across import CROSS_CHECKS
from flows.local import process_paths
from flows.settings import Settings, load_settings
from samples.budget import Budget
from samples.drawing import draw_disclosure
from samples.generation import BudgetOptions, make_budget
from samples.layouts import Layout
from samples.library import MADE
from warehouse.store import Warehouse

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

LAYOUT = Layout(dialect="yantai", total_place="name", number_format="公开表{n}", three_public="rows_two_years")
ITEMS = ("overseas_travel", "vehicle_purchase", "vehicle_operation", "hospitality")


def draw_year(path: Path, year: int, seed: int, base: Budget | None = None, raised: int = 0) -> Budget:
    """A budget whose table of the three public expenses states that of the year before, by `raised` yuan too high."""
    options = BudgetOptions(
        department="烟台市示例生态环境局",
        region_code="370600",
        archetype="environment",
        fiscal_year=year,
        has_three_public_base=True,
    )
    budget = make_budget(Random(seed), options)
    if base is not None:
        stated = {item: base.sum_three_public(item) for item in ITEMS}
        stated["hospitality"] += raised
        budget = budget.model_copy(update={"three_public_base": stated})
    path.write_bytes(draw_disclosure(budget, LAYOUT, small_print=MADE))
    return budget


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A warehouse with the budgets of 2024, 2025 (which states 2024 as it was) and 2026 (100 yuan too high)."""
    folder = tmp_path_factory.mktemp("years")
    settings = load_settings(folder / "warehouse", workers=1)
    first = draw_year(folder / "2024.pdf", 2024, 1)
    second = draw_year(folder / "2025.pdf", 2025, 2, first)
    draw_year(folder / "2026.pdf", 2026, 3, second, raised=10_000)
    process_paths([folder / f"{year}.pdf" for year in (2024, 2025, 2026)], settings)
    return settings


def read(settings: Settings) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = Warehouse.open(settings.warehouse).read(CROSS_CHECKS).to_pylist()
    return rows


def find_document(settings: Settings, year: int) -> dict[str, Any]:
    rows = Warehouse.open(settings.warehouse).read("core_disclosures").to_pylist()
    (row,) = [row for row in rows if row["fiscal_year"] == year and row["superseded_by"] is None]
    return row


def outcomes_of(settings: Settings, year: int) -> dict[str, list[Decimal]]:
    """Differences of `prior_year` that the year's document makes, by outcome."""
    document_id = find_document(settings, year)["document_id"]
    found: dict[str, list[Decimal]] = {}
    for row in read(settings):
        if row["document_id"] == document_id and row["check_id"] == "prior_year":
            found.setdefault(row["outcome"], []).append(row["difference_cny"])
    return found


def test_a_year_stated_as_it_was_published_holds(settings: Settings) -> None:
    found = outcomes_of(settings, 2025)
    assert set(found) <= {"exact", "rounding"}
    assert len(found["exact"]) >= 3


def test_a_year_stated_otherwise_is_told_with_both_pages(settings: Settings) -> None:
    assert set(outcomes_of(settings, 2026)["violated"]) == {Decimal("10000.00")}
    (row,) = [row for row in read(settings) if row["outcome"] == "violated" and "接待" in row["check_subject"]]
    assert row["check_subject"].startswith("three public expenses")
    assert row["other_document_id"] == find_document(settings, 2025)["document_id"]
    assert row["page"] and row["other_page"] and row["bbox"] and row["other_bbox"]
    assert f"(page {row['page']})" in row["message"]


def test_a_second_run_gives_the_same_rows(settings: Settings) -> None:
    before = read(settings)
    folder = settings.warehouse.parent
    process_paths([folder / "2024.pdf"], settings)
    assert read(settings) == before


def test_the_newer_of_two_documents_of_one_year_stands_for_it(settings: Settings, tmp_path: Path) -> None:
    """What the older one says of the year before is gone; that there are two is told."""
    older = find_document(settings, 2026)["document_id"]
    draw_year(tmp_path / "2026.pdf", 2026, 4, make_second())
    process_paths([tmp_path / "2026.pdf"], settings)
    rows = read(settings)
    assert {row["comparison_kind"] for row in rows if row["document_id"] == older} == {"same_year"}
    stated = [row for row in rows if row["comparison_kind"] == "consecutive_years" and row["check_id"] == "prior_year"]
    assert {row["outcome"] for row in stated} <= {"exact", "rounding"}
    assert older not in {other for row in rows for other in row["other_document_ids"]}


def make_second() -> Budget:
    options = BudgetOptions(
        department="烟台市示例生态环境局",
        region_code="370600",
        archetype="environment",
        fiscal_year=2025,
        has_three_public_base=True,
    )
    return make_budget(Random(2), options)
