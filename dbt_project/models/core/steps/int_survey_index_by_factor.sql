-- The same index over the items of one factor. A factor with too few answers is taken out, and if it is the only one
-- of its agency, so is the next smallest: the total would give it away.
with factors as (
    select distinct
        w.year,
        w.agency_id,
        i.factor_code
    from {{ ref('int_survey_fieldwork') }} as w
    inner join {{ ref('stg_questionnaire_items') }} as i
        on w.questionnaire_id = i.questionnaire_id and w.questionnaire_version = i.questionnaire_version
    where w.is_in_index and i.is_in_index
),

scored as (
    select
        a.year,
        a.agency_id,
        f.factor_code,
        a.index_form,
        a.is_official_form,
        p.n_min_publish,
        s.numerator,
        s.denominator,
        coalesce(s.n_valid, 0) as n_valid,
        row_number() over (
            partition by a.year, a.agency_id, a.index_form
            order by case when s.n_valid > 0 then s.n_valid end nulls last, f.factor_code nulls last
        ) as smallness,
        count(case when s.n_valid < p.n_min_publish then 1 end) over (
            partition by a.year, a.agency_id, a.index_form
        ) as n_small
    from {{ ref('int_survey_index_by_agency') }} as a
    inner join factors as f on a.year = f.year and a.agency_id = f.agency_id
    inner join {{ ref('int_survey_policies') }} as p on a.year = p.year
    left join {{ ref('int_survey_scores_combined') }} as s
        on
            a.year = s.year
            and a.agency_id = s.agency_id
            and f.factor_code = s.factor_code
            and a.index_form = s.index_form
),

judged as (
    select
        *,
        case
            when n_valid = 0 then 'no_data'
            when n_small = 1 and smallness = 2 then 'suppressed'
            when n_valid < n_min_publish then 'suppressed'
            when numerator is null then 'not_applicable'
            else 'ok'
        end as estimate_status
    from scored
)

select
    year,
    agency_id,
    factor_code,
    index_form,
    is_official_form,
    case when estimate_status = 'ok' then {{ percent('numerator', 'denominator') }} end as estimate_pct,
    n_valid,
    estimate_status
from judged
