{# An increment reads and writes again only the dossiers that something new touches (int_dossiers_touched). flows/build/increments.py decides whether a build is one, in the environment: without a word from it everything is built. #}
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

{# What a table of counts is counted from: in a full build every row of a kept table, in an increment the `counted` columns of the rows that it lost, with change -1, and of those that it got, with change 1. #}
{% macro changed_rows(kept) -%}
    {%- set whole = ref(kept) -%}
    {{- return(former('intermediate', kept ~ '__changes') if is_increment() else whole) -}}
{%- endmacro %}

{# How many rows of changed_rows() there are, in an increment how many more. #}
{% macro count_changed() %}{{ return('cast(sum(change) as bigint)' if is_increment() else 'count(*)') }}{% endmacro %}

{# A table as the former build left it. It is built after the model that reads it here, so it is no ref(). #}
{% macro former(schema, name) -%}
    {{ this.incorporate(path={'schema': schema, 'identifier': name}) }}
{%- endmacro %}

{# The first moment after the day that the former build was about, in an increment. A literal: only such a bound lets a scan of the log leave out what is older. #}
{% macro after_former_day() -%}
    cast(
        '{{ modules.datetime.date.fromisoformat(env_var('CCHC_BUILT_UNTIL', '1900-01-01')) + modules.datetime.timedelta(days=1) }}'
        as timestamp
    )
{%- endmacro %}

{# Incremental strategy: every row of a touched dossier is replaced, also when there is none any more. Of a table with columns that are `counted`, the rows lost and got stand in <name>__changes. The date of a row that nothing touches is that of the build all the same. #}
{% macro get_incremental_replace_touched_sql(arg_dict) -%}
    {%- set target_table = arg_dict['target_relation'] -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='name') | list -%}
    {%- set rebuilt %}dossier_code in (select t.dossier_code from {{ ref('int_dossiers_touched') }} as t){% endset -%}
    {%- set counted = config.get('meta', {}).get('counted', []) | join(', ') -%}
    {% if counted -%}
        create or replace table {{ former('intermediate', target_table.identifier ~ '__changes') }} as
        select {{ counted }}, -1 as change
        from {{ target_table }}
        where {{ rebuilt }}
        union all
        select {{ counted }}, 1 as change
        from {{ arg_dict['temp_relation'] }};
    {%- endif %}
    delete from {{ target_table }} where {{ rebuilt }};
    insert into {{ target_table }} ({{ columns | join(', ') }})
    select {{ columns | join(', ') }}
    from {{ arg_dict['temp_relation'] }};
    {% if columns[-1] == 'as_of_date' -%}
        {#- Another column with one value for all rows costs nothing, millions of updates do. #}
        {%- set as_of_date = run_query('select r.as_of_date from ' ~ ref('stg_run') ~ ' as r').columns[0].values()[0] %}
        alter table {{ target_table }} drop column as_of_date;
        alter table {{ target_table }} add column as_of_date date default date '{{ as_of_date }}';
    {%- endif %}
{%- endmacro %}

{# Incremental strategy of a table whose last column `n` counts and whose other columns are what is counted: an increment gives the differences. #}
{% macro get_incremental_add_changes_sql(arg_dict) -%}
    {%- set counts = arg_dict['target_relation'] -%}
    {%- set keys = arg_dict['dest_columns'] | map(attribute='name') | reject('equalto', 'n') | join(', ') -%}
    create or replace temporary table {{ counts.identifier }}__summed as
    select {{ keys }}, cast(sum(n) as bigint) as n
    from (
        select {{ keys }}, n from {{ counts }}
        union all
        select {{ keys }}, n from {{ arg_dict['temp_relation'] }}
    ) as counted
    group by {{ keys }}
    having cast(sum(n) as bigint) <> 0;
    delete from {{ counts }};
    insert into {{ counts }} ({{ keys }}, n)
    select {{ keys }}, n
    from {{ counts.identifier }}__summed;
{%- endmacro %}
