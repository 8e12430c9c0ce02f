{%- set peers = 'year, cchc_group, comparable_set_id' -%}
with counted as (
    select
        r.province_code,
        r.year,
        r.cchc_group,
        r.set_id,
        count(*) as n_agencies,
        count(r.official_pct) as n_scored,
        {{ ratio(exact_sum('r.official_pct'), 'count(r.official_pct)') }} as mean_official_pct,
        min(r.official_pct) as lowest_official_pct,
        max(r.official_pct) as highest_official_pct,
        max(r.method_version) as method_version,
        max(r.as_of_date) as as_of_date
    from {{ source('provinces', 'ranking') }} as r
    where r.set_id is not null
    group by r.province_code, r.year, r.cchc_group, r.set_id
),

judged as (
    select
        c.*,
        s.comparable_set_id,
        case when c.n_scored = 0 then 'no_data' end as unranked_status
    from counted as c
    left join {{ ref('int_comparable_criteria_sets') }} as s
        on c.province_code = s.province_code and c.set_id = s.set_id
),

compared as (
    select
        *,
        {{ national_rank_status(peers, 'year, cchc_group', 'other_criteria_set') }} as national_rank_status
    from judged
)

select
    province_code,
    year,
    cchc_group,
    set_id,
    comparable_set_id,
    n_agencies,
    n_scored,
    mean_official_pct,
    lowest_official_pct,
    highest_official_pct,
    {{ national_rank('mean_official_pct', peers) }},
    method_version,
    as_of_date
from compared
