{{ config(materialized='table') }}

-- Every count of every period by resolving agency; all rates are taken from these. Running totals answer for any
-- period: what happened in it is the total at its end less the total before its start, and a stock is what began less
-- what ended by then.
{%- set flows = [
    'received', 'finished', 'refused', 'withdrawn', 'stopped', 'early', 'on_time', 'late', 'due_on_time', 'due_late',
    'system_same', 'system_different', 'not_recomputable', 'invalid_dates'
] %}
{%- set stocks = ['overdue_started', 'overdue_ended', 'pause_started', 'pause_ended', 'paused_today'] %}

with counts as (
    select
        agency_id,
        day,
        measure,
        n
    from {{ ref('int_dossier_day_counts') }}
    union all
    select
        agency_id,
        day,
        measure,
        n
    from {{ ref('int_pause_day_counts') }}
),

days as (
    select
        agency_id,
        day,
        {%- for measure in flows + stocks %}
            cast(sum(case when measure = '{{ measure }}' then n else 0 end) as bigint) as n_{{ measure }}
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from counts
    group by agency_id, day
),

totals as (
    select
        agency_id,
        day,
        coalesce(lead(day) over (partition by agency_id order by day nulls last), date '9999-12-31') as next_day,
        {%- for measure in flows + stocks %}
            cast(
                sum(n_{{ measure }}) over (
                    partition by agency_id order by day nulls last rows between unbounded preceding and current row
                ) as bigint
            ) as n_{{ measure }}
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from days
),

states as (
    select
        *,
        n_received - n_finished - n_refused - n_withdrawn - n_stopped as n_open,
        n_overdue_started - n_overdue_ended as n_open_overdue,
        n_pause_started - n_pause_ended as n_paused
    from totals
),

before_start as (
    select
        p.period_kind,
        p.period_key,
        s.*
    from {{ ref('int_reporting_periods') }} as p
    inner join states as s on p.start_date > s.day and p.start_date <= s.next_day
),

counted as (
    select
        p.period_kind,
        p.period_key,
        p.start_date,
        p.end_date,
        e.agency_id,
        {%- for measure in flows %}
            e.n_{{ measure }} - coalesce(s.n_{{ measure }}, 0) as n_{{ measure }},
        {%- endfor %}
        coalesce(s.n_open, 0) as n_carried_over,
        e.n_open,
        e.n_open_overdue,
        case when p.end_date = r.as_of_date then e.n_paused_today else e.n_paused end as n_paused
    from {{ ref('int_reporting_periods') }} as p
    cross join {{ ref('stg_run') }} as r
    inner join states as e on p.end_date >= e.day and p.end_date < e.next_day
    left join before_start as s
        on p.period_kind = s.period_kind and p.period_key = s.period_key and e.agency_id = s.agency_id
)

select
    period_kind,
    period_key,
    start_date,
    end_date,
    agency_id,
    n_carried_over,
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
from counted
where n_carried_over + n_received + n_due_on_time + n_due_late > 0
