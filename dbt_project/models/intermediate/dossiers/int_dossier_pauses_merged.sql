{{ config(materialized='table') }}

-- Overlapping and touching pauses are one island; a day is never taken off twice. Pauses of one day may be apart by
-- the clock of a limit in hours.
with numbered as (
    select
        *,
        cast(
            sum(
                case
                    when reached_date is null or stop_date > reached_date or stop_index > reached_index then 1 else 0
                end
            ) over (
                partition by dossier_code order by pause_no nulls last
                rows between unbounded preceding and current row
            ) as bigint
        ) as island
    from {{ ref('int_dossier_pauses_ordered') }}
)

select
    dossier_code,
    resolving_agency_id,
    deadline_length,
    received_index,
    is_due_moved,
    min(stop_date) as stop_date,
    max(resume_date) as resume_date,
    min(stop_index) as stop_index,
    max(resume_index) as resume_index,
    max(case when is_open then 1 else 0 end) = 1 as is_open
from numbered
group by dossier_code, resolving_agency_id, deadline_length, received_index, is_due_moved, island
