-- A code's name by year. The first entry of a code reaches back, and the last one forward, where its year is no more than the
-- edge of the evidence; a year in which something changed stands. Entries of one code never overlap, so a join finds one name.
select
    code, name, name_en,
    case when row_number() over earliest = 1 and coalesce(valid_from_basis, '') in ('first_seen', 'listed_2009', '') then 0
         else coalesce(valid_from, 0) end as first_year,
    case when row_number() over latest = 1 and coalesce(valid_to_basis, '') in ('last_seen', 'upper_bound') then 9999
         else coalesce(valid_to, 9999) end as last_year
from $list
window earliest as (partition by code order by valid_from), latest as (partition by code order by valid_from desc)
