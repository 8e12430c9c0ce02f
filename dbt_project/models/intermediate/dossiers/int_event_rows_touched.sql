{{ config(materialized='table') }}

-- Taken out once: the models of an increment read them, those of a full build read every row where it lies.
select e.*
from {{ ref('stg_dossier_events') }} as e
{%- if is_increment() or not execute %}
    where e.dossier_code in (select t.dossier_code from {{ ref('int_dossiers_touched') }} as t)
{%- else %}
    where false
{%- endif %}
