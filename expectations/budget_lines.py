"""What must hold of `core_budget_lines` beyond its metadata, one rule each, as SQL over a batch (`batch.py`).

Promise: every rule is independent of the code that made the rows (amounts are read again from the cell's text, line ids are taken
apart again), compares sums inside the rounding envelope and never by a percentage, and leaves out what it cannot judge instead of
passing it. `critical` is what only a misreading or a fault of ours can cause; what a publisher may print is `warning`.
"""

# ruff: noqa: S608  Only the constants of this module are put into its SQL.

import duckdb

from expectations.rules import Rule
from warehouse.issues import Severity, Whose

# A box may overhang the page by what rounding and the width of a rule amount to.
BOX_TOLERANCE_POINTS = 2

# Page boxes, signs and separators as disclosures print them, brought to one form before the number is read a second time.
_READINGS = r"""
CREATE OR REPLACE TEMP VIEW readings AS
WITH narrowed AS (
    SELECT *, regexp_replace(
        translate(amount_reported, '０１２３４５６７８９．，－−–—（）', '0123456789.,----()'), '[\s,¥￥]', '', 'g') AS narrow
    FROM core_budget_lines
), stripped AS (
    SELECT * EXCLUDE (narrow), narrow,
        -- Only the unit that the line claims may follow the number; another one leaves it unreadable.
        regexp_replace(if(ends_with(narrow, unit_reported), left(narrow, length(narrow) - length(unit_reported)), narrow),
            '^\(([^()]*)\)$', '-\1') AS digits
    FROM narrowed
), decimals AS (
    SELECT *, CASE WHEN regexp_full_match(digits, '-?\d+(\.\d+)?') THEN TRY_CAST(digits AS DECIMAL(28, 8)) END AS printed,
        length(regexp_extract(digits, '\.(\d+)$', 1)) AS places
    FROM stripped
)
SELECT d.*, u.factor, coalesce(function_code, econ_department_code, econ_government_code) AS code,
    CASE WHEN function_code IS NOT NULL THEN 'function'
         WHEN econ_department_code IS NOT NULL THEN 'econ_department'
         WHEN econ_government_code IS NOT NULL THEN 'econ_government' END AS scheme,
    concat_ws(' ', function_code, econ_department_code, econ_government_code, line_label) AS label
FROM decimals d LEFT JOIN unit_factors u ON u.unit = d.unit_reported
"""

# Half of the last printed digit of each table, in yuan; never below half a fen, in which the amounts are kept.
_STEPS = """
CREATE OR REPLACE TEMP TABLE table_steps AS
SELECT table_id, greatest(CAST(max(factor * 0.5 / pow(10, least(table_places, 8))) AS DECIMAL(18, 8)), 0.005) AS step
FROM (
    SELECT table_id, factor, max(places) OVER (PARTITION BY table_id, factor) AS table_places
    FROM readings WHERE printed IS NOT NULL)
GROUP BY table_id
"""


def prepare_lines(connection: duckdb.DuckDBPyConnection) -> None:
    """Lay out what the rules share: each amount read again from its text, and each table's rounding step."""
    connection.execute(_READINGS)
    connection.execute(_STEPS)


_PLACE = "document_id, table_id, page, bbox, line_number, column_number"

AMOUNT_STATE = Rule(
    name="amount_state_agrees",
    table="core_budget_lines",
    severity="critical",
    whose="extraction",
    title="An amount is null exactly where its cell is blank or a dash, and 0 exactly where a zero is printed",
    title_zh="金额为空当且仅当单元格为空白或横线；金额为零当且仅当印有零",
    reason="A blank, a dash, a printed 0 and a missing row are four facts; mixed up, a sum is silently wrong",
    sql=f"""
    SELECT {_PLACE}, label,
        CASE amount_state WHEN 'blank' THEN 'no text and no amount' WHEN 'dash' THEN 'no digit and no amount'
            WHEN 'zero' THEN 'a printed 0 and amount 0' ELSE 'a printed number and an amount other than 0' END AS expected,
        concat('state ', amount_state, ', amount ', coalesce(CAST(amount_cny AS VARCHAR), 'null'), ', text ', amount_reported)
            AS seen,
        CASE amount_state
            WHEN 'blank' THEN amount_cny IS NULL AND narrow = ''
            WHEN 'dash' THEN amount_cny IS NULL AND narrow <> '' AND NOT regexp_matches(narrow, '[0-9]')
            WHEN 'zero' THEN amount_cny = 0 AND regexp_matches(narrow, '0')
            WHEN 'number' THEN amount_cny <> 0 AND regexp_matches(narrow, '[0-9]') END AS holds
    FROM readings
    """,
)

