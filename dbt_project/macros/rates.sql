{# The four on-time rates of methods §4.4, always of counts with the names of the month. Dossiers without a recomputable deadline are in no class and so in no rate. #}
{% macro on_time_rates(counts) -%}
    {{ percent(counts ~ '.n_due_on_time', counts ~ '.n_due_cohort') }} as on_time_pct,
    {{ percent(
        '(' ~ counts ~ '.n_early + ' ~ counts ~ '.n_on_time)',
        '(' ~ counts ~ '.n_early + ' ~ counts ~ '.n_on_time + ' ~ counts ~ '.n_late)'
    ) }} as on_time_completed_only_pct,
    {{ percent(
        '(' ~ counts ~ '.n_early + ' ~ counts ~ '.n_on_time)',
        '(' ~ counts ~ '.n_early + ' ~ counts ~ '.n_on_time + ' ~ counts ~ '.n_late + ' ~ counts ~ '.n_open_overdue)'
    ) }} as on_time_with_overdue_pct,
    100 - {{ percent(
        '(' ~ counts ~ '.n_late + ' ~ counts ~ '.n_open_overdue)',
        '(' ~ counts ~ '.n_received + ' ~ counts ~ '.n_carried_over)'
    ) }} as on_time_received_and_carried_pct
{%- endmacro %}

{# How a dossier leaves the curve of turnaround (methods §4.5). #}
{% macro exit_kind(end_reason) -%}
    case
        when {{ end_reason }} in ('finished', 'refused') then 'finished'
        when {{ end_reason }} is null then 'censored'
        else 'ended_otherwise'
    end
{%- endmacro %}
