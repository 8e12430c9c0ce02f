{{ config(materialized='table') }}

-- How many dossiers have the same flags and could show the same ones, by agency and year.
with dossiers as (
    select
        *,
        resolving_agency_id as agency_id,
        cast(extract(year from received_at) as integer) as received_year,
        cast(extract(year from counted_end_date) as integer) as finished_year,
        deadline_status in ('early', 'on_time', 'late') and deadline_unit <> 'hour' as is_completed,
        deadline_status = 'early' and deadline_length > 1 as is_early,
        deadline_status = 'on_time' as is_on_due_day,
        paused_days > 0 or is_paused as is_stopped_once,
        system_status is not null and due_original_date is not null as is_printed
    from {{ ref('fct_dossier') }}
    where is_in_flow
)

select
    agency_id,
    received_year,
    finished_year,
    is_completed,
    is_early,
    is_on_due_day,
    is_stopped_once,
    is_printed,
    flags,
    count(*) as n
from dossiers
group by
    agency_id, received_year, finished_year, is_completed, is_early, is_on_due_day, is_stopped_once, is_printed, flags
