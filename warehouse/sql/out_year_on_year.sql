-- Spending by function of one department in two consecutive years, both from out_spending_by_function: the same fund, kind, basis,
-- phase and scope in both, or no row. A function that one of the two years does not print stands with null on that side: whether it
-- was nothing, or merged into another code, the documents do not say.
with
totals as (
    select department_id, region_code, region_name, department_name, organisation_scope, fiscal_year, phase, fund_type,
        expenditure_kind, amount_basis, document_id, function_code, function_name, amount_cny
    from out_spending_by_function
    where department_id is not null and function_code is not null
),
documents as (
    select distinct department_id, region_code, region_name, department_name, organisation_scope, fiscal_year, phase, fund_type,
        expenditure_kind, amount_basis, document_id
    from totals
),
pairs as (
    select later.*, earlier.document_id as previous_document_id
    from documents as later
    join documents as earlier using (department_id, organisation_scope, phase, fund_type, expenditure_kind, amount_basis)
    where earlier.fiscal_year = later.fiscal_year - 1
),
functions as (
    select p.document_id, p.previous_document_id, t.function_code, max(t.function_name) as function_name
    from pairs as p
    join totals as t on t.document_id in (p.document_id, p.previous_document_id)
    group by all
)
select
    p.document_id, p.previous_document_id, p.region_code, p.region_name, p.department_id, p.department_name, p.organisation_scope,
    p.fiscal_year, p.phase, p.fund_type, p.expenditure_kind, p.amount_basis, f.function_code, f.function_name,
    now.amount_cny, before.amount_cny as previous_amount_cny,
    cast(now.amount_cny - before.amount_cny as decimal(20, 2)) as change_cny,
    cast(round(100 * (now.amount_cny - before.amount_cny) / nullif(before.amount_cny, 0), 2) as decimal(20, 2)) as change_percent
from pairs as p
join functions as f on f.document_id = p.document_id and f.previous_document_id = p.previous_document_id
left join totals as now on now.document_id = p.document_id and now.function_code = f.function_code
left join totals as before on before.document_id = p.previous_document_id and before.function_code = f.function_code
