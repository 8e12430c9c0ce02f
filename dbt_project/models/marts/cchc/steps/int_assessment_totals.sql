-- Sums of each agency-year over its criteria (methods §5, r1 to r3). A criterion that applies and has no points yet is
-- missing: it is no zero, so there is no index, only the bounds between nothing and full points for it; the points are
-- then those known so far.
{%- set parts = ['appraisal', 'survey', 'dossier'] %}

with sums as (
    select
        year,
        agency_id,
        cast(sum(max_points) as decimal(9, 4)) as set_points,
        cast(sum(case when is_applicable then max_points else 0 end) as decimal(9, 4)) as max_points,
        cast(sum(coalesce(final_points, 0)) as decimal(9, 4)) as known_points,
        cast(
            sum(case when is_applicable and final_points is null then max_points else 0 end) as decimal(9, 4)
        ) as pending_points,
        {%- for part in parts %}
            cast(sum(case when scored_by = '{{ part }}' then coalesce(final_points, 0) else 0 end) as decimal(9, 4))
                as known_{{ part }}_points,
            count(case when is_applicable and final_points is null and scored_by = '{{ part }}' then 1 end)
                as n_pending_{{ part }},
        {%- endfor %}
        count(case when is_applicable then 1 end) as n_applicable,
        count(case when not is_applicable and exclusion_document is null then 1 end) as n_excluded_without_document,
        count(case when has_points_although_excluded then 1 end) as n_excluded_with_points,
        cast(sum(case when is_applicable then self_points end) as decimal(9, 4)) as self_points,
        cast(
            sum(case when is_applicable and self_points is not null then max_points end) as decimal(9, 4)
        ) as self_max_points
    from {{ ref('fct_criterion_score') }}
    group by year, agency_id
),

stated as (
    select
        *,
        cast(set_points - max_points as decimal(9, 4)) as excluded_points,
        case
            when n_applicable = 0 then 'not_applicable'
            when pending_points > 0 then 'data_missing'
            else 'ok'
        end as estimate_status
    from sums
)

select
    year,
    agency_id,
    estimate_status,
    max_points,
    excluded_points,
    {{ percent('max_points', 'set_points') }} as coverage_pct,
    case when n_applicable > 0 then known_points end as earned_points,
    -- In ten-thousandths: a quotient of whole numbers is rounded once, so what lies on a floor is not below it.
    case
        when estimate_status = 'ok' then {{ percent('10000 * known_points', '10000 * max_points') }}
    end as official_pct,
    {%- for part in parts %}
        case when n_applicable > 0 then known_{{ part }}_points end as {{ part }}_points,
        n_pending_{{ part }},
    {%- endfor %}
    case when n_applicable > 0 then {{ percent('known_points', 'set_points') }} end as bound_lo,
    case
        when n_applicable > 0 then {{ percent('(known_points + excluded_points + pending_points)', 'set_points') }}
    end as bound_hi,
    {{ percent('self_points', 'self_max_points') }} as self_pct,
    n_excluded_without_document,
    n_excluded_with_points
from stated
