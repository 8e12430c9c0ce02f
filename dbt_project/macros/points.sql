{# Points of a criterion that is scored by a measure (methods §5, domain §6.3): all from full_from_pct on, none below zero_below_pct, in between in proportion; NULL without a measure. #}
{% macro points_of_measure(criterion) -%}
    case
        when {{ criterion }}.measure_pct >= {{ criterion }}.full_from_pct then {{ criterion }}.max_points
        when {{ criterion }}.measure_pct < {{ criterion }}.zero_below_pct then 0
        when {{ criterion }}.measure_pct is not null
            then round({{ percent(
                criterion ~ '.max_points * ' ~ criterion ~ '.measure_pct',
                '(100 * coalesce(' ~ criterion ~ '.full_from_pct, 100))'
            ) }}, 4)
        when {{ criterion }}.scored_by = 'dossier' and {{ criterion }}.is_measured and {{ criterion }}.when_none = 'full'
            then {{ criterion }}.max_points
    end
{%- endmacro %}
