{# Whether a row with valid_from and valid_to holds on a day; valid_to is exclusive, and without one there is no end. #}
{% macro valid_on(row, day) -%}
    {{ day }} >= {{ row }}.valid_from
    and {{ day }} < coalesce({{ row }}.valid_to, date '9999-12-31')
{%- endmacro %}

{# Whether a row of policy_parameters is one of `parameters` and in force on a day. #}
{% macro policy_on(policy, parameters, day) -%}
    {{ policy }}.parameter in ('{{ parameters | join("', '") }}')
    and {{ valid_on(policy, day) }}
{%- endmacro %}

{% macro year_end(year) %}cast(cast({{ year }} as string) || '-12-31' as date){% endmacro %}

{% macro year_start(year) %}cast(cast({{ year }} as string) || '-01-01' as date){% endmacro %}
