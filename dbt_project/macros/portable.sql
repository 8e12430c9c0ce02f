{# SQL that differs between DuckDB and Spark in syntax or result. Models and tests use only these macros and SQL common to both. #}

{# All loads below a folder; load_id is the partition and stays text on both engines. `declared` is what declare_loads made of the folder. #}
{% macro parquet_loads(folder, declared) %}{{ return(adapter.dispatch('parquet_loads')(folder, declared)) }}{% endmacro %}

{% macro duckdb__parquet_loads(folder, declared) -%}
    read_parquet(
        '{{ folder | replace("'", "''") }}/load_id=*/part-0.parquet',
        hive_partitioning = true, hive_types_autocast = false, union_by_name = true
    )
{%- endmacro %}

{# Spark finds no partitions below several folders at once: there load_id is read from the path. #}
{% macro spark__parquet_loads(folder, declared) -%}
    {%- if not folder.endswith('*') -%}{{ return(declared) }}{%- endif -%}
    (
        select *, regexp_extract(_metadata.file_path, 'load_id=([^/]+)', 1) as load_id
        from parquet.`{{ folder | replace("`", "``") }}/load_id=*/part-0.parquet`
    )
{%- endmacro %}

{# Before a build, tables of the loads of delivered sources. None on DuckDB, where every reader of a view would open its files once more; needed on Spark, which otherwise reads the columns of every file again for every query. #}
{% macro declare_loads(sources) %}{{ return(adapter.dispatch('declare_loads')(sources)) }}{% endmacro %}

{% macro duckdb__declare_loads(sources) %}{% endmacro %}

{% macro spark__declare_loads(sources) -%}
    {%- set files = parquet_files(landing_folder('*') ~ '/load_id=*/part-0.parquet') | join(' ') -%}
    {%- for table in sources if landing_folder(table.name) ~ '/load_id=' in files -%}
        {%- do declare_parquet(table, landing_folder(table.name)) -%}
    {%- endfor -%}
{%- endmacro %}

{# Before a build, a table of Parquet. #}
{% macro declare_parquet(table, path) -%}
    {%- do adapter.create_schema(api.Relation.create(database=table.database, schema=table.schema)) -%}
    {{ return(adapter.dispatch('declare_parquet')(table, path)) }}
{%- endmacro %}

{% macro duckdb__declare_parquet(table, path) -%}
    {%- do run_query(
        'create or replace view ' ~ table.relation_name ~ " as select * from read_parquet('" ~ path | replace("'", "''") ~ "')"
    ) -%}
{%- endmacro %}

{# Columns by name over all files: otherwise those of one file hold for all. Dropped first, because Spark remembers files. #}
{% macro spark__declare_parquet(table, path) -%}
    {%- do run_query('drop table if exists ' ~ table.relation_name) -%}
    {%- do run_query(
        'create table ' ~ table.relation_name ~ " using parquet options (mergeSchema 'true') location " ~ spark_text(path)
    ) -%}
{%- endmacro %}

{# Before a build, a table of one file for each province; province_code is the partition and stays text on both engines: 01 is no 1. #}
{% macro declare_provinces(table, folder) -%}
    {%- do adapter.create_schema(api.Relation.create(database=table.database, schema=table.schema)) -%}
    {{ return(adapter.dispatch('declare_provinces')(table, folder)) }}
{%- endmacro %}

{% macro duckdb__declare_provinces(table, folder) -%}
    {%- do run_query(
        'create or replace view ' ~ table.relation_name ~ " as select * from read_parquet('"
        ~ folder | replace("'", "''") ~ "/province_code=*/part-0.parquet', "
        ~ 'hive_partitioning = true, hive_types_autocast = false, union_by_name = true)'
    ) -%}
{%- endmacro %}

{% macro spark__declare_provinces(table, folder) %}{{ return(spark__declare_parquet(table, folder)) }}{% endmacro %}

{# A text of Spark's SQL. #}
{% macro spark_text(text) %}'{{ text | replace("\\", "\\\\") | replace("'", "\\'") }}'{% endmacro %}

{# The Parquet files of a pattern. #}
{% macro parquet_files(pattern) %}{{ return(adapter.dispatch('parquet_files')(pattern)) }}{% endmacro %}

{% macro duckdb__parquet_files(pattern) -%}
    {{ return(run_query("select file from glob('" ~ pattern | replace("'", "''") ~ "')").columns[0].values() | list) }}
{%- endmacro %}

{# This format would read whole files, but only their names are asked for; they are URLs. #}
{% macro spark__parquet_files(pattern) -%}
    {%- set found = run_query(
        "select regexp_replace(url_decode(replace(path, '+', '%2B')), '^file:/+', '/') from binaryFile.`"
        ~ pattern | replace("`", "``") ~ "`"
    ) -%}
    {{ return(found.columns[0].values() | list) }}
{%- endmacro %}

{# First day of the month. Cast before and after: on Spark a truncated date is an instant, seven hours early. #}
{% macro month_of(day) -%}
    cast({{ dbt.date_trunc('month', 'cast(' ~ day ~ ' as date)') }} as date)
{%- endmacro %}

{# Calendar days from one date to a later one. #}
{% macro days_between(from_day, to_day) -%}
    cast({{ dbt.datediff(from_day, to_day, 'day') }} as bigint)
{%- endmacro %}

{# Time of day ('15:00') on a date. Only hours and minutes as text are the same cast on both engines. #}
{% macro at_time(day, hours_and_minutes) -%}
    cast(cast({{ day }} as string) || ' ' || {{ hours_and_minutes }} || ':00' as timestamp)
{%- endmacro %}

{# A date in the format of dossier codes: 260105. #}
{% macro yymmdd(day) -%}
    substr(replace(cast({{ day }} as string), '-', ''), 3, 6)
{%- endmacro %}

{# Cast first: whole numbers divide to whole numbers on one engine only. NULL when there is nothing to divide by. #}
{% macro ratio(numerator, denominator) -%}
    (cast({{ numerator }} as double) / nullif({{ denominator }}, 0))
{%- endmacro %}

{# Sum of doubles that is the same in every order of the rows: 18 decimals are more precise than a double. #}
{% macro exact_sum(number) -%}
    cast(sum(cast({{ number }} as decimal(38, 18))) as double)
{%- endmacro %}

{# 0-100, NULL when there is nothing to divide by. #}
{% macro percent(numerator, denominator) -%}
    (100 * cast({{ numerator }} as double) / nullif({{ denominator }}, 0))
{%- endmacro %}

{# n-th part of a text cut at a separator, counted from 1; '' when there is none. #}
{% macro text_part(text, separator, number) %}split_part({{ text }}, '{{ separator }}', {{ number }}){% endmacro %}

{# Sorted, ';'-separated names of the conditions that hold; NULL when none does. Conditions are never NULL.
   Most rows have no flag, and those build no text. #}
{% macro flag_list(conditions) -%}
    case
        when {{ conditions.values() | join(' or ') }}
            then substr(
                {% for name, condition in conditions.items() | sort -%}
                case when {{ condition }} then ';{{ name }}' else '' end{{ ' || ' if not loop.last }}
                {% endfor -%}
            , 2)
    end
{%- endmacro %}

{# Whether a list of the registry (so;huyen) has a value. #}
{% macro list_has(list, value) -%}
    instr(';' || {{ list }} || ';', ';' || {{ value }} || ';') > 0
{%- endmacro %}
