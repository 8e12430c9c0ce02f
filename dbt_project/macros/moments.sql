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

{# The moment at which a dossier of fct_dossier counts as ended. With invalid dates it is that of its receipt: it is in no stock. Of an end on an unknown day it is the return, the latest possible one; else the day since which it is certainly late, else the receipt. #}
{% macro counted_end(dossier) -%}
    case
        when {{ dossier }}.end_reason is null then null
        when {{ dossier }}.deadline_status = 'invalid_dates' then {{ dossier }}.received_at
        else
            coalesce(
                {{ dossier }}.finished_at,
                {{ dossier }}.returned_at,
                cast({{ dossier }}.overdue_from_date as timestamp),
                {{ dossier }}.received_at
            )
    end
{%- endmacro %}

{# Whether the status of a log says that the clock stands still. #}
{% macro is_paused_by_status(status) -%}
    coalesce({{ status }} in ('supplement_requested', 'awaiting_payment'), false)
{%- endmacro %}
