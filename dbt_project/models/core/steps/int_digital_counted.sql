-- Dossiers received by month and agency, and how many of them came online, were offered online and are electronic.
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
