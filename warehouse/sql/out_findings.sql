-- What a person should look at, with the document it is of and where its page is.
select
    f.document_id, f.finding_number, d.region_code, r.name as region_name, d.department_id, d.department_name, d.fiscal_year, d.phase,
    d.title, d.status, f.finding_kind, f.severity, f.whose, f.message, f.hint, f.fitting_value, f.page, f.line_ids,
    case when f.page is null then d.url else d.url || '#page=' || f.page end as url
from core_findings as f
join core_disclosures as d on d.document_id = f.document_id
left join ref_regions as r on r.code = d.region_code
