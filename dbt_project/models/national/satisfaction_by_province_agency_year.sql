{%- set peers = 'year, population, unit_kind, index_form' -%}
with judged as (
    select
        i.*,
        a.unit_kind,
        case
            when i.estimate_pct is null then 'no_data'
            when i.rank_status <> 'ranked' then 'unranked_in_province'
        end as unranked_status
    from {{ source('provinces', 'index_by_agency') }} as i
    left join {{ source('provinces', 'agency') }} as a
        on i.province_code = a.province_code and i.agency_id = a.agency_id
    where i.is_official_form
),

compared as (
    select
        *,
        {{ national_rank_status(peers, 'year, population, unit_kind', 'other_index_form') }} as national_rank_status
    from judged
)

select
    province_code,
    year,
    agency_id,
    population,
    unit_kind,
    index_form,
    n_valid,
    estimate_pct,
    estimate_status,
    score_rank,
    block_rank,
    rank_status,
    {{ national_rank('estimate_pct', peers) }},
    method_version,
    as_of_date
from compared
