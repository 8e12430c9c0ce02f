{# An increment reads and writes again only the dossiers that something new touches (int_dossiers_touched). flows/increments.py decides whether a build is one, in the environment: without a word from it everything is built. #}
{% macro is_increment() %}{{ return(env_var('CCHC_BUILD', 'full') == 'increment') }}{% endmacro %}

{# One row per dossier or a few, kept from build to build where the engine can delete and insert rows in one step. On Spark that takes a table format of its own: there every build is a full one. What the strategy below reads is told to the parser here. #}
{% macro kept_by_dossier() -%}
    {%- if not execute -%}{%- do ref('int_dossiers_touched') -%}{%- do ref('stg_run') -%}{%- endif -%}
    {{- return('incremental' if target.type == 'duckdb' else 'table') -}}
{%- endmacro %}

{# The delivered rows of all dossiers, or in an increment those of the touched ones. #}
{% macro dossier_rows() %}{{ return(rows_of('stg_dossiers', 'int_dossier_rows_touched')) }}{% endmacro %}

{% macro event_rows() %}{{ return(rows_of('stg_dossier_events', 'int_event_rows_touched')) }}{% endmacro %}

{# What a model reads is told to the parser once, whatever kind of build comes then. #}
{% macro rows_of(all_rows, touched_rows) -%}
    {%- if not execute -%}{%- do ref(all_rows) -%}{%- do ref(touched_rows) -%}{%- endif -%}
    {{- return(ref(touched_rows if is_increment() else all_rows)) -}}
{%- endmacro %}

{# In an increment, the condition that a dossier is touched. `word` joins it to the query: where, and. #}
{% macro touched_only(word, dossier_code) -%}
    {%- if is_increment() or not execute -%}
        {{ word }} {{ dossier_code }} in (select t.dossier_code from {{ ref('int_dossiers_touched') }} as t)
    {%- endif -%}
{%- endmacro %}

{# A table as the former build left it. It is built after the model that reads it here, so it is no ref(). #}
{% macro former(schema, name) -%}
    {{ this.incorporate(path={'schema': schema, 'identifier': name}) }}
{%- endmacro %}

{# Incremental strategy: every row of a touched dossier is replaced, also when there is none any more. The date of a row that nothing touches is that of the build all the same. #}
{% macro get_incremental_replace_touched_sql(arg_dict) -%}
    {%- set target_table = arg_dict['target_relation'] -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='name') | list -%}
    {%- set rebuilt -%}
        dossier_code in (select t.dossier_code from {{ ref('int_dossiers_touched') }} as t where t.is_rebuilt)
    {%- endset -%}
    delete from {{ target_table }} where {{ rebuilt }};
    insert into {{ target_table }} ({{ columns | join(', ') }})
    select {{ columns | join(', ') }}
    from {{ arg_dict['temp_relation'] }}
    where {{ rebuilt }};
    {% if 'as_of_date' in columns -%}
        update {{ target_table }}
        set as_of_date = (select r.as_of_date from {{ ref('stg_run') }} as r)
        where as_of_date <> (select r.as_of_date from {{ ref('stg_run') }} as r);
    {%- endif %}
{%- endmacro %}
