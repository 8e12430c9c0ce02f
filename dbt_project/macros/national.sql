{# Ranks across provinces. The relation has province_code, and unranked_status: why a unit has no national rank whatever the others are, or NULL. #}

{# Whether the units of a window belong to more than one province. #}
{% macro spans_provinces(partition) -%}
    min(province_code) over (partition by {{ partition }}) <> max(province_code) over (partition by {{ partition }})
{%- endmacro %}

{# 'ranked' beside comparable units of another province, those that agree in `peers`; else `difference`, when units that agree only in `wider` are there; else 'no_peer'. #}
{% macro national_rank_status(peers, wider, difference) -%}
    case
        when unranked_status is not null then unranked_status
        when {{ spans_provinces('unranked_status, ' ~ peers) }} then 'ranked'
        when {{ spans_provinces('unranked_status, ' ~ wider) }} then '{{ difference }}'
        else 'no_peer'
    end
{%- endmacro %}

{# The rank, and among how many; needs national_rank_status. As in a province, values that differ only by rounding are equal. #}
{% macro national_rank(value, peers) -%}
    national_rank_status,
    case
        when national_rank_status = 'ranked'
            then cast(
                rank() over (
                    partition by national_rank_status, {{ peers }} order by round({{ value }}, 9) desc nulls last
                ) as integer
            )
    end as national_rank,
    case
        when national_rank_status = 'ranked'
            then cast(count(*) over (partition by national_rank_status, {{ peers }}) as bigint)
    end as n_compared
{%- endmacro %}

{# The month up to which a year is counted: a year half over is not compared with a whole one. #}
{% macro counted_until_month(year, as_of_date) -%}
    case
        when extract(year from {{ as_of_date }}) > {{ year }} then 12
        else cast(extract(month from {{ as_of_date }}) as integer)
    end
{%- endmacro %}

{# Why an on-time rate has no national rank by itself. #}
{% macro on_time_unranked_status(counts) -%}
    case
        when {{ counts }}.n_due_cohort = 0 then 'no_data'
        when {{ counts }}.n_due_cohort < {{ var('least_due_to_rank') }} then 'small_number'
    end
{%- endmacro %}
