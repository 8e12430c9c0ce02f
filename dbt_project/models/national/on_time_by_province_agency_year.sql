{%- set peers = 'year, unit_kind, counted_until_month' -%}
with judged as (
    select
        y.*,
        a.unit_kind,
        {{ on_time_unranked_status('y') }} as unranked_status,
        {{ counted_until_month('y.year', 'y.as_of_date') }} as counted_until_month
    from {{ source('provinces', 'on_time_by_agency_year') }} as y
    left join {{ source('provinces', 'agency') }} as a
        on y.province_code = a.province_code and y.agency_id = a.agency_id
),

compared as (
    select
        *,
        {{ national_rank_status(peers, 'year, unit_kind', 'other_period') }} as national_rank_status
    from judged
)

select
    c.province_code,
    c.year,
    c.agency_id,
    c.unit_kind,
    {{ on_time_counts('c') }},
    c.on_time_pct,
    c.ci_lo,
    c.ci_hi,
    {{ national_rank('on_time_pct', peers) }},
    c.method_version,
    c.as_of_date
from compared as c
