-- Workbook rows that no ranking uses: a criterion that is not in the set of the year, an agency that is not
-- ranked, or a maximum other than the set's.
{{ config(severity='warn') }}

select
    w.year,
    w.agency_id,
    w.criterion_code,
    w.max_points,
    s.max_points as max_points_of_the_set
from {{ ref('int_assessment_criteria') }} as w
left join {{ ref('fct_criterion_score') }} as s
    on w.year = s.year and w.agency_id = s.agency_id and w.criterion_code = s.criterion_code
where s.agency_id is null or w.max_points <> s.max_points
