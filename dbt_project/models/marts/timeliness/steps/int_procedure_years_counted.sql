{{ config(materialized='table') }}

-- The counts of the year by resolving agency and procedure. A dossier without a procedure code is counted under none.
with years as (
    select
        p.end_date,
        cast(p.period_key as integer) as year,
        p.end_date = r.as_of_date as is_today
    from {{ ref('int_reporting_periods') }} as p
    cross join {{ ref('stg_run') }} as r
    where p.period_kind = 'year'
),

dossiers as (
    select
        *,
        greatest(ended_year, coalesce(due_year, ended_year)) as last_year
    from {{ ref('int_dossier_year_counts') }}
),

-- Of the years before, the pauses tell which dossiers stood still at the end; few of them last into the next year.
paused as (
    select
        y.year,
        d.resolving_agency_id as agency_id,
        d.procedure_code,
        count(*) as n_paused
    from {{ ref('int_dossier_pauses_merged') }} as p
    inner join years as y
        on p.stop_date <= y.end_date and (p.is_open or p.resume_date > y.end_date) and not y.is_today
    inner join {{ ref('fct_dossier') }} as d on p.dossier_code = d.dossier_code
    where d.is_in_flow and (p.is_open or extract(year from p.stop_date) < extract(year from p.resume_date))
    group by y.year, d.resolving_agency_id, d.procedure_code
),

{%- set happened = {
    'n_carried_over': 'd.received_year < y.year and y.year <= d.ended_year',
    'n_received': 'd.received_year = y.year',
    'n_finished': "d.ended_year = y.year and d.end_reason in ('finished', 'refused')",
    'n_withdrawn': "d.ended_year = y.year and d.end_reason = 'withdrawn'",
    'n_stopped': "d.ended_year = y.year and d.end_reason = 'stopped'",
    'n_early': "d.ended_year = y.year and d.deadline_status = 'early'",
    'n_on_time': "d.ended_year = y.year and d.deadline_status = 'on_time'",
    'n_late': "d.ended_year = y.year and d.deadline_status = 'late'",
    'n_open': 'd.received_year <= y.year and y.year < d.ended_year',
    'n_open_overdue': 'd.overdue_from_year <= y.year and y.year < d.ended_year',
    'n_paused_today': 'y.is_today and d.is_paused',
    'n_due_cohort': 'd.due_year = y.year',
    'n_due_on_time': 'd.due_year = y.year and d.is_on_time',
    'n_system_compared': 'd.ended_year = y.year and d.is_same is not null',
    'n_system_different': 'd.ended_year = y.year and not d.is_same',
    'n_not_recomputable': "d.received_year = y.year and d.deadline_status = 'not_recomputable'",
    'n_invalid_dates': "d.received_year = y.year and d.deadline_status = 'invalid_dates'",
} %}

counted as (
    select
        y.year,
        d.agency_id,
        d.procedure_code,
        {%- for name, condition in happened.items() %}
            cast(sum(case when {{ condition }} then d.n else 0 end) as bigint) as {{ name }}
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from dossiers as d
    inner join years as y on d.received_year <= y.year and d.last_year >= y.year
    group by y.year, d.agency_id, d.procedure_code
)

select
    c.year,
    c.agency_id,
    c.procedure_code,
    c.n_carried_over,
    c.n_received,
    c.n_finished,
    c.n_withdrawn,
    c.n_stopped,
    c.n_early,
    c.n_on_time,
    c.n_late,
    c.n_open,
    c.n_open_overdue,
    c.n_paused_today + coalesce(p.n_paused, 0) as n_paused,
    c.n_due_cohort,
    c.n_due_on_time,
    c.n_system_compared,
    c.n_system_different,
    c.n_not_recomputable,
    c.n_invalid_dates
from counted as c
left join paused as p
    on c.year = p.year and c.agency_id = p.agency_id and c.procedure_code is not distinct from p.procedure_code
where c.n_carried_over + c.n_received + c.n_due_cohort > 0
