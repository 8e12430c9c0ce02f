with received as (
    select
        month,
        agency_id,
        cast(sum(n) as bigint) as n_received,
        {%- for name, condition in {
            'n_online': 'is_online',
            'n_level3': 'online_level = 3',
            'n_level4': 'online_level = 4',
            'n_online_offered': 'online_level >= 3 and is_online',
            'n_e_dossier': 'is_e_dossier',
        }.items() %}
            cast(sum(case when {{ condition }} then n else 0 end) as bigint) as {{ name }}
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref('int_digital_counts') }}
    group by month, agency_id
)

select
    c.month,
    c.agency_id,
    c.n_received,
    c.n_online,
    {{ percent('c.n_online_offered', '(c.n_level3 + c.n_level4)') }} as online_pct,
    c.n_level3,
    c.n_level4,
    c.n_e_dossier,
    {{ percent('c.n_e_dossier', 'c.n_received') }} as e_dossier_pct,
    c.n_online_offered,
    r.method_version,
    r.as_of_date
from received as c
cross join {{ ref('stg_run') }} as r
