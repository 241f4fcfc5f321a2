-- For each document the one column of one table that stands for its spending, or the reason why there is none. How the same yuan
-- is kept from being counted twice:
--   1. One table: of each kind of table the department's own (tables of subordinate units carry a unit's name), the first instance;
--      where all of several carry units' names, none. One column of it: its fund, kind and basis are those of spending.yml.
--   2. Leaves only, and they must add up to the total that the table prints, within the rounding of its printed digits. A row that
--      was taken for a leaf and is none, or a unit's rows below the department's, break the sum, and the table is not used.
--   3. Documents: not a document that a newer one replaced, nor a second document of the same department, year and phase, nor a
--      unit's document where its department's, which includes it, is here.
with
candidates(rank, table_type, fund_type, expenditure_kind) as (values $candidates),
lines as (
    select l.*, $code as code, c.rank,
        case l.unit_reported when '亿元' then 100000000 when '万元' then 10000 when '千元' then 1000 when '元' then 1 end as unit_cny,
        length(regexp_extract(regexp_replace(l.amount_reported, '\s', '', 'g'), '[.．]([0-9]+)', 1)) as decimals
    from core_budget_lines as l
    join candidates as c using (table_type, fund_type, expenditure_kind)
    where l.direction = 'expenditure' and l.amount_basis = case l.phase when 'final' then 'actual' else 'budget' end
),
printed_columns as (
    select document_id, table_id, table_type, table_instance, column_number, rank, fund_type, expenditure_kind, amount_basis,
        count(amount_cny) filter (row_kind = 'item') as leaf_count,
        count(amount_cny) filter (row_kind = 'item' and code is not null) as coded_count,
        coalesce(sum(amount_cny) filter (row_kind = 'item'), 0) as leaf_sum_cny,
        max(amount_cny) filter (row_kind = 'total') as total_row_cny,
        sum(amount_cny) filter (row_kind = 'subtotal' and length(code) = 3) as class_rows_cny,
        max(unit_cny) / power(10, max(decimals)) as last_digit_cny
    from lines
    group by all
),
tables as (
    select t.document_id, t.table_id, t.table_type, t.table_instance,
        (t.unit_name is null and t.unit_code is null) or t.unit_name = d.department_name as is_own
    from core_tables as t
    join core_disclosures as d on d.document_id = t.document_id
    where t.table_type in (select table_type from candidates) and t.table_id in (select table_id from printed_columns)
),
own_tables as (
    select table_id
    from tables
    qualify count(*) over (partition by document_id, table_type) = 1
        or (is_own and row_number() over (partition by document_id, table_type order by is_own desc, table_instance, table_id) = 1)
),
judged as (
    select p.*,
        coalesce(total_row_cny, class_rows_cny) as printed_total_cny,
        cast((leaf_count + 1) * last_digit_cny / 2 as decimal(20, 2)) as envelope_cny,
        coalesce(coded_count > 0 and abs(leaf_sum_cny - coalesce(total_row_cny, class_rows_cny)) <= (leaf_count + 1) * last_digit_cny / 2,
            false) as adds_up
    from printed_columns as p
    where table_id in (select table_id from own_tables)
),
chosen as (
    select *
    from judged
    -- Of columns of one meaning the one with the largest total: the others are parts of it.
    qualify row_number() over (
        partition by document_id order by adds_up desc, rank, printed_total_cny desc nulls last, column_number, table_id) = 1
),
listed_units as (
    select document_id, unit_name from core_tables where unit_name is not null
    union
    select document_id, unit_name from core_budget_lines where unit_name is not null
),
documents as (
    select d.*, c.* exclude (document_id),
        d.document_id in (select document_id from tables) as has_table,
        coalesce(c.adds_up, false) and d.superseded_by is null as is_usable
    from core_disclosures as d
    left join chosen as c on c.document_id = d.document_id
    where d.status <> 'refused'
),
ranked as (
    select *,
        row_number() over (
            partition by is_usable, region_code, coalesce(department_id, document_id), fiscal_year, phase
            order by organisation_scope, fetched_at desc nulls last, document_id) as place
    from documents
),
included as (
    select unit.document_id
    from ranked as unit
    join ranked as department
        on department.is_usable and department.place = 1 and department.document_id <> unit.document_id
        and department.organisation_scope = 'department' and unit.organisation_scope = 'unit'
        and department.region_code is not distinct from unit.region_code
        and department.fiscal_year = unit.fiscal_year and department.phase = unit.phase
    join listed_units as listed on listed.document_id = department.document_id and listed.unit_name = unit.department_name
    union
    -- The registry knows more names than the tables print: 本级 is a unit of its department under the department's own name.
    select unit.document_id
    from (
        select distinct document_id, unnest(other_document_ids) as unit_id
        from core_cross_checks
        where comparison_kind = 'department_units'
    ) as pair
    join ranked as unit on unit.document_id = pair.unit_id and unit.document_id <> pair.document_id
    join ranked as department on department.document_id = pair.document_id and department.is_usable and department.place = 1
)
select
    '$classification' as classification, document_id, region_code, department_id, department_name, organisation_scope, fiscal_year, phase,
    case
        when superseded_by is not null then 'superseded'
        when is_usable and place > 1 then 'duplicate'
        when is_usable and document_id in (from included) then 'within_department'
        when is_usable then 'used'
        when not has_table then 'no_table'
        when table_id is null then 'only_unit_tables'
        when coded_count = 0 then 'no_codes'
        when printed_total_cny is null then 'no_total'
        else 'does_not_add_up'
    end as source_outcome,
    table_type, table_id, column_number, fund_type, expenditure_kind, amount_basis,
    cast(leaf_count as integer) as leaf_count,
    cast(leaf_sum_cny as decimal(20, 2)) as leaf_sum_cny,
    cast(printed_total_cny as decimal(20, 2)) as printed_total_cny,
    cast(leaf_sum_cny - printed_total_cny as decimal(20, 2)) as difference_cny,
    envelope_cny
from ranked
