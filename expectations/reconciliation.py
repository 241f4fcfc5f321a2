"""What must hold of `core_checks`, `core_findings`, ledger and scores: the proof of a document, judged like any other table.

Promise: a document whose reading is contradicted by its own identities, or that was loaded in spite of a critical finding, is
named; the limits stand in `reconciliation.yml` with their reasons. A check that could not be run is never counted as a pass.
"""

# ruff: noqa: S608  Only the constants of this module are put into its SQL.

from functools import cache
from importlib.resources import files

import duckdb
import pyarrow as pa
import yaml
from pydantic import BaseModel, ConfigDict

from expectations.rules import Rule
from warehouse.issues import Severity, Whose, load_finding_kinds


class Threshold(BaseModel):
    """One limit and why it stands where it does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float
    reason: str


class Thresholds(BaseModel):
    """`reconciliation.yml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    thresholds: dict[str, Threshold]
    contradiction_kinds: tuple[str, ...]


@cache
def load_thresholds() -> Thresholds:
    """The limits by name. Raises ValueError for a contradiction kind that the catalogue of findings does not know."""
    text = files("expectations").joinpath("reconciliation.yml").read_text(encoding="utf-8")
    limits = Thresholds(**yaml.safe_load(text))
    if unknown := set(limits.contradiction_kinds) - set(load_finding_kinds()):
        raise ValueError(f"reconciliation.yml names finding kinds that do not exist: {', '.join(sorted(unknown))}")
    return limits


def prepare_proof(connection: duckdb.DuckDBPyConnection) -> None:
    """Lay out the limits, the kinds of finding, and the count of checks by document."""
    limits = load_thresholds()
    connection.register(
        "thresholds", pa.Table.from_pylist([{"name": name, "value": limit.value} for name, limit in limits.thresholds.items()])
    )
    connection.register("contradiction_kinds", pa.table({"finding_kind": list(limits.contradiction_kinds)}))
    connection.register("finding_kinds", pa.table({"finding_kind": sorted(load_finding_kinds())}))
    connection.execute(_CHECK_SHARES)


# One row per document that has lines: how many of its checks could be computed and how many of those are violated.
_CHECK_SHARES = """
CREATE OR REPLACE TEMP TABLE check_shares AS
SELECT document_id, count(c.check_id) FILTER (WHERE outcome <> 'not_computable') AS computed,
    count(c.check_id) FILTER (WHERE outcome = 'violated') AS violated
FROM (SELECT DISTINCT document_id FROM core_budget_lines) d LEFT JOIN core_checks c USING (document_id) GROUP BY document_id
"""


def _limit(name: str) -> str:
    return f"(SELECT value FROM thresholds WHERE name = '{name}')"


def _reason(name: str) -> str:
    return load_thresholds().thresholds[name].reason


_NOWHERE = """CAST(NULL AS VARCHAR) AS table_id, CAST(NULL AS SMALLINT) AS page, CAST(NULL AS FLOAT[]) AS bbox,
        CAST(NULL AS INT) AS line_number, CAST(NULL AS SMALLINT) AS column_number"""

_FINDING_PLACE = """f.table_id, f.page, CAST(f.bbox AS FLOAT[]) AS bbox, CAST(NULL AS INT) AS line_number,
        CAST(NULL AS SMALLINT) AS column_number, f.finding_kind AS label"""

EXTRACTION_CONTRADICTED = Rule(
    name="extraction_not_contradicted",
    table="core_findings",
    severity="critical",
    whose="extraction",
    title="Hardly an amount is shown to be misread by the document's own identities",
    title_zh="勾稽关系证明读取有误的金额极少",
    reason=_reason("misread_share"),
    sql=f"""
    WITH contradictions AS (
        SELECT *, sum(greatest(len(line_ids), 1)) OVER (PARTITION BY document_id) AS misread FROM core_findings
        WHERE whose = 'extraction' AND severity <> 'info'
            AND (finding_kind IN (FROM contradiction_kinds) OR len(check_numbers) > 0)
    )
    SELECT d.document_id, {_FINDING_PLACE},
        concat('at most ', {_limit("misread_amounts")}::INT, ' misread amounts, or ',
            round(100 * {_limit("misread_share")}), ' %') AS expected, f.message AS seen,
        coalesce(f.misread, 0) <= greatest({_limit("misread_amounts")}, {_limit("misread_share")} * d.line_count) AS holds
    FROM core_disclosures d LEFT JOIN contradictions f USING (document_id) WHERE d.status <> 'refused'
    """,
)

LOADED_DESPITE_FINDING = Rule(
    name="no_critical_finding_in_loaded",
    table="core_findings",
    severity="critical",
    whose="extraction",
    title="A document that is to be loaded has no critical finding",
    title_zh="入库文件没有严重问题",
    reason="A critical finding keeps the document's earlier rows in place",
    sql=f"""
    SELECT d.document_id, {_FINDING_PLACE}, 'no critical finding' AS expected, f.message AS seen, f.message IS NULL AS holds
    FROM core_disclosures d LEFT JOIN (FROM core_findings WHERE severity = 'critical') f USING (document_id)
    WHERE d.status <> 'refused'
    """,
)

REFUSED_IS_EMPTY = Rule(
    name="refused_document_has_a_reason_and_no_lines",
    table="core_disclosures",
    severity="critical",
    whose="extraction",
    title="A refused document says why, by a finding of that kind, and has no lines",
    title_zh="被拒文件注明原因且无金额行",
    reason="Refused in silence, or refused and loaded all the same, are both wrong",
    sql=f"""
    WITH lines AS (SELECT document_id, count(*) AS lines FROM core_budget_lines GROUP BY document_id)
    SELECT d.document_id, {_NOWHERE}, d.title AS label, 'a reason, a finding of that kind, no lines' AS expected,
        concat(coalesce(d.refusal, 'no reason'), ', ', coalesce(l.lines, 0), ' lines') AS seen,
        l.lines IS NULL AND EXISTS (
            SELECT 1 FROM core_findings f WHERE f.document_id = d.document_id AND f.finding_kind = d.refusal) AS holds
    FROM core_disclosures d LEFT JOIN lines l USING (document_id) WHERE d.status = 'refused'
    """,
)

KNOWN_FINDINGS = Rule(
    name="finding_kind_in_catalogue",
    table="core_findings",
    severity="critical",
    whose="extraction",
    title="Every finding is of a kind in the catalogue",
    title_zh="问题类别均在目录中",
    reason="A finding nobody can look up helps nobody",
    sql=f"""
    SELECT f.document_id, {_FINDING_PLACE}, 'a kind of warehouse/findings.yml' AS expected, f.finding_kind AS seen,
        f.finding_kind IN (FROM finding_kinds) AS holds
    FROM core_findings f
    """,
)


def _share_rule(name: str, severity: Severity, limit: str, minimum: str, title: str, title_zh: str) -> Rule:
    return Rule(
        name=name,
        table="core_checks",
        severity=severity,
        whose="extraction" if severity == "critical" else "undecided",
        title=title,
        title_zh=title_zh,
        reason=_reason(limit),
        sql=f"""
        SELECT document_id, {_NOWHERE}, 'accounting identities' AS label,
            concat('at most ', round(100 * {_limit(limit)}), ' % of the checks violated') AS expected,
            concat(violated, ' of ', computed, ' violated') AS seen, violated <= {_limit(limit)} * computed AS holds
        FROM check_shares WHERE computed >= {minimum}
        """,
    )


VIOLATED_SHARE_DOUBTFUL = _share_rule(
    "few_checks_violated",
    "warning",
    "violated_share_doubtful",
    "1",
    "Few of the document's accounting identities are violated",
    "勾稽关系不成立的比例低",
)

VIOLATED_SHARE_UNREADABLE = _share_rule(
    "most_checks_hold",
    "critical",
    "violated_share_unreadable",
    _limit("checks_for_a_share"),
    "Most of the document's accounting identities hold",
    "多数勾稽关系成立",
)

SOMETHING_PROVED = Rule(
    name="something_is_proved",
    table="core_checks",
    severity="warning",
    whose="undecided",
    title="At least one accounting identity of a document with amounts can be computed",
    title_zh="有金额的文件至少有一项勾稽关系可计算",
    reason="A check that was not run is not a pass",
    sql=f"""
    SELECT document_id, {_NOWHERE}, 'accounting identities' AS label, 'at least 1 computed' AS expected,
        concat(computed, ' computed') AS seen, computed >= 1 AS holds
    FROM check_shares
    """,
)

CONTRADICTED_AMOUNTS = Rule(
    name="few_amounts_contradicted",
    table="core_budget_lines",
    severity="warning",
    whose="undecided",
    title="Few amounts have more failing than holding identities",
    title_zh="不成立多于成立的金额占比低",
    reason=_reason("contradicted_amounts_share"),
    sql=f"""
    WITH judged AS (
        SELECT *, contradicted_by > verified_by AS contradicted,
            avg((contradicted_by > verified_by)::INT) OVER (PARTITION BY document_id) AS share,
            count(*) OVER (PARTITION BY document_id) AS amounts
        FROM core_budget_lines WHERE verified_by + contradicted_by > 0
    )
    SELECT document_id, table_id, page, bbox, line_number, column_number, line_label AS label,
        concat('more identities hold than fail, for all but ', round(100 * {_limit("contradicted_amounts_share")}),
            ' % of the amounts') AS expected,
        concat(verified_by, ' hold, ', contradicted_by, ' fail') AS seen,
        NOT contradicted OR share <= {_limit("contradicted_amounts_share")} AS holds
    FROM judged WHERE amounts >= {_limit("checks_for_a_share")}
    """,
)

_PERCENT = "concat(round(100 * {share}, 2), ' %')"


def _document_rule(
    name: str, severity: Severity, whose: Whose, limit: str, title: str, title_zh: str, *, measured: str, is_least: bool
) -> Rule:
    """A rule over the counts and the score of each read document with enough amounts. `measured`: SQL, a share or a score."""
    word, sign = ("at least", ">=") if is_least else ("at most", "<=")
    return Rule(
        name=name,
        table="core_disclosures",
        severity=severity,
        whose=whose,
        title=title,
        title_zh=title_zh,
        reason=_reason(limit),
        sql=f"""
        SELECT document_id, {_NOWHERE}, concat('grade ', grade, ', ', line_count + unread_count, ' printed amounts') AS label,
            concat('{word} ', {_PERCENT.format(share=_limit(limit))}) AS expected,
            {_PERCENT.format(share=f"({measured})")} AS seen,
            ({measured}) {sign} {_limit(limit)} AS holds
        FROM core_disclosures
        WHERE status <> 'refused' AND score IS NOT NULL AND line_count + unread_count >= {_limit("amounts_for_a_share")}
        """,
    )


PROVED_SHARE = _document_rule(
    "most_amounts_proved",
    "warning",
    "undecided",
    "proved_share",
    "Most printed amounts are proved by an accounting identity",
    "多数金额有勾稽关系证明",
    measured="proved_count / (line_count + unread_count)",
    is_least=True,
)

UNREAD_SHARE = _document_rule(
    "few_amounts_unread",
    "warning",
    "extraction",
    "unread_share",
    "Few printed amounts were not read",
    "未读出的金额占比低",
    measured="unread_count / (line_count + unread_count)",
    is_least=False,
)

UNREAD_SHARE_UNREADABLE = _document_rule(
    "not_a_quarter_unread",
    "critical",
    "extraction",
    "unread_share_unreadable",
    "Most printed amounts were read",
    "多数金额已读出",
    measured="unread_count / (line_count + unread_count)",
    is_least=False,
)

SCORE_DOUBTFUL = _document_rule(
    "score_is_good",
    "warning",
    "undecided",
    "score_doubtful",
    "The score of the reading is good",
    "读取得分良好",
    measured="CAST(CAST(score AS VARCHAR) AS DOUBLE)",  # not the nearest float32, which lies beside the limit
    is_least=True,
)

SCORE_UNREADABLE = _document_rule(
    "score_is_not_hopeless",
    "critical",
    "extraction",
    "score_unreadable",
    "The score of the reading is not hopeless",
    "读取得分不至过低",
    measured="CAST(CAST(score AS VARCHAR) AS DOUBLE)",
    is_least=True,
)

SCORE_CONSISTENT = Rule(
    name="score_rests_on_its_counts",
    table="core_disclosures",
    severity="critical",
    whose="extraction",
    title="A read document has a score, a grade and counts that fit each other; a refused one has none",
    title_zh="已读文件有得分、等级及相符的计数，被拒文件没有",
    reason="A score without its counts, or a good one beside unread or misread amounts, would be trusted for nothing",
    sql=f"""
    SELECT document_id, {_NOWHERE}, title AS label,
        if(status = 'refused', 'no score', 'score, grade, counts within each other') AS expected,
        concat_ws(', ', 'score ' || score, 'grade ' || grade, line_count || ' read', unread_count || ' unread',
            proved_count || ' proved', proved_twice_count || ' twice', agreed_count || ' agreed',
            contradicted_count || ' contradicted', misread_count || ' misread') AS seen,
        CASE WHEN status = 'refused' THEN score IS NULL AND grade IS NULL
            ELSE score IS NOT NULL AND grade IS NOT NULL AND proved_twice_count <= proved_count AND proved_count <= line_count
            AND greatest(agreed_count, contradicted_count + misread_count) <= line_count
            AND publisher_violated_count <= violated_count AND violated_count <= checked_count
            AND NOT (grade = 'A' AND contradicted_count + misread_count + unread_count > 0) END AS holds
    FROM core_disclosures
    """,
)

CHECK_ARITHMETIC = Rule(
    name="check_outcome_follows_from_its_numbers",
    table="core_checks",
    severity="critical",
    whose="extraction",
    title="A check's difference is left minus right, and its outcome follows from difference and envelope",
    title_zh="勾稽差额等于左减右，结果与差额、容差一致",
    reason="A false pass is the one error that nothing else would show",
    # Checks of names compare no amounts: their difference is 0, and the reason says what differs.
    sql=f"""
    SELECT document_id, {_NOWHERE}, concat(check_id, ' ', check_subject) AS label,
        CASE outcome WHEN 'not_computable' THEN 'a reason' WHEN 'violated' THEN 'a difference beyond the envelope, or a reason'
            WHEN 'rounding' THEN 'a difference inside the envelope' ELSE 'difference = left - right' END AS expected,
        concat_ws(' ', outcome, left_cny, '-', right_cny, '=', difference_cny, 'envelope', envelope_cny) AS seen,
        CASE WHEN outcome = 'not_computable' THEN reason IS NOT NULL
            ELSE difference_cny = left_cny - right_cny AND CASE outcome
                WHEN 'rounding' THEN abs(difference_cny) <= envelope_cny
                WHEN 'violated' THEN abs(difference_cny) > envelope_cny OR reason IS NOT NULL ELSE true END END AS holds
    FROM core_checks
    """,
)

CHECK_LINES_KNOWN = Rule(
    name="check_names_known_lines",
    table="core_checks",
    severity="critical",
    whose="extraction",
    title="The lines on both sides of a check are lines of the document",
    title_zh="勾稽两边的行均为本文件的行",
    reason="A proof by lines that do not exist proves nothing",
    sql=f"""
    WITH named AS (
        SELECT document_id, check_id, check_subject, unnest(left_line_ids || right_line_ids) AS line_id FROM core_checks
    )
    SELECT n.document_id, {_NOWHERE}, concat(n.check_id, ' ', n.check_subject) AS label,
        'a line_id of core_budget_lines' AS expected, n.line_id AS seen, l.line_id IS NOT NULL AS holds
    FROM named n LEFT JOIN core_budget_lines l ON l.line_id = n.line_id AND l.document_id = n.document_id
    """,
)

RULES: tuple[Rule, ...] = (
    EXTRACTION_CONTRADICTED,
    LOADED_DESPITE_FINDING,
    REFUSED_IS_EMPTY,
    KNOWN_FINDINGS,
    VIOLATED_SHARE_DOUBTFUL,
    VIOLATED_SHARE_UNREADABLE,
    SOMETHING_PROVED,
    CONTRADICTED_AMOUNTS,
    PROVED_SHARE,
    UNREAD_SHARE,
    UNREAD_SHARE_UNREADABLE,
    SCORE_DOUBTFUL,
    SCORE_UNREADABLE,
    SCORE_CONSISTENT,
    CHECK_ARITHMETIC,
    CHECK_LINES_KNOWN,
)
