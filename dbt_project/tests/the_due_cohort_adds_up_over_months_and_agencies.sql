-- R1 adds up: numerator, denominator, received and ended of all agency-months equal the counts of dossiers.
with months as (
    select
        cast(sum(n_due_cohort) as bigint) as n_due_cohort,
        cast(sum(n_due_on_time) as bigint) as n_due_on_time,
        cast(sum(n_received) as bigint) as n_received,
        cast(sum(n_finished + n_withdrawn + n_stopped) as bigint) as n_ended
    from {{ ref('on_time_by_agency_month') }}
),

dossiers as (
    select
        count(case when is_in_due_cohort then 1 end) as n_due_cohort,
        count(case when is_in_due_cohort and is_on_time then 1 end) as n_due_on_time,
        count(*) as n_received,
        count(end_reason) as n_ended
    from {{ ref('fct_dossier') }}
    where is_in_flow
)

select
    m.n_due_cohort as n_due_cohort_of_months,
    d.n_due_cohort,
    d.n_due_on_time,
    d.n_received,
    d.n_ended
from dossiers as d
cross join months as m
where
    coalesce(m.n_due_cohort, 0) <> d.n_due_cohort
    or coalesce(m.n_due_on_time, 0) <> d.n_due_on_time
    or coalesce(m.n_received, 0) <> d.n_received
    or coalesce(m.n_ended, 0) <> d.n_ended
