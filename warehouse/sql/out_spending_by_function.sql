-- The leaves of the one column that stands for each document (spending_sources.sql says how it is chosen), by function.
select
    s.document_id, s.region_code, r.name as region_name, s.department_id, s.department_name, s.organisation_scope,
    s.fiscal_year, s.phase, s.table_type, s.table_id, s.fund_type, s.expenditure_kind, s.amount_basis,
    l.function_code, f.name as function_name, l.function_code[:3] as function_class_code, c.name as function_class_name,
    cast(sum(l.amount_cny) as decimal(20, 2)) as amount_cny,
    list(l.line_id order by l.line_number) as line_ids
from function_sources as s
join core_budget_lines as l
    on l.table_id = s.table_id and l.column_number = s.column_number and l.fund_type = s.fund_type
    and l.expenditure_kind = s.expenditure_kind and l.amount_basis = s.amount_basis and l.direction = 'expenditure'
left join ref_regions as r on r.code = s.region_code
left join function_names as f on f.code = l.function_code and s.fiscal_year between f.first_year and f.last_year
left join function_names as c on c.code = l.function_code[:3] and s.fiscal_year between c.first_year and c.last_year
where s.source_outcome = 'used' and l.row_kind = 'item' and l.amount_cny is not null
group by all
