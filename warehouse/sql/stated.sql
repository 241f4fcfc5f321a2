-- The statements of documents that count, with their document and whether an identity that compares them fails.
select
    s.document_id, s.statement_number, d.region_code, r.name as region_name, d.department_id, d.department_name, d.organisation_scope,
    d.fiscal_year, d.phase, s.statement_key, s.subject, s.value, s.amount_cny, s.direction, s.period, s.reason, s.evidence, s.page,
    s.line_ids, c.statement_number is not null as is_contradicted, d.url || '#page=' || s.page as url
from core_statements as s
join core_disclosures as d on d.document_id = s.document_id
left join ref_regions as r on r.code = d.region_code
left join (
    select distinct document_id, unnest(list_concat(left_statement_numbers, right_statement_numbers)) as statement_number
    from core_statement_checks
    where outcome = 'violated'
) as c on c.document_id = s.document_id and c.statement_number = s.statement_number
where d.superseded_by is null
