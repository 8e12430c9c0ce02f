{# The agencies renamed in a year, with the predecessor that a comparison of years goes back to. #}
{% macro renamed_agencies() -%}
    select
        extract(year from effective_date) as year,
        successor_id as agency_id,
        min(predecessor_id) as predecessor_id
    from {{ source('registry', 'agency_links') }}
    where link_kind = 'rename'
    group by extract(year from effective_date), successor_id
{%- endmacro %}

{# The number of index items of each questionnaire and version. #}
{% macro index_items_counted() -%}
    select
        questionnaire_id,
        questionnaire_version,
        count(*) as n_items
    from {{ ref('stg_questionnaire_items') }}
    where is_in_index
    group by questionnaire_id, questionnaire_version
{%- endmacro %}

{# Whether a row of int_criterion_measures is the figure that scores a criterion of an agency. #}
{% macro is_measured_by(criterion, measure) -%}
    {{ criterion }}.year = {{ measure }}.year
    and {{ criterion }}.agency_id = {{ measure }}.agency_id
    and {{ criterion }}.scored_by <> 'appraisal'
    and {{ criterion }}.measure = {{ measure }}.measure
    and ({{ criterion }}.measure <> 'factor_index' or {{ criterion }}.factor_code = {{ measure }}.factor_code)
{%- endmacro %}
