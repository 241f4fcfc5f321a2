-- Each line of a department's own tables of appropriations beside the sum of the same line over the documents of its units that are
-- here. Which documents are units of which department is what core_cross_checks found; the same line is the same kind of table,
-- code or item, fund, kind and basis. A line that a document prints twice in one meaning is left out: which one counts is not known.
with
members as (
    select distinct document_id as department_document_id, unnest(other_document_ids) as document_id
    from core_cross_checks
    where comparison_kind = 'department_units' and not list_contains(other_document_ids, document_id)
),
-- An identity was evaluated, which is claimed only where every unit that the department lists is here.
complete as (
    select distinct document_id
    from core_cross_checks
    where comparison_kind = 'department_units' and not list_contains(other_document_ids, document_id) and left_cny is not null
),
taking_part as (
    select department_document_id as document_id from members
    union
    select document_id from members
),
own_tables as (
    select t.document_id, t.table_id
    from core_tables as t
    join core_disclosures as d on d.document_id = t.document_id
    where t.document_id in (from taking_part) and t.table_type in ('appropriation_expenditure', 'appropriation_basic_expenditure',
        'general_budget_expenditure', 'general_budget_basic_expenditure', 'government_fund_expenditure', 'state_capital_expenditure')
    qualify count(*) over (partition by t.document_id, t.table_type) = 1
        or (((t.unit_name is null and t.unit_code is null) or t.unit_name = d.department_name)
            and row_number() over (partition by t.document_id, t.table_type
                order by (t.unit_name is null and t.unit_code is null) or t.unit_name = d.department_name desc, t.table_instance, t.table_id) = 1)
),
lines as (
    select l.document_id, l.line_id, l.table_type, l.row_kind, l.line_label, l.function_code, l.econ_department_code,
        l.econ_government_code, l.item_key, l.fund_type, l.expenditure_kind, l.amount_basis, l.amount_cny, l.page
    from core_budget_lines as l
    join own_tables as o on o.table_id = l.table_id
    where l.direction = 'expenditure' and l.unit_name is null and l.amount_basis in ('budget', 'actual')
        and (l.row_kind = 'total' or l.function_code is not null or l.econ_department_code is not null or l.econ_government_code is not null)
    union all
    select l.document_id, l.line_id, 'three_public_expenditure', p.row_kind, p.line_label, null, null, null, l.item_key, l.fund_type,
        'total', l.amount_basis, l.amount_cny, l.page
    from out_three_public as l
    join core_budget_lines as p on p.line_id = l.line_id
    where l.document_id in (from taking_part) and l.amount_basis in ('budget', 'actual')
),
told as (
    select *,
        -- What makes two lines of two documents the same line; a total has no code, so its kind of row takes part.
        hash(table_type, case when row_kind = 'total' then 'total' end, function_code, econ_department_code, econ_government_code,
            item_key, fund_type, expenditure_kind, amount_basis) as meaning
    from lines
    where amount_cny is not null
    qualify count(*) over (partition by document_id, table_type, case when row_kind = 'total' then 'total' end, function_code,
        econ_department_code, econ_government_code, item_key, fund_type, expenditure_kind, amount_basis) = 1
),
sums as (
    select m.department_document_id, u.meaning, count(*) as unit_count, cast(sum(u.amount_cny) as decimal(20, 2)) as units_cny,
        list(u.line_id order by u.line_id) as unit_line_ids
    from members as m
    join told as u on u.document_id = m.document_id
    group by all
),
documents as (
    select m.department_document_id as document_id, count(*) as unit_document_count,
        m.department_document_id in (from complete) as is_complete,
        (select count(distinct l.unit_name) from core_budget_lines as l
            where l.document_id = m.department_document_id and l.unit_name is not null) as listed_unit_count
    from members as m
    group by all
)
select
    d.document_id, d.region_code, r.name as region_name, d.department_id, d.department_name, d.fiscal_year, d.phase,
    l.table_type, label_of_table_type(l.table_type) as table_type_name, l.row_kind, l.line_label,
    l.function_code, l.econ_department_code, l.econ_government_code, l.item_key, l.fund_type, l.expenditure_kind, l.amount_basis,
    l.amount_cny, s.units_cny, cast(l.amount_cny - s.units_cny as decimal(20, 2)) as difference_cny,
    cast(round(100 * s.units_cny / nullif(l.amount_cny, 0), 2) as decimal(20, 2)) as units_percent,
    cast(coalesce(s.unit_count, 0) as integer) as unit_count, cast(c.unit_document_count as integer) as unit_document_count,
    cast(c.listed_unit_count as integer) as listed_unit_count, c.is_complete,
    l.line_id, coalesce(s.unit_line_ids, []) as unit_line_ids, l.page
from documents as c
join core_disclosures as d on d.document_id = c.document_id
join told as l on l.document_id = c.document_id
left join sums as s on s.department_document_id = c.document_id and s.meaning = l.meaning
left join ref_regions as r on r.code = d.region_code
