{%- set parameters = {
    'alpha': 'double',
    'n_min_publish': 'bigint',
    'n_min_rank': 'bigint',
    'min_answered_pct': 'double',
    'mean_basis': 'string',
    'n_eff_min': 'double',
    'kg_width_max': 'double',
    'kg_rel_max': 'double',
    'df_min': 'bigint',
    'moderated_d0': 'double',
    'n_min_shrink': 'bigint',
    'top_k': 'bigint',
    'holm_max_units': 'bigint',
    'attribute_n': 'bigint',
    'allpositive_note': 'double',
    'icc_note': 'double',
} -%}
-- The policy parameters of a survey year: in force on its last day, or on as_of_date in the current year.
with days as (
    select
        cast(extract(year from c.calendar_date) as integer) as year,
        max(c.calendar_date) as decided_date
    from {{ source('registry', 'calendar') }} as c
    inner join {{ ref('stg_run') }} as r on c.calendar_date <= r.as_of_date
    group by cast(extract(year from c.calendar_date) as integer)
)

select
    d.year,
    {% for parameter, kind in parameters.items() -%}
        cast(max(case when p.parameter = '{{ parameter }}' then p.value end) as {{ kind }}) as {{ parameter }},
    {% endfor %}
    d.decided_date
from days as d
left join {{ source('registry', 'policy_parameters') }} as p
    on {{ policy_on('p', parameters.keys() | list, 'd.decided_date') }}
group by d.year, d.decided_date
