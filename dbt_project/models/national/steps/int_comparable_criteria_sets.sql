-- Two provinces have one criteria set where the criteria that carry points agree one by one; the sets' own names say
-- nothing about it.
with leaves as (
    select
        province_code,
        set_id,
        criterion_code,
        criterion_name,
        max_points,
        kind,
        scored_by,
        count(*) over (partition by province_code, set_id) as n_leaves
    from {{ source('provinces', 'dim_criterion') }}
    where is_leaf
),

equal_sets as (
    select
        a.province_code,
        a.set_id,
        b.province_code || '/' || b.set_id as comparable_set_id
    from leaves as a
    inner join leaves as b
        on
            a.criterion_code = b.criterion_code
            and a.criterion_name = b.criterion_name
            and a.max_points = b.max_points
            and a.kind = b.kind
            and a.scored_by = b.scored_by
            and a.n_leaves = b.n_leaves
    group by a.province_code, a.set_id, b.province_code, b.set_id, a.n_leaves
    having count(*) = a.n_leaves
)

select
    province_code,
    set_id,
    min(comparable_set_id) as comparable_set_id
from equal_sets
group by province_code, set_id
