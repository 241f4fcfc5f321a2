-- What the department's own table of the three public expenses prints, one row an item, fund and basis. Where rows are units or
-- functions beside a total row, the total row counts; an item that several rows print without one total row is left out.
with
own_tables as (
    select t.document_id, t.table_id
    from core_tables as t
    join core_disclosures as d on d.document_id = t.document_id
    where t.table_type = 'three_public_expenditure' and d.status <> 'refused' and d.superseded_by is null
        and (t.unit_name is null or t.unit_name = d.department_name)
    qualify row_number() over (partition by t.document_id order by t.table_instance, t.table_id) = 1
),
lines as (
    select l.*
    from core_budget_lines as l
    join own_tables as o on o.table_id = l.table_id
    where l.item_key in ('three_public_total', 'overseas_travel', 'official_vehicles', 'vehicle_purchase', 'vehicle_operation',
        'hospitality', 'meetings', 'training')
    window meaning as (partition by l.table_id, l.item_key, l.fund_type, l.amount_basis)
    qualify count(*) over meaning = 1 or (l.row_kind = 'total' and count(*) filter (l.row_kind = 'total') over meaning = 1)
)
select
    l.document_id, l.region_code, r.name as region_name, l.department_id, l.department_name, l.organisation_scope,
    l.fiscal_year, l.phase, l.fund_type, l.amount_basis, l.item_key, label_of_item_key(l.item_key) as item_name,
    l.amount_cny, l.amount_state, l.line_id, l.page, l.confidence, d.url
from lines as l
join core_disclosures as d on d.document_id = l.document_id
left join ref_regions as r on r.code = l.region_code
