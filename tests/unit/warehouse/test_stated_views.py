"""Views of what text and sheets state: each statement in one row, with its lines and whether the arithmetic contradicts it."""

from decimal import Decimal

import pytest
from made_rows import FUNCTION_ROWS, document_id_of, make_coded_table, make_document

from warehouse.records import ProcessedDocument
from warehouse.store import Warehouse
from warehouse.views import connect, read_view

NAME = "甲"
BOX = [1.0, 2.0, 3.0, 4.0]
LINES = [line["line_id"] for line in make_coded_table(NAME, FUNCTION_ROWS)]


def make_statement(number: int, key: str, value: str | None = None, amount: str | None = None, **values) -> dict:
    return {
        "document_id": document_id_of(NAME),
        "statement_number": number,
        "statement_key": key,
        "value": value,
        "amount_cny": amount and Decimal(amount),
        "period": "current_vs_prior" if key.startswith("change.") else "current",
        "page": 2,
        "bbox": BOX,
        "text_start": 10 * number,
        "text_end": 10 * number + 5,
        "evidence": f"第{number}句",
        **values,
    }


def make_target(number: int, **values) -> dict:
    return {
        "target_number": number,
        "table_id": f"{document_id_of(NAME)}-01",
        "indicator": f"指标{number}",
        "is_prose": False,
        "page": 3,
        "bbox": BOX,
        **values,
    }


def make_project(number: int, amount: str | None) -> dict:
    return {
        "project_number": number,
        "table_id": f"{document_id_of(NAME)}-01",
        "project": f"项目{number}",
        "project_source": "target_sheet",
        "amount_cny": amount and Decimal(amount),
        "target_count": 1,
        "line_ids": [],
        "page": 3,
    }


def make_check(number: int, outcome: str, left: list[int], right: list[int], **values) -> dict:
    nothing = {f"{side}_{kind}": [] for side in ("left", "right") for kind in ("line_ids", "target_numbers", "project_numbers")}
    return {
        "check_number": number,
        "check_id": "C05",
        "check_subject": "甲",
        "outcome": outcome,
        "left_statement_numbers": left,
        "right_statement_numbers": right,
        **nothing,
        **values,
    }


@pytest.fixture
def ask(tmp_path):
    """Rows of a view over one document with these rows by resource name."""

    def asked(view: str, **rows) -> list[dict]:
        made = make_document(NAME, disclosure={"url": "https://example.org/a.pdf"})
        document = ProcessedDocument(made.document_id, made.processing_id, made.status, {**made.rows, **rows})
        warehouse = Warehouse.open(tmp_path / "warehouse")
        warehouse.stage(document)
        warehouse.commit([document.processing_id], run_id="run", reason="new")
        return read_view(connect(warehouse), view).to_pylist()

    return asked


def test_a_percentage_stands_in_the_row_of_the_amount_before_it(ask):
    rows = ask(
        "out_changes",
        core_statements=[
            make_statement(1, "change.expenditure.total.amount", "12.00", "120000", direction="increase", reason="人员增加"),
            make_statement(2, "change.expenditure.total.percent", "4.10", direction="increase"),
        ],
    )
    [row] = rows
    assert (row["statement_number"], row["amount_cny"], row["change_percent"]) == (1, Decimal("120000.00"), Decimal("4.10"))
    assert (row["direction"], row["reason"], row["url"]) == ("increase", "人员增加", "https://example.org/a.pdf#page=2")


@pytest.mark.parametrize(
    "other",
    [
        {"key": "change.revenue.total.percent"},
        {"subject": "教育支出"},
        {"period": "current_vs_prior_estimate"},
        {"direction": "decrease"},
        {"number": 3},
    ],
    ids=str,
)
def test_a_percentage_of_another_thing_has_a_row_of_its_own(ask, other):
    second = {"number": 2, "key": "change.expenditure.total.percent", "value": "4.10", "direction": "increase", **other}
    rows = ask(
        "out_changes",
        core_statements=[
            make_statement(1, "change.expenditure.total.amount", "12.00", "120000", direction="increase"),
            make_statement(**second),
        ],
    )
    assert [(row["amount_cny"], row["change_percent"]) for row in rows] == [(Decimal("120000.00"), None), (None, Decimal("4.10"))]


