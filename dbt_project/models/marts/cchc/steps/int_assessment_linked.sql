-- What an agency gained or lost on the criteria that two sets share, where its set changed from one year to the next:
-- those that the crosswalk calls same or reweighted, that applied in both years and whose points are known, as shares
-- of their maxima, weighted by the later ones (methods §5.6).
with renamed as (
    {{ renamed_agencies() }}
),

followed as (
    select
        k.year,
        k.agency_id,
        k.set_id,
        coalesce(n.predecessor_id, k.agency_id) as previous_agency_id
    from {{ ref('int_assessment_agencies') }} as k
    left join renamed as n on k.year = n.year and k.agency_id = n.agency_id
),

paired as (
    select
        f.year,
        f.agency_id,
        k.max_points,
        {{ ratio('k.final_points', 'k.max_points') }} - {{ ratio('b.final_points', 'b.max_points') }} as diff_share
    from followed as f
    inner join {{ ref('fct_criterion_score') }} as k on f.year = k.year and f.agency_id = k.agency_id
    inner join {{ source('registry', 'criteria_links') }} as l
        on
            k.set_id = l.to_set_id
            and k.criterion_code = l.to_criterion_code
            and l.relation in ('same', 'reweighted')
    inner join {{ ref('fct_criterion_score') }} as b
        on
            f.year = b.year + 1
            and f.previous_agency_id = b.agency_id
            and l.from_set_id = b.set_id
            and l.from_criterion_code = b.criterion_code
    where k.final_points is not null and b.final_points is not null and k.kind not in ('bonus', 'penalty')
)

select
    year,
    agency_id,
    count(*) as n_common,
    {{ percent(exact_sum('max_points * diff_share'), 'cast(sum(max_points) as double)') }} as diff_points
from paired
group by year, agency_id
