{{ config(materialized='table') }}

-- Dossiers of an applicant whose former one, on the same procedure, was withdrawn or stopped at most reregister_days
-- before: a clock that was set back.
select distinct d.dossier_code
from {{ ref('int_dossiers_latest') }} as d
inner join {{ ref('int_dossiers_given_up') }} as g
    on
        d.applicant_key = g.applicant_key
        and d.procedure_code = g.procedure_code
        and d.dossier_code <> g.dossier_code
        and d.received_at >= g.received_at
        and cast(d.received_at as date) >= g.ended_date
inner join {{ source('registry', 'policy_parameters') }} as p
    on {{ policy_on('p', ['reregister_days'], 'cast(d.received_at as date)') }}
where
    coalesce(d.status, '') not in ('registered', 'not_received')
    and {{ days_between('g.ended_date', 'cast(d.received_at as date)') }} <= cast(p.value as bigint)
