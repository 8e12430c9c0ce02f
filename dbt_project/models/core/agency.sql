-- One row per agency, so that a join on agency_id never multiplies: the latest that had begun by as_of_date.
with begun as (
    select
        *,
        row_number() over (partition by agency_id order by valid_from desc nulls last) as recency
    from {{ ref('dim_agency') }}
    where valid_from <= as_of_date
)

select
    agency_id,
    valid_from,
    valid_to,
    agency_name,
    short_name,
    unit_kind,
    block_code,
    cchc_group,
    parent_agency_id,
    district_code,
    is_survey_eligible,
    is_current,
    method_version,
    as_of_date
from begun
where recency = 1
