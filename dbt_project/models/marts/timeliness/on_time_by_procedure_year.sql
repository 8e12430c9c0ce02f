-- The time limit shown is the one last in force in the year.
with limits as (
    select
        y.period_key as year,
        p.procedure_code,
        p.deadline_length,
        p.deadline_unit,
        row_number() over (
            partition by y.period_key, p.procedure_code order by p.valid_from desc nulls last
        ) as recency
    from {{ ref('int_reporting_periods') }} as y
    inner join {{ ref('stg_procedures') }} as p
        on y.end_date >= p.valid_from and y.start_date < coalesce(p.valid_to, date '9999-12-31')
    where y.period_kind = 'year'
),

net_times as (
    select
        resolving_agency_id as agency_id,
        procedure_code,
        extract(year from finished_at) as year,
        cast(round(percentile_cont(0.5) within group (order by net_days nulls last), 4) as double) as median_days,
        cast(round(percentile_cont(0.9) within group (order by net_days nulls last), 4) as double) as p90_days
    from {{ ref('fct_dossier') }}
    where is_in_flow and deadline_status in ('early', 'on_time', 'late')
    group by resolving_agency_id, procedure_code, extract(year from finished_at)
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
    c.n_paused,
    c.n_due_cohort,
    c.n_due_on_time,
    {{ on_time_rates('c') }},
    {{ percent('c.n_system_different', 'c.n_system_compared') }} as system_disagreement_pct,
    c.n_not_recomputable,
    c.n_invalid_dates,
    case when c.n_due_cohort = 0 then 'no_data' else 'ok' end as estimate_status,
    t.median_days,
    t.p90_days,
    l.deadline_length,
    l.deadline_unit,
    r.method_version,
    r.as_of_date
from {{ ref('int_procedure_years_counted') }} as c
left join net_times as t on c.year = t.year and c.agency_id = t.agency_id and c.procedure_code = t.procedure_code
left join limits as l on c.year = cast(l.year as integer) and c.procedure_code = l.procedure_code and l.recency = 1
cross join {{ ref('stg_run') }} as r
where c.procedure_code is not null
