{# Moments of a dossier. A date that was delivered without a time of day is midnight. #}

{# Whether one moment is before another: by their days, or within a day where both carry a time of day. #}
{% macro is_before(one, other) -%}
    (
        cast({{ one }} as date) < cast({{ other }} as date)
        or {{ one }} < {{ other }} and {{ has_time_of_day(one) }} and {{ has_time_of_day(other) }}
    )
{%- endmacro %}

{% macro has_time_of_day(moment) -%}
    {{ moment }} <> cast(cast({{ moment }} as date) as timestamp)
{%- endmacro %}

{# Whether the status of a log says that the clock stands still. #}
{% macro is_paused_by_status(status) -%}
    coalesce({{ status }} in ('supplement_requested', 'awaiting_payment'), false)
{%- endmacro %}
