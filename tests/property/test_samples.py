"""The generator's own promises: identities hold among the expected rows, drawing is deterministic, amounts stand in the PDF."""

from collections import Counter, defaultdict
from decimal import Decimal

import pypdfium2 as pdfium
from hypothesis import HealthCheck, given, settings
from strategies import printed_budgets

from samples.drawing import draw_disclosure
from samples.expected import build_sheets, expected_lines

SMALL = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
FEW = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
PARTS = {
    "total": ("basic", "project", "superior_remittance", "affiliate_subsidy", "business_operations"),
    "basic": ("personnel", "operating"),
}


def all_tables_in_text():
    """Budgets in layouts of which no table is a picture: a picture prints no lines, and the tables are compared."""
    return printed_budgets().map(lambda printed: (printed[0], printed[1].model_copy(update={"imaged": ()})))


def place(line):
    return line["table_type"], line["table_instance"]


def amounts(lines):
    """(table, row, fund, kind) to yuan: rows are codes, item keys, or the grand total."""
    found = {}
    for line in lines:
        code = line["function_code"] or line["econ_department_code"]
        row = code or line["item_key"] or line["project_name"] or line["unit_name"] or line["row_kind"]
        if line["table_instance"] > 1:
            continue
        found[line["table_type"], row, line["fund_type"], line["expenditure_kind"]] = line["amount_cny"] or Decimal(0)
    return found


@SMALL
@given(printed_budgets())
def test_level_sums(printed):
    groups = defaultdict(dict)
    for line in expected_lines(*printed):
        code = line["function_code"] or line["econ_department_code"]
        if code:
            axis = "function" if line["function_code"] else "economic"
            column = (*place(line), axis, line["fund_type"], line["expenditure_kind"], line["item_key"])
            groups[column][code] = line["amount_cny"] or Decimal(0)
    for rows in groups.values():
        for code, amount in rows.items():
            children = [child for child in rows if len(child) == len(code) + 2 and child.startswith(code)]
            assert not children or amount == sum(rows[child] for child in children)


@SMALL
@given(printed_budgets())
def test_rows_stand_under_their_parents(printed):
    layout = printed[1]
    rows = defaultdict(set)
    for line in expected_lines(*printed):
        if line["function_code"] and line["table_type"] in {
            "revenue_summary",
            "expenditure_summary",
            "general_budget_expenditure",
        }:
            rows[place(line)].add(line["function_code"])
    for codes in rows.values():
        lacking = {code for code in codes for length in (3, 5) if code[:length] not in codes}
        assert bool(lacking) == layout.leaves_only


@SMALL
@given(printed_budgets())
def test_grand_sums(printed):
    totals, leaves = {}, defaultdict(Decimal)
    for line in expected_lines(*printed):
        if line["table_type"] in {"revenue_expenditure_summary", "appropriation_summary", "three_public_expenditure"}:
            continue
        column = (
            *place(line),
            line["fund_type"],
            line["expenditure_kind"],
            line["item_key"] if line["table_type"] == "revenue_summary" else None,
        )
        if line["row_kind"] == "total":
            totals[column] = line["amount_cny"] or Decimal(0)
        elif line["row_kind"] == "item":
            leaves[column] += line["amount_cny"] or Decimal(0)
    assert {column: leaves[column] for column in totals} == totals


@SMALL
@given(printed_budgets())
def test_row_sums_of_expenditure(printed):
    rows = defaultdict(dict)
    for line in expected_lines(*printed):
        if line["table_type"] in {"expenditure_summary", "general_budget_expenditure"}:
            row = (*place(line), line["function_code"] or line["unit_name"])
            rows[row][line["expenditure_kind"]] = line["amount_cny"] or Decimal(0)
    for kinds in rows.values():
        for whole, parts in PARTS.items():
            shown = dict(kinds)
            shown.setdefault("basic", sum(shown.get(part, Decimal(0)) for part in PARTS["basic"]))
            if whole in kinds and (whole == "total" or "personnel" in kinds):
                assert kinds[whole] == sum(shown.get(part, Decimal(0)) for part in parts)


@SMALL
@given(all_tables_in_text())
def test_summary_balances(printed):
    found = amounts(expected_lines(*printed))
    for table, fund in (("revenue_expenditure_summary", "all"), ("appropriation_summary", "fiscal_appropriation")):
        revenue = found[table, "total_revenue", fund, "total"]
        by_fund = [
            value for (name, row, _, kind), value in found.items() if (name, row, kind) == (table, "total_expenditure", "total")
        ]
        # Where no column adds the funds up, the funds' columns do.
        assert revenue == found.get((table, "total_expenditure", fund, "total"), sum(by_fund))


@SMALL
@given(all_tables_in_text())
def test_tables_agree(printed):
    budget, _ = printed
    found = amounts(expected_lines(*printed))
    spent = found["expenditure_summary", "total", "all", "total"]
    assert spent == found.get(
        ("revenue_expenditure_summary", "total_expenditure_current", "all", "total"),
        found["revenue_expenditure_summary", "total_expenditure", "all", "total"],
    )
    assert found.get(("general_budget_expenditure", "total", "general_public_budget", "basic")) in {
        None,
        found["general_budget_basic_expenditure", "total", "general_public_budget", "basic"],
    }
    own = found["general_budget_expenditure", "total", "general_public_budget", "total"]
    assert own <= spent
    assert (own == spent) == (budget.funds == {"general_public_budget"})


@SMALL
@given(all_tables_in_text())
def test_three_public_sums(printed):
    columns = defaultdict(dict)
    for line in expected_lines(*printed):
        if line["table_type"] == "three_public_expenditure":
            columns[line["table_instance"], line["amount_basis"]][line["item_key"]] = line["amount_cny"] or Decimal(0)
    for items in columns.values():
        assert items["official_vehicles"] == items["vehicle_purchase"] + items["vehicle_operation"]
        assert items["three_public_total"] == items["overseas_travel"] + items["official_vehicles"] + items["hospitality"]


@FEW
@given(printed_budgets(rules=("full", "filled", "columns")))
def test_drawing_is_deterministic(printed):
    assert draw_disclosure(*printed, small_print="示例文件") == draw_disclosure(*printed, small_print="示例文件")


@FEW
@given(printed_budgets(rules=("full", "filled", "columns")))
def test_every_expected_amount_stands_in_the_text(printed):
    document = pdfium.PdfDocument(draw_disclosure(*printed, small_print="示例文件"))
    text = "".join("".join(page.get_textpage().get_text_bounded().split()) for page in document)
    wanted = Counter(line["amount_reported"] for line in expected_lines(*printed) if line["amount_state"] == "number")
    assert {amount: count for amount, count in wanted.items() if text.count(amount) < count} == {}


@SMALL
@given(printed_budgets())
def test_grids_are_rectangular_and_spans_are_covered(printed):
    for sheet in build_sheets(*printed):
        for rows in (sheet.header, sheet.body):
            covered = Counter()
            for row_number, row in enumerate(rows):
                assert len(row) == len(sheet.kinds)
                for column, cell in enumerate(row):
                    if cell is not None:
                        covered.update(
                            (row_number + down, column + right) for down in range(cell.rows) for right in range(cell.columns)
                        )
            assert set(covered) == {(row, column) for row in range(len(rows)) for column in range(len(sheet.kinds))}
            assert set(covered.values()) <= {1}
