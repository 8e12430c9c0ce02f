{{ config(materialized='table') }}

-- How many dossiers are alike in all that a year tells of them, by resolving agency and procedure: millions become some
-- ten thousand rows. An open one has its end in year 9999.
with dossiers as (
    select
        *,
        extract(year from received_at) as received_year,
        coalesce(extract(year from counted_end_date), 9999) as ended_year,
        extract(year from overdue_from_date) as overdue_from_year,
        extract(year from case when is_in_due_cohort then due_adjusted_date end) as due_year,
        case when deadline_status in ('early', 'on_time', 'late') then system_status = deadline_status end as is_same
    from {{ ref('fct_dossier') }}
    where is_in_flow
)

select
    resolving_agency_id as agency_id,
    procedure_code,
    received_year,
    ended_year,
    overdue_from_year,
    due_year,
    end_reason,
    deadline_status,
    deadline_unit,
    is_on_time,
    is_paused,
    is_same,
    net_days,
    count(*) as n
from dossiers
group by
    resolving_agency_id, procedure_code, received_year, ended_year, overdue_from_year, due_year, end_reason,
    deadline_status, deadline_unit, is_on_time, is_paused, is_same, net_days
