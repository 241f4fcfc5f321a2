-- Procurement as the text states it, and what the table prints in the cells that an identity holds it against, where they print one
-- amount. A link alone is no such comparison: it may lead to cells of a wider thing (the whole of purchases beside those of one unit).
select
    s.document_id, s.statement_number, s.region_code, s.region_name, s.department_id, s.department_name, s.organisation_scope,
    s.fiscal_year, s.phase, s.statement_key, s.subject, s.period, s.amount_cny, t.table_amount_cny, s.evidence, s.page, s.line_ids,
    s.is_contradicted, s.url
from stated as s
left join (
    select c.document_id, c.statement_number, min(l.amount_cny) as table_amount_cny
    from (
        select document_id, statement_number, unnest(list_concat(left_line_ids, right_line_ids)) as line_id
        from (
            select *, unnest(list_concat(left_statement_numbers, right_statement_numbers)) as statement_number
            from core_statement_checks
            where check_id = 'stated_amount' and outcome <> 'not_computable'
        )
    ) as c
    join core_budget_lines as l on l.document_id = c.document_id and l.line_id = c.line_id
    group by all
    having min(l.amount_cny) = max(l.amount_cny)
) as t on t.document_id = s.document_id and t.statement_number = s.statement_number
where s.statement_key like 'procurement.%' and s.amount_cny is not null