AMOUNT_RECOMPUTED = Rule(
    name="amount_recomputed",
    table="core_budget_lines",
    severity="critical",
    whose="extraction",
    title="The cell's text times its unit is the amount in yuan",
    title_zh="单元格原文乘以单位等于以元计的金额",
    reason="Read a second time by other code: a slip of unit, sign or decimal point cannot pass",
    sql=f"""
    SELECT {_PLACE}, label, concat(CAST(CAST(printed * factor AS DECIMAL(38, 2)) AS VARCHAR), ' yuan (', amount_reported, ' ',
        unit_reported, ')') AS expected, concat(CAST(amount_cny AS VARCHAR), ' yuan') AS seen,
        abs(printed * factor - amount_cny) <= 0.005 AS holds
    FROM readings WHERE amount_cny IS NOT NULL AND printed IS NOT NULL
    """,
)

AMOUNT_READABLE = Rule(
    name="amount_readable_again",
    table="core_budget_lines",
    severity="warning",
    whose="undecided",
    title="The text of an amount can be read a second time",
    title_zh="金额原文可再次独立解读",
    reason="Where other code makes no number of the text, nothing confirms the amount",
    sql=f"""
    SELECT {_PLACE}, label, 'a number in ' || unit_reported AS expected, amount_reported AS seen, printed IS NOT NULL AS holds
    FROM readings WHERE amount_cny IS NOT NULL
    """,
)


def _code_rule(name: str, where: str, severity: Severity, whose: Whose, title: str, title_zh: str, reason: str) -> Rule:
    return Rule(
        name=name,
        table="core_budget_lines",
        severity=severity,
        whose=whose,
        title=title,
        title_zh=title_zh,
        reason=reason,
        sql=f"""
        WITH coded AS (
            UNPIVOT (SELECT {_PLACE}, line_label, fiscal_year, code_source,
                function_code AS "function", econ_department_code AS econ_department, econ_government_code AS econ_government
                FROM core_budget_lines)
            ON "function", econ_department, econ_government INTO NAME scheme VALUE code
        ), printed_codes AS (
            -- One subject a printed code: a row's code stands once on the page, however many amounts follow it.
            SELECT * FROM coded WHERE {where}
            QUALIFY row_number() OVER (PARTITION BY table_id, line_number, scheme, code ORDER BY column_number) = 1
        ), known AS (
            SELECT DISTINCT c.scheme, c.code, c.fiscal_year FROM printed_codes c
            JOIN code_years y ON y.scheme = c.scheme AND y.code = c.code AND c.fiscal_year BETWEEN y.first_year AND y.last_year
        )
        SELECT document_id, table_id, page, bbox, line_number, column_number, concat_ws(' ', c.code, line_label) AS label,
            concat('a code of the ', scheme, ' list of ', fiscal_year) AS expected, c.code AS seen, k.code IS NOT NULL AS holds
        FROM printed_codes c LEFT JOIN known k USING (scheme, code, fiscal_year)
        """,
    )


PRINTED_CODE = _code_rule(
    "printed_code_in_year_list",
    "code_source = 'printed'",
    "warning",
    "publisher",
    "A printed code is in its year's list",
    "印出的科目编码见于当年科目表",
    "Publishers print codes of other years; kept as printed, and flagged",
)

INFERRED_CODE = _code_rule(
    "inferred_code_in_year_list",
    "code_source IS NULL OR code_source = 'inferred'",
    "critical",
    "extraction",
    "A code that we inferred is in its year's list, and every code says where it is from",
    "推断的科目编码见于当年科目表，且每个编码都注明来源",
    "We may only infer what the list of that year holds",
)

LINE_ID_DERIVABLE = Rule(
    name="line_id_derivable",
    table="core_budget_lines",
    severity="critical",
    whose="extraction",
    title="A line's id is its table's id, line number and column number; the table's id begins with the document's",
    title_zh="行标识由表标识、行序、列号组成，表标识以文件标识开头",
    reason="The same PDF and engine must give the same id, or history and links break",
    sql=f"""
    SELECT {_PLACE}, label, concat(table_id, ', ', line_number, ', ', column_number) AS expected, line_id AS seen,
        starts_with(table_id, document_id) AND starts_with(line_id, table_id)
        AND list_transform(regexp_extract_all(substr(line_id, length(table_id) + 1), '\\d+'), lambda part: CAST(part AS BIGINT))
            = [CAST(line_number AS BIGINT), CAST(column_number AS BIGINT)] AS holds
    FROM readings
    """,
)

