{# The only two doors through which data comes in. source() is called for the lineage, and because a unit test puts its fixture there. #}

{# Every load of one delivered source. Orphan and held loads are seen as well: staging joins the ledger. #}
{% macro landing(source_name) -%}
    {%- set declared = source('landing', source_name) -%}
    {%- if declared.is_cte -%}{{ return(declared) }}{%- endif -%}
    {{ return(parquet_loads(env_var('CCHC_LANDING') ~ '/' ~ source_name)) }}
{%- endmacro %}

{# One table of the registry, the ledger or the methods. #}
{% macro input(group, name) -%}
    {%- set declared = source(group, name) -%}
    {%- if declared.is_cte -%}{{ return(declared) }}{%- endif -%}
    {{ return(parquet_file(env_var('CCHC_INPUTS') ~ '/' ~ group ~ '/' ~ name ~ '.parquet')) }}
{%- endmacro %}
