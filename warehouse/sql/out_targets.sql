-- What departments promise, one row an indicator, with the amount of its project where the document prints one.
select
    t.document_id, t.target_number, d.region_code, r.name as region_name, d.department_id, d.department_name, d.organisation_scope,
    d.fiscal_year, d.phase, t.project, p.amount_cny as project_amount_cny, t.unit_name, t.level_1, t.level_2, t.level_3, t.indicator,
    t.operator, t.value, t.value_2, t.unit, t.weight, t.value_reported, t.is_prose, t.page, d.url || '#page=' || t.page as url
from core_performance_targets as t
join core_disclosures as d on d.document_id = t.document_id
left join core_projects as p on p.document_id = t.document_id and p.project_number = t.project_number
left join ref_regions as r on r.code = d.region_code
where d.superseded_by is null
