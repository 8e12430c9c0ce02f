{# Time limits in hours: minutes of office time. The office hours of the day of receipt hold for the whole life of a dossier, so that every working day has as many minutes as the next. #}

{# Minutes since midnight of a time as text ('07:30'). #}
{% macro minute_of_day(hours_and_minutes) -%}
    cast({{ text_part(hours_and_minutes, ':', 1) }} as bigint) * 60
    + cast({{ text_part(hours_and_minutes, ':', 2) }} as bigint)
{%- endmacro %}

{# Index of a moment of `day` (a row of int_deadline_days) on the clock of a deadline: days, or minutes by the office hours in `hours`. A moment that is NULL is the end of the day. #}
{% macro clock_index(clock_unit, day, moment, hours) -%}
    case
        when {{ clock_unit }} <> 'hour' then {{ day }}.day_index
        when {{ moment }} is null or not {{ day }}.is_due_day then {{ day }}.day_index * {{ hours }}.office_minutes
        else
            ({{ day }}.day_index - 1) * {{ hours }}.office_minutes
            + {{ minutes_worked(moment, hours ~ '.morning_from', hours ~ '.morning_to') }}
            + {{ minutes_worked(moment, hours ~ '.afternoon_from', hours ~ '.afternoon_to') }}
    end
{%- endmacro %}

{% macro minutes_worked(moment, opens, closes) -%}
    greatest(
        least(extract(hour from {{ moment }}) * 60 + extract(minute from {{ moment }}), {{ closes }}) - {{ opens }}, 0
    )
{%- endmacro %}

{# The day number in which a clock index falls. #}
{% macro clock_day(clock_unit, clock_index, office_minutes) -%}
    case
        when {{ clock_unit }} <> 'hour' then {{ clock_index }}
        else cast(ceil({{ ratio(clock_index, office_minutes) }}) as bigint)
    end
{%- endmacro %}

{# A deadline on its clock: days, or minutes. #}
{% macro clock_span(clock_unit, length) -%}
    case when {{ clock_unit }} = 'hour' then 60 * {{ length }} else {{ length }} end
{%- endmacro %}

{# A span of the clock in published units: days, or hours rounded up. #}
{% macro clock_units(clock_unit, span) -%}
    case when {{ clock_unit }} <> 'hour' then {{ span }} else cast(ceil({{ ratio(span, 60) }}) as bigint) end
{%- endmacro %}
