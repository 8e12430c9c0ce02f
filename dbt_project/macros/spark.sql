{# What dbt-spark does by default and this project does otherwise. #}

{# Every schema is a folder of the build, also when the server of the session has a folder of its own. #}
{% macro spark__create_schema(relation) -%}
    {%- call statement('create_schema') -%}
    create schema if not exists {{ relation }} location {{ spark_text(env_var('CCHC_SPARK_TABLES') ~ '/' ~ relation.schema) }}
    {%- endcall -%}
{%- endmacro %}

{# Contracts name the types of the published DuckDB file; Spark's text has no length. #}
{% macro spark__get_empty_schema_sql(columns) -%}
    select
        {% for column in columns.values() -%}
        {%- set type = 'string' if column.data_type | lower == 'varchar' else column.data_type -%}
        cast(null as {{ type }}) as {{ column.name }}{{ ',' if not loop.last }}
        {% endfor %}
{%- endmacro %}

{# Parquet files keep no constraint; the published tables do. #}
{% macro spark__persist_constraints(relation, model) %}{% endmacro %}
