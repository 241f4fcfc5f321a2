import duckdb
import pytest

from expectations import budget_lines, reconciliation
from expectations.batch import open_batch
from expectations.rules import NAMED_ROWS, SUBJECT_COLUMNS, Rule, RuleShapeError, evaluate_rule


def make_rule(sql: str) -> Rule:
    return Rule("r", "core_budget_lines", "warning", "undecided", "t", "t", "because", sql)


def make_sql(holds: str, rows: int = 1) -> str:
    return f"""
    SELECT 'd' AS document_id, 't' AS table_id, 3 AS page, [1.0, 2.0, 3.0, 4.0] AS bbox, i AS line_number, 1 AS column_number,
        'label' AS label, NULL AS expected, 'x' AS seen, {holds} AS holds FROM range({rows}) r(i)
    """  # noqa: S608  # constants of this file


def test_a_condition_that_comes_out_null_is_broken():
    counts, violations = evaluate_rule(duckdb.connect(), make_rule(make_sql("CAST(NULL AS BOOLEAN)")))
    assert [(count.examined, count.violated) for count in counts] == [(1, 1)]
    assert violations[0].expected == "nothing"


def test_what_holds_is_counted_and_not_named():
    counts, violations = evaluate_rule(duckdb.connect(), make_rule(make_sql("true", rows=3)))
    assert [(count.examined, count.violated) for count in counts] == [(3, 0)]
    assert violations == []


def test_only_the_first_rows_are_named_and_all_are_counted():
    counts, violations = evaluate_rule(duckdb.connect(), make_rule(make_sql("false", rows=NAMED_ROWS + 5)))
    assert counts[0].violated == NAMED_ROWS + 5
    assert [violation.line_number for violation in violations] == list(range(NAMED_ROWS))


def test_a_rule_without_a_place_is_refused():
    with pytest.raises(RuleShapeError, match="yields"):
        evaluate_rule(duckdb.connect(), make_rule("SELECT 'd' AS document_id, true AS holds"))


def test_every_rule_of_the_project_yields_subjects():
    connection = open_batch({})
    budget_lines.prepare_lines(connection)
    reconciliation.prepare_proof(connection)
    for rule in (*budget_lines.RULES, *reconciliation.RULES):
        assert tuple(connection.sql(rule.sql).columns) == SUBJECT_COLUMNS, rule.name
