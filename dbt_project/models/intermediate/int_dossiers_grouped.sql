{{ config(materialized='table') }}

-- All that the monthly counts need to know of a dossier, so that millions of rows are read once. One with invalid
-- dates is counted as received and as ended, both in the month of its receipt: it is in no stock.
with keyed as (
    select
        resolving_agency_id as agency_id,
        {{ month_of('received_at') }} as received_month,
        {{ month_of("case when deadline_status = 'invalid_dates' then received_at else finished_at end") }}
            as finished_month,
        {{ month_of('overdue_from_date') }} as overdue_from_month,
        case when is_in_due_cohort then {{ month_of('due_adjusted_date') }} end as due_month,
        end_reason,
        deadline_status,
        is_on_time,
        is_paused,
        system_status is not null as is_system_known,
        coalesce(system_status <> deadline_status, false) as is_system_different
    from {{ ref('fct_dossier') }}
    where is_in_flow
)

select
    agency_id,
    received_month,
    finished_month,
    overdue_from_month,
    due_month,
    end_reason,
    deadline_status,
    is_on_time,
    is_paused,
    is_system_known,
    is_system_different,
    count(*) as n_dossiers
from keyed
group by
    agency_id, received_month, finished_month, overdue_from_month, due_month, end_reason, deadline_status,
    is_on_time, is_paused, is_system_known, is_system_different
