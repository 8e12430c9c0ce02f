{{ config(materialized='table') }}

-- One row per criterion of a workbook, from the load of the highest rank. Periods after as_of_date are not known yet.
-- Applicability comes from the agency's appraisal if there is one, else from its self-assessment; it is unknown when
-- the workbook has no row.
with known as (
    select
        a.*,
        row_number() over (
            partition by a.year, a.agency_id, a.workbook, a.criterion_code
            order by a.load_rank desc nulls last, a.line desc nulls last
        ) as recency,
        max(case when a.workbook = 'appraisal' then 1 else 0 end) over (
            partition by a.year, a.agency_id
        ) = 1 as has_appraisal
    from {{ ref('stg_assessments') }} as a
    cross join {{ ref('stg_run') }} as r
    where a.year <= extract(year from r.as_of_date) and coalesce(a.data_until_date <= r.as_of_date, true)
),

latest as (
    select
        *,
        workbook = 'self_assessment' as is_self,
        (workbook = 'appraisal') = has_appraisal as is_governing
    from known
    where recency = 1
)

select
    year,
    agency_id,
    criterion_code,
    max(case when is_self then 1 else 0 end) = 1 as is_self_assessed,
    has_appraisal,
    max(case when is_self then self_points end) as self_points,
    max(case when not is_self then appraised_points end) as appraised_points,
    max(max_points) as max_points,
    max(case when is_governing and not is_applicable then 1 else 0 end) = 0 as is_applicable,
    max(case when is_governing and not is_applicable then exclusion_reason end) as exclusion_reason,
    max(case when is_governing and not is_applicable then exclusion_document end) as exclusion_document,
    coalesce(
        max(case when not is_self then evidence_status end), max(case when is_self then evidence_status end)
    ) as evidence_status
from latest
group by year, agency_id, criterion_code, has_appraisal
