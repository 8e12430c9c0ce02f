{# Inputs of the build. Registry, ledger and methods are one file per table, read by source() through views; the landing has a file per load. #}

{# Every load of one delivered source. Includes orphan and held loads: staging joins the ledger. Not a view, because every reader would open its files once more. source() is called for the lineage. `below` is where the loads lie in the folder of the source. #}
{% macro landing(source_name, below='') -%}
    {%- set declared = source('landing', source_name) -%}
    {%- if declared.is_cte -%}{{ return(declared) }}{%- endif -%}
    {{ return(parquet_loads(env_var('CCHC_LANDING', 'target/copy/landing') ~ '/' ~ source_name ~ below)) }}
{%- endmacro %}

{# Before anything runs: a view for every table of the other sources. Those of methods/ are not there yet when a first night begins. #}
{% macro declare_inputs() -%}
    {%- if execute -%}
        {%- set inputs = env_var('CCHC_INPUTS', 'target/copy/inputs') -%}
        {%- set files = parquet_files(inputs) -%}
        {%- for table in graph.sources.values() if table.source_name != 'landing' -%}
            {%- set file = inputs ~ '/' ~ table.source_name ~ '/' ~ table.name ~ '.parquet' -%}
            {%- if files is none or file in files -%}
                {%- do run_query('create schema if not exists ' ~ table.schema) -%}
                {%- do run_query('create or replace view ' ~ table.relation_name ~ ' as select * from ' ~ parquet_file(file)) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
