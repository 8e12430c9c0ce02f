{{ config(materialized='table') }}

-- The rating bands of each ranked year and group. A group with bands of its own uses only these.
with ranked_groups as (
    select distinct
        year,
        year_end_date,
        cchc_group,
        rating_scheme
    from {{ ref('int_assessment_agencies') }}
),

bands as (
    select
        g.year,
        g.cchc_group,
        b.rating,
        cast(b.floor_inclusive as double) as floor_pct,
        b.cchc_group is not null as is_own,
        max(case when b.cchc_group is not null then 1 else 0 end) over (
            partition by g.year, g.cchc_group
        ) = 1 as has_own
    from ranked_groups as g
    inner join {{ source('registry', 'rating_bands') }} as b
        on
            g.rating_scheme = b.rating_scheme
            and coalesce(b.cchc_group, g.cchc_group) = g.cchc_group
            and {{ valid_on('b', 'g.year_end_date') }}
)

select
    year,
    cchc_group,
    rating,
    floor_pct,
    lead(floor_pct) over (partition by year, cchc_group order by floor_pct nulls last) as next_floor_pct
from bands
where is_own = has_own
