-- Limits in hours publish begun hours: their minutes add up to the span, not to the hours.
with paused as (
    select
        dossier_code,
        cast(sum(n_days) as bigint) as n_days
    from {{ ref('fct_dossier_pause') }}
    where n_days is not null
    group by dossier_code
)

select
    d.dossier_code,
    d.paused_days,
    p.n_days
from {{ ref('fct_dossier') }} as d
inner join paused as p on d.dossier_code = p.dossier_code
where d.paused_days <> p.n_days
