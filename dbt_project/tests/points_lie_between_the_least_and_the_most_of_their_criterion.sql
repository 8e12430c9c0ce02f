-- A penalty is taken off: it lies between its maximum below 0 and 0.
select
    s.year,
    s.agency_id,
    s.criterion_code,
    s.final_points
from {{ ref('fct_criterion_score') }} as s
inner join {{ ref('dim_criterion') }} as c on s.set_id = c.set_id and s.criterion_code = c.criterion_code
where
    s.final_points > case when c.kind = 'penalty' then 0 else c.max_points end
    or s.final_points < case when c.kind = 'penalty' then -c.max_points else c.min_points end
