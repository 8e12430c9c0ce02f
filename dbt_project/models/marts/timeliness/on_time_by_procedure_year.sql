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
    inner join {{ source('registry', 'procedures') }} as p
        on y.end_date >= p.valid_from and y.start_date < coalesce(p.valid_to, date '9999-12-31')
    where y.period_kind = 'year'
),

completed as (
    select
        agency_id,
        procedure_code,
        ended_year as year,
        net_days,
        cast(sum(n) as bigint) as n
    from {{ ref('int_dossier_year_counts') }}
    where deadline_status in ('early', 'on_time', 'late') and net_days is not null
    group by agency_id, procedure_code, ended_year, net_days
),

-- Quantiles of type 7 from counts: the place of the k-th dossier, counted from 0, is known by how many come before.
placed as (
    select
        agency_id,
        procedure_code,
        year,
        net_days,
        cast(
            sum(n) over (
                partition by agency_id, procedure_code, year order by net_days nulls last
                rows between unbounded preceding and current row
            ) as bigint
        ) as n_until,
        cast(sum(n) over (partition by agency_id, procedure_code, year) as bigint) - 1 as last_place
    from completed
),

net_times as (
    select
        agency_id,
        procedure_code,
        year,
        {%- for name, share in {'median_days': 0.5, 'p90_days': 0.9}.items() %}
            {%- set place = 'last_place * ' ~ share %}
            cast(
                round(
                    min(case when n_until > floor({{ place }}) then net_days end)
                    + max({{ place }} - floor({{ place }})) * (
                        min(case when n_until > ceil({{ place }}) then net_days end)
                        - min(case when n_until > floor({{ place }}) then net_days end)
                    ), 4
                ) as double
            ) as {{ name }}
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from placed
    group by agency_id, procedure_code, year
)

select
    c.year,
    c.agency_id,
    c.procedure_code,
    {{ on_time_counts('c') }},
    {{ on_time_rates('c') }},
    {{ percent('c.n_system_different', 'c.n_system_compared') }} as system_disagreement_pct,
    c.n_not_recomputable,
    c.n_invalid_dates,
    case when c.n_due_cohort = 0 then 'no_data' else 'ok' end as estimate_status,
    t.median_days,
    t.p90_days,
    l.deadline_length,
    l.deadline_unit,
    coalesce(s.is_small_cell, true) as is_small_cell,
    {{ run_stamp() }}
from {{ ref('int_procedure_years_counted') }} as c
left join {{ ref('int_small_cells') }} as s
    on c.year = s.year and c.agency_id = s.agency_id and c.procedure_code = s.procedure_code
left join net_times as t on c.year = t.year and c.agency_id = t.agency_id and c.procedure_code = t.procedure_code
left join limits as l on c.year = cast(l.year as integer) and c.procedure_code = l.procedure_code and l.recency = 1
where c.procedure_code is not null