LINE_ID_UNIQUE = Rule(
    name="line_id_unique",
    table="core_budget_lines",
    severity="critical",
    whose="extraction",
    title="No two lines carry the same id",
    title_zh="行标识不重复",
    reason="Two rows under one id: one of them would be lost, or counted twice",
    sql=f"""
    SELECT {_PLACE}, label, 'one line' AS expected, concat(count(*) OVER same_id, ' lines with id ', line_id) AS seen,
        count(*) OVER same_id = 1 AS holds
    FROM readings WINDOW same_id AS (PARTITION BY line_id)
    """,
)

LINE_OF_DOCUMENT = Rule(
    name="line_agrees_with_document",
    table="core_budget_lines",
    severity="critical",
    whose="extraction",
    title="A line's year, phase and scope are its document's",
    title_zh="金额行的年度、阶段、口径与所属文件一致",
    reason="A line that contradicts its document is found under the wrong year",
    sql=f"""
    SELECT {", ".join("l." + column for column in _PLACE.split(", "))}, l.label,
        concat_ws(' ', d.fiscal_year, d.phase, d.organisation_scope) AS expected,
        concat_ws(' ', l.fiscal_year, l.phase, l.organisation_scope) AS seen,
        l.fiscal_year = d.fiscal_year AND l.phase = d.phase
        AND (d.organisation_scope IS NULL OR l.organisation_scope = d.organisation_scope) AS holds
    FROM readings l LEFT JOIN core_disclosures d USING (document_id)
    """,
)

LINE_OF_TABLE = Rule(
    name="line_agrees_with_table",
    table="core_budget_lines",
    severity="critical",
    whose="extraction",
    title="A line's table is known, of the same type and instance, not declared empty, and covers the line's page",
    title_zh="金额行所属表格存在、类型与次序一致、非空表，且页码在表内",
    reason="A line without its table cannot be traced to the page",
    sql=f"""
    SELECT {", ".join("l." + column for column in _PLACE.split(", "))}, l.label,
        if(t.table_id IS NULL, 'a table in core_tables', concat(t.table_type, ' ', t.table_instance, ' on pages ', t.first_page,
            ' to ', t.last_page, if(t.is_declared_empty, ', empty', ''))) AS expected,
        concat(l.table_type, ' ', l.table_instance, ' on page ', l.page) AS seen,
        l.document_id = t.document_id AND l.table_type = t.table_type AND l.table_instance = t.table_instance
        AND NOT (t.is_declared_empty AND coalesce(l.amount_cny, 0) <> 0) AND l.page BETWEEN t.first_page AND t.last_page AS holds
    FROM readings l LEFT JOIN core_tables t USING (table_id)
    """,
)

TABLE_UNDERSTOOD = Rule(
    name="table_of_lines_understood",
    table="core_tables",
    severity="warning",
    whose="extraction",
    title="A table of which lines were made is understood: every column has a meaning",
    title_zh="产生金额行的表格已完全解读",
    reason="Where a column has no meaning its amounts are missing, and those beside it may be shifted",
    sql="""
    SELECT t.document_id, t.table_id, t.first_page AS page, CAST(NULL AS FLOAT[]) AS bbox, CAST(NULL AS INT) AS line_number,
        CAST(NULL AS SMALLINT) AS column_number, coalesce(t.table_title, t.table_type) AS label, 'understood' AS expected,
        if(t.understood, 'understood', 'columns without a meaning') AS seen, t.understood AS holds
    FROM core_tables t SEMI JOIN core_budget_lines l USING (table_id)
    """,
)

PAGE_IN_DOCUMENT = Rule(
    name="page_in_document",
    table="core_budget_lines",
    severity="critical",
    whose="extraction",
    title="The page is one of the document's",
    title_zh="页码在文件页数之内",
    reason="An amount that points at no page cannot be checked by anyone",
    sql=f"""
    SELECT {", ".join("l." + column for column in _PLACE.split(", "))}, l.label,
        concat('page 1 to ', coalesce(CAST(d.page_count AS VARCHAR), 'unknown')) AS expected, concat('page ', l.page) AS seen,
        l.page BETWEEN 1 AND d.page_count AS holds
    FROM readings l LEFT JOIN core_disclosures d USING (document_id)
    """,
)

