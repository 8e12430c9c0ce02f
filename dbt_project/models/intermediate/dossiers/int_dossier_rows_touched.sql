{{ config(materialized='table') }}

-- Taken out once: the models of an increment read them, those of a full build read every row where it lies.
select d.*
from {{ ref('stg_dossiers') }} as d
{%- if is_increment() or not execute %}
    where d.dossier_code in (select t.dossier_code from {{ ref('int_dossiers_touched') }} as t)
{%- else %}
    where false
{%- endif %}
