{# Every count of dossiers that the on-time tables publish. #}
{% macro on_time_counts(counts) -%}
    {%- for name in [
        'n_carried_over', 'n_received', 'n_finished', 'n_withdrawn', 'n_stopped', 'n_early', 'n_on_time', 'n_late',
        'n_open', 'n_open_overdue', 'n_paused', 'n_due_cohort', 'n_due_on_time'
    ] -%}
        {{ counts }}.{{ name }}{{ ',\n    ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# The counts, rates and intervals of int_on_time_rated, as the tables of months, periods and years publish them. #}
{% macro on_time_columns(rated) -%}
    {{ on_time_counts(rated) }},
    {% for name in [
        'on_time_pct', 'on_time_completed_only_pct', 'on_time_with_overdue_pct', 'on_time_received_and_carried_pct',
        'ci_lo', 'ci_hi', 'system_disagreement_pct', 'n_not_recomputable', 'n_invalid_dates', 'estimate_status'
    ] -%}
        {{ rated }}.{{ name }}{{ ',\n    ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# R1, the headline rate (methods §4.4), of counts with the names of the month: the marts and the criterion that it earns points for. #}
{% macro on_time_rate(counts) -%}
    {{ percent(counts ~ '.n_due_on_time', counts ~ '.n_due_cohort') }}
{%- endmacro %}

{# The four on-time rates of methods §4.4, always of counts with the names of the month. Dossiers without a recomputable deadline are in no class and in no rate. #}
{% macro on_time_rates(counts) -%}
    {{ on_time_rate(counts) }} as on_time_pct,
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