def test_every_stated_change_is_in_one_row_and_nothing_else_is(ask):
    changes = [
        make_statement(number, f"change.expenditure.total.{'percent' if number % 3 else 'amount'}", "7", direction="increase")
        for number in range(1, 9)
    ]
    rows = ask("out_changes", core_statements=[*changes, make_statement(9, "expenditure.total", "5", "5")])
    amounts = [number for number in range(1, 9) if number % 3 == 0]
    follow = {number + 1 for number in amounts}
    assert [row["statement_number"] for row in rows] == [number for number in range(1, 9) if number not in follow]
    assert [row["change_percent"] for row in rows] == [Decimal("7.00")] * len(rows)


def test_a_percentage_is_never_rounded(ask):
    rows = ask(
        "out_changes", core_statements=[make_statement(1, "change.expenditure.total.percent", "4.125", direction="increase")]
    )
    assert [(row["change_percent"], row["evidence"]) for row in rows] == [(None, "第1句")]


@pytest.mark.parametrize(("outcome", "contradicted"), [("violated", [True, True, False]), ("exact", [False, False, False])])
def test_a_statement_that_an_identity_contradicts_says_so(ask, outcome, contradicted):
    rows = ask(
        "out_headcount",
        core_statements=[make_statement(number, "headcount.actual.total", "7", unit="人") for number in (1, 2, 3)],
        core_statement_checks=[make_check(1, outcome, [1], [2])],
    )
    assert [row["is_contradicted"] for row in rows] == contradicted
    assert [row["person_count"] for row in rows] == [7, 7, 7]


def test_half_a_person_is_not_rounded(ask):
    rows = ask("out_headcount", core_statements=[make_statement(1, "headcount.actual.total", "7.5", unit="人")])
    assert [row["person_count"] for row in rows] == [None]


def test_procurement_stands_beside_the_amount_that_an_identity_holds_it_against(ask):
    amounts = {line["line_id"]: line["amount_cny"] for line in make_coded_table(NAME, FUNCTION_ROWS)}
    different = [LINES[0], next(line for line in LINES if amounts[line] != amounts[LINES[0]])]
    statements = [
        make_statement(number, "procurement.total", "30.00", "300000", line_ids=lines)
        for number, lines in enumerate([[LINES[0]], [LINES[0]], different, [LINES[0]]], 1)
    ]
    checks = [
        make_check(1, "exact", [1], [], check_id="stated_amount", right_line_ids=[LINES[0]]),
        make_check(2, "not_computable", [2], [], check_id="stated_amount", right_line_ids=[LINES[0]]),
        make_check(3, "violated", [3], [], check_id="stated_amount", right_line_ids=different),
    ]
    rows = ask("out_procurement", core_statements=statements, core_statement_checks=checks)
    assert [row["table_amount_cny"] for row in rows] == [Decimal(amounts[LINES[0]]), None, None, None]
    assert [row["is_contradicted"] for row in rows] == [False, False, True, False]


def test_a_change_of_the_number_of_persons_is_no_change_of_money(ask):
    counted = make_statement(1, "change.headcount.count", "2", unit="人", direction="increase")
    assert ask("out_changes", core_statements=[counted]) == []


def test_a_target_knows_its_projects_amount(ask):
    rows = ask(
        "out_targets",
        core_projects=[make_project(1, "500000"), make_project(2, None)],
        core_performance_targets=[make_target(1, project_number=1), make_target(2, project_number=2), make_target(3)],
    )
    assert [row["project_amount_cny"] for row in rows] == [Decimal("500000.00"), None, None]
    assert {row["url"] for row in rows} == {"https://example.org/a.pdf#page=3"}
