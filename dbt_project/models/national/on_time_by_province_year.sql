{%- set counts = [
    'n_carried_over', 'n_received', 'n_finished', 'n_withdrawn', 'n_stopped', 'n_early', 'n_on_time', 'n_late',
    'n_open', 'n_open_overdue', 'n_paused', 'n_due_cohort', 'n_due_on_time'
] -%}
{%- set peers = 'year, counted_until_month' -%}
-- Every dossier counts alike: a rate of the province is made of its counts, never of its agencies' rates.
with counted as (
    select
        province_code,
        year,
        count(*) as n_agencies,
        {%- for name in counts %}
            cast(sum({{ name }}) as bigint) as {{ name }},
        {%- endfor %}
        max(method_version) as method_version,
        max(as_of_date) as as_of_date
    from {{ source('provinces', 'on_time_by_agency_year') }}
    group by province_code, year
),

judged as (
    select
        c.*,
        {{ on_time_rates('c') }},
        {{ on_time_unranked_status('c') }} as unranked_status,
        {{ counted_until_month('c.year', 'c.as_of_date') }} as counted_until_month
    from counted as c
),

compared as (
    select
        *,
        {{ national_rank_status(peers, 'year', 'other_period') }} as national_rank_status
    from judged
)

select
    c.province_code,
    c.year,
    c.n_agencies,
    {{ on_time_counts('c') }},
    c.on_time_pct,
    c.on_time_completed_only_pct,
    c.on_time_with_overdue_pct,
    c.on_time_received_and_carried_pct,
    {{ national_rank('on_time_pct', peers) }},
    c.method_version,
    c.as_of_date
from compared as c
