{%- set peers = 'year, population, index_form' -%}
with judged as (
    select
        *,
        cast(null as string) as unranked_status
    from {{ source('provinces', 'index_by_population') }}
    where is_official_form
),

compared as (
    select
        *,
        {{ national_rank_status(peers, 'year, population', 'other_index_form') }} as national_rank_status
    from judged
)

select
    province_code,
    year,
    population,
    index_form,
    n_units,
    n_valid,
    estimate_pct,
    previous_estimate_pct,
    diff_points,
    {{ national_rank('estimate_pct', peers) }},
    method_version,
    as_of_date
from compared