BOX_SHAPE = Rule(
    name="bbox_is_a_box",
    table="core_budget_lines",
    severity="critical",
    whose="extraction",
    title="The box has a left, top, right and bottom edge in that order, none of them left of or above the page",
    title_zh="位置框左、上、右、下有序且不在页面左上之外",
    reason="The box is how a person finds the cell",
    sql=f"""
    SELECT {_PLACE}, label, 'left < right and top < bottom, from 0' AS expected, CAST(bbox AS VARCHAR) AS seen,
        len(bbox) = 4 AND isfinite(bbox[1]) AND isfinite(bbox[2]) AND isfinite(bbox[3]) AND isfinite(bbox[4])
        AND bbox[1] < bbox[3] AND bbox[2] < bbox[4] AND least(bbox[1], bbox[2]) >= -{BOX_TOLERANCE_POINTS} AS holds
    FROM (SELECT * REPLACE (CAST(bbox AS FLOAT[]) AS bbox) FROM readings)
    """,
)

BOX_IN_PAGE = Rule(
    name="bbox_in_page",
    table="core_budget_lines",
    severity="warning",
    whose="extraction",
    title="The box lies inside the page as displayed",
    title_zh="位置框在页面之内",
    reason="A box outside the page was computed for another rotation or crop; judged where raw_pages tells the size",
    sql=f"""
    SELECT {", ".join("l." + column for column in _PLACE.split(", "))}, l.label,
        concat('inside ', round(p.page_width, 1), ' x ', round(p.page_height, 1)) AS expected, CAST(l.bbox AS VARCHAR) AS seen,
        l.bbox[1] >= -{BOX_TOLERANCE_POINTS} AND l.bbox[2] >= -{BOX_TOLERANCE_POINTS}
        AND l.bbox[3] <= p.page_width + {BOX_TOLERANCE_POINTS} AND l.bbox[4] <= p.page_height + {BOX_TOLERANCE_POINTS} AS holds
    FROM readings l JOIN raw_pages p USING (document_id, page)
    """,
)

DIRECTION = Rule(
    name="direction_agrees_with_table",
    table="core_budget_lines",
    severity="critical",
    whose="extraction",
    title="Revenue stands in revenue tables, expenditure in expenditure tables",
    title_zh="收支方向与表类型一致",
    reason="A line on the wrong side turns revenue into spending",
    sql=f"""
    SELECT {_PLACE}, label, t.direction AS expected, l.direction AS seen, l.direction = t.direction AS holds
    FROM readings l JOIN table_directions t USING (table_type)
    """,
)

TOTAL_OF_LEVEL = Rule(
    name="total_is_sum_of_level",
    table="core_budget_lines",
    severity="warning",
    whose="undecided",
    title="The 合计 row is the sum of the table's top level, column by column",
    title_zh="合计行等于表内最高层级各行之和",
    reason="A row missed, read twice or misread shows here; a publisher's own slip too",
    # Left out, because their sum says nothing: columns with several totals or none, with a code twice (blocks by unit), with rows
    # of two classifications, or with items that carry no code. The top level are the codes above which no other stands.
    sql=r"""
    WITH lines AS (
        SELECT *, (function_code IS NOT NULL)::INT + (econ_department_code IS NOT NULL)::INT
            + (econ_government_code IS NOT NULL)::INT AS schemes
        FROM readings WHERE table_type IN (FROM coded_tables) AND amount_cny IS NOT NULL
    ), computable AS (
        SELECT table_id, direction, column_number FROM lines GROUP BY ALL
        HAVING count(*) FILTER (WHERE row_kind = 'total' AND code IS NULL) = 1
            AND count(code) > 0 AND count(code) = count(DISTINCT code) AND count(DISTINCT scheme) = 1 AND max(schemes) = 1
            AND count(*) FILTER (WHERE row_kind = 'item' AND code IS NULL) = 0
    ), coded AS (
        SELECT l.* FROM lines l JOIN computable USING (table_id, direction, column_number) WHERE code IS NOT NULL
    ), top_level AS (
        SELECT * FROM coded c WHERE NOT EXISTS (
            SELECT 1 FROM coded above
            WHERE above.table_id = c.table_id AND above.direction = c.direction AND above.column_number = c.column_number
                AND above.code IN (left(c.code, 3), left(c.code, 5)) AND length(above.code) < length(c.code))
    ), sums AS (
        SELECT table_id, direction, column_number, sum(amount_cny) AS parts, count(*) AS addends FROM top_level GROUP BY ALL
    )
    SELECT l.document_id, table_id, l.page, l.bbox, l.line_number, column_number, l.label,
        concat(s.parts, ' yuan, the sum of ', s.addends, ' rows, give or take ', CAST((s.addends + 1) * t.step AS DECIMAL(20, 2)))
            AS expected,
        concat(l.amount_cny, ' yuan') AS seen, abs(l.amount_cny - s.parts) <= (s.addends + 1) * t.step AS holds
    FROM lines l JOIN sums s USING (table_id, direction, column_number) JOIN table_steps t USING (table_id)
    WHERE l.row_kind = 'total' AND l.code IS NULL
    """,
)


