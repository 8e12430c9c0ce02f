{{ config(materialized='table') }}

-- One row per criterion of a workbook. Of the appraisals the last round counts, of one round the load of the highest
-- rank. Which criteria apply is said by the appraisal of an agency that has one, else by its
-- self-assessment; a workbook without the row says nothing. The self score is the one that was appraised: as the
-- appraisal prints it, else the last that the agency delivered before, else its first after.
with appraisals as (
    select
        year,
        agency_id,
        max(delivered_at) as appraised_at
    from {{ ref('int_assessment_rounds') }}
    where given_by = 'appraisal' and recency = 1
    group by year, agency_id
),

scores as (
    select
        s.*,
        a.agency_id is not null as has_appraisal,
        coalesce(s.delivered_at > a.appraised_at, false) as is_after_appraisal
    from {{ ref('int_assessment_rounds') }} as s
    left join appraisals as a on s.year = a.year and s.agency_id = a.agency_id
),

own as (
    select
        *,
        row_number() over (
            partition by year, agency_id, criterion_code
            order by
                case when is_after_appraisal then 1 else 0 end nulls last,
                case when is_after_appraisal then -recency else recency end nulls last
        ) as precedence
    from scores
    where given_by = 'self_assessment'
),

governing as (
    select
        *,
        given_by = 'self_assessment' as is_self,
        (given_by = 'appraisal') = has_appraisal as is_governing
    from scores
    where recency = 1
),

said as (
    select
        year,
        agency_id,
        criterion_code,
        max(case when is_self then 1 else 0 end) = 1 as is_self_assessed,
        has_appraisal,
        max(case when not is_self then points end) as appraised_points,
        max(case when not is_self then self_points end) as printed_self_points,
        max(case when is_self and is_after_appraisal then 1 else 0 end) = 1 as is_sent_again,
        max(case when is_self then points end) as last_self_points,
        max(max_points) as max_points,
        max(case when is_governing and not is_applicable then 1 else 0 end) = 0 as is_applicable,
        max(case when is_governing and not is_applicable then exclusion_reason end) as exclusion_reason,
        max(case when is_governing and not is_applicable then exclusion_document end) as exclusion_document,
        coalesce(
            max(case when not is_self then evidence_status end), max(case when is_self then evidence_status end)
        ) as evidence_status
    from governing
    group by year, agency_id, criterion_code, has_appraisal
)

select
    s.year,
    s.agency_id,
    s.criterion_code,
    s.is_self_assessed or s.printed_self_points is not null as is_self_assessed,
    s.has_appraisal,
    coalesce(s.printed_self_points, o.points) as self_points,
    s.appraised_points,
    s.is_sent_again
    and coalesce(s.last_self_points, -1000000) <> coalesce(s.printed_self_points, o.points, -1000000)
        as is_self_changed,
    s.max_points,
    s.is_applicable,
    s.exclusion_reason,
    s.exclusion_document,
    s.evidence_status
from said as s
left join own as o
    on s.year = o.year and s.agency_id = o.agency_id and s.criterion_code = o.criterion_code and o.precedence = 1
