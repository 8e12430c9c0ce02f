{# SQL that differs between DuckDB and Spark in syntax or result. Models and tests use only these macros and SQL common to both. #}

{# All loads below a folder; load_id is the partition and stays text on both engines. #}
{% macro parquet_loads(folder) %}{{ return(adapter.dispatch('parquet_loads')(folder)) }}{% endmacro %}

{% macro duckdb__parquet_loads(folder) -%}
    read_parquet(
        '{{ folder | replace("'", "''") }}/load_id=*/part-0.parquet',
        hive_partitioning = true, hive_types_autocast = false, union_by_name = true
    )
{%- endmacro %}

{% macro spark__parquet_loads(folder) %}parquet.`{{ folder }}`{% endmacro %}

{% macro parquet_file(path) %}{{ return(adapter.dispatch('parquet_file')(path)) }}{% endmacro %}

{% macro duckdb__parquet_file(path) %}read_parquet('{{ path | replace("'", "''") }}'){% endmacro %}

{% macro spark__parquet_file(path) %}parquet.`{{ path }}`{% endmacro %}

{# The Parquet files in the subfolders of a folder; empty outside execution. #}
{% macro parquet_files(folder) %}{{ return(adapter.dispatch('parquet_files')(folder)) }}{% endmacro %}

{% macro duckdb__parquet_files(folder) -%}
    {{ return(run_query("select file from glob('" ~ folder | replace("'", "''") ~ "/*/*.parquet')").columns[0].values() | list) }}
{%- endmacro %}

{% macro spark__parquet_files(folder) %}{{ return(none) }}{% endmacro %}

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