def _column_sum_rule(name: str, *, measure: str, other: str, parts: str, title: str, title_zh: str) -> Rule:
    return Rule(
        name=name,
        table="core_budget_lines",
        severity="warning",
        whose="undecided",
        title=title,
        title_zh=title_zh,
        reason="A column missed, shifted or misread shows here; a publisher's own slip too",
        # Left out: rows with the same measure twice (a sub-total beside its parts under one name) or with fewer than two parts.
        sql=f"""
        WITH cells AS (
            SELECT *, {measure} AS measure, concat_ws('|', table_id, line_number, direction, amount_basis, {other},
                coalesce(code, ''), coalesce(item_key, '')) AS row_key
            FROM readings WHERE table_type NOT IN ('revenue_expenditure_summary', 'three_public_expenditure')
        ), clear_rows AS (
            SELECT row_key FROM cells GROUP BY row_key HAVING count(*) = count(DISTINCT measure)
        ), clear_cells AS (
            SELECT c.* FROM cells c SEMI JOIN clear_rows USING (row_key)
        ), addends AS (
            SELECT w.line_id, count(*) AS columns, count(c.amount_cny) AS addends, sum(c.amount_cny) AS parts
            FROM clear_cells w JOIN {parts} p ON p.whole = w.measure
            JOIN clear_cells c ON c.row_key = w.row_key AND c.measure = p.part
            WHERE NOT EXISTS (SELECT 1 FROM clear_cells i WHERE i.row_key = w.row_key AND i.measure = p.instead_of)
            GROUP BY w.line_id
        )
        SELECT w.document_id, w.table_id, w.page, w.bbox, w.line_number, w.column_number, w.label,
            concat(a.parts, ' yuan, the sum of ', a.addends, ' columns, give or take ',
                CAST((a.addends + 1) * t.step AS DECIMAL(20, 2))) AS expected,
            concat(w.amount_cny, ' yuan') AS seen, abs(w.amount_cny - a.parts) <= (a.addends + 1) * t.step AS holds
        FROM clear_cells w JOIN addends a USING (line_id) JOIN table_steps t USING (table_id)
        WHERE w.amount_cny IS NOT NULL AND a.columns >= 2 AND a.addends >= 1
        """,
    )


KIND_COLUMNS = _column_sum_rule(
    "row_total_is_sum_of_kinds",
    measure="expenditure_kind",
    other="fund_type",
    parts="kind_parts",
    title="A row's total column is the sum of its columns by kind of expenditure",
    title_zh="行合计等于各支出类别列之和",
)

FUND_COLUMNS = _column_sum_rule(
    "row_total_is_sum_of_funds",
    measure="fund_type",
    other="expenditure_kind",
    parts="fund_parts",
    title="A row's total column is the sum of its columns by source of money",
    title_zh="行合计等于各资金来源列之和",
)

RULES: tuple[Rule, ...] = (
    AMOUNT_STATE,
    AMOUNT_RECOMPUTED,
    AMOUNT_READABLE,
    PRINTED_CODE,
    INFERRED_CODE,
    LINE_ID_UNIQUE,
    LINE_ID_DERIVABLE,
    LINE_OF_DOCUMENT,
    LINE_OF_TABLE,
    TABLE_UNDERSTOOD,
    PAGE_IN_DOCUMENT,
    BOX_SHAPE,
    BOX_IN_PAGE,
    DIRECTION,
    TOTAL_OF_LEVEL,
    KIND_COLUMNS,
    FUND_COLUMNS,
)
