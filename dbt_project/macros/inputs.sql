{# Inputs of the build. Registry, ledger and methods are one file per table, read by source() through what is declared here; the landing has a file per load. #}

{# Every load of one delivered source. Includes orphan and held loads: staging joins the ledger. source() is called for the lineage. `below` is where the loads lie in the folder of the source. #}
{% macro landing(source_name, below='') -%}
    {%- set declared = source('landing', source_name) -%}
    {%- if declared.is_cte -%}{{ return(declared) }}{%- endif -%}
    {{ return(parquet_loads(landing_folder(source_name) ~ below, declared)) }}
{%- endmacro %}

{% macro landing_folder(source_name) -%}
    {{ return(env_var('CCHC_LANDING', 'target/copy/landing') ~ '/' ~ source_name) }}
{%- endmacro %}

{# Before anything runs: the tables of the sources that are there. Those of methods/ are not when a first night begins. #}
{% macro declare_inputs() -%}
    {%- if execute -%}
        {%- set inputs = env_var('CCHC_INPUTS', 'target/copy/inputs') -%}
        {%- set files = parquet_files(inputs ~ '/*/*.parquet') -%}
        {%- set tables = graph.sources.values() | list -%}
        {%- for table in tables if table.source_name not in ('landing', 'nation', 'provinces') -%}
            {%- set file = inputs ~ '/' ~ table.source_name ~ '/' ~ table.name ~ '.parquet' -%}
            {%- if file in files -%}{%- do declare_parquet(table, file) -%}{%- endif -%}
        {%- endfor -%}
        {%- if selected_resources | select('in', nation_models()) | list -%}
            {%- do declare_nation(tables, inputs) -%}
        {%- else -%}
            {%- do declare_loads(tables | selectattr('source_name', 'equalto', 'landing') | list) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# The inputs of a nation's build: the list of its provinces, and their tables. #}
{% macro declare_nation(tables, inputs) -%}
    {%- for table in tables if table.source_name == 'nation' -%}
        {%- do declare_parquet(table, inputs ~ '/nation/' ~ table.name ~ '.parquet') -%}
    {%- endfor -%}
    {%- for table in tables if table.source_name == 'provinces' -%}
        {%- do declare_provinces(table, inputs ~ '/provinces/' ~ table.name) -%}
    {%- endfor -%}
{%- endmacro %}

{# The models that only the build of a nation selects. #}
{% macro nation_models() -%}
    {{ return(graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | selectattr('schema', 'equalto', 'national') | map(attribute='unique_id') | list) }}
{%- endmacro %}
