-- Every rating of the scheme, also the one that nobody got.
select
    b.year,
    b.cchc_group,
    b.rating,
    count(k.agency_id) as n_agencies,
    {{ run_stamp() }}
from {{ ref('int_assessment_bands') }} as b
left join {{ ref('ranking') }} as k
    on b.year = k.year and b.cchc_group = k.cchc_group and b.rating = k.rating
group by b.year, b.cchc_group, b.rating
