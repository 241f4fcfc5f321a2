-- Every visible line with the Chinese words for its codes. One row a published amount, as in core_budget_lines: do not sum it
-- without fixing table_type, row_kind, fund_type, expenditure_kind and amount_basis. The out_spending_ views do that.
select
    l.line_id, l.document_id, l.region_code, r.name as region_name, l.department_id, l.department_name, l.organisation_scope,
    l.fiscal_year, l.phase, label_of_phase(l.phase) as phase_name,
    l.table_type, label_of_table_type(l.table_type) as table_type_name, l.table_id, l.table_instance, l.table_title,
    l.unit_code, l.unit_name,
    l.direction, label_of_direction(l.direction) as direction_name,
    l.row_kind, label_of_row_kind(l.row_kind) as row_kind_name, l.line_number, l.column_number, l.line_label,
    l.function_code, f.name as function_name,
    l.econ_department_code, ed.name as econ_department_name,
    l.econ_government_code, eg.name as econ_government_name,
    l.code_source, l.item_key, l.project_name,
    l.fund_type, label_of_fund_type(l.fund_type) as fund_type_name,
    l.expenditure_kind, label_of_expenditure_kind(l.expenditure_kind) as expenditure_kind_name,
    l.amount_basis, label_of_amount_basis(l.amount_basis) as amount_basis_name,
    l.amount_cny, l.amount_state, l.amount_reported, l.unit_reported, l.page, l.bbox,
    l.confidence, l.verified_by, l.contradicted_by, d.url
from core_budget_lines as l
left join core_disclosures as d on d.document_id = l.document_id
left join ref_regions as r on r.code = l.region_code
left join function_names as f on f.code = l.function_code and l.fiscal_year between f.first_year and f.last_year
left join econ_department_names as ed on ed.code = l.econ_department_code and l.fiscal_year between ed.first_year and ed.last_year
left join econ_government_names as eg on eg.code = l.econ_government_code and l.fiscal_year between eg.first_year and eg.last_year
