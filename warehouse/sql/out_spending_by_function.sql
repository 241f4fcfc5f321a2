-- The leaves of the one column that stands for each document (spending_sources.sql says how it is chosen), by function. COFOG comes
-- from the nearest code that the crosswalk lists; where that names no division with confidence, its treatment says why.
with
leaves as (
    select s.*, l.function_code, l.amount_cny, l.line_id, l.line_number
    from function_sources as s
    join core_budget_lines as l
        on l.table_id = s.table_id and l.column_number = s.column_number and l.fund_type = s.fund_type
        and l.expenditure_kind = s.expenditure_kind and l.amount_basis = s.amount_basis and l.direction = 'expenditure'
    where s.source_outcome = 'used' and l.row_kind = 'item' and l.amount_cny is not null
),
crossed as (
    select l.function_code, l.fiscal_year,
        max_by({'code': x.code, 'division': x.cofog_division, 'group': x.cofog_group, 'treatment': x.treatment}, length(x.code)) as nearest
    from (select distinct function_code, fiscal_year from leaves) as l
    join ref_cofog_crosswalk as x
        on starts_with(l.function_code, x.code) and l.fiscal_year between coalesce(x.valid_from, 0) and coalesce(x.valid_to, 9999)
    group by all
),
-- A default is for the codes below: an amount of the code itself covers some that go elsewhere.
placed as (
    select function_code, fiscal_year, nearest.treatment as cofog_treatment,
        case when nearest.treatment <> 'default' or nearest.code <> function_code then nearest.division end as cofog_division,
        case when nearest.treatment <> 'default' or nearest.code <> function_code then nearest."group" end as cofog_group
    from crossed
)
select
    s.document_id, s.region_code, r.name as region_name, s.department_id, s.department_name, s.organisation_scope,
    s.fiscal_year, s.phase, s.table_type, s.table_id, s.fund_type, s.expenditure_kind, s.amount_basis,
    s.function_code, f.name as function_name, s.function_code[:3] as function_class_code, c.name as function_class_name,
    f.name_en as function_name_en, c.name_en as function_class_name_en,
    p.cofog_division, d.name as cofog_division_name, d.name_en as cofog_division_name_en,
    p.cofog_group, g.name as cofog_group_name, g.name_en as cofog_group_name_en,
    case when s.function_code is not null then coalesce(p.cofog_treatment, 'unlisted') end as cofog_treatment,
    cast(sum(s.amount_cny) as decimal(20, 2)) as amount_cny,
    list(s.line_id order by s.line_number) as line_ids
from leaves as s
left join ref_regions as r on r.code = s.region_code
left join function_names as f on f.code = s.function_code and s.fiscal_year between f.first_year and f.last_year
left join function_names as c on c.code = s.function_code[:3] and s.fiscal_year between c.first_year and c.last_year
left join placed as p on p.function_code = s.function_code and p.fiscal_year = s.fiscal_year
left join ref_cofog_codes as d on d.code = p.cofog_division
left join ref_cofog_codes as g on g.code = p.cofog_group
group by all
