-- The stock at month ends is counted from first overdue days and pauses, that on as_of_date from the dossiers.
with today as (
    select
        resolving_agency_id as agency_id,
        count(*) as n_open,
        count(case when deadline_status = 'open_overdue' then 1 end) as n_open_overdue,
        count(case when is_paused then 1 end) as n_paused
    from {{ ref('fct_dossier') }}
    where is_in_flow and deadline_status in ('open_within', 'open_overdue', 'not_recomputable') and end_reason is null
    group by resolving_agency_id
),

last_month as (
    select
        agency_id,
        n_open,
        n_open_overdue,
        n_paused
    from {{ ref('on_time_by_agency_month') }}
    where month = {{ month_of('as_of_date') }} and n_open > 0
)

select
    coalesce(t.agency_id, m.agency_id) as agency_id,
    t.n_open,
    m.n_open as n_open_of_month
from today as t
full outer join last_month as m on t.agency_id = m.agency_id
where
    t.agency_id is null
    or m.agency_id is null
    or t.n_open <> m.n_open
    or t.n_open_overdue <> m.n_open_overdue
    or t.n_paused <> m.n_paused
