{{ config(materialized='table') }}

-- Taken out once: the models of an increment read them, those of a full build read every row where it lies.
select d.*
from {{ ref('stg_dossiers') }} as d
{%- if is_increment() or not execute %}
    inner join {{ ref('int_dossiers_touched') }} as t on d.dossier_code = t.dossier_code
{%- else %}
    where false
{%- endif %}
