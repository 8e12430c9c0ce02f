{# The last two columns of every published table: method version and data date of the build. #}
{% macro run_stamp() -%}
    (select run.method_version from {{ ref('stg_run') }} as run) as method_version,
    (select run.as_of_date from {{ ref('stg_run') }} as run) as as_of_date
{%- endmacro %}
