{{ config(materialized='table') }}

-- How many dossiers were observed from which net age to which, by year and resolving agency (methods §4.5). Most live
-- and end inside one year: observed from before day 0, they leave at their net time. The others are aged by year.
with observed as (
    select
        y.received_year as year,
        y.agency_id,
        -1 as entry_days,
        y.net_days as exit_days,
        {{ exit_kind('y.end_reason') }} as exit_kind,
        y.n as n_dossiers
    from {{ ref('int_dossier_year_counts') }} as y
    cross join {{ ref('stg_run') }} as r
    where
        y.net_days is not null
        and coalesce(y.deadline_unit, 'working_day') = 'working_day'
        and y.received_year = case when y.end_reason is null then extract(year from r.as_of_date) else y.ended_year end
    union all
    select
        year,
        agency_id,
        entry_days,
        exit_days,
        exit_kind,
        count(*) as n_dossiers
    from {{ ref('int_dossier_years_aged') }}
    group by year, agency_id, entry_days, exit_days, exit_kind
)

select
    cast(year as integer) as year,
    agency_id,
    cast(entry_days as bigint) as entry_days,
    cast(exit_days as bigint) as exit_days,
    exit_kind,
    cast(sum(n_dossiers) as bigint) as n_dossiers
from observed
group by year, agency_id, entry_days, exit_days, exit_kind
