with totals as (
    select
        set_id,
        cast(sum(max_points) as decimal(11, 6)) as max_points
    from {{ source('registry', 'criteria') }}
    where scored_by is not null and kind not in ('bonus', 'penalty')
    group by set_id
)

select
    s.set_id,
    g.value as cchc_group,
    s.set_name,
    cast(s.first_year as integer) as valid_from_year,
    cast(s.last_year as integer) as valid_to_year,
    t.max_points,
    cast(s.max_bonus as decimal(11, 6)) as max_bonus,
    cast(s.max_penalty as decimal(11, 6)) as max_penalty,
    s.basis_document as decision_number,
    {{ run_stamp() }}
from {{ source('registry', 'criteria_sets') }} as s
inner join {{ source('registry', 'labels') }} as g
    on g.list_name = 'cchc_group' and {{ list_has('s.cchc_groups', 'g.value') }}
left join totals as t on s.set_id = t.set_id
