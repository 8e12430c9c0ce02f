-- Sums of each agency-year over its criteria (methods §5, r1 to r3). A criterion that applies and has no points yet is
-- missing: it is no zero, so there is no index, only the bounds between nothing and full points for it; the points are
-- then those known so far. Bonus and penalty points are in the numerator of the index and nowhere else; where none are
-- written there are none.
{%- set parts = ['appraisal', 'survey', 'dossier'] %}

with points as (
    select
        *,
        kind in ('bonus', 'penalty') as is_beside
    from {{ ref('fct_criterion_score') }}
),

sums as (
    select
        year,
        agency_id,
        set_id,
        cast(sum(case when is_beside then 0 else max_points end) as decimal(11, 6)) as set_points,
        cast(sum(case when is_applicable and not is_beside then max_points else 0 end) as decimal(11, 6)) as max_points,
        cast(sum(case when is_beside then 0 else coalesce(final_points, 0) end) as decimal(11, 6)) as known_points,
        cast(
            sum(case when is_applicable and not is_beside and final_points is null then max_points else 0 end)
            as decimal(11, 6)
        ) as pending_points,
        cast(sum(case when kind = 'bonus' then coalesce(final_points, 0) else 0 end) as decimal(11, 6)) as given_bonus,
        cast(sum(case when kind = 'penalty' then -coalesce(final_points, 0) else 0 end) as decimal(11, 6))
            as given_penalty,
        {%- for part in parts %}
            cast(
                sum(case when scored_by = '{{ part }}' and not is_beside then coalesce(final_points, 0) else 0 end)
                as decimal(11, 6)
            ) as known_{{ part }}_points,
            count(
                case
                    when is_applicable and not is_beside and final_points is null and scored_by = '{{ part }}' then 1
                end
            ) as n_pending_{{ part }},
        {%- endfor %}
        count(case when is_applicable and not is_beside then 1 end) as n_applicable,
        count(case when not is_applicable and exclusion_document is null then 1 end) as n_excluded_without_document,
        count(case when has_points_although_excluded then 1 end) as n_excluded_with_points,
        count(case when is_self_changed_after_appraisal then 1 end) as n_self_changed,
        cast(sum(case when is_applicable and not is_beside then self_points end) as decimal(11, 6)) as self_points,
        cast(
            sum(case when is_applicable and not is_beside and self_points is not null then max_points end)
            as decimal(11, 6)
        ) as self_max_points
    from points
    group by year, agency_id, set_id
),

limited as (
    select
        p.*,
        s.may_exceed_100,
        s.may_be_negative,
        least(p.given_bonus, cast(coalesce(s.max_bonus, p.given_bonus) as decimal(11, 6))) as bonus_points,
        least(p.given_penalty, cast(coalesce(s.max_penalty, p.given_penalty) as decimal(11, 6))) as penalty_points
    from sums as p
    left join {{ source('registry', 'criteria_sets') }} as s on p.set_id = s.set_id
),

stated as (
    select
        *,
        cast(set_points - max_points as decimal(11, 6)) as excluded_points,
        cast(known_points + bonus_points - penalty_points as decimal(11, 6)) as earned_points,
        case
            when n_applicable = 0 then 'not_applicable'
            when pending_points > 0 then 'data_missing'
            else 'ok'
        end as estimate_status
    from limited
),

indexed as (
    select
        *,
        -- In millionths: a quotient of whole numbers is rounded once, so what lies on a floor is not below it.
        case
            when estimate_status = 'ok' then {{ percent('1000000 * earned_points', '1000000 * max_points') }}
        end as unlimited_pct
    from stated
)

select
    year,
    agency_id,
    estimate_status,
    max_points,
    excluded_points,
    {{ percent('max_points', 'set_points') }} as coverage_pct,
    case when n_applicable > 0 then earned_points end as earned_points,
    case
        when unlimited_pct > 100 and not coalesce(may_exceed_100, false) then 100
        when unlimited_pct < 0 and not coalesce(may_be_negative, false) then 0
        else unlimited_pct
    end as official_pct,
    coalesce(
        (unlimited_pct > 100 and not coalesce(may_exceed_100, false))
        or (unlimited_pct < 0 and not coalesce(may_be_negative, false)),
        false
    ) as is_index_limited,
    {%- for part in parts %}
        case when n_applicable > 0 then known_{{ part }}_points end as {{ part }}_points,
        n_pending_{{ part }},
    {%- endfor %}
    case when n_applicable > 0 then cast(bonus_points as decimal(11, 6)) end as bonus_points,
    case when n_applicable > 0 then cast(penalty_points as decimal(11, 6)) end as penalty_points,
    case when n_applicable > 0 then {{ percent('known_points', 'set_points') }} end as bound_lo,
    case
        when n_applicable > 0 then {{ percent('(known_points + excluded_points + pending_points)', 'set_points') }}
    end as bound_hi,
    {{ percent('self_points', 'self_max_points') }} as self_pct,
    n_excluded_without_document,
    n_excluded_with_points,
    n_self_changed
from indexed
