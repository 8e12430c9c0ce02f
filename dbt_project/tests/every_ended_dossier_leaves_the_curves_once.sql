-- A dossier is observed in every year that it lives in; its end is an exit in one of them, and all its other exits are
-- censored.
with curves as (
    select
        cast(sum(case when exit_kind = 'finished' then n_dossiers else 0 end) as bigint) as n_finished,
        cast(sum(case when exit_kind = 'ended_otherwise' then n_dossiers else 0 end) as bigint) as n_ended_otherwise
    from {{ ref('int_turnaround_exits') }}
),

dossiers as (
    select
        count(case when end_reason in ('finished', 'refused') then 1 end) as n_finished,
        count(case when end_reason in ('withdrawn', 'stopped') then 1 end) as n_ended_otherwise
    from {{ ref('fct_dossier') }}
    where is_in_flow and net_days is not null
)

select
    d.n_finished,
    c.n_finished as n_finished_of_curves,
    d.n_ended_otherwise,
    c.n_ended_otherwise as n_ended_otherwise_of_curves
from dossiers as d
cross join curves as c
where
    d.n_finished <> coalesce(c.n_finished, 0)
    or d.n_ended_otherwise <> coalesce(c.n_ended_otherwise, 0)
