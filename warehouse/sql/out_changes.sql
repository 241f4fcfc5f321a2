-- What rose and fell by what the text says. A percentage belongs to the amount of the same thing and period that stands right before
-- it; where only one of the two is stated the other is null. A percentage with more than two decimals would be rounded here: it stays
-- null, and the evidence and core_statements have it.
with
changes as (
    select *, case when try_cast(value as decimal(38, 10)) = try_cast(value as decimal(20, 2)) then try_cast(value as decimal(20, 2)) end
        as percent,
        regexp_extract(statement_key, '^change\.(.*)\.(amount|percent)$$', 1) as changed,
        statement_key like '%.percent' as is_percent
    from stated
    where regexp_matches(statement_key, '^change\..*\.(amount|percent)$$') and period like 'current_vs_%'
),
paired as (
    select *,
        lead(is_percent) over thing as percent_follows,
        lead(percent) over thing as following_percent,
        lead(direction) over thing as following_direction,
        lead(statement_number) over thing as following_number,
        lag(is_percent) over thing as percent_before,
        lag(direction) over thing as direction_before,
        lag(statement_number) over thing as number_before
    from changes
    window thing as (partition by document_id, changed, subject, period order by statement_number)
)
select
    document_id, statement_number, region_code, region_name, department_id, department_name, organisation_scope, fiscal_year, phase,
    statement_key, subject, direction, period, amount_cny,
    case
        when is_percent then percent
        when percent_follows and following_number = statement_number + 1 and following_direction is not distinct from direction
            then following_percent
    end as change_percent,
    reason, evidence, page, line_ids, is_contradicted, url
from paired
where not (
    is_percent and percent_before is false and number_before = statement_number - 1 and direction_before is not distinct from direction
)
