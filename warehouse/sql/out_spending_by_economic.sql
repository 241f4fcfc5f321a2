-- The leaves of the one column that stands for each document's basic expenditure, by economic class. Basic expenditure because
-- that is what is published by economic class everywhere; where a row carries both classifications, the department's counts. GFSM
-- comes from the nearest class that the crosswalk lists, as COFOG does in out_spending_by_function.
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
crossed as (
    select l.econ_scheme, l.econ_code, l.fiscal_year,
        max_by({'code': x.code, 'gfsm_code': x.gfsm_code, 'treatment': x.treatment}, length(x.code)) as nearest
    from (select distinct econ_scheme, econ_code, fiscal_year from leaves) as l
    join ref_gfsm_crosswalk as x
        on x.gfsm_scheme = 'econ_' || l.econ_scheme and starts_with(l.econ_code, x.code)
        and l.fiscal_year between coalesce(x.valid_from, 0) and coalesce(x.valid_to, 9999)
    group by all
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
    n.name_en as econ_name_en, c.name_en as econ_class_name_en,
    g.code as gfsm_code, g.name as gfsm_name, g.name_en as gfsm_name_en,
    case when s.econ_code is not null then coalesce(x.nearest.treatment, 'unlisted') end as gfsm_treatment,
    cast(sum(s.amount_cny) as decimal(20, 2)) as amount_cny,
    list(s.line_id order by s.line_number) as line_ids
from leaves as s
left join ref_regions as r on r.code = s.region_code
left join names as n
    on n.econ_scheme = s.econ_scheme and n.code = s.econ_code and s.fiscal_year between n.first_year and n.last_year
left join names as c
    on c.econ_scheme = s.econ_scheme and c.code = s.econ_code[:3] and s.fiscal_year between c.first_year and c.last_year
left join crossed as x on x.econ_scheme = s.econ_scheme and x.econ_code = s.econ_code and x.fiscal_year = s.fiscal_year
left join ref_gfsm_codes as g
    on g.code = x.nearest.gfsm_code and (x.nearest.treatment <> 'default' or x.nearest.code <> s.econ_code)
group by all
