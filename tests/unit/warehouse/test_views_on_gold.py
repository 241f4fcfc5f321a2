"""The views on hand-checked numbers: what they add up to is what the documents print. Needs ../shared."""

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from made_rows import document_id_of, make_document, make_line, make_table

from warehouse.store import Warehouse
from warehouse.views import connect

GOLD = Path(__file__).parents[3] / ".." / "shared" / "gold"
SUMMED = {"expenditure_summary", "appropriation_expenditure", "general_budget_expenditure"} | {
    "general_budget_basic_expenditure",
    "appropriation_basic_expenditure",
    "basic_expenditure",
}
FIELD_OF_SCHEME = {
    "function": "function_code",
    "econ_department": "econ_department_code",
    "econ_government": "econ_government_code",
}

pytestmark = pytest.mark.corpus


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    if not GOLD.is_dir():
        pytest.skip("../shared is absent: there are no hand-checked numbers to add up")
    warehouse = Warehouse.open(tmp_path_factory.mktemp("module") / "warehouse")
    documents = [read_gold(path) for path in sorted(GOLD.glob("*.csv"))]
    for document in documents:
        warehouse.stage(document)
    warehouse.commit([document.processing_id for document in documents], run_id="gold", reason="new")
    return connect(warehouse)


def read_gold(path: Path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["table_type"] in SUMMED]
    tables = {
        key: number for number, key in enumerate(dict.fromkeys((row["table_type"], row["table_instance"]) for row in rows), 1)
    }
    phase = "final" if any(row["amount_basis"] == "actual" for row in rows) else "budget"
    return make_document(
        path.stem,
        tables=[
            make_table(path.stem, number, table_type=kind, table_instance=int(instance))
            for (kind, instance), number in tables.items()
        ],
        lines=list(make_gold_lines(path.stem, rows, tables, phase)),
        disclosure={"phase": phase},
    )


def make_gold_lines(name: str, rows: list[dict], tables: dict, phase: str) -> Iterator[dict]:
    # Gold rows name a column by its meaning, not by its place.
    meanings = dict.fromkeys((row["fund_type"], row["expenditure_kind"], row["amount_basis"]) for row in rows)
    columns = {meaning: column for column, meaning in enumerate(meanings, 1)}
    for number, row in enumerate(rows, 1):
        yield make_line(
            name,
            number,
            row["amount_reported"].strip() or "0",
            column=columns[row["fund_type"], row["expenditure_kind"], row["amount_basis"]],
            ordinal=tables[row["table_type"], row["table_instance"]],
            amount_cny=Decimal(row["amount_cny"]),
            phase=phase,
            line_label=row["line_label"],
            unit_reported=row["unit_reported"],
            **{field: row[field] for field in ("table_type", "row_kind", "fund_type", "expenditure_kind", "amount_basis")},
            **({FIELD_OF_SCHEME[row["code_scheme"]]: row["code"], "code_source": "printed"} if row["code"] else {}),
        )


def test_nearly_every_document_has_a_sum_and_each_is_the_printed_total(connection):
    outcomes = connection.execute(
        "select classification, source_outcome, count(*) from out_spending_sources group by all"
    ).fetchall()
    # 杭州 prints no codes at all and 深圳 none beside its economic classes (the gold infers none); 西南大学 has no such table.
    assert sorted(outcomes) == [
        ("economic", "no_codes", 2),
        ("economic", "no_table", 1),
        ("economic", "used", 13),
        ("function", "no_codes", 1),
        ("function", "used", 15),
    ]
    wrong = connection.execute(
        "select s.document_id from out_spending_sources as s join ("
        "  select document_id, sum(amount_cny) as total from out_spending_by_function group by all) as f using (document_id) "
        "where classification = 'function' and source_outcome = 'used' and abs(total - printed_total_cny) > envelope_cny"
    )
    assert wrong.fetchall() == []


def test_jianghan_spends_what_it_prints(connection):
    name = "2020_江汉区大数据中心"
    by_function = connection.execute(
        "select sum(amount_cny) from out_spending_by_function where document_id = ?", [document_id_of(name)]
    )
    assert by_function.fetchone() == (Decimal("16834500.00"),)
    by_economic = connection.execute(
        "select sum(amount_cny) from out_spending_by_economic where document_id = ?", [document_id_of(name)]
    )
    assert by_economic.fetchone() == (Decimal("2302000.00"),)
