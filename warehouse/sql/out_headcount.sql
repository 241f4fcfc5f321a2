-- Staff as the text states it, one row a stated number: totals stand beside their parts.
select
    document_id, statement_number, region_code, region_name, department_id, department_name, organisation_scope, fiscal_year, phase,
    statement_key, subject, try_cast(value as int) as person_count, period, evidence, page, is_contradicted, url
from stated
where statement_key like 'headcount.%' and value is not null
