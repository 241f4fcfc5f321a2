-- The leaves of the one column that stands for each document's basic expenditure, by economic class. Basic expenditure because
-- that is what is published by economic class everywhere; where a row carries both classifications, the department's counts.
with leaves as (
    select s.*, l.amount_cny, l.line_id, l.line_number,
        coalesce(l.econ_department_code, l.econ_government_code) as econ_code,
        case when l.econ_department_code is not null then 'department' when l.econ_government_code is not null then 'government' end
            as econ_scheme
    from economic_sources as s
    join core_budget_lines as l
        on l.table_id = s.table_id and l.column_number = s.column_number and l.fund_type = s.fund_type
        and l.expenditure_kind = s.expenditure_kind and l.amount_basis = s.amount_basis and l.direction = 'expenditure'
    where s.source_outcome = 'used' and l.row_kind = 'item' and l.amount_cny is not null
),
names as (
    select 'department' as econ_scheme, * from econ_department_names
    union all
    select 'government' as econ_scheme, * from econ_government_names
)
select
    s.document_id, s.region_code, r.name as region_name, s.department_id, s.department_name, s.organisation_scope,
    s.fiscal_year, s.phase, s.table_type, s.table_id, s.fund_type, s.expenditure_kind, s.amount_basis,
    s.econ_scheme, s.econ_code, n.name as econ_name, s.econ_code[:3] as econ_class_code, c.name as econ_class_name,
    cast(sum(s.amount_cny) as decimal(20, 2)) as amount_cny,
    list(s.line_id order by s.line_number) as line_ids
from leaves as s
left join ref_regions as r on r.code = s.region_code
left join names as n
    on n.econ_scheme = s.econ_scheme and n.code = s.econ_code and s.fiscal_year between n.first_year and n.last_year
left join names as c
    on c.econ_scheme = s.econ_scheme and c.code = s.econ_code[:3] and s.fiscal_year between c.first_year and c.last_year
group by all
