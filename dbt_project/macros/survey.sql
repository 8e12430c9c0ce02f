{# The six index forms of methods §3.1, one row each. #}
{% macro index_forms() -%}
    {%- for name in ['mean_minmax', 'mean_of_five', 'top2_weighted', 'top2_pooled', 'respondent_mean', 'all_satisfied'] %}
    select '{{ name }}' as index_form{{ ' union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# An answer on the scale of its item, moved to the scale 1 to 5 in proportion; an answer from 1 to 5 stays as it is. #}
{% macro on_five(answer, item) -%}
    (1 + {{ ratio('4 * (' ~ answer ~ ' - ' ~ item ~ '.lowest)', '(' ~ item ~ '.highest - ' ~ item ~ '.lowest)') }})
{%- endmacro %}

{# The sampling unit of a form: its cluster, or itself where the file names none. #}
{% macro psu_of(form) -%}
    coalesce('cluster ' || {{ form }}.psu, 'form ' || {{ form }}.form_id)
{%- endmacro %}

{# The linearised values that the six index forms need: mean_of_five follows from mean_minmax. #}
{% macro survey_measures() -%}
    {{ return(['mean', 'top2', 'pooled', 'respondent', 'all']) }}
{%- endmacro %}
