-- The mean of the group is over the agencies to which the criterion applies and whose points are known; they share one
-- maximum, so it is the ratio of the sums.
select
    s.year,
    s.agency_id,
    s.criterion_code,
    s.kind,
    s.self_points,
    s.appraised_points,
    s.final_points,
    s.max_points,
    case when s.kind not in ('bonus', 'penalty') then {{ percent('s.final_points', 's.max_points') }} end as score_pct,
    s.is_applicable,
    s.exclusion_class,
    s.exclusion_reason,
    s.exclusion_document,
    s.evidence_status,
    case
        when s.kind not in ('bonus', 'penalty')
            then {{ percent(
                'cast(sum(s.final_points) over (partition by s.year, s.cchc_group, s.criterion_code) as double)',
                'cast(sum(case when s.final_points is not null then s.max_points end) over ('
                'partition by s.year, s.cchc_group, s.criterion_code) as double)'
            ) }}
    end as group_mean_pct,
    c.contribution_points,
    {{ run_stamp() }}
from {{ ref('fct_criterion_score') }} as s
left join {{ source('methods', 'contributions') }} as c
    on s.year = c.year and s.agency_id = c.agency_id and s.criterion_code = c.criterion_code
