{{ config(materialized='table') }}

-- Every count of the month by resolving agency; all rates are taken from these.
{%- set measures = [
    'received', 'finished', 'refused', 'withdrawn', 'stopped', 'early', 'on_time', 'late', 'open', 'open_overdue',
    'paused', 'due_on_time', 'due_late', 'system_same', 'system_different', 'not_recomputable', 'invalid_dates'
] %}

with counts as (
    select
        month,
        agency_id,
        {%- for measure in measures %}
            cast(sum(case when measure = '{{ measure }}' then n else 0 end) as bigint) as n_{{ measure }}
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref('int_month_measures') }}
    where n > 0
    group by month, agency_id
)

select
    month,
    agency_id,
    coalesce(lag(n_open) over (partition by agency_id order by month nulls last), 0) as n_carried_over,
    n_received,
    n_finished + n_refused as n_finished,
    n_withdrawn,
    n_stopped,
    n_early,
    n_on_time,
    n_late,
    n_open,
    n_open_overdue,
    n_paused,
    n_due_on_time + n_due_late as n_due_cohort,
    n_due_on_time,
    n_system_same + n_system_different as n_system_compared,
    n_system_different,
    n_not_recomputable,
    n_invalid_dates
from counts
