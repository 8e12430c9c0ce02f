{# Schemas are named by the folder's layer or subject: BI authors see `timeliness`, not `main_timeliness`. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
