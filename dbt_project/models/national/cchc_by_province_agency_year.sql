{%- set peers = 'year, unit_kind, cchc_group, comparable_set_id' -%}
with judged as (
    select
        r.*,
        a.unit_kind,
        s.comparable_set_id,
        case
            when r.official_pct is null then 'no_data'
            when r.rank_status not in ('ranked', 'ranked_marked') then 'unranked_in_province'
        end as unranked_status
    from {{ source('provinces', 'ranking') }} as r
    left join {{ source('provinces', 'agency') }} as a
        on r.province_code = a.province_code and r.agency_id = a.agency_id
    left join {{ ref('int_comparable_criteria_sets') }} as s
        on r.province_code = s.province_code and r.set_id = s.set_id
),

compared as (
    select
        *,
        {{ national_rank_status(peers, 'year, unit_kind, cchc_group', 'other_criteria_set') }} as national_rank_status
    from judged
)

select
    province_code,
    year,
    agency_id,
    unit_kind,
    cchc_group,
    set_id,
    comparable_set_id,
    stage,
    coverage_pct,
    official_pct,
    rating,
    estimate_status,
    group_rank,
    rank_status,
    {{ national_rank('official_pct', peers) }},
    method_version,
    as_of_date
from compared
