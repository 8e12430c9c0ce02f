-- R1 adds up over periods and procedures, and so does what came and ended; at its end a year has what its last month
-- has.
with months as (
    select
        substr(period_key, 1, 4) as year,
        agency_id,
        cast(sum(n_due_cohort) as bigint) as n_due_cohort,
        cast(sum(n_due_on_time) as bigint) as n_due_on_time,
        cast(sum(n_received) as bigint) as n_received,
        cast(sum(n_finished + n_withdrawn + n_stopped) as bigint) as n_ended,
        cast(sum(n_early + n_on_time) as bigint) as n_in_time,
        cast(sum(n_late) as bigint) as n_late,
        max_by(n_open, period_key) as n_open,
        max_by(n_open_overdue, period_key) as n_open_overdue,
        max_by(n_paused, period_key) as n_paused
    from {{ ref('int_on_time_counted') }}
    where period_kind = 'month'
    group by substr(period_key, 1, 4), agency_id
),

procedures as (
    select
        cast(year as string) as year,
        agency_id,
        cast(sum(n_due_cohort) as bigint) as n_due_cohort,
        cast(sum(n_due_on_time) as bigint) as n_due_on_time,
        cast(sum(n_received) as bigint) as n_received,
        cast(sum(n_finished + n_withdrawn + n_stopped) as bigint) as n_ended,
        cast(sum(n_early + n_on_time) as bigint) as n_in_time,
        cast(sum(n_late) as bigint) as n_late,
        cast(sum(n_open) as bigint) as n_open,
        cast(sum(n_open_overdue) as bigint) as n_open_overdue,
        cast(sum(n_paused) as bigint) as n_paused
    from {{ ref('int_procedure_years_counted') }}
    group by year, agency_id
),

years as (
    select
        period_key as year,
        agency_id,
        n_due_cohort,
        n_due_on_time,
        n_received,
        n_finished + n_withdrawn + n_stopped as n_ended,
        n_early + n_on_time as n_in_time,
        n_late,
        n_open,
        n_open_overdue,
        n_paused
    from {{ ref('int_on_time_counted') }}
    where period_kind = 'year'
),

summed as (
    select * from months
    union all
    select * from procedures
)

select
    coalesce(y.year, s.year) as year,
    coalesce(y.agency_id, s.agency_id) as agency_id,
    count(*) as n_equal
from years as y
full outer join summed as s
    on
        y.year = s.year
        and y.agency_id = s.agency_id
        and y.n_due_cohort = s.n_due_cohort
        and y.n_due_on_time = s.n_due_on_time
        and y.n_received = s.n_received
        and y.n_ended = s.n_ended
        and y.n_in_time = s.n_in_time
        and y.n_late = s.n_late
        and y.n_open = s.n_open
        and y.n_open_overdue = s.n_open_overdue
        and y.n_paused = s.n_paused
group by coalesce(y.year, s.year), coalesce(y.agency_id, s.agency_id)
having count(case when y.agency_id is not null and s.agency_id is not null then 1 end) <> 2
