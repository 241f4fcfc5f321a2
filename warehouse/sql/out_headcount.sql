-- Staff as the text states it, one row a stated number: totals stand beside their parts. A number that is
-- no whole one (an average) has no person_count; the evidence has it.
select
    document_id, statement_number, region_code, region_name, department_id, department_name, organisation_scope, fiscal_year, phase,
    statement_key, subject,
    case when try_cast(value as decimal(38, 10)) = try_cast(value as int) then try_cast(value as int) end as person_count,
    period, evidence, page, is_contradicted, url
from stated
where statement_key like 'headcount.%' and value is not null
