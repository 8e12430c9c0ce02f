-- By how much the official index moves with one per cent of a satisfaction index, the whole ('') or a factor. Above
-- the full threshold and below the floor it does not move, and steps of a survey figure add nothing (methods §5.4).
select
    s.year,
    s.agency_id,
    coalesce(c.factor_code, '') as factor_code,
    {{ exact_sum(percent("s.max_points", "t.max_points * coalesce(cast(c.full_from as double), 100)")) }} as slope
from {{ ref('fct_criterion_score') }} as s
inner join {{ source('registry', 'criteria') }} as c
    on
        s.set_id = c.set_id
        and s.criterion_code = c.criterion_code
        and c.measure in ('satisfaction_index', 'factor_index')
inner join {{ ref('int_assessment_totals') }} as t on s.year = t.year and s.agency_id = t.agency_id
where
    s.is_applicable
    and s.final_points is not null
    and s.kind not in ('bonus', 'penalty')
    and c.rule_type <> 'steps'
    and s.measure_pct < coalesce(cast(c.full_from as double), 101)
    and s.measure_pct >= coalesce(cast(c.zero_below as double), 0)
group by s.year, s.agency_id, coalesce(c.factor_code, '')
