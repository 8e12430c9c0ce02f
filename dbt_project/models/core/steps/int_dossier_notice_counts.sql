{{ config(materialized='table') }}

-- How many dossiers are alike in all their notices, by agency and months.
{%- set columns = ['agency_id', 'guidance_month', 'supplement_month', 'due_month', 'refusal_month'] %}
{%- for notice in ['guidance', 'supplement', 'apology', 'refusal', 'invitation'] %}
    {%- for what in ['required', 'issued', 'correct'] %}
        {%- do columns.append('is_' ~ notice ~ '_' ~ what) %}
    {%- endfor %}
{%- endfor %}

select
    {%- for column in columns %}
        {{ column }},
    {%- endfor %}
    count(*) as n
from {{ ref('int_dossier_notices_judged') }}
group by
    {%- for column in columns %}
        {{ column }}
        {%- if not loop.last %},{% endif %}
    {%- endfor %}
