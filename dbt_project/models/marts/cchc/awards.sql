-- An award follows the ranking where the agency's place in its group is no lower than the number of agencies of the
-- group that have an award of the kind. The names of persons are kept nowhere.
with ranked as (
    select
        w.award_year as year,
        w.award_kind,
        w.agency_id,
        w.n_recipients,
        w.decision_number,
        d.decision_date,
        k.cchc_group,
        k.group_rank,
        k.rating,
        k.official_pct,
        k.agency_id is not null as is_assessed
    from {{ source('registry', 'awards') }} as w
    left join {{ source('registry', 'decisions') }} as d on w.decision_number = d.decision_number
    left join {{ ref('ranking') }} as k on w.award_year = k.year and w.agency_id = k.agency_id
),

awarded as (
    select
        year,
        award_kind,
        cchc_group,
        count(distinct agency_id) as n_awarded
    from ranked
    group by year, award_kind, cchc_group
)

select
    cast(r.year as integer) as year,
    r.award_kind,
    r.agency_id,
    cast(r.n_recipients as bigint) as n_recipients,
    r.cchc_group,
    r.group_rank,
    r.rating,
    r.official_pct,
    case when r.is_assessed then coalesce(r.group_rank <= a.n_awarded, false) end as is_rank_justified,
    r.decision_number,
    r.decision_date,
    {{ run_stamp() }}
from ranked as r
left join awarded as a on r.year = a.year and r.award_kind = a.award_kind and r.cchc_group = a.cchc_group
